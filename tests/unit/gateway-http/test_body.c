#include "gateway/http/body.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "gateway/http/head.h"
#include "tests/unit/gateway-http/bad_heads.h"
#include "unit.h"

#define BODY_MAX 64

/* Where a body is cut: after `first` bytes, and then each `step`. */
struct cuts {
	size_t first, step;
};

/* Returns what http_body_feed said last; *ret_used is how much it took in all. */
static int
feed(struct http_body *b, struct buf *out, const struct http_head *head, const char *text,
    size_t len, struct cuts cuts, size_t *ret_used)
{
	size_t at = 0;
	int rc = 0;

	buf_init(out, BODY_MAX);
	http_body_init(b, head, BODY_MAX);
	while (rc == 0 && at < len) {
		size_t n = at == 0 ? cuts.first : cuts.step, used;

		n = n < len - at ? n : len - at;
		rc = http_body_feed(b, out, text + at, n, &used);
		ck_assert(rc != 0 || used == n);
		at += used;
	}
	*ret_used = at;
	return rc;
}

#define NEXT "GET /"
static const struct {
	const char *label, *text, *body;
} good[] = {
	{ "one chunk", "5\r\nhello\r\n0\r\n\r\n", "hello" },
	{ "two chunks", "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "hello world" },
	{ "capitals and leading zeros", "000A\r\n0123456789\r\n00\r\n\r\n", "0123456789" },
	{ "sixteen digits", "0000000000000001\r\nx\r\n0\r\n\r\n", "x" },
	{ "no chunk", "0\r\n\r\n", "" },
	{ "extensions", "1;a=b\r\nx\r\n1;\r\ny\r\n0;c=\"d\"\r\n\r\n", "xy" },
	{ "trailers", "1\r\nx\r\n0\r\nA: b\r\nContent-Length: 5\r\n\r\n", "x" },
	{ "line breaks as data", "4\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n" },
};

START_TEST(takes_the_chunks_off_however_they_are_cut)
{
	struct http_head head = { .chunked = 1 };
	char text[200];
	size_t len = strlen(good[_i].text);

	snprintf(text, sizeof(text), "%s%s", good[_i].text, NEXT);
	for (size_t first = 1; first <= strlen(text); first++) {
		struct http_body b;
		struct buf out;
		size_t used;
		int rc = feed(&b, &out, &head, text, strlen(text),
		    (struct cuts){ first, first == 1 ? 1 : len }, &used);

		ck_assert_msg(rc == 1 && used == len, "%s: cut at %zu: %d, took %zu",
		    good[_i].label, first, rc, used);
		ck_assert_str_eq(out.data, good[_i].body);
		buf_release(&out);
	}
}
END_TEST

static const struct {
	const char *label;
	const char *text;
	size_t len;
	int status;
} bad[] = {
	{ "0x before a size", BYTES("0x5\r\nhello\r\n0\r\n\r\n"), 400 },
	{ "+ before a size", BYTES("+5\r\nhello\r\n0\r\n\r\n"), 400 },
	{ "- before a size", BYTES("-5\r\nhello\r\n0\r\n\r\n"), 400 },
	{ "space before a size", BYTES(" 5\r\nhello\r\n0\r\n\r\n"), 400 },
	{ "space behind a size", BYTES("5 \r\nhello\r\n0\r\n\r\n"), 400 },
	{ "tab before an extension", BYTES("5\t;a\r\nhello\r\n0\r\n\r\n"), 400 },
	{ "no size", BYTES("\r\nhello\r\n0\r\n\r\n"), 400 },
	{ "extension without a size", BYTES(";a\r\nhello\r\n0\r\n\r\n"), 400 },
	{ "seventeen digits", BYTES("00000000000000005\r\nhello\r\n0\r\n\r\n"), 400 },
	{ "size beyond all", BYTES("ffffffffffffffff\r\nhello"), 413 },
	{ "size beyond the limit", BYTES("41\r\nhello"), 413 },
	{ "second chunk beyond the limit", BYTES("1\r\nx\r\n40\r\nhello"), 413 },
	{ "bare LF behind a size", BYTES("5\nhello\r\n0\r\n\r\n"), 400 },
	{ "bare CR behind a size", BYTES("5\rhello\r\n0\r\n\r\n"), 400 },
	{ "LF in an extension", BYTES("5;a\nhello\r\n0\r\n\r\n"), 400 },
	{ "NUL in an extension", BYTES("5;\0\r\nhello\r\n0\r\n\r\n"), 400 },
	{ "chunk longer than its size", BYTES("4\r\nhello\r\n0\r\n\r\n"), 400 },
	{ "chunk ended by LF", BYTES("5\r\nhello\n0\r\n\r\n"), 400 },
	{ "chunk ended by nothing", BYTES("5\r\nhello0\r\n\r\n"), 400 },
	{ "last chunk ended by LF", BYTES("0\r\n\n"), 400 },
	{ "trailer without a colon", BYTES("0\r\nGET /evil HTTP/1.1\r\n\r\n"), 400 },
	{ "folded trailer", BYTES("0\r\nA: b\r\n c\r\n\r\n"), 400 },
	{ "space before a trailer's colon", BYTES("0\r\nA : b\r\n\r\n"), 400 },
	{ "trailer ended by LF", BYTES("0\r\nA: b\n\r\n"), 400 },
	{ "NUL in a trailer", BYTES("0\r\nA: \0\r\n\r\n"), 400 },
};

START_TEST(refuses_chunks_that_break_a_rule_however_they_are_cut)
{
	struct http_head head = { .chunked = 1 };

	for (size_t first = 1; first <= bad[_i].len; first++) {
		struct http_body b;
		struct buf out;
		size_t used;
		int rc = feed(&b, &out, &head, bad[_i].text, bad[_i].len,
		    (struct cuts){ first, first == 1 ? 1 : bad[_i].len }, &used);

		ck_assert_msg(rc == -1 && b.status == bad[_i].status,
		    "%s: cut at %zu: %d, status %d", bad[_i].label, first, rc, b.status);
		ck_assert_ptr_nonnull(b.reason);
		buf_release(&out);
	}
}
END_TEST

START_TEST(a_length_is_taken_to_the_byte)
{
	static const char text[] = "hello" NEXT;
	struct http_head head = { .length = 5 };

	for (size_t first = 1; first < sizeof(text); first++) {
		struct http_body b;
		struct buf out;
		size_t used;

		ck_assert_int_eq(
		    feed(&b, &out, &head, text, sizeof(text) - 1, (struct cuts){ first, 1 }, &used),
		    1);
		ck_assert_uint_eq(used, 5);
		ck_assert_str_eq(out.data, "hello");
		buf_release(&out);
	}
}
END_TEST

START_TEST(a_length_beyond_the_limit_is_refused_before_it_is_read)
{
	struct http_head head = { .length = BODY_MAX + 1 };
	struct http_body b;
	struct buf out;
	size_t used;

	ck_assert_int_eq(feed(&b, &out, &head, "x", 1, (struct cuts){ 1, 1 }, &used), -1);
	ck_assert_int_eq(b.status, 413);
	ck_assert_uint_eq(out.len, 0);
	buf_release(&out);
}
END_TEST

/* `count` times `part` between `before` and nothing: an endless body of one kind. */
static int
feed_endless(const char *before, const char *part, size_t count, int *ret_status)
{
	struct http_head head = { .chunked = 1 };
	struct buf text = BUF_INIT(1u << 20), out;
	struct http_body b;
	size_t used;
	int rc;

	buf_str(&text, before);
	for (size_t i = 0; i < count; i++)
		buf_str(&text, part);
	rc = feed(&b, &out, &head, text.data, text.len, (struct cuts){ 1000, 1000 }, &used);
	*ret_status = b.status;
	buf_release(&text);
	buf_release(&out);
	return rc;
}

START_TEST(extensions_and_trailers_are_bounded)
{
	int status;

	ck_assert_int_eq(feed_endless("1;", "x", HTTP_EXTENSIONS_MAX, &status), 0);
	ck_assert_int_eq(feed_endless("1;", "x", HTTP_EXTENSIONS_MAX + 1, &status), -1);
	ck_assert_int_eq(status, 400);
	ck_assert_int_eq(feed_endless("", "1;extension\r\nx\r\n", 1000, &status), -1);
	ck_assert_int_eq(feed_endless("0\r\nA:", "x", HTTP_TRAILER_MAX - 2, &status), 0);
	ck_assert_int_eq(feed_endless("0\r\nA:", "x", HTTP_TRAILER_MAX - 1, &status), -1);
	ck_assert_int_eq(status, 431);
	ck_assert_int_eq(feed_endless("0\r\n", "A: b\r\n", 2000, &status), -1);
	ck_assert_int_eq(status, 431);
}
END_TEST

UNIT_MAIN("http body", UNIT_ROWS(takes_the_chunks_off_however_they_are_cut, ARRAY_LEN(good)),
    UNIT_ROWS(refuses_chunks_that_break_a_rule_however_they_are_cut, ARRAY_LEN(bad)),
    UNIT_TEST(a_length_is_taken_to_the_byte),
    UNIT_TEST(a_length_beyond_the_limit_is_refused_before_it_is_read),
    UNIT_TEST(extensions_and_trailers_are_bounded))
