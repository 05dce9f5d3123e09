#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/list.h"
#include "epg/madeup_parts.h"
#include "epg/xmltime.h"

#define DAY 86400

/*
 * Zones by the names that stand in channels' names, with the rules for their summers that hold
 * since 2007 (America) and 1996 (Europe): the time zone database is not in the jail. EST, CET
 * and the like are what the clocks there show, in summer too: who writes "8 PM EST" in July
 * means New York's evening.
 */
static const struct madeup_zone zones[] = {
	{ "ET", -300, MADEUP_AMERICA },
	{ "EST", -300, MADEUP_AMERICA },
	{ "EDT", -240, MADEUP_NO_DST },
	{ "CT", -360, MADEUP_AMERICA },
	{ "CST", -360, MADEUP_AMERICA },
	{ "CDT", -300, MADEUP_NO_DST },
	{ "MT", -420, MADEUP_AMERICA },
	{ "MST", -420, MADEUP_AMERICA },
	{ "MDT", -360, MADEUP_NO_DST },
	{ "PT", -480, MADEUP_AMERICA },
	{ "PST", -480, MADEUP_AMERICA },
	{ "PDT", -420, MADEUP_NO_DST },
	{ "UTC", 0, MADEUP_NO_DST },
	{ "GMT", 0, MADEUP_NO_DST },
	{ "UK", 0, MADEUP_EUROPE },
	{ "BST", 60, MADEUP_NO_DST },
	{ "WET", 0, MADEUP_EUROPE },
	{ "CET", 60, MADEUP_EUROPE },
	{ "CEST", 120, MADEUP_NO_DST },
	{ "EET", 120, MADEUP_EUROPE },
	{ "EEST", 180, MADEUP_NO_DST },
	{ "MSK", 180, MADEUP_NO_DST },
	{ "AEST", 600, MADEUP_NO_DST },
	{ "AEDT", 660, MADEUP_NO_DST },
};

const struct madeup_zone *
madeup_zone_at(const char *text)
{
	for (size_t i = 0; i < ARRAY_LEN(zones); i++) {
		size_t len = strlen(zones[i].name);

		if (strncmp(text, zones[i].name, len) == 0 && !isalnum((unsigned char)text[len]))
			return &zones[i];
	}
	return NULL;
}

/* -- days ---------------------------------------------------------------------- */

struct day {
	unsigned year, month, mday;
};

/* Seconds of its midnight, as if it were UTC; -1: there is no such day. */
static int64_t
midnight(struct day day)
{
	const struct xmltime_rules utc = { 0, 0 };
	char text[32];
	int64_t ret;
	int len = snprintf(text, sizeof(text), "%04u%02u%02u", day.year, day.month, day.mday);

	return xmltime_parse(text, (size_t)len, &utc, &ret) < 0 ? -1 : ret;
}

/* Of a time as if it were UTC. */
static struct day
day_of(int64_t shown)
{
	char text[XMLTIME_SIZE];
	struct day day = { 0, 0, 0 };

	xmltime_format(shown, text);
	(void)sscanf(text, "%4u%2u%2u", &day.year, &day.month, &day.mday);
	return day;
}

/* 0: Sunday. */
static int
weekday_of(int64_t shown)
{
	return (int)((shown / DAY + 4) % 7);
}

/* -- zones ---------------------------------------------------------------------- */

/* Midnight of the first Sunday from that day on. */
static int64_t
sunday_from(unsigned year, unsigned month, unsigned mday)
{
	int64_t first = midnight((struct day){ year, month, mday });

	return first + (7 - weekday_of(first)) % 7 * DAY;
}

/* How far the zone's clocks, which show this, are ahead of UTC; seconds. */
static int64_t
zone_offset(const struct madeup_zone *zone, int64_t shown)
{
	int64_t winter = zone->offset * 60, from, to;
	unsigned year = day_of(shown).year;

	if (zone->dst == MADEUP_NO_DST)
		return winter;
	if (zone->dst == MADEUP_AMERICA) {
		from = sunday_from(year, 3, 8) + 2 * 3600;
		to = sunday_from(year, 11, 1) + 2 * 3600;
	} else {
		/* All of Europe changes at 01:00 UTC. */
		from = sunday_from(year, 3, 25) + 3600 + winter;
		to = sunday_from(year, 10, 25) + 3600 + winter + 3600;
	}
	return shown >= from && shown < to ? winter + 3600 : winter;
}

/* What the clocks show as UTC. */
static int64_t
to_utc(const struct madeup_moment *m, int64_t shown)
{
	const struct xmltime_rules local = { .zoned = 1 };
	char text[XMLTIME_SIZE];
	int64_t ret;

	if (m->zone != NULL)
		return shown - zone_offset(m->zone, shown) - m->offset * 60;
	xmltime_format(shown, text);
	return xmltime_parse(text, 14, &local, &ret) < 0 ? -1 : ret;
}

/* What the clocks show at that instant; within an hour when they are just being changed. */
static int64_t
from_utc(const struct madeup_moment *m, int64_t when)
{
	time_t t = (time_t)when;
	struct tm tm;

	if (m->zone != NULL)
		return when + zone_offset(m->zone, when + m->zone->offset * 60) + m->offset * 60;
	return localtime_r(&t, &tm) == NULL ? when : when + tm.tm_gmtoff;
}

/* -- what a name means ------------------------------------------------------------ */

static _Bool
is_american(const struct madeup_moment *m)
{
	return m->zone != NULL ? m->zone->dst == MADEUP_AMERICA || m->zone->offset < 0
			       : m->time.half != MADEUP_NO_HALF;
}

/* Month and day in the order in which they were meant. */
static struct day
ordered(const struct madeup_moment *m)
{
	struct day day = { m->date.year, m->date.a, m->date.b };

	if (m->date.unordered && (day.month > 12 || (day.mday <= 12 && !is_american(m)))) {
		day.month = m->date.b;
		day.mday = m->date.a;
	}
	return day;
}

/* Midnight of the day that is meant. */
static int64_t
day_meant(const struct madeup_moment *m, int weekday, int64_t today)
{
	int64_t now = from_utc(m, today), this_day = now - now % DAY, best = -1;
	struct day day;

	if (!m->date.known)
		return weekday < 0 ? this_day
				   : this_day + (weekday - weekday_of(this_day) + 7) % 7 * DAY;
	day = ordered(m);
	if (day.year != 0)
		return midnight(day);
	/* The nearest of that day. */
	day.year = day_of(now).year - 1;
	for (int i = 0; i < 3; i++, day.year++) {
		int64_t at = midnight(day);

		if (at >= 0 && (best < 0 || llabs(at - this_day) < llabs(best - this_day)))
			best = at;
	}
	return best;
}

/* Seconds since midnight; -1: there is no such time. */
static int64_t
second_of_day(const struct madeup_time *t)
{
	unsigned hour = t->hour;

	if (t->half != MADEUP_NO_HALF) {
		if (hour < 1 || hour > 12)
			return -1;
		hour = hour % 12 + (t->half == MADEUP_PM ? 12 : 0);
	}
	if (hour > 23 || t->minute > 59 || t->second > 59)
		return -1;
	return hour * 3600 + t->minute * 60 + t->second;
}

_Bool
madeup_resolve(const struct madeup_words *words, int64_t today, int64_t *start, int64_t *stop)
{
	struct madeup_moment begin = words->begin, end = words->end;
	int64_t day, from, to = -1;

	/* "7:30 - 10:00 PM" */
	if (end.time.known && begin.time.half == MADEUP_NO_HALF && begin.time.hour <= 12) {
		begin.time.half = end.time.half;
		if (second_of_day(&begin.time) > second_of_day(&end.time))
			begin.time.half = MADEUP_NO_HALF;
	}
	from = second_of_day(&begin.time);
	day = day_meant(&begin, words->weekday, today);
	if (from < 0 || day < 0)
		return 0;
	*start = to_utc(&begin, day + from);
	if (end.time.known)
		to = second_of_day(&end.time);
	if (to >= 0 && end.date.known) {
		day = day_meant(&end, -1, today);
		to = day < 0 ? -1 : to;
	} else if (to >= 0 && to <= from) {
		day += DAY;
	}
	*stop = to < 0 ? -1 : to_utc(end.zone == NULL ? &begin : &end, day + to);
	if (*stop <= *start || *stop - *start > MADEUP_EVENT_MAX_S)
		*stop = *start + MADEUP_EVENT_S;
	return *start >= 0;
}
