/*
 * Sources against a real origin and real workers. The sources' clock stands unless a test
 * moves it.
 */
#ifndef TESTS_GATEWAY_SOURCE_WORLD_H
#define TESTS_GATEWAY_SOURCE_WORLD_H

#include <curl/curl.h>
#include <event2/event.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/multi.h"
#include "gateway/fetch.h"
#include "gateway/http/http.h"
#include "gateway/source.h"
#include "gateway/worker.h"
#include "tests/unit/gateway/world.h"

#define MINUTE 60000
#define HOUR   (60 * MINUTE)

/* -- the world ------------------------------------------------------------------ */

static char origin[128];
static struct event_base *base;
static struct multi *multi;
static struct fetcher *fetcher;
static struct worker_pool *workers;
static struct http_server *server;

/* What the origin answers; etag NULL: none. */
static struct {
	int status;
	char body[256 << 10];
	size_t len;           /* 0: strlen(body) */
	const char *redirect; /* instead: to there */
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

static inline time_t
wall_time(void *arg)
{
	(void)arg;
	return wall;
}

static const struct clock standing = { mono_us, wall_time, NULL };

static inline void
on_request(struct http_request *req, void *arg)
{
	const char *match = http_header(req, "If-None-Match");

	(void)arg;
	play.asked++;
	if (play.redirect != NULL && strstr(http_path(req), "elsewhere") == NULL) {
		http_add_header(req, "Location", "%s", play.redirect);
		http_reply(req, 302, NULL, "", 0);
		return;
	}
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
		http_reply(req, play.status, "text/plain", play.body,
		    play.len > 0 ? play.len : strlen(play.body));
	}
}

static const struct http_route routes[] = {
	{ HTTP_GET, "/{rest...}", HTTP_ANYONE, on_request, NULL },
	{ 0, NULL, HTTP_ANYONE, NULL, NULL },
};

static inline void
open_world(void)
{
	static const char *const made[] = { "cache", "snapshots", "guide" };
	const struct http_config config = { .routes = routes };
	struct err err = ERR_INIT;

	make_dir();
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

static inline void
close_world(void)
{
	worker_pool_free(workers);
	fetcher_free(fetcher);
	http_server_free(server);
	multi_free(multi);
	event_base_free(base);
	curl_global_cleanup();
	remove_dir();
}

/* -- the source ------------------------------------------------------------------- */

static struct source *source;
static struct source_info info;
static unsigned changes;

static inline void
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
	.refresh_minute = -1,
	.shrink_percent = 50 };

static inline void
open_source(void)
{
	const struct source_deps deps = { base, fetcher, workers, &standing, dir };
	const struct source_events events = { on_settled, NULL };
	struct err err = ERR_INIT;

	source = source_new(&deps, &config, &events, &err);
	ck_assert_msg(source != NULL, "%s", err.text);
}

/* Until its next attempt has ended; info is what is known then. */
static inline void
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

static inline void
reopen_source(void)
{
	source_free(source);
	open_source();
}

#endif
