#include "gateway/fetch.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/multi.h"
#include "gateway/fetch_meta.h"
#include "gateway/http/http.h"
#include "unit.h"

#define BYTES_MAX (8 << 20)

static char dir[] = "/tmp/masthead-fetch-XXXXXX", cache[64], meta[80];
static struct event_base *base;
static struct multi *multi;
static struct fetcher *fetcher;
static struct http_server *server;
static char origin[128];

/* What the origin answers with, and what it saw. */
static struct {
	int status;
	const char *body, *etag, *type, *location;
	unsigned asked, conditional;
} play;

static void
on_request(struct http_request *req, void *arg)
{
	const char *match = http_header(req, "If-None-Match");

	(void)arg;
	play.asked++;
	play.conditional += match != NULL;
	if (play.location != NULL)
		http_add_header(req, "Location", "%s", play.location);
	if (play.etag != NULL)
		http_add_header(req, "ETag", "%s", play.etag);
	if (play.etag != NULL && match != NULL && strcmp(match, play.etag) == 0)
		http_reply(req, 304, NULL, "", 0);
	else
		http_reply(req, play.status, "text/plain", play.body, strlen(play.body));
}

static const struct http_route routes[] = {
	{ HTTP_GET, "/{rest...}", HTTP_ANYONE, on_request, NULL },
	{ 0, NULL, HTTP_ANYONE, NULL, NULL },
};

static void
open_world(void)
{
	const struct http_config config = { .routes = routes };
	struct fetch_limits limits = fetch_limits_default;
	struct err err = ERR_INIT;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(cache, sizeof(cache), "%s/list", dir);
	snprintf(meta, sizeof(meta), "%s/list.meta", dir);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	base = event_base_new();
	multi = multi_new(base, &err);
	ck_assert_msg(multi != NULL, "%s", err.text);
	limits.bytes_max = BYTES_MAX;
	fetcher = fetcher_new(base, multi, &limits);
	server = http_server_new(base, &config, &err);
	ck_assert_msg(server != NULL, "%s", err.text);
	ck_assert_msg(http_server_listen(server, "127.0.0.1:0", 0, &err) == 0, "%s", err.text);
	snprintf(origin, sizeof(origin), "http://%s/list", http_server_address(server, 0));
	memset(&play, 0, sizeof(play));
	play.status = 200;
	play.body = "#EXTM3U\n";
}

static void
close_world(void)
{
	char name[96];

	fetcher_free(fetcher);
	http_server_free(server);
	multi_free(multi);
	event_base_free(base);
	curl_global_cleanup();
	unlink(cache);
	unlink(meta);
	snprintf(name, sizeof(name), "%s/local", dir);
	unlink(name);
	ck_assert_msg(rmdir(dir) == 0, "something was left in %s", dir);
}

static struct {
	_Bool done;
	enum fetch_outcome outcome;
	struct err err;
} got;

static void
on_done(void *arg, enum fetch_outcome outcome, const struct err *err)
{
	(void)arg;
	got.done = 1;
	got.outcome = outcome;
	got.err = err != NULL ? *err : (struct err)ERR_INIT;
	event_base_loopbreak(base);
}

static void
demo_text(struct buf *out)
{
	buf_str(out, "made here");
}

/* Which file the owner has of it. */
static uint64_t made = 9;

static struct fetch *
fetch(const char *url)
{
	const struct fetch_spec spec = { .url = url,
		.path = cache,
		.made = made,
		.demo = demo_text };
	struct err err = ERR_INIT;
	struct fetch *f;

	memset(&got, 0, sizeof(got));
	f = fetch_start(fetcher, &spec, on_done, NULL, &err);
	ck_assert_msg(f != NULL, "%s", err.text);
	while (!got.done)
		ck_assert_int_eq(event_base_dispatch(base), 0);
	return f;
}

static void
assert_cached(const char *text)
{
	char *data;
	size_t len;

	ck_assert_int_eq(file_load(cache, 1 << 20, &data, &len, NULL), 0);
	ck_assert_str_eq(data, text);
	free(data);
}

static void
keep(struct fetch *f)
{
	const struct fetch_found found = { .entries = 7, .channels = 8, .made = 9 };
	struct err err = ERR_INIT;

	ck_assert_msg(fetch_keep(f, &found, &err) == 0, "%s", err.text);
}

START_TEST(keeps_and_then_asks_conditionally)
{
	struct fetch_meta known;
	struct fetch *f;

	open_world();
	play.etag = "\"one\"";
	f = fetch(origin);
	ck_assert_msg(got.outcome == FETCH_FRESH, "%s", got.err.text);
	ck_assert_uint_eq(fetch_bytes(f), 8);
	keep(f);
	assert_cached("#EXTM3U\n");
	fetch_meta_load(&known, cache, origin);
	ck_assert(known.valid && known.found.entries == 7 && known.found.channels == 8 &&
	    known.found.made == 9);
	f = fetch(origin);
	ck_assert_int_eq(got.outcome, FETCH_UNCHANGED);
	fetch_drop(f);
	ck_assert_uint_eq(play.conditional, 1);
	/* The same bytes under another tag: nothing new either. */
	play.etag = "\"two\"";
	f = fetch(origin);
	ck_assert_int_eq(got.outcome, FETCH_UNCHANGED);
	fetch_drop(f);
	/* They are not enough when what was made of them is another file now, or none. */
	for (made = 0; made < 9; made += 8) {
		f = fetch(origin);
		ck_assert_int_eq(got.outcome, FETCH_FRESH);
		fetch_drop(f);
	}
	made = 9;
	f = fetch(origin);
	ck_assert_int_eq(got.outcome, FETCH_UNCHANGED);
	fetch_drop(f);
	ck_assert_uint_eq(play.conditional, 3);
	play.body = "#EXTM3U\n#more\n";
	play.etag = "\"three\"";
	f = fetch(origin);
	ck_assert_int_eq(got.outcome, FETCH_FRESH);
	fetch_drop(f); /* the owner did not like it */
	assert_cached("#EXTM3U\n");
	close_world();
}
END_TEST

static const struct {
	int status;
	const char *body, *location, *error;
} bad[] = {
	{ 404, "no", NULL, "the server answered 404" },
	{ 500, "no", NULL, "the server answered 500" },
	{ 204, "", NULL, "the server answered 204" },
	{ 200, "", NULL, "is empty" },
	{ 200, "\xef\xbb\xbf \n<!DOCTYPE html><html>login", NULL,
	    "is a web page (HTML), not what was asked for" },
	{ 200, "<HTML>", NULL, "is a web page (HTML), not what was asked for" },
	{ 302, "", "/again", "Number of redirects hit maximum amount" },
	{ 302, "", "file:///etc/passwd", "Unsupported protocol" },
	{ 302, "", "ftp://127.0.0.1/x", "Unsupported protocol" },
};

START_TEST(a_bad_answer_replaces_nothing)
{
	struct fetch *f;

	open_world();
	keep(fetch(origin));
	play.status = bad[_i].status;
	play.body = bad[_i].body;
	play.location = bad[_i].location;
	f = fetch(origin);
	ck_assert_int_eq(got.outcome, FETCH_FAILED);
	ck_assert_str_eq(got.err.text, bad[_i].error);
	fetch_drop(f);
	assert_cached("#EXTM3U\n");
	ck_assert_uint_le(play.asked, 1 + 6);
	close_world();
}
END_TEST

START_TEST(what_is_too_large_is_refused)
{
	static char big[BYTES_MAX + 2];
	struct fetch *f;

	open_world();
	memset(big, 'x', sizeof(big) - 1);
	play.body = big;
	f = fetch(origin);
	ck_assert_int_eq(got.outcome, FETCH_FAILED);
	ck_assert_str_eq(got.err.text, "larger than 8388608 bytes");
	fetch_drop(f);
	close_world();
}
END_TEST

START_TEST(copies_a_local_file_when_it_has_changed)
{
	char name[96], url[128];
	struct fetch *f;

	open_world();
	snprintf(name, sizeof(name), "%s/local", dir);
	snprintf(url, sizeof(url), "file:%s", name);
	f = fetch(url);
	ck_assert_int_eq(got.outcome, FETCH_FAILED);
	fetch_drop(f);
	ck_assert_int_eq(unit_write_file(name, "first", 5), 0);
	keep(fetch(url));
	assert_cached("first");
	f = fetch(url);
	ck_assert_int_eq(got.outcome, FETCH_UNCHANGED);
	fetch_drop(f);
	ck_assert_int_eq(unit_write_file(name, "second", 6), 0);
	keep(fetch(url));
	assert_cached("second");
	close_world();
}
END_TEST

static unsigned turns, write_at; /* at which turn the file is written to; 0: never */
static char local[96];

static void
on_turn(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	if (++turns == write_at)
		ck_assert_int_eq(truncate(local, BYTES_MAX / 2), 0);
}

/* Fetches a local file of BYTES_MAX while the loop always has something else to do, too. */
static struct fetch *
fetch_large_file(void)
{
	struct event *always;
	struct fetch *f;
	char url[128];
	int ends[2];

	snprintf(local, sizeof(local), "%s/local", dir);
	snprintf(url, sizeof(url), "file:%s", local);
	ck_assert_int_eq(unit_write_file(local, "", 0), 0);
	ck_assert_int_eq(truncate(local, BYTES_MAX), 0);
	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(write(ends[1], "x", 1), 1);
	always = event_new(base, ends[0], EV_READ | EV_PERSIST, on_turn, NULL);
	ck_assert_int_eq(event_add(always, NULL), 0);
	f = fetch(url);
	event_free(always);
	close(ends[0]);
	close(ends[1]);
	return f;
}

START_TEST(a_large_local_file_leaves_the_loop_its_turns)
{
	open_world();
	keep(fetch_large_file());
	ck_assert_uint_ge(turns, 8);
	close_world();
}
END_TEST

START_TEST(a_local_file_that_is_being_written_is_not_taken)
{
	struct fetch *f;

	open_world();
	write_at = 3;
	f = fetch_large_file();
	ck_assert_int_eq(got.outcome, FETCH_FAILED);
	ck_assert_str_eq(got.err.text, "was being written while it was read");
	fetch_drop(f);
	close_world();
}
END_TEST

START_TEST(a_stopped_fetch_leaves_nothing)
{
	const struct fetch_spec spec = { .url = origin, .path = cache };
	struct fetch *f;

	open_world();
	f = fetch_start(fetcher, &spec, on_done, NULL, NULL);
	ck_assert_ptr_nonnull(f);
	fetch_drop(f);
	close_world();
}
END_TEST

START_TEST(the_demo_is_made_and_other_schemes_are_refused)
{
	const struct fetch_spec spec = { .url = "ftp://127.0.0.1/x", .path = cache };
	struct err err = ERR_INIT;

	open_world();
	keep(fetch("demo:"));
	assert_cached("made here");
	ck_assert_ptr_null(fetch_start(fetcher, &spec, on_done, NULL, &err));
	ck_assert_str_eq(err.text, "only http:, https: and file: can be fetched");
	close_world();
}
END_TEST

UNIT_MAIN("fetch", UNIT_TEST(keeps_and_then_asks_conditionally),
    UNIT_ROWS(a_bad_answer_replaces_nothing, ARRAY_LEN(bad)),
    UNIT_TEST(what_is_too_large_is_refused), UNIT_TEST(copies_a_local_file_when_it_has_changed),
    UNIT_TEST(a_large_local_file_leaves_the_loop_its_turns),
    UNIT_TEST(a_local_file_that_is_being_written_is_not_taken),
    UNIT_TEST(a_stopped_fetch_leaves_nothing),
    UNIT_TEST(the_demo_is_made_and_other_schemes_are_refused))
