#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/list.h"
#include "epg/madeup_parts.h"

/* -- forms ---------------------------------------------------------------------- */

/*
 * How dates and times are written, the longer before what they begin with. Capitals are
 * fields, blanks are blanks or nothing, all else is itself without regard to case:
 *
 *	Y J     year of 4 digits; of 2
 *	M D     month, day: one or two digits
 *	E F     day, month: two digits
 *	A B     those in either order
 *	N       a month's name
 *	H I S   hour of one or two digits; minute and second of two
 *	P       am, pm, a.m., p.m.
 */
static const char *const date_forms[] = {
	"Y-M-D",
	"Y/M/D",
	"Y.M.D",
	"D.M.Y",
	"D.M.J",
	"D.M.",
	"E.F",
	"D-M-Y",
	"D-N-Y",
	"A/B/Y",
	"A/B/J",
	"A/B",
	"D N Y",
	"D. N Y",
	"Dst N",
	"Dnd N",
	"Drd N",
	"Dth N",
	"D. N",
	"D N",
	"N D, Y",
	"N D Y",
	"N Dst",
	"N Dnd",
	"N Drd",
	"N Dth",
	"N D",
};
static const char *const time_forms[] = {
	"H:I:S P",
	"H:I:S",
	"H:I P",
	"H:I uhr",
	"H:I",
	"H.I P",
	"H.I uhr",
	"H P",
	"H uhr",
	"HhI",
};

static const struct {
	const char *name;
	unsigned month;
} months[] = {
	{ "jan", 1 },
	{ "january", 1 },
	{ "januar", 1 },
	{ "janvier", 1 },
	{ "feb", 2 },
	{ "february", 2 },
	{ "februar", 2 },
	{ "mar", 3 },
	{ "march", 3 },
	{ "mars", 3 },
	{ "m\xc3\xa4rz", 3 },
	{ "apr", 4 },
	{ "april", 4 },
	{ "avril", 4 },
	{ "may", 5 },
	{ "mai", 5 },
	{ "mayo", 5 },
	{ "jun", 6 },
	{ "june", 6 },
	{ "juni", 6 },
	{ "juin", 6 },
	{ "jul", 7 },
	{ "july", 7 },
	{ "juli", 7 },
	{ "juillet", 7 },
	{ "aug", 8 },
	{ "august", 8 },
	{ "ao\xc3\xbbt", 8 },
	{ "sep", 9 },
	{ "sept", 9 },
	{ "september", 9 },
	{ "septembre", 9 },
	{ "oct", 10 },
	{ "okt", 10 },
	{ "october", 10 },
	{ "oktober", 10 },
	{ "octobre", 10 },
	{ "nov", 11 },
	{ "november", 11 },
	{ "novembre", 11 },
	{ "dec", 12 },
	{ "dez", 12 },
	{ "december", 12 },
	{ "dezember", 12 },
};

static const struct {
	const char *name;
	int weekday;
} weekdays[] = {
	{ "sun", 0 },
	{ "sunday", 0 },
	{ "mon", 1 },
	{ "monday", 1 },
	{ "tue", 2 },
	{ "tues", 2 },
	{ "tuesday", 2 },
	{ "wed", 3 },
	{ "wednesday", 3 },
	{ "thu", 4 },
	{ "thur", 4 },
	{ "thurs", 4 },
	{ "thursday", 4 },
	{ "fri", 5 },
	{ "friday", 5 },
	{ "sat", 6 },
	{ "saturday", 6 },
};

/* How many digits begin the text, of `min` to `max` that all are; 0: not so many. */
static size_t
digits(const char *p, size_t min, size_t max, unsigned *value)
{
	size_t n = strspn(p, "0123456789");

	*value = 0;
	if (n < min || n > max)
		return 0;
	for (size_t i = 0; i < n; i++)
		*value = *value * 10 + (unsigned)(p[i] - '0');
	return n;
}

size_t
madeup_word_len(const char *p)
{
	size_t n = 0;

	while (madeup_is_word(p[n]) && !isdigit((unsigned char)p[n]))
		n++;
	return n;
}

static size_t
month_name(const char *p, unsigned *month)
{
	size_t len = madeup_word_len(p);

	for (size_t i = 0; i < ARRAY_LEN(months); i++) {
		if (strlen(months[i].name) == len && strncasecmp(months[i].name, p, len) == 0) {
			*month = months[i].month;
			return len;
		}
	}
	return 0;
}

static size_t
half_name(const char *p, enum madeup_half *half)
{
	const char *from = p;

	*half = (*p | 0x20) == 'p' ? MADEUP_PM : MADEUP_AM;
	if ((*p | 0x20) != 'a' && (*p | 0x20) != 'p')
		return 0;
	p += p[1] == '.' ? 2 : 1;
	if ((*p | 0x20) != 'm')
		return 0;
	p += p[1] == '.' ? 2 : 1;
	return (size_t)(p - from);
}

/* Reads what the field stands for; returns how many bytes, 0: it is not there. */
static size_t
read_field(char field, const char *p, struct madeup_moment *m)
{
	size_t n;

	switch (field) {
	case 'Y': return digits(p, 4, 4, &m->date.year);
	case 'J':
		n = digits(p, 2, 2, &m->date.year);
		m->date.year += 2000;
		return n;
	case 'A': m->date.unordered = 1; return digits(p, 1, 2, &m->date.a);
	case 'M': return digits(p, 1, 2, &m->date.a);
	case 'F': return digits(p, 2, 2, &m->date.a);
	case 'E': return digits(p, 2, 2, &m->date.b);
	case 'B':
	case 'D': return digits(p, 1, 2, &m->date.b);
	case 'N': return month_name(p, &m->date.a);
	case 'H': return digits(p, 1, 2, &m->time.hour);
	case 'I': return digits(p, 2, 2, &m->time.minute);
	case 'S': return digits(p, 2, 2, &m->time.second);
	case 'P': return half_name(p, &m->time.half);
	default: return (char)tolower((unsigned char)*p) == field;
	}
}

/* The bytes that the form takes of the text; 0: it does not match, and *m is as it was. */
static size_t
match_form(const char *form, const char *text, struct madeup_moment *m)
{
	struct madeup_moment got = *m;
	const char *p = text;

	for (; *form != '\0'; form++) {
		size_t n;

		if (*form == ' ') {
			p += strspn(p, " ");
			continue;
		}
		n = read_field(*form, p, &got);
		if (n == 0)
			return 0;
		p += n;
	}
	*m = got;
	return (size_t)(p - text);
}

/* -- what may stand where ------------------------------------------------------- */

/* A number may begin here: behind no letter or digit, and not inside of "1.2:3". */
_Bool
madeup_may_begin(const char *name, const char *p)
{
	if (p == name)
		return 1;
	if (p[-1] == 'T')
		return p - name > 1 && isdigit((unsigned char)p[-2]);
	if (strchr(".:,/+", p[-1]) != NULL)
		return p - name < 2 || !isdigit((unsigned char)p[-2]);
	return !madeup_is_word(p[-1]);
}

/* What was read ends here, at text; it is no part of "1.2:3" or of a word. */
static _Bool
may_end(const char *p)
{
	if (strchr(".:/", *p) != NULL && *p != '\0')
		return !isdigit((unsigned char)p[1]);
	return !madeup_is_word(*p) || (*p == 'T' && isdigit((unsigned char)p[1]));
}

static _Bool
is_sane_date(const struct madeup_date *d)
{
	unsigned less = d->a < d->b ? d->a : d->b, more = d->a < d->b ? d->b : d->a;

	/* "24/7" is no day. */
	if (d->unordered && d->year == 0 && less == 7 && more == 24)
		return 0;
	return less >= 1 && more <= 31 && (d->unordered ? less <= 12 : d->a <= 12);
}

size_t
madeup_date_at(const char *p, struct madeup_moment *m)
{
	for (size_t i = 0; i < ARRAY_LEN(date_forms); i++) {
		struct madeup_moment got = { .date = { .known = 1 } };
		size_t n = match_form(date_forms[i], p, &got);

		if (n > 0 && may_end(p + n) && is_sane_date(&got.date)) {
			m->date = got.date;
			return n + (p[n] == 'T'); /* ISO 8601's, before a time */
		}
	}
	return 0;
}

/* "UTC+2", "GMT-5:30": what stands behind the name. */
static size_t
read_offset(const char *p, int32_t *minutes)
{
	unsigned hours, rest = 0;
	size_t n, more;

	if (*p != '+' && *p != '-')
		return 0;
	n = digits(p + 1, 1, 2, &hours);
	if (n == 0 || hours > 14)
		return 0;
	n++;
	more = p[n] == ':' ? digits(p + n + 1, 2, 2, &rest) : 0;
	*minutes = (int32_t)(hours * 60 + rest) * (*p == '-' ? -1 : 1);
	return more > 0 ? n + 1 + more : n;
}

/* A zone behind a time, perhaps in brackets. */
static size_t
read_zone(const char *p, struct madeup_moment *m)
{
	size_t n = strspn(p, " "), open = strspn(p + n, "(["), more;
	const struct madeup_zone *zone = madeup_zone_at(p + n + open);

	if (zone == NULL || open > 1)
		return 0;
	m->zone = zone;
	n += open + strlen(zone->name);
	more = zone->offset == 0 ? read_offset(p + n, &m->offset) : 0;
	n += more;
	return open == 0 ? n : n + (p[n] == ')' || p[n] == ']');
}

size_t
madeup_time_at(const char *p, struct madeup_moment *m)
{
	for (size_t i = 0; i < ARRAY_LEN(time_forms); i++) {
		struct madeup_moment got = { .time = { .known = 1 } };
		size_t n = match_form(time_forms[i], p, &got), zone;

		if (n == 0 || got.time.hour > 23 || got.time.minute > 59 || got.time.second > 59)
			continue;
		zone = read_zone(p + n, &got);
		if (zone == 0 && !may_end(p + n))
			continue;
		m->time = got.time;
		m->zone = got.zone;
		m->offset = got.offset;
		return n + zone;
	}
	return 0;
}

size_t
madeup_weekday_at(const char *p, int *weekday)
{
	size_t len = madeup_word_len(p);

	for (size_t i = 0; i < ARRAY_LEN(weekdays); i++) {
		if (strlen(weekdays[i].name) == len && strncasecmp(weekdays[i].name, p, len) == 0) {
			*weekday = weekdays[i].weekday;
			return len;
		}
	}
	return 0;
}
