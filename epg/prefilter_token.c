#include "epg/prefilter_token.h"

#include <string.h>

#include "base/list.h"
#include "epg/scan.h"

static _Bool
is_blank(char c)
{
	return (unsigned char)c <= ' ';
}

static _Bool
begins_name(char c)
{
	return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' || c == ':' ||
	    (unsigned char)c >= 0x80;
}

/* -- tags --------------------------------------------------------------------- */

static _Bool
name_is(const char *name, const char *word, size_t len)
{
	/* A whole tag: there is a '>' behind the name at the latest. */
	return memcmp(name, word, len) == 0 &&
	    (is_blank(name[len]) || name[len] == '>' || name[len] == '/');
}

/* The name of the tag whose '>' stands at `close`. */
static enum token_name
tag_name(const char *name, const char *close)
{
	size_t len = (size_t)(close - name);

	if (*name == 'p' && len >= 9 && name_is(name, "programme", 9))
		return TOKEN_PROGRAMME;
	if (*name == 'c' && len >= 7 && name_is(name, "channel", 7))
		return TOKEN_CHANNEL;
	if (*name == 't' && len >= 2 && name_is(name, "tv", 2))
		return TOKEN_TV;
	return TOKEN_OTHER;
}

const char *
token_mark(const char *name, const char *p, const char *end)
{
	for (;; p++) {
		const char *before;

		p = scan_tag(p, end);
		if (p == end || *p == '<' || *p == '>')
			return p;
		before = p - 1;
		while (before > name && is_blank(*before))
			before--;
		if (*before == '=')
			return p;
	}
}

/* The '>' of a start tag; or the '<' that shows that it is none; or `end`. */
static const char *
start_close(struct token *t, const char *name, const char *end)
{
	const char *p = name;

	for (;;) {
		const char *close;

		p = token_mark(name, p, end);
		if (p == end || *p == '<' || *p == '>')
			return p;
		close = scan_for_two(p + 1, end, *p, '<');
		if (close < end && *close == '<') {
			t->quoted = 1;
			close = scan_for(close, end, *p);
		}
		if (close == end)
			return end;
		p = close + 1;
	}
}

static void
tag_read(struct token *t, const char *at, const char *end, size_t tag_max)
{
	_Bool is_end = at[1] == '/', limited = (size_t)(end - at) >= tag_max;
	const char *name = at + (is_end ? 2 : 1), *close;

	if (limited)
		end = at + tag_max;
	if (is_end)
		close = scan_for_two(name, end, '>', '<');
	else
		close = start_close(t, name, end);
	if (close == end && !limited) {
		t->kind = TOKEN_PART;
	} else if (close < end && *close == '>') {
		t->kind = is_end ? TOKEN_END : close[-1] == '/' ? TOKEN_EMPTY : TOKEN_START;
		t->name = tag_name(name, close);
		t->end = close + 1;
	}
}

const char *
token_attr(const char *tag, const char *end, const char *attr, size_t *ret_len)
{
	const char *name = tag + 1, *p = name;
	size_t len = strlen(attr);

	while (p = token_mark(name, p, end), *p != '>') {
		const char *close = scan_for(p + 1, end, *p), *last = p - 1;

		while (is_blank(*last))
			last--;
		/* At the '=' now. */
		last--;
		while (last > name && is_blank(*last))
			last--;
		if ((size_t)(last - name) > len && is_blank(last[-(ptrdiff_t)len]) &&
		    memcmp(last - len + 1, attr, len) == 0) {
			*ret_len = (size_t)(close - p - 1);
			return p + 1;
		}
		p = close + 1;
	}
	return NULL;
}

/* -- what is no tag ------------------------------------------------------------ */

static const struct {
	const char *text;
	enum token_kind kind;
} openers[] = {
	{ "<!--", TOKEN_COMMENT },
	{ "<![CDATA[", TOKEN_CDATA },
	{ "<!DOCTYPE", TOKEN_DOCTYPE },
};

/* <! and what follows: one of the openers, whole or in part, or nothing. */
static void
declaration_read(struct token *t, const char *at, const char *end)
{
	size_t have = (size_t)(end - at);

	for (size_t i = 0; i < ARRAY_LEN(openers); i++) {
		size_t len = strlen(openers[i].text);

		if (memcmp(at, openers[i].text, have < len ? have : len) != 0)
			continue;
		t->kind = have < len ? TOKEN_PART : openers[i].kind;
		t->end = have < len ? end : at + len;
		return;
	}
}

static void
instruction_read(struct token *t, const char *at, const char *end)
{
	static const char xml[] = "<?xml";
	size_t have = (size_t)(end - at), len = sizeof(xml) - 1;

	if (have < 3) {
		t->kind = TOKEN_PART;
	} else if (begins_name(at[2])) {
		t->kind = TOKEN_PI;
		t->end = at + 2;
		if (memcmp(at, xml, have < len ? have : len) != 0)
			return;
		if (have <= len)
			t->kind = TOKEN_PART;
		else if (is_blank(at[len]) || at[len] == '?')
			t->kind = TOKEN_XML;
	}
}

void
token_read(struct token *t, const char *at, const char *end, size_t tag_max, _Bool last)
{
	t->kind = TOKEN_STRAY;
	t->name = TOKEN_OTHER;
	t->quoted = 0;
	t->end = at + 1;
	if (end - at < 2 || (at[1] == '/' && end - at < 3))
		t->kind = TOKEN_PART;
	else if (begins_name(at[1]) || (at[1] == '/' && begins_name(at[2])))
		tag_read(t, at, end, tag_max);
	else if (at[1] == '!')
		declaration_read(t, at, end);
	else if (at[1] == '?')
		instruction_read(t, at, end);
	if (last && t->kind == TOKEN_PART) {
		t->kind = TOKEN_STRAY;
		t->end = at + 1;
	}
}

static const char *
closer(enum token_kind kind)
{
	return kind == TOKEN_COMMENT ? "-->" : kind == TOKEN_CDATA ? "]]>" : "?>";
}

size_t
token_close_len(enum token_kind kind)
{
	return strlen(closer(kind));
}

const char *
token_find(enum token_kind kind, const char *p, const char *end)
{
	const char *text = closer(kind);
	size_t len = strlen(text);

	while (end - p >= (ptrdiff_t)len) {
		p = scan_for(p, end - len + 1, text[0]);
		if (p == end - len + 1)
			break;
		if (memcmp(p, text, len) == 0)
			return p + len;
		p++;
	}
	return NULL;
}
