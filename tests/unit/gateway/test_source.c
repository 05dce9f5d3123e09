#include "gateway/source.h"

#include <errno.h>

#include "tests/unit/gateway/source_world.h"

/* The origin has a playlist of so many entries, with a token that is never the same. */
static void
play_list(unsigned entries)
{
	static unsigned token;
	struct buf text = BUF_INIT(sizeof(play.body) - 1);

	buf_str(&text, "#EXTM3U\n");
	token++;
	for (unsigned i = 0; i < entries; i++)
		buf_printf(&text, "#EXTINF:-1,Name %u\nhttp://h/%u?token=%u\n", i, i, token);
	ck_assert_int_eq(buf_status(&text), 0);
	snprintf(play.body, sizeof(play.body), "%s", text.data);
	buf_release(&text);
}

static void
expect(uint64_t entries, const char *error)
{
	ck_assert_uint_eq(info.entries, entries);
	ck_assert_str_eq(info.error, error);
	ck_assert_int_eq(access(source_result_path(source), R_OK) == 0, entries > 0);
}

/* -- what is taken and what is not -------------------------------------------------- */

START_TEST(what_is_good_is_taken_once)
{
	open_world();
	play_list(3);
	play.etag = "\"1\"";
	open_source();
	settle();
	expect(3, "");
	ck_assert_uint_eq(changes, 1);
	ck_assert_int_eq(info.last_good, wall);
	wall += 100;
	settle();
	expect(3, "");
	ck_assert_uint_eq(changes, 1);
	ck_assert_uint_eq(play.unchanged, 1);
	ck_assert_int_eq(info.last_good, wall);
	/* In its next life it still knows. */
	reopen_source();
	settle();
	expect(3, "");
	ck_assert_uint_eq(changes, 1);
	ck_assert_uint_eq(play.unchanged, 2);
	/* It is read again when the snapshot is not the one that was made. */
	ck_assert_int_eq(truncate(source_result_path(source), 10), 0);
	settle();
	expect(3, "");
	ck_assert_uint_eq(changes, 2);
	ck_assert_int_eq(unlink(source_result_path(source)), 0);
	reopen_source();
	settle();
	expect(3, "");
	ck_assert_uint_eq(changes, 3);
	source_free(source);
	close_world();
}
END_TEST

static const struct {
	int status;
	const char *body, *error;
} bad[] = {
	{ 500, "no", "the server answered 500" },
	{ 200, "", "is empty" },
	{ 200, "<html>", "is a web page (HTML), not what was asked for" },
	{ 200, "#EXTM3U\n#EXTINF:-1,A\nhttp://h/a\n",
	    "has 1 entries where it had 4: not taken (shrink_percent is 50; if it stays so for an "
	    "hour, it is)" },
};

START_TEST(what_is_bad_changes_nothing)
{
	open_world();
	play_list(4);
	open_source();
	settle();
	expect(4, "");
	play.status = bad[_i].status;
	snprintf(play.body, sizeof(play.body), "%s", bad[_i].body);
	settle();
	expect(4, bad[_i].error);
	ck_assert_uint_eq(changes, 1);
	ck_assert_uint_eq(info.failures, 1);
	source_free(source);
	close_world();
}
END_TEST

/* Minutes pass, the list has so many entries; so many are in force then. */
static const struct {
	unsigned minutes, entries, in_force;
} shrinking[] = {
	{ 0, 20, 20 },
	{ 1, 10, 10 }, /* half is not more than half */
	{ 1, 4, 10 },
	{ 59, 4, 10 },
	{ 1, 4, 4 }, /* an hour long */
	{ 1, 1, 4 },
	{ 30, 4, 4 }, /* it was a bad half hour: no doubt is left of it */
	{ 31, 1, 4 },
	{ 59, 1, 4 },
	{ 1, 1, 1 },
	{ 0, 20, 20 }, /* more is always welcome */
	{ 0, 5, 20 },
	{ 50, 6, 20 }, /* another number is another doubt */
	{ 50, 6, 20 },
	{ 10, 6, 6 },
};

START_TEST(a_loss_is_believed_when_it_lasts)
{
	open_world();
	open_source();
	for (size_t i = 0; i < ARRAY_LEN(shrinking); i++) {
		now_ms += (uint64_t)shrinking[i].minutes * MINUTE;
		play_list(shrinking[i].entries);
		settle();
		ck_assert_msg(info.entries == shrinking[i].in_force, "row %zu: %u in force", i,
		    (unsigned)info.entries);
	}
	/* A restart is no way around it. */
	reopen_source();
	play_list(1);
	settle();
	ck_assert_uint_eq(info.entries, 6);
	source_free(source);
	close_world();
}
END_TEST

START_TEST(a_loss_between_two_good_answers_is_forgotten)
{
	open_world();
	play_list(10);
	play.etag = "\"all\"";
	open_source();
	settle();
	for (unsigned night = 0; night < 3; night++) {
		play.etag = "\"maintenance\"";
		play_list(1);
		now_ms += 24 * HOUR;
		settle();
		ck_assert_uint_eq(info.entries, 10);
		play.etag = "\"all\"";
		settle();
		expect(10, "");
	}
	ck_assert_uint_eq(play.unchanged, 3);
	source_free(source);
	close_world();
}
END_TEST

static const char *const folders[] = { "cache", "snapshots" };

START_TEST(without_its_folder_nothing_is_taken_and_later_it_is)
{
	char away[128];

	open_world();
	play_list(2);
	open_source();
	settle();
	play_list(3);
	snprintf(away, sizeof(away), "%s/away", dir);
	ck_assert_int_eq(rename(in_dir(folders[_i]), away), 0);
	settle();
	ck_assert_uint_eq(info.entries, 2);
	ck_assert_ptr_nonnull(strstr(info.error, folders[_i]));
	ck_assert_ptr_nonnull(strstr(info.error, strerror(ENOENT)));
	ck_assert_int_eq(rename(away, in_dir(folders[_i])), 0);
	settle();
	expect(3, "");
	source_free(source);
	close_world();
}
END_TEST

/* -- when ----------------------------------------------------------------------------- */

/* `failures` in a row, then the next attempt is in `ms`, or up to a tenth earlier. */
static const struct {
	uint64_t refresh_ms;
	unsigned failures;
	uint64_t ms;
} plans[] = {
	{ 6 * HOUR, 0, 6 * HOUR },
	{ 6 * HOUR, 1, 15000 },
	{ 6 * HOUR, 2, 30000 },
	{ 6 * HOUR, 6, 480000 },
	{ 6 * HOUR, 7, 15 * MINUTE },
	{ 6 * HOUR, 20, 15 * MINUTE },
	{ MINUTE, 20, MINUTE },
	{ 0, 0, 0 },
	{ 0, 2, 30000 },
};

START_TEST(the_next_attempt_is_planned)
{
	open_world();
	config.refresh_ms = plans[_i].refresh_ms;
	play_list(1);
	open_source();
	settle();
	play.status = 503;
	for (unsigned i = 0; i < plans[_i].failures; i++)
		settle();
	ck_assert_uint_eq(info.failures, plans[_i].failures);
	ck_assert_uint_le(info.next_ms, plans[_i].ms);
	ck_assert_uint_ge(info.next_ms, plans[_i].ms - plans[_i].ms / 10);
	source_free(source);
	close_world();
}
END_TEST

/* The wall clock is that of Berlin; the summer began on 28 March, at 02:00. */
static const struct {
	time_t wall;
	int minute;
	uint64_t ms;
} clock_plans[] = {
	{ 1600000000, 14 * 60 + 30, 200000 },   /* 14:26:40 */
	{ 1600000000, 14 * 60 + 26, 86360000 }, /* was 40 s ago: tomorrow */
	{ 1600000000, 0, 34400000 },
	{ 1616886000, 4 * 60 + 30, 3 * HOUR + 30 * MINUTE }, /* midnight before a short night */
	{ 1616886000, 2 * 60 + 30, 2 * HOUR + 30 * MINUTE }, /* there is none: the next */
	{ 1635631200, 4 * 60 + 30, 5 * HOUR + 30 * MINUTE }, /* and before a long one */
};

START_TEST(a_refresh_by_the_clock_is_planned)
{
	setenv("TZ", "Europe/Berlin", 1);
	tzset();
	open_world();
	wall = clock_plans[_i].wall;
	config.refresh_minute = clock_plans[_i].minute;
	play_list(1);
	open_source();
	settle();
	ck_assert_uint_ge(info.next_ms, clock_plans[_i].ms);
	ck_assert_uint_le(info.next_ms, clock_plans[_i].ms + 10 * MINUTE);
	source_free(source);
	close_world();
}
END_TEST

START_TEST(another_plan_is_taken_over)
{
	struct source_config other = config;

	open_world();
	play_list(1);
	open_source();
	settle();
	other.refresh_ms = HOUR;
	other.shrink_percent = 100;
	ck_assert_int_eq(source_configure(source, &other), 0);
	source_get_info(source, &info);
	ck_assert_uint_le(info.next_ms, HOUR);
	ck_assert_uint_eq(play.asked, 1);
	other.refresh_ms = 0;
	ck_assert_int_eq(source_configure(source, &other), 0);
	source_get_info(source, &info);
	ck_assert_uint_eq(info.next_ms, 0);
	source_free(source);
	close_world();
}
END_TEST

START_TEST(it_goes_off_by_itself)
{
	open_world();
	play_list(1);
	config.refresh_ms = 20; /* less than a config may have */
	open_source();
	while (info.refreshes < 3) {
		ck_assert_int_eq(event_base_dispatch(base), 0);
		source_get_info(source, &info);
	}
	ck_assert_uint_eq(changes, 1);
	source_free(source);
	close_world();
}
END_TEST

/* -- its end --------------------------------------------------------------------------- */

static const enum source_state states[] = { SOURCE_WAITING, SOURCE_FETCHING, SOURCE_READING };

START_TEST(it_can_end_in_every_state)
{
	open_world();
	play_list(20);
	play.mute = states[_i] == SOURCE_FETCHING;
	open_source();
	source_get_info(source, &info);
	while (info.state != states[_i]) {
		ck_assert_int_ne(event_base_loop(base, EVLOOP_ONCE), -1);
		source_get_info(source, &info);
	}
	source_free(source);
	ck_assert_uint_eq(changes, 0);
	close_world();
}
END_TEST

static const struct source_config others[] = {
	{ .name = "other" },
	{ .url = "http://127.0.0.1:9/" },
	{ .user_agent = "VLC" },
	{ .proxy = "http://127.0.0.1:9/" },
	{ .header_count = 1 },
};

START_TEST(it_knows_whether_it_is_still_what_is_wanted)
{
	char accept[] = "Accept: a", *const headers[] = { accept };
	struct source_config wanted = config;

	open_world();
	open_source();
	wanted.refresh_ms = 1;
	wanted.shrink_percent = 1;
	ck_assert(source_matches(source, &wanted)); /* those it takes over */
	if (others[_i].name != NULL)
		wanted.name = others[_i].name;
	if (others[_i].url != NULL)
		wanted.url = others[_i].url;
	wanted.user_agent = others[_i].user_agent;
	wanted.proxy = others[_i].proxy;
	wanted.headers = headers;
	wanted.header_count = others[_i].header_count;
	ck_assert(!source_matches(source, &wanted));
	source_free(source);
	close_world();
}
END_TEST

WORLD_MAIN("source", UNIT_TEST(what_is_good_is_taken_once),
    UNIT_ROWS(what_is_bad_changes_nothing, ARRAY_LEN(bad)),
    UNIT_TEST(a_loss_is_believed_when_it_lasts),
    UNIT_TEST(a_loss_between_two_good_answers_is_forgotten),
    UNIT_ROWS(without_its_folder_nothing_is_taken_and_later_it_is, ARRAY_LEN(folders)),
    UNIT_ROWS(the_next_attempt_is_planned, ARRAY_LEN(plans)),
    UNIT_ROWS(a_refresh_by_the_clock_is_planned, ARRAY_LEN(clock_plans)),
    UNIT_TEST(another_plan_is_taken_over), UNIT_TEST(it_goes_off_by_itself),
    UNIT_ROWS(it_can_end_in_every_state, ARRAY_LEN(states)),
    UNIT_ROWS(it_knows_whether_it_is_still_what_is_wanted, ARRAY_LEN(others)))
