#include "epg/reader_batch.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "epg/libxml.h"
#include "epg/reader.h"
#include "epg/reader_attrs.h"
#include "epg/reader_entry.h"

#define ROOT     "<tv>"
#define ROOT_LEN (sizeof(ROOT) - 1)
#define ROOT_END "</tv>"

/*
 * A dictionary holds names, the source's too, for as long as it lives. It grows to at most
 * DICT_MAX and a bit; above DICT_RENEW the next parse begins with a new one.
 */
#define DICT_MAX   (256u << 10)
#define DICT_RENEW (64u << 10)

struct place {
	uint32_t at; /* in text */
	uint32_t line;
};

struct reader_batch {
	struct reader_limits limits;
	struct reader_batch_events events;
	void *arg;
	struct reader_batch_counts counts;

	struct buf text;      /* ROOT, then the entries */
	struct place *places; /* of the entries; one more says where the last one ends */
	size_t count, cap;
	size_t next; /* those before were given out, or refused */

	const struct libxml *xml;
	xmlParserCtxtPtr context;
	struct reader_words words;
	struct reader_entry entry;
	_Bool fresh; /* the context has parsed no entry yet */

	/* Of the parse that runs. */
	_Bool in_root, no_memory;
	char *cover;  /* the NUL that halted it; NULL: it goes on */
	char covered; /* what stood there */
	char why[160];
	size_t where; /* it was halted, in text */
	int stopped;  /* not 0: what the whole read ends with */
	struct err *err;
};

/* -- what libxml2 tells ------------------------------------------------------- */

/* Where the parser is, in text. */
static size_t
parser_at(const struct reader_batch *b)
{
	return (size_t)((const char *)b->context->input->cur - b->text.data);
}

/*
 * Ends the parse soon. libxml2's own way (xmlStopParser) moves its place in the text, on which
 * what found an error still stands; and without any, it would read on to the batch's end, for
 * each error once. So its state says that it is over, and where some of its functions write
 * their own into that, the text ends behind the entry.
 */
static void
halt(struct reader_batch *b)
{
	b->context->instate = XML_PARSER_EOF;
	b->context->disableSAX = 1;
	if (b->cover != NULL)
		return;
	b->where = parser_at(b);
	b->cover = b->text.data + b->places[b->next + 1].at;
	b->covered = *b->cover;
	*b->cover = '\0';
}

/* The entry at hand is refused. */
static void
refuse(struct reader_batch *b, const char *why)
{
	snprintf(b->why, sizeof(b->why), "%s", why);
	halt(b);
}

static void
stop(struct reader_batch *b, int rc)
{
	b->stopped = rc;
	halt(b);
}

static void
on_start(void *arg, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int ns_count,
    const xmlChar **ns, int count, int defaulted, const xmlChar **attrs)
{
	struct reader_batch *b = arg;
	const char *why = "it is no channel or programme";
	int rc;

	(void)uri;
	(void)ns_count;
	(void)ns;
	(void)defaulted;
	_Static_assert(sizeof(struct reader_attr) == 5 * sizeof(*attrs), "what libxml2 gives");
	if (!b->in_root) {
		b->in_root = 1;
		return;
	}
	if (b->entry.depth == 0)
		reader_entry_begin(&b->entry, b->places[b->next].line);
	rc = reader_entry_start(&b->entry, name, prefix,
	    (const struct reader_attr *)(const void *)attrs, (size_t)count, &why);
	if (rc == -ENOMEM)
		stop(b, err_set(b->err, ENOMEM, "no memory for an entry"));
	else if (rc < 0)
		refuse(b, why);
}

static void
on_text(void *arg, const xmlChar *text, int len)
{
	struct reader_batch *b = arg;

	reader_entry_text(&b->entry, (const char *)text, (size_t)len);
}

/* A whole entry. */
static void
give_out(struct reader_batch *b)
{
	struct xmltv_entry *e = &b->entry.entry;
	int rc = 0;

	if (parser_at(b) != b->places[b->next + 1].at) {
		refuse(b, "it ends before its text does");
		return;
	}
	if (e->id.len == 0) {
		refuse(b, e->kind == XMLTV_CHANNEL ? "it has no id" : "it is of no channel");
		return;
	}
	if (b->entry.timeless) {
		b->counts.timeless++;
		b->events.note(b->arg, e->line, "a programme without a start that can be read");
	} else {
		b->counts.kept += e->kind == XMLTV_PROGRAMME;
		rc = b->events.entry(b->arg, e, b->err);
	}
	if (rc < 0)
		stop(b, rc);
	b->next++;
	b->fresh = 0;
}

static void
on_end(void *arg, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
	struct reader_batch *b = arg;
	const char *why = NULL;
	int rc;

	(void)name;
	(void)prefix;
	(void)uri;
	if (b->entry.depth == 0)
		return;
	rc = reader_entry_end(&b->entry, &why);
	if (rc == 1)
		give_out(b);
	else if (rc == -E2BIG)
		refuse(b, why);
	else if (rc < 0)
		stop(b, err_set(b->err, ENOMEM, "no memory for an entry"));
}

static void
on_error(void *arg, xmlErrorPtr error)
{
	struct reader_batch *b = arg;

	/* Below that are undeclared name spaces and the like; behind the last entry is our own. */
	if (error->level != XML_ERR_FATAL || b->next == b->count)
		return;
	if (b->cover == NULL && error->code == XML_ERR_TAG_NAME_MISMATCH && error->str1 != NULL &&
	    error->str2 != NULL)
		snprintf(b->why, sizeof(b->why), "</%.60s> stands where </%.60s> should",
		    error->str2, error->str1);
	else if (b->cover == NULL && error->message != NULL)
		snprintf(b->why, sizeof(b->why), "%.*s", (int)strcspn(error->message, "\n"),
		    error->message);
	b->no_memory = b->no_memory || error->code == XML_ERR_NO_MEMORY;
	halt(b);
}

/* -- parsing ------------------------------------------------------------------ */

/* A new context, with a new dictionary. */
static int
renew(struct reader_batch *b)
{
	xmlParserCtxtPtr context = b->xml->xmlNewParserCtxt();

	if (context == NULL)
		return -ENOMEM;
	b->xml->xmlFreeParserCtxt(b->context);
	b->context = context;
	b->fresh = 1;
	*context->sax = (xmlSAXHandler){
		.initialized = XML_SAX2_MAGIC,
		.startElementNs = on_start,
		.endElementNs = on_end,
		.characters = on_text,
		.ignorableWhitespace = on_text, /* the same: it does not look which one it is */
		.cdataBlock = on_text,
		.serror = on_error,
	};
	context->userData = b;
	/* Strict, and nothing from elsewhere: no NOENT, HUGE, DTDLOAD or RECOVER. */
	(void)b->xml->xmlCtxtUseOptions(context, XML_PARSE_NONET);
	if (context->dict == NULL)
		return -ENOMEM;
	(void)b->xml->xmlDictSetLimit(context->dict, DICT_MAX);
	return reader_words_init(&b->words, b->xml, context->dict);
}

/* Parses from the next entry on, as far as it goes. 0 or -ENOMEM. */
static int
parse_rest(struct reader_batch *b)
{
	size_t from = b->places[b->next].at - ROOT_LEN;
	xmlParserInputPtr input = b->xml->xmlNewInputStream(b->context);

	if (input == NULL)
		return -ENOMEM;
	/* The root's start goes over the end of the entry before. */
	memcpy(b->text.data + from, ROOT, ROOT_LEN);
	input->base = input->cur = (const xmlChar *)b->text.data + from;
	input->end = (const xmlChar *)b->text.data + b->text.len;
	if (b->xml->inputPush(b->context, input) < 0) {
		b->xml->xmlFreeInputStream(input);
		return -ENOMEM;
	}
	b->in_root = b->no_memory = 0;
	b->cover = NULL;
	b->why[0] = '\0';
	b->where = b->text.len;
	reader_entry_begin(&b->entry, 0);
	(void)b->xml->xmlParseDocument(b->context);
	if (b->cover != NULL)
		*b->cover = b->covered;
	b->counts.parsed += b->where - from;
	b->xml->xmlCtxtReset(b->context);
	b->context->nsNr = 0; /* of elements that were open; the reset forgets them */
	return 0;
}

/* Tells about an entry that is left out: the text from `at`, where it is, up to `where`. */
static void
tell(struct reader_batch *b, const char *text, size_t where, uint32_t line, const char *why)
{
	struct buf note = BUF_INIT(1024);

	for (const char *p = text; (p = memchr(p, '\n', (size_t)(text + where - p))) != NULL; p++)
		line++;
	buf_printf(&note, "a %s is left out: ", text[1] == 'c' ? "channel" : "programme");
	buf_visible(&note, why);
	b->counts.refused++;
	b->events.note(b->arg, line, note.data);
	buf_release(&note);
}

/* One more parse. Each gives out entries, or refuses one, or begins anew with names. */
static int
parse_some(struct reader_batch *b)
{
	size_t at, end;

	if (b->xml->xmlDictGetUsage(b->context->dict) > DICT_RENEW && renew(b) < 0)
		return -ENOMEM;
	if (parse_rest(b) < 0)
		return -ENOMEM;
	if (b->stopped != 0 || b->next == b->count)
		return b->stopped;
	if (b->xml->xmlDictGetUsage(b->context->dict) > DICT_MAX) {
		/* Names of the entries before may have filled it. */
		if (!b->fresh)
			return 0;
		snprintf(b->why, sizeof(b->why), "it has too many names");
	} else if (b->no_memory) {
		return -ENOMEM;
	}
	at = b->places[b->next].at;
	end = b->places[b->next + 1].at;
	tell(b, b->text.data + at, (b->where < end ? b->where : end) - at, b->places[b->next].line,
	    b->why);
	b->next++;
	b->fresh = 0;
	return 0;
}

/* -- the batch ---------------------------------------------------------------- */

struct reader_batch *
reader_batch_new(const struct reader_limits *limits, const struct xmltime_rules *times,
    const struct reader_batch_events *events, void *arg)
{
	const struct libxml *xml = libxml_load(NULL);
	struct reader_batch *b = calloc(1, sizeof(*b));

	if (b == NULL || xml == NULL) {
		free(b);
		return NULL;
	}
	b->limits = *limits;
	b->events = *events;
	b->arg = arg;
	b->xml = xml;
	buf_init(&b->text, limits->batch + 2 * limits->text.entry_max);
	buf_str(&b->text, ROOT);
	reader_entry_init(&b->entry, &b->words, &b->limits, times);
	if (renew(b) < 0) {
		reader_batch_free(b);
		return NULL;
	}
	return b;
}

void
reader_batch_free(struct reader_batch *b)
{
	if (b == NULL)
		return;
	b->xml->xmlFreeParserCtxt(b->context);
	reader_entry_release(&b->entry);
	buf_release(&b->text);
	free(b->places);
	free(b);
}

const struct reader_batch_counts *
reader_batch_counts(struct reader_batch *b)
{
	b->counts.unknown = b->entry.unknown;
	return &b->counts;
}

int
reader_batch_add(struct reader_batch *b, const char *text, size_t len, uint32_t line,
    struct err *err)
{
	int rc = 0;

	if (!reader_attrs_few(text, len, b->limits.attrs_max)) {
		tell(b, text, 0, line, "an element has too many attributes");
		return 0;
	}
	if (b->count > 0 && b->text.len + len > b->limits.batch)
		rc = reader_batch_flush(b, err);
	if (rc < 0)
		return rc;
	/* One more for where the last one ends. */
	if (b->count + 1 >= b->cap) {
		size_t cap = b->cap == 0 ? 64 : b->cap * 2;
		struct place *places = realloc(b->places, cap * sizeof(*places));

		if (places == NULL)
			return err_set(err, ENOMEM, "no memory for entries");
		b->places = places;
		b->cap = cap;
	}
	b->places[b->count++] = (struct place){ (uint32_t)b->text.len, line };
	buf_add(&b->text, text, len);
	return buf_status(&b->text) < 0 ? err_set(err, ENOMEM, "no memory for entries") : 0;
}

int
reader_batch_flush(struct reader_batch *b, struct err *err)
{
	int rc = 0;

	if (b->count == 0)
		return 0;
	b->err = err;
	b->places[b->count].at = (uint32_t)b->text.len;
	buf_str(&b->text, ROOT_END);
	if (buf_status(&b->text) < 0)
		return err_set(err, ENOMEM, "no memory for entries");
	while (rc == 0 && b->next < b->count)
		rc = parse_some(b);
	if (rc == -ENOMEM && b->stopped == 0)
		(void)err_set(err, ENOMEM, "no memory to parse entries");
	buf_truncate(&b->text, ROOT_LEN);
	memcpy(b->text.data, ROOT, ROOT_LEN);
	b->count = b->next = 0;
	return rc;
}
