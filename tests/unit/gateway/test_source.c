/*
 * Sources against a real origin and real workers: the program is its own worker, as
 * masthead is. The sources' clock stands unless a test moves it.
 */
#include "gateway/source.h"

#include <curl/curl.h>
#include <errno.h>
#include <event2/event.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/multi.h"
#include "gateway/fetch.h"
#include "gateway/http/http.h"
#include "gateway/worker.h"
#include "unit.h"

#define MINUTE 60000
#define HOUR   (60 * MINUTE)

/* -- the world ------------------------------------------------------------------ */

static char dir[] = "/tmp/masthead-source-XXXXXX", origin[128];
static struct event_base *base;
static struct multi *multi;
static struct fetcher *fetcher;
static struct worker_pool *workers;
static struct http_server *server;

/* What the origin answers; etag NULL: none. */
static struct {
	int status;
	char body[4096];
	const char *etag;
	_Bool mute;
	unsigned asked, unchanged;
} play;

static uint64_t now_ms = 1000;
static time_t wall = 1000000;

static uint64_t
mono_us(void *arg)
{
	(void)arg;
	return now_ms * 1000;
}

static time_t
wall_time(void *arg)
{
	(void)arg;
	return wall;
}

static const struct clock standing = { mono_us, wall_time, NULL };

static void
on_request(struct http_request *req, void *arg)
{
	const char *match = http_header(req, "If-None-Match");

	(void)arg;
	play.asked++;
	if (play.mute) {
		http_hold(req, NULL, NULL);
		event_base_loopbreak(base);
		return;
	}
	if (play.etag != NULL)
		http_add_header(req, "ETag", "%s", play.etag);
	if (play.etag != NULL && match != NULL && strcmp(match, play.etag) == 0) {
		play.unchanged++;
		http_reply(req, 304, NULL, "", 0);
	} else {
		http_reply(req, play.status, "text/plain", play.body, strlen(play.body));
	}
}

static const struct http_route routes[] = {
	{ HTTP_GET, "/{rest...}", HTTP_ANYONE, on_request, NULL },
	{ 0, NULL, HTTP_ANYONE, NULL, NULL },
};

static const char *
in_dir(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void
open_world(void)
{
	static const char *const made[] = { "cache", "snapshots", "guide" };
	const struct http_config config = { .routes = routes };
	struct err err = ERR_INIT;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	for (size_t i = 0; i < ARRAY_LEN(made); i++)
		ck_assert_int_eq(mkdir(in_dir(made[i]), 0700), 0);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	base = event_base_new();
	multi = multi_new(base, &err);
	fetcher = fetcher_new(base, multi, &fetch_limits_default);
	workers = worker_pool_new(base, NULL, &err);
	server = http_server_new(base, &config, &err);
	ck_assert_ptr_nonnull(workers);
	ck_assert_ptr_nonnull(server);
	ck_assert_msg(http_server_listen(server, "127.0.0.1:0", 0, &err) == 0, "%s", err.text);
	snprintf(origin, sizeof(origin), "http://%s/list", http_server_address(server, 0));
	play.status = 200;
}

/* A temporary file means that something was begun and neither kept nor dropped. */
static int
look_at(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	ck_assert_msg(strstr(path, "tmp~") == NULL, "%s was left behind", path);
	return remove(path);
}

static void
close_world(void)
{
	worker_pool_free(workers);
	fetcher_free(fetcher);
	http_server_free(server);
	multi_free(multi);
	event_base_free(base);
	curl_global_cleanup();
	ck_assert_int_eq(nftw(dir, look_at, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* -- the source ------------------------------------------------------------------- */

static struct source *source;
static struct source_info info;
static unsigned changes;

static void
on_settled(void *arg, struct source *s, _Bool changed)
{
	(void)arg;
	(void)s;
	changes += changed;
	event_base_loopbreak(base);
}

static struct source_config config = { .name = "acme",
	.url = origin,
	.refresh_ms = 6 * HOUR,
	.shrink_percent = 50 };

static void
open_source(void)
{
	const struct source_deps deps = { base, fetcher, workers, &standing, dir };
	const struct source_events events = { on_settled, NULL };
	struct err err = ERR_INIT;

	source = source_new(&deps, &config, &events, &err);
	ck_assert_msg(source != NULL, "%s", err.text);
}

/* Until its next attempt has ended; info is what is known then. */
static void
settle(void)
{
	uint64_t before;

	source_get_info(source, &info);
	before = info.refreshes;
	source_refresh(source);
	while (info.refreshes == before) {
		ck_assert_int_eq(event_base_dispatch(base), 0);
		source_get_info(source, &info);
	}
	ck_assert_int_eq(info.state, SOURCE_WAITING);
}

static void
reopen_source(void)
{
	source_free(source);
	open_source();
}

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
play_guide(unsigned programmes)
{
	struct buf text = BUF_INIT(sizeof(play.body) - 1);

	buf_str(&text, "<tv>\n");
	for (unsigned i = 0; i < programmes; i++)
		buf_printf(&text, "<programme channel=\"%u\"/>\n", i);
	buf_str(&text, "</tv>\n");
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
	enum source_kind kind;
	int status;
	const char *body, *error;
} bad[] = {
	{ SOURCE_PLAYLIST, 500, "no", "the server answered 500" },
	{ SOURCE_PLAYLIST, 200, "", "is empty" },
	{ SOURCE_PLAYLIST, 200, "<html>", "is a web page (HTML), not what was asked for" },
	{ SOURCE_PLAYLIST, 200, "#EXTM3U\n#EXTINF:-1,A\nhttp://h/a\n",
	    "has 1 entries where it had 4: not taken (shrink_percent is 50; if it stays so for an "
	    "hour, it is)" },
	{ SOURCE_GUIDE, 200, "<tv>\n</tv>\n", "holds no programmes" },
	{ SOURCE_GUIDE, 200, "<tv><programme channel=\"1\"/>",
	    "worker 'guide': is cut short: it does not end with </tv>" },
};

START_TEST(what_is_bad_changes_nothing)
{
	open_world();
	config.kind = bad[_i].kind;
	if (config.kind == SOURCE_PLAYLIST)
		play_list(4);
	else
		play_guide(4);
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

START_TEST(going_back_to_a_guide_brings_its_programmes_back)
{
	static const unsigned programmes[] = { 1, 2 };

	open_world();
	config.kind = SOURCE_GUIDE;
	for (size_t i = 0; i < 4; i++) {
		config.name = i % 2 == 0 ? "one" : "two";
		play.etag = config.name;
		play_guide(programmes[i % 2]);
		open_source();
		settle();
		expect(programmes[i % 2], "");
		ck_assert_uint_eq(changes, i + 1);
		source_free(source);
	}
	ck_assert_uint_eq(play.unchanged, 0);
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

START_TEST(it_can_end_in_every_state)
{
	open_world();
	play_list(20);
	play.mute = _i == SOURCE_FETCHING;
	open_source();
	source_get_info(source, &info);
	while (info.state != (enum source_state)_i) {
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
	{ .refresh_ms = 1 },
	{ .shrink_percent = 1 },
	{ .header_count = 1 },
};

START_TEST(it_knows_whether_it_is_still_what_is_wanted)
{
	char accept[] = "Accept: a", *const headers[] = { accept };
	struct source_config wanted = config;

	open_world();
	open_source();
	ck_assert(source_matches(source, &wanted));
	if (others[_i].name != NULL)
		wanted.name = others[_i].name;
	if (others[_i].url != NULL)
		wanted.url = others[_i].url;
	wanted.user_agent = others[_i].user_agent;
	wanted.proxy = others[_i].proxy;
	if (others[_i].refresh_ms != 0)
		wanted.refresh_ms = others[_i].refresh_ms;
	if (others[_i].shrink_percent != 0)
		wanted.shrink_percent = others[_i].shrink_percent;
	wanted.headers = headers;
	wanted.header_count = others[_i].header_count;
	ck_assert(!source_matches(source, &wanted));
	source_free(source);
	close_world();
}
END_TEST

int
main(int argc, char **argv)
{
	const struct unit_case cases[] = {
		UNIT_TEST(what_is_good_is_taken_once),
		UNIT_ROWS(what_is_bad_changes_nothing, ARRAY_LEN(bad)),
		UNIT_TEST(a_loss_is_believed_when_it_lasts),
		UNIT_TEST(a_loss_between_two_good_answers_is_forgotten),
		UNIT_TEST(going_back_to_a_guide_brings_its_programmes_back),
		UNIT_ROWS(without_its_folder_nothing_is_taken_and_later_it_is, ARRAY_LEN(folders)),
		UNIT_ROWS(the_next_attempt_is_planned, ARRAY_LEN(plans)),
		UNIT_TEST(it_goes_off_by_itself),
		UNIT_ROWS(it_can_end_in_every_state, SOURCE_READING + 1),
		UNIT_ROWS(it_knows_whether_it_is_still_what_is_wanted, ARRAY_LEN(others)),
	};

	if (argc > 2 && strcmp(argv[1], "worker") == 0)
		return worker_main(argc - 2, argv + 2);
	log_set_level(LOG_LEVEL_ERROR);
	return unit_run("source", cases, ARRAY_LEN(cases));
}
