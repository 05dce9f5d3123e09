#include "gateway/http/http.h"

#include <sys/stat.h>

#include "tests/unit/gateway-http/served.h"

#define HELLO(path) "GET " path " HTTP/1.1\r\nHost: h\r\n\r\n"
#define LAST(path)  "GET " path " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"

/* -- handlers ---------------------------------------------------------------- */

static void
run_hello(struct http_request *req, void *arg)
{
	(void)arg;
	http_reply_text(req, 200, "hello");
}

/* Says back what it was given. */
static void
run_echo(struct http_request *req, void *arg)
{
	size_t len;
	const char *body = http_body(req, &len);
	const char *agent = http_header(req, "user-agent");

	(void)arg;
	http_add_header(req, "X-Echo", "a\r\nSet-Cookie: %s\x01", "b");
	http_reply_text(req, 200, "%d %s?%s [%s] {%s} <%s> %s %s %zu:%.*s", (int)http_method(req),
	    http_path(req), http_query(req), http_param(req, "a"), http_param(req, "b"),
	    agent != NULL ? agent : "-", http_peer(req), http_base_url(req), len, (int)len, body);
}

static void
run_silent(struct http_request *req, void *arg)
{
	(void)req;
	(void)arg;
}

static void
run_empty_error(struct http_request *req, void *arg)
{
	(void)arg;
	http_add_header(req, "X-HDHomeRun-Error", "805 All Tuners In Use");
	http_reply(req, 503, NULL, NULL, 0);
}

static const struct http_route routes[] = {
	{ HTTP_GET, "/hello", HTTP_ANYONE, run_hello, NULL },
	{ HTTP_GET | HTTP_POST, "/echo/{a}/v{b}", HTTP_ANYONE, run_echo, NULL },
	{ HTTP_GET, "/silent", HTTP_ANYONE, run_silent, NULL },
	{ HTTP_GET, "/error", HTTP_ANYONE, run_empty_error, NULL },
	{ HTTP_GET, "/viewers", HTTP_VIEWERS, run_hello, NULL },
	{ HTTP_GET, "/admin", HTTP_ADMIN, run_hello, NULL },
	{ HTTP_POST, "/post", HTTP_ANYONE, run_hello, NULL },
	{ 0, NULL, HTTP_ANYONE, NULL, NULL },
};

/* -- requests and replies ------------------------------------------------------ */

START_TEST(a_reply_has_the_headers_that_it_must_have)
{
	struct served s = { 0 };
	struct buf in = SERVED_BUF;

	served_start(&s, routes, NULL);
	served_ask(&s, LAST("/hello"), &in);
	ck_assert_str_eq(in.data,
	    "HTTP/1.1 200 OK\r\n"
	    "Server: Masthead\r\n"
	    "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "X-Content-Type-Options: nosniff\r\n"
	    "Content-Length: 6\r\n"
	    "Connection: close\r\n"
	    "\r\n"
	    "hello\n");
	served_ask(&s, LAST("/error"), &in);
	ck_assert_str_eq(in.data,
	    "HTTP/1.1 503 Service Unavailable\r\n"
	    "Server: Masthead\r\n"
	    "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
	    "Content-Length: 0\r\n"
	    "Connection: close\r\n"
	    "X-HDHomeRun-Error: 805 All Tuners In Use\r\n"
	    "\r\n");
	buf_release(&in);
	served_stop(&s);
}
END_TEST

START_TEST(a_handler_sees_the_request_and_cannot_break_the_reply)
{
	struct served s = { 0 };
	struct buf in = SERVED_BUF;

	served_start(&s, routes, NULL);
	served_ask(&s,
	    "POST /echo/x%20y/v5.1?q=%20 HTTP/1.1\r\nHost: box.local:34400\r\nUser-Agent: VLC\r\n"
	    "Content-Length: 4\r\nConnection: close\r\n\r\nbody",
	    &in);
	ck_assert_str_eq(served_body(&in),
	    "4 /echo/x y/v5.1?q=%20 [x y] {5.1} <VLC> unix http://box.local:34400 4:body\n");
	assert_has(in, "\r\nX-Echo: a  Set-Cookie: b \r\n");
	buf_release(&in);
	served_stop(&s);
}
END_TEST

static const struct {
	const char *label, *request, *status, *header;
} answers[] = {
	{ "unknown path", LAST("/nothing"), "404 Not Found", "Content-Length: " },
	{ "method of another row", "POST /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
	    "405 Method Not Allowed", "Allow: GET, HEAD\r\n" },
	{ "method of no row", "DELETE /echo/a/vb HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
	    "405 Method Not Allowed", "Allow: GET, HEAD, POST\r\n" },
	{ "only POST", LAST("/post"), "405 Method Not Allowed", "Allow: POST\r\n" },
	{ "OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
	    "404 Not Found", "" },
	{ "denied with a body ends",
	    "POST /nothing HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n", "404 Not Found",
	    "Connection: close\r\n" },
	{ "handler without an answer", LAST("/silent"), "500 Internal Server Error", "" },
	{ "other expectation",
	    "POST /post HTTP/1.1\r\nHost: h\r\nExpect: 200-ok\r\nConnection: close\r\n\r\n",
	    "417 Expectation Failed", "" },
	{ "admin on a public socket", LAST("/admin"), "403 Forbidden", "" },
	{ "viewers on a Unix socket", LAST("/viewers"), "200 OK", "" },
	{ "HTTP/1.0 ends by itself", "GET /hello HTTP/1.0\r\n\r\n", "200 OK",
	    "Connection: close\r\n" },
	{ "absolute form", "GET http://x/hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
	    "200 OK", "" },
	{ "POST without a body", "POST /post HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
	    "200 OK", "" },
	{ "empty chunks",
	    "POST /post HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
	    "Connection: close\r\n\r\n0\r\n\r\n",
	    "200 OK", "" },
};

START_TEST(answers_with_the_right_status)
{
	struct served s = { 0 };
	struct buf in = SERVED_BUF;
	char line[64];

	served_start(&s, routes, NULL);
	served_ask(&s, answers[_i].request, &in);
	snprintf(line, sizeof(line), "HTTP/1.1 %s\r\n", answers[_i].status);
	ck_assert_msg(strncmp(in.data, line, strlen(line)) == 0, "%s:\n%s", answers[_i].label,
	    in.data);
	assert_has(in, answers[_i].header);
	buf_release(&in);
	served_stop(&s);
}
END_TEST

START_TEST(head_has_the_head_of_get_and_no_body)
{
	struct served s = { 0 };
	struct buf get = SERVED_BUF, head = SERVED_BUF;

	served_start(&s, routes, NULL);
	served_ask(&s, LAST("/hello"), &get);
	served_ask(&s, "HEAD /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", &head);
	ck_assert_uint_eq(head.len, (size_t)(served_body(&get) - get.data));
	ck_assert(strncmp(head.data, get.data, head.len) == 0);
	served_ask(&s, "HEAD /none HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", &head);
	assert_has(head, "404 Not Found");
	ck_assert_str_eq(served_body(&head), "");
	buf_release(&get);
	buf_release(&head);
	served_stop(&s);
}
END_TEST

START_TEST(pipelined_requests_are_answered_in_order)
{
	struct served s = { 0 };
	struct buf in = SERVED_BUF, out = SERVED_BUF;
	int fd;

	served_start(&s, routes, NULL);
	for (int i = 0; i < 300; i++)
		buf_printf(&out, "GET /echo/%d/v%d HTTP/1.1\r\nHost: h\r\n\r\n", i, i);
	fd = served_connect(&s);
	served_send(fd, out.data, out.len);
	served_read_until(&s, fd, &in, "[299]");
	for (int i = 0; i < 300; i++) {
		const char *at = in.data;
		char text[16];

		snprintf(text, sizeof(text), "[%d]", i);
		at = strstr(at, text);
		ck_assert_ptr_nonnull(at);
		ck_assert_uint_eq(served_count(in.data, text), 1);
	}
	ck_assert_uint_eq(served_count(in.data, "HTTP/1.1 200 OK"), 300);
	(void)close(fd);
	buf_release(&in);
	buf_release(&out);
	served_stop(&s);
}
END_TEST

START_TEST(an_old_client_keeps_its_connection_when_it_asks)
{
	static const char request[] = "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
	struct served s = { 0 };
	struct buf in = SERVED_BUF;
	int fd;

	served_start(&s, routes, NULL);
	fd = served_connect(&s);
	for (int i = 0; i < 3; i++) {
		buf_clear(&in);
		served_send(fd, request, sizeof(request) - 1);
		served_read_until(&s, fd, &in, "hello\n");
		assert_has(in, "Connection: keep-alive\r\n");
	}
	(void)close(fd);
	buf_release(&in);
	served_stop(&s);
}
END_TEST

START_TEST(a_client_that_waits_for_100_gets_it)
{
	static const char head[] = "POST /echo/a/vb HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n"
				   "Expect: 100-continue\r\nConnection: close\r\n\r\n";
	struct served s = { 0 };
	struct buf in = SERVED_BUF;
	int fd;

	served_start(&s, routes, NULL);
	fd = served_connect(&s);
	served_send(fd, head, sizeof(head) - 1);
	served_read_until(&s, fd, &in, "HTTP/1.1 100 Continue\r\n\r\n");
	ck_assert_uint_eq(in.len, 25);
	served_send(fd, "body", 4);
	ck_assert(served_read_end(&s, fd, &in));
	assert_has(in, "4:body\n");
	(void)close(fd);
	/* Refused at once, without asking for the body first. */
	served_ask(&s,
	    "POST /echo/a/vb HTTP/1.1\r\nHost: h\r\nContent-Length: 9999999\r\n"
	    "Expect: 100-continue\r\n\r\n",
	    &in);
	ck_assert(strncmp(in.data, "HTTP/1.1 413 ", 13) == 0);
	buf_release(&in);
	served_stop(&s);
}
END_TEST

/* 413 must arrive although the client is still sending what nobody reads. */
START_TEST(a_refusal_reaches_a_client_that_goes_on_sending)
{
	static const char head[] =
	    "POST /post HTTP/1.1\r\nHost: h\r\nContent-Length: 9999999\r\n\r\n";
	struct served s = { 0 };
	struct buf in = SERVED_BUF, junk = SERVED_BUF;
	_Bool reset;
	int fd;

	buf_reserve(&junk, 900000);
	memset(junk.data, 'x', 900000);
	served_start(&s, routes, NULL);
	fd = served_connect_tcp(&s);
	served_send(fd, head, sizeof(head) - 1);
	for (size_t sent = 0; sent < 900000; served_turn(&s)) {
		ssize_t n = send(fd, junk.data + sent, 900000 - sent, MSG_NOSIGNAL | MSG_DONTWAIT);

		ck_assert_msg(n > 0 || errno == EAGAIN, "%s", strerror(errno));
		sent += n > 0 ? (size_t)n : 0;
	}
	SERVED_UNTIL(&s, served_receive(fd, &in, &reset) < 0);
	ck_assert(!reset);
	assert_has(in, "HTTP/1.1 413 Content Too Large\r\n");
	(void)close(fd);
	SERVED_UNTIL(&s, served_stats(&s).connections == 0);
	buf_release(&in);
	buf_release(&junk);
	served_stop(&s);
}
END_TEST

/* One that never stops is not listened to for ever: neither in bytes nor in time. */
START_TEST(the_polite_end_is_bounded)
{
	static const char bad[] = "rubbish\r\n";
	struct served s = { 0 };
	struct buf in = SERVED_BUF;
	char junk[65536] = "";
	size_t sent = 0;
	int fd;

	served_start(&s, routes, NULL);
	fd = served_connect_tcp(&s);
	served_send(fd, bad, sizeof(bad) - 1);
	SERVED_UNTIL(&s,
	    (sent += (size_t)(send(fd, junk, sizeof(junk), MSG_NOSIGNAL | MSG_DONTWAIT) + 1),
		served_stats(&s).connections == 0 && served_stats(&s).bad == 1));
	ck_assert_uint_gt(sent, 1u << 20);
	(void)close(fd);
	fd = served_connect(&s);
	served_send(fd, bad, sizeof(bad) - 1);
	ck_assert(served_read_end(&s, fd, &in));
	ck_assert_uint_eq(served_stats(&s).connections, 1);
	served_pass(&s, 2000);
	ck_assert_uint_eq(served_stats(&s).connections, 0);
	(void)close(fd);
	buf_release(&in);
	served_stop(&s);
}
END_TEST

/* -- base URL and peer ---------------------------------------------------------- */

static const struct {
	const char *host, *url; /* %u: the port */
} bases[] = {
	{ "box", "http://box" },
	{ "box_1.local:34400", "http://box_1.local:34400" },
	{ "[2001:db8::1]:80", "http://[2001:db8::1]:80" },
	{ "", "http://127.0.0.1:%u" },
	{ "a'b", "http://127.0.0.1:%u" },
	{ "a&b", "http://127.0.0.1:%u" },
	{ "box:", "http://127.0.0.1:%u" },
};

START_TEST(links_are_made_of_a_host_that_can_stand_anywhere)
{
	struct served s = { 0 };
	struct buf in = SERVED_BUF;
	char request[200], url[100], *port;
	int fd;

	served_start(&s, routes, NULL);
	snprintf(url, sizeof(url), "127.0.0.1 %s", bases[_i].url);
	port = strstr(url, "%u");
	if (port != NULL)
		snprintf(port, 8, "%u", s.port);
	snprintf(request, sizeof(request),
	    "GET /echo/a/vb HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", bases[_i].host);
	fd = served_connect_tcp(&s);
	served_send(fd, request, strlen(request));
	ck_assert(served_read_end(&s, fd, &in));
	assert_has(in, url);
	(void)close(fd);
	buf_release(&in);
	served_stop(&s);
}
END_TEST

static _Bool
allow_nobody(const char *address)
{
	ck_assert_str_eq(address, "127.0.0.1");
	return 0;
}

START_TEST(the_allow_list_is_for_viewers_over_the_network)
{
	struct served s = { .allowed = allow_nobody };
	struct buf in = SERVED_BUF;
	int fd;

	served_start(&s, routes, NULL);
	fd = served_connect_tcp(&s);
	served_send(fd, HELLO("/hello"), strlen(HELLO("/hello")));
	served_send(fd, LAST("/viewers"), strlen(LAST("/viewers")));
	ck_assert(served_read_end(&s, fd, &in));
	assert_has(in, "hello\n");
	assert_has(in, "HTTP/1.1 403 Forbidden\r\n");
	(void)close(fd);
	served_ask(&s, LAST("/viewers"), &in);
	assert_has(in, "hello\n");
	buf_release(&in);
	served_stop(&s);
}
END_TEST

START_TEST(admins_come_by_a_private_socket_only)
{
	struct served s = { 0 };
	struct buf in = SERVED_BUF;
	struct err err = ERR_INIT;
	char where[100], public[64];
	struct stat st;

	served_start(&s, routes, NULL);
	memcpy(public, s.path, sizeof(public));
	ck_assert_int_eq(stat(s.path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0666);
	snprintf(s.path, sizeof(s.path), "%s/private", s.dir);
	snprintf(where, sizeof(where), "unix:%s", s.path);
	ck_assert_int_eq(http_server_listen(s.server, where, 1, &err), 0);
	ck_assert_int_eq(stat(s.path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	served_ask(&s, LAST("/admin"), &in);
	assert_has(in, "hello\n");
	memcpy(s.path, public, sizeof(public));
	served_ask(&s, LAST("/admin"), &in);
	assert_has(in, "403");
	buf_release(&in);
	served_stop(&s);
}
END_TEST

UNIT_MAIN("http server", UNIT_TEST(a_reply_has_the_headers_that_it_must_have),
    UNIT_TEST(a_handler_sees_the_request_and_cannot_break_the_reply),
    UNIT_ROWS(answers_with_the_right_status, ARRAY_LEN(answers)),
    UNIT_TEST(head_has_the_head_of_get_and_no_body),
    UNIT_TEST(pipelined_requests_are_answered_in_order),
    UNIT_TEST(an_old_client_keeps_its_connection_when_it_asks),
    UNIT_TEST(a_client_that_waits_for_100_gets_it),
    UNIT_TEST(a_refusal_reaches_a_client_that_goes_on_sending),
    UNIT_TEST(the_polite_end_is_bounded),
    UNIT_ROWS(links_are_made_of_a_host_that_can_stand_anywhere, ARRAY_LEN(bases)),
    UNIT_TEST(the_allow_list_is_for_viewers_over_the_network),
    UNIT_TEST(admins_come_by_a_private_socket_only))
