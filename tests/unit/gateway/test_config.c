#include "gateway/config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "base/opt.h"
#include "base/redact.h"
#include "gateway/config_parts.h"
#include "tests/unit/gateway/config_texts.h"

/* -- helpers ------------------------------------------------------------------------- */

static struct config *
load_good(const char *text)
{
	struct buf problems = BUF_INIT(65536);
	struct config *config = load(text, NULL, NULL, &problems);

	ck_assert_msg(config != NULL, "%s", problems.data);
	ck_assert_str_eq(problems.data, "");
	buf_release(&problems);
	return config;
}

/* -- what a config becomes ------------------------------------------------------------- */

START_TEST(nothing_at_all_is_the_demo)
{
	struct config *c = load_good("");

	ck_assert(c->demo);
	ck_assert_uint_eq(c->playlist_count, 1);
	ck_assert_str_eq(c->playlists[0].source.name, "demo");
	ck_assert_str_eq(c->playlists[0].source.url, "demo:");
	ck_assert_uint_eq(c->guide_count, 1);
	ck_assert_str_eq(c->guides[0].source.url, "demo:");
	ck_assert_uint_eq(c->listen_count, 1);
	ck_assert_str_eq(c->listen[0], "0.0.0.0:34400");
	ck_assert_str_eq(c->data, "/home/ann/.local/state/masthead");
	ck_assert_ptr_null(c->public_url);
	ck_assert_uint_eq(c->allow_count, 8);
	ck_assert_uint_eq(c->log_level, LOG_LEVEL_INFO);
	ck_assert_uint_eq(c->device_count, 1);
	ck_assert_str_eq(c->devices[0].name, "Masthead");
	ck_assert_uint_eq(c->devices[0].tuners, 4);
	ck_assert_ptr_null(c->devices[0].id);
	ck_assert_int_eq(c->guides[0].source.refresh_minute, -1);
	ck_assert_uint_eq(c->guides[0].source.refresh_ms, 12 * 3600000);
	ck_assert_int_eq(c->guides[0].shift_s, 0);
	ck_assert_uint_eq(c->guide.days_back, 1);
	ck_assert_uint_eq(c->guide.days, 14);
	ck_assert_uint_eq(c->guide.fill, 1);
	ck_assert_uint_eq(c->guide.made_up_ms, 7200000);
	ck_assert_uint_eq(c->guide.events, 1);
	ck_assert_uint_eq(c->guide.categories, 1);
	ck_assert_uint_eq(c->guide.rule_count, 0);
	ck_assert_uint_eq(c->images.proxy, 0);
	ck_assert_uint_eq(c->images.space_bytes, 256u << 20);
	ck_assert_ptr_null(c->images.logos);
	ck_assert_uint_eq(c->relay.window_bytes, 12u << 20);
	ck_assert_uint_eq(c->relay.window_ms, 6000);
	ck_assert_uint_eq(c->relay.join_behind_ms, 5000);
	ck_assert_uint_eq(c->relay.linger_ms, 20000);
	ck_assert_uint_eq(c->relay.connect_ms, 8000);
	ck_assert_uint_eq(c->relay.stall_ms, 3000);
	ck_assert_uint_eq(c->relay.late_ms, 30000);
	ck_assert_uint_eq(c->relay.sendfile_from, 6);
	config_free(c);
	config_free(NULL);
}
END_TEST

START_TEST(every_key_arrives_in_its_field)
{
	struct config *c = load_good(
	    "listen: ['127.0.0.1:0', '[::]:80', 'unix:/run/m.sock']\n"
	    "data: /srv/m\n"
	    "public_url: https://tv.example/m//\n"
	    "allow: [10.1.2.3, 'fd00::/8']\n"
	    "log: {level: debug}\n"
	    "playlists:\n"
	    "  - name: acme 2_x.y-z\n"
	    "    url: http://h:8080/get.php?type=m3u_plus\n"
	    "    user_agent: VLC/3\n"
	    "    headers: ['Referer: http://h/', 'X-A:b']\n"
	    "    proxy: socks5h://127.0.0.1:1080\n"
	    "    max_streams: 2\n"
	    "    refresh: 90m\n"
	    "    shrink_percent: 10\n"
	    "  - {name: local, url: 'file:/dev/null'}\n"
	    "guides:\n"
	    "  - {name: uk, url: 'https://g/uk.xml.gz', user_agent: me, headers: ['A: b'],\n"
	    "     proxy: 'http://p:3128', refresh: 0}\n"
	    "devices:\n"
	    "  - {name: Living room, tuners: 64, id: 10af6f4b}\n"
	    "  - {name: Kitchen}\n"
	    "relay: {window: 1MiB, window_time: 10s, join_behind: 0, linger: 0, connect_timeout: "
	    "2s,\n"
	    "        stall_timeout: 500ms, late_timeout: 1m, sendfile_from: 0}\n");
	const struct config_playlist *p = &c->playlists[0];
	const struct config_guide *g = &c->guides[0];

	ck_assert(!c->demo);
	ck_assert_uint_eq(c->listen_count, 3);
	ck_assert_str_eq(c->listen[2], "unix:/run/m.sock");
	ck_assert_str_eq(c->data, "/srv/m");
	ck_assert_str_eq(c->public_url, "https://tv.example/m");
	ck_assert_uint_eq(c->allow_count, 2);
	ck_assert_uint_eq(c->log_level, LOG_LEVEL_DEBUG);
	ck_assert_uint_eq(c->playlist_count, 2);
	ck_assert_str_eq(p->source.name, "acme 2_x.y-z");
	ck_assert_str_eq(p->source.url, "http://h:8080/get.php?type=m3u_plus");
	ck_assert_str_eq(p->source.user_agent, "VLC/3");
	ck_assert_uint_eq(p->source.header_count, 2);
	ck_assert_str_eq(p->source.headers[1], "X-A:b");
	ck_assert_str_eq(p->source.proxy, "socks5h://127.0.0.1:1080");
	ck_assert_uint_eq(p->max_streams, 2);
	ck_assert_uint_eq(p->source.refresh_ms, 5400000);
	ck_assert_uint_eq(p->source.shrink_percent, 10);
	ck_assert_uint_eq(c->playlists[1].max_streams, 0);
	ck_assert_uint_eq(c->playlists[1].source.refresh_ms, 6 * 3600000);
	ck_assert_uint_eq(c->playlists[1].source.shrink_percent, 50);
	ck_assert_ptr_null(c->playlists[1].source.user_agent);
	ck_assert_uint_eq(c->guide_count, 1);
	ck_assert_str_eq(g->source.name, "uk");
	ck_assert_str_eq(g->source.url, "https://g/uk.xml.gz");
	ck_assert_str_eq(g->source.user_agent, "me");
	ck_assert_str_eq(g->source.headers[0], "A: b");
	ck_assert_str_eq(g->source.proxy, "http://p:3128");
	ck_assert_uint_eq(g->source.refresh_ms, 0);
	ck_assert_uint_eq(c->device_count, 2);
	ck_assert_str_eq(c->devices[0].id, "10af6f4b");
	ck_assert_uint_eq(c->devices[0].tuners, 64);
	ck_assert_uint_eq(c->devices[1].tuners, 4);
	ck_assert_uint_eq(c->relay.window_bytes, 1u << 20);
	ck_assert_uint_eq(c->relay.window_ms, 10000);
	ck_assert_uint_eq(c->relay.join_behind_ms, 0);
	ck_assert_uint_eq(c->relay.linger_ms, 0);
	ck_assert_uint_eq(c->relay.connect_ms, 2000);
	ck_assert_uint_eq(c->relay.stall_ms, 500);
	ck_assert_uint_eq(c->relay.late_ms, 60000);
	ck_assert_uint_eq(c->relay.sendfile_from, 0);
	config_free(c);
}
END_TEST

START_TEST(a_guide_of_ones_own_stays_beside_the_demo_playlist)
{
	struct config *c = load_good("guides: [{name: uk, url: 'http://g/'}]\nplaylists: []\n");

	ck_assert(c->demo);
	ck_assert_uint_eq(c->playlist_count, 1);
	ck_assert_uint_eq(c->guide_count, 1);
	ck_assert_str_eq(c->guides[0].source.name, "uk");
	config_free(c);
	c = load_good("playlists: [{name: a, url: 'http://g/'}]\n");
	ck_assert(!c->demo);
	ck_assert_uint_eq(c->guide_count, 0);
	config_free(c);
}
END_TEST

/* -- where files are kept ---------------------------------------------------------------- */

static const struct {
	const char *env[3], *text, *data;
} folders[] = {
	{ { NULL }, "", "/home/ann/.local/state/masthead" },
	{ { "XDG_STATE_HOME=/x/state" }, "", "/x/state/masthead" },
	{ { "XDG_STATE_HOME=" }, "", "/home/ann/.local/state/masthead" },
	{ { "STATE_DIRECTORY=/var/lib/m", "XDG_STATE_HOME=/x" }, "", "/var/lib/m" },
	{ { "STATE_DIRECTORY=/var/lib/m:/var/lib/n" }, "", "/var/lib/m" },
	{ { "STATE_DIRECTORY=/var/lib/m" }, "data: here", "here" },
	{ { "STATE_DIRECTORY=/var/lib/m", "MASTHEAD_DATA=/there" }, "data: here", "/there" },
};

START_TEST(the_data_folder_has_a_default_everywhere)
{
	struct buf problems = BUF_INIT(65536);
	struct config *c = load(folders[_i].text, folders[_i].env, NULL, &problems);

	ck_assert_ptr_nonnull(c);
	ck_assert_str_eq(c->data, folders[_i].data);
	config_free(c);
	buf_release(&problems);
}
END_TEST

START_TEST(without_any_home_the_data_folder_must_be_said)
{
	struct config_options options = { NULL, NULL, NULL };
	struct err err = ERR_INIT;
	struct config *c;

	ck_assert_int_eq(config_load(&c, &options, NULL, NULL, &err), -EINVAL);
	ck_assert_str_eq(err.text,
	    "data: is not set, and neither is HOME: say where to keep files with --data DIR");
}
END_TEST

/* -- what is wrong ----------------------------------------------------------------------- */

#define P(entry) "playlists: [{name: a, url: 'http://h/', " entry "}]"
#define URL(url) "playlists: [{name: a, url: " url "}]"

static const struct {
	const char *text, *problem; /* without "f.yaml:" */
} wrong[] = {
	/* keys of later versions */
	{ "users: []", "1:1: users: there is no such key" },
	{ "lineup: {}", "1:1: lineup: there is no such key" },
	{ P("xtream: {}"), "1:41: playlists.0.xtream: there is no such key" },
	/* addresses */
	{ "listen: [34400]",
	    "1:10: listen.0: '34400' is no address to answer on; it must be like "
	    "0.0.0.0:34400, [::]:34400 or unix:/run/masthead.sock" },
	{ "listen: [':34400']", "1:10: listen.0: ':34400' is no address to answer on" },
	{ "listen: ['localhost:34400']", "1:10: listen.0: 'localhost:34400' is no address" },
	{ "listen: ['1.2.3.4:65536']", "1:10: listen.0: '1.2.3.4:65536' is no address" },
	{ "listen: ['1.2.3.4:']", "1:10: listen.0: '1.2.3.4:' is no address" },
	{ "listen: ['1.2.3.4:-1']", "1:10: listen.0: '1.2.3.4:-1' is no address" },
	{ "listen: ['::1:80']", "1:10: listen.0: '::1:80' is no address" },
	{ "listen: ['[::1]']", "1:10: listen.0: '[::1]' is no address" },
	{ "listen: ['[1.2.3.4]:80']", "1:10: listen.0: '[1.2.3.4]:80' is no address" },
	{ "listen: ['unix:']", "1:10: listen.0: unix: needs the path of a socket after it" },
	{ "allow: [10.0.0.0/33]", "1:9: allow.0: '10.0.0.0/33'" },
	{ "allow: [lan]", "1:9: allow.0: 'lan' is not a network" },
	/* URLs */
	{ "public_url: tv.example", "1:13: public_url: not an http:// or https:// URL" },
	{ "public_url: http://tv.example/?a", "1:13: public_url: it must be like" },
	{ URL("h/list.m3u"),
	    "1:28: playlists.0.url: the URL must begin with http://, https:// or "
	    "file:/, or be demo:" },
	{ URL("ftp://h/x"),
	    "1:28: playlists.0.url: ftp:// cannot be read; the URL must begin with" },
	{ URL("file:list.m3u"),
	    "1:28: playlists.0.url: a file needs its whole path: "
	    "file:/media/channels.m3u" },
	{ URL("demo:x"), "1:28: playlists.0.url: the URL must begin with" },
	{ URL("'http://'"), "1:28: playlists.0.url: bad URL" },
	{ URL("'http://h:99999/'"), "1:28: playlists.0.url: bad URL" },
	{ URL("\"http://h/\\r\\nHost: x\""),
	    "1:28: playlists.0.url: has a line break or another control character in it" },
	{ P("proxy: h:3128"), "1:48: playlists.0.proxy: a proxy must be like http://HOST:PORT" },
	/* headers */
	{ P("headers: [\"A: b\\r\\nC: d\"]"),
	    "1:51: playlists.0.headers.0: has a line break or another control character in it" },
	{ P("headers: [A]"), "1:51: playlists.0.headers.0: a header must be like" },
	{ P("headers: [': b']"), "1:51: playlists.0.headers.0: a header must be like" },
	{ P("headers: ['A B: c']"),
	    "1:51: playlists.0.headers.0: a header's name cannot have a ' ' in it" },
	{ P("headers: {A: b}"),
	    "1:50: playlists.0.headers: is a group of keys; it must be a list" },
	/* names */
	{ "playlists: [{name: a/b, url: 'demo:'}]", "1:20: playlists.0.name: 'a/b' is no name" },
	{ "playlists: [{name: .., url: 'demo:'}]", "1:20: playlists.0.name: '..' is no name" },
	{ "playlists: [{name: ' a', url: 'demo:'}]", "1:20: playlists.0.name: ' a' is no name" },
	{ "playlists: [{name: 'a ', url: 'demo:'}]", "1:20: playlists.0.name: 'a ' is no name" },
	{ "playlists: [{name: caf\xc3\xa9, url: 'demo:'}]",
	    "1:20: playlists.0.name: 'caf\xc3\xa9' is no name" },
	{ "playlists: [{name: 01234567890123456789012345678901234567891, url: 'demo:'}]",
	    "1:20: playlists.0.name: is longer than 40 bytes" },
	{ "playlists: [{name: a, url: 'demo:'}, {name: A, url: 'demo:'}]",
	    "1:45: playlists.1.name: 'A' is the name of playlists.0 already" },
	{ "guides: [{name: a, url: 'demo:'}, {name: a, url: 'demo:'}]",
	    "1:42: guides.1.name: 'a' is the name of guides.0 already" },
	{ "devices: [{}, {}]",
	    "1:15: devices.1.name: 'Masthead' is the name of devices.0 already" },
	{ "playlists: [{name: a}]", "1:13: playlists.0: needs the key 'url'" },
	{ "playlists: [{url: 'demo:'}]", "1:13: playlists.0: needs the key 'name'" },
	/* numbers */
	{ P("max_streams: two"),
	    "1:54: playlists.0.max_streams: 'two' is not a whole number from 0 to 1000" },
	{ P("refresh: 30s"),
	    "1:50: playlists.0.refresh: '30s' is not 0 or a time from 1m to 30d, nor a time of "
	    "the day like 04:30" },
	{ P("shrink_percent: 101"),
	    "1:57: playlists.0.shrink_percent: '101' is not a whole number" },
	{ "devices: [{tuners: 0}]",
	    "1:20: devices.0.tuners: '0' is not a whole number from 1 to 64" },
	{ "devices: []", "1:10: devices: needs at least 1 entry" },
	{ "devices: [{id: 12345678}]",
	    "1:16: devices.0.id: the checksum of device id '12345678' does not hold, "
	    "so clients would refuse it; the nearest id that they take is 12345674" },
	{ "devices: [{id: 1234567g}]",
	    "1:16: devices.0.id: '1234567g' is no device id; it must be eight hex digits" },
	{ "relay: {window: 512KiB}",
	    "1:17: relay.window: '512KiB' is not a size from 1MiB to 256MiB" },
	{ "relay: {window_time: 5s}",
	    "1:22: relay.window_time: a viewer starts inside of what is kept: "
	    "join_behind (5s) must be less than window_time (5s)" },
	{ "relay: {join_behind: 7s}", "1:22: relay.join_behind: a viewer starts inside" },
	{ "log: {level: loud}", "1:14: log.level: 'loud' is not one of error, warn, info, debug" },
	{ "log: debug", "1:6: log: is a text; it must be a group of keys" },
	/* references */
	{ "data: '${env:NOT_THERE}'", "1:7: data: the environment variable NOT_THERE is not set" },
	{ "data: '${env:}'", "1:7: data: '${env:}' is no reference; there are ${env:NAME}" },
	{ "data: '${HOME}'", "1:7: data: '${HOME}' is no reference" },
	{ "data: '${env:HOME'", "1:7: data: '${' without its '}'" },
	{ "data: '${file:/no/such}'", "1:7: data: '/no/such': No such file or directory" },
	{ "data: '${file:/tmp}'", "1:7: data: '/tmp' is not a regular file" },
	{ "data: '${file:/dev/zero}'", "1:7: data: '/dev/zero' is not a regular file" },
	{ "data: '${cred:x}'", "1:7: data: ${cred:x} needs a service manager" },
	/* YAML */
	{ "data: [", "2:1: " },
	{ "data: {a: b", "2:1: " },
	{ "a: *b", "1:4: aliases" },
	{ "data: a\ndata: b", "2:1: data: this key stands in line 1 already" },
	{ "- a", "1:1: is a list; it must be a group of keys" },
};

START_TEST(what_is_wrong_is_told_with_its_place)
{
	expect_problem(wrong[_i].text, wrong[_i].problem);
}
END_TEST

START_TEST(all_problems_are_told_and_summed_up)
{
	static const char text[] = "one: 1\nlisten: [x, y]\ndevices:\n  - tuners: 99\n";
	struct config_options options = { "f.yaml", NULL, NULL };
	struct buf problems = BUF_INIT(65536);
	struct err err = ERR_INIT;
	struct config *c;
	unsigned lines = 0;

	ck_assert_int_eq(
	    config_load_text(&c, text, strlen(text), &options, keep_problem, &problems, &err),
	    -EINVAL);
	for (const char *p = problems.data; (p = strchr(p, '\n')) != NULL; p++)
		lines++;
	ck_assert_uint_eq(lines, 5); /* and no HOME */
	ck_assert_str_eq(err.text,
	    "5 problems, the first: f.yaml: data: is not set, and neither is "
	    "HOME: say where to keep files with --data DIR");
	buf_release(&problems);
}
END_TEST

START_TEST(a_number_that_looks_octal_is_decimal_and_warned_of)
{
	struct buf problems = BUF_INIT(65536);
	struct config *c = load(P("max_streams: 010"), NULL, NULL, &problems);

	ck_assert_ptr_nonnull(c);
	ck_assert_uint_eq(c->playlists[0].max_streams, 10);
	ck_assert_str_eq(problems.data,
	    "f.yaml:1:54: playlists.0.max_streams: warning: the number "
	    "begins with 0 and is read as decimal\n");
	config_free(c);
	buf_release(&problems);
}
END_TEST

START_TEST(words_of_yaml_1_1_are_words)
{
	struct config *c = load_good(
	    "playlists: [{name: yes, url: 'demo:'}, {name: 0777, url: 'demo:'}]\n");

	ck_assert_str_eq(c->playlists[0].source.name, "yes");
	ck_assert_str_eq(c->playlists[1].source.name, "0777");
	config_free(c);
}
END_TEST

/* -- precedence --------------------------------------------------------------------------- */

START_TEST(the_command_line_overrules_the_environment_and_it_the_file)
{
	static const char *const env[] = { "MASTHEAD_DEVICES__0__TUNERS=2",
		"MASTHEAD_RELAY__LINGER=2s", "MASTHEAD_PLAYLISTS__1__URL=http://e/",
		"MASTHEAD_PLAYLISTS__1__NAME=env", "MASTHEAD_LISTEN=1.1.1.1:1", NULL };
	static const char *const set[] = { "relay.linger=3s", "playlists.0.max_streams=3",
		"playlists.2.name=set", "playlists.2.url=http://s/", NULL };
	struct buf problems = BUF_INIT(65536);
	struct config *c = load("devices: [{tuners: 1, name: x}]\nrelay: {linger: 1s}\n"
				"listen: ['0.0.0.0:1', '0.0.0.0:2']\n" P("max_streams: 1"),
	    env, set, &problems);

	ck_assert_msg(c != NULL, "%s", problems.data);
	ck_assert_uint_eq(c->devices[0].tuners, 2);
	ck_assert_str_eq(c->devices[0].name, "x");
	ck_assert_uint_eq(c->relay.linger_ms, 3000);
	ck_assert_uint_eq(c->playlist_count, 3);
	ck_assert_uint_eq(c->playlists[0].max_streams, 3);
	ck_assert_str_eq(c->playlists[1].source.url, "http://e/");
	ck_assert_str_eq(c->playlists[2].source.name, "set");
	ck_assert_uint_eq(c->listen_count, 1);
	config_free(c);
	buf_release(&problems);
}
END_TEST

static const struct {
	const char *variable, *problem;
} variables[] = {
	{ "MASTHEAD_LOG_LEVEL=debug",
	    "MASTHEAD_LOG_LEVEL: no setting has this name; did you mean MASTHEAD_LOG__LEVEL?\n" },
	{ "MASTHEAD_PLAYLISTZ__0__URL=x",
	    "MASTHEAD_PLAYLISTZ__0__URL: no setting has this name; did "
	    "you mean MASTHEAD_PLAYLISTS__0__URL?\n" },
	{ "MASTHEAD_LOG__LEVEL=loud",
	    "MASTHEAD_LOG__LEVEL: log.level: 'loud' is not one of error, warn, info, debug\n" },
	{ "MASTHEAD_SECRET=hunter2", "MASTHEAD_SECRET: no setting has this name\n" },
	/* the option --config, and what Kubernetes and Docker set beside a service of that name */
	{ "MASTHEAD_CONFIG=/x", NULL },
	{ "MASTHEAD_SERVICE_HOST=10.0.0.1", NULL },
	{ "MASTHEAD_SERVICE_PORT_HTTP=80", NULL },
	{ "MASTHEAD_PORT=tcp://10.0.0.1:80", NULL },
	{ "MASTHEAD_PORT_80_TCP_ADDR=10.0.0.1", NULL },
	{ "MASTHEADS=1", NULL },
};

START_TEST(a_variable_that_is_none_of_ours_is_told)
{
	const char *const env[] = { variables[_i].variable, NULL };
	struct buf problems = BUF_INIT(65536);
	struct config *c = load("", env, NULL, &problems);

	ck_assert_int_eq(c == NULL, variables[_i].problem != NULL);
	ck_assert_str_eq(problems.data, c == NULL ? variables[_i].problem : "");
	config_free(c);
	buf_release(&problems);
}
END_TEST

/* -- secrets -------------------------------------------------------------------------------- */

/* A folder with secrets in it; returns the path of a config that would stand there. */
static const char *
make_secrets(void)
{
	static char dir[] = "/tmp/masthead-config-XXXXXX", path[64];

	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
	ck_assert_int_eq(unit_write_file("pw", "FileS3cret\r\nsecond line", 23), 0);
	ck_assert_int_eq(unit_write_file("empty", "\nx", 2), 0);
	snprintf(path, sizeof(path), "%s/masthead.yaml", dir);
	return path;
}

static void
remove_secrets(void)
{
	char dir[256];

	ck_assert_ptr_nonnull(getcwd(dir, sizeof(dir)));
	(void)unlink("pw");
	(void)unlink("empty");
	(void)unlink("masthead.yaml");
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(rmdir(dir), 0);
}

static void
expect_hidden(const char *secret)
{
	struct buf shown = BUF_INIT(4096), text = BUF_INIT(4096);

	buf_printf(&text, "GET /x/%s/y", secret);
	redact_add(&shown, text.data);
	ck_assert_str_eq(shown.data, "GET /x/***/y");
	buf_release(&shown);
	buf_release(&text);
}

START_TEST(references_are_replaced_and_their_values_hidden)
{
	static const char text[] =
	    "playlists:\n"
	    "  - name: a\n"
	    "    url: 'http://h/${env:USER_X}/${file:pw}/${cred:pw}/$${x}/$/{}'\n"
	    "    headers: ['Authorization: ${env:COMPLICATED}']\n"
	    "    max_streams: ${env:COUNT}\n";
	const char *path = make_secrets();
	char creds[128], home[] = HOME, user[] = "USER_X=EnvS3cret", count[] = "COUNT=3";
	char complicated[] = "COMPLICATED=p@ss ${env:HOME}";
	char *env[] = { home, user, count, complicated, creds, NULL };
	struct config_options options = { path, NULL, env };
	struct err err = ERR_INIT;
	struct config *c;

	snprintf(creds, sizeof(creds), "CREDENTIALS_DIRECTORY=%.*s",
	    (int)(strrchr(path, '/') - path), path);
	ck_assert_int_eq(chdir("/"), 0); /* a relative path is beside the config */
	ck_assert_msg(config_load_text(&c, text, strlen(text), &options, NULL, NULL, &err) == 0,
	    "%s", err.text);
	ck_assert_str_eq(c->playlists[0].source.url,
	    "http://h/EnvS3cret/FileS3cret/FileS3cret/${x}/$/{}");
	ck_assert_uint_eq(c->playlists[0].max_streams, 3);
	/* What comes in is not looked through again. */
	ck_assert_str_eq(c->playlists[0].source.headers[0], "Authorization: p@ss ${env:HOME}");
	expect_hidden("EnvS3cret");
	expect_hidden("FileS3cret");
	expect_hidden("p@ss ${env:HOME}");
	expect_hidden("p%40ss%20%24%7Benv%3AHOME%7D");
	config_free(c);
	redact_forget();
	ck_assert_int_eq(chdir(creds + strlen("CREDENTIALS_DIRECTORY=")), 0);
	remove_secrets();
}
END_TEST

START_TEST(a_variable_may_name_a_file_instead)
{
	const char *path = make_secrets();
	char home[] = HOME, name[] = "MASTHEAD_PLAYLISTS__0__NAME=a";
	char file[] = "MASTHEAD_PLAYLISTS__0__USER_AGENT_FILE=pw",
	     url[] = "MASTHEAD_PLAYLISTS__0__URL=demo:";
	char *env[] = { home, name, file, url, NULL };
	struct config_options options = { path, NULL, env };
	struct err err = ERR_INIT;
	struct config *c;

	ck_assert_msg(config_load_text(&c, "", 0, &options, NULL, NULL, &err) == 0, "%s", err.text);
	ck_assert_str_eq(c->playlists[0].source.user_agent, "FileS3cret");
	expect_hidden("FileS3cret");
	config_free(c);
	redact_forget();
	remove_secrets();
}
END_TEST

static const struct {
	const char *text, *problem;
} leaks[] = {
	{ "playlists: [{name: a, url: 'gopher://bob:Hunter22@h/?password=Hunter22'}]",
	    "gopher://" },
	{ "playlists: [{name: a, url: '${file:pw}'}]", "the URL must begin" },
	{ "playlists: [{name: a, url: 'http://h/', max_streams: '${file:pw}'}]",
	    "'${file:pw}' is not a whole number" },
	{ "playlists: [{name: a, url: 'http://h/', headers: ['${file:pw}']}]", "a header must be" },
	{ "playlists: [{name: a, url: 'http://h/', proxy: 'bob:Hunter22@h:80'}]",
	    "a proxy must be" },
	{ "log: {level: '${file:pw}'}", "'${file:pw}' is not one of" },
	{ "listen: ['${file:pw}']", "'***' is no address" },
	{ "data: '${file:empty}'", "is empty" },
};

START_TEST(no_problem_shows_a_secret)
{
	const char *path = make_secrets();
	char home[] = HOME, *env[] = { home, NULL };
	struct config_options options = { path, NULL, env };
	struct buf problems = BUF_INIT(65536);
	struct err err = ERR_INIT;
	struct config *c;

	ck_assert_int_eq(config_load_text(&c, leaks[_i].text, strlen(leaks[_i].text), &options,
			     keep_problem, &problems, &err),
	    -EINVAL);
	ck_assert_msg(strstr(problems.data, leaks[_i].problem) != NULL, "%s", problems.data);
	ck_assert_ptr_null(strstr(problems.data, "Hunter22"));
	ck_assert_ptr_null(strstr(problems.data, "FileS3cret"));
	ck_assert_ptr_null(strstr(err.text, "Hunter22"));
	ck_assert_ptr_null(strstr(err.text, "FileS3cret"));
	buf_release(&problems);
	redact_forget();
	remove_secrets();
}
END_TEST

START_TEST(passwords_in_urls_and_headers_are_hidden_from_then_on)
{
	struct config *c = load_good(
	    "playlists:\n"
	    "  - name: a\n"
	    "    url: http://h/get.php?username=bobby9&password=Plain5ecret\n"
	    "    headers: ['X-Token: T0kenT0ken']\n"
	    "    proxy: http://pr0xyuser:pr0xypass@p:1\n"
	    "guides:\n"
	    "  - {name: g, url: 'http://gu1de:gu1depass@h/'}\n");

	expect_hidden("bobby9");
	expect_hidden("Plain5ecret");
	expect_hidden("T0kenT0ken");
	expect_hidden("pr0xypass");
	expect_hidden("gu1depass");
	config_free(c);
	redact_forget();
}
END_TEST

/* -- files ----------------------------------------------------------------------------------- */

START_TEST(a_file_is_read_and_named)
{
	const char *path = make_secrets();
	char home[] = HOME, *env[] = { home, NULL };
	struct config_options options = { path, NULL, env };
	struct buf problems = BUF_INIT(65536), big = BUF_INIT(8u << 20);
	struct err err = ERR_INIT;
	struct config *c;
	char want[256];

	ck_assert_int_eq(config_load(&c, &options, keep_problem, &problems, &err), -ENOENT);
	snprintf(want, sizeof(want), "config: '%s': No such file or directory", path);
	ck_assert_str_eq(err.text, want);
	ck_assert_int_eq(strncmp(problems.data, want, strlen(want)), 0);
	ck_assert_int_eq(unit_write_file(path, "log: {level: warn}", 18), 0);
	ck_assert_int_eq(config_load(&c, &options, keep_problem, &problems, &err), 0);
	ck_assert_uint_eq(c->log_level, LOG_LEVEL_WARN);
	config_free(c);
	ck_assert(buf_reserve(&big, (4u << 20) + 1));
	memset(big.data, '#', (4u << 20) + 1);
	ck_assert_int_eq(unit_write_file(path, big.data, (4u << 20) + 1), 0);
	ck_assert_int_eq(config_load(&c, &options, NULL, NULL, &err), -EFBIG);
	ck_assert_ptr_nonnull(strstr(err.text, "larger than 4194304 bytes"));
	options.path = "/tmp";
	ck_assert_int_eq(config_load(&c, &options, NULL, NULL, &err), -EISDIR);
	buf_release(&problems);
	buf_release(&big);
	remove_secrets();
}
END_TEST

/* -- the table and what is made from it -------------------------------------------------------- */

/* Every row must be fit for each of its uses. */
static void
check_rows(const struct opt *rows)
{
	for (const struct opt *row = rows; row->name != NULL; row++) {
		_Bool number = row->type == OPT_UINT || row->type == OPT_MSEC ||
		    row->type == OPT_SIZE;
		_Bool list = row->type == OPT_TEXTS || row->type == OPT_GROUPS;

		for (const struct opt *other = rows; other < row; other++)
			ck_assert_str_ne(other->name, row->name);
		ck_assert_msg(strspn(row->name, "abcdefghijklmnopqrstuvwxyz_") == strlen(row->name),
		    "%s", row->name);
		ck_assert_msg(strstr(row->name, "__") == NULL, "%s", row->name);
		ck_assert_msg(row->help != NULL && row->help[strlen(row->help) - 1] == '.', "%s",
		    row->name);
		if (row->rows != NULL) {
			ck_assert(row->type == OPT_GROUP || row->size > 0);
			check_rows(row->rows);
			continue;
		}
		ck_assert_msg(row->fallback != NULL || row->example != NULL, "%s", row->name);
		ck_assert_msg(row->fallback != NULL || row->otherwise != NULL ||
			(row->flags & OPT_REQUIRED) != 0,
		    "%s", row->name);
		ck_assert_msg(!number || row->min < row->max, "%s", row->name);
		ck_assert_msg(row->type != OPT_UINT || row->max <= UINT32_MAX, "%s", row->name);
		ck_assert_msg((row->type != OPT_TEXT && !list) || row->max > 0, "%s", row->name);
		ck_assert_int_eq(row->type == OPT_WORD, row->words != NULL);
	}
}

START_TEST(the_table_is_whole)
{
	check_rows(config_rows);
}
END_TEST

START_TEST(the_example_is_the_default_and_valid_when_it_is_all_taken)
{
	static const char *const env[] = { "ACME_USER=bob", NULL };
	struct buf example = BUF_INIT(65536), whole = BUF_INIT(65536), problems = BUF_INIT(65536);
	struct config *c;

	config_print_example(&example);
	ck_assert_int_eq(buf_status(&example), 0);
	c = load_good(example.data);
	ck_assert(c->demo);
	config_free(c);
	/* Without the signs, but for the comments of the top level: "# Text". */
	for (const char *line = example.data; *line != '\0'; line += strcspn(line, "\n") + 1) {
		size_t skip = line[0] == '#' && (line[1] != ' ' || line[2] == ' ') ? 1 : 0;

		buf_add(&whole, line + skip, strcspn(line, "\n") + 1 - skip);
	}
	make_secrets();
	ck_assert_int_eq(unit_write_file("acme.pw", "secret", 6), 0);
	c = load(whole.data, env, NULL, &problems);
	ck_assert_msg(c != NULL, "%s\n%s", problems.data, whole.data);
	ck_assert_str_eq(problems.data, "");
	ck_assert_str_eq(c->playlists[0].source.url,
	    "https://acme.example/get.php?username=bob&password=secret&type=m3u_plus");
	ck_assert_uint_eq(c->relay.window_bytes, 12u << 20);
	config_free(c);
	(void)unlink("acme.pw");
	remove_secrets();
	redact_forget();
	buf_release(&example);
	buf_release(&whole);
	buf_release(&problems);
}
END_TEST

/* Made by `masthead check --markdown`. Tests run at the root of the tree. */
START_TEST(the_manual_is_up_to_date)
{
	struct buf made = BUF_INIT(1 << 20);
	struct err err = ERR_INIT;
	char *kept;

	config_print_markdown(&made);
	ck_assert_int_eq(buf_status(&made), 0);
	ck_assert_msg(file_load("docs/configuration.md", 1 << 20, &kept, NULL, &err) == 0, "%s",
	    err.text);
	ck_assert_str_eq(kept, made.data);
	free(kept);
	buf_release(&made);
}
END_TEST

/* The disk that it is on may not be mounted yet. */
START_TEST(a_file_that_is_not_there_is_a_warning)
{
	struct buf problems = BUF_INIT(65536);
	struct config *c = load("playlists: [{name: a, url: 'file:/no/such/a b.m3u'}]\n"
				"guides: [{name: b, url: 'file:///no/such/b.xml'}]\n",
	    NULL, NULL, &problems);

	ck_assert_ptr_nonnull(c);
	ck_assert_msg(strstr(problems.data,
			  "f.yaml:1:28: playlists.0.url: warning: '/no/such/a b.m3u' cannot be "
			  "read now: No such file or directory") != NULL &&
		strstr(problems.data, "f.yaml:2:25: guides.0.url: warning: '/no/such/b.xml'") !=
		    NULL,
	    "%s", problems.data);
	config_free(c);
	buf_release(&problems);
}
END_TEST

UNIT_MAIN("config", UNIT_TEST(nothing_at_all_is_the_demo),
    UNIT_TEST(every_key_arrives_in_its_field),
    UNIT_TEST(a_guide_of_ones_own_stays_beside_the_demo_playlist),
    UNIT_ROWS(the_data_folder_has_a_default_everywhere, ARRAY_LEN(folders)),
    UNIT_TEST(without_any_home_the_data_folder_must_be_said),
    UNIT_ROWS(what_is_wrong_is_told_with_its_place, ARRAY_LEN(wrong)),
    UNIT_TEST(all_problems_are_told_and_summed_up),
    UNIT_TEST(a_number_that_looks_octal_is_decimal_and_warned_of),
    UNIT_TEST(a_file_that_is_not_there_is_a_warning), UNIT_TEST(words_of_yaml_1_1_are_words),
    UNIT_TEST(the_command_line_overrules_the_environment_and_it_the_file),
    UNIT_ROWS(a_variable_that_is_none_of_ours_is_told, ARRAY_LEN(variables)),
    UNIT_TEST(references_are_replaced_and_their_values_hidden),
    UNIT_TEST(a_variable_may_name_a_file_instead),
    UNIT_ROWS(no_problem_shows_a_secret, ARRAY_LEN(leaks)),
    UNIT_TEST(passwords_in_urls_and_headers_are_hidden_from_then_on),
    UNIT_TEST(a_file_is_read_and_named), UNIT_TEST(the_table_is_whole),
    UNIT_TEST(the_example_is_the_default_and_valid_when_it_is_all_taken),
    UNIT_TEST(the_manual_is_up_to_date))
