#include "epg/madeup.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"
#include "epg/madeup_parts.h"
#include "epg/xmltime.h"
#include "unit.h"

/* Saturday, 11 April 2026, 12:00 UTC; 14:00 in Berlin, 08:00 in New York. */
#define TODAY INT64_C(1775908800)
#define HOUR  3600
#define DAY   86400

/*
 * The name; when its event begins, UTC, as the month, day, hour and minute of 2026; how many
 * minutes it takes; its title. Times without a zone are Berlin's, two hours ahead of UTC.
 */
static const struct {
	const char *name, *start;
	int minutes;
	const char *title;
} names[] = {
	/* a bare time */
	{ "PPV 3: A v B 21:00", "04111900", 180, "PPV 3: A v B" },
	{ "21:00 A v B", "04111900", 180, "A v B" },
	{ "A v B 9pm", "04111900", 180, "A v B" },
	{ "A v B 9:30 PM", "04111930", 180, "A v B" },
	{ "A v B 9.30pm", "04111930", 180, "A v B" },
	{ "A v B 9 p.m.", "04111900", 180, "A v B" },
	{ "A v B 12am", "04102200", 180, "A v B" },
	{ "A v B 12:15 PM", "04111015", 180, "A v B" },
	{ "A - B 20h45", "04111845", 180, "A - B" },
	{ "A - B 20H45", "04111845", 180, "A - B" },
	{ "A gegen B 20.15 Uhr", "04111815", 180, "A gegen B" },
	{ "A gegen B 20:15 Uhr", "04111815", 180, "A gegen B" },
	{ "Tatort 20 Uhr", "04111800", 180, "Tatort" },
	{ "21:00:30 A", "04111900", 180, "A" },
	{ "00:05 Late", "04102205", 180, "Late" },
	{ "LIVE | 21:00 | A v B", "04111900", 180, "LIVE | A v B" },
	{ "EVENT 4 - 21:00 - A v B", "04111900", 180, "EVENT 4 - A v B" },
	{ "PPV 1: 21:00 A v B", "04111900", 180, "PPV 1: A v B" },
	{ "NBA: Lakers @ Celtics (7:30PM) HD", "04111730", 180, "NBA: Lakers @ Celtics HD" },
	{ "A v B at 9pm", "04111900", 180, "A v B" },
	{ "Great 21:00", "04111900", 180, "Great" },
	{ "[21:00] A v B", "04111900", 180, "A v B" },
	{ "21:00", "04111900", 180, "21:00" },
	/* zones */
	{ "A v B @ 8:05 PM ET", "04120005", 180, "A v B" },
	{ "A v B 8:05PM EST", "04120005", 180, "A v B" },
	{ "A v B 8:05PM EDT", "04120005", 180, "A v B" },
	{ "A v B 20:05 CT", "04120105", 180, "A v B" },
	{ "A v B 7 PM MT", "04120100", 180, "A v B" },
	{ "A v B 7 PM PT", "04120200", 180, "A v B" },
	{ "A v B 8:00 PM ET / 5:00 PM PT", "04120000", 180, "A v B" },
	{ "A v B 8:00PMET", "04120000", 180, "A v B" },
	{ "A v B 20:00 (CET)", "04111800", 180, "A v B" },
	{ "A v B 20:00 GMT", "04112000", 180, "A v B" },
	{ "A v B 20:00 UTC", "04112000", 180, "A v B" },
	{ "A v B 20:00 BST", "04111900", 180, "A v B" },
	{ "A v B 8pm UK", "04111900", 180, "A v B" },
	{ "A v B 20:00 UTC+3", "04111700", 180, "A v B" },
	{ "A v B 20:00 GMT-5:30", "04120130", 180, "A v B" },
	{ "A v B 20:00 CETX", "04111800", 180, "A v B CETX" },
	{ "Match 20:00 et apres", "04111800", 180, "Match et apres" },
	/* dates */
	{ "UFC 300 | Sat 13 Apr 10:00 PM ET", "04140200", 180, "UFC 300" },
	{ "UFC 300: 04/13 10PM ET", "04140200", 180, "UFC 300" },
	{ "A v B 13/04 21:00", "04131900", 180, "A v B" },
	{ "A v B 04/13 21:00", "04131900", 180, "A v B" },
	{ "A v B 05/04 9:00 PM ET", "05050100", 180, "A v B" },
	{ "A v B 05/04 21:00 CET", "04051900", 180, "A v B" },
	{ "A v B 05/04 21:00", "04051900", 180, "A v B" },
	{ "A v B 13.04. 20:45", "04131845", 180, "A v B" },
	{ "A v B 13.04 20:45", "04131845", 180, "A v B" },
	{ "A v B 13.04.2026 20:45", "04131845", 180, "A v B" },
	{ "A v B 13.04.26 20:45", "04131845", 180, "A v B" },
	{ "A v B 13-04-2026 20:45", "04131845", 180, "A v B" },
	{ "A v B 04/13/2026 20:45", "04131845", 180, "A v B" },
	{ "A v B (2026-04-13 18:00)", "04131600", 180, "A v B" },
	{ "A v B 2026-04-13T18:00:00", "04131600", 180, "A v B" },
	{ "A v B 2026/04/13 18:00", "04131600", 180, "A v B" },
	{ "A v B Apr 13 6 PM", "04131600", 180, "A v B" },
	{ "A v B April 13, 2026 6 PM", "04131600", 180, "A v B" },
	{ "A v B 13th April 6pm", "04131600", 180, "A v B" },
	{ "A v B Apr 13th @ 6pm", "04131600", 180, "A v B" },
	{ "A v B 13. Mai 18:00", "05131600", 180, "A v B" },
	{ "A v B 13-Apr-2026 18:00", "04131600", 180, "A v B" },
	{ "Sat 13 Apr 18:00: A v B", "04131600", 180, "A v B" },
	{ "Sun 18:00 A v B", "04121600", 180, "A v B" },
	{ "A v B (Friday 9pm)", "04171900", 180, "A v B" },
	{ "A v B 9pm Saturday", "04111900", 180, "A v B" },
	{ "Sun Sports: A v B 21:00", "04111900", 180, "Sun Sports: A v B" },
	{ "A v B 31 Dec 23:00", NULL, 0, NULL }, /* of 2025: beyond what is asked for */
	/* to an end */
	{ "A v B 20:00-22:30", "04111800", 150, "A v B" },
	{ "A v B 20:00 - 22:30 CET", "04111800", 150, "A v B" },
	{ "A v B 7:30 - 10:00 PM", "04111730", 150, "A v B" },
	{ "A v B 11:00 - 1:00 PM", "04110900", 120, "A v B" },
	{ "A v B 23:00 to 01:00", "04112100", 120, "A v B" },
	{ "A v B start:2026-04-13 18:00:00 stop:2026-04-13 20:00:00", "04131600", 120, "A v B" },
	{ "A v B 20:00, repeat 23:00", "04111800", 180, "A v B repeat" },
	/* none */
	{ "BBC One HD", NULL, 0, NULL },
	{ "24/7 Simpsons", NULL, 0, NULL },
	{ "Movies 24/7", NULL, 0, NULL },
	{ "Cinema 16:9", NULL, 0, NULL },
	{ "Radio 98.5", NULL, 0, NULL },
	{ "WABC 770 AM", NULL, 0, NULL },
	{ "Channel 4 +1", NULL, 0, NULL },
	{ "News 24h", NULL, 0, NULL },
	{ "RTL 1080p", NULL, 0, NULL },
	{ "Sat 1", NULL, 0, NULL },
	{ "13 Apr", NULL, 0, NULL },
	{ "A 25:00", NULL, 0, NULL },
	{ "A 12:60", NULL, 0, NULL },
	{ "A 13 PM", NULL, 0, NULL },
	{ "A v B 30 Feb 20:00", NULL, 0, NULL },
	{ "v1.2:30", NULL, 0, NULL },
	{ "A1:30B", NULL, 0, NULL },
	{ "", NULL, 0, NULL },
};

struct got {
	int64_t begin, end; /* of all; each begins where the one before ended */
	int count, events;
	int64_t start, stop; /* of the event: what is not named as the channel */
	char title[200];
	const char *block;
};

static int
take(void *arg, int64_t start, int64_t stop, const char *body, size_t len)
{
	struct got *got = arg;

	ck_assert_int_lt(start, stop);
	if (got->count++ == 0)
		got->begin = start;
	else
		ck_assert_int_eq(start, got->end);
	got->end = stop;
	ck_assert_uint_eq(strlen(body), len);
	ck_assert_int_eq(strncmp(body, "<title>", 7), 0);
	ck_assert_str_eq(body + len - 9, "</title>\n");
	if (strcmp(body, got->block) == 0)
		return 0;
	got->events++;
	got->start = start;
	got->stop = stop;
	snprintf(got->title, sizeof(got->title), "%.*s", (int)(len - 7 - 9), body + 7);
	return 0;
}

static void
use_zone(const char *zone)
{
	struct err err = ERR_INIT;

	ck_assert_msg(xmltime_set_zone(zone, &err) == 0, "%s", err.text);
}

START_TEST(a_name_says_when_its_event_is)
{
	const struct madeup_settings settings = { 2 * HOUR, 1 };
	int64_t from = TODAY - 10 * DAY, to = TODAY + 40 * DAY;
	struct got got = { .block = "" };
	struct buf title = BUF_INIT(1000);
	struct madeup_words words;
	int64_t start = 0, stop = 0;
	char text[XMLTIME_SIZE];
	_Bool has;

	use_zone("Europe/Berlin");
	ck_assert_int_eq(madeup_channel(&settings, names[_i].name, from, to, TODAY, take, &got), 0);
	ck_assert_int_le(got.begin, from);
	ck_assert_int_ge(got.end, to);
	has = madeup_read(names[_i].name, &words, &title) &&
	    madeup_resolve(&words, TODAY, &start, &stop) && start < to && stop > from;
	ck_assert_msg(has == (names[_i].start != NULL), "%s: %s", names[_i].name, title.data);
	if (has) {
		xmltime_format(start, text);
		text[12] = '\0';
		ck_assert_str_eq(text + 4, names[_i].start);
		ck_assert_int_eq(stop - start, names[_i].minutes * 60);
		ck_assert_str_eq(title.data, names[_i].title);
	}
	buf_release(&title);
}
END_TEST

START_TEST(an_event_stands_among_blocks)
{
	const struct madeup_settings settings = { 3 * HOUR, 1 };
	static const char block[] = "<title>A &amp; B 21:30</title>\n";
	struct got got = { .block = block };
	int64_t from = TODAY - 1 * HOUR, to = TODAY + 1 * DAY;

	use_zone("UTC");
	ck_assert_int_eq(madeup_channel(&settings, "A & B 21:30", from, to, TODAY, take, &got), 0);
	ck_assert_int_eq(got.events, 1);
	ck_assert_int_eq(got.start, TODAY + 9 * HOUR + HOUR / 2);
	ck_assert_int_eq(got.stop, got.start + 3 * HOUR);
	ck_assert_str_eq(got.title, "A &amp; B");
	/* Blocks of 3 hours since 1970: 09:00, 12, 15, 18, 21 (half an hour); 00:30, 03 ... 12. */
	ck_assert_int_eq(got.begin, TODAY - 3 * HOUR);
	ck_assert_int_eq(got.end, TODAY + 24 * HOUR);
	ck_assert_int_eq(got.count, 5 + 1 + 4);
}
END_TEST

START_TEST(blocks_are_the_same_whenever_they_are_made)
{
	const struct madeup_settings settings = { 2 * HOUR, 0 };
	static const char block[] = "<title>One 21:00</title>\n";

	for (int64_t now = TODAY; now < TODAY + 3 * HOUR; now += 600) {
		struct got got = { .block = block };

		ck_assert_int_eq(
		    madeup_channel(&settings, "One 21:00", now, now + DAY, now, take, &got), 0);
		ck_assert_int_eq(got.events, 0);
		ck_assert_int_eq(got.begin, now - now % (2 * HOUR));
		ck_assert_int_ge(got.end, now + DAY);
		ck_assert_int_lt(got.end, now + DAY + 2 * HOUR);
	}
}
END_TEST

START_TEST(what_is_not_asked_for_is_not_made)
{
	struct madeup_settings settings = { 0, 1 };
	struct got got = { .block = "" };

	use_zone("UTC");
	ck_assert_int_eq(madeup_channel(&settings, "One", TODAY, TODAY + DAY, TODAY, take, &got),
	    0);
	ck_assert_int_eq(got.count, 0);
	/* An event alone. */
	ck_assert_int_eq(
	    madeup_channel(&settings, "One 21:00", TODAY, TODAY + DAY, TODAY, take, &got), 0);
	ck_assert_int_eq(got.count, 1);
	settings.events = 0;
	ck_assert_int_eq(
	    madeup_channel(&settings, "One 21:00", TODAY, TODAY + DAY, TODAY, take, &got), 0);
	ck_assert_int_eq(got.count, 1);
}
END_TEST

/* A time in New York on the days when its clocks change, and in London; "now" is noon there. */
static const struct {
	const char *name;
	const char *today, *start; /* UTC */
} nights[] = {
	{ "A 3/8 1:30 AM ET", "202603081200", "202603080630" },
	{ "A 3/8 3:30 AM ET", "202603081200", "202603080730" },
	{ "A 3/7 8 PM ET", "202603081200", "202603080100" },
	{ "A 3/8 8 PM ET", "202603081200", "202603090000" },
	{ "A 11/1 0:30 AM ET", "202611011200", NULL }, /* 0 AM is no time */
	{ "A 11/1 12:30 AM ET", "202611011200", "202611010430" },
	{ "A 11/1 8 PM ET", "202611011200", "202611020100" },
	{ "A 29.03. 00:30 UK", "202603291200", "202603290030" },
	{ "A 29.03. 03:30 UK", "202603291200", "202603290230" },
	{ "A 25.10. 20:00 UK", "202610251200", "202610252000" },
	{ "A 24.10. 20:00 UK", "202610251200", "202610241900" },
	{ "A 9 PM ET", "202601150300", "202601150200" }, /* there it is still the 14th */
	{ "A 31 Dec 8 PM ET", "202601020000", "202601010100" },
	{ "A 2 Jan 8 PM ET", "202612300000", "202701030100" },
};

static int64_t
instant(const char *text)
{
	const struct xmltime_rules utc = { 0, 0 };
	int64_t ret;

	ck_assert_int_eq(xmltime_parse(text, strlen(text), &utc, &ret), 0);
	return ret;
}

START_TEST(clock_changes_are_kept)
{
	struct buf title = BUF_INIT(1000);
	struct madeup_words words;
	int64_t start, stop;
	_Bool has;

	use_zone("UTC");
	ck_assert(madeup_read(nights[_i].name, &words, &title));
	has = madeup_resolve(&words, instant(nights[_i].today), &start, &stop);
	ck_assert_int_eq(has, nights[_i].start != NULL);
	if (has)
		ck_assert_int_eq(start, instant(nights[_i].start));
	buf_release(&title);
}
END_TEST

START_TEST(any_bytes_are_a_name)
{
	static const char pieces[][8] = { "9", "2026", ":", "-", "/", ".", "pm", " ", "Apr", "ET",
		"\xff", "(", "Sat", "T", "h", "@" };
	const struct madeup_settings settings = { HOUR, 1 };
	uint32_t seed = 1;

	for (int round = 0; round < 20000; round++) {
		struct got got = { .block = "" };
		char name[100] = "";

		for (size_t len = 0; len < 60;) {
			seed = seed * 1664525 + 1013904223;
			len += (size_t)snprintf(name + len, sizeof(name) - len, "%s",
			    pieces[seed >> 28]);
			if (seed >> 8 & 1 && len > 20)
				break;
		}
		ck_assert_int_eq(
		    madeup_channel(&settings, name, TODAY, TODAY + DAY, TODAY, take, &got), 0);
	}
}
END_TEST

UNIT_MAIN("madeup", UNIT_ROWS(a_name_says_when_its_event_is, ARRAY_LEN(names)),
    UNIT_TEST(an_event_stands_among_blocks), UNIT_TEST(blocks_are_the_same_whenever_they_are_made),
    UNIT_TEST(what_is_not_asked_for_is_not_made),
    UNIT_ROWS(clock_changes_are_kept, ARRAY_LEN(nights)), UNIT_TEST(any_bytes_are_a_name))
