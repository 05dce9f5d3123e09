/*
 * Parts of the guide: which channels, which hours, as XML and as gzip.
 */
#include "gateway/outputs.h"

#include "tests/unit/gateway/guide_world.h"

static const char five[] = "#EXTM3U\n"
			   "#EXTINF:-1 tvg-chno=\"1\" tvg-logo=\"http://l/1.png?a=1&b=2\",One\n"
			   "http://127.0.0.1:9/1\n"
			   "#EXTINF:-1 tvg-chno=\"5\",Five\nhttp://127.0.0.1:9/2\n"
			   "#EXTINF:-1 tvg-chno=\"5.1\",Five one\nhttp://127.0.0.1:9/3\n"
			   "#EXTINF:-1 tvg-chno=\"20\",Twenty\nhttp://127.0.0.1:9/4\n"
			   "#EXTINF:-1 tvg-chno=\"20.2\",Twenty two\nhttp://127.0.0.1:9/5\n";

/* It is 12:15. */
static const struct test_programme programmes[] = {
	{ 0, 10, 2, "", "<title>One past</title>\n" },
	{ 0, 12, 1, "", "<title>One now</title>\n<icon src=\"http://p/1.jpg?a&amp;b\"/>\n" },
	{ 0, 13, 1, "", "<title>One next</title>\n" },
	{ 0, 36, 1, "", "<title>One tomorrow</title>\n" },
	{ 1, 12, 2, "", "<title>Five now</title>\n" },
	{ 2, 10, 50, "", "<title>Five one always</title>\n" },
	{ 4, 80, 1, "", "<title>Twenty two late</title>\n" },
};

static void
open_five(void)
{
	guide_world_open(five, "");
	world_give_guide(programmes, ARRAY_LEN(programmes), "");
}

static const struct {
	const char *query;
	const char *title; /* one of it; NULL: it has none */
	unsigned channels, programmes;
} parts[] = {
	{ "channels=1", "One past", 1, 4 },
	{ "channels=5", "Five now", 1, 1 },
	{ "channels=5.1", "Five one always", 1, 1 },
	{ "channels=1-5", "Five one always", 3, 6 },
	{ "channels=5-5", "Five one always", 2, 2 },
	{ "channels=5.1-20.1", "Five one always", 2, 1 },
	{ "channels=6-20", "Twenty two late", 2, 1 },
	{ "channels=20.2,1,1,1-5", "Twenty two late", 4, 7 },
	{ "channels=99", NULL, 0, 0 },
	{ "channels=0000000000000000.masthead", NULL, 0, 0 },
	{ "hours=1", "One now", 5, 3 },
	{ "hours=2", "One next", 5, 4 },
	{ "days=1", "Five one always", 5, 4 },
	{ "days=2", "One tomorrow", 5, 5 },
	{ "days=3", "Twenty two late", 5, 6 },
	{ "days=60&channels=20-30", "Twenty two late", 2, 1 },
	{ "days=1&token=abc&x", "One now", 5, 4 },
};

START_TEST(a_part_has_its_channels_and_its_hours)
{
	char path[256];

	open_five();
	snprintf(path, sizeof(path), "/guide.xml?%s", parts[_i].query);
	ask(path);
	ck_assert_int_eq(reply.status, 200);
	ck_assert_str_eq(reply_header("Content-Type"), "application/xml; charset=utf-8");
	ck_assert_uint_eq(reply_count("<channel id="), parts[_i].channels);
	ck_assert_uint_eq(reply_count("<programme "), parts[_i].programmes);
	if (parts[_i].title != NULL)
		ck_assert_uint_eq(reply_count(parts[_i].title), 1);
	expect_valid_reply();
	world_close();
}
END_TEST

START_TEST(a_part_by_ids_is_that_by_numbers)
{
	struct buf by_number = BUF_INIT(65536);
	char path[256];

	open_five();
	ask("/guide.xml?channels=1,5.1");
	buf_add(&by_number, reply.body.data, reply.body.len);
	snprintf(path, sizeof(path), "/guide.xml?channels=%s,%.16s", world_id(2), world_id(0));
	ask(path);
	ck_assert_str_eq(reply.body.data, by_number.data);
	buf_release(&by_number);
	world_close();
}
END_TEST

static const char *const wrong[][2] = {
	{ "days=0", "'days' must be a number from 1 to 60." },
	{ "days=61", "'days' must be a number from 1 to 60." },
	{ "days=-1", "'days' must be a number from 1 to 60." },
	{ "days=two", "'days' must be a number from 1 to 60." },
	{ "days=", "'days' must be a number from 1 to 60." },
	{ "days=99999999999999999999999", "'days' must be a number from 1 to 60." },
	{ "hours=1441", "'hours' must be a number from 1 to 1440." },
	{ "days=1&hours=1", "cannot be asked for together" },
	{ "channels=", "'channels' must be a list like" },
	{ "channels=1,,2", "'' is no channel; there must be a list like" },
	{ "channels=5-1", "'5-1' is no channel" },
	{ "channels=-5", "'-5' is no channel" },
	{ "channels=5-", "'5-' is no channel" },
	{ "channels=1-2-3", "'1-2-3' is no channel" },
	{ "channels=0", "'0' is no channel" },
	{ "channels=News", "'News' is no channel" },
	{ "channels=0123456789abcdefg", "is no channel" },
	{ "channels=0123456789abcdef.example", "is no channel" },
};

START_TEST(what_is_wrong_is_told_with_what_is_allowed)
{
	char path[256];

	open_five();
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "/guide.xml%s?%s", i == 0 ? "" : ".gz", wrong[_i][0]);
		ask(path);
		ck_assert_msg(reply.status == 400, "%ld %s", reply.status, reply.body.data);
		ck_assert_msg(strstr(reply.body.data, wrong[_i][1]) != NULL, "%s", reply.body.data);
	}
	world_close();
}
END_TEST

START_TEST(a_list_has_at_most_256_items)
{
	struct buf path = BUF_INIT(4096);

	open_five();
	buf_str(&path, "/guide.xml?channels=1");
	for (int i = 1; i < 256; i++)
		buf_str(&path, ",1");
	ask(path.data);
	ck_assert_int_eq(reply.status, 200);
	ck_assert_uint_eq(reply_count("<channel id="), 1);
	buf_str(&path, ",1");
	ask(path.data);
	ck_assert_int_eq(reply.status, 400);
	ck_assert_ptr_nonnull(strstr(reply.body.data, "at most 256"));
	buf_release(&path);
	world_close();
}
END_TEST

START_TEST(gzip_of_a_part_is_that_part)
{
	struct buf plain = BUF_INIT(65536);
	char text[65536];
	z_stream z = { .next_out = (unsigned char *)text, .avail_out = sizeof(text) };

	open_five();
	ask("/guide.xml?channels=1-5&days=2");
	buf_add(&plain, reply.body.data, reply.body.len);
	ask("/guide.xml.gz?channels=1-5&days=2");
	ck_assert_int_eq(reply.status, 200);
	ck_assert_str_eq(reply_header("Content-Type"), "application/gzip");
	ck_assert_str_eq(reply_header("Content-Encoding"), "");
	z.next_in = (unsigned char *)reply.body.data;
	z.avail_in = (unsigned)reply.body.len;
	ck_assert_int_eq(inflateInit2(&z, 15 + 16), Z_OK);
	ck_assert_int_eq(inflate(&z, Z_FINISH), Z_STREAM_END);
	ck_assert_uint_eq(z.avail_in, 0);
	ck_assert_uint_eq(z.total_out, plain.len);
	ck_assert_mem_eq(text, plain.data, plain.len);
	ck_assert_int_eq(inflateEnd(&z), Z_OK);
	buf_release(&plain);
	world_close();
}
END_TEST

/* The ETag of a path, kept in `out`. */
static const char *
etag_of(const char *path, char out[64])
{
	ask(path);
	ck_assert_int_eq(reply.status, 200);
	snprintf(out, 64, "%.60s", reply_header("ETag"));
	ck_assert_int_eq(out[0], '"');
	return out;
}

START_TEST(an_etag_is_of_the_very_bytes)
{
	char header[128], tag[64], other[64];

	open_five();
	etag_of("/guide.xml?days=2", tag);
	snprintf(header, sizeof(header), "If-None-Match: %s", tag);
	ask_with("GET", "/guide.xml?days=2", header);
	ck_assert_int_eq(reply.status, 304);
	ck_assert_uint_eq(reply.body.len, 0);
	ask_with("HEAD", "/guide.xml?days=2", NULL);
	ck_assert_int_eq(reply.status, 200);
	ck_assert_str_eq(reply_header("ETag"), tag);
	ck_assert_uint_eq(reply.body.len, 0);
	ck_assert_str_eq(etag_of("/guide.xml?hours=48", other), tag);
	ck_assert_str_ne(etag_of("/guide.xml?days=3", other), tag);
	ck_assert_str_ne(etag_of("/guide.xml?days=2&channels=1-5", other), tag);
	ck_assert_str_ne(etag_of("/guide.xml.gz?days=2", other), tag);
	/* Within the hour it is the same, in the next it is not. */
	wall += 44 * 60;
	ck_assert_str_eq(etag_of("/guide.xml?days=2", other), tag);
	wall += 60;
	ck_assert_str_ne(etag_of("/guide.xml?days=2", other), tag);
	world_close();
}
END_TEST

START_TEST(the_whole_comes_from_its_files)
{
	struct stat st;

	open_five();
	ck_assert_int_eq(stat(in_dir("guide/guide.xml"), &st), 0);
	ask("/guide.xml");
	ck_assert_int_eq(reply.status, 200);
	ck_assert_uint_eq(reply.body.len, (size_t)st.st_size);
	ck_assert_str_ne(reply_header("Content-Length"), "");
	expect_valid_reply();
	ask("/device/10af6f4b/guide.xml");
	ck_assert_uint_eq(reply.body.len, (size_t)st.st_size);
	ask_with("GET", "/xmltv/threadfin.xml", "Accept-Encoding: gzip");
	ck_assert_str_eq(reply_header("Content-Encoding"), "gzip");
	ask("/device/00000000/guide.xml");
	ck_assert_int_eq(reply.status, 404);
	ask("/guide.xml.gz");
	ck_assert_str_eq(reply_header("Content-Type"), "application/gzip");
	ck_assert_str_eq(reply_header("Content-Encoding"), "");
	world_close();
}
END_TEST

/* More than any piece, with programmes that are longer than one. */
START_TEST(long_parts_come_whole)
{
	enum { COUNT = 300, LONG = 100000 };
	struct test_programme *many = calloc(COUNT, sizeof(*many));
	char *body = malloc(LONG + 64);

	memset(body, 'x', LONG + 64);
	memcpy(body, "<title>", 7);
	memcpy(body + LONG, "</title>\n", 10);
	for (int i = 0; i < COUNT; i++)
		many[i] = (struct test_programme){ 0, i, 1, "", body };
	guide_world_open(five, "");
	world_give_guide(many, COUNT, "");
	ask("/guide.xml?channels=1");
	ck_assert_uint_eq(reply_count("</programme>\n"), COUNT);
	ck_assert_uint_gt(reply.body.len, (size_t)COUNT * LONG);
	ck_assert_str_eq(reply.body.data + reply.body.len - 6, "</tv>\n");
	ask("/guide.xml.gz?channels=1");
	ck_assert_int_eq(reply.status, 200);
	ck_assert_uint_lt(reply.body.len, (size_t)COUNT * LONG / 100);
	free(many);
	free(body);
	world_close();
}
END_TEST

START_TEST(without_a_guide_it_is_to_be_tried_again)
{
	static const char *const paths[] = { "/guide.xml", "/guide.xml.gz", "/guide.xml?days=1",
		"/guide.xml.gz?days=1", "/api/v1/guide/now", "/api/v1/guide",
		"/api/v1/guide/search?q=a" };

	guide_world_open(five, "");
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		ask(paths[i]);
		ck_assert_msg(reply.status == 503, "%s: %ld", paths[i], reply.status);
		ck_assert_str_eq(reply_header("Retry-After"), "10");
	}
	world_close();
}
END_TEST

WORLD_MAIN("outputs", UNIT_ROWS(a_part_has_its_channels_and_its_hours, ARRAY_LEN(parts)),
    UNIT_TEST(a_part_by_ids_is_that_by_numbers),
    UNIT_ROWS(what_is_wrong_is_told_with_what_is_allowed, ARRAY_LEN(wrong)),
    UNIT_TEST(a_list_has_at_most_256_items), UNIT_TEST(gzip_of_a_part_is_that_part),
    UNIT_TEST(an_etag_is_of_the_very_bytes), UNIT_TEST(the_whole_comes_from_its_files),
    UNIT_TEST(long_parts_come_whole), UNIT_TEST(without_a_guide_it_is_to_be_tried_again))
