/*
 * libxml2, loaded at need: with ICU behind it, it costs each process that links it 2 MB,
 * and only the listings worker wants it.
 *
 * libxml_load comes before sandbox_enter: in the jail there are no files.
 */
#ifndef EPG_LIBXML_H
#define EPG_LIBXML_H

#include <libxml/parser.h>
#include <libxml/parserInternals.h>

struct err;

#define LIBXML_FUNCTIONS(X)           \
	X(xmlInitParser)              \
	X(xmlSetStructuredErrorFunc)  \
	X(xmlSetExternalEntityLoader) \
	X(xmlNewParserCtxt)           \
	X(xmlFreeParserCtxt)          \
	X(xmlCtxtReset)               \
	X(xmlCtxtUseOptions)          \
	X(xmlNewInputStream)          \
	X(xmlFreeInputStream)         \
	X(inputPush)                  \
	X(xmlParseDocument)           \
	X(xmlDictLookup)              \
	X(xmlDictSetLimit)            \
	X(xmlDictGetUsage)

/* A pointer to each, by its own name and with its own type. */
struct libxml {
#define LIBXML_MEMBER(name) __typeof__(name) *name;
	LIBXML_FUNCTIONS(LIBXML_MEMBER)
#undef LIBXML_MEMBER
};

/* The functions, the same for every call. NULL with *err (-ENOSYS): not on this machine. */
const struct libxml *libxml_load(struct err *err);

#endif
