#include "epg/prefilter_alias.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/list.h"
#include "base/utf8.h"
#include "epg/html_entity.h"
#include "epg/prefilter_token.h"
#include "epg/scan.h"

#define NAME_MAX_BYTES 63

struct alias {
	char name[NAME_MAX_BYTES + 1];
	uint32_t code;
};

/* -- characters ---------------------------------------------------------------- */

_Bool
character_allowed(uint32_t code)
{
	return (code >= 0x20 && code <= 0xd7ff) || code == '\t' || code == '\n' || code == '\r' ||
	    (code >= 0xe000 && code <= 0xfffd) || (code >= 0x10000 && code <= 0x10ffff);
}

size_t
character_read(const char *p, const char *end, uint32_t *ret_code, _Bool *ret_utf8)
{
	/* windows-1252 from 0x80; 0 is undefined. What follows is as in Latin-1. */
	static const uint16_t windows[32] = { 0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020,
		0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017d, 0, 0, 0x2018, 0x2019,
		0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,
		0x017e, 0x0178 };
	static const unsigned char lead[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	size_t len = utf8_char(p, end);
	uint32_t code = (unsigned char)*p;

	*ret_utf8 = len > 0;
	if (len == 0) {
		*ret_code = code >= 0xa0 ? code : windows[code - 0x80];
		return 1;
	}
	code &= lead[len];
	for (size_t i = 1; i < len; i++)
		code = code << 6 | ((unsigned char)p[i] & 0x3f);
	*ret_code = character_allowed(code) ? code : 0;
	return len;
}

void
character_add(struct buf *out, uint32_t code)
{
	char bytes[4];
	size_t len = 0;

	if (code < 0x80) {
		bytes[len++] = (char)code;
	} else if (code < 0x800) {
		bytes[len++] = (char)(0xc0 | code >> 6);
		bytes[len++] = (char)(0x80 | (code & 0x3f));
	} else if (code < 0x10000) {
		bytes[len++] = (char)(0xe0 | code >> 12);
		bytes[len++] = (char)(0x80 | (code >> 6 & 0x3f));
		bytes[len++] = (char)(0x80 | (code & 0x3f));
	} else {
		bytes[len++] = (char)(0xf0 | code >> 18);
		bytes[len++] = (char)(0x80 | (code >> 12 & 0x3f));
		bytes[len++] = (char)(0x80 | (code >> 6 & 0x3f));
		bytes[len++] = (char)(0x80 | (code & 0x3f));
	}
	buf_add(out, bytes, len);
}

/* -- references ---------------------------------------------------------------- */

/* `p` is behind the "&#". The length up to behind the ';', 0: it is no number. */
static size_t
number_read(const char *p, const char *end, uint32_t *ret_code)
{
	const char *start = p;
	unsigned base = 10;
	uint32_t code = 0;
	size_t digits = 0;

	if (p < end && *p == 'x') {
		base = 16;
		p++;
	}
	for (; p < end; p++, digits++) {
		unsigned digit;

		if (*p >= '0' && *p <= '9')
			digit = (unsigned)(*p - '0');
		else if (base == 16 && (*p | 0x20) >= 'a' && (*p | 0x20) <= 'f')
			digit = (unsigned)((*p | 0x20) - 'a' + 10);
		else
			break;
		/* It stays above all characters once it is. */
		if (code <= 0x10ffff)
			code = code * base + digit;
	}
	if (digits == 0 || p == end || *p != ';')
		return 0;
	*ret_code = character_allowed(code) ? code : 0;
	return (size_t)(p - start) + 1;
}

static uint32_t
predefined(const char *name, size_t len)
{
	static const struct {
		const char *name;
		uint32_t code;
	} rows[] = { { "amp", '&' }, { "lt", '<' }, { "gt", '>' }, { "quot", '"' },
		{ "apos", '\'' } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (strlen(rows[i].name) == len && memcmp(rows[i].name, name, len) == 0)
			return rows[i].code;
	}
	return 0;
}

/* The alias of that name, NULL: there is none; *ret_place is where it is or belongs. */
static const struct alias *
alias_find(const struct aliases *a, const char *name, size_t len, size_t *ret_place)
{
	size_t low = 0, high = a->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct alias *row = &a->rows[mid];
		int order = strncmp(name, row->name, len);

		if (order == 0 && row->name[len] == '\0') {
			*ret_place = mid;
			return row;
		}
		if (order > 0)
			low = mid + 1;
		else
			high = mid;
	}
	*ret_place = low;
	return NULL;
}

/* Of what may stand in a name that we know: no blank, no mark of XML. */
static size_t
name_len(const char *p, const char *end)
{
	size_t len = 0;

	while (p + len < end && (unsigned char)p[len] > ' ' && strchr("&;<>\"'%=", p[len]) == NULL)
		len++;
	return len;
}

void
reference_read(struct reference *r, const char *p, const char *end, const struct aliases *a)
{
	const char *name = p + 1;
	const struct alias *alias;
	size_t len, place;

	*r = (struct reference){ REFERENCE_NONE, '&', 1 };
	if (name < end && *name == '#') {
		len = number_read(name + 1, end, &r->code);
		if (len > 0) {
			r->kind = REFERENCE_XML;
			r->len = len + 2;
		}
		return;
	}
	if (end - name > NAME_MAX_BYTES + 1)
		end = name + NAME_MAX_BYTES + 1;
	len = name_len(name, end);
	if (len == 0 || name + len == end || name[len] != ';')
		return;
	r->len = len + 2;
	r->kind = REFERENCE_XML;
	r->code = predefined(name, len);
	if (r->code != 0)
		return;
	alias = alias_find(a, name, len, &place);
	r->kind = alias != NULL ? REFERENCE_ALIAS : REFERENCE_HTML;
	r->code = alias != NULL ? alias->code : html_entity(name, len);
	if (r->code == 0)
		*r = (struct reference){ REFERENCE_NONE, '&', 1 };
}

/* -- the document type --------------------------------------------------------- */

void
alias_release(struct aliases *a)
{
	free(a->rows);
	a->rows = NULL;
	a->count = 0;
}

/* The first declaration of a name is the one that counts (XML 1.0, 4.2). */
static int
alias_add(struct aliases *a, const char *name, size_t len, uint32_t code, struct err *err)
{
	size_t place;

	if (alias_find(a, name, len, &place) != NULL || predefined(name, len) != 0)
		return 0;
	if (a->count == a->max)
		return err_set(err, EBADMSG, "its DTD declares more than %u entities", a->max);
	if (a->rows == NULL)
		a->rows = calloc(a->max, sizeof(*a->rows));
	if (a->rows == NULL)
		return err_set(err, ENOMEM, "no memory for the entities of a DTD");
	memmove(a->rows + place + 1, a->rows + place, (a->count - place) * sizeof(*a->rows));
	memset(&a->rows[place], 0, sizeof(*a->rows));
	memcpy(a->rows[place].name, name, len);
	a->rows[place].code = code;
	a->count++;
	return 0;
}

/* The one character that a declared value stands for, 0: it is not one. */
static uint32_t
value_code(const char *p, const char *end)
{
	const struct aliases none = { NULL, 0, 0 };
	struct reference r;
	uint32_t code;
	_Bool utf8;
	size_t len;

	if (p == end)
		return 0;
	if (*p != '&') {
		len = character_read(p, end, &code, &utf8);
		return p + len == end && utf8 ? code : 0;
	}
	reference_read(&r, p, end, &none);
	if (r.kind != REFERENCE_XML)
		return 0;
	p += r.len;
	/* "&#38;#60;", as XML itself declares the name of '<' (4.6). */
	if (r.code == '&' && p < end && *p == '#') {
		len = number_read(p + 1, end, &code);
		return len > 0 && p + 1 + len == end ? code : 0;
	}
	return p == end ? r.code : 0;
}

static const char *
skip_blanks(const char *p, const char *end)
{
	while (p < end && (unsigned char)*p <= ' ')
		p++;
	return p;
}

/* A whole declaration, from behind its "<!ENTITY" to before its '>'. */
static int
entity_read(struct aliases *a, const char *p, const char *end, struct err *err)
{
	const char *name = skip_blanks(p, end), *value;
	size_t len = name_len(name, end);
	uint32_t code = 0;
	int shown = 0;

	value = skip_blanks(name + len, end);
	if (value < end && (*value == '"' || *value == '\'')) {
		const char *close = scan_for(value + 1, end, *value);

		if (skip_blanks(close < end ? close + 1 : end, end) == end && close < end)
			code = value_code(value + 1, close);
	}
	if (len > 0 && len <= NAME_MAX_BYTES && code != 0)
		return alias_add(a, name, len, code, err);
	while (shown < 32 && name + shown < end && name[shown] > ' ' && name[shown] < 0x7f)
		shown++;
	return err_set(err, EBADMSG,
	    "its DTD declares the entity '%.*s', which is no single character", shown, name);
}

/* A markup declaration of the subset, from its "<!": behind its '>', NULL: it goes on. */
static const char *
declaration_end(const char *p, const char *end)
{
	while (p < end && *p != '>') {
		if (*p == '"' || *p == '\'')
			p = scan_for(p + 1, end, *p);
		if (p < end)
			p++;
	}
	return p < end ? p + 1 : NULL;
}

/* What begins with '<' in the subset: behind it, NULL: it goes on. */
static int
subset_read(struct aliases *a, const char **p, const char *end, struct err *err)
{
	static const char entity[] = "<!ENTITY";
	const size_t len = sizeof(entity) - 1;
	const char *at = *p;

	if (end - at >= 4 && memcmp(at, "<!--", 4) == 0) {
		*p = token_find(TOKEN_COMMENT, at + 4, end);
	} else if (end - at >= 2 && at[1] == '?') {
		*p = token_find(TOKEN_PI, at + 2, end);
	} else {
		*p = declaration_end(at, end);
		if (*p != NULL && (size_t)(*p - at) > len && memcmp(at, entity, len) == 0)
			return entity_read(a, at + len, *p - 1, err);
	}
	return 0;
}

int
alias_read_doctype(struct aliases *a, const char *p, const char *end, const char **ret_end,
    struct err *err)
{
	_Bool subset = 0;

	*ret_end = NULL;
	while (p != NULL && p < end) {
		if (*p == '<' && subset) {
			int rc = subset_read(a, &p, end, err);

			if (rc < 0)
				return rc;
			continue;
		}
		if (*p == '>' && !subset) {
			*ret_end = p + 1;
			return 0;
		}
		if ((*p == '"' || *p == '\'') && !subset)
			p = scan_for(p + 1, end, *p);
		else if (*p == '[' || *p == ']')
			subset = *p == '[';
		if (p < end)
			p++;
	}
	return 0;
}
