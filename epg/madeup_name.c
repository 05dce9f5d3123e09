#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/list.h"
#include "epg/madeup_parts.h"

/* Stand before a time and go with it. */
static const char *const heralds[] = { "@", "at", "start:", "stop:", "end:" };

/* -- words of a name ------------------------------------------------------------- */

/* Parts of the name that are no title. */
#define SPANS_MAX 16

struct span {
	size_t at, end;
};

struct reading {
	const char *name;
	struct span spans[SPANS_MAX];
	size_t count;
	struct madeup_words *words;
	int weekday; /* that stands at `weekday_span`; -1: none */
	struct span weekday_span;
};

/* Whether nothing but what separates words stands there. */
static _Bool
is_between(const char *p, size_t len)
{
	return strspn(p, " ,.-|(@") >= len;
}

/* A weekday that stands before it goes with it. */
static void
add_span(struct reading *r, size_t at, size_t len)
{
	const struct span *day = &r->weekday_span;

	if (day->end > 0 && day->end <= at && is_between(r->name + day->end, at - day->end) &&
	    r->words->weekday < 0 && r->count < SPANS_MAX) {
		r->words->weekday = r->weekday;
		r->spans[r->count++] = *day;
	}
	if (r->count < SPANS_MAX)
		r->spans[r->count++] = (struct span){ at, at + len };
}

/* Or behind it, at the name's end. */
static void
add_last_weekday(struct reading *r)
{
	const struct span *day = &r->weekday_span;
	size_t before = r->count == 0 ? 0 : r->spans[r->count - 1].end;

	if (r->words->weekday >= 0 || r->count == 0 || r->count == SPANS_MAX || day->at < before ||
	    !is_between(r->name + before, day->at - before) ||
	    r->name[day->end + strspn(r->name + day->end, " )]")] != '\0')
		return;
	r->words->weekday = r->weekday;
	r->spans[r->count++] = *day;
}

/* Nothing but a hyphen or the like stands between, or a word for it. */
static _Bool
is_range(const char *p, size_t len)
{
	static const char *const words[] = { "-", "~", "\xe2\x80\x93", "\xe2\x80\x94", "to",
		"until", "bis" };

	while (len > 0 && *p == ' ') {
		p++;
		len--;
	}
	while (len > 0 && p[len - 1] == ' ')
		len--;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (strlen(words[i]) == len && strncasecmp(words[i], p, len) == 0)
			return 1;
	}
	return 0;
}

/*
 * The first time is the beginning's; the next is the end's if it is behind a hyphen or a date.
 * Returns where what was read begins: with the hyphen.
 */
static size_t
take_time(struct reading *r, const struct madeup_moment *m, size_t at)
{
	struct madeup_moment *begin = &r->words->begin, *end = &r->words->end, *to = begin;
	size_t before = r->count == 0 ? 0 : r->spans[r->count - 1].end;

	if (begin->time.known) {
		_Bool range = is_range(r->name + before, at - before);

		if (end->time.known || (!range && !end->date.known))
			return at;
		at = range ? before : at;
		to = end;
	}
	to->time = m->time;
	to->zone = m->zone;
	to->offset = m->offset;
	return at;
}

static void
take_date(struct reading *r, const struct madeup_moment *m)
{
	if (!r->words->begin.date.known)
		r->words->begin.date = m->date;
	else if (r->words->begin.time.known && !r->words->end.date.known)
		r->words->end.date = m->date;
}

/* Reads what begins at p; returns how many bytes to go on, at least one. */
static size_t
read_word(struct reading *r, const char *p)
{
	struct madeup_moment m = { .zone = NULL };
	size_t at = (size_t)(p - r->name), n;

	if (!madeup_may_begin(r->name, p))
		return 1;
	n = madeup_date_at(p, &m);
	if (n > 0) {
		take_date(r, &m);
		add_span(r, at, n);
		return n;
	}
	n = madeup_time_at(p, &m);
	if (n > 0) {
		size_t from = take_time(r, &m, at);

		add_span(r, from, at + n - from);
		return n;
	}
	n = madeup_weekday_at(p, &r->weekday);
	if (n > 0)
		r->weekday_span = (struct span){ at, at + n };
	n += madeup_word_len(p + n);
	return n > 0 ? n : 1;
}

/* -- the title --------------------------------------------------------------------- */

/* What a title does not begin or end with. */
static const char *const edges[] = { " ", ",", ".", ";", ":", "-", "|", "/", "@", "~", "_",
	"\xe2\x80\x93", "\xe2\x80\x94", "\xe2\x80\xa2" };

/* Bytes of the edge that begins (or with `back` ends) the text; 0: none does. */
static size_t
edge_len(const char *p, size_t len, _Bool back)
{
	for (size_t i = 0; i < ARRAY_LEN(edges); i++) {
		size_t n = strlen(edges[i]);

		if (n <= len && memcmp(back ? p + len - n : p, edges[i], n) == 0)
			return n;
	}
	return len > 0 && strchr(back ? "([" : ")]", back ? p[len - 1] : *p) != NULL;
}

/* The strongest of what was cut off: '|' before ':' before '-' before a blank. */
static void
see_edge(const char *p, size_t len, char *strongest)
{
	static const char order[] = "|:-";
	const char *now = strchr(order, *strongest), *new = len == 1 ? strchr(order, *p) : NULL;

	if (new != NULL &&*new != '\0' && (*strongest == '\0' || new < now))
		*strongest = *new;
}

/* Adds a piece of the title, and before it what separates it from the one before. */
static void
add_piece(struct buf *title, const char *p, size_t len, char *between)
{
	char after = '\0';
	size_t n;

	while ((n = edge_len(p, len, 0)) > 0) {
		see_edge(p, n, between);
		p += n;
		len -= n;
	}
	while ((n = edge_len(p, len, 1)) > 0) {
		see_edge(p + len - n, n, &after);
		len -= n;
	}
	if (len == 0)
		return;
	if (title->len > 0 && *between == ':')
		buf_str(title, ": ");
	else if (title->len > 0 && *between != '\0')
		buf_printf(title, " %c ", *between);
	else if (title->len > 0)
		buf_char(title, ' ');
	buf_add(title, p, len);
	*between = after;
}

/* Where a span begins with the words that go with it: "A v B at 9pm". */
static size_t
begin_with_herald(const char *name, size_t from, size_t at)
{
	size_t end = at;

	while (end > from && name[end - 1] == ' ')
		end--;
	for (size_t i = 0; i < ARRAY_LEN(heralds); i++) {
		size_t len = strlen(heralds[i]);

		if (end - from >= len && strncasecmp(name + end - len, heralds[i], len) == 0 &&
		    (end - from == len || !madeup_is_word(name[end - len - 1]) ||
			!madeup_is_word(heralds[i][0])))
			return end - len;
	}
	return at;
}

static void
write_title(const struct reading *r, struct buf *title)
{
	size_t from = 0;
	char between = '\0';

	for (size_t i = 0; i < r->count; i++) {
		size_t to = begin_with_herald(r->name, from, r->spans[i].at);

		add_piece(title, r->name + from, to - from, &between);
		from = r->spans[i].end;
	}
	add_piece(title, r->name + from, strlen(r->name + from), &between);
	if (title->len == 0)
		buf_str(title, r->name);
}

_Bool
madeup_read(const char *name, struct madeup_words *ret, struct buf *title)
{
	struct reading r = { .name = name, .words = ret, .weekday = -1 };

	*ret = (struct madeup_words){ .weekday = -1 };
	for (const char *p = name; *p != '\0';)
		p += read_word(&r, p);
	add_last_weekday(&r);
	if (!ret->begin.time.known)
		return 0;
	write_title(&r, title);
	return 1;
}
