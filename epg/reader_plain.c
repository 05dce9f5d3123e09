#include "epg/reader_plain.h"

#include <errno.h>
#include <string.h>

#include "base/utf8.h"
#include "epg/prefilter_alias.h"
#include "epg/reader_entry.h"
#include "epg/scan.h"

#define PLAIN_DEPTH 32
#define PLAIN_ATTRS 32

/* A parse. Its steps return whether what they read is plain, where they do not say else. */
struct plain {
	struct reader_entry *b;
	struct buf *values;
	const char *p, *end;

	struct reader_attr attrs[PLAIN_ATTRS];
	size_t attr_count;
	struct {
		const char *name;
		size_t len;
	} open[PLAIN_DEPTH];
	unsigned depth;
};

enum { NAME = 1, NAME_FIRST = 2, BLANK = 4 };

/* Of ASCII; the colon, which makes a prefix, is none of these. */
static const unsigned char kinds[256] = {
	['a' ... 'z'] = NAME | NAME_FIRST,
	['A' ... 'Z'] = NAME | NAME_FIRST,
	['_'] = NAME | NAME_FIRST,
	['0' ... '9'] = NAME,
	['-'] = NAME,
	['.'] = NAME,
	[' '] = BLANK,
	['\t'] = BLANK,
	['\n'] = BLANK,
	['\r'] = BLANK,
};

static inline _Bool
is_kind(char c, unsigned kind)
{
	return (kinds[(unsigned char)c] & kind) != 0;
}

/* The byte at the cursor; 0 at the end, which is none that may stand anywhere. */
static inline char
here(const struct plain *x)
{
	return x->p < x->end ? *x->p : '\0';
}

/* In tags: mostly there is one or none. */
static inline void
skip_blanks(struct plain *x)
{
	while (is_kind(here(x), BLANK))
		x->p++;
}

/* Between elements: a line's end and its indentation. */
static inline void
skip_indent(struct plain *x)
{
	for (; x->end - x->p >= SCAN_WIDTH; x->p += SCAN_WIDTH) {
		scan_bytes b = scan_load(x->p);
		unsigned other = 0xffff &
		    ~scan_mask((scan_bytes)(b == ' ') | (scan_bytes)(b == '\n') |
			(scan_bytes)(b == '\r') | (scan_bytes)(b == '\t'));

		if (other != 0) {
			x->p += __builtin_ctz(other);
			return;
		}
	}
	skip_blanks(x);
}

/* Which bytes are of that range. */
static inline scan_bytes
in_range(scan_bytes b, char first, char last)
{
	return (
	    scan_bytes)(((scan_unsigned)b - (unsigned char)first) <= (unsigned char)(last - first));
}

/* Bytes of the name at the cursor, which is moved behind it. 0: there is none. */
static inline size_t
read_name(struct plain *x)
{
	const char *from = x->p;

	if (!is_kind(here(x), NAME_FIRST))
		return 0;
	for (; x->end - x->p >= SCAN_WIDTH; x->p += SCAN_WIDTH) {
		scan_bytes b = scan_load(x->p);
		/* '/' is the one of its range that is none. */
		unsigned other = 0xffff &
		    ~scan_mask(in_range(b | 0x20, 'a', 'z') | (scan_bytes)(b == '_') |
			(in_range(b, '-', '9') & (scan_bytes)(b != '/')));

		if (other != 0) {
			x->p += __builtin_ctz(other);
			return (size_t)(x->p - from);
		}
	}
	while (is_kind(here(x), NAME))
		x->p++;
	return (size_t)(x->p - from);
}

/* -- text --------------------------------------------------------------------- */

/* Bytes of the wide character at `p`; 0: none, or one that XML 1.0 forbids. */
static size_t
wide_char(const char *p, const char *end)
{
	size_t n = utf8_char(p, end);

	/* ASCII here is a control; U+FFFE, U+FFFF */
	if (n == 1 || (n == 3 && memcmp(p, "\xef\xbf", 2) == 0 && (unsigned char)p[2] >= 0xbe))
		return 0;
	return n;
}

/* The reference at `p` as UTF-8 at the end of `out`. Its bytes, or 0. */
static size_t
read_reference(struct buf *out, const char *p, const char *end)
{
	static const struct aliases none;
	struct reference r;

	reference_read(&r, p, end, &none);
	if (r.kind != REFERENCE_XML || r.code == 0)
		return 0;
	character_add(out, r.code);
	return r.len;
}

/* The text up to `stop`, in which something is no plain text, piece by piece. */
static _Bool
read_odd_text(struct plain *x, const char *stop)
{
	const char *run = x->p;

	while (x->p < stop) {
		size_t n = 1;

		x->p = scan_for_unplain(x->p, stop);
		if (x->p == stop)
			break;
		if (*x->p == '&') {
			reader_entry_text(x->b, run, (size_t)(x->p - run), 0);
			buf_clear(x->values);
			n = read_reference(x->values, x->p, stop);
			reader_entry_text(x->b, x->values->data, x->values->len, 0);
			run = x->p + n;
		} else if (*x->p == ']') {
			n = stop - x->p > 2 && memcmp(x->p, "]]>", 3) == 0 ? 0 : 1;
		} else {
			n = wide_char(x->p, stop);
		}
		if (n == 0)
			return 0;
		x->p += n;
	}
	reader_entry_text(x->b, run, (size_t)(stop - run), 0);
	return 1;
}

/* From behind a tag up to the next '<'. */
static _Bool
read_text(struct plain *x)
{
	const char *from = x->p, *stop;
	_Bool plain;

	/* Most by far is between elements, and blank. */
	skip_indent(x);
	if (here(x) == '<') {
		if (x->p > from)
			reader_entry_text(x->b, from, (size_t)(x->p - from), 0);
		return 1;
	}
	stop = scan_plain(from, x->end, '<', &plain);
	x->p = from;
	if (stop == x->end)
		return 0;
	if (!plain)
		return read_odd_text(x, stop);
	reader_entry_text(x->b, from, (size_t)(stop - from), 1);
	x->p = stop;
	return 1;
}

/* -- tags --------------------------------------------------------------------- */

/* Decodes [from, stop), which may hold references, into `values`, which has room for it. */
static _Bool
decode_value(struct plain *x, const char *from, const char *stop, struct reader_attr *attr)
{
	size_t at = x->values->len;

	for (const char *p = from; p < stop;) {
		size_t n = 1;

		if (*p == '&') {
			n = read_reference(x->values, p, stop);
		} else {
			if ((unsigned char)*p >= 0x80)
				n = wide_char(p, stop);
			buf_add(x->values, p, n);
		}
		if (n == 0)
			return 0;
		p += n;
	}
	attr->value = x->values->data + at;
	attr->value_len = x->values->len - at;
	return 1;
}

/* The first quote, '<', '&', control character or byte that is no ASCII; else `end`. */
static inline const char *
value_mark(const char *p, const char *end, char quote)
{
	for (; end - p >= SCAN_WIDTH; p += SCAN_WIDTH) {
		scan_bytes v = scan_load(p);
		unsigned mask = scan_mask((scan_bytes)(v == quote) | (scan_bytes)(v == '<') |
		    (scan_bytes)(v == '&') | (scan_bytes)((scan_signed)v < ' '));

		if (mask != 0)
			return p + __builtin_ctz(mask);
	}
	while (p < end && *p != quote && *p != '<' && *p != '&' && (signed char)*p >= ' ')
		p++;
	return p;
}

/* The value behind its '='. */
static _Bool
read_value(struct plain *x, struct reader_attr *attr)
{
	char quote = here(x);
	const char *from = x->p + 1, *stop;
	_Bool odd = 0;

	if (quote != '"' && quote != '\'')
		return 0;
	attr->value = from;
	stop = scan_plain(from, x->end, quote, &attr->plain);
	if (attr->plain) {
		attr->value_len = (size_t)(stop - from);
		x->p = stop + 1;
		return 1;
	}
	for (stop = from; (stop = value_mark(stop, x->end, quote)) < x->end && *stop != quote;
	     stop++) {
		/* A line end is a blank there, so not what stands there. */
		if (*stop == '<' || ((unsigned char)*stop < ' '))
			return 0;
		odd = 1;
	}
	if (stop == x->end)
		return 0;
	x->p = stop + 1;
	attr->value_len = (size_t)(stop - from);
	return odd ? decode_value(x, from, stop, attr) : 1;
}

static _Bool
is_twice(const struct plain *x, const struct reader_attr *attr)
{
	for (size_t i = 0; i < x->attr_count; i++) {
		if (x->attrs[i].name_len == attr->name_len &&
		    memcmp(x->attrs[i].name, attr->name, attr->name_len) == 0)
			return 1;
	}
	return 0;
}

/* The attributes up to the '>' or '/'. */
static _Bool
read_attrs(struct plain *x)
{
	x->attr_count = 0;
	buf_clear(x->values);
	for (;;) {
		const char *before = x->p;
		struct reader_attr *attr = &x->attrs[x->attr_count];

		skip_blanks(x);
		if (here(x) == '>' || here(x) == '/')
			return 1;
		if (x->p == before || x->attr_count == PLAIN_ATTRS)
			return 0;
		attr->name = x->p;
		attr->name_len = read_name(x);
		if (attr->name_len == 0 || is_twice(x, attr) ||
		    (attr->name_len >= 5 && memcmp(attr->name, "xmlns", 5) == 0))
			return 0;
		skip_blanks(x);
		if (here(x) != '=')
			return 0;
		x->p++;
		skip_blanks(x);
		if (!read_value(x, attr))
			return 0;
		x->attr_count++;
	}
}

/* Behind "<". 1: the entry is whole; 0: it goes on; -EINVAL: it is not plain; -ENOMEM, -E2BIG. */
static int
read_start(struct plain *x)
{
	const char *name = x->p;
	size_t len = read_name(x);
	int rc;

	if (len == 0 || x->depth == PLAIN_DEPTH || !read_attrs(x))
		return -EINVAL;
	rc = reader_entry_start(x->b, name, len, x->attrs, x->attr_count);
	if (rc < 0)
		return rc;
	if (here(x) == '>') {
		x->open[x->depth].name = name;
		x->open[x->depth++].len = len;
		x->p++;
		return 0;
	}
	x->p++;
	if (here(x) != '>')
		return -EINVAL;
	x->p++;
	return reader_entry_end(x->b);
}

/* Behind "</". As above. */
static int
read_end(struct plain *x)
{
	size_t len;

	if (x->depth == 0)
		return -EINVAL;
	len = x->open[--x->depth].len;
	if ((size_t)(x->end - x->p) <= len || memcmp(x->p, x->open[x->depth].name, len) != 0)
		return -EINVAL;
	x->p += len;
	skip_blanks(x);
	if (here(x) != '>')
		return -EINVAL;
	x->p++;
	return reader_entry_end(x->b);
}

int
reader_plain_parse(struct reader_entry *b, struct buf *values, const char *text, size_t len,
    size_t *ret_at)
{
	struct plain x;
	int rc = 0;

	/* No value is longer than what it was written as. */
	buf_clear(values);
	if (!buf_reserve(values, len))
		return -ENOMEM;
	x.b = b;
	x.values = values;
	x.p = text;
	x.end = text + len;
	x.attr_count = x.depth = 0;
	while (rc == 0 && here(&x) == '<') {
		x.p++;
		if (here(&x) == '/') {
			x.p++;
			rc = read_end(&x);
		} else {
			rc = read_start(&x);
		}
		if (rc == 0 && !read_text(&x))
			rc = -EINVAL;
	}
	*ret_at = (size_t)(x.p - text);
	if (rc == -EINVAL || rc == 0)
		return 0;
	return rc == 1 && x.p != x.end ? 0 : rc;
}
