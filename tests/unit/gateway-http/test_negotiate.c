#include "gateway/http/negotiate.h"

#include <stdio.h>
#include <string.h>

#include "gateway/http/head.h"
#include "unit.h"

#define ETAG "\"e\""
#define DATE "Sun, 06 Nov 1994 08:49:37 GMT"

/* The head of a request with these header lines, to be released. */
static void
read_head(struct http_head *h, const char *method, const char *lines)
{
	char text[1000];
	size_t used;
	int n = snprintf(text, sizeof(text), "%s / HTTP/1.1\r\nHost: h\r\n%s\r\n", method, lines);

	http_head_init(h, &http_limits_default);
	ck_assert_int_eq(http_head_feed(h, text, (size_t)n, &used), 1);
}

static const struct {
	const char *lines;
	int status;
	uint64_t offset, length; /* of 1000 bytes */
} selects[] = {
	{ "", 200, 0, 1000 },
	{ "Range: bytes=0-\r\n", 206, 0, 1000 },
	{ "Range: bytes=0-0\r\n", 206, 0, 1 },
	{ "Range: bytes=999-\r\n", 206, 999, 1 },
	{ "Range: bytes=10-19\r\n", 206, 10, 10 },
	{ "Range: bytes=10-99999\r\n", 206, 10, 990 },
	{ "Range: Bytes=-10\r\n", 206, 990, 10 },
	{ "Range: bytes=-5000\r\n", 206, 0, 1000 },
	{ "Range: bytes=1000-\r\n", 416, 0, 0 },
	{ "Range: bytes=-0\r\n", 416, 0, 0 },
	{ "Range: bytes=18446744073709551615-\r\n", 416, 0, 0 },
	{ "Range: bytes=18446744073709551616-\r\n", 200, 0, 1000 },
	{ "Range: bytes=0-18446744073709551615\r\n", 206, 0, 1000 },
	{ "Range: bytes=5-4\r\n", 200, 0, 1000 },
	{ "Range: bytes=0-1,5-6\r\n", 200, 0, 1000 },
	{ "Range: bytes=\r\n", 200, 0, 1000 },
	{ "Range: bytes=-\r\n", 200, 0, 1000 },
	{ "Range: bytes=a-b\r\n", 200, 0, 1000 },
	{ "Range: bytes 0-1\r\n", 200, 0, 1000 },
	{ "Range: lines=0-1\r\n", 200, 0, 1000 },
	{ "Range: bytes=0-1\r\nIf-Range: " ETAG "\r\n", 206, 0, 2 },
	{ "Range: bytes=0-1\r\nIf-Range: \"x\"\r\n", 200, 0, 1000 },
	{ "Range: bytes=0-1\r\nIf-Range: W/" ETAG "\r\n", 200, 0, 1000 },
	{ "Range: bytes=0-1\r\nIf-Range: " DATE "\r\n", 206, 0, 2 },
	{ "If-None-Match: " ETAG "\r\n", 304, 0, 0 },
	{ "If-None-Match: W/" ETAG "\r\n", 304, 0, 0 },
	{ "If-None-Match: *\r\n", 304, 0, 0 },
	{ "If-None-Match: \"a\",\t" ETAG " , \"b\"\r\n", 304, 0, 0 },
	{ "If-None-Match: \"a\", \"ee\"\r\n", 200, 0, 1000 },
	{ "If-None-Match: e\r\n", 200, 0, 1000 },
	{ "If-None-Match:\r\n", 200, 0, 1000 },
	{ "If-None-Match: " ETAG "\r\nRange: bytes=0-1\r\n", 304, 0, 0 },
	{ "If-None-Match: \"x\"\r\nRange: bytes=0-1\r\n", 206, 0, 2 },
	{ "If-Modified-Since: " DATE "\r\n", 304, 0, 0 },
	{ "If-Modified-Since: Sun, 06 Nov 1994 08:49:38 GMT\r\n", 200, 0, 1000 },
	{ "If-Modified-Since: " DATE "\r\nIf-None-Match: \"x\"\r\n", 200, 0, 1000 },
};

START_TEST(selects_all_a_part_or_nothing)
{
	static const struct http_content content = { ETAG, DATE, 1000 };
	struct http_part part;
	struct http_head h;

	read_head(&h, "GET", selects[_i].lines);
	ck_assert_msg(http_select(&h, &content, &part) == selects[_i].status, "%s",
	    selects[_i].lines);
	ck_assert_uint_eq(part.offset, selects[_i].offset);
	ck_assert_uint_eq(part.length, selects[_i].length);
	http_head_release(&h);
}
END_TEST

START_TEST(a_range_is_for_get_and_for_bytes_that_are_there)
{
	static const struct http_content content = { ETAG, NULL, 1000 }, empty = { ETAG, NULL, 0 };
	struct http_part part;
	struct http_head h;

	read_head(&h, "HEAD", "Range: bytes=0-1\r\n");
	ck_assert_int_eq(http_select(&h, &content, &part), 200);
	http_head_release(&h);
	read_head(&h, "GET", "Range: bytes=0-\r\n");
	ck_assert_int_eq(http_select(&h, &empty, &part), 416);
	http_head_release(&h);
	read_head(&h, "GET", "Range: bytes=-5\r\n");
	ck_assert_int_eq(http_select(&h, &empty, &part), 416);
	http_head_release(&h);
}
END_TEST

static const struct {
	const char *lines;
	_Bool accepts;
} encodings[] = {
	{ "", 0 },
	{ "Accept-Encoding: gzip\r\n", 1 },
	{ "Accept-Encoding: deflate, GZIP\r\n", 1 },
	{ "Accept-Encoding: x-gzip\r\n", 1 },
	{ "Accept-Encoding: br;q=1.0, gzip;q=0.8, *;q=0.1\r\n", 1 },
	{ "Accept-Encoding: gzip ; q=0.001\r\n", 1 },
	{ "Accept-Encoding: *\r\n", 1 },
	{ "Accept-Encoding: gzip;q=0\r\n", 0 },
	{ "Accept-Encoding: gzip;q=0.000\r\n", 0 },
	{ "Accept-Encoding: gzip;Q=0\r\n", 0 },
	{ "Accept-Encoding: gzip;q=\r\n", 0 },
	{ "Accept-Encoding: gzip;x\r\n", 0 },
	{ "Accept-Encoding: *, gzip;q=0\r\n", 0 },
	{ "Accept-Encoding: *;q=0\r\n", 0 },
	{ "Accept-Encoding: identity, br, gzipped\r\n", 0 },
	{ "Accept-Encoding: ,,\r\n", 0 },
	{ "Accept-Encoding:\r\n", 0 },
	{ "Accept-Encoding: gzip\r\nRange: bytes=0-\r\n", 0 },
};

START_TEST(gzip_is_for_those_who_accept_it)
{
	struct http_head h;

	read_head(&h, "GET", encodings[_i].lines);
	ck_assert_msg(http_accepts_gzip(&h) == encodings[_i].accepts, "%s", encodings[_i].lines);
	http_head_release(&h);
}
END_TEST

START_TEST(dates_are_written_as_the_standard_says)
{
	char text[HTTP_DATE_SIZE];

	http_date(text, 784111777);
	ck_assert_str_eq(text, DATE);
	http_date(text, 0);
	ck_assert_str_eq(text, "Thu, 01 Jan 1970 00:00:00 GMT");
	http_date(text, 951827696);
	ck_assert_str_eq(text, "Tue, 29 Feb 2000 12:34:56 GMT");
}
END_TEST

UNIT_MAIN("http negotiate", UNIT_ROWS(selects_all_a_part_or_nothing, ARRAY_LEN(selects)),
    UNIT_TEST(a_range_is_for_get_and_for_bytes_that_are_there),
    UNIT_ROWS(gzip_is_for_those_who_accept_it, ARRAY_LEN(encodings)),
    UNIT_TEST(dates_are_written_as_the_standard_says))
