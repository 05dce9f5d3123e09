#include "epg/guide_text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/utf8.h"

#define REFERENCE_MAX 12 /* "&#x0010FFFF;" */

/* -- references -------------------------------------------------------------- */

static void
add_character(struct buf *out, uint32_t c)
{
	utf8proc_uint8_t bytes[4];

	buf_add(out, bytes, (size_t)utf8proc_encode_char((utf8proc_int32_t)c, bytes));
}

/* "#65" or "#x41"; 0: it is no character. */
static uint32_t
numeric(const char *name, size_t len)
{
	unsigned base = 10;
	uint32_t value = 0;
	size_t i = 1;

	if (len > 1 && name[1] == 'x') {
		base = 16;
		i = 2;
	}
	if (i == len)
		return 0;
	for (; i < len; i++) {
		unsigned char c = (unsigned char)name[i], low = c | 0x20;
		unsigned digit = c >= '0' && c <= '9' ? c - 0u - '0'
		    : low >= 'a' && low <= 'f'        ? low - 0u - 'a' + 10
						      : 16;

		if (digit >= base)
			return 0;
		value = value * base + digit;
		if (value > 0x10ffff)
			return 0;
	}
	return value >= 0xd800 && value <= 0xdfff ? 0 : value;
}

/* The character of a reference's name (between & and ;); 0: there is none of that name. */
static uint32_t
character_of(const char *name, size_t len)
{
	static const struct {
		const char *name;
		char c;
	} rows[] = {
		{ "amp", '&' },
		{ "lt", '<' },
		{ "gt", '>' },
		{ "quot", '"' },
		{ "apos", '\'' },
	};

	if (len > 0 && name[0] == '#')
		return numeric(name, len);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (strlen(rows[i].name) == len && memcmp(rows[i].name, name, len) == 0)
			return (uint32_t)rows[i].c;
	}
	return 0;
}

void
guide_decode(struct buf *out, const char *text, size_t len)
{
	const char *p = text, *end = text + len, *run = text, *semicolon;

	while ((p = memchr(p, '&', (size_t)(end - p))) != NULL) {
		size_t most = (size_t)(end - p) < REFERENCE_MAX ? (size_t)(end - p) : REFERENCE_MAX;
		uint32_t c = 0;

		semicolon = memchr(p, ';', most);
		if (semicolon != NULL)
			c = character_of(p + 1, (size_t)(semicolon - p - 1));
		if (c == 0) {
			p++;
			continue;
		}
		buf_add(out, run, (size_t)(p - run));
		add_character(out, c);
		run = p = semicolon + 1;
	}
	buf_add(out, run, (size_t)(end - run));
}

/* -- folding ----------------------------------------------------------------- */

/* One character as what it is compared by: mostly one code point, at most some twenty. */
static void
fold_character(struct buf *out, const char *p, size_t len)
{
	enum { POINTS_MAX = 64 };
	const utf8proc_option_t how = UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD |
	    UTF8PROC_STRIPMARK | UTF8PROC_IGNORE;
	utf8proc_int32_t points[POINTS_MAX];
	utf8proc_ssize_t n = utf8proc_decompose((const utf8proc_uint8_t *)p, (utf8proc_ssize_t)len,
	    points, POINTS_MAX, how);

	for (utf8proc_ssize_t i = 0; i < n && n <= POINTS_MAX; i++)
		add_character(out, (uint32_t)points[i]);
}

static void
fold_ascii(struct buf *out, const char *p, size_t len)
{
	size_t at = out->len;

	buf_add(out, p, len);
	for (; at < out->len; at++) {
		char c = out->data[at];

		out->data[at] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
	}
}

void
guide_fold(struct buf *out, const char *text, size_t len)
{
	const char *p = text, *end = text + len, *run;
	size_t n;

	while (p < end) {
		for (run = p; p < end && (unsigned char)*p < 0x80;)
			p++;
		fold_ascii(out, run, (size_t)(p - run));
		if (p == end)
			return;
		n = utf8_char(p, end);
		if (n > 0)
			fold_character(out, p, n);
		p += n == 0 ? 1 : n;
	}
}

/* -- elements ---------------------------------------------------------------- */

struct walk {
	const char *p, *end;
	unsigned depth; /* elements that are open */
};

/* The '>' of the tag that begins at p, quotes seen for what they are; NULL: it has none. */
static const char *
tag_end(const char *p, const char *end)
{
	char quote = '\0';

	for (; p < end; p++) {
		if (quote != '\0')
			quote = *p == quote ? '\0' : quote;
		else if (*p == '"' || *p == '\'')
			quote = *p;
		else if (*p == '>')
			return p;
	}
	return NULL;
}

/*
 * Goes on behind the next tag. Begun: *ret is the element that it begins, now open unless
 * it is empty. False: the first element has ended, or the text has.
 */
static _Bool
next_tag(struct walk *w, _Bool *begun, struct guide_element *ret)
{
	const char *from = memchr(w->p, '<', (size_t)(w->end - w->p)), *to, *next;

	to = from == NULL ? NULL : tag_end(from, w->end);
	if (to == NULL)
		return 0;
	w->p = to + 1;
	*begun = from[1] != '/';
	if (!*begun)
		return w->depth > 0 && --w->depth > 0;
	next = memchr(w->p, '<', (size_t)(w->end - w->p));
	*ret = (struct guide_element){ from + 1, w->p, (size_t)(to - from - 1),
		next == NULL ? 0 : (size_t)(next - w->p) };
	if (to[-1] == '/')
		ret->text_len = 0;
	else
		w->depth++;
	return w->depth > 0;
}

static _Bool
is_named(const struct guide_element *e, const char *name, size_t len)
{
	return e->tag_len >= len && memcmp(e->tag, name, len) == 0 &&
	    (e->tag_len == len || strchr(" \t\n/", e->tag[len]) != NULL);
}

_Bool
guide_find_attr(const struct guide_element *e, const char *name, const char **ret, size_t *ret_len)
{
	const char *p = e->tag, *end = e->tag + e->tag_len, *quote, *close;
	size_t len = strlen(name);

	/* name="value", each behind a blank or the quote before. */
	while ((quote = memchr(p, '=', (size_t)(end - p))) != NULL) {
		const char *key = quote;

		while (key > p && strchr(" \t\n", key[-1]) == NULL)
			key--;
		quote++;
		if (quote == end || (*quote != '"' && *quote != '\''))
			return 0;
		close = memchr(quote + 1, *quote, (size_t)(end - quote - 1));
		if (close == NULL)
			return 0;
		if ((size_t)(quote - 1 - key) == len && memcmp(key, name, len) == 0) {
			*ret = quote + 1;
			*ret_len = (size_t)(close - quote - 1);
			return 1;
		}
		p = close + 1;
	}
	return 0;
}

_Bool
guide_find_element(const char *xml, size_t len, const char *path, unsigned nth,
    struct guide_element *ret)
{
	struct walk w = { .p = xml, .end = xml + len };
	size_t parent_len = strcspn(path, "/");
	const char *name = path[parent_len] == '/' ? path + parent_len + 1 : path;
	unsigned wanted = name == path ? 1 : 2; /* elements that are open around it */
	size_t name_len = strlen(name);
	_Bool begun, in_parent = wanted == 1;

	for (;;) {
		unsigned around = w.depth;

		if (!next_tag(&w, &begun, ret))
			return 0;
		if (!begun)
			continue;
		if (around == 1 && wanted == 2)
			in_parent = is_named(ret, path, parent_len);
		else if (around == wanted && in_parent && is_named(ret, name, name_len) &&
		    nth-- == 0)
			return 1;
	}
}
