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

/* Does the attribute whose value is opened by the quote have that name, and a blank before it? */
static _Bool
attr_is(const char *tag, const char *quote, const char *name, size_t len)
{
	const char *last = quote - 1;

	while (*last != '=')
		last--;
	do
		last--;
	while (last > tag && is_blank(*last));
	return last - tag > (ptrdiff_t)len && last[0] == name[len - 1] && is_blank(*(last - len)) &&
	    memcmp(last - len + 1, name, len) == 0;
}

/* The '>' of a start tag; or what shows that it is none, a '<' or one value too many; or `end`. */
static const char *
start_close(struct token *t, const char *name, const char *end)
{
	const char *p = name;

	for (unsigned values = 0;; values++) {
		const char *close;

		p = token_mark(name, p, end);
		if (p == end || *p == '<' || *p == '>' || values == TOKEN_VALUES_MAX)
			return p;
		close = scan_for(p + 1, end, *p);
		if (close == end)
			return end;
		if (t->channel == NULL && attr_is(name, p, "channel", 7)) {
			t->channel = p + 1;
			t->channel_len = (size_t)(close - p - 1);
		}
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
	t->channel = NULL;
	t->name = TOKEN_OTHER;
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

/* -- many at a time ------------------------------------------------------------ */

/* Must what stands at the '<' be read, four bytes of which are there? Not the tags of others. */
static inline _Bool
is_marked(const char *at)
{
	const char *name = at + (at[1] == '/' ? 2 : 1);
	unsigned letter = (unsigned char)(name[0] | 0x20) - (unsigned)'a';
	unsigned two = (unsigned char)name[0] << 8 | (unsigned char)name[1];

	return letter > 'z' - 'a' || two == ('p' << 8 | 'r') || two == ('c' << 8 | 'h') ||
	    two == ('t' << 8 | 'v');
}

/*
 * The next '<' that must be read if it is in no value. At the end, where less than a block is
 * left, any.
 */
static const char *
next_marked(const char *p, const char *end)
{
	/* is_marked reads up to three bytes more. */
	for (; end - p >= SCAN_BLOCK + 3; p += SCAN_BLOCK) {
		struct scan_block block = scan_load_block(p);
		uint64_t opens = scan_block_for(&block, '<');

		for (; opens != 0; opens &= opens - 1) {
			const char *at = p + __builtin_ctzll(opens);

			if (is_marked(at))
				return at;
		}
	}
	while (p = scan_for(p, end, '<'), end - p >= 4 && !is_marked(p))
		p++;
	return p;
}

/*
 * May a place be in a value, if `from` is in no tag? Then the last quote before it opened that.
 */
static _Bool
may_be_quoted(const char *from, const char *at)
{
	static const char quotes[] = { '"', '\'' };

	for (size_t i = 0; i < sizeof(quotes); i++) {
		const char *quote = memrchr(from, quotes[i], (size_t)(at - from));

		if (quote == NULL)
			continue;
		while (quote > from && is_blank(quote[-1]))
			quote--;
		if (quote > from && quote[-1] == '=')
			return 1;
	}
	return 0;
}

const char *
token_skip(const char *p, const char *end, size_t tag_max)
{
	for (;;) {
		const char *at = next_marked(p, end);

		/* What is not whole yet is not passed over, whatever its name. */
		if (at == end)
			at = memrchr(p, '<', (size_t)(end - p));
		if (at == NULL)
			return end;
		if (!may_be_quoted(p, at))
			return at;
		while (p < at) {
			struct token t;

			p = scan_for(p, end, '<');
			if (end - p < 4 || is_marked(p))
				return p;
			token_read(&t, p, end, tag_max, 0);
			if (t.kind == TOKEN_PART)
				return p;
			p = t.end;
		}
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
