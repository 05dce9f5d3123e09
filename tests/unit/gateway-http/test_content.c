#include "gateway/http/http.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <zlib.h>

#include "tests/unit/gateway-http/served.h"

#define ASK(path, lines) "GET " path " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" lines "\r\n"

/* What the handlers serve. */
struct content {
	struct http_asset *asset;
	int fd, gzip_fd; /* dup'ed for each reply */
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
	{ HTTP_GET, "/buf", HTTP_ANYONE, run_buf, NULL },
	{ HTTP_GET, "/nothing", HTTP_ANYONE, run_nothing, NULL },
	{ 0, NULL, HTTP_ANYONE, NULL, NULL },
};

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
	char etag[200], request[400];
	const char *body;

	served_start(&s, routes, NULL);
	served_ask(&s, ASK("/asset", ""), &in);
	ck_assert_str_eq(served_body(&in), long_text());
	ck_assert_str_eq(served_header(&in, "Content-Type"), "application/json");
	ck_assert_str_eq(served_header(&in, "Content-Length"), "1000");
	ck_assert_str_eq(served_header(&in, "Vary"), "Accept-Encoding");
	ck_assert_str_eq(served_header(&in, "Accept-Ranges"), "bytes");
	ck_assert_ptr_null(served_header(&in, "Content-Encoding"));
	snprintf(etag, sizeof(etag), "%s", served_header(&in, "ETag"));

	served_ask(&s, ASK("/asset", "Accept-Encoding: gzip\r\n"), &in);
	ck_assert_str_eq(served_header(&in, "Content-Encoding"), "gzip");
	ck_assert_str_ne(served_header(&in, "ETag"), etag);
	body = served_body(&in);
	ck_assert_uint_eq(strtoul(served_header(&in, "Content-Length"), NULL, 10),
	    in.len - (size_t)(body - in.data));
	ck_assert_uint_lt(in.len - (size_t)(body - in.data), 200);
	assert_gunzips_to(body, in.len - (size_t)(body - in.data), long_text(), 1000);

	/* Each tag is good for its own form. */
	snprintf(request, sizeof(request), ASK("/asset", "If-None-Match: %s\r\n"), etag);
	served_ask(&s, request, &in);
	assert_has(in, "HTTP/1.1 304 Not Modified\r\n");
	ck_assert_str_eq(served_header(&in, "ETag"), etag);
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
	ck_assert_str_eq(served_header(&in, "Content-Range"), "bytes 99-101/1000");
	ck_assert_str_eq(served_header(&in, "Content-Length"), "3");
	ck_assert_ptr_null(served_header(&in, "Content-Encoding"));
	ck_assert_str_eq(served_body(&in), "000");
	served_ask(&s, ASK("/asset", "Range: bytes=1000-\r\n"), &in);
	assert_has(in, "HTTP/1.1 416 Range Not Satisfiable\r\n");
	ck_assert_str_eq(served_header(&in, "Content-Range"), "bytes */1000");
	served_ask(&s, "HEAD /asset HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", &in);
	ck_assert_str_eq(served_header(&in, "Content-Length"), "1000");
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
	ck_assert_ptr_null(served_header(&in, "Content-Encoding"));
	ck_assert_ptr_null(served_header(&in, "Vary"));
	ck_assert_str_eq(served_body(&in), "{}");
	http_asset_unref(content.asset);
	content.asset = make_asset("");
	served_ask(&s, ASK("/asset", "Accept-Encoding: gzip\r\n"), &in);
	ck_assert_str_eq(served_header(&in, "Content-Length"), "0");
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
	ck_assert_ptr_null(served_header(&in, "Content-Type"));
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
	ck_assert_str_eq(served_header(&in, "Content-Length"), "1600000");
	ck_assert_str_eq(served_header(&in, "Last-Modified"), "Sun, 06 Nov 1994 08:49:37 GMT");
	ck_assert_ptr_null(served_header(&in, "Vary"));
	ck_assert_uint_eq(in.len - (size_t)(served_body(&in) - in.data), 1600000);
	for (unsigned i = 0; i < 100000; i++)
		ck_assert_uint_eq(strtoul(served_body(&in) + (size_t)i * 16, NULL, 10), i);
	snprintf(request, sizeof(request), ASK("/file", "If-None-Match: %s\r\n"),
	    served_header(&in, "ETag"));
	served_ask(&s, request, &in);
	assert_has(in, "HTTP/1.1 304 ");
	served_ask(&s, ASK("/file", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"), &in);
	assert_has(in, "HTTP/1.1 304 ");
	served_ask(&s, ASK("/file", "Range: bytes=-16\r\n"), &in);
	assert_has(in, "HTTP/1.1 206 ");
	ck_assert_str_eq(served_header(&in, "Content-Range"), "bytes 1599984-1599999/1600000");
	ck_assert_str_eq(served_body(&in), "000000000099999\n");
	served_ask(&s, ASK("/file", "Range: bytes=1600000-\r\n"), &in);
	assert_has(in, "HTTP/1.1 416 ");
	served_ask(&s, "HEAD /file HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", &in);
	ck_assert_str_eq(served_header(&in, "Content-Length"), "1600000");
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
	ck_assert_str_eq(served_header(&in, "Content-Length"), "16");
	ck_assert_str_eq(served_header(&in, "Content-Encoding"), "gzip");
	ck_assert_str_eq(served_header(&in, "Vary"), "Accept-Encoding");
	served_ask(&s, ASK("/file", ""), &in);
	ck_assert_str_eq(served_header(&in, "Content-Length"), "160");
	ck_assert_ptr_null(served_header(&in, "Content-Encoding"));
	ck_assert_str_eq(served_header(&in, "Vary"), "Accept-Encoding");
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
	ck_assert_ptr_null(served_header(&in, "Content-Length"));
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
    UNIT_TEST(a_buffer_becomes_the_body_and_an_overfull_one_an_error))
