#include "playlist/m3u.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "unit.h"

/* One line an entry: what is not empty of it. */
static int
show_entry(const struct m3u_entry *e, void *arg)
{
	const struct {
		const char *label, *value;
	} fields[] = {
		{ "id", e->tvg_id },
		{ "tvg", e->tvg_name },
		{ "logo", e->tvg_logo },
		{ "no", e->chno },
		{ "group", e->group },
		{ "agent", e->user_agent },
		{ "headers", e->headers },
		{ "lines", e->directives },
	};
	struct buf *out = arg;

	buf_printf(out, "%u: %s -> %s", e->line, e->name, e->url);
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		if (fields[i].value[0] != '\0')
			buf_printf(out, " %s=%s", fields[i].label, fields[i].value);
	}
	if (strcmp(e->duration, "-1") != 0)
		buf_printf(out, " for=%s", e->duration);
	if (e->radio)
		buf_str(out, " radio");
	buf_str(out, "\n");
	return 0;
}

static void
show_note(uint32_t line, const char *text, void *arg)
{
	buf_printf(arg, "%u! %s\n", line, text);
}

static int
read_in_steps(const char *text, size_t len, size_t step, struct buf *out, struct err *err)
{
	struct m3u_reader *r = m3u_reader_new(&m3u_limits_default, show_entry, show_note, out);
	int rc = 0;

	ck_assert_ptr_nonnull(r);
	for (size_t at = 0; rc == 0 && at < len; at += step)
		rc = m3u_reader_feed(r, text + at, len - at < step ? len - at : step, err);
	if (rc == 0)
		rc = m3u_reader_finish(r, err);
	if (m3u_reader_header(r)->guide_url[0] != '\0')
		buf_printf(out, "guide=%s\n", m3u_reader_header(r)->guide_url);
	m3u_reader_free(r);
	return rc;
}

static const struct {
	const char *label, *text, *want;
} lists[] = {
	{ "plain",
	    "#EXTM3U\n#EXTINF:-1 tvg-id=\"a\" tvg-name=\"A\" tvg-logo=\"http://l/a.png\" "
	    "tvg-chno=\"5.1\" group-title=\"News\",One\nhttp://h/1\n",
	    "3: One -> http://h/1 id=a tvg=A logo=http://l/a.png no=5.1 group=News\n" },
	{ "no attributes, no newline at the end", "#EXTM3U\n#EXTINF:-1,One\nhttp://h/1",
	    "3: One -> http://h/1\n" },
	{ "byte order mark and CRLF",
	    "\xef\xbb\xbf#EXTM3U url-tvg=\"http://g/x.xml\"\r\n#EXTINF:0,One\r\nhttp://h/1\r\n",
	    "3: One -> http://h/1 for=0\nguide=http://g/x.xml\n" },
	{ "CR only", "#EXTM3U\r#EXTINF:-1,One\rhttp://h/1\r", "3: One -> http://h/1\n" },
	{ "no header", "#EXTINF:-1,One\nhttp://h/1\n", "2: One -> http://h/1\n" },
	{ "blank lines and leading blanks",
	    "\n\n  #EXTM3U\n\n \t #EXTINF:-1, One \n\n   http://h/1  \n",
	    "7: One -> http://h/1\n" },
	{ "URLs only", "http://h/a%20b.ts?x=/1\nrtp://@239.0.0.1:1234\nhttp://u:p@h/\n",
	    "1: a b.ts -> http://h/a%20b.ts?x=/1\n"
	    "2: 239.0.0.1:1234 -> rtp://@239.0.0.1:1234\n3: h -> http://u:p@h/\n" },
	{ "relative paths", "#EXTM3U\nchannels/one.ts\n#EXTINF:-1,Two\ntwo of two.ts\n",
	    "2: one.ts -> channels/one.ts\n4: Two -> two of two.ts\n" },
	{ "float duration, none, and no blank behind it",
	    "#EXTINF:10.5,A\nhttp://h/1\n#EXTINF:,B\nhttp://h/2\n"
	    "#EXTINF:-1tvg-id=\"c\",C\nhttp://h/3\n",
	    "2: A -> http://h/1 for=10.5\n4: B -> http://h/2\n6: C -> http://h/3 id=c\n" },
	{ "commas in name and values",
	    "#EXTINF:-1 group-title=\"News, World\",One, two, three\nhttp://h/1\n",
	    "2: One, two, three -> http://h/1 group=News, World\n" },
	{ "single quotes, bare values, blanks around =",
	    "#EXTINF:-1 tvg-id='a b' tvg-chno=7 tvg-name = \"N\" group-title= radio=true,One\n"
	    "http://h/1\n",
	    "2: One -> http://h/1 id=a b tvg=N no=7 radio\n" },
	{ "an apostrophe in single quotes",
	    "#EXTINF:-1 tvg-name='Bob's TV' tvg-id='b',Bob's TV\nhttp://h/1\n",
	    "2: Bob's TV -> http://h/1 id=b tvg=Bob's TV\n" },
	{ "attribute names in any case",
	    "#EXTINF:-1 TVG-ID=\"a\" Group-Title=\"G\",One\nhttp://h/1\n",
	    "2: One -> http://h/1 id=a group=G\n" },
	{ "quotes inside a value",
	    "#EXTINF:-1 tvg-name=\"The \"Big\" Show\" tvg-id=\"a\",One\nhttp://h/1\n",
	    "2: One -> http://h/1 id=a tvg=The \"Big\" Show\n" },
	{ "quotes at a value's end",
	    "#EXTINF:-1 tvg-name=\"The \"Show\"\" tvg-id=\"a\",One\nhttp://h/1\n",
	    "2: One -> http://h/1 id=a tvg=The \"Show\"\n" },
	{ "a quoted word and a comma inside a value",
	    "#EXTINF:-1 tvg-name=\"A \"B\", C\" tvg-id=\"a\",One\nhttp://h/1\n",
	    "2: One -> http://h/1 id=a tvg=A \"B\", C\n" },
	{ "quotes in the name", "#EXTINF:-1 tvg-id=\"a\",The \"Big\", \"Show\"\nhttp://h/1\n",
	    "2: The \"Big\", \"Show\" -> http://h/1 id=a\n" },
	{ "an equation in the name", "#EXTINF:-1 tvg-id=\"a\",Foo (a=\"b\") bar\nhttp://h/1\n",
	    "2: Foo (a=\"b\") bar -> http://h/1 id=a\n" },
	{ "a last quote that is missing",
	    "#EXTINF:-1 tvg-id=\"a\" group-title=\"News,CNN\nhttp://h/1\n",
	    "2: CNN -> http://h/1 id=a group=News\n" },
	{ "a quote in the middle that is missing",
	    "#EXTINF:-1 group-title=\"News tvg-id=\"a\",CNN\nhttp://h/1\n",
	    "2: CNN -> http://h/1 id=a group=News\n" },
	{ "a missing quote before an empty value",
	    "#EXTINF:-1 group-title=\"News tvg-id=\"\" tvg-name=\"N\",CNN\nhttp://h/1\n",
	    "2: CNN -> http://h/1 tvg=N group=News\n" },
	{ "attributes with commas between them",
	    "#EXTINF:-1, tvg-id=\"a\",tvg-name=\"A\" , group-title=\"G\",One\nhttp://h/1\n",
	    "2: One -> http://h/1 id=a tvg=A group=G\n" },
	{ "no blank between attributes", "#EXTINF:-1 tvg-id=\"a\"tvg-name=\"A\",One\nhttp://h/1\n",
	    "2: One -> http://h/1 id=a tvg=A\n" },
	{ "a stray word between attributes",
	    "#EXTINF:-1 tvg-id=\"a\" foo group-title=\"G\" = ,One\nhttp://h/1\n",
	    "2: One -> http://h/1 id=a group=G\n" },
	{ "no comma", "#EXTINF:-1 tvg-id=\"a\" One Two\nhttp://h/1\n#EXTINF:-1 Three\nhttp://h/2\n",
	    "2: One Two -> http://h/1 id=a\n4: Three -> http://h/2\n" },
	{ "no name", "#EXTINF:-1 tvg-name=\"A\",\nhttp://h/1\n#EXTINF:-1,\nhttp://h/x/two.ts?q\n",
	    "2: A -> http://h/1 tvg=A\n4: two.ts -> http://h/x/two.ts?q\n" },
	{ "numbers by other names",
	    "#EXTINF:-1 ch-number=\"3\" channel-number=\"2\",A\nhttp://h/1\n"
	    "#EXTINF:-1 channel-id=\"4\" ch-number=\"3\",B\nhttp://h/2\n"
	    "#EXTINF:-1 channel-id=\"4\" tvg-chno=\"\",C\nhttp://h/3\n",
	    "2: A -> http://h/1 no=2\n4: B -> http://h/2 no=3\n6: C -> http://h/3 no=4\n" },
	{ "groups: the entry's own, then one that begins, then none",
	    "#EXTM3U\n#EXTINF:-1,A\n#EXTGRP:One\nhttp://h/1\n#EXTINF:-1,B\nhttp://h/2\n"
	    "#EXTGRP:Two\n#EXTINF:-1,C\nhttp://h/3\n#EXTINF:-1 "
	    "group-title=\"Three\",D\nhttp://h/4\n"
	    "#EXTINF:-1 group-title=\"\",E\n#EXTGRP: Four\nhttp://h/5\n#EXTGRP:\n"
	    "#EXTINF:-1,F\nhttp://h/6\n",
	    "4: A -> http://h/1 group=One\n6: B -> http://h/2\n9: C -> http://h/3 group=Two\n"
	    "11: D -> http://h/4 group=Three\n14: E -> http://h/5 group=Four\n17: F -> "
	    "http://h/6\n" },
	{ "options of VLC",
	    "#EXTINF:-1,A\n#EXTVLCOPT:http-user-agent=VLC/3 "
	    "x\n#EXTVLCOPT--http-referrer=http://r/\n"
	    "#EXTVLCOPT:program=3\nhttp://h/1\n#EXTINF:-1,B\nhttp://h/2\n",
	    "5: A -> http://h/1 agent=VLC/3 x headers=Referer: http://r/\n "
	    "lines=#EXTVLCOPT:http-user-agent=VLC/3 x\n#EXTVLCOPT--http-referrer=http://r/\n"
	    "#EXTVLCOPT:program=3\n\n7: B -> http://h/2\n" },
	{ "properties of Kodi, before #EXTINF",
	    "#KODIPROP:inputstream=inputstream.adaptive\n"
	    "#KODIPROP:inputstream.adaptive.stream_headers=User-Agent=K%201&X-A=b\n"
	    "#EXTINF:-1,A\nhttp://h/1\n",
	    "4: A -> http://h/1 agent=K 1 headers=X-A: b\n "
	    "lines=#KODIPROP:inputstream=inputstream.adaptive\n"
	    "#KODIPROP:inputstream.adaptive.stream_headers=User-Agent=K%201&X-A=b\n\n" },
	{ "headers as JSON",
	    "#EXTINF:-1,A\n#EXTHTTP:{\"User-Agent\":\"J/1\",\"X-N\":5,\"Cookie\":\"a=b\"}\nhttp://"
	    "h/1\n"
	    "#EXTINF:-1,B\n#EXTHTTP:{broken\nhttp://h/2\n",
	    "3: A -> http://h/1 agent=J/1 headers=Cookie: a=b\n "
	    "lines=#EXTHTTP:{\"User-Agent\":\"J/1\",\"X-N\":5,\"Cookie\":\"a=b\"}\n\n"
	    "6: B -> http://h/2 lines=#EXTHTTP:{broken\n\n" },
	{ "headers behind the URL",
	    "http://h/1.ts|User-Agent=A%2F1&Referer=http%3A%2F%2Fr\nhttp://h/2|X-A=b|X-B=c\n"
	    "http://h/3|4\nhttp://h/5 | User-Agent=B\n",
	    "1: 1.ts -> http://h/1.ts agent=A/1 headers=Referer: http://r\n\n"
	    "2: 2 -> http://h/2 headers=X-A: b\nX-B: c\n\n3: 3|4 -> http://h/3|4\n"
	    "4: 5 -> http://h/5 agent=B\n" },
	{ "headers as attributes, and the header line's",
	    "#EXTM3U user-agent=\"List/1\"\n#EXTINF:-1 http-user-agent=\"A/1\" "
	    "http-referrer=\"http://r/\",A\nhttp://h/1\n#EXTINF:-1,B\nhttp://h/2\n",
	    "3: A -> http://h/1 agent=A/1 headers=Referer: http://r/\n\n"
	    "5: B -> http://h/2 agent=List/1\n" },
	{ "headers that must not be sent",
	    "http://h/"
	    "1|Host=x&Content-Length=5&X-A=b%0d%0aX-C:%20d&Bad%20Name=1&X-D=%ff&X-E=1&x-e=2\n",
	    "1: 1 -> http://h/1 headers=x-e: 2\n\n" },
	{ "the guide, of a list of guides",
	    "#EXTM3U x-tvg-url=\"http://g/1.xml.gz,http://g/2.xml\" url-tvg=\"http://g/3.xml\"\n"
	    "http://h/1\n",
	    "2: 1 -> http://h/1\nguide=http://g/1.xml.gz\n" },
	{ "Latin-1 and Windows-1252",
	    "#EXTINF:-1 group-title=\"S\xe9ries\",TV 5 Monde \x96 \x80uro \x81\nhttp://h/1\n",
	    "2: TV 5 Monde \xe2\x80\x93 \xe2\x82\xacuro -> http://h/1 group=S\xc3\xa9ries\n" },
	{ "UTF-8, and a control of its upper half",
	    "#EXTINF:-1,\xd0\x9f\xd0\xb5\xd1\x80\xd0\xb2\xd1\x8b\xd0\xb9\xc2\x85 \xf0\x9f\x93\xba\n"
	    "http://h/1\n",
	    "2: \xd0\x9f\xd0\xb5\xd1\x80\xd0\xb2\xd1\x8b\xd0\xb9  \xf0\x9f\x93\xba -> "
	    "http://h/1\n" },
	{ "comments and unknown directives",
	    "#EXTM3U\n#PLAYLIST:x\n# comment\n#EXTINF:-1,A\n#EXTALB:y\n#EXT-X-PLAYLIST-TYPE:VOD\n"
	    "http://h/1\n",
	    "7: A -> http://h/1 lines=#EXT-X-PLAYLIST-TYPE:VOD\n\n" },
	{ "an #EXTINF without a URL",
	    "#EXTINF:-1 tvg-id=\"a\",A\n#EXTINF:-1,B\nhttp://h/2\n#EXTINF:-1,C\n",
	    "2! the #EXTINF before this one has no URL\n3: B -> http://h/2\n"
	    "4! the last #EXTINF has no URL\n" },
	{ "lines that say nothing", "#EXTM3U\nwhat is this\n#EXTINF:-1,A\nhttp://h/1\n",
	    "2! neither an address nor a directive: \"what is this\"\n4: A -> http://h/1\n" },
	{ "two lists in one file",
	    "#EXTM3U url-tvg=\"http://g/1\"\nhttp://h/1\n#EXTINF:-1,lost\n#EXTM3U "
	    "url-tvg=\"http://g/2\"\n"
	    "http://h/2\n",
	    "2: 1 -> http://h/1\n4! the #EXTINF before #EXTM3U has no URL\n5: 2 -> http://h/2\n"
	    "guide=http://g/1\n" },
	{ "HLS tags as an entry's own", "#EXTINF:-1,A\n#EXT-X-STREAM-INF:BANDWIDTH=1\nhttp://h/1\n",
	    "3: A -> http://h/1 lines=#EXT-X-STREAM-INF:BANDWIDTH=1\n\n" },
	{ "HLS tags behind the first entry",
	    "#EXTM3U\nhttp://h/1\n#EXT-X-TARGETDURATION:5\nhttp://h/2\n",
	    "2: 1 -> http://h/1\n4: 2 -> http://h/2 lines=#EXT-X-TARGETDURATION:5\n\n" },
};

START_TEST(reads_every_dialect_cut_anywhere)
{
	size_t len = strlen(lists[_i].text);

	for (size_t step = 1; step <= len; step++) {
		struct buf out = BUF_INIT(100000);
		struct err err = ERR_INIT;
		int rc = read_in_steps(lists[_i].text, len, step, &out, &err);

		ck_assert_msg(rc == 0, "%s: step %zu: %s", lists[_i].label, step, err.text);
		ck_assert_msg(strcmp(out.data, lists[_i].want) == 0,
		    "%s: step %zu:\n%s\nwanted:\n%s", lists[_i].label, step, out.data,
		    lists[_i].want);
		buf_release(&out);
	}
}
END_TEST

/* A text of `len` bytes, which may hold NULs. */
#define TEXT(t) (t), sizeof(t) - 1

static const struct {
	const char *text;
	size_t len;
	const char *error;
} refused[] = {
	{ TEXT(""), "the playlist is empty" },
	{ TEXT("\n\r\n \n"), "the playlist is empty" },
	{ TEXT("\0\0\0\0\0\0"), "the playlist is empty" },
	{ TEXT("\xef\xbb\xbf"), "the playlist is empty" },
	{ TEXT("#EXTM3U\n"), "the playlist has no entries" },
	{ TEXT("#EXTM3U\n#EXTINF:-1,A\n"), "the playlist has no entries" },
	{ TEXT("<!DOCTYPE html>\n<html>"), "not an M3U playlist but a web page (HTML)" },
	{ TEXT("\xef\xbb\xbf\r\n  <HTML>"), "not an M3U playlist but a web page (HTML)" },
	{ TEXT("<?xml version=\"1.0\"?>"), "not an M3U playlist but an XML document" },
	{ TEXT("<tv>"), "not an M3U playlist but an XMLTV guide" },
	{ TEXT("{\"user_info\":{\"auth\":0}}"), "not an M3U playlist but JSON" },
	{ TEXT("[]"), "not an M3U playlist but JSON" },
	{ TEXT("[playlist]\nFile1=x"), "not an M3U playlist but a PLS playlist" },
	{ TEXT("\x1f\x8b\x08\0\0\0\0"), "not an M3U playlist but gzip data" },
	{ TEXT("\xff\xfe#\0E\0X\0"), "not an M3U playlist but UTF-16 text" },
	{ TEXT("G@\x11\x10\0B\xf0%\0\1\xc1\0"), "not an M3U playlist but binary data" },
	{ TEXT("Forbidden"), "not an M3U playlist: it starts with \"Forbidden\"" },
	{ TEXT("# a comment\nAccount has expired.\n"),
	    "not an M3U playlist: it starts with \"Account has expired.\"" },
	{ TEXT("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\n1.ts\n"),
	    "not a list of channels but one HLS stream (EXT-X-TARGETDURATION)" },
	{ TEXT("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:1\n#EXTINF:6,\n1.ts\n"),
	    "not a list of channels but one HLS stream (EXT-X-MEDIA-SEQUENCE)" },
	{ TEXT("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow.m3u8\n"),
	    "not a list of channels but one HLS stream (EXT-X-STREAM-INF)" },
};

START_TEST(refuses_what_is_no_playlist_cut_anywhere)
{
	for (size_t step = 1; step <= refused[_i].len + 1; step++) {
		struct buf out = BUF_INIT(1000);
		struct err err = ERR_INIT;
		int rc = read_in_steps(refused[_i].text, refused[_i].len, step, &out, &err);

		ck_assert_int_eq(rc, -EBADMSG);
		ck_assert_str_eq(err.text, refused[_i].error);
		buf_release(&out);
	}
}
END_TEST

START_TEST(a_nul_in_a_line_is_a_blank)
{
	static const char text[] = "#EXTM3U\n#EXTINF:-1 tvg-id=\"a\0b\",O\0\x01\x7f"
				   "e\nhttp://h/1\0\n";

	for (size_t step = 1; step < sizeof(text); step++) {
		struct buf out = BUF_INIT(1000);

		ck_assert_int_eq(read_in_steps(text, sizeof(text) - 1, step, &out, NULL), 0);
		ck_assert_str_eq(out.data, "3: O   e -> http://h/1 id=a b\n");
		buf_release(&out);
	}
}
END_TEST

static void
add_many(struct buf *text, char c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_char(text, c);
}

START_TEST(a_line_that_is_too_long_costs_its_entry_only)
{
	size_t line_max = m3u_limits_default.line_max;
	size_t steps[] = { 1000, 4096, 65535, 65536, 65537, 1000000 };
	struct buf text = BUF_INIT(1000000);

	buf_str(&text, "#EXTM3U\n#EXTINF:-1,A\nhttp://h/1\n#EXTINF:-1,");
	add_many(&text, 'x', line_max);
	buf_str(&text, "\nhttp://h/2\n#EXTINF:-1,C\n#EXTVLCOPT:");
	add_many(&text, 'x', line_max);
	buf_str(&text, "\nhttp://h/3\n#EXTINF:-1,D\nhttp://h/");
	add_many(&text, 'x', line_max);
	buf_str(&text, "\n#EXTINF:-1,E\nhttp://h/5\n#");
	add_many(&text, ' ', line_max - 1);
	buf_str(&text, "\n#EXTINF:-1,F\nhttp://h/");
	add_many(&text, 'y', 8200);
	buf_str(&text, "\nhttp://h/6\n");
	add_many(&text, 'z', line_max + 1);
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		struct buf out = BUF_INIT(10000);
		struct err err = ERR_INIT;

		ck_assert_msg(read_in_steps(text.data, text.len, steps[i], &out, &err) == 0, "%s",
		    err.text);
		ck_assert_str_eq(out.data,
		    "3: A -> http://h/1\n"
		    "4! a line of more than 65536 bytes\n"
		    "7! a line of more than 65536 bytes\n"
		    "10! a line of more than 65536 bytes\n"
		    "12: E -> http://h/5\n"
		    "15! a URL of more than 8192 bytes\n"
		    "16: 6 -> http://h/6\n"
		    "17! a line of more than 65536 bytes\n");
		buf_release(&out);
	}
	buf_release(&text);
}
END_TEST

START_TEST(an_endless_first_line_is_judged_by_its_start)
{
	struct buf text = BUF_INIT(1000000), out = BUF_INIT(1000);
	struct err err = ERR_INIT;

	buf_str(&text, "{");
	add_many(&text, 'x', 200000);
	ck_assert_int_eq(read_in_steps(text.data, text.len, 4096, &out, &err), -EBADMSG);
	ck_assert_str_eq(err.text, "not an M3U playlist but JSON");
	text.data[0] = 'x';
	ck_assert_int_eq(read_in_steps(text.data, text.len, 4096, &out, &err), -EBADMSG);
	ck_assert_str_eq(err.text, "the playlist has no entries");
	buf_release(&text);
	buf_release(&out);
}
END_TEST

static int
stop_at_once(const struct m3u_entry *entry, void *arg)
{
	(void)entry;
	(void)arg;
	return -ECANCELED;
}

START_TEST(keeps_its_limits)
{
	const struct m3u_limits limits = { .line_max = 100, .attr_max = 2, .entry_max = 3 };
	static const char list[] =
	    "#EXTINF:-1 a=1 b=2 c=3 d=4,A\nhttp://h/1\n"
	    "#EXTVLCOPT:a=0123456789012345678901234567890123456789\n"
	    "#EXTVLCOPT:b=0123456789012345678901234567890123456789012345678\n"
	    "http://h/2\nhttp://h/3\n";
	struct buf out = BUF_INIT(1000);
	struct err err = ERR_INIT;
	struct m3u_reader *r = m3u_reader_new(&limits, show_entry, show_note, &out);

	ck_assert_int_eq(m3u_reader_feed(r, list, sizeof(list) - 1, &err), 0);
	ck_assert_int_eq(m3u_reader_feed(r, "http://h/4\n", 11, &err), -EFBIG);
	ck_assert_str_eq(err.text, "more than 3 entries");
	ck_assert_str_eq(out.data,
	    "1! more than 2 attributes\n2: A -> http://h/1\n4! more than 100 bytes of directives\n"
	    "5: 2 -> http://h/2 lines=#EXTVLCOPT:a=0123456789012345678901234567890123456789\n\n"
	    "6: 3 -> http://h/3\n");
	ck_assert_uint_eq(m3u_reader_counts(r)->entries, 3);
	ck_assert_uint_eq(m3u_reader_counts(r)->skipped, 2);
	ck_assert_uint_eq(m3u_reader_counts(r)->lines, 7);
	ck_assert_uint_eq(m3u_reader_counts(r)->bytes, sizeof(list) - 1 + 11);
	m3u_reader_free(r);
	r = m3u_reader_new(&limits, stop_at_once, NULL, NULL);
	ck_assert_int_eq(m3u_reader_feed(r, list, sizeof(list) - 1, &err), -ECANCELED);
	m3u_reader_free(r);
	buf_release(&out);
}
END_TEST

static int
show_attrs(const struct m3u_entry *e, void *arg)
{
	for (size_t i = 0; i < e->attr_count; i++)
		buf_printf(arg, "%s=%s;", e->attrs[i].name, e->attrs[i].value);
	buf_printf(arg, "[%s]", e->tvg_id);
	return 0;
}

START_TEST(all_attributes_are_kept_in_order)
{
	struct buf out = BUF_INIT(1000);
	struct m3u_reader *r;
	static const char list[] = "#EXTINF:-1 tvg-id=\"a\" X-New='b' catchup=default tvg-id=\"c\" "
				   "empty=\"\",A\nhttp://h/1\n";

	r = m3u_reader_new(&m3u_limits_default, show_attrs, NULL, &out);
	ck_assert_int_eq(m3u_reader_feed(r, list, sizeof(list) - 1, NULL), 0);
	ck_assert_str_eq(out.data, "tvg-id=a;X-New=b;catchup=default;tvg-id=c;empty=;[a]");
	m3u_reader_free(r);
	buf_release(&out);
}
END_TEST

/* A small repeatable source of numbers. */
static uint32_t
next_number(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

static void
mutate(char *text, size_t *len, uint32_t *state)
{
	size_t at = next_number(state) % *len;

	switch (next_number(state) % 4) {
	case 0: text[at] ^= (char)(1 << next_number(state) % 8); break;
	case 1: text[at] = "\"',= \n\r|#\0\xff"[next_number(state) % 12]; break;
	case 2:
		memmove(text + at, text + at + 1, *len - at - 1);
		*len -= *len > 1;
		break;
	default: *len = at + 1; break;
	}
}

/* Whatever is done to a good list: no crash, and the same answer however it is cut. */
START_TEST(a_broken_list_is_read_the_same_cut_anywhere)
{
	uint32_t state = (uint32_t)_i + 1;

	for (int round = 0; round < 100; round++) {
		size_t len = strlen(lists[_i].text), steps[] = { len, 1, 7 };
		struct buf out[3];
		char *text = strdup(lists[_i].text);
		int rc[3];

		for (uint32_t k = next_number(&state) % 4 + 1; k > 0; k--)
			mutate(text, &len, &state);
		for (size_t k = 0; k < 3; k++) {
			buf_init(&out[k], 100000);
			rc[k] = read_in_steps(text, len, steps[k], &out[k], NULL);
			ck_assert_int_eq(rc[k], rc[0]);
			ck_assert_str_eq(out[k].data, out[0].data);
		}
		for (size_t k = 0; k < 3; k++)
			buf_release(&out[k]);
		free(text);
	}
}
END_TEST

/* Lines on which a careless reader takes the square of their length. */
START_TEST(hostile_lines_take_linear_time)
{
	static const char *const units[] = { "\"", "a=\"", "a='x ", "a='x", "\" ", "=", "\",",
		"\"a =", "a=\"b\"c", ",", "\" a=\"\"," };
	size_t rounds = 8;
	struct buf text = BUF_INIT(10000000), out = BUF_INIT(10000000);

	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		buf_clear(&text);
		for (size_t k = 0; k < rounds; k++) {
			buf_str(&text, "#EXTINF:-1 ");
			for (size_t n = 0; n + 20 < m3u_limits_default.line_max;
			     n += strlen(units[i]))
				buf_str(&text, units[i]);
			buf_str(&text, "\nhttp://h/1\n");
		}
		buf_clear(&out);
		ck_assert_int_eq(read_in_steps(text.data, text.len, text.len, &out, NULL), 0);
	}
	buf_release(&text);
	buf_release(&out);
}
END_TEST

static int
count_entry(const struct m3u_entry *entry, void *arg)
{
	ck_assert_ptr_nonnull(strstr(entry->url, "http://provider.invalid/live/"));
	ck_assert(entry->name[0] != '\0');
	++*(unsigned *)arg;
	return 0;
}

START_TEST(a_real_list_loses_nothing)
{
	struct m3u_reader *r;
	unsigned entries = 0;
	char *text;
	size_t len;

	if (file_load("../shared/data/matching/playlist.m3u", 1 << 24, &text, &len, NULL) < 0)
		return;
	r = m3u_reader_new(&m3u_limits_default, count_entry, NULL, &entries);
	ck_assert_int_eq(m3u_reader_feed(r, text, len, NULL), 0);
	ck_assert_int_eq(m3u_reader_finish(r, NULL), 0);
	ck_assert_uint_eq(entries * 2 + 1, m3u_reader_counts(r)->lines);
	ck_assert_uint_eq(m3u_reader_counts(r)->skipped, 0);
	m3u_reader_free(r);
	free(text);
}
END_TEST

UNIT_MAIN("m3u", UNIT_ROWS(reads_every_dialect_cut_anywhere, ARRAY_LEN(lists)),
    UNIT_ROWS(refuses_what_is_no_playlist_cut_anywhere, ARRAY_LEN(refused)),
    UNIT_TEST(a_nul_in_a_line_is_a_blank), UNIT_TEST(a_line_that_is_too_long_costs_its_entry_only),
    UNIT_TEST(an_endless_first_line_is_judged_by_its_start), UNIT_TEST(keeps_its_limits),
    UNIT_TEST(all_attributes_are_kept_in_order),
    UNIT_ROWS(a_broken_list_is_read_the_same_cut_anywhere, ARRAY_LEN(lists)),
    UNIT_TEST(hostile_lines_take_linear_time), UNIT_TEST(a_real_list_loses_nothing))
