#include "gateway/http/head.h"

#include <string.h>

#include "gateway/http/chars.h"
#include "tests/unit/gateway-http/bad_heads.h"
#include "unit.h"

/* Feeds `first` bytes, then the rest `step` at a time. Returns what http_head_feed said last. */
static int
feed(struct http_head *h, const char *text, size_t len, size_t first, size_t step, size_t *ret_used)
{
	size_t at = 0;
	int rc = 0;

	http_head_init(h, &http_limits_default);
	while (rc == 0 && at < len) {
		size_t n = at == 0 ? first : step, used;

		n = n < len - at ? n : len - at;
		/* From memory of its own, so that a sanitizer sees a read beyond. */
		char *piece = malloc(n);
		memcpy(piece, text + at, n);
		rc = http_head_feed(h, piece, n, &used);
		free(piece);
		ck_assert(rc != 0 || used == n);
		at += used;
	}
	*ret_used = at;
	return rc;
}

START_TEST(refuses_what_breaks_a_rule_however_it_is_cut)
{
	const struct bad_head *row = &bad_heads[_i];

	/* 413 is not the head's to say. */
	if (row->status == 413)
		return;
	for (size_t first = 1; first <= row->len; first++) {
		struct http_head h;
		size_t used;
		int rc = feed(&h, row->text, row->len, first, row->len, &used);

		ck_assert_msg(rc == -1 && h.status == row->status, "%s: cut at %zu: %d, status %d",
		    row->label, first, rc, h.status);
		ck_assert_ptr_nonnull(h.reason);
		http_head_release(&h);
	}
}
END_TEST

static const struct {
	const char *label;
	const char *text;
	enum http_method method;
	const char *path, *query, *host;
	uint64_t length;
	_Bool chunked, close, keep_alive, expect;
} good[] = {
	{ "plain", "GET / HTTP/1.1\r\nHost: h\r\n\r\n", HTTP_GET, "/", "", "h", .length = 0 },
	{ "with a query", "HEAD /a/b?c=d&e=%20?/ HTTP/1.1\r\nHost: h:80\r\n\r\n", HTTP_HEAD, "/a/b",
	    "c=d&e=%20?/", "h:80", .length = 0 },
	{ "empty query", "GET /a? HTTP/1.1\r\nHost: h\r\n\r\n", HTTP_GET, "/a", "", "h",
	    .length = 0 },
	{ "with a body", "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 0012\r\n\r\n", HTTP_POST,
	    "/p", "", "h", .length = 12 },
	{ "with chunks", "POST /p HTTP/1.1\r\nHost: h\r\ntransfer-encoding:chunked\r\n\r\n",
	    HTTP_POST, "/p", "", "h", .chunked = 1 },
	{ "saturates",
	    "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n",
	    HTTP_POST, "/p", "", "h", .length = UINT64_MAX },
	{ "decoded path", "GET /%c3%A4%20b%2Fc%25%3f HTTP/1.1\r\nHost: h\r\n\r\n", HTTP_GET,
	    "/\xc3\xa4 b/c%?", "", "h", .length = 0 },
	{ "dots that are none", "GET /..a/.b/c./... HTTP/1.1\r\nHost: h\r\n\r\n", HTTP_GET,
	    "/..a/.b/c./...", "", "h", .length = 0 },
	{ "query as browsers write it", "GET /?a[]={b|c}^`\\ HTTP/1.1\r\nHost: h\r\n\r\n", HTTP_GET,
	    "/", "a[]={b|c}^`\\", "h", .length = 0 },
	{ "absolute form", "GET HTTP://i.example:1/p?q HTTP/1.1\r\nHost: h\r\n\r\n", HTTP_GET, "/p",
	    "q", "i.example:1", .length = 0 },
	{ "absolute form without a path", "GET http://i HTTP/1.1\r\nHost: h\r\n\r\n", HTTP_GET, "/",
	    "", "i", .length = 0 },
	{ "absolute form with a query only", "GET http://i?q/r HTTP/1.1\r\nHost: h\r\n\r\n",
	    HTTP_GET, "/", "q/r", "i", .length = 0 },
	{ "absolute form of IPv6", "GET http://[::1]:8/p HTTP/1.1\r\nHost: h\r\n\r\n", HTTP_GET,
	    "/p", "", "[::1]:8", .length = 0 },
	{ "slash as the query's", "GET /p?http://x/ HTTP/1.1\r\nHost: h\r\n\r\n", HTTP_GET, "/p",
	    "http://x/", "h", .length = 0 },
	{ "two slashes", "GET //h/p HTTP/1.1\r\nHost: h\r\n\r\n", HTTP_GET, "//h/p", "", "h",
	    .length = 0 },
	{ "asterisk", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", HTTP_OTHER, "*", "", "h",
	    .length = 0 },
	{ "empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", HTTP_GET, "/", "", "", .length = 0 },
	{ "HTTP/1.0 without host", "GET / HTTP/1.0\r\n\r\n", HTTP_GET, "/", "", "", .length = 0 },
	{ "one empty line first", "\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", HTTP_GET, "/", "", "h",
	    .length = 0 },
	{ "blanks around values", "GET / HTTP/1.1\r\nHost: \t h \t \r\nX:\t\r\n\r\n", HTTP_GET, "/",
	    "", "h", .length = 0 },
	{ "close", "GET / HTTP/1.1\r\nHost: h\r\nConnection: Foo ,,\tClose\r\n\r\n", HTTP_GET, "/",
	    "", "h", .close = 1 },
	{ "keep-alive", "GET / HTTP/1.0\r\nConnection: keep-alive, upgrade\r\n\r\n", HTTP_GET, "/",
	    "", "", .keep_alive = 1 },
	{ "no word is a part of another",
	    "GET / HTTP/1.1\r\nHost: h\r\nConnection: closed, xclose\r\n\r\n", HTTP_GET, "/", "",
	    "h", .length = 0 },
	{ "expects", "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\n\r\n", HTTP_POST, "/",
	    "", "h", .expect = 1 },
};

START_TEST(reads_what_keeps_the_rules_however_it_is_cut)
{
	size_t len = strlen(good[_i].text);
	char *text = malloc(len + sizeof(EVIL));

	memcpy(text, good[_i].text, len);
	memcpy(text + len, EVIL, sizeof(EVIL));
	for (size_t first = 1; first <= len + 3; first++) {
		struct http_head h;
		size_t used;
		int rc = feed(&h, text, len + 3, first, first == 1 ? 1 : len, &used);

		ck_assert_msg(rc == 1, "%s: cut at %zu: %d %s", good[_i].label, first, rc,
		    h.reason);
		ck_assert_msg(used == len, "%s: took %zu of %zu", good[_i].label, used, len);
		ck_assert_int_eq(h.method, good[_i].method);
		ck_assert_str_eq(http_head_path(&h), good[_i].path);
		ck_assert_str_eq(http_head_query(&h), good[_i].query);
		ck_assert_str_eq(http_head_host(&h), good[_i].host);
		ck_assert_uint_eq(h.length, good[_i].length);
		ck_assert_int_eq(h.chunked, good[_i].chunked);
		ck_assert_int_eq(h.close, good[_i].close);
		ck_assert_int_eq(h.keep_alive, good[_i].keep_alive);
		ck_assert_int_eq(h.expect_continue, good[_i].expect);
		http_head_release(&h);
	}
	free(text);
}
END_TEST

START_TEST(finds_headers_by_any_case_and_gives_the_first)
{
	static const char text[] = "GET / HTTP/1.1\r\nHost: h\r\nUser-Agent: VLC/3.0 \xe4\r\nX:\r\n"
				   "Range: bytes=0-\r\nrange: bytes=9-\r\n\r\n";
	struct http_head h;
	size_t used;

	ck_assert_int_eq(feed(&h, text, sizeof(text) - 1, 7, 1, &used), 1);
	ck_assert_str_eq(http_head_field(&h, "user-agent"), "VLC/3.0 \xe4");
	ck_assert_str_eq(http_head_field(&h, "x"), "");
	ck_assert_str_eq(http_head_field(&h, "RANGE"), "bytes=0-");
	ck_assert_ptr_null(http_head_field(&h, "VLC/3.0 \xe4"));
	ck_assert_ptr_null(http_head_field(&h, ""));
	http_head_release(&h);
}
END_TEST

/* A head of a request line with `target` bytes, `count` headers, the last with `value` bytes. */
static char *
make_head(size_t target, size_t count, size_t value, size_t *ret_len)
{
	struct buf b = BUF_INIT(1u << 20);

	buf_printf(&b, "GET /%0*d HTTP/1.1\r\nHost: h\r\n", (int)target - 1, 0);
	for (size_t i = 1; i + 1 < count; i++)
		buf_str(&b, "A: b\r\n");
	buf_printf(&b, "Z: %0*d\r\n\r\n", (int)value, 0);
	return buf_take(&b, ret_len);
}

static const struct {
	const char *label;
	size_t target, count, value;
	int status; /* 0: whole */
} sizes[] = {
	{ "longest target", 8192, 2, 1, 0 },
	{ "target too long", 8193, 2, 1, 414 },
	{ "line much too long", 17000, 2, 1, 414 },
	{ "most headers", 2, 64, 1, 0 },
	{ "too many headers", 2, 65, 1, 431 },
	{ "largest head", 2, 2, 16384 - 33, 0 },
	{ "head too large", 2, 2, 16384 - 32, 431 },
	{ "head much too large", 2, 2, 100000, 431 },
};

START_TEST(every_size_has_its_limit)
{
	static const size_t steps[] = { 1, 7, 4096, 200000 };

	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		struct http_head h;
		size_t len, used;
		char *text = make_head(sizes[_i].target, sizes[_i].count, sizes[_i].value, &len);
		int rc = feed(&h, text, len, steps[i], steps[i], &used);

		ck_assert_msg(rc == (sizes[_i].status == 0 ? 1 : -1) &&
			h.status == sizes[_i].status,
		    "%s: step %zu: %d, status %d", sizes[_i].label, steps[i], rc, h.status);
		ck_assert_uint_le(h.text.cap, http_limits_default.head_max + 1);
		http_head_release(&h);
		free(text);
	}
}
END_TEST

/* Whatever one bit does to a good head: refused or read, and the same at every cut. */
START_TEST(a_flipped_bit_gives_one_result_at_every_cut)
{
	static const char text[] = "POST /a%20b?c HTTP/1.1\r\nHost: h:1\r\nContent-Length: 5\r\n"
				   "Connection: close\r\n\r\n";
	char bent[sizeof(text)];

	for (size_t bit = 0; bit < (sizeof(text) - 1) * 8; bit++) {
		struct http_head whole, cut;
		size_t used, cut_used;
		int rc;

		memcpy(bent, text, sizeof(text));
		bent[bit / 8] ^= (char)(1 << bit % 8);
		rc = feed(&whole, bent, sizeof(text) - 1, sizeof(text), 1, &used);
		ck_assert_int_eq(feed(&cut, bent, sizeof(text) - 1, 1, 1, &cut_used), rc);
		ck_assert_int_eq(whole.status, cut.status);
		if (rc == 1) {
			ck_assert_uint_eq(used, cut_used);
			ck_assert_str_eq(http_head_path(&whole), http_head_path(&cut));
		}
		http_head_release(&whole);
		http_head_release(&cut);
	}
}
END_TEST

static const struct {
	const char *host;
	enum http_host kind;
} hosts[] = {
	{ "h", HTTP_HOST_PLAIN },
	{ "media_box.local:34400", HTTP_HOST_PLAIN },
	{ "192.0.2.1:80", HTTP_HOST_PLAIN },
	{ "[2001:db8::1]", HTTP_HOST_PLAIN },
	{ "[::ffff:192.0.2.1]:80", HTTP_HOST_PLAIN },
	{ "", HTTP_HOST_ODD },
	{ "h:", HTTP_HOST_ODD },
	{ "h:123456", HTTP_HOST_ODD },
	{ "h'&", HTTP_HOST_ODD },
	{ "%41", HTTP_HOST_ODD },
	{ ":80", HTTP_HOST_BAD },
	{ "h:80:80", HTTP_HOST_BAD },
	{ "h:8x", HTTP_HOST_BAD },
	{ "[]", HTTP_HOST_BAD },
	{ "[::1", HTTP_HOST_BAD },
	{ "[::1]x", HTTP_HOST_BAD },
	{ "[fe80::1%25eth0]", HTTP_HOST_BAD },
	{ "h<", HTTP_HOST_BAD },
	{ "h\"", HTTP_HOST_BAD },
	{ "a b", HTTP_HOST_BAD },
};

START_TEST(tells_hosts_that_fit_a_link_from_others)
{
	ck_assert_msg(http_host_kind(hosts[_i].host, strlen(hosts[_i].host)) == hosts[_i].kind,
	    "'%s'", hosts[_i].host);
}
END_TEST

UNIT_MAIN("http head",
    UNIT_ROWS(refuses_what_breaks_a_rule_however_it_is_cut, ARRAY_LEN(bad_heads)),
    UNIT_ROWS(reads_what_keeps_the_rules_however_it_is_cut, ARRAY_LEN(good)),
    UNIT_TEST(finds_headers_by_any_case_and_gives_the_first),
    UNIT_ROWS(every_size_has_its_limit, ARRAY_LEN(sizes)),
    UNIT_TEST(a_flipped_bit_gives_one_result_at_every_cut),
    UNIT_ROWS(tells_hosts_that_fit_a_link_from_others, ARRAY_LEN(hosts)))
