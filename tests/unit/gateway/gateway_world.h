/*
 * The gateway but for its command, at a standing hour, asked over HTTP. Its lineup is made
 * by real workers.
 */
#ifndef TESTS_GATEWAY_GATEWAY_WORLD_H
#define TESTS_GATEWAY_GATEWAY_WORLD_H

#include <curl/curl.h>
#include <event2/event.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/multi.h"
#include "gateway/channels.h"
#include "gateway/fetch.h"
#include "gateway/folder.h"
#include "gateway/gateway.h"
#include "gateway/guide.h"
#include "gateway/http/http.h"
#include "gateway/images.h"
#include "gateway/relay/relay.h"
#include "gateway/routes.h"
#include "gateway/setup.h"
#include "gateway/source.h"
#include "gateway/store.h"
#include "playlist/lineup.h"
#include "tests/unit/gateway/world.h"

#define REPLY_MAX (256u << 20)

/* 2024-01-01 12:15 UTC */
#define WORLD_WALL 1704111300

static struct gateway g;
static int lock = -1;
static time_t wall = WORLD_WALL;
static uint64_t later_us; /* added to the machine's clock */

static inline uint64_t
world_mono(void *arg)
{
	(void)arg;
	return clock_us(&clock_system) + later_us;
}

static inline time_t
world_wall(void *arg)
{
	(void)arg;
	return wall;
}

static const struct clock world_clock = { world_mono, world_wall, NULL };

static inline void
world_settled(void *arg, struct source *source, _Bool changed)
{
	(void)arg;
	(void)source;
	if (changed)
		channels_rebuild(g.channels);
}

static inline void
world_lineup(void *arg, struct lineup *lineup, const struct err *err)
{
	(void)arg;
	ck_assert_msg(lineup != NULL, "%s", err != NULL ? err->text : "");
}

static inline void
world_guide(void *arg, const struct err *err)
{
	(void)arg;
	ck_assert_msg(err == NULL, "%s", err == NULL ? "" : err->text);
}

/* Puts this YAML into force; each @ in it is the address of the folder's list.m3u. */
static inline int
world_apply(const char *yaml, struct err *err)
{
	const struct source_events events = { world_settled, NULL };
	const struct config_options options = { .path = "test.yaml" };
	struct buf text = BUF_INIT(65536);
	struct config *config;
	int rc;

	buf_printf(&text, "data: %s\n", dir);
	for (const char *p = yaml; *p != '\0'; p++) {
		if (*p == '@')
			buf_printf(&text, "file:%s/list.m3u", dir);
		else
			buf_char(&text, *p);
	}
	rc = config_load_text(&config, text.data, text.len, &options, NULL, NULL, err);
	ck_assert_msg(rc == 0, "%s", err->text);
	buf_release(&text);
	rc = setup_apply(&g, config, &events, err);
	if (rc < 0)
		config_free(config);
	return rc;
}

/* With this playlist at list.m3u. */
static inline void
world_open(const char *list, const char *yaml)
{
	const struct http_config http = { .routes = routes, .arg = &g, .clock = &world_clock };
	struct relay_settings settings = { .window_bytes = 1 << 20,
		.window_ms = 1000,
		.connect_ms = 1000,
		.stall_ms = 1000,
		.late_ms = 1000,
		.rap_wait_ms = 100,
		.channels_max = 8,
		.readers_max = 8 };
	struct err err = ERR_INIT;

	make_dir();
	ck_assert_int_eq(unit_write_file(in_dir("list.m3u"), list, strlen(list)), 0);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	ck_assert_msg(folder_open(dir, &lock, &err) == 0, "%s", err.text);
	g.base = event_base_new();
	g.clock = &world_clock;
	g.store = store_open(in_dir("masthead.db"), &err);
	ck_assert_msg(g.store != NULL, "%s", err.text);
	g.multi = multi_new(g.base, &err);
	g.workers = worker_pool_new(g.base, NULL, &err);
	g.fetcher = fetcher_new(g.base, g.multi, &fetch_limits_default);
	g.channels = channels_new(g.base, g.workers, dir, world_lineup, NULL, &err);
	g.guide = guide_new(&(struct guide_deps){ g.base, g.workers, g.clock, dir }, world_guide,
	    NULL, &err);
	g.images = images_new(&(struct images_deps){ g.base, g.multi, g.store, g.clock, dir },
	    &err);
	ck_assert_msg(g.images != NULL, "%s", err.text);
	g.relay = relay_new(g.base, g.multi, &settings, NULL, g.clock, &err);
	g.http = http_server_new(g.base, &http, &err);
	ck_assert_msg(g.http != NULL, "%s", err.text);
	ck_assert_msg(http_server_listen(g.http, "127.0.0.1:0", 0, &err) == 0, "%s", err.text);
	ck_assert_msg(world_apply(yaml, &err) == 0, "%s", err.text);
}

static inline void
world_await_lineup(void)
{
	struct channels_info info = { 0 };

	while (channels_lineup(g.channels) == NULL || info.building) {
		ck_assert_int_ne(event_base_loop(g.base, EVLOOP_ONCE), -1);
		channels_get_info(g.channels, &info);
	}
}

/* What the last reply was. */
static struct {
	long status;
	struct buf head, body;
	_Bool done;
} reply;

static inline void
world_close(void)
{
	buf_release(&reply.head);
	buf_release(&reply.body);
	http_server_free(g.http);
	relay_free(g.relay);
	setup_release(&g);
	channels_free(g.channels);
	guide_free(g.guide);
	images_free(g.images);
	fetcher_free(g.fetcher);
	worker_pool_free(g.workers);
	multi_free(g.multi);
	store_close(g.store);
	event_base_free(g.base);
	close(lock);
	curl_global_cleanup();
	remove_dir();
}

/* -- a client -------------------------------------------------------------------------- */

static inline size_t
world_on_data(char *data, size_t size, size_t count, void *arg)
{
	buf_add(arg, data, size * count);
	return size * count;
}

static inline void
world_on_done(CURL *easy, CURLcode result, void *arg)
{
	(void)arg;
	ck_assert_msg(result == CURLE_OK, "%s", curl_easy_strerror(result));
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &reply.status);
	reply.done = 1;
}

/* Asks as `Host: tv:1`, with one more header or NULL. `path` may have all that follows, too. */
static inline void
ask_with(const char *method, const char *path, const char *header)
{
	struct curl_slist *headers = curl_slist_append(NULL, "Host: tv:1");
	const char *own = strncmp(path, "http://tv:1", 11) == 0 ? path + 11 : path;
	CURL *easy = multi_easy();
	struct err err = ERR_INIT;
	struct buf url = BUF_INIT(16384);

	if (header != NULL)
		headers = curl_slist_append(headers, header);
	buf_printf(&url, "http://%s%s", http_server_address(g.http, 0), own);
	buf_release(&reply.head);
	buf_release(&reply.body);
	buf_init(&reply.head, 65536);
	buf_init(&reply.body, REPLY_MAX);
	reply.done = 0;
	curl_easy_setopt(easy, CURLOPT_URL, url.data);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
	if (strcmp(method, "HEAD") == 0)
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	else if (strcmp(method, "POST") == 0)
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "");
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, world_on_data);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, &reply.body);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, world_on_data);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, &reply.head);
	ck_assert_int_eq(multi_add(g.multi, easy, world_on_done, NULL, &err), 0);
	while (!reply.done)
		ck_assert_int_ne(event_base_loop(g.base, EVLOOP_ONCE), -1);
	curl_easy_cleanup(easy);
	curl_slist_free_all(headers);
	buf_release(&url);
}

static inline void
ask(const char *path)
{
	ask_with("GET", path, NULL);
}

/* The value of a header of the last reply; "" without one. */
static inline const char *
reply_header(const char *name)
{
	static char value[512];
	size_t len = strlen(name);

	value[0] = '\0';
	for (const char *p = reply.head.data; p != NULL; p = strstr(p, "\r\n")) {
		p += strspn(p, "\r\n");
		if (strncasecmp(p, name, len) == 0 && p[len] == ':') {
			snprintf(value, sizeof(value), "%.*s", (int)strcspn(p + len + 2, "\r"),
			    p + len + 2);
			break;
		}
	}
	return value;
}

/* How often it stands in the last reply's body. */
static inline unsigned
reply_count(const char *text)
{
	size_t len = strlen(text);
	unsigned n = 0;

	/* Not by strstr: a sanitizer's looks at the whole rest each time. */
	for (const char *p = reply.body.data; *p != '\0'; p++)
		n += *p == *text && strncmp(p, text, len) == 0;
	return n;
}

#endif
