/* rooms: epg base */
/*
 * A guide, within the limits and at the cuts that the first two bytes say: the same as in
 * one piece; every entry one that a parser takes; the same entries whether or not others
 * are wanted; and what was mended needs no mending.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/utf8.h"
#include "epg/prefilter.h"

#define SEEN_MAX (64u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	struct buf all;     /* entries, notes, counts */
	struct buf entries; /* those of some channels: what is wanted when not all are */
	struct buf texts;   /* the entries behind each other */
	_Bool only_some, last_is_some;
};

static void
check(_Bool holds)
{
	if (!holds)
		abort();
}

static _Bool
is_wanted(void *arg, const char *id, size_t len)
{
	struct seen *s = arg;

	check(len > 0 && (unsigned char)id[0] > ' ' && (unsigned char)id[len - 1] > ' ');
	s->last_is_some = (id[0] + id[len - 1]) % 2 == 0;
	return !s->only_some || s->last_is_some;
}

/* -- what a parser takes --------------------------------------------------------------- */

/* Behind a reference that XML has itself. */
static const char *
skip_reference(const char *p)
{
	static const char *const names[] = { "&amp;", "&lt;", "&gt;", "&quot;", "&apos;" };
	unsigned long code;
	char *end;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strncmp(p, names[i], strlen(names[i])) == 0)
			return p + strlen(names[i]);
	}
	check(p[1] == '#');
	code = p[2] == 'x' ? strtoul(p + 3, &end, 16) : strtoul(p + 2, &end, 10);
	check(*end == ';');
	check(code == '\t' || code == '\n' || code == '\r' || (code >= 0x20 && code < 0xd800) ||
	    (code >= 0xe000 && code < 0xfffe) || (code >= 0x10000 && code < 0x110000));
	return end + 1;
}

static const char *
skip_character(const char *p, const char *end)
{
	size_t len = utf8_char(p, end);

	check(len > 0);
	check(len > 1 || (unsigned char)*p >= 0x20 || *p == '\t' || *p == '\n' || *p == '\r');
	check(len != 3 || memcmp(p, "\xef\xbf\xbe", 3) < 0 || memcmp(p, "\xef\xbf\xbf", 3) > 0);
	return p + len;
}

/* Behind a tag: the first '>' outside a value. */
static const char *
skip_tag(const char *p, const char *end)
{
	const char *name = p[1] == '/' ? p + 2 : p + 1;
	char quote = 0, mark = 0;

	check(((*name | 0x20) >= 'a' && (*name | 0x20) <= 'z') || *name == '_' || *name == ':' ||
	    (unsigned char)*name >= 0x80);
	for (p = name; p < end;) {
		check(*p != '<');
		if (quote == 0 && *p == '>')
			return p + 1;
		if (quote != 0 && *p == quote)
			quote = mark = 0;
		else if (quote == 0 && name[-1] != '/' && (*p == '"' || *p == '\'') && mark == '=')
			quote = *p;
		if ((unsigned char)*p > ' ')
			mark = *p;
		p = *p == '&' ? skip_reference(p) : skip_character(p, end);
	}
	check(0);
	return NULL;
}

static _Bool
is_name_end(char c)
{
	return (unsigned char)c <= ' ' || c == '>' || c == '/';
}

static void
check_entry(const char *name, const char *text, size_t len)
{
	const char *end = text + len, *p, *last = text;
	size_t name_len = strlen(name);

	check(len > name_len + 2 && *text == '<' && memcmp(text + 1, name, name_len) == 0);
	check(is_name_end(text[name_len + 1]));
	p = skip_tag(text, end);
	if (p[-2] == '/') {
		check(p == end);
		return;
	}
	while (p < end) {
		check(strncmp(p, "]]>", 3) != 0);
		if (*p == '<') {
			last = p;
			p = skip_tag(p, end);
		} else {
			p = *p == '&' ? skip_reference(p) : skip_character(p, end);
		}
	}
	check(p == end && last[1] == '/' && strncmp(last + 2, name, name_len) == 0);
	check(is_name_end(last[name_len + 2]) && skip_tag(last, end) == end);
}

/* -- reading --------------------------------------------------------------------------- */

static int
on_entry(void *arg, enum prefilter_kind kind, const char *text, size_t len, uint32_t line,
    struct err *err)
{
	const char *name = kind == PREFILTER_CHANNEL ? "channel" : "programme";
	struct seen *s = arg;
	char *copy = malloc(len + 1);

	(void)err;
	check(copy != NULL);
	memcpy(copy, text, len);
	copy[len] = '\0';
	check_entry(name, copy, len);
	free(copy);
	buf_printf(&s->all, "%u %s ", line, name);
	buf_add(&s->all, text, len);
	buf_add(&s->texts, text, len);
	if (kind == PREFILTER_CHANNEL || s->last_is_some)
		buf_add(&s->entries, text, len);
	return 0;
}

static void
on_note(void *arg, uint32_t line, const char *text)
{
	struct seen *s = arg;

	buf_printf(&s->all, "%u ! %s\n", line, text);
}

static const struct prefilter_events events = { is_wanted, NULL, on_entry, on_note };

static void
seen_init(struct seen *s)
{
	buf_init(&s->all, SEEN_MAX);
	buf_init(&s->entries, SEEN_MAX);
	buf_init(&s->texts, SEEN_MAX);
	s->only_some = s->last_is_some = 0;
}

static void
seen_release(struct seen *s)
{
	buf_release(&s->all);
	buf_release(&s->entries);
	buf_release(&s->texts);
}

/* Cut every `step` bytes. Returns the entries mended and broken. */
static uint64_t
read_guide(const struct prefilter_limits *limits, const char *data, size_t size, size_t step,
    struct seen *s)
{
	struct prefilter *p = prefilter_new(limits, &events, s);
	const struct prefilter_counts *c;
	struct err err = ERR_INIT;
	uint64_t wrong;
	int rc = 0;

	check(p != NULL);
	c = prefilter_counts(p);
	for (size_t at = 0; rc == 0 && at < size; at += step)
		rc = prefilter_feed(p, data + at, size - at < step ? size - at : step, &err);
	if (rc == 0)
		rc = prefilter_finish(p, &err);
	check((rc == 0) == (err.text[0] == '\0'));
	wrong = c->mended + c->broken;
	buf_printf(&s->all, "= %d %s %u %u %u %u %d %d", rc, err.text, (unsigned)c->channels,
	    (unsigned)c->programmes, (unsigned)c->mended, (unsigned)c->broken, c->root_seen,
	    c->whole);
	prefilter_free(p);
	return wrong;
}

static _Bool
same(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

/* What came out, in a document of its own. */
static void
check_again(const struct buf *texts)
{
	struct prefilter_limits wide = prefilter_limits_default;
	struct buf guide = BUF_INIT(SEEN_MAX);
	struct seen again;

	wide.tag_max = wide.entry_max = SEEN_MAX;
	seen_init(&again);
	buf_str(&guide, "<tv>");
	buf_add(&guide, texts->data, texts->len);
	buf_str(&guide, "</tv>");
	check(read_guide(&wide, guide.data, guide.len, guide.len, &again) == 0);
	check(same(&again.texts, texts));
	seen_release(&again);
	buf_release(&guide);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct prefilter_limits limits = prefilter_limits_default;
	const char *text = (const char *)data + 2;
	struct seen whole, cut, some;
	size_t step;

	if (size < 2)
		return 0;
	/* So that they are met in a small input. */
	if (data[0] & 1)
		limits = (struct prefilter_limits){ .prolog_max = 48u + data[0],
			.tag_max = 24u + data[0] / 2,
			.entry_max = 40u + data[0],
			.alias_max = 2 };
	step = data[1] + 1u;
	size -= 2;
	seen_init(&whole);
	seen_init(&cut);
	seen_init(&some);
	some.only_some = 1;
	read_guide(&limits, text, size, size + 1, &whole);
	read_guide(&limits, text, size, step, &cut);
	check(same(&whole.all, &cut.all));
	read_guide(&limits, text, size, step * 64, &some);
	check(same(&whole.entries, &some.texts));
	check_again(&whole.texts);
	seen_release(&whole);
	seen_release(&cut);
	seen_release(&some);
	return 0;
}
