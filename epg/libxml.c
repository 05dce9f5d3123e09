#include "epg/libxml.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "base/list.h"

#define SONAME "libxml2.so.2"

static const struct {
	const char *name;
	size_t offset;
} functions[] = {
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
	void *library;

	if (loaded)
		return &xml;
	library = dlopen(SONAME, RTLD_NOW | RTLD_LOCAL);
	if (library == NULL) {
		err_set(err, ENOSYS, "%s cannot be loaded (Debian package libxml2)", SONAME);
		return NULL;
	}
	for (size_t i = 0; i < ARRAY_LEN(functions); i++) {
		void *function = dlsym(library, functions[i].name);

		if (function == NULL) {
			err_set(err, ENOSYS, "%s has no %s", SONAME, functions[i].name);
			return NULL;
		}
		memcpy((char *)&xml + functions[i].offset, &function, sizeof(function));
	}
	xml.xmlInitParser();
	xml.xmlSetExternalEntityLoader(load_nothing);
	xml.xmlSetStructuredErrorFunc(NULL, say_nothing);
	loaded = 1;
	return &xml;
}
