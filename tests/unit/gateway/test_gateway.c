/*
 * The gateway but for its command: a configuration put into force, its routes over
 * HTTP, and reloads.
 */
#include "gateway/gateway.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "gateway/relay/ledger.h"
#include "gateway/tuner/device.h"
#include "tests/unit/gateway/gateway_world.h"

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
	world_open(two_channels, one_list);
	world_await_lineup();
	for (size_t i = 0; i < ARRAY_LEN(documents); i++) {
		ask_with(documents[i].method, documents[i].path, NULL);
		ck_assert_msg(reply.status == documents[i].status, "%s: %ld", documents[i].path,
		    reply.status);
		if (documents[i].body != NULL)
			ck_assert_str_eq(reply.body.data, documents[i].body);
		if (documents[i].header != NULL)
			ck_assert_msg(strstr(reply.head.data, documents[i].header) != NULL,
			    "%s: %s", documents[i].path, reply.head.data);
	}
	ask_with("GET", "/playlist.m3u?group-title=FR,UK", NULL);
	ck_assert_ptr_nonnull(strstr(reply.body.data, ".masthead\""));
	ck_assert_ptr_nonnull(strstr(reply.body.data, "\nhttp://tv:1/stream/"));
	ck_assert_ptr_null(strstr(reply.body.data, "Zwei"));
	ask("/");
	ck_assert_ptr_nonnull(strstr(reply.body.data, "A &amp; &quot;B&quot; &lt;C&gt;"));
	ck_assert_ptr_nonnull(strstr(reply.body.data, "Tuner: A &amp; &lt;B&gt;"));
	ck_assert_ptr_null(strstr(reply.body.data, "<C>"));
	world_close();
}
END_TEST

START_TEST(before_the_first_lineup_there_is_no_empty_one)
{
	static const char *const lists[] = { "/lineup.json", "/lineup.xml", "/lineup.m3u",
		"/playlist.m3u", "/readyz" };

	world_open("", one_list);
	channels_rebuild(g.channels);
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		ask(lists[i]);
		ck_assert_msg(reply.status == 503, "%s: %ld", lists[i], reply.status);
	}
	ask("/discover.json");
	ck_assert_int_eq(reply.status, 200);
	world_close();
}
END_TEST

START_TEST(a_long_lineup_comes_whole_and_once)
{
	static const char *const paths[] = { "/lineup.json", "/lineup.xml", "/lineup.m3u",
		"/playlist.m3u" };
	struct buf text = BUF_INIT(REPLY_MAX);

	buf_str(&text, "#EXTM3U\n");
	for (unsigned i = 0; i < 20000; i++)
		buf_printf(&text, "#EXTINF:-1,Channel %u\nhttp://127.0.0.1:9/%u\n", i, i);
	world_open(text.data, one_list);
	buf_release(&text);
	world_await_lineup();
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		char etag[64], match[128];

		ask(paths[i]);
		/* One each; the playlist's head has two, of the guide. */
		ck_assert_uint_eq(reply_count("http://tv:1/"),
		    20000 + 2 * (strcmp(paths[i], "/playlist.m3u") == 0));
		ck_assert_ptr_nonnull(strstr(reply.body.data, "Channel 19999"));
		snprintf(etag, sizeof(etag), "%.60s", reply_header("ETag"));
		ck_assert_str_ne(etag, "");
		snprintf(match, sizeof(match), "If-None-Match: %s", etag);
		ask_with("GET", paths[i], match);
		ck_assert_int_eq(reply.status, 304);
		ck_assert_uint_eq(reply.body.len, 0);
		ask_with("HEAD", paths[i], NULL);
		ck_assert_int_eq(reply.status, 200);
		ck_assert_uint_eq(reply.body.len, 0);
		ck_assert_str_eq(reply_header("ETag"), etag);
	}
	world_close();
}
END_TEST

/* -- reloads ------------------------------------------------------------------------ */

START_TEST(a_reload_keeps_what_has_not_changed)
{
	struct source *sources[2];
	struct ledger *accounts[2];
	struct device *devices[2];
	struct err err = ERR_INIT;

	world_open(two_channels,
	    "playlists: [{name: a, url: \"@\"}, {name: b, url: \"@\"}]\n"
	    "devices: [{name: one}, {name: two, id: 10AF6F4B}]\n");
	for (size_t i = 0; i < 2; i++) {
		sources[i] = g.playlists[i].source;
		accounts[i] = g.playlists[i].account;
		devices[i] = g.devices[i];
	}
	world_await_lineup();
	ck_assert_msg(
	    world_apply(
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
	world_close();
}
END_TEST

START_TEST(a_reload_that_fails_changes_nothing)
{
	struct gateway before;
	struct err err = ERR_INIT;
	char yaml[256];

	world_open(two_channels, one_list);
	world_await_lineup();
	before = g;
	/* Its second device has the id that was made for the one at the first's place. */
	snprintf(yaml, sizeof(yaml),
	    "playlists: [{name: new, url: \"@\"}]\ndevices: [{name: a, id: %s}, {name: b}]\n",
	    device_id_text(g.devices[1]));
	ck_assert_int_eq(world_apply(yaml, &err), -EEXIST);
	ck_assert_ptr_nonnull(strstr(err.text, device_id_text(g.devices[1])));
	ck_assert_int_eq(memcmp(&before, &g, sizeof(g)), 0);
	ck_assert_str_eq(g.playlists[0].config->source.name, "acme");
	ask("/lineup.json");
	ck_assert_int_eq(reply.status, 200);
	world_close();
}
END_TEST

START_TEST(a_reload_without_a_new_catalogue_keeps_the_lineup)
{
	struct err err = ERR_INIT;
	struct lineup *before;

	world_open(two_channels, one_list);
	world_await_lineup();
	before = channels_lineup(g.channels);
	ck_assert_msg(world_apply("playlists: [{name: new, url: \"file:/nowhere\"}]\n", &err) == 0,
	    "%s", err.text);
	channels_rebuild(g.channels);
	ck_assert_ptr_eq(channels_lineup(g.channels), before);
	/* Its channels are told truly: nobody has their source any more. */
	ask("/auto/v1");
	ck_assert_int_eq(reply.status, 503);
	ck_assert_ptr_nonnull(strstr(reply.head.data, "X-HDHomeRun-Error: 806 Tune Failed"));
	world_close();
}
END_TEST

/* -- the folder ----------------------------------------------------------------------- */

START_TEST(a_folder_has_one_owner_and_is_swept_by_it_alone)
{
	struct err err = ERR_INIT;
	struct file_save save;
	int mine, other;

	make_dir();
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
	remove_dir();
}
END_TEST

WORLD_MAIN("gateway", UNIT_TEST(every_document_is_what_clients_expect),
    UNIT_TEST(before_the_first_lineup_there_is_no_empty_one),
    UNIT_TEST(a_long_lineup_comes_whole_and_once), UNIT_TEST(a_reload_keeps_what_has_not_changed),
    UNIT_TEST(a_reload_that_fails_changes_nothing),
    UNIT_TEST(a_reload_without_a_new_catalogue_keeps_the_lineup),
    UNIT_TEST(a_folder_has_one_owner_and_is_swept_by_it_alone))
