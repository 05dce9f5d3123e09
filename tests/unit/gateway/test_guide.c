/*
 * The one guide, made by the real worker of listings that the real worker wrote: when it is
 * made, what stays when it cannot be, and what the clock may do.
 */
#include "gateway/guide.h"

#include <stdlib.h>
#include <time.h>

#include "epg/guide_index.h"
#include "gateway/steady.h"
#include "tests/unit/gateway/source_world.h"

#define START 1750000000
#define DAY_S 86400

static struct guide *guide;
static struct guide_info now;
static struct steady steady;
static unsigned told, told_failed;
static char listings[128], wanted[128];

static void
on_ready(void *arg, const struct err *err)
{
	(void)arg;
	if (err == NULL)
		told++;
	else
		told_failed++;
}

static void
open_guide(void)
{
	const struct guide_deps deps = { base, workers, &steady.clock, dir };
	const struct guide_settings settings = { .days_back = 1, .days = 2, .fill = 1 };
	const struct guide_source sources[] = { { "acme", listings, 0 } };
	struct err err = ERR_INIT;

	guide = guide_new(&deps, on_ready, NULL, &err);
	ck_assert_msg(guide != NULL, "%s", err.text);
	guide_set_settings(guide, &settings);
	ck_assert_int_eq(guide_set_sources(guide, sources, 1), 0);
}

/* Until nothing is being made. */
static void
rest(void)
{
	guide_get_info(guide, &now);
	while (now.building) {
		ck_assert_int_ne(event_base_loop(base, EVLOOP_ONCE), -1);
		guide_get_info(guide, &now);
	}
}

static void
update(void)
{
	guide_update(guide);
	rest();
}

/* The listings of a guide with a programme every six hours, five days back and ahead. */
static void
make_listings(const char *title)
{
	struct buf text = BUF_INIT(sizeof(play.body) - 1);

	buf_str(&text, "<tv>\n");
	for (time_t at = START - 5 * DAY_S; at < START + 5 * DAY_S; at += 6 * 3600) {
		char start[32];
		struct tm tm;

		gmtime_r(&at, &tm);
		strftime(start, sizeof(start), "%Y%m%d%H%M%S +0000", &tm);
		buf_printf(&text,
		    "<programme start=\"%s\" channel=\"one\"><title>%s</title></programme>\n",
		    start, title);
	}
	buf_str(&text, "</tv>\n");
	ck_assert_int_eq(buf_status(&text), 0);
	snprintf(play.body, sizeof(play.body), "%s", text.data);
	play.len = 0;
	buf_release(&text);
	settle();
	ck_assert_str_eq(info.error, "");
}

static void
open_all(void)
{
	static const char line[] = "00000001.masthead\t1\t0\tone\tOne\t\n";

	setenv("TZ", "UTC", 1);
	tzset();
	open_world();
	wall = START;
	steady_init(&steady, &standing);
	snprintf(wanted, sizeof(wanted), "%s", in_dir("snapshots/wanted"));
	ck_assert_int_eq(unit_write_file(wanted, line, sizeof(line) - 1), 0);
	config.kind = SOURCE_GUIDE;
	config.past_s = 100 * DAY_S;
	open_source();
	ck_assert_int_eq(source_set_wanted(source, wanted, 7), 0);
	snprintf(listings, sizeof(listings), "%s", source_result_path(source));
	make_listings("Old");
	open_guide();
}

/* And the guide is made. */
static void
open_made(void)
{
	open_all();
	ck_assert_int_eq(guide_set_wanted(guide, wanted, 1), 0);
	update();
	ck_assert_str_eq(now.error, "");
	ck_assert_uint_eq(now.builds, 1);
}

static void
close_all(void)
{
	guide_free(guide);
	source_free(source);
	close_world();
}

static uint64_t
tag(void)
{
	struct guide_index_info index;

	ck_assert_ptr_nonnull(guide_index(guide));
	guide_index_get_info(guide_index(guide), &index);
	return index.tag;
}

START_TEST(it_is_made_when_something_has_changed_and_only_then)
{
	struct guide_settings settings = { .days_back = 1, .days = 2, .fill = 1 };
	uint64_t first;

	open_all();
	update(); /* it is not known yet what is wanted */
	ck_assert_uint_eq(now.builds, 0);
	ck_assert_ptr_null(guide_index(guide));
	ck_assert_int_eq(guide_xml_fd(guide), -1);
	ck_assert_int_eq(guide_set_wanted(guide, wanted, 1), 0);
	update();
	ck_assert_str_eq(now.error, "");
	ck_assert_uint_eq(now.builds, 1);
	ck_assert_uint_eq(told, 1);
	ck_assert_uint_eq(now.channels, 1);
	ck_assert_uint_ge(now.programmes, 12);
	ck_assert_uint_le(now.programmes, 17);
	first = tag();
	update();
	ck_assert_uint_eq(now.builds, 1);
	/* Other listings; the same under another date; another setting. */
	make_listings("New");
	update();
	ck_assert_uint_eq(told, 2);
	ck_assert_uint_ne(tag(), first);
	first = tag();
	ck_assert_int_eq(guide_set_wanted(guide, wanted, 2), 0);
	update();
	ck_assert_uint_eq(now.builds, 3);
	ck_assert_uint_eq(now.same, 1);
	ck_assert_uint_eq(told, 2);
	ck_assert_uint_eq(tag(), first);
	settings.days = 1;
	guide_set_settings(guide, &settings);
	update();
	ck_assert_uint_eq(now.builds, 4);
	ck_assert_uint_ne(tag(), first);
	close_all();
}
END_TEST

START_TEST(the_next_life_takes_it_up)
{
	uint64_t first, bytes;

	open_made();
	first = tag();
	bytes = now.bytes;
	guide_free(guide);
	open_guide();
	guide_restore(guide);
	rest();
	ck_assert_uint_eq(tag(), first);
	ck_assert_uint_eq(now.bytes, bytes);
	ck_assert_int_ne(guide_gzip_fd(guide), -1);
	ck_assert_int_eq(guide_set_wanted(guide, wanted, 1), 0);
	update();
	ck_assert_uint_eq(now.builds, 0);
	close_all();
}
END_TEST

START_TEST(what_cannot_be_made_leaves_the_last_one)
{
	char away[160];
	uint64_t first;

	open_made();
	first = tag();
	/* Listings that are none. */
	ck_assert_int_eq(unit_write_file(listings, "nonsense", 8), 0);
	update();
	ck_assert_uint_eq(now.failures, 1);
	ck_assert_str_ne(now.error, "");
	ck_assert_uint_eq(told_failed, 1);
	ck_assert_uint_eq(tag(), first);
	update();
	ck_assert_uint_eq(now.failures, 2);
	/* A folder that is not there. */
	snprintf(away, sizeof(away), "%s/away", dir);
	ck_assert_int_eq(rename(in_dir("guide"), away), 0);
	update();
	ck_assert_uint_eq(now.failures, 3);
	ck_assert_uint_eq(tag(), first);
	ck_assert_int_eq(rename(away, in_dir("guide")), 0);
	/* It tries again by itself. */
	ck_assert_int_eq(unlink(listings), 0);
	make_listings("New");
	while (now.failures > 0) {
		ck_assert_int_ne(event_base_loop(base, EVLOOP_ONCE), -1);
		guide_get_info(guide, &now);
	}
	ck_assert_str_eq(now.error, "");
	ck_assert_uint_ne(tag(), first);
	close_all();
}
END_TEST

START_TEST(a_new_day_makes_it_anew_and_a_leap_of_the_clock_does_not)
{
	uint64_t first, programmes;

	open_made();
	first = tag();
	programmes = now.programmes;
	/* The same day, then a year ahead, and back, and a year behind. */
	now_ms += 10 * MINUTE;
	wall += 600;
	update();
	wall += 365 * DAY_S;
	update();
	wall -= 365 * DAY_S;
	update();
	wall -= 365 * DAY_S;
	update();
	wall += 365 * DAY_S;
	update();
	ck_assert_uint_eq(now.builds, 1);
	ck_assert_uint_eq(tag(), first);
	/* The next day, by both clocks. */
	now_ms += 24 * HOUR;
	wall += DAY_S;
	update();
	ck_assert_uint_eq(now.builds, 2);
	ck_assert_uint_eq(now.programmes, programmes);
	/* A leap that lasts is the truth; and so is its end. */
	wall += 365 * DAY_S;
	update();
	now_ms += HOUR;
	wall += 3600;
	update();
	ck_assert_uint_eq(now.builds, 3);
	ck_assert_uint_eq(now.programmes, 0);
	wall -= 365 * DAY_S;
	update();
	now_ms += HOUR;
	wall += 3600;
	update();
	ck_assert_uint_eq(now.builds, 4);
	ck_assert_uint_eq(now.programmes, programmes);
	ck_assert_uint_eq(play.asked, 1);
	close_all();
}
END_TEST

START_TEST(it_can_end_while_it_is_being_made)
{
	open_all();
	ck_assert_int_eq(guide_set_wanted(guide, wanted, 1), 0);
	guide_update(guide);
	guide_update(guide);
	guide_get_info(guide, &now);
	ck_assert(now.building);
	close_all();
}
END_TEST

WORLD_MAIN("guide", UNIT_TEST(it_is_made_when_something_has_changed_and_only_then),
    UNIT_TEST(the_next_life_takes_it_up), UNIT_TEST(what_cannot_be_made_leaves_the_last_one),
    UNIT_TEST(a_new_day_makes_it_anew_and_a_leap_of_the_clock_does_not),
    UNIT_TEST(it_can_end_while_it_is_being_made))
