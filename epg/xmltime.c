#include "epg/xmltime.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/list.h"

#define DAY        86400
#define YEAR_FIRST 1970
#define YEAR_END   2106
#define TIME_END   INT64_C(4291747200) /* 2106-01-01 */
#define OFFSET_MAX (14 * 60)           /* minutes; the Line Islands' */

/* A text that is being read. */
struct cursor {
	const char *p, *end;
};

/* Days since 1970 of a date of the Gregorian calendar. */
static int64_t
days_since_1970(unsigned year, unsigned month, unsigned day)
{
	/* Years that begin in March have their leap day at the end. */
	unsigned y = month <= 2 ? year - 1 : year, m = (month + 9) % 12;

	return (int64_t)365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static unsigned
days_of_month(unsigned year, unsigned month)
{
	static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
		return 29;
	return days[month - 1];
}

/* -- the process's zone ------------------------------------------------------ */

#define ZONE_DIR "/usr/share/zoneinfo/"

/* What local time is ahead of UTC on a day all of which has one offset; else `mixed`. */
struct zone_day {
	int32_t day;
	int32_t offset;
	_Bool known, mixed;
};
static struct zone_day zone_days[64]; /* by the day's number; guides are about few weeks */

int
xmltime_set_zone(const char *name, struct err *err)
{
	char path[128] = ZONE_DIR, magic[4] = "";
	int fd;

	if (strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/") !=
		strlen(name) ||
	    name[0] == '\0' || name[0] == '/' || strlen(name) >= sizeof(path) - strlen(path))
		return err_set(err, EINVAL, "'%.60s' is no time zone's name", name);
	memset(zone_days, 0, sizeof(zone_days));
	memcpy(path + strlen(path), name, strlen(name) + 1);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1 || read(fd, magic, sizeof(magic)) != sizeof(magic) ||
	    memcmp(magic, "TZif", sizeof(magic)) != 0) {
		if (fd != -1)
			(void)close(fd);
		/* This one needs no file. */
		if (strcmp(name, "UTC") != 0)
			return err_set(err, EINVAL,
			    "there is no time zone '%s' here (Debian package tzdata)", name);
		fd = -1;
	}
	if (fd != -1)
		(void)close(fd);
	if (setenv("TZ", name, 1) == -1)
		return err_sys(err, "cannot set the time zone");
	tzset();
	return 0;
}

static int32_t
zone_offset(int64_t when)
{
	time_t t = (time_t)when;
	struct tm tm;

	return localtime_r(&t, &tm) == NULL ? 0 : (int32_t)tm.tm_gmtoff;
}

/* Seconds since 1970 of what the zone's clocks show, which is given as if it were UTC. */
static int64_t
zone_to_utc(int64_t shown)
{
	int32_t day = (int32_t)(shown / DAY), before, after;
	struct zone_day *known = &zone_days[(uint32_t)day % ARRAY_LEN(zone_days)];

	if (!known->known || known->day != day) {
		/* Clocks differ from UTC by less than a day. */
		before = zone_offset((int64_t)(day - 1) * DAY);
		after = zone_offset((int64_t)(day + 2) * DAY);
		*known = (struct zone_day){ day, before, 1, before != after };
	}
	if (!known->mixed)
		return shown - known->offset;
	before = zone_offset(shown - DAY);
	after = zone_offset(shown + DAY);
	/* Of two instants the first is the one of the offset that comes first. */
	if (zone_offset(shown - before) == before || zone_offset(shown - after) != after)
		return shown - before;
	return shown - after;
}

/* -- offsets ----------------------------------------------------------------- */

/* Those that guides are seen with; minutes. CST is America's and IST India's: nothing tells. */
static const struct {
	char name[5];
	int16_t offset;
} zones[] = {
	{ "UTC", 0 },
	{ "GMT", 0 },
	{ "Z", 0 },
	{ "UT", 0 },
	{ "WET", 0 },
	{ "BST", 60 },
	{ "IST", 330 },
	{ "WEST", 60 },
	{ "CET", 60 },
	{ "MET", 60 },
	{ "CEST", 120 },
	{ "MEST", 120 },
	{ "EET", 120 },
	{ "EEST", 180 },
	{ "SAST", 120 },
	{ "MSK", 180 },
	{ "NST", -210 },
	{ "NDT", -150 },
	{ "AST", -240 },
	{ "ADT", -180 },
	{ "EST", -300 },
	{ "EDT", -240 },
	{ "CST", -360 },
	{ "CDT", -300 },
	{ "MST", -420 },
	{ "MDT", -360 },
	{ "PST", -480 },
	{ "PDT", -420 },
	{ "AKST", -540 },
	{ "AKDT", -480 },
	{ "HST", -600 },
	{ "HKT", 480 },
	{ "SGT", 480 },
	{ "AWST", 480 },
	{ "JST", 540 },
	{ "KST", 540 },
	{ "ACST", 570 },
	{ "ACDT", 630 },
	{ "AEST", 600 },
	{ "AEDT", 660 },
	{ "NZST", 720 },
	{ "NZDT", 780 },
};

static _Bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static _Bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void
skip_blanks(struct cursor *c)
{
	while (c->p < c->end && is_blank(*c->p))
		c->p++;
}

/* As many digits as there are, up to `max`; how many in *count. */
static unsigned
read_digits(struct cursor *c, unsigned max, unsigned *count)
{
	unsigned n = 0, value = 0;

	for (; n < max && c->p < c->end && is_digit(*c->p); n++)
		value = value * 10 + (unsigned)(*c->p++ - '0');
	*count = n;
	return value;
}

static _Bool
at_sign(const struct cursor *c)
{
	return c->p < c->end && (*c->p == '+' || *c->p == '-');
}

/* The sign stands at the cursor: +0100 +01:00 +01 +1 +130. */
static int
read_signed(struct cursor *c, int *minutes)
{
	int sign = *c->p++ == '-' ? -1 : 1;
	unsigned count, value = read_digits(c, 4, &count), hours = value, rest = 0;

	if (count == 0)
		return -EINVAL;
	if (count > 2) {
		hours = value / 100;
		rest = value % 100;
	} else if (c->p < c->end && *c->p == ':') {
		c->p++;
		rest = read_digits(c, 2, &count);
		if (count != 2)
			return -EINVAL;
	}
	if (rest > 59 || hours * 60 + rest > OFFSET_MAX)
		return -EINVAL;
	*minutes = sign * (int)(hours * 60 + rest);
	return 0;
}

static int
read_name(struct cursor *c, int *minutes)
{
	const char *from = c->p;
	size_t len;

	while (c->p < c->end && ((*c->p | 0x20) >= 'a' && (*c->p | 0x20) <= 'z'))
		c->p++;
	len = (size_t)(c->p - from);
	for (size_t i = 0; i < ARRAY_LEN(zones); i++) {
		if (strnlen(zones[i].name, sizeof(zones[i].name)) == len &&
		    strncasecmp(zones[i].name, from, len) == 0) {
			*minutes = zones[i].offset;
			return 0;
		}
	}
	return -EINVAL;
}

/* What stands behind the time, which is not nothing: "+0100" "BST" "UTC+1" "+0000 UTC". */
static int
read_offset(struct cursor *c, int *minutes)
{
	int named;

	if (!at_sign(c)) {
		if (read_name(c, minutes) < 0)
			return -EINVAL;
		skip_blanks(c);
		if (*minutes == 0 && at_sign(c) && read_signed(c, minutes) < 0)
			return -EINVAL;
	} else {
		if (read_signed(c, minutes) < 0)
			return -EINVAL;
		skip_blanks(c);
		if (c->p < c->end && read_name(c, &named) < 0)
			return -EINVAL;
	}
	return c->p == c->end ? 0 : -EINVAL;
}

/* -- times ------------------------------------------------------------------- */

enum { YEAR, MONTH, MDAY, HOUR, MINUTE, SECOND, FIELDS };

/*
 * The fields as far as they go, with what ISO 8601 puts between them or without. A
 * fraction of a second is read over.
 */
static int
read_fields(struct cursor *c, unsigned fields[FIELDS])
{
	static const char between[FIELDS] = { '\0', '-', '-', 'T', ':', ':' };
	_Bool spaced;
	unsigned count, i;

	fields[YEAR] = read_digits(c, 4, &count);
	if (count != 4)
		return -EINVAL;
	spaced = c->end - c->p > 3 && c->p[0] == '-' && c->p[3] == '-';
	for (i = MONTH; i < FIELDS && c->p < c->end; i++) {
		/* A blank, which is never the last, does for the T where digits follow. */
		_Bool begins_clock = i == HOUR &&
		    (*c->p == 'T' || (is_blank(*c->p) && is_digit(c->p[1])));

		if (begins_clock || (spaced && *c->p == between[i]))
			c->p++;
		else if (spaced || !is_digit(*c->p))
			break;
		fields[i] = read_digits(c, 2, &count);
		if (count != 2)
			return -EINVAL;
	}
	if (i == FIELDS && c->p < c->end && *c->p == '.') {
		c->p++;
		(void)read_digits(c, 9, &count);
	}
	return c->p < c->end && is_digit(*c->p) ? -EINVAL : 0;
}

/* The fields as if they were UTC. -EINVAL: there is no such time. */
static int
fields_to_utc(const unsigned f[FIELDS], int64_t *ret)
{
	_Bool midnight = f[HOUR] == 24 && f[MINUTE] == 0 && f[SECOND] == 0;

	if (f[YEAR] < YEAR_FIRST || f[YEAR] >= YEAR_END || f[MONTH] < 1 || f[MONTH] > 12 ||
	    f[MDAY] < 1 || f[MDAY] > days_of_month(f[YEAR], f[MONTH]))
		return -EINVAL;
	if ((f[HOUR] > 23 && !midnight) || f[MINUTE] > 59 || f[SECOND] > 60)
		return -EINVAL;
	*ret = days_since_1970(f[YEAR], f[MONTH], f[MDAY]) * DAY + f[HOUR] * 3600 + f[MINUTE] * 60 +
	    f[SECOND];
	return 0;
}

int
xmltime_parse(const char *text, size_t len, const struct xmltime_rules *rules, int64_t *ret)
{
	unsigned fields[FIELDS] = { 0, 1, 1, 0, 0, 0 };
	struct cursor c = { text, text + len };
	_Bool has_offset, local;
	int64_t when;
	int minutes = 0;

	skip_blanks(&c);
	while (c.end > c.p && is_blank(c.end[-1]))
		c.end--;
	if (read_fields(&c, fields) < 0 || fields_to_utc(fields, &when) < 0)
		return -EINVAL;
	skip_blanks(&c);
	has_offset = c.p < c.end;
	/* Also when it is not used: behind a time stands an offset, or it is no time. */
	if (has_offset && read_offset(&c, &minutes) < 0)
		return -EINVAL;
	local = rules->zoned && (!has_offset || rules->ignore_offsets);
	if (local)
		when = zone_to_utc(when);
	else if (has_offset && !rules->ignore_offsets)
		when -= minutes * 60;
	if (when < 0 || when >= TIME_END)
		return -EINVAL;
	*ret = when;
	return local;
}

int64_t
xmltime_again(int64_t when)
{
	int64_t shown = when + zone_offset(when);
	int32_t after = zone_offset(shown + DAY);
	int64_t again = shown - after;

	return again > when && zone_offset(again) == after ? again : when;
}

static void
put_two(char *out, unsigned value)
{
	out[0] = (char)('0' + value / 10 % 10);
	out[1] = (char)('0' + value % 10);
}

void
xmltime_format(int64_t when, char out[XMLTIME_SIZE])
{
	int64_t clamped = when < 0 ? 0 : when >= TIME_END ? TIME_END - 1 : when;
	unsigned days = (unsigned)(clamped / DAY), second = (unsigned)(clamped % DAY);
	/* From 0000-03-01, as in days_since_1970, and within an era of 400 years. */
	unsigned era = (days + 719468) / 146097, in_era = (days + 719468) % 146097;
	unsigned y = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
	unsigned in_year = in_era - (365 * y + y / 4 - y / 100), m = (5 * in_year + 2) / 153;
	unsigned month = m < 10 ? m + 3 : m - 9, year = era * 400 + y + (month <= 2);

	put_two(out, year / 100);
	put_two(out + 2, year);
	put_two(out + 4, month);
	put_two(out + 6, in_year - (153 * m + 2) / 5 + 1);
	put_two(out + 8, second / 3600);
	put_two(out + 10, second / 60 % 60);
	put_two(out + 12, second % 60);
	memcpy(out + 14, " +0000", 7);
}
