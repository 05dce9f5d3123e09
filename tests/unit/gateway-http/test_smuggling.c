#include "tests/unit/gateway-http/bad_heads.h"
#include "tests/unit/gateway-http/served.h"

struct runs {
	unsigned good, post, evil;
};

static void
run_good(struct http_request *req, void *arg)
{
	((struct runs *)((struct served *)arg)->arg)->good++;
	http_reply_text(req, 200, "good");
}

static void
run_post(struct http_request *req, void *arg)
{
	((struct runs *)((struct served *)arg)->arg)->post++;
	http_reply_text(req, 200, "posted");
}

static void
run_evil(struct http_request *req, void *arg)
{
	((struct runs *)((struct served *)arg)->arg)->evil++;
	http_reply_text(req, 200, "evil");
}

static const struct http_route routes[] = {
	{ HTTP_GET | HTTP_POST, "/evil", HTTP_ANYONE, run_evil, NULL },
	{ HTTP_POST, "/post", HTTP_ANYONE, run_post, NULL },
	{ HTTP_GET, "/{any...}", HTTP_ANYONE, run_good, NULL },
	{ 0, NULL, HTTP_ANYONE, NULL, NULL },
};

/* Sends the text in two parts, the loop turning between; all that the server says goes to `in`. */
static void
converse(struct served *s, const char *text, size_t len, size_t cut, struct buf *in)
{
	int fd = served_connect(s);

	buf_clear(in);
	served_send(fd, text, cut);
	served_turn(s);
	/* The server may have had enough: that the rest finds nobody is no failure. */
	if (cut < len)
		(void)send(fd, text + cut, len - cut, MSG_NOSIGNAL);
	ck_assert(served_read_end(s, fd, in));
	(void)close(fd);
}

static void
assert_status(const struct buf *in, size_t from, const struct bad_head *row, size_t cut)
{
	char line[32];

	snprintf(line, sizeof(line), "HTTP/1.1 %d ", row->status);
	ck_assert_msg(strncmp(in->data + from, line, strlen(line)) == 0, "%s: cut at %zu:\n%s",
	    row->label, cut, in->data);
	ck_assert_msg(strstr(in->data + from, "Connection: close\r\n") != NULL, "%s: kept",
	    row->label);
}

START_TEST(a_bad_head_alone_ends_the_connection)
{
	const struct bad_head *row = &bad_heads[_i];
	struct runs runs = { 0, 0, 0 };
	struct served s = { .arg = &runs };
	struct buf in = SERVED_BUF;

	served_start(&s, routes, NULL);
	for (size_t cut = 1; cut <= row->len; cut++) {
		converse(&s, row->text, row->len, cut, &in);
		assert_status(&in, 0, row, cut);
		ck_assert_uint_eq(served_count(in.data, "Server: Masthead"), 1);
	}
	ck_assert_uint_eq(runs.good + runs.post + runs.evil, 0);
	ck_assert_uint_eq(served_stats(&s).bad, row->len);
	buf_release(&in);
	served_stop(&s);
}
END_TEST

START_TEST(a_bad_head_behind_a_good_request_ends_the_connection)
{
	static const char good[] = "GET /good HTTP/1.1\r\nHost: h\r\n\r\n";
	const struct bad_head *row = &bad_heads[_i];
	size_t len = sizeof(good) - 1 + row->len;
	struct runs runs = { 0, 0, 0 };
	struct served s = { .arg = &runs };
	struct buf in = SERVED_BUF, text = BUF_INIT(100000);

	buf_add(&text, good, sizeof(good) - 1);
	buf_add(&text, row->text, row->len);
	served_start(&s, routes, NULL);
	for (size_t cut = 1; cut <= len; cut++) {
		const char *second;

		converse(&s, text.data, len, cut, &in);
		ck_assert_msg(strncmp(in.data, "HTTP/1.1 200 OK\r\n", 17) == 0, "%s:\n%s",
		    row->label, in.data);
		second = strstr(in.data + 17, "HTTP/1.1 ");
		ck_assert_ptr_nonnull(second);
		assert_status(&in, (size_t)(second - in.data), row, cut);
		ck_assert_uint_eq(served_count(in.data, "Server: Masthead"), 2);
	}
	ck_assert_uint_eq(runs.good, len);
	ck_assert_uint_eq(runs.post + runs.evil, 0);
	buf_release(&text);
	buf_release(&in);
	served_stop(&s);
}
END_TEST

static const struct {
	const char *label;
	const char *text;
	size_t len;
	int status;
} bad_bodies[] = {
	{ "0x before a size", BYTES("0x1f\r\n"), 400 },
	{ "space behind a size", BYTES("1 \r\nx\r\n0\r\n\r\n"), 400 },
	{ "bare LF behind a size", BYTES("1\nx\r\n0\r\n\r\n"), 400 },
	{ "LF in an extension", BYTES("1;\nx\r\n0\r\n\r\n"), 400 },
	{ "seventeen digits", BYTES("00000000000000000\r\n\r\n"), 400 },
	{ "size beyond 64 bits", BYTES("fffffffffffffffff\r\n"), 400 },
	{ "size of a gigabyte", BYTES("40000000\r\n"), 413 },
	{ "chunk longer than its size", BYTES("1\r\nxy\r\n0\r\n\r\n"), 400 },
	{ "trailer that is a request", BYTES("0\r\n"), 400 },
	{ "trailer ended by LF", BYTES("0\r\nA: b\n\r\n"), 400 },
	{ "last chunk ended by LF", BYTES("0\r\n\n"), 400 },
};

START_TEST(a_bad_chunk_ends_the_connection)
{
	static const char head[] = "POST /post HTTP/1.1\r\nHost: h\r\n"
				   "Transfer-Encoding: chunked\r\n\r\n";
	struct runs runs = { 0, 0, 0 };
	struct served s = { .arg = &runs };
	struct buf in = SERVED_BUF, text = BUF_INIT(100000);

	buf_str(&text, head);
	buf_add(&text, bad_bodies[_i].text, bad_bodies[_i].len);
	buf_str(&text, EVIL);
	served_start(&s, routes, NULL);
	for (size_t cut = 1; cut <= text.len; cut++) {
		struct bad_head row = { bad_bodies[_i].label, NULL, 0, bad_bodies[_i].status };

		converse(&s, text.data, text.len, cut, &in);
		assert_status(&in, 0, &row, cut);
		ck_assert_uint_eq(served_count(in.data, "Server: Masthead"), 1);
	}
	ck_assert_uint_eq(runs.post + runs.evil, 0);
	buf_release(&text);
	buf_release(&in);
	served_stop(&s);
}
END_TEST

/* What looks like a request inside a body is the body's. */
START_TEST(a_body_is_never_taken_for_a_request)
{
	static const char text[] =
	    "POST /post HTTP/1.1\r\nHost: h\r\nContent-Length: 31\r\n\r\n" EVIL
	    "POST /post HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "1f\r\n" EVIL "\r\n0\r\n\r\n"
	    "GET /good HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" EVIL;
	struct runs runs = { 0, 0, 0 };
	struct served s = { .arg = &runs };
	struct buf in = SERVED_BUF;

	ck_assert_uint_eq(sizeof(EVIL) - 1, 31);
	served_start(&s, routes, NULL);
	for (size_t cut = 1; cut < sizeof(text); cut++) {
		converse(&s, text, sizeof(text) - 1, cut, &in);
		ck_assert_uint_eq(served_count(in.data, "HTTP/1.1 200 OK\r\n"), 3);
		ck_assert_uint_eq(served_count(in.data, "Server: Masthead"), 3);
	}
	ck_assert_uint_eq(runs.post, 2 * (sizeof(text) - 1));
	ck_assert_uint_eq(runs.good, sizeof(text) - 1);
	ck_assert_uint_eq(runs.evil, 0);
	buf_release(&in);
	served_stop(&s);
}
END_TEST

UNIT_MAIN("http smuggling", UNIT_ROWS(a_bad_head_alone_ends_the_connection, ARRAY_LEN(bad_heads)),
    UNIT_ROWS(a_bad_head_behind_a_good_request_ends_the_connection, ARRAY_LEN(bad_heads)),
    UNIT_ROWS(a_bad_chunk_ends_the_connection, ARRAY_LEN(bad_bodies)),
    UNIT_TEST(a_body_is_never_taken_for_a_request))
