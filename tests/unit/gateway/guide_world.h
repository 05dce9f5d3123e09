/*
 * A gateway with a lineup and a guide at a standing hour, asked over HTTP. The lineup is
 * made by real workers (the program is its own worker, as masthead is); the guide by its
 * writer.
 */
#ifndef TESTS_GATEWAY_GUIDE_WORLD_H
#define TESTS_GATEWAY_GUIDE_WORLD_H

#include <curl/curl.h>
#include <event2/event.h>
#include <fcntl.h>
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
#include "gateway/worker.h"
#include "playlist/lineup.h"
#include "tests/unit/epg/guides.h"
#include "unit.h"

#define REPLY_MAX (256u << 20)

static char dir[] = "/tmp/masthead-guide-XXXXXX";
static struct gateway g;
static int lock = -1;
/* A quarter of an hour after the guide's noon. */
static time_t wall = NEW_YEAR + 12 * 3600 + 900;
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

static inline const char *
in_dir(const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

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

/* Puts a configuration of this playlist and `more` into force. */
static inline void
world_apply(const char *more)
{
	const struct source_events events = { world_settled, NULL };
	const struct config_options options = { .path = "test.yaml" };
	struct buf text = BUF_INIT(65536);
	struct err err = ERR_INIT;
	struct config *config;

	buf_printf(&text,
	    "data: %s\nplaylists: [{name: acme, url: \"file:%s/list.m3u\"}]\n"
	    "devices: [{id: 10AF6F4B}]\n%s",
	    dir, dir, more);
	ck_assert_msg(config_load_text(&config, text.data, text.len, &options, NULL, NULL, &err) ==
		0,
	    "%s", err.text);
	ck_assert_msg(setup_apply(&g, config, &events, &err) == 0, "%s", err.text);
	buf_release(&text);
}

static inline void
world_open(const char *list, const char *more)
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

	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(unit_write_file(in_dir("list.m3u"), list, strlen(list)), 0);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	ck_assert_msg(folder_open(dir, &lock, &err) == 0, "%s", err.text);
	g.base = event_base_new();
	g.clock = &world_clock;
	g.store = store_open(in_dir("masthead.db"), &err);
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
	ck_assert_msg(http_server_listen(g.http, "127.0.0.1:0", 0, &err) == 0, "%s", err.text);
	world_apply(more);
	while (channels_lineup(g.channels) == NULL)
		ck_assert_int_ne(event_base_loop(g.base, EVLOOP_ONCE), -1);
}

static inline int
world_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	ck_assert_msg(strstr(path, "tmp~") == NULL, "%s was left behind", path);
	return remove(path);
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
	ck_assert_int_eq(nftw(dir, world_remove, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* -- the guide ----------------------------------------------------------------------- */

/* The guide id of channel i of the lineup. */
static inline const char *
world_id(uint32_t i)
{
	static char ids[8][LINEUP_GUIDE_ID_SIZE];
	static unsigned next;
	char *id = ids[next++ % 8];
	struct lineup_channel channel;

	lineup_get(channels_lineup(g.channels), i, &channel);
	lineup_guide_id(channel.id, id);
	return id;
}

/*
 * Gives the gateway a guide of these programmes, whose channels are those of the lineup;
 * without a logo in the lineup, `source_xml` is what a source has about them.
 */
static inline void
world_give_guide(const struct test_programme *programmes, size_t count, const char *source_xml)
{
	const int flags = O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC;
	uint32_t channels = lineup_count(channels_lineup(g.channels));
	struct guide_write_channel *list = calloc(channels, sizeof(*list));
	char(*numbers)[24] = calloc(channels, sizeof(*numbers));
	char(*ids)[LINEUP_GUIDE_ID_SIZE] = calloc(channels, sizeof(*ids));
	const struct test_guide guide = { list, channels, programmes, count };
	struct guide_files files;
	struct err err = ERR_INIT;

	for (uint32_t i = 0; i < channels; i++) {
		struct lineup_channel channel;

		lineup_get(channels_lineup(g.channels), i, &channel);
		lineup_number_text(&channel, numbers[i]);
		lineup_guide_id(channel.id, ids[i]);
		list[i] = (struct guide_write_channel){ ids[i], numbers[i], channel.name,
			channel.logo, source_xml };
	}
	files.xml = open(in_dir("guide/guide.xml"), flags, 0600);
	files.gzip = open(in_dir("guide/guide.xml.gz"), flags, 0600);
	files.index = open(in_dir("guide/guide.idx"), flags, 0600);
	guide_write(&guide, &files, NULL, -1);
	guide_files_close(&files);
	free(list);
	free(numbers);
	free(ids);
	guide_free(g.guide);
	g.guide = guide_new(&(struct guide_deps){ g.base, g.workers, g.clock, dir }, world_guide,
	    NULL, &err);
	guide_restore(g.guide);
	while (guide_index(g.guide) == NULL)
		ck_assert_int_ne(event_base_loop(g.base, EVLOOP_ONCE), -1);
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
	unsigned n = 0;

	for (const char *p = reply.body.data; (p = strstr(p, text)) != NULL; p++)
		n++;
	return n;
}

/* The last reply's body by xmllint, where it is installed. */
static inline void
expect_valid_reply(void)
{
	int fd = unit_memory_file(reply.body.data);

	expect_valid(fd);
	close(fd);
}

static inline void
world_hush(enum log_level level, const char *line, void *arg)
{
	(void)level;
	(void)line;
	(void)arg;
}

#define WORLD_MAIN(name, ...)                                     \
	int main(int argc, char **argv)                           \
	{                                                         \
		const struct unit_case cases[] = { __VA_ARGS__ }; \
                                                                  \
		if (argc > 2 && strcmp(argv[1], "worker") == 0)   \
			return worker_main(argc - 2, argv + 2);   \
		log_set_sink(world_hush, NULL);                   \
		return unit_run(name, cases, ARRAY_LEN(cases));   \
	}

#endif
