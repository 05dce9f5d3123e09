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

/* -- mending ------------------------------------------------------------------- */

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
