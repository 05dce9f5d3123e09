/*
 * The gateway but for its command: a configuration put into force, its routes over
 * HTTP, and reloads. The program is its own worker, as masthead is.
 */
#include "gateway/gateway.h"

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
#include "base/file.h"
#include "base/log.h"
#include "base/multi.h"
#include "gateway/allow.h"
#include "gateway/channels.h"
#include "gateway/fetch.h"
#include "gateway/folder.h"
#include "gateway/guide.h"
#include "gateway/http/http.h"
#include "gateway/relay/ledger.h"
#include "gateway/relay/relay.h"
#include "gateway/routes.h"
#include "gateway/setup.h"
#include "gateway/source.h"
#include "gateway/store.h"
#include "gateway/tuner/device.h"
#include "gateway/worker.h"
#include "playlist/lineup.h"
#include "unit.h"

#define REPLY_MAX (64u << 20)

/* -- the world ------------------------------------------------------------------ */

static char dir[] = "/tmp/masthead-gateway-XXXXXX";
static struct gateway g;
static int lock = -1;

static const char *
in_dir(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void
on_settled(void *arg, struct source *source, _Bool changed)
{
	(void)arg;
	(void)source;
	if (changed)
		channels_rebuild(g.channels);
}

static void
on_guide(void *arg, const struct err *err)
{
	(void)arg;
	(void)err;
}

static void
on_lineup(void *arg, struct lineup *lineup, const struct err *err)
{
	(void)arg;
	ck_assert_msg(lineup != NULL, "%s", err != NULL ? err->text : "");
}

/* Puts this YAML into force; `url` of every playlist is list.m3u of the folder. */
static int
apply(const char *yaml, struct err *err)
{
	const struct source_events events = { on_settled, NULL };
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
	ck_assert_msg(config_load_text(&config, text.data, text.len, &options, NULL, NULL, err) ==
		0,
	    "%s", err->text);
	buf_release(&text);
	rc = setup_apply(&g, config, &events, err);
	if (rc < 0)
		config_free(config);
	return rc;
}

static void
open_world(const char *yaml)
{
	const struct http_config http = { .routes = routes, .arg = &g };
	struct relay_settings settings = { .window_bytes = 1 << 20,
		.window_ms = 1000,
		.connect_ms = 1000,
		.stall_ms = 1000,
		.late_ms = 1000,
		.rap_wait_ms = 100,
		.channels_max = 8,
		.readers_max = 8 };
	struct err err = ERR_INIT;

	curl_global_init(CURL_GLOBAL_DEFAULT);
	ck_assert_msg(folder_open(dir, &lock, &err) == 0, "%s", err.text);
	g.base = event_base_new();
	g.clock = &clock_system;
	g.store = store_open(in_dir("masthead.db"), &err);
	g.multi = multi_new(g.base, &err);
	g.workers = worker_pool_new(g.base, NULL, &err);
	g.fetcher = fetcher_new(g.base, g.multi, &fetch_limits_default);
	g.channels = channels_new(g.base, g.workers, dir, on_lineup, NULL, &err);
	g.guide = guide_new(&(struct guide_deps){ g.base, g.workers, g.clock, dir }, on_guide, NULL,
	    &err);
	g.relay = relay_new(g.base, g.multi, &settings, NULL, g.clock, &err);
	g.http = http_server_new(g.base, &http, &err);
	ck_assert_msg(g.http != NULL && g.store != NULL, "%s", err.text);
	ck_assert_msg(http_server_listen(g.http, "127.0.0.1:0", 0, &err) == 0, "%s", err.text);
	ck_assert_msg(apply(yaml, &err) == 0, "%s", err.text);
}

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
	http_server_free(g.http);
	relay_free(g.relay);
	setup_release(&g);
	channels_free(g.channels);
	guide_free(g.guide);
	fetcher_free(g.fetcher);
	worker_pool_free(g.workers);
	multi_free(g.multi);
	store_close(g.store);
	event_base_free(g.base);
	close(lock);
	curl_global_cleanup();
	ck_assert_int_eq(nftw(dir, look_at, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static void
save_list(const char *text)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(unit_write_file(in_dir("list.m3u"), text, strlen(text)), 0);
}

static void
await_lineup(void)
{
	struct channels_info info = { 0 };

	while (channels_lineup(g.channels) == NULL || info.building) {
		ck_assert_int_ne(event_base_loop(g.base, EVLOOP_ONCE), -1);
		channels_get_info(g.channels, &info);
	}
}

/* -- a client ------------------------------------------------------------------- */

static struct {
	long status;
	struct buf head, body;
	_Bool done;
} reply;

static size_t
on_data(char *data, size_t size, size_t count, void *arg)
{
	buf_add(arg, data, size * count);
	return size * count;
}

static void
on_done(CURL *easy, CURLcode result, void *arg)
{
	(void)arg;
	ck_assert_msg(result == CURLE_OK, "%s", curl_easy_strerror(result));
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &reply.status);
	reply.done = 1;
}

/* Asks as `Host: tv:1`, with one more header or NULL. */
static void
ask(const char *method, const char *path, const char *header)
{
	struct curl_slist *headers = curl_slist_append(NULL, "Host: tv:1");
	CURL *easy = multi_easy();
	struct err err = ERR_INIT;
	char url[256];

	if (header != NULL)
		headers = curl_slist_append(headers, header);
	snprintf(url, sizeof(url), "http://%s%s", http_server_address(g.http, 0), path);
	buf_release(&reply.head);
	buf_release(&reply.body);
	buf_init(&reply.head, 65536);
	buf_init(&reply.body, REPLY_MAX);
	reply.done = 0;
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
	if (strcmp(method, "HEAD") == 0)
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	else if (strcmp(method, "POST") == 0)
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "");
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_data);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, &reply.body);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_data);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, &reply.head);
	ck_assert_int_eq(multi_add(g.multi, easy, on_done, NULL, &err), 0);
	while (!reply.done)
		ck_assert_int_ne(event_base_loop(g.base, EVLOOP_ONCE), -1);
	curl_easy_cleanup(easy);
	curl_slist_free_all(headers);
}

static void
forget_reply(void)
{
	buf_release(&reply.head);
	buf_release(&reply.body);
}

/* -- what it answers ------------------------------------------------------------------ */

static const char one_list[] = "playlists: [{name: acme, url: \"@\", max_streams: 2}]\n"
			       "devices: [{name: \"A & <B>\", tuners: 2, id: 10AF6F4B},"
			       " {name: Two, tuners: 1}]\n";
static const char two_channels[] =
    "#EXTM3U\n"
    "#EXTINF:-1 tvg-id=\"one.uk\" tvg-logo=\"http://l/1.png\" group-title=\"UK\",A & \"B\" <C>\n"
    "http://127.0.0.1:9/1\n"
    "#EXTINF:-1 tvg-chno=\"5.1\" group-title=\"DE\",Zwei\nhttp://127.0.0.1:9/2\n";

static const struct {
	const char *method, *path;
	long status;
	const char *header; /* in the head; NULL: any */
	const char *body;   /* the whole of it; NULL: any */
} documents[] = {
	{ "GET", "/discover.json", 200, "Content-Type: application/json; charset=\"utf-8\"",
	    "{\"FriendlyName\":\"A & <B>\",\"ModelNumber\":\"HDHR5-4US\","
	    "\"FirmwareName\":\"hdhomerun5_atsc\",\"FirmwareVersion\":\"20240101\","
	    "\"DeviceID\":\"10AF6F4B\",\"DeviceAuth\":\"mastheadmastheadmasthead\","
	    "\"BaseURL\":\"http://tv:1\",\"LineupURL\":\"http://tv:1/lineup.json\","
	    "\"TunerCount\":2}" },
	{ "GET", "/lineup.json?show=found", 200, "Access-Control-Allow-Origin: *",
	    "[{\"GuideNumber\":\"1\",\"GuideName\":\"A & \\\"B\\\" <C>\","
	    "\"URL\":\"http://tv:1/auto/v1\"},\n"
	    "{\"GuideNumber\":\"5.1\",\"GuideName\":\"Zwei\",\"URL\":\"http://tv:1/auto/"
	    "v5.1\"}]\n" },
	{ "GET", "/lineup.xml", 200, "Content-Type: application/xml; charset=\"utf-8\"",
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Lineup>\n"
	    "<Program><GuideNumber>1</GuideNumber><GuideName>A &amp; &quot;B&quot; &lt;C&gt;"
	    "</GuideName><URL>http://tv:1/auto/v1</URL></Program>\n"
	    "<Program><GuideNumber>5.1</GuideNumber><GuideName>Zwei</GuideName>"
	    "<URL>http://tv:1/auto/v5.1</URL></Program>\n</Lineup>\n" },
	{ "GET", "/lineup_status.json", 200, "Cache-Control: no-cache",
	    "{\"ScanInProgress\":0,\"ScanPossible\":1,\"Source\":\"Cable\","
	    "\"SourceList\":[\"Antenna\",\"Cable\"]}" },
	{ "POST", "/lineup.post?scan=start", 200, "Content-Length: 2", "{}" },
	{ "GET", "/lineup.post?scan=abort", 200, "Content-Length: 2", "{}" },
	{ "GET", "/status.json", 200, NULL,
	    "[{\"Resource\":\"tuner0\"},{\"Resource\":\"tuner1\"}]" },
	{ "GET", "/auto/v9", 404, "X-HDHomeRun-Error: 801 Unknown Channel", "" },
	{ "GET", "/auto/ch57000000-1", 404, "X-HDHomeRun-Error: 801 Unknown Channel", "" },
	{ "GET", "/stream/0000000000000000.ts", 404, "X-HDHomeRun-Error: 801 Unknown Channel", "" },
	{ "GET", "/tuner2/v1", 404, "X-HDHomeRun-Error: 806 Tune Failed", "" },
	{ "GET", "/auto/v1", 503, "X-HDHomeRun-Error: 806 Tune Failed", "" },
	{ "GET", "/tuner1/v5.1", 503, "X-HDHomeRun-Error: 806 Tune Failed", "" },
	{ "GET", "/guide.xml", 503, NULL, NULL },
	{ "GET", "/device/10af6f4b/status.json", 200, NULL, NULL },
	{ "GET", "/device/FFFFFFFF/discover.json", 404, NULL, NULL },
	{ "GET", "/device/FFFFFFFF/lineup.json", 404, NULL, NULL },
	{ "GET", "/device/FFFFFFFF/lineup_status.json", 404, NULL, NULL },
	{ "POST", "/device/FFFFFFFF/lineup.post", 404, NULL, NULL },
	{ "GET", "/device/FFFFFFFF/auto/v1", 404, NULL, NULL },
	{ "POST", "/control/reload", 403, NULL, NULL },
	{ "GET", "/playlist.m3u?group-title=FR", 200, NULL,
	    "#EXTM3U url-tvg=\"http://tv:1/guide.xml\" x-tvg-url=\"http://tv:1/guide.xml\"\n" },
};

START_TEST(every_document_is_what_clients_expect)
{
	save_list(two_channels);
	open_world(one_list);
	await_lineup();
	for (size_t i = 0; i < ARRAY_LEN(documents); i++) {
		ask(documents[i].method, documents[i].path, NULL);
		ck_assert_msg(reply.status == documents[i].status, "%s: %ld", documents[i].path,
		    reply.status);
		if (documents[i].body != NULL)
			ck_assert_str_eq(reply.body.data, documents[i].body);
		if (documents[i].header != NULL)
			ck_assert_msg(strstr(reply.head.data, documents[i].header) != NULL,
			    "%s: %s", documents[i].path, reply.head.data);
	}
	ask("GET", "/playlist.m3u?group-title=FR,UK", NULL);
	ck_assert_ptr_nonnull(strstr(reply.body.data, ".masthead\""));
	ck_assert_ptr_nonnull(strstr(reply.body.data, "\nhttp://tv:1/stream/"));
	ck_assert_ptr_null(strstr(reply.body.data, "Zwei"));
	ask("GET", "/", NULL);
	ck_assert_ptr_nonnull(strstr(reply.body.data, "A &amp; &quot;B&quot; &lt;C&gt;"));
	ck_assert_ptr_nonnull(strstr(reply.body.data, "Tuner: A &amp; &lt;B&gt;"));
	ck_assert_ptr_null(strstr(reply.body.data, "<C>"));
	forget_reply();
	close_world();
}
END_TEST

START_TEST(before_the_first_lineup_there_is_no_empty_one)
{
	static const char *const lists[] = { "/lineup.json", "/lineup.xml", "/lineup.m3u",
		"/playlist.m3u", "/readyz" };

	save_list("");
	open_world(one_list);
	channels_rebuild(g.channels);
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		ask("GET", lists[i], NULL);
		ck_assert_int_eq(reply.status, 503);
	}
	ask("GET", "/discover.json", NULL);
	ck_assert_int_eq(reply.status, 200);
	forget_reply();
	close_world();
}
END_TEST

/* Not by strstr: a sanitizer's looks at the whole rest each time. */
static size_t
count_words(const char *text, const char *word)
{
	size_t count = 0, len = strlen(word);

	for (const char *p = text; *p != '\0'; p++)
		count += *p == *word && strncmp(p, word, len) == 0;
	return count;
}

START_TEST(a_long_lineup_comes_whole_and_once)
{
	static const char *const paths[] = { "/lineup.json", "/lineup.xml", "/lineup.m3u",
		"/playlist.m3u" };
	struct buf text = BUF_INIT(REPLY_MAX);

	buf_str(&text, "#EXTM3U\n");
	for (unsigned i = 0; i < 20000; i++)
		buf_printf(&text, "#EXTINF:-1,Channel %u\nhttp://127.0.0.1:9/%u\n", i, i);
	save_list(text.data);
	buf_release(&text);
	open_world(one_list);
	await_lineup();
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		const char *etag;
		char match[64];

		ask("GET", paths[i], NULL);
		/* One each; the playlist's head has two, of the guide. */
		ck_assert_uint_eq(count_words(reply.body.data, "http://tv:1/"),
		    20000 + 2 * (strcmp(paths[i], "/playlist.m3u") == 0));
		ck_assert_ptr_nonnull(strstr(reply.body.data, "Channel 19999"));
		etag = strstr(reply.head.data, "ETag: ");
		ck_assert_ptr_nonnull(etag);
		snprintf(match, sizeof(match), "If-None-Match: %.18s", etag + 6);
		ask("GET", paths[i], match);
		ck_assert_int_eq(reply.status, 304);
		ck_assert_uint_eq(reply.body.len, 0);
		ask("HEAD", paths[i], NULL);
		ck_assert_int_eq(reply.status, 200);
		ck_assert_uint_eq(reply.body.len, 0);
		ck_assert_ptr_nonnull(strstr(reply.head.data, match + 15));
	}
	forget_reply();
	close_world();
}
END_TEST

/* -- reloads ------------------------------------------------------------------------ */

START_TEST(a_reload_keeps_what_has_not_changed)
{
	struct source *sources[2];
	struct ledger *accounts[2];
	struct device *devices[2];
	struct err err = ERR_INIT;

	save_list(two_channels);
	open_world("playlists: [{name: a, url: \"@\"}, {name: b, url: \"@\"}]\n"
		   "devices: [{name: one}, {name: two, id: 10AF6F4B}]\n");
	for (size_t i = 0; i < 2; i++) {
		sources[i] = g.playlists[i].source;
		accounts[i] = g.playlists[i].account;
		devices[i] = g.devices[i];
	}
	await_lineup();
	ck_assert_msg(
	    apply(
		"playlists: [{name: b, url: \"@\", user_agent: other, max_streams: 3},"
		" {name: a, url: \"@\"}, {name: c, url: \"@\"}]\n"
		"devices: [{name: first}, {name: more}, {name: third, id: 10AF6F4B, tuners: 9}]\n",
		&err) == 0,
	    "%s", err.text);
	ck_assert_ptr_eq(g.playlists[1].source, sources[0]);
	ck_assert_ptr_ne(g.playlists[0].source, sources[1]);
	ck_assert_ptr_eq(g.playlists[0].account, accounts[1]);
	ck_assert_uint_eq(ledger_limit(g.playlists[0].account), 3);
	ck_assert_ptr_eq(g.devices[0], devices[0]);
	ck_assert_str_eq(device_name(g.devices[0]), "first");
	ck_assert_ptr_eq(g.devices[2], devices[1]);
	ck_assert_uint_eq(device_tuners(g.devices[2]), 9);
	close_world();
}
END_TEST

START_TEST(a_reload_that_fails_changes_nothing)
{
	struct gateway before;
	struct err err = ERR_INIT;
	char yaml[256];

	save_list(two_channels);
	open_world(one_list);
	await_lineup();
	before = g;
	/* Its second device has the id that was made for the one at the first's place. */
	snprintf(yaml, sizeof(yaml),
	    "playlists: [{name: new, url: \"@\"}]\ndevices: [{name: a, id: %s}, {name: b}]\n",
	    device_id_text(g.devices[1]));
	ck_assert_int_eq(apply(yaml, &err), -EEXIST);
	ck_assert_ptr_nonnull(strstr(err.text, device_id_text(g.devices[1])));
	ck_assert_int_eq(memcmp(&before, &g, sizeof(g)), 0);
	ck_assert_str_eq(g.playlists[0].config->source.name, "acme");
	ask("GET", "/lineup.json", NULL);
	ck_assert_int_eq(reply.status, 200);
	forget_reply();
	close_world();
}
END_TEST

START_TEST(a_reload_without_a_new_catalogue_keeps_the_lineup)
{
	struct err err = ERR_INIT;
	struct lineup *before;

	save_list(two_channels);
	open_world(one_list);
	await_lineup();
	before = channels_lineup(g.channels);
	ck_assert_msg(apply("playlists: [{name: new, url: \"file:/nowhere\"}]\n", &err) == 0, "%s",
	    err.text);
	channels_rebuild(g.channels);
	ck_assert_ptr_eq(channels_lineup(g.channels), before);
	/* Its channels are told truly: nobody has their source any more. */
	ask("GET", "/auto/v1", NULL);
	ck_assert_int_eq(reply.status, 503);
	ck_assert_ptr_nonnull(strstr(reply.head.data, "X-HDHomeRun-Error: 806 Tune Failed"));
	forget_reply();
	close_world();
}
END_TEST

/* -- the folder ----------------------------------------------------------------------- */

START_TEST(a_folder_has_one_owner_and_is_swept_by_it_alone)
{
	struct err err = ERR_INIT;
	struct file_save save;
	int mine, other;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(folder_open(dir, &mine, &err), 0);
	ck_assert_int_eq(file_begin(&save, in_dir("cache/a"), 0600, &err), 0);
	ck_assert_int_eq(folder_open(dir, &other, &err), -EBUSY);
	ck_assert_ptr_nonnull(strstr(err.text, dir));
	ck_assert_int_eq(file_replace(&save, &err), 0);
	ck_assert_int_eq(file_begin(&save, in_dir("cache/a"), 0600, &err), 0);
	close(mine);
	ck_assert_int_eq(folder_open(dir, &mine, &err), 0);
	ck_assert_int_eq(file_replace(&save, &err), -ENOENT);
	close(mine);
	ck_assert_int_eq(nftw(dir, look_at, 8, FTW_DEPTH | FTW_PHYS), 0);
}
END_TEST

static void
hush(enum log_level level, const char *line, void *arg)
{
	(void)level;
	(void)line;
	(void)arg;
}

int
main(int argc, char **argv)
{
	const struct unit_case cases[] = {
		UNIT_TEST(every_document_is_what_clients_expect),
		UNIT_TEST(before_the_first_lineup_there_is_no_empty_one),
		UNIT_TEST(a_long_lineup_comes_whole_and_once),
		UNIT_TEST(a_reload_keeps_what_has_not_changed),
		UNIT_TEST(a_reload_that_fails_changes_nothing),
		UNIT_TEST(a_reload_without_a_new_catalogue_keeps_the_lineup),
		UNIT_TEST(a_folder_has_one_owner_and_is_swept_by_it_alone),
	};

	if (argc > 2 && strcmp(argv[1], "worker") == 0)
		return worker_main(argc - 2, argv + 2);
	log_set_sink(hush, NULL);
	return unit_run("gateway", cases, ARRAY_LEN(cases));
}
