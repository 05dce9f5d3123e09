#include <string.h>

#include "base/list.h"
#include "base/utf8.h"
#include "epg/listings_format.h"
#include "epg/scan.h"
#include "epg/xmltv.h"

/* Elements within elements: credits, a person, the person's image. */
#define DEPTH_MAX 3

/* Of one element; <programme> may have the most. */
#define ATTRS_MAX XMLTV_PROGRAMME_ATTRS
_Static_assert(ATTRS_MAX >= XMLTV_ATTRS_MAX, "no element has more");

/*
 * All functions go from `p` to where something stands that they do not take. `end` is the
 * end of all texts, whose last byte is a NUL, and a NUL is taken by none: so p < end always
 * holds, and the bytes behind a character may be looked at as far as the one before fits.
 */

struct span {
	const char *p;
	size_t len;
};

static inline _Bool
same(struct span a, struct span b)
{
	return a.len == b.len && memcmp(a.p, b.p, a.len) == 0;
}

static _Bool
span_is(struct span s, const char *word)
{
	return strlen(word) == s.len && memcmp(word, s.p, s.len) == 0;
}

/* -- text ---------------------------------------------------------------------- */

/* Printable ASCII that needs no reference, in quotes too. */
static inline _Bool
is_plain(char c)
{
	return (signed char)c >= 0x20 && c != '<' && c != '>' && c != '&' && c != '"';
}

static inline const char *
skip_plain(const char *p, const char *end)
{
	for (; end - p >= SCAN_WIDTH; p += SCAN_WIDTH) {
		scan_bytes b = scan_load(p);
		/* Signed: controls, and what is not ASCII. Then < and >, and " and &. */
		unsigned mask = scan_mask((scan_bytes)((scan_signed)b < ' ') |
		    (scan_bytes)((b | 2) == '>') | (scan_bytes)((b | 4) == '&'));

		if (mask != 0)
			return p + __builtin_ctz(mask);
	}
	while (is_plain(*p))
		p++;
	return p;
}

/* Characters beyond ASCII. */
static inline const char *
skip_wide(const char *p, const char *end)
{
	for (;;) {
		const unsigned char *s = (const unsigned char *)p;
		size_t n;

		/* Most alphabets, without C1 controls. */
		if (s[0] >= 0xc3 && s[0] <= 0xdf && (s[1] & 0xc0) == 0x80) {
			p += 2;
			continue;
		}
		if (s[0] < 0x80)
			return p;
		n = utf8_char(p, end);
		/* U+FFFE and U+FFFF are no characters of XML 1.0 (§2.2). */
		if (n == 0 || (n == 3 && s[0] == 0xef && s[1] == 0xbf && s[2] >= 0xbe))
			return p;
		p += n;
	}
}

/* Bytes of the reference at `p`; 0: none that XML knows without a DTD. */
static size_t
reference(const char *p)
{
	static const char *const known[] = { "&amp;", "&lt;", "&gt;", "&quot;", "&apos;" };

	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		size_t len = strlen(known[i]);

		if (strncmp(p, known[i], len) == 0)
			return len;
	}
	return 0;
}

/* A text in which something is not plain. */
static const char *
skip_odd(const char *p, const char *end, _Bool quoted)
{
	for (;;) {
		p = skip_plain(p, end);
		if ((unsigned char)*p >= 0x80) {
			const char *here = p;

			p = skip_wide(p, end);
			if (p == here)
				return p;
		} else if (*p == '&') {
			size_t n = reference(p);

			if (n == 0)
				return p;
			p += n;
		} else if (!quoted && (*p == '"' || *p == '\n')) {
			p++;
		} else {
			return p;
		}
	}
}

static inline const char *
skip_text(const char *p, const char *end, _Bool quoted)
{
	_Bool plain;
	const char *stop = scan_plain(p, end, quoted ? '"' : '<', &plain);

	return plain ? stop : skip_odd(p, end, quoted);
}

/* -- tags ---------------------------------------------------------------------- */

/* Letters and hyphens, a letter first. */
static inline const char *
skip_name(const char *p, const char *end, struct span *ret)
{
	size_t len = 0;

	if (end - p >= SCAN_WIDTH) {
		scan_bytes b = scan_load(p);
		unsigned mask = scan_mask(
		    ~(((scan_bytes)(b >= 'a') & (scan_bytes)(b <= 'z')) | (scan_bytes)(b == '-')));

		len = mask != 0 ? (size_t)__builtin_ctz(mask) : SCAN_WIDTH;
	}
	while ((p[len] >= 'a' && p[len] <= 'z') || p[len] == '-')
		len++;
	if (*p == '-')
		len = 0;
	*ret = (struct span){ p, len };
	return p + len;
}

struct attrs {
	struct span names[ATTRS_MAX];
	size_t count;
};

/* NULL: attributes that are not well-formed. */
static inline const char *
skip_attrs(const char *p, const char *end, struct attrs *attrs)
{
	for (attrs->count = 0; *p == ' '; attrs->count++) {
		struct span name;

		p = skip_name(p + 1, end, &name);
		if (attrs->count == ATTRS_MAX || name.len == 0 || p[0] != '=' || p[1] != '"')
			return NULL;
		for (size_t i = 0; i < attrs->count; i++) {
			if (same(attrs->names[i], name))
				return NULL;
		}
		attrs->names[attrs->count] = name;
		p = skip_text(p + 2, end, 1);
		if (*p++ != '"')
			return NULL;
	}
	return p;
}

/* A guide is cut by these in places, by us and by others: they stand nowhere else. */
static inline _Bool
is_structure(struct span name)
{
	return span_is(name, "tv") || span_is(name, "channel") || span_is(name, "programme");
}

/* The elements that are open. */
struct nest {
	struct span open[DEPTH_MAX];
	size_t depth;
};

/* The name stands before `p`: what can be read here can be read there. */
static inline _Bool
begins_with(const char *p, const char *end, struct span name)
{
	unsigned differ;

	if (name.len >= SCAN_WIDTH || end - p < SCAN_WIDTH)
		return strncmp(p, name.p, name.len) == 0;
	differ = scan_mask((scan_bytes)(scan_load(p) != scan_load(name.p)));
	return (differ & ((1u << name.len) - 1)) == 0;
}

/* It must be that of the element that was opened last. */
static inline const char *
skip_end_tag(const char *p, const char *end, struct nest *nest)
{
	struct span name;

	if (nest->depth == 0)
		return NULL;
	name = nest->open[--nest->depth];
	p += strlen("</");
	if (!begins_with(p, end, name) || p[name.len] != '>')
		return NULL;
	return p + name.len + 1;
}

/* NULL: no tag, or one that does not belong there. */
static inline const char *
skip_tag(const char *p, const char *end, struct nest *nest)
{
	struct attrs attrs;
	struct span name;

	if (p[1] == '/')
		return skip_end_tag(p, end, nest);
	p = skip_name(p + 1, end, &name);
	if (name.len == 0 || is_structure(name))
		return NULL;
	p = skip_attrs(p, end, &attrs);
	if (p == NULL)
		return NULL;
	if (p[0] == '/' && p[1] == '>')
		return p + 2;
	if (*p != '>' || nest->depth == DEPTH_MAX)
		return NULL;
	nest->open[nest->depth++] = name;
	return p + 1;
}

/*
 * Elements, each with a newline behind it; also none. NULL: others than that. `lines`: no
 * newline stands in them either.
 */
static const char *
skip_elements(const char *p, const char *end, _Bool lines)
{
	struct nest nest = { .depth = 0 };

	while (*p == '<') {
		const char *text = p = skip_tag(p, end, &nest);

		if (p == NULL)
			return NULL;
		if (nest.depth > 0)
			p = skip_text(p, end, 0);
		else if (*p++ != '\n')
			return NULL;
		if (lines && nest.depth > 0 && memchr(text, '\n', (size_t)(p - text)) != NULL)
			return NULL;
	}
	return nest.depth == 0 ? p : NULL;
}

/* -- records ------------------------------------------------------------------- */

static _Bool
is_programme_attr(struct span name)
{
	for (size_t i = 0; i < XMLTV_PROGRAMME_ATTRS; i++) {
		if (span_is(name, xmltv_programme_attrs[i]))
			return 1;
	}
	return 0;
}

static const char *
skip_programme(const char *p, const char *end)
{
	struct attrs attrs;

	p = skip_attrs(p, end, &attrs);
	if (p == NULL || *p != '<')
		return NULL;
	for (size_t i = 0; i < attrs.count; i++) {
		if (!is_programme_attr(attrs.names[i]))
			return NULL;
	}
	return skip_elements(p, end, 0);
}

static const char *
skip_id(const char *p, const char *end)
{
	const char *start = p;

	for (;;) {
		p = skip_odd(p, end, 1); /* no quote need follow */
		if (*p != '<' && *p != '>' && *p != '&' && *p != '"')
			return p == start ? NULL : p;
		p++;
	}
}

const char *
listings_check_record(const char *p, const char *end)
{
	switch (*p) {
	case 'p': p = skip_programme(p + 1, end); break;
	case 'i': p = skip_id(p + 1, end); break;
	case 'x': p = skip_elements(p + 1, end, 1); break;
	default: return NULL;
	}
	return p != NULL && *p == '\0' ? p + 1 : NULL;
}
