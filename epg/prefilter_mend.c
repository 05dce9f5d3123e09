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
	const char *run; /* from here on the source is as it should be, and not in `out` yet */
	const char *unplain, *end; /* the next such byte of the entry, once p is behind the last */
	const struct aliases *aliases;
	_Bool broken;     /* something was */
	_Bool endless[3]; /* a comment, CDATA section, instruction was never closed: no more are */
};

/* -- looking ------------------------------------------------------------------- */

/* Behind the characters at p that are no ASCII and good. */
static const char *
skip_foreign(const char *p, const char *end)
{
	while (p < end && (signed char)*p < 0) {
		const unsigned char *s = (const unsigned char *)p;
		size_t len;
		uint32_t code;
		_Bool utf8;

		/* Most of them by far: those of two bytes, and of three up to U+CFFF. */
		if (s[0] >= 0xc2 && s[0] <= 0xdf && end - p >= 2 && (s[1] & 0xc0) == 0x80) {
			p += 2;
			continue;
		}
		if (s[0] >= 0xe1 && s[0] <= 0xec && end - p >= 3 && (s[1] & 0xc0) == 0x80 &&
		    (s[2] & 0xc0) == 0x80) {
			p += 3;
			continue;
		}
		len = character_read(p, end, &code, &utf8);
		if (!utf8 || code == 0)
			break;
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

	if ((signed char)*p < 0) {
		const char *next = skip_foreign(p, end);

		return next > p ? next : NULL;
	}
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

/*
 * Takes out of *unplain the bytes that are no ASCII when all of them are good characters of
 * two bytes, or of three from U+1000 to U+CFFF. *expected: of the block before, bytes that its
 * last character still needs; false: they are missing.
 */
static inline _Bool
drop_foreign(const struct scan_block *b, uint64_t *unplain, uint64_t *expected)
{
	uint64_t foreign = scan_block_below(b, 0), more, two, three;

	if ((foreign | *expected) == 0)
		return 1;
	more = scan_block_below(b, (signed char)0xc0);
	two = scan_block_below(b, (signed char)0xe0) & ~scan_block_below(b, (signed char)0xc2);
	three = scan_block_below(b, (signed char)0xed) & ~scan_block_below(b, (signed char)0xe1);
	if (foreign == (more | two | three) &&
	    more == (*expected | two << 1 | three << 1 | three << 2)) {
		*expected = (two | three) >> 63 | (three >> 63) << 1 | (three >> 62 & 1);
		*unplain &= ~foreign;
		return 1;
	}
	if ((more & *expected) != *expected)
		return 0;
	/* The others are looked at one by one. */
	*unplain &= ~*expected;
	*expected = 0;
	return 1;
}

_Bool
mend_is_clean(const char *p, const char *end, size_t tag_max)
{
	struct tags_state tags = { 0 };
	const char *checked = p;
	uint64_t expected = 0;

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
		unplain = scan_block_unplain(&block);
		if ((unplain | expected) != 0 && !drop_foreign(&block, &unplain, &expected))
			return 0;
		for (; unplain != 0; unplain &= unplain - 1) {
			const char *at = p + __builtin_ctzll(unplain);

			if (at < checked)
				continue;
			checked = check_unplain(at, end);
			if (checked == NULL)
				return 0;
		}
	}
	return expected == 0;
}

/* -- mending ------------------------------------------------------------------- */

/* Writes what came before p, then `text` in the place of the `len` bytes there. Behind them. */
static const char *
replace(struct mender *m, const char *p, size_t len, const char *text)
{
	buf_add(m->out, m->run, (size_t)(p - m->run));
	buf_str(m->out, text);
	m->run = p + len;
	return m->run;
}

/* At a &. XML's own references stay; of the others only ASCII's could be marks. */
static const char *
mend_reference(struct mender *m, const char *p, const char *end, enum place place)
{
	struct reference r = { REFERENCE_NONE, '&', 1 };
	const char *next;

	if (place != PLACE_CDATA)
		reference_read(&r, p, end, m->aliases);
	if (r.kind == REFERENCE_XML && r.code != 0)
		return p + r.len;
	/* A tag has none outside its values: no name may grow together around it. */
	if (r.kind == REFERENCE_NONE || place == PLACE_TAG) {
		m->broken |= place != PLACE_CDATA;
		return replace(m, p, 1, "&amp;");
	}
	next = replace(m, p, r.len, "");
	if (r.code >= 0x80)
		character_add(m->out, r.code);
	else if (r.code != 0)
		buf_printf(m->out, "&#%u;", (unsigned)r.code);
	m->broken |= r.kind != REFERENCE_ALIAS;
	return next;
}

/* At a control character or one that is no ASCII. */
static const char *
mend_character(struct mender *m, const char *p, const char *end, enum place place)
{
	const char *next = skip_foreign(p, end);
	uint32_t code;
	_Bool utf8;

	if (next > p)
		return next;
	m->broken = 1;
	next = replace(m, p, character_read(p, end, &code, &utf8), "");
	/* In a tag nothing may close up to a name or to a value that was none before. */
	if (code != 0)
		character_add(m->out, code);
	else if (place == PLACE_TAG)
		buf_char(m->out, (unsigned char)*p < ' ' ? ' ' : '_');
	return next;
}

/* Is p behind a "]]", which it must not close? */
static _Bool
is_behind_brackets(struct mender *m, const char *p)
{
	if (p - m->run < 2)
		(void)replace(m, p, 0, "");
	if (p > m->run)
		return p[-1] == ']' && p[-2] == ']';
	return m->out->len >= 2 && memcmp(m->out->data + m->out->len - 2, "]]", 2) == 0;
}

/* The first byte of the piece that must be looked at; `end`: there is none. */
static const char *
find_unplain(struct mender *m, const char *p, const char *end, enum place place)
{
	if (m->unplain < p)
		m->unplain = scan_for_unplain(p, m->end);
	if (m->unplain < end)
		end = m->unplain;
	return place == PLACE_VALUE || place == PLACE_CDATA ? scan_for(p, end, '<') : end;
}

static void
mend_piece(struct mender *m, const char *p, const char *end, enum place place)
{
	while (p < end) {
		if (*p == '>' && (place == PLACE_TEXT || place == PLACE_CDATA) &&
		    is_behind_brackets(m, p)) {
			m->broken |= place == PLACE_TEXT;
			p = replace(m, p, 1, "&gt;");
			continue;
		}
		p = find_unplain(m, p, end, place);
		if (p == end)
			return;
		if (*p == '&') {
			p = mend_reference(m, p, end, place);
		} else if (*p == '<') {
			m->broken |= place != PLACE_CDATA;
			p = replace(m, p, 1, "&lt;");
		} else if (*p == ']') {
			p++;
		} else {
			p = mend_character(m, p, end, place);
		}
	}
}

static void
mend_start(struct mender *m, const char *tag, const char *end)
{
	const char *name = tag + 1, *p = name;

	for (;;) {
		const char *mark = token_mark(name, p, end), *close;

		mend_piece(m, p, mark, PLACE_TAG);
		if (*mark == '>')
			return;
		close = scan_for(mark + 1, end, *mark);
		mend_piece(m, mark + 1, close, PLACE_VALUE);
		p = close + 1;
	}
}

/* What stands at the '<'. Returns what is behind it. */
static const char *
mend_token(struct mender *m, const char *at, const char *end, size_t tag_max)
{
	const char *close = NULL;
	struct token t;

	token_read(&t, at, end, tag_max, 1);
	switch (t.kind) {
	case TOKEN_START:
	case TOKEN_EMPTY: mend_start(m, at, t.end); return t.end;
	case TOKEN_END: mend_piece(m, at + 1, t.end - 1, PLACE_TAG); return t.end;
	case TOKEN_COMMENT:
	case TOKEN_CDATA:
	case TOKEN_PI:
		if (!m->endless[t.kind - TOKEN_COMMENT])
			close = token_find(t.kind, t.end, end);
		m->endless[t.kind - TOKEN_COMMENT] = close == NULL;
		break;
	case TOKEN_PART:
	case TOKEN_STRAY:
	case TOKEN_XML:
	case TOKEN_DOCTYPE: break;
	}
	if (close == NULL) {
		m->broken = 1;
		return replace(m, at, 1, "&lt;");
	}
	if (t.kind != TOKEN_CDATA)
		return replace(m, at, (size_t)(close - at), "");
	(void)replace(m, at, (size_t)(t.end - at), "");
	mend_piece(m, t.end, close - token_close_len(t.kind), PLACE_CDATA);
	return replace(m, close - token_close_len(t.kind), token_close_len(t.kind), "");
}

_Bool
mend_entry(struct buf *out, const char *p, const char *end, size_t tag_max, const struct aliases *a)
{
	struct mender m = {
		.out = out,
		.run = p,
		.unplain = scan_for_unplain(p, end),
		.end = end,
		.aliases = a,
	};

	while (p < end && buf_status(out) == 0) {
		const char *at = scan_for(p, end, '<');

		mend_piece(&m, p, at, PLACE_TEXT);
		p = at < end ? mend_token(&m, at, end, tag_max) : end;
	}
	(void)replace(&m, p, 0, "");
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
