#include "playlist/m3u_attr.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/list.h"
#include "playlist/m3u.h"
#include "playlist/m3u_text.h"

struct scan {
	char *p;               /* what comes next */
	char *tail;            /* behind the last attribute */
	const char *last_open; /* the line's last quote that opens a value; NULL: none */
	_Bool no_single;       /* no ' ahead ends a value */
	struct m3u_attrs *attrs;
};

static inline _Bool
is_key_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	    c == '-' || c == '_' || c == '.' || c == ':';
}

static char *
skip_blanks(char *p)
{
	return p + strspn(p, " ");
}

/*
 * The key of the attribute whose value the quote at `quote` opens; NULL if it
 * opens none. `start` is where the line, or what is left of it, starts.
 */
static char *
key_before(char *start, char *quote)
{
	char *p = quote, *end;

	while (p > start && p[-1] == ' ')
		p--;
	if (p == start || p[-1] != '=')
		return NULL;
	for (p--; p > start && p[-1] == ' '; p--)
		;
	end = p;
	while (p > start && is_key_char(p[-1]))
		p--;
	if (p == end)
		return NULL;
	/* A NUL is where an attribute before it was cut off. */
	return p == start || strchr(" ,\"", p[-1]) != NULL ? p : NULL;
}

/* An attribute (key=) stands at p. */
static _Bool
key_at(char *p)
{
	char *end = p;

	while (is_key_char(*end))
		end++;
	return end > p && *skip_blanks(end) == '=';
}

/* A quoted attribute (key=") stands at p. */
static _Bool
quoted_key_at(char *p)
{
	char *end = p;

	while (is_key_char(*end))
		end++;
	if (end == p)
		return 0;
	end = skip_blanks(end);
	return *end == '=' && *skip_blanks(end + 1) == '"';
}

/* The quote at `quote` ends the value that starts at `value`. */
static _Bool
quote_ends(const struct scan *s, char *value, char *quote)
{
	char *after = skip_blanks(quote + 1), *next;

	if (*after == '\0' || key_at(after))
		return 1;
	if (*after == ',')
		return quoted_key_at(skip_blanks(after + 1)) || s->last_open == NULL ||
		    s->last_open <= quote;
	next = strchr(after, '"');
	return next == NULL || key_before(value, next) != NULL;
}

/* The end of a "value"; moves on to what follows it. */
static char *
quoted_value(struct scan *s, char *value)
{
	char *key, *comma;

	for (char *q = value; (q = strchr(q, '"')) != NULL; q++) {
		if (quote_ends(s, value, q)) {
			s->p = q + 1;
			return q;
		}
		key = key_before(value, q);
		if (key != NULL && key > value) {
			s->p = key;
			return key - 1;
		}
	}
	comma = strrchr(value, ',');
	s->p = comma != NULL ? comma : value + strlen(value);
	return s->p;
}

/* The end of a 'value'; NULL: nothing closes it. */
static char *
single_quoted_value(struct scan *s, char *value)
{
	if (s->no_single)
		return NULL;
	for (char *q = value; (q = strchr(q, '\'')) != NULL; q++) {
		if (q[1] == '\0' || q[1] == ' ' || q[1] == ',') {
			s->p = q + 1;
			return q;
		}
	}
	s->no_single = 1;
	return NULL;
}

/* Reads the value that starts behind the = at `equals`. *ret_end is where to cut it. */
static char *
read_value(struct scan *s, char *equals, char **ret_end)
{
	char *value = skip_blanks(equals + 1);

	if (*value == '"') {
		*ret_end = quoted_value(s, value + 1);
		return value + 1;
	}
	if (*value == '\'') {
		*ret_end = single_quoted_value(s, value + 1);
		if (*ret_end != NULL)
			return value + 1;
	}
	/* Bare values are not set off by blanks: "a= b=1" is two attributes. */
	value = equals + 1;
	s->p = value + strcspn(value, " ,");
	*ret_end = s->p;
	return value;
}

static void
add_attr(struct m3u_attrs *attrs, char *key, char *value)
{
	if (attrs->count == attrs->max) {
		attrs->dropped++;
		return;
	}
	attrs->list[attrs->count++] = (struct m3u_attr){ .name = key, .value = m3u_trim(value) };
}

/*
 * Reads the attribute or the stray word at s->p. Returns the byte that ended it
 * and moves behind that byte: it may have been cut off.
 */
static char
read_attr(struct scan *s)
{
	char *key = s->p, *key_end = key + strcspn(key, " ,=\""), *value, *end, ender;
	char *equals = skip_blanks(key_end);

	if (*equals != '=' || key_end == key) {
		s->p = key_end + (*key_end == '=' || *key_end == '"');
		ender = *s->p;
	} else {
		value = read_value(s, equals, &end);
		ender = *s->p;
		*key_end = '\0';
		*end = '\0';
		add_attr(s->attrs, key, value);
		s->tail = s->p;
	}
	if (ender == ' ' || ender == ',')
		s->p++;
	return ender;
}

/* Reads attributes up to the comma before the name. Returns what is behind it; NULL: no comma. */
static char *
read_attrs(struct scan *s)
{
	char ender = ' ';

	while (ender != '\0') {
		if (ender != ',')
			s->p = skip_blanks(s->p);
		if (ender != ',' && *s->p == ',') {
			s->p++;
			ender = ',';
		}
		/* "-1, tvg-id="x",Name": a comma that separates. */
		if (ender == ',' && !quoted_key_at(skip_blanks(s->p)))
			return s->p;
		s->p = skip_blanks(s->p);
		ender = *s->p == '\0' ? '\0' : read_attr(s);
	}
	return NULL;
}

static void
scan_init(struct scan *s, char *text, struct m3u_attrs *attrs)
{
	char *q = text + strlen(text);

	attrs->count = 0;
	attrs->dropped = 0;
	do
		q = memrchr(text, '"', (size_t)(q - text));
	while (q != NULL && key_before(text, q) == NULL);
	*s = (struct scan){ .p = text, .tail = text, .last_open = q, .attrs = attrs };
}

void
m3u_attr_header(char *text, struct m3u_attrs *attrs)
{
	struct scan s;

	scan_init(&s, text, attrs);
	while (read_attrs(&s) != NULL)
		;
}

void
m3u_attr_extinf(char *text, struct m3u_attrs *attrs, struct m3u_extinf *ret)
{
	char *name;
	struct scan s;
	size_t n;

	text = skip_blanks(text);
	n = strspn(text, "+-0123456789.");
	snprintf(ret->duration, sizeof(ret->duration), "%.*s", (int)n, text);
	scan_init(&s, text + n, attrs);
	name = read_attrs(&s);
	ret->name = m3u_trim(name != NULL ? name : s.tail);
}

static _Bool
is_true(const char *value)
{
	return strcasecmp(value, "true") == 0 || strcasecmp(value, "yes") == 0 ||
	    strcmp(value, "1") == 0;
}

void
m3u_attr_meanings(const struct m3u_attrs *attrs, struct m3u_entry *e)
{
	/* What is a number, best first. */
	const char *chno[4] = { "", "", "", "" }, *radio = "";
	const struct {
		const char *name;
		size_t len;
		const char **place;
	} rows[] = {
		{ "tvg-id", 6, &e->tvg_id },
		{ "tvg-name", 8, &e->tvg_name },
		{ "tvg-logo", 8, &e->tvg_logo },
		{ "tvg-chno", 8, &chno[0] },
		{ "group-title", 11, &e->group },
		{ "channel-number", 14, &chno[1] },
		{ "ch-number", 9, &chno[2] },
		{ "channel-id", 10, &chno[3] },
		{ "radio", 5, &radio },
	};

	for (size_t i = 0; i < attrs->count; i++) {
		const struct m3u_attr *attr = &attrs->list[i];
		size_t len = strlen(attr->name);

		for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
			if (len == rows[k].len && (*rows[k].place)[0] == '\0' &&
			    strcasecmp(attr->name, rows[k].name) == 0)
				*rows[k].place = attr->value;
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(chno) && e->chno[0] == '\0'; i++)
		e->chno = chno[i];
	e->radio = is_true(radio);
}
