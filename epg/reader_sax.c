#include "epg/reader_sax.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "epg/libxml.h"
#include "epg/reader.h"
#include "epg/reader_attrs.h"
#include "epg/reader_entry.h"

/*
 * A context's dictionary holds names, the source's too, as long as it lives. It grows to
 * DICT_MAX and a bit; above DICT_RENEW the next entry gets a new one.
 */
#define DICT_MAX   (256u << 10)
#define DICT_RENEW (64u << 10)

struct reader_sax {
	const struct libxml *xml;
	xmlParserCtxtPtr context;
	struct buf text;   /* the entry, for libxml2 wants a NUL behind it */
	struct buf values; /* of attributes, that had to be changed */
	struct reader_attr *attrs;
	size_t attrs_cap;

	/* Of the entry at hand. */
	struct reader_entry *entry;
	struct reader_fault *fault;
	_Bool whole;
	int rc; /* what ended the parse early */
};

/*
 * Ends the parse. libxml2's own way (xmlStopParser) moves its place in the text, on which
 * what has just found an error still stands.
 */
static void
halt(struct reader_sax *s, int rc)
{
	s->context->instate = XML_PARSER_EOF;
	s->context->disableSAX = 1;
	if (s->rc != 0)
		return;
	s->rc = rc;
	/* Memory may be short before there is anything to read. */
	if (s->context->input != NULL)
		s->fault->at = (size_t)((const char *)s->context->input->cur - s->text.data);
}

/* What came of giving the builder an event. */
static void
built(struct reader_sax *s, int rc)
{
	if (rc == -E2BIG)
		snprintf(s->fault->text, sizeof(s->fault->text), "%s", s->entry->why);
	if (rc < 0)
		halt(s, rc == -E2BIG ? -EBADMSG : rc);
}

static _Bool
attrs_fit(struct reader_sax *s, size_t count)
{
	struct reader_attr *attrs;

	if (count <= s->attrs_cap)
		return 1;
	attrs = realloc(s->attrs, count * sizeof(*attrs));
	if (attrs == NULL)
		return 0;
	s->attrs = attrs;
	s->attrs_cap = count;
	return 1;
}

/*
 * A value as it is meant: unless libxml2 replaces entities everywhere, it writes "&#38;" for
 * each '&' of a value, for a tree to be built from. `values` has room for it.
 */
static struct reader_attr
attr_of(struct reader_sax *s, const xmlChar *name, const xmlChar *value, const xmlChar *end)
{
	const char *p = (const char *)value, *stop = (const char *)end, *mark;
	struct reader_attr attr = { (const char *)name, p, strlen((const char *)name),
		(size_t)(stop - p), 0 };
	size_t at = s->values.len;

	mark = memchr(p, '&', attr.value_len);
	if (mark == NULL)
		return attr;
	for (; mark != NULL; mark = memchr(p, '&', (size_t)(stop - p))) {
		buf_add(&s->values, p, (size_t)(mark - p) + 1);
		p = mark + strlen("&#38;");
	}
	buf_add(&s->values, p, (size_t)(stop - p));
	attr.value = s->values.data + at;
	attr.value_len = s->values.len - at;
	return attr;
}

static void
on_start(void *arg, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int ns_count,
    const xmlChar **ns, int count, int defaulted, const xmlChar **five)
{
	static const xmlChar none[] = ""; /* what has a prefix, nobody knows */
	struct reader_sax *s = arg;

	(void)uri;
	(void)ns_count;
	(void)ns;
	(void)defaulted;
	if (!attrs_fit(s, (size_t)count)) {
		halt(s, -ENOMEM);
		return;
	}
	/* Name, prefix, address, and from where to where the value goes. */
	buf_clear(&s->values);
	for (int i = 0; i < count; i++, five += 5)
		s->attrs[i] = attr_of(s, five[1] == NULL ? five[0] : none, five[3], five[4]);
	if (prefix != NULL)
		name = none;
	built(s,
	    reader_entry_start(s->entry, (const char *)name, strlen((const char *)name), s->attrs,
		(size_t)count));
}

static void
on_text(void *arg, const xmlChar *text, int len)
{
	struct reader_sax *s = arg;

	reader_entry_text(s->entry, (const char *)text, (size_t)len, 0);
}

static void
on_end(void *arg, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
	struct reader_sax *s = arg;
	int rc = reader_entry_end(s->entry);

	(void)name;
	(void)prefix;
	(void)uri;
	s->whole = rc == 1;
	built(s, rc);
}

static void
on_error(void *arg, xmlErrorPtr error)
{
	struct reader_sax *s = arg;
	char *text = s->fault->text;
	size_t size = sizeof(s->fault->text);

	/* Below that are undeclared name spaces and the like. */
	if (error->level != XML_ERR_FATAL)
		return;
	if (s->rc == 0 && error->code == XML_ERR_TAG_NAME_MISMATCH && error->str1 != NULL &&
	    error->str2 != NULL)
		snprintf(text, size, "</%.60s> stands where </%.60s> should", error->str2,
		    error->str1);
	else if (s->rc == 0 && error->message != NULL)
		snprintf(text, size, "%.*s", (int)strcspn(error->message, "\n"), error->message);
	halt(s, error->code == XML_ERR_NO_MEMORY ? -ENOMEM : -EBADMSG);
}

/* A new context, with a new dictionary. */
static int
renew(struct reader_sax *s)
{
	xmlParserCtxtPtr context = s->xml->xmlNewParserCtxt();

	if (context == NULL || context->dict == NULL) {
		s->xml->xmlFreeParserCtxt(context);
		return -ENOMEM;
	}
	s->xml->xmlFreeParserCtxt(s->context);
	s->context = context;
	*context->sax = (xmlSAXHandler){
		.initialized = XML_SAX2_MAGIC,
		.startElementNs = on_start,
		.endElementNs = on_end,
		.characters = on_text,
		.ignorableWhitespace = on_text, /* the same: it does not look which one it is */
		.cdataBlock = on_text,
		.serror = on_error,
	};
	context->userData = s;
	/* Strict, and nothing from elsewhere: no NOENT, HUGE, DTDLOAD or RECOVER. */
	(void)s->xml->xmlCtxtUseOptions(context, XML_PARSE_NONET);
	(void)s->xml->xmlDictSetLimit(context->dict, DICT_MAX);
	return 0;
}

struct reader_sax *
reader_sax_new(void)
{
	const struct libxml *xml = libxml_load(NULL);
	struct reader_sax *s = calloc(1, sizeof(*s));

	if (s == NULL || xml == NULL) {
		free(s);
		return NULL;
	}
	s->xml = xml;
	buf_init(&s->text, INT_MAX);
	buf_init(&s->values, INT_MAX);
	if (renew(s) < 0) {
		reader_sax_free(s);
		return NULL;
	}
	return s;
}

void
reader_sax_free(struct reader_sax *s)
{
	if (s == NULL)
		return;
	s->xml->xmlFreeParserCtxt(s->context);
	buf_release(&s->text);
	buf_release(&s->values);
	free(s->attrs);
	free(s);
}

/* Parses s->text where it lies. */
static int
parse_text(struct reader_sax *s)
{
	xmlParserInputPtr input = s->xml->xmlNewInputStream(s->context);

	if (input == NULL)
		return -ENOMEM;
	input->base = input->cur = (const xmlChar *)s->text.data;
	input->end = input->base + s->text.len;
	if (s->xml->inputPush(s->context, input) < 0) {
		s->xml->xmlFreeInputStream(input);
		return -ENOMEM;
	}
	(void)s->xml->xmlParseDocument(s->context);
	s->xml->xmlCtxtReset(s->context);
	s->context->nsNr = 0; /* of elements that were open; the reset forgets them */
	return 0;
}

int
reader_sax_parse(struct reader_sax *s, struct reader_entry *b, const char *text, size_t len,
    struct reader_fault *fault)
{
	*fault = (struct reader_fault){ .text = "it is no XML" };
	if (!reader_attrs_few(text, len, b->limits->attrs_max)) {
		snprintf(fault->text, sizeof(fault->text), "an element has too many attributes");
		return -EBADMSG;
	}
	if (s->xml->xmlDictGetUsage(s->context->dict) > DICT_RENEW && renew(s) < 0)
		return -ENOMEM;
	buf_clear(&s->text);
	buf_add(&s->text, text, len);
	buf_clear(&s->values);
	/* No value is longer than what it was written as. */
	if (buf_status(&s->text) < 0 || !buf_reserve(&s->values, len))
		return -ENOMEM;
	s->entry = b;
	s->fault = fault;
	s->whole = 0;
	s->rc = 0;
	if (parse_text(s) < 0)
		return -ENOMEM;
	if (s->rc == -ENOMEM && s->xml->xmlDictGetUsage(s->context->dict) > DICT_MAX) {
		snprintf(fault->text, sizeof(fault->text), "it has too many names");
		return -EBADMSG;
	}
	return s->rc == 0 && !s->whole ? -EBADMSG : s->rc;
}
