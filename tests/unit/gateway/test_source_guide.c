/*
 * Guides as sources: what is kept of them, what is refused, and when the last download is
 * read again.
 */
#include "gateway/source.h"

#include <stdlib.h>
#include <zlib.h>

#include "base/file.h"
#include "base/hash.h"
#include "tests/unit/gateway/source_world.h"

#define CHANNELS   8
#define PROGRAMMES 40 /* of each */

static struct buf text = BUF_INIT(64 << 20);

/* -- what the origin has ------------------------------------------------------------- */

static void
play_bytes(const void *data, size_t len)
{
	ck_assert_uint_le(len, sizeof(play.body));
	memcpy(play.body, data, len);
	play.len = len;
}

static void
play_text(void)
{
	ck_assert_int_eq(buf_status(&text), 0);
	play_bytes(text.data, text.len);
}

static void
add_channels(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		buf_printf(&text,
		    "<channel id=\"c%u.uk\"><display-name>C %u</display-name></channel>\n", i, i);
}

static void
add_programmes(const char *id, unsigned channels, unsigned count, const char *start)
{
	for (unsigned i = 0; i < channels; i++) {
		for (unsigned k = 0; k < count; k++)
			buf_printf(&text,
			    "<programme start=\"%s%02u%02u00 +0000\" channel=\"%s%u.uk\">"
			    "<title>P %u</title></programme>\n",
			    start, k % 24, k / 24 * 30, id, i, k);
	}
}

/* `of` channels with programmes, whose ids begin with `id`, whatever channels there are. */
static void
make_odd_guide(unsigned channels, const char *id, unsigned of, unsigned programmes,
    const char *start)
{
	buf_clear(&text);
	buf_str(&text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<tv>\n");
	add_channels(channels);
	add_programmes(id, of, programmes, start);
	buf_str(&text, "</tv>\n");
}

static void
make_guide(unsigned channels, unsigned programmes)
{
	make_odd_guide(channels, "c", channels, programmes, "20300101");
}

static void
play_good(void)
{
	make_guide(CHANNELS, PROGRAMMES);
	play_text();
	play.status = 200;
	play.redirect = NULL;
}

static void
play_gzip(const void *data, size_t len, ssize_t cut, int harm)
{
	static unsigned char packed[256 << 10];
	z_stream z = { 0 };

	ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (unsigned char *)(uintptr_t)data;
	z.avail_in = (unsigned)len;
	z.next_out = packed;
	z.avail_out = sizeof(packed);
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	len = sizeof(packed) - z.avail_out;
	deflateEnd(&z);
	if (harm != 0)
		packed[(ssize_t)len + harm] ^= 0x55;
	play_bytes(packed, cut < 0 ? len - (size_t)-cut : cut > 0 ? (size_t)cut : len);
}

/* -- the source ---------------------------------------------------------------------- */

static char wanted_path[128];

/* The lineup wants the first so many channels; a set of its own for every number. */
static void
want(unsigned channels)
{
	struct buf lines = BUF_INIT(65536);

	for (unsigned i = 0; i < channels; i++)
		buf_printf(&lines, "%016x.masthead\t%u\t0\tc%u.uk\tC %u\t\n", i + 1, i + 1, i, i);
	snprintf(wanted_path, sizeof(wanted_path), "%s", in_dir("snapshots/wanted"));
	ck_assert_int_eq(unit_write_file(wanted_path, lines.data, lines.len), 0);
	buf_release(&lines);
	ck_assert_int_eq(source_set_wanted(source, wanted_path, channels + 1), 0);
}

static void
open_guide(void)
{
	config.kind = SOURCE_GUIDE;
	config.past_s = 86400;
	open_source();
}

static uint64_t
hash_result(void)
{
	uint64_t hash;
	char *data;
	size_t len;

	ck_assert_int_eq(file_load(source_result_path(source), 1 << 20, &data, &len, NULL), 0);
	hash = hash_fnv(HASH_FNV_INIT, data, len);
	free(data);
	return hash;
}

static void
turn(void)
{
	ck_assert_int_ne(event_base_loop(base, EVLOOP_ONCE), -1);
	source_get_info(source, &info);
}

/* Until it has come to rest after a reading without a refresh. */
static void
await_reread(void)
{
	uint64_t before;

	source_get_info(source, &info);
	before = info.rereads;
	while (info.rereads == before || info.state != SOURCE_WAITING)
		turn();
}

static void
expect_good(unsigned kept)
{
	ck_assert_str_eq(info.error, "");
	ck_assert_uint_eq(info.entries, CHANNELS * PROGRAMMES);
	ck_assert_uint_eq(info.channels, CHANNELS);
	ck_assert_uint_eq(info.reading.kept, kept);
}

/* -- what is refused ------------------------------------------------------------------- */

static void
cut_text(unsigned percent)
{
	make_guide(CHANNELS, PROGRAMMES);
	play_bytes(text.data, text.len * percent / 100);
}

static void
cut_gzip(unsigned percent)
{
	make_guide(CHANNELS, PROGRAMMES);
	play_gzip(text.data, text.len, 0, 0);
	play.len = play.len * percent / 100;
}

static void
fewer_channels(unsigned count)
{
	make_guide(count, PROGRAMMES);
	play_text();
}

static void
fewer_programmes(unsigned count)
{
	make_guide(CHANNELS, count);
	play_text();
}

/* All programmes are there, of channels that are not. */
static void
fewer_channel_elements(unsigned count)
{
	make_odd_guide(count, "c", count, PROGRAMMES * CHANNELS / count, "20300101");
	play_text();
}

static void
other_ids(unsigned unused)
{
	(void)unused;
	make_odd_guide(CHANNELS, "other", CHANNELS, PROGRAMMES, "20300101");
	play_text();
}

static void
no_times(unsigned unused)
{
	(void)unused;
	make_odd_guide(CHANNELS, "c", CHANNELS, PROGRAMMES, "tomorrow");
	play_text();
}

static void
only_channels(unsigned unused)
{
	(void)unused;
	make_odd_guide(CHANNELS, "c", 0, 0, "");
	play_text();
}

static void
status(unsigned code)
{
	play.status = (int)code;
}

static void
redirect_to_page(unsigned unused)
{
	(void)unused;
	play.redirect = "/elsewhere";
	play_bytes("<!doctype html><title>Log in</title>", 36);
}

static void
redirect_to_itself(unsigned unused)
{
	(void)unused;
	play.redirect = "/list";
}

static void
nuls(unsigned count)
{
	memset(play.body, 0, count);
	play.len = count;
}

static void
noise(unsigned seed)
{
	uint64_t x = seed;

	for (size_t i = 0; i < 50000; i += sizeof(x)) {
		x = hash_fnv(x, &i, sizeof(i));
		memcpy(play.body + i, &x, sizeof(x));
	}
	play.len = 50000;
	if (seed == 2)
		memcpy(play.body, "\xff\xfe", 2); /* UTF-16's mark */
	else if (seed == 3)
		memcpy(play.body, "\x1f\x8b\x08\x00", 4); /* gzip's */
	else if (seed == 4)
		memcpy(play.body,
		    "\xfd"
		    "7zXZ\0",
		    6);
	else if (seed == 5)
		memcpy(play.body, "\x28\xb5\x2f\xfd", 4); /* zstd's */
	else if (seed == 6)
		memcpy(play.body, "PK\x03\x04", 4);
}

/* So much of it as UTF-16, but for half of the last code unit. */
static void
utf16_cut(unsigned percent)
{
	size_t len;

	make_guide(CHANNELS, PROGRAMMES);
	len = text.len * percent / 100;
	play.body[0] = '\xff';
	play.body[1] = '\xfe';
	for (size_t i = 0; i < len; i++) {
		play.body[2 + 2 * i] = text.data[i];
		play.body[3 + 2 * i] = 0;
	}
	play.len = 2 + 2 * len - 1;
}

static void
gzip_of(const char *body, ssize_t cut, int harm)
{
	play_gzip(body, strlen(body), cut, harm);
}

static void
gzip_page(unsigned unused)
{
	(void)unused;
	gzip_of("<html><body>Your subscription has ended.</body></html>", 0, 0);
}

static void
gzip_nothing(unsigned unused)
{
	(void)unused;
	gzip_of("", 0, 0);
}

/* A byte of it is another, so far from its end. */
static void
gzip_harmed(unsigned from_end)
{
	make_guide(CHANNELS, PROGRAMMES);
	play_gzip(text.data, text.len, 0, -(int)from_end);
}

static void
gzip_bomb(unsigned megabytes)
{
	static char blank[1 << 20];
	struct buf all = BUF_INIT(SIZE_MAX / 2);

	memset(blank, ' ', sizeof(blank));
	buf_str(&all, "<tv>\n");
	for (unsigned i = 0; i < megabytes; i++)
		buf_add(&all, blank, sizeof(blank));
	play_gzip(all.data, all.len, 0, 0);
	buf_release(&all);
}

static void
broken_inside(unsigned unused)
{
	(void)unused;
	buf_clear(&text);
	buf_str(&text, "<tv>\n");
	add_channels(CHANNELS);
	for (unsigned i = 0; i < CHANNELS * PROGRAMMES; i++)
		buf_printf(&text,
		    "<programme start=\"20300101%02u0000 +0000\" channel=\"c%u.uk\"><title "
		    "a=\"b\" a=\"c\">P</titel></programme>\n",
		    i % 24, i % CHANNELS);
	buf_str(&text, "</tv>\n");
	play_text();
}

#define ENTITIES                                                                               \
	"<?xml version=\"1.0\"?><!DOCTYPE tv [<!ENTITY a \"lol\"><!ENTITY b \"&a;&a;&a;&a;\">" \
	"<!ENTITY c \"&b;&b;&b;&b;\">]><tv><programme start=\"20300101000000\" "               \
	"channel=\"c0.uk\"><title>&c;</title></programme></tv>"

static const struct {
	const char *name;
	void (*play)(unsigned arg);
	unsigned arg;
	const char *body;  /* in place of play */
	const char *error; /* a word of it */
} bad[] = {
	{ "unauthorised", status, 401, NULL, "401" },
	{ "forbidden", status, 403, NULL, "403" },
	{ "not found", status, 404, NULL, "404" },
	{ "too many requests", status, 429, NULL, "429" },
	{ "server error", status, 500, NULL, "500" },
	{ "bad gateway", status, 502, NULL, "502" },
	{ "unavailable", status, 503, NULL, "503" },
	{ "no content", status, 204, NULL, "204" },
	{ "redirect to a page", redirect_to_page, 0, NULL, "web page" },
	{ "redirect to itself", redirect_to_itself, 0, NULL, "redirect" },
	{ "nothing", NULL, 0, "", "empty" },
	{ "blanks", NULL, 0, "\n \n \n", "there is no <tv>" },
	{ "a page", NULL, 0, "<html><body>no</body></html>", "web page" },
	{ "a page after a mark", NULL, 0, "\xef\xbb\xbf\r\n<!DOCTYPE HTML><p>", "web page" },
	{ "JSON", NULL, 0, "{\"error\":\"expired\"}", "there is no <tv>" },
	{ "a word", NULL, 0, "blocked", "there is no <tv>" },
	{ "a playlist", NULL, 0, "#EXTM3U\n#EXTINF:-1,A\nhttp://h/\n", "there is no <tv>" },
	{ "another root", NULL, 0, "<?xml version=\"1.0\"?><rss><channel/></rss>",
	    "begins with <rss>" },
	{ "nearly the root", NULL, 0, "<tvguide><programme/></tvguide>", "begins with <tvguide>" },
	{ "a declaration alone", NULL, 0, "<?xml version=\"1.0\"?>\n", "there is no <tv>" },
	{ "an empty root", NULL, 0, "<tv/>", "no programmes" },
	{ "a root of nothing", NULL, 0, "<tv>\n</tv>\n", "no programmes" },
	{ "channels alone", only_channels, 0, NULL, "no programmes" },
	{ "an open root", NULL, 0, "<tv>", "no programmes" },
	{ "an unknown encoding", NULL, 0, "<?xml version=\"1.0\" encoding=\"x-klingon\"?><tv></tv>",
	    "x-klingon" },
	{ "entities of entities", NULL, 0, ENTITIES, "entity 'a'" },
	{ "an entity of a file", NULL, 0,
	    "<!DOCTYPE tv [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><tv><programme "
	    "start=\"20300101000000\" channel=\"c0.uk\"><title>&x;</title></programme></tv>",
	    "entity 'x'" },
	{ "three channels of eight", fewer_channels, 3, NULL, "where it had 320" },
	{ "one channel of eight", fewer_channels, 1, NULL, "where it had 320" },
	{ "a third of the programmes", fewer_programmes, 13, NULL, "where it had 320" },
	{ "a programme each", fewer_programmes, 1, NULL, "where it had 320" },
	{ "fewer channels with more", fewer_channel_elements, 2, NULL, "channels where it had 8" },
	{ "other ids", other_ids, 0, NULL, "programmes for the lineup" },
	{ "times that are none", no_times, 0, NULL, "programmes for the lineup" },
	{ "programmes that are no XML", broken_inside, 0, NULL, "programmes for the lineup" },
	{ "cut at 1 %", cut_text, 1, NULL, "no programmes" },
	{ "cut at 30 %", cut_text, 30, NULL, "cut short" },
	{ "cut at 60 %", cut_text, 60, NULL, "cut short" },
	{ "cut at 90 %", cut_text, 90, NULL, "cut short" },
	{ "cut at 99 %", cut_text, 99, NULL, "cut short" },
	{ "gzip cut at 1 %", cut_gzip, 1, NULL, "cut off" },
	{ "gzip cut at 30 %", cut_gzip, 30, NULL, "cut short" },
	{ "gzip cut at 60 %", cut_gzip, 60, NULL, "cut short" },
	{ "gzip cut at 99 %", cut_gzip, 99, NULL, "cut short" },
	{ "gzip with another length", gzip_harmed, 2, NULL, "its length differs" },
	{ "gzip with another sum", gzip_harmed, 6, NULL, "its check sum differs" },
	{ "gzip with another byte", gzip_harmed, 400, NULL, "broken gzip" },
	{ "gzip of a page", gzip_page, 0, NULL, "begins with <html>" },
	{ "gzip of nothing", gzip_nothing, 0, NULL, "there is no <tv>" },
	{ "gzip that is a bomb", gzip_bomb, 80, NULL, "200 times" },
	{ "NULs", nuls, 1, NULL, "there is no <tv>" },
	{ "many NULs", nuls, 200000, NULL, "there is no <tv>" },
	{ "noise", noise, 1, NULL, "not XMLTV" },
	{ "noise as UTF-16", noise, 2, NULL, "not XMLTV" },
	{ "noise as gzip", noise, 3, NULL, "broken gzip" },
	{ "noise as xz", noise, 4, NULL, "broken xz" },
	{ "noise as zstd", noise, 5, NULL, "broken zstd" },
	{ "noise as zip", noise, 6, NULL, "zip: " },
	{ "UTF-16 cut at 40 %", utf16_cut, 40, NULL, "cut short" },
	{ "UTF-16 cut at 95 %", utf16_cut, 95, NULL, "cut short" },
};

START_TEST(what_is_bad_changes_nothing)
{
	uint64_t hash;

	open_world();
	play_good();
	open_guide();
	want(3);
	settle();
	expect_good(3 * PROGRAMMES);
	hash = hash_result();
	if (bad[_i].play != NULL)
		bad[_i].play(bad[_i].arg);
	else
		play_bytes(bad[_i].body, strlen(bad[_i].body));
	/* Nothing to send is a body of its own, not the text in play.body. */
	if (play.len == 0)
		play.body[0] = '\0';
	settle();
	ck_assert_msg(info.failures == 1, "%s was taken", bad[_i].name);
	ck_assert_msg(info.error[0] != '\0' && strstr(info.error, bad[_i].error) != NULL, "%s: %s",
	    bad[_i].name, info.error);
	ck_assert_uint_eq(info.entries, CHANNELS * PROGRAMMES);
	ck_assert_uint_eq(info.reading.kept, 3 * PROGRAMMES);
	ck_assert_uint_eq(hash_result(), hash);
	ck_assert_uint_eq(changes, 1);
	/* Nor is it lost after a restart, and when all is well again it is well again. */
	reopen_source();
	want(3);
	source_get_info(source, &info);
	ck_assert_uint_eq(info.entries, CHANNELS * PROGRAMMES);
	play_good();
	settle();
	expect_good(3 * PROGRAMMES);
	ck_assert_uint_eq(hash_result(), hash);
	ck_assert_uint_eq(changes, 1);
	source_free(source);
	close_world();
}
END_TEST

START_TEST(what_is_cut_short_is_taken_when_there_is_nothing_better)
{
	open_world();
	cut_text(60);
	open_guide();
	want(CHANNELS);
	settle();
	ck_assert_str_eq(info.error, "");
	ck_assert(info.cut);
	ck_assert_uint_gt(info.reading.kept, PROGRAMMES);
	ck_assert_uint_ge(info.note_total, 1);
	/* A cut one is no worse than a cut one; a whole one is better. */
	cut_text(70);
	settle();
	ck_assert_str_eq(info.error, "");
	play_good();
	settle();
	expect_good(CHANNELS * PROGRAMMES);
	ck_assert(!info.cut);
	/* After an hour it is what there is. */
	cut_text(90);
	settle();
	ck_assert_str_ne(info.error, "");
	now_ms += HOUR;
	settle();
	ck_assert_str_eq(info.error, "");
	ck_assert(info.cut);
	source_free(source);
	close_world();
}
END_TEST

/* -- what is wanted -------------------------------------------------------------------- */

START_TEST(what_is_wanted_is_read_without_a_fetch)
{
	open_world();
	play_good();
	play.etag = "\"1\"";
	open_guide();
	want(2);
	settle();
	expect_good(2 * PROGRAMMES);
	ck_assert_uint_eq(info.rereads, 0);
	want(5);
	await_reread();
	expect_good(5 * PROGRAMMES);
	ck_assert_uint_eq(play.asked, 1);
	ck_assert_uint_eq(changes, 2);
	/* The same again is nothing new; nor is it in the next life. */
	want(5);
	settle();
	ck_assert_uint_eq(changes, 2);
	reopen_source();
	want(5);
	settle();
	expect_good(5 * PROGRAMMES);
	ck_assert_uint_eq(changes, 2);
	ck_assert_uint_eq(play.unchanged, 2);
	/* What has changed between two lives is read from the last download, too. */
	reopen_source();
	want(1);
	settle();
	expect_good(PROGRAMMES);
	ck_assert_uint_eq(changes, 3);
	ck_assert_uint_eq(play.unchanged, 3);
	source_free(source);
	close_world();
}
END_TEST

START_TEST(what_was_fetched_is_held_until_it_is_known_what_is_wanted)
{
	open_world();
	play_good();
	open_guide();
	while (info.state != SOURCE_HELD)
		turn();
	ck_assert(!info.settled);
	want(4);
	while (!info.settled)
		turn();
	expect_good(4 * PROGRAMMES);
	ck_assert_uint_eq(play.asked, 1);
	/* It may also end like that. */
	reopen_source();
	while (info.state != SOURCE_WAITING || !info.settled)
		turn();
	source_free(source);
	close_world();
}
END_TEST

START_TEST(what_changes_while_it_is_read_is_read_anew)
{
	open_world();
	play_good();
	open_guide();
	want(1);
	while (info.state != SOURCE_READING)
		turn();
	want(6);
	while (!info.settled)
		turn();
	expect_good(6 * PROGRAMMES);
	ck_assert_uint_eq(changes, 1);
	source_free(source);
	close_world();
}
END_TEST

START_TEST(how_it_is_read_can_change)
{
	struct source_config other;

	open_world();
	play_good();
	open_guide();
	want(2);
	settle();
	expect_good(2 * PROGRAMMES);
	other = config;
	other.rules = "drop title /P [0-9]$/\n"; /* ten of each */
	ck_assert_int_eq(source_configure(source, &other), 0);
	await_reread();
	ck_assert_uint_eq(info.reading.kept, 2 * (PROGRAMMES - 10));
	ck_assert_uint_eq(play.asked, 1);
	other.rules = NULL;
	other.zone = "Europe/London";
	other.ignore_offsets = 1;
	ck_assert_int_eq(source_configure(source, &other), 0);
	await_reread();
	expect_good(2 * PROGRAMMES);
	/* Without the download it takes a fetch. */
	ck_assert_int_eq(unlink(in_dir("cache/guide-acme.download")), 0);
	want(3);
	settle();
	expect_good(3 * PROGRAMMES);
	ck_assert_uint_eq(play.asked, 2);
	source_free(source);
	close_world();
}
END_TEST

START_TEST(what_cannot_be_read_again_is_tried_again_with_the_next_refresh)
{
	open_world();
	play_good();
	play.etag = "\"1\"";
	open_guide();
	want(2);
	settle();
	want(4);
	ck_assert_int_eq(unlink(wanted_path), 0);
	await_reread();
	ck_assert_ptr_nonnull(strstr(info.error, "wanted"));
	ck_assert_uint_eq(info.failures, 1);
	ck_assert_uint_gt(info.next_ms, 0);
	ck_assert_uint_le(info.next_ms, 15000);
	ck_assert_uint_eq(info.reading.kept, 2 * PROGRAMMES);
	want(4);
	settle();
	expect_good(4 * PROGRAMMES);
	ck_assert_uint_eq(info.failures, 0);
	source_free(source);
	close_world();
}
END_TEST

/* -- files ---------------------------------------------------------------------------- */

START_TEST(a_file_that_changes_is_read_by_itself)
{
	static char url[160], path[128];

	open_world();
	snprintf(path, sizeof(path), "%s", in_dir("guide.xml"));
	snprintf(url, sizeof(url), "file:%s", path);
	config.url = url;
	config.refresh_ms = 0;
	make_guide(CHANNELS, PROGRAMMES / 2);
	ck_assert_int_eq(unit_write_file(path, text.data, text.len), 0);
	open_guide();
	want(1);
	settle();
	ck_assert_uint_eq(info.reading.kept, PROGRAMMES / 2);
	make_guide(CHANNELS, PROGRAMMES);
	ck_assert_int_eq(unit_write_file(path, text.data, text.len), 0);
	while (changes < 2)
		turn();
	expect_good(PROGRAMMES);
	source_free(source);
	close_world();
}
END_TEST

WORLD_MAIN("source_guide", UNIT_ROWS(what_is_bad_changes_nothing, ARRAY_LEN(bad)),
    UNIT_TEST(what_is_cut_short_is_taken_when_there_is_nothing_better),
    UNIT_TEST(what_is_wanted_is_read_without_a_fetch),
    UNIT_TEST(what_was_fetched_is_held_until_it_is_known_what_is_wanted),
    UNIT_TEST(what_changes_while_it_is_read_is_read_anew), UNIT_TEST(how_it_is_read_can_change),
    UNIT_TEST(what_cannot_be_read_again_is_tried_again_with_the_next_refresh),
    UNIT_TEST(a_file_that_changes_is_read_by_itself))
