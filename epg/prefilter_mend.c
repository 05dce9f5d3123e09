#include "epg/prefilter_mend.h"

#include <string.h>

#include "base/buf.h"
#include "epg/prefilter_alias.h"
#include "epg/prefilter_token.h"
#include "epg/scan.h"

/* Where a piece of text stands. */
enum place {
	PLACE_TEXT,
	PLACE_CDATA, /* its & are characters */
	PLACE_VALUE, /* between an attribute's quotes */
	PLACE_TAG,   /* in a tag, outside those */
};

struct mender {
	struct buf *out;
	const struct aliases *aliases;
	_Bool broken; /* something was */
};

/* -- looking ------------------------------------------------------------------- */

/* Behind the characters that are no ASCII and good; NULL: at one that must be mended. */
static const char *
skip_foreign(const char *p, const char *end)
{
	while (p < end && (signed char)*p < 0) {
		const unsigned char *s = (const unsigned char *)p;
		uint32_t code;
		size_t len;
		_Bool utf8;

		/* Most of them by far: Latin, Greek, Cyrillic, Hebrew, Arabic. */
		if (s[0] >= 0xc2 && s[0] <= 0xdf && end - p >= 2 && (s[1] & 0xc0) == 0x80) {
			p += 2;
			continue;
		}
		len = character_read(p, end, &code, &utf8);
		if (!utf8 || code == 0)
			return NULL;
		p += len;
	}
	return p;
}

/* Behind what stands at p, which is not plain; NULL: it must be mended. */
static const char *
check_unplain(const char *p, const char *end)
{
	const struct aliases none = { NULL, 0, 0 };
	struct reference r;

	if ((signed char)*p < 0)
		return skip_foreign(p, end);
	if (*p == '&') {
		reference_read(&r, p, end, &none);
		return r.kind == REFERENCE_XML && r.code != 0 ? p + r.len : NULL;
	}
	if (*p == ']' && (end - p < 3 || p[1] != ']' || p[2] != '>'))
		return p + 1;
	return NULL;
}

/* How the block before ended: all bits or none. */
struct tags_state {
	uint64_t in_tag, in_value, equals;
	/* Of the tag that it is in: whole blocks, and the values that begin in them. */
	size_t blocks, values;
};

/* Each bit: is the number of bits up to it odd? */
static inline uint64_t
odd(uint64_t bits)
{
	bits ^= bits << 1;
	bits ^= bits << 2;
	bits ^= bits << 4;
	bits ^= bits << 8;
	bits ^= bits << 16;
	bits ^= bits << 32;
	return bits;
}

static inline uint64_t
carry(uint64_t bits)
{
	return 0 - (bits >> (SCAN_BLOCK - 1));
}

/*
 * Are the tags as most are: < and > take turns, no value holds either, values are in double
 * quotes that stand right behind their '='?
 */
static inline _Bool
tags_are_plain(struct tags_state *s, const struct scan_block *b)
{
	uint64_t opens = scan_block_for(b, '<'), closes = scan_block_for(b, '>');
	uint64_t marks = opens | closes, in_tag, in_value, quotes, equals, begins, bad;

	if ((marks | s->in_tag) == 0)
		return 1;
	in_tag = odd(marks) ^ s->in_tag;
	quotes = scan_block_for(b, '"') & in_tag;
	in_value = odd(quotes) ^ s->in_value;
	equals = scan_block_for(b, '=');
	bad = (opens & ~in_tag) | (closes & in_tag) | (marks & in_value);
	begins = quotes & in_value;
	bad |= begins & ~(equals << 1 | (s->equals & 1));
	bad |= scan_block_for(b, '\'') & in_tag & ~in_value;
	s->blocks = marks == 0 ? s->blocks + 1 : 0;
	s->values = marks == 0 ? s->values + (size_t)__builtin_popcountll(begins) : 0;
	s->in_tag = carry(in_tag);
	s->in_value = carry(in_value);
	s->equals = carry(equals);
	return bad == 0;
}

/* With the parts of blocks at its ends, might a tag be too long, or have too many values? */
static inline _Bool
tag_is_long(const struct tags_state *s, size_t tag_max)
{
	return (s->blocks + 2) * SCAN_BLOCK > tag_max ||
	    s->values + 2 * SCAN_BLOCK / TOKEN_VALUE_MIN > TOKEN_VALUES_MAX;
}

_Bool
mend_is_clean(const char *p, const char *end, size_t tag_max)
{
	struct tags_state tags = { 0 };
	const char *checked = p;

	for (; p < end; p += SCAN_BLOCK) {
		char tail[SCAN_BLOCK];
		struct scan_block block;
		uint64_t unplain;

		if (end - p < SCAN_BLOCK) {
			memset(tail, ' ', sizeof(tail));
			memcpy(tail, p, (size_t)(end - p));
			block = scan_load_block(tail);
		} else {
			block = scan_load_block(p);
		}
		if (!tags_are_plain(&tags, &block) || tag_is_long(&tags, tag_max))
			return 0;
		for (unplain = scan_block_unplain(&block); unplain != 0; unplain &= unplain - 1) {
			const char *at = p + __builtin_ctzll(unplain);

			if (at < checked)
				continue;
			checked = check_unplain(at, end);
			if (checked == NULL)
				return 0;
		}
	}
	return 1;
}

/* -- mending ------------------------------------------------------------------- */

/* XML's own stay as they are; of the others only ASCII's could be marks. Returns its length. */
static size_t
add_reference(struct mender *m, const char *p, const char *end, enum place place)
{
	struct reference r;

	reference_read(&r, p, end, m->aliases);
	/* A tag has none outside its values: no name may grow together around it. */
	if (place == PLACE_TAG && (r.kind != REFERENCE_XML || r.code == 0))
		r = (struct reference){ REFERENCE_NONE, '&', 1 };
	if (r.kind == REFERENCE_NONE)
		buf_str(m->out, "&amp;");
	else if (r.kind == REFERENCE_XML && r.code != 0)
		buf_add(m->out, p, r.len);
	else if (r.code >= 0x80)
		character_add(m->out, r.code);
	else if (r.code != 0)
		buf_printf(m->out, "&#%u;", (unsigned)r.code);
	m->broken |= r.kind == REFERENCE_NONE || r.kind == REFERENCE_HTML || r.code == 0;
	return r.len;
}

/* A control character, or one that is no ASCII. Returns its length. */
static size_t
add_character(struct mender *m, const char *p, const char *end, enum place place)
{
	uint32_t code;
	_Bool utf8;
	size_t len = character_read(p, end, &code, &utf8);

	/* In a tag nothing may close up to a name or to a value that was none before. */
	if (code != 0)
		character_add(m->out, code);
	else if (place == PLACE_TAG)
		buf_char(m->out, (unsigned char)*p < ' ' ? ' ' : '_');
	m->broken |= code == 0 || !utf8;
	return len;
}

static _Bool
closes_cdata(const struct buf *out)
{
	return out->len >= 2 && memcmp(out->data + out->len - 2, "]]", 2) == 0;
}

static _Bool
is_plain(char c, enum place place)
{
	if ((signed char)c < ' ' || c == '&' || c == '<')
		return 0;
	return c != '>' || place == PLACE_VALUE;
}

static void
add_piece(struct mender *m, const char *p, const char *end, enum place place)
{
	while (p < end) {
		const char *run = p;

		while (p < end && is_plain(*p, place))
			p++;
		buf_add(m->out, run, (size_t)(p - run));
		if (p == end)
			return;
		if (*p == '&' && place != PLACE_CDATA) {
			p += add_reference(m, p, end, place);
		} else if (*p == '&') {
			buf_str(m->out, "&amp;");
			p++;
		} else if (*p == '<') {
			buf_str(m->out, "&lt;");
			m->broken |= place != PLACE_CDATA;
			p++;
		} else if (*p == '>') {
			_Bool closes = closes_cdata(m->out);

			buf_str(m->out, closes ? "&gt;" : ">");
			m->broken |= closes && place != PLACE_CDATA;
			p++;
		} else {
			p += add_character(m, p, end, place);
		}
	}
}

static void
add_start(struct mender *m, const char *tag, const char *end)
{
	const char *name = tag + 1, *p = name;

	buf_char(m->out, '<');
	for (;;) {
		const char *mark = token_mark(name, p, end), *close;

		add_piece(m, p, mark, PLACE_TAG);
		buf_char(m->out, *mark);
		if (*mark == '>')
			return;
		close = scan_for(mark + 1, end, *mark);
		add_piece(m, mark + 1, close, PLACE_VALUE);
		buf_char(m->out, *mark);
		p = close + 1;
	}
}

/* What stands at the '<'. Returns what is behind it. */
static const char *
add_token(struct mender *m, const char *at, const char *end, size_t tag_max)
{
	const char *close = NULL;
	struct token t;

	token_read(&t, at, end, tag_max, 1);
	switch (t.kind) {
	case TOKEN_START:
	case TOKEN_EMPTY: add_start(m, at, t.end); return t.end;
	case TOKEN_END:
		buf_char(m->out, '<');
		add_piece(m, at + 1, t.end - 1, PLACE_TAG);
		buf_char(m->out, '>');
		return t.end;
	case TOKEN_COMMENT:
	case TOKEN_CDATA:
	case TOKEN_PI: close = token_find(t.kind, t.end, end); break;
	case TOKEN_PART:
	case TOKEN_STRAY:
	case TOKEN_XML:
	case TOKEN_DOCTYPE: break;
	}
	if (close == NULL) {
		buf_str(m->out, "&lt;");
		m->broken = 1;
		return at + 1;
	}
	if (t.kind == TOKEN_CDATA)
		add_piece(m, t.end, close - token_close_len(t.kind), PLACE_CDATA);
	return close;
}

_Bool
mend_entry(struct buf *out, const char *p, const char *end, size_t tag_max, const struct aliases *a)
{
	struct mender m = { out, a, 0 };

	while (p < end && buf_status(out) == 0) {
		const char *at = scan_for(p, end, '<');

		add_piece(&m, p, at, PLACE_TEXT);
		p = at < end ? add_token(&m, at, end, tag_max) : end;
	}
	return m.broken;
}

void
mend_value(struct buf *out, const char *p, size_t len, const struct aliases *a)
{
	const char *end = p + len;
	size_t blanks = 0;

	while (p < end) {
		struct reference r;
		_Bool utf8;

		if (*p == '&') {
			reference_read(&r, p, end, a);
			p += r.len;
		} else {
			/* XML 1.0, 2.11 and 3.3.3. */
			if (*p == '\r' && p + 1 < end && p[1] == '\n')
				p++;
			p += character_read(p, end, &r.code, &utf8);
			if (r.code != 0 && r.code < ' ')
				r.code = ' ';
		}
		if (r.code != 0)
			character_add(out, r.code);
	}
	while (blanks < out->len && (unsigned char)out->data[blanks] <= ' ')
		blanks++;
	buf_drop(out, blanks);
	while (out->len > 0 && (unsigned char)out->data[out->len - 1] <= ' ')
		buf_truncate(out, out->len - 1);
}
