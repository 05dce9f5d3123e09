#include "epg/libxml.h"

#include <stddef.h>

#include "base/library.h"
#include "base/list.h"

static const struct library_function functions[] = {
#define ROW(name) { #name, offsetof(struct libxml, name) },
	LIBXML_FUNCTIONS(ROW)
#undef ROW
};

/* Nothing is ever loaded from outside a text, whatever its options are. */
static xmlParserInputPtr
load_nothing(const char *url, const char *id, xmlParserCtxtPtr context)
{
	(void)url;
	(void)id;
	(void)context;
	return NULL;
}

/* Who parses hears of errors from the context; the rest, and stderr, hears nothing. */
static void
say_nothing(void *arg, xmlErrorPtr error)
{
	(void)arg;
	(void)error;
}

const struct libxml *
libxml_load(struct err *err)
{
	static struct libxml xml;
	static _Bool loaded;

	if (loaded)
		return &xml;
	if (library_load("libxml2.so.2", "libxml2", functions, ARRAY_LEN(functions), &xml, err) < 0)
		return NULL;
	xml.xmlInitParser();
	xml.xmlSetExternalEntityLoader(load_nothing);
	xml.xmlSetStructuredErrorFunc(NULL, say_nothing);
	loaded = 1;
	return &xml;
}
