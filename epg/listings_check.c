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

/* Every record has a NUL at its end, so a character may be looked at before the end is. */

struct span {
	const char *p;
	size_t len;
};

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
	return c >= 0x20 && c != '<' && c != '>' && c != '&' && c != '"';
}

static const char *
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
	while (p < end && is_plain(*p))
		p++;
	return p;
}

/* Behind the characters beyond ASCII at `p`; `p` itself: what stands there is none. */
static const char *
skip_wide(const char *p, const char *end)
{
	while ((unsigned char)*p >= 0x80) {
		const unsigned char *s = (const unsigned char *)p;
		size_t n;

		/* Most alphabets; never the end's NUL. */
		if (s[0] >= 0xc3 && s[0] <= 0xdf && (s[1] & 0xc0) == 0x80) {
			p += 2;
			continue;
		}
		n = utf8_char(p, end);
		/* U+FFFE and U+FFFF are no characters of XML 1.0 (§2.2). */
		if (n == 0 || (n == 3 && s[0] == 0xef && s[1] == 0xbf && s[2] >= 0xbe))
			break;
		p += n;
	}
	return p;
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

/* Behind the text at `p`: where a character stands that no text can hold. */
static const char *
skip_text(const char *p, const char *end, _Bool quoted)
{
	for (;;) {
		const char *here = p;

		p = skip_wide(skip_plain(p, end), end);
		if (*p == '&')
			p += reference(p);
		else if (!quoted && (*p == '"' || *p == '\n'))
			p++;
		if (p == here)
			return p;
	}
}

/* -- tags ---------------------------------------------------------------------- */

static const char *
skip_name(const char *p, struct span *ret)
{
	ret->p = p;
	while ((*p >= 'a' && *p <= 'z') || (*p == '-' && p > ret->p))
		p++;
	ret->len = (size_t)(p - ret->p);
	return p;
}

/* Behind the attributes at `p`, their names in `names`; NULL: they are not well-formed. */
static const char *
skip_attrs(const char *p, const char *end, struct span names[ATTRS_MAX])
{
	for (size_t count = 0; *p == ' '; count++) {
		if (count == ATTRS_MAX)
			return NULL;
		p = skip_name(p + 1, &names[count]);
		if (names[count].len == 0 || p[0] != '=' || p[1] != '"')
			return NULL;
		for (size_t i = 0; i < count; i++) {
			if (names[i].len == names[count].len &&
			    memcmp(names[i].p, names[count].p, names[i].len) == 0)
				return NULL;
		}
		p = skip_text(p + 2, end, 1);
		if (*p++ != '"')
			return NULL;
	}
	return p;
}

/* A guide is cut by these in places, by us and by others: they stand nowhere else. */
static _Bool
is_structure(struct span name)
{
	return span_is(name, "tv") || span_is(name, "channel") || span_is(name, "programme");
}

/* The elements that are open. */
struct nest {
	struct span open[DEPTH_MAX];
	size_t depth;
};

/* Behind the tag at `p`; NULL: it is none, or it does not belong there. */
static const char *
skip_tag(const char *p, const char *end, struct nest *nest)
{
	struct span attrs[ATTRS_MAX], name;

	if (p[1] == '/') {
		p = skip_name(p + 2, &name);
		if (nest->depth == 0 || nest->open[nest->depth - 1].len != name.len ||
		    memcmp(nest->open[nest->depth - 1].p, name.p, name.len) != 0 || *p != '>')
			return NULL;
		nest->depth--;
		return p + 1;
	}
	p = skip_name(p + 1, &name);
	if (name.len == 0 || is_structure(name))
		return NULL;
	p = skip_attrs(p, end, attrs);
	if (p == NULL)
		return NULL;
	if (p[0] == '/' && p[1] == '>')
		return p + 2;
	if (*p != '>' || nest->depth == DEPTH_MAX)
		return NULL;
	nest->open[nest->depth++] = name;
	return p + 1;
}

/* Elements, each with a newline behind it; also none. */
static _Bool
are_elements(const char *p, const char *end)
{
	struct nest nest = { .depth = 0 };

	while (p < end) {
		if (*p != '<')
			return 0;
		p = skip_tag(p, end, &nest);
		if (p == NULL)
			return 0;
		if (nest.depth > 0)
			p = skip_text(p, end, 0);
		else if (*p++ != '\n')
			return 0;
	}
	return nest.depth == 0;
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

_Bool
listings_check_programme(const char *text, const char *end)
{
	struct span names[ATTRS_MAX] = { 0 };
	const char *p;

	if (*text++ != 'p')
		return 0;
	p = skip_attrs(text, end, names);
	for (size_t i = 0; i < ATTRS_MAX && names[i].len > 0; i++) {
		if (!is_programme_attr(names[i]))
			return 0;
	}
	return p != NULL && p < end && are_elements(p, end);
}

_Bool
listings_check_channel(const char *text, const char *end)
{
	return *text == 'x' && are_elements(text + 1, end);
}

_Bool
listings_check_id(const char *text, const char *end)
{
	const char *p = text + 1;

	if (*text != 'i' || p == end)
		return 0;
	while (p < end) {
		const char *here = p;

		p = skip_wide(skip_plain(p, end), end);
		if (*p == '<' || *p == '>' || *p == '&' || *p == '"')
			p++;
		if (p == here)
			return 0;
	}
	return 1;
}
