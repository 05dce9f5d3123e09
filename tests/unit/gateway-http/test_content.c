#include "gateway/http/http.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <zlib.h>

#include "tests/unit/gateway-http/served.h"

#define ASK(path, lines) "GET " path " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" lines "\r\n"

/* What the handlers serve: the test sets it up, and the numbers say what became of it. */
struct content {
	struct http_asset *asset;
	int fd, gzip_fd; /* dup'ed for each reply */
	const char *etag;
	unsigned pieces; /* that the generator makes */
	size_t piece_size;
	int fails_at;         /* piece at which it fails; -1: never */
	unsigned made, freed; /* calls of next and free */
	unsigned yields;      /* times that it makes nothing yet */
};

static void
run_asset(struct http_request *req, void *arg)
{
	struct content *content = ((struct served *)arg)->arg;

	http_reply_asset(req, content->asset);
}

static void
run_file(struct http_request *req, void *arg)
{
	struct content *content = ((struct served *)arg)->arg;

	http_reply_file(req, "application/xml", dup(content->fd),
	    content->gzip_fd != -1 ? dup(content->gzip_fd) : -1);
}

static int
next_piece(void *arg, struct buf *out)
{
	struct content *content = arg;

	content->made++;
	if (content->yields > 0) {
		content->yields--;
		return 1;
	}
	if (content->fails_at == (int)content->made)
		return -EIO;
	for (size_t i = 0; i < content->piece_size; i += 16)
		buf_printf(out, "%015u\n", content->made);
	return content->made < content->pieces;
}

static void
free_pieces(void *arg)
{
	((struct content *)arg)->freed++;
}

static void
run_generated(struct http_request *req, void *arg)
{
	struct content *content = ((struct served *)arg)->arg;
	struct http_generator generator = { next_piece, free_pieces, content };

	http_reply_generated(req, 200, "text/plain", content->etag, &generator);
}

static void
run_buf(struct http_request *req, void *arg)
{
	struct buf b = BUF_INIT(10);

	(void)arg;
	buf_str(&b, http_query(req));
	http_reply_buf(req, 200, "text/plain", &b);
	ck_assert_uint_eq(b.len, 0);
	buf_release(&b);
}

static void
run_nothing(struct http_request *req, void *arg)
{
	(void)arg;
	http_reply(req, 204, "text/plain", "ignored", 7);
}

static const struct http_route routes[] = {
	{ HTTP_GET, "/asset", HTTP_ANYONE, run_asset, NULL },
	{ HTTP_GET, "/file", HTTP_ANYONE, run_file, NULL },
	{ HTTP_GET, "/generated", HTTP_ANYONE, run_generated, NULL },
	{ HTTP_GET, "/buf", HTTP_ANYONE, run_buf, NULL },
	{ HTTP_GET, "/nothing", HTTP_ANYONE, run_nothing, NULL },
	{ 0, NULL, HTTP_ANYONE, NULL, NULL },
};

/* The value of a header of a reply, in memory that lasts until the next call. */
static const char *
header(const struct buf *in, const char *name)
{
	static char value[200];
	char line[64];
	const char *at;

	snprintf(line, sizeof(line), "\r\n%s: ", name);
	at = strstr(in->data, line);
	if (at == NULL)
		return NULL;
	at += strlen(line);
	snprintf(value, sizeof(value), "%.*s", (int)strcspn(at, "\r"), at);
	return value;
}

static void
assert_gunzips_to(const char *gzip, size_t len, const char *text, size_t text_len)
{
	z_stream z = { 0 };
	char *out = malloc(text_len + 1);

	ck_assert_int_eq(inflateInit2(&z, 15 + 16), Z_OK);
	z.next_in = (Bytef *)(uintptr_t)gzip;
	z.avail_in = (uInt)len;
	z.next_out = (Bytef *)out;
	z.avail_out = (uInt)text_len + 1;
	ck_assert_int_eq(inflate(&z, Z_FINISH), Z_STREAM_END);
	ck_assert_uint_eq(z.total_out, text_len);
	ck_assert(memcmp(out, text, text_len) == 0);
	inflateEnd(&z);
	free(out);
}

/* -- assets ----------------------------------------------------------------------- */

static struct http_asset *
make_asset(const char *text)
{
	struct buf b = BUF_INIT(1u << 20);
	struct http_asset *asset;

	buf_str(&b, text);
	asset = http_asset_new("application/json", &b);
	ck_assert_uint_eq(b.len, 0);
	return asset;
}

/* 1,000 bytes that compress well. */
static const char *
long_text(void)
{
	static char text[1001];

	for (int i = 0; i < 10; i++)
		snprintf(text + i * 100, 101, "%0100d", i);
	return text;
}

START_TEST(an_asset_is_sent_plain_or_as_gzip_with_an_etag_each)
{
	struct content content = { .asset = make_asset(long_text()) };
	struct served s = { .arg = &content };
	struct buf in = SERVED_BUF;
	char etag[100], request[300];
	const char *body;

	served_start(&s, routes, NULL);
	served_ask(&s, ASK("/asset", ""), &in);
	ck_assert_str_eq(served_body(&in), long_text());
	ck_assert_str_eq(header(&in, "Content-Type"), "application/json");
	ck_assert_str_eq(header(&in, "Content-Length"), "1000");
	ck_assert_str_eq(header(&in, "Vary"), "Accept-Encoding");
	ck_assert_str_eq(header(&in, "Accept-Ranges"), "bytes");
	ck_assert_ptr_null(header(&in, "Content-Encoding"));
	snprintf(etag, sizeof(etag), "%s", header(&in, "ETag"));

	served_ask(&s, ASK("/asset", "Accept-Encoding: gzip\r\n"), &in);
	ck_assert_str_eq(header(&in, "Content-Encoding"), "gzip");
	ck_assert_str_ne(header(&in, "ETag"), etag);
	body = served_body(&in);
	ck_assert_uint_eq(strtoul(header(&in, "Content-Length"), NULL, 10),
	    in.len - (size_t)(body - in.data));
	ck_assert_uint_lt(in.len - (size_t)(body - in.data), 200);
	assert_gunzips_to(body, in.len - (size_t)(body - in.data), long_text(), 1000);

	/* Each tag is good for its own form. */
	snprintf(request, sizeof(request), ASK("/asset", "If-None-Match: %s\r\n"), etag);
	served_ask(&s, request, &in);
	assert_has(in, "HTTP/1.1 304 Not Modified\r\n");
	ck_assert_str_eq(header(&in, "ETag"), etag);
	ck_assert_str_eq(served_body(&in), "");
	snprintf(request, sizeof(request),
	    ASK("/asset", "Accept-Encoding: gzip\r\nIf-None-Match: %s\r\n"), etag);
	served_ask(&s, request, &in);
	assert_has(in, "HTTP/1.1 200 OK\r\n");
	http_asset_unref(content.asset);
	buf_release(&in);
	served_stop(&s);
}
END_TEST

START_TEST(an_asset_has_ranges_of_its_plain_bytes)
{
	struct content content = { .asset = make_asset(long_text()) };
	struct served s = { .arg = &content };
	struct buf in = SERVED_BUF;

	served_start(&s, routes, NULL);
	served_ask(&s, ASK("/asset", "Range: bytes=99-101\r\nAccept-Encoding: gzip\r\n"), &in);
	assert_has(in, "HTTP/1.1 206 Partial Content\r\n");
	ck_assert_str_eq(header(&in, "Content-Range"), "bytes 99-101/1000");
	ck_assert_str_eq(header(&in, "Content-Length"), "3");
	ck_assert_ptr_null(header(&in, "Content-Encoding"));
	ck_assert_str_eq(served_body(&in), "000");
	served_ask(&s, ASK("/asset", "Range: bytes=1000-\r\n"), &in);
	assert_has(in, "HTTP/1.1 416 Range Not Satisfiable\r\n");
	ck_assert_str_eq(header(&in, "Content-Range"), "bytes */1000");
	served_ask(&s, "HEAD /asset HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", &in);
	ck_assert_str_eq(header(&in, "Content-Length"), "1000");
	ck_assert_str_eq(served_body(&in), "");
	http_asset_unref(content.asset);
	buf_release(&in);
	served_stop(&s);
}
END_TEST

START_TEST(an_asset_that_gzip_does_not_help_stays_plain)
{
	struct content content = { .asset = make_asset("{}") };
	struct served s = { .arg = &content };
	struct buf in = SERVED_BUF;

	served_start(&s, routes, NULL);
	served_ask(&s, ASK("/asset", "Accept-Encoding: gzip\r\n"), &in);
	ck_assert_ptr_null(header(&in, "Content-Encoding"));
	ck_assert_ptr_null(header(&in, "Vary"));
	ck_assert_str_eq(served_body(&in), "{}");
	http_asset_unref(content.asset);
	content.asset = make_asset("");
	served_ask(&s, ASK("/asset", "Accept-Encoding: gzip\r\n"), &in);
	ck_assert_str_eq(header(&in, "Content-Length"), "0");
	http_asset_unref(content.asset);
	buf_release(&in);
	served_stop(&s);
}
END_TEST

START_TEST(an_asset_lives_until_its_last_byte_is_sent)
{
	struct content content = { 0 };
	struct served s = { .arg = &content };
	struct buf in = SERVED_BUF, big = BUF_INIT(64u << 20);
	int fd;

	for (unsigned i = 0; i < 500000; i++)
		buf_printf(&big, "%015u\n", i);
	content.asset = http_asset_new(NULL, &big);
	served_start(&s, routes, NULL);
	fd = served_connect(&s);
	served_send(fd, ASK("/asset", ""), strlen(ASK("/asset", "")));
	SERVED_UNTIL(&s, served_stats(&s).requests[2] == 1);
	http_asset_unref(content.asset);
	ck_assert(served_read_end(&s, fd, &in));
	ck_assert_ptr_null(header(&in, "Content-Type"));
	ck_assert_uint_eq(in.len - (size_t)(served_body(&in) - in.data), 8000000);
	ck_assert_str_eq(in.data + in.len - 16, "000000000499999\n");
	(void)close(fd);
	buf_release(&in);
	served_stop(&s);
}
END_TEST

/* -- files ------------------------------------------------------------------------ */

/* An unlinked file of `count` lines of sixteen bytes, of a known time. */
static int
make_file(const char *dir, unsigned count)
{
	struct timespec times[2] = { { 784111777, 5 }, { 784111777, 5 } };
	struct buf b = BUF_INIT(64u << 20);
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "%s/file", dir);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ck_assert_int_ne(fd, -1);
	for (unsigned i = 0; i < count; i++)
		buf_printf(&b, "%015u\n", i);
	ck_assert_int_eq(write(fd, b.data, b.len), (ssize_t)b.len);
	ck_assert_int_eq(futimens(fd, times), 0);
	ck_assert_int_eq(unlink(path), 0);
	buf_release(&b);
	return fd;
}

START_TEST(a_file_is_sent_whole_in_parts_or_not_at_all)
{
	struct content content = { .gzip_fd = -1 };
	struct served s = { .arg = &content };
	struct buf in = SERVED_BUF;
	char request[300];

	served_start(&s, routes, NULL);
	content.fd = make_file(s.dir, 100000);
	served_ask(&s, ASK("/file", "Accept-Encoding: gzip\r\n"), &in);
	ck_assert_str_eq(header(&in, "Content-Length"), "1600000");
	ck_assert_str_eq(header(&in, "Last-Modified"), "Sun, 06 Nov 1994 08:49:37 GMT");
	ck_assert_ptr_null(header(&in, "Vary"));
	ck_assert_uint_eq(in.len - (size_t)(served_body(&in) - in.data), 1600000);
	for (unsigned i = 0; i < 100000; i++)
		ck_assert_uint_eq(strtoul(served_body(&in) + (size_t)i * 16, NULL, 10), i);
	snprintf(request, sizeof(request), ASK("/file", "If-None-Match: %s\r\n"),
	    header(&in, "ETag"));
	served_ask(&s, request, &in);
	assert_has(in, "HTTP/1.1 304 ");
	served_ask(&s, ASK("/file", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"), &in);
	assert_has(in, "HTTP/1.1 304 ");
	served_ask(&s, ASK("/file", "Range: bytes=-16\r\n"), &in);
	assert_has(in, "HTTP/1.1 206 ");
	ck_assert_str_eq(header(&in, "Content-Range"), "bytes 1599984-1599999/1600000");
	ck_assert_str_eq(served_body(&in), "000000000099999\n");
	served_ask(&s, ASK("/file", "Range: bytes=1600000-\r\n"), &in);
	assert_has(in, "HTTP/1.1 416 ");
	served_ask(&s, "HEAD /file HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", &in);
	ck_assert_str_eq(header(&in, "Content-Length"), "1600000");
	ck_assert_str_eq(served_body(&in), "");
	(void)close(content.fd);
	buf_release(&in);
	served_stop(&s);
}
END_TEST

START_TEST(a_file_with_a_gzip_beside_it_is_sent_as_accepted)
{
	struct content content = { 0 };
	struct served s = { .arg = &content };
	struct buf in = SERVED_BUF;

	served_start(&s, routes, NULL);
	content.fd = make_file(s.dir, 10);
	content.gzip_fd = make_file(s.dir, 1); /* nobody looks into it */
	served_ask(&s, ASK("/file", "Accept-Encoding: gzip\r\n"), &in);
	ck_assert_str_eq(header(&in, "Content-Length"), "16");
	ck_assert_str_eq(header(&in, "Content-Encoding"), "gzip");
	ck_assert_str_eq(header(&in, "Vary"), "Accept-Encoding");
	served_ask(&s, ASK("/file", ""), &in);
	ck_assert_str_eq(header(&in, "Content-Length"), "160");
	ck_assert_ptr_null(header(&in, "Content-Encoding"));
	ck_assert_str_eq(header(&in, "Vary"), "Accept-Encoding");
	(void)close(content.fd);
	(void)close(content.gzip_fd);
	content.fd = open(s.dir, O_RDONLY | O_CLOEXEC);
	content.gzip_fd = -1;
	served_ask(&s, ASK("/file", ""), &in);
	assert_has(in, "HTTP/1.1 500 ");
	(void)close(content.fd);
	buf_release(&in);
	served_stop(&s);
}
END_TEST

/* A file that shrinks while it is sent must not look whole. */
START_TEST(a_file_cut_while_it_is_sent_resets_the_connection)
{
	struct content content = { .gzip_fd = -1 };
	struct served s = { .arg = &content };
	struct buf in = SERVED_BUF;
	int fd;

	served_start(&s, routes, NULL);
	content.fd = make_file(s.dir, 2000000);
	fd = served_connect_tcp(&s);
	served_send(fd, ASK("/file", ""), strlen(ASK("/file", "")));
	SERVED_UNTIL(&s, served_stats(&s).requests[2] == 1);
	ck_assert_int_eq(ftruncate(content.fd, 1000), 0);
	ck_assert(!served_read_end(&s, fd, &in));
	ck_assert_uint_lt(in.len, 32000000);
	(void)close(fd);
	(void)close(content.fd);
	buf_release(&in);
	served_stop(&s);
}
END_TEST

/* -- generated bodies --------------------------------------------------------------- */

/* The chunks' data, checked on the way; false: it does not end as it must. */
static _Bool
dechunk(const char *p, struct buf *out)
{
	for (;;) {
		char *end;
		size_t size = strtoul(p, &end, 16);

		if (end == p || strncmp(end, "\r\n", 2) != 0)
			return 0;
		p = end + 2;
		if (size == 0)
			return strcmp(p, "\r\n") == 0;
		if (strlen(p) < size + 2 || strncmp(p + size, "\r\n", 2) != 0)
			return 0;
		buf_add(out, p, size);
		p += size + 2;
	}
}

static const struct {
	unsigned pieces;
	size_t size;
	unsigned yields;
} makes[] = { { 1, 16, 0 }, { 1, 0, 0 }, { 3, 160, 0 }, { 3, 160, 2 }, { 200, 65536, 0 } };

START_TEST(a_generated_body_is_chunked_or_ends_with_the_connection)
{
	struct content content = { .pieces = makes[_i].pieces + makes[_i].yields,
		.piece_size = makes[_i].size,
		.yields = makes[_i].yields,
		.fails_at = -1 };
	struct served s = { .arg = &content };
	struct buf in = SERVED_BUF, body = SERVED_BUF;

	served_start(&s, routes, NULL);
	served_ask(&s, ASK("/generated", ""), &in);
	ck_assert_str_eq(header(&in, "Transfer-Encoding"), "chunked");
	ck_assert_ptr_null(header(&in, "Content-Length"));
	ck_assert(dechunk(served_body(&in), &body));
	ck_assert_uint_eq(body.len, makes[_i].pieces * makes[_i].size);
	ck_assert_uint_eq(content.freed, 1);

	content.made = 0;
	content.yields = makes[_i].yields;
	served_ask(&s, "GET /generated HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", &in);
	ck_assert_ptr_null(header(&in, "Transfer-Encoding"));
	ck_assert_str_eq(header(&in, "Connection"), "close");
	ck_assert_str_eq(served_body(&in), body.data);
	ck_assert_uint_eq(content.freed, 2);

	content.made = 0;
	served_ask(&s, "HEAD /generated HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", &in);
	ck_assert_str_eq(served_body(&in), "");
	ck_assert_uint_eq(content.made, 0);
	ck_assert_uint_eq(content.freed, 3);
	buf_release(&in);
	buf_release(&body);
	served_stop(&s);
}
END_TEST

START_TEST(a_generated_body_with_a_known_etag_is_not_made_again)
{
	struct content content = { .pieces = 1,
		.piece_size = 16,
		.fails_at = -1,
		.etag = "\"v1\"" };
	struct served s = { .arg = &content };
	struct buf in = SERVED_BUF;

	served_start(&s, routes, NULL);
	served_ask(&s, ASK("/generated", "If-None-Match: \"v0\"\r\n"), &in);
	assert_has(in, "HTTP/1.1 200 ");
	ck_assert_str_eq(header(&in, "ETag"), "\"v1\"");
	served_ask(&s, ASK("/generated", "If-None-Match: \"v0\", \"v1\"\r\n"), &in);
	assert_has(in, "HTTP/1.1 304 ");
	ck_assert_ptr_null(header(&in, "Transfer-Encoding"));
	ck_assert_str_eq(served_body(&in), "");
	ck_assert_uint_eq(content.made, 1);
	ck_assert_uint_eq(content.freed, 2);
	buf_release(&in);
	served_stop(&s);
}
END_TEST

START_TEST(a_generator_is_asked_only_for_what_the_reader_takes)
{
	struct content content = { .pieces = 1000, .piece_size = 65536, .fails_at = -1 };
	struct served s = { .arg = &content };
	struct buf in = SERVED_BUF;
	unsigned made;
	_Bool reset;
	int fd;

	served_start(&s, routes, NULL);
	fd = served_connect(&s);
	served_send(fd, ASK("/generated", ""), strlen(ASK("/generated", "")));
	SERVED_UNTIL(&s, content.made > 0);
	for (made = 0; made != content.made;) {
		made = content.made;
		for (int i = 0; i < 10; i++)
			served_turn(&s);
	}
	/* What fits into the socket's buffers, and the one that did not. */
	ck_assert_uint_lt(made, 100);
	SERVED_UNTIL(&s, (served_receive(fd, &in, &reset), content.made > made + 10));
	ck_assert_uint_le(content.made, made + 10 + 5 + in.len / 65536);
	(void)close(fd);
	SERVED_UNTIL(&s, content.freed == 1);
	buf_release(&in);
	served_stop(&s);
}
END_TEST

START_TEST(a_generator_that_fails_leaves_a_short_body)
{
	struct content content = { .pieces = 10, .piece_size = 160, .fails_at = 3 };
	struct served s = { .arg = &content };
	struct buf in = SERVED_BUF, body = SERVED_BUF;
	int fd;

	served_start(&s, routes, NULL);
	fd = served_connect_tcp(&s);
	served_send(fd, ASK("/generated", ""), strlen(ASK("/generated", "")));
	ck_assert(!served_read_end(&s, fd, &in));
	ck_assert(!dechunk(served_body(&in), &body));
	ck_assert_uint_eq(content.freed, 1);
	(void)close(fd);
	/* So does one that goes beyond what one call may make. */
	content = (struct content){ .pieces = 1, .piece_size = 3u << 20, .fails_at = -1 };
	buf_clear(&in);
	fd = served_connect_tcp(&s);
	served_send(fd, ASK("/generated", ""), strlen(ASK("/generated", "")));
	ck_assert(!served_read_end(&s, fd, &in));
	ck_assert_uint_eq(content.freed, 1);
	(void)close(fd);
	buf_release(&in);
	buf_release(&body);
	served_stop(&s);
}
END_TEST

/* -- plain replies ------------------------------------------------------------------- */

START_TEST(a_buffer_becomes_the_body_and_an_overfull_one_an_error)
{
	struct served s = { 0 };
	struct buf in = SERVED_BUF;

	served_start(&s, routes, NULL);
	served_ask(&s, ASK("/buf?1234567890", ""), &in);
	ck_assert_str_eq(served_body(&in), "1234567890");
	served_ask(&s, ASK("/buf?12345678901", ""), &in);
	assert_has(in, "HTTP/1.1 500 ");
	served_ask(&s, ASK("/nothing", ""), &in);
	assert_has(in, "HTTP/1.1 204 No Content\r\n");
	ck_assert_ptr_null(header(&in, "Content-Length"));
	ck_assert_str_eq(served_body(&in), "");
	buf_release(&in);
	served_stop(&s);
}
END_TEST

UNIT_MAIN("http content", UNIT_TEST(an_asset_is_sent_plain_or_as_gzip_with_an_etag_each),
    UNIT_TEST(an_asset_has_ranges_of_its_plain_bytes),
    UNIT_TEST(an_asset_that_gzip_does_not_help_stays_plain),
    UNIT_TEST(an_asset_lives_until_its_last_byte_is_sent),
    UNIT_TEST(a_file_is_sent_whole_in_parts_or_not_at_all),
    UNIT_TEST(a_file_with_a_gzip_beside_it_is_sent_as_accepted),
    UNIT_TEST(a_file_cut_while_it_is_sent_resets_the_connection),
    UNIT_ROWS(a_generated_body_is_chunked_or_ends_with_the_connection, ARRAY_LEN(makes)),
    UNIT_TEST(a_generated_body_with_a_known_etag_is_not_made_again),
    UNIT_TEST(a_generator_is_asked_only_for_what_the_reader_takes),
    UNIT_TEST(a_generator_that_fails_leaves_a_short_body),
    UNIT_TEST(a_buffer_becomes_the_body_and_an_overfull_one_an_error))
