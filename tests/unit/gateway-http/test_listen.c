#include "gateway/http/http.h"

#include <fcntl.h>

#include "tests/unit/gateway-http/served.h"

static void
run_hello(struct http_request *req, void *arg)
{
	(void)arg;
	http_reply_text(req, 200, "%s %s", http_peer(req), http_base_url(req));
}

static const struct http_route routes[] = {
	{ HTTP_GET, "/hello", HTTP_ANYONE, run_hello, NULL },
	{ 0, NULL, HTTP_ANYONE, NULL, NULL },
};

static const struct {
	const char *where;
	int rc;
	const char *says;
} refused[] = {
	{ "", -EINVAL, "not ADDRESS:PORT" },
	{ "127.0.0.1", -EINVAL, "not ADDRESS:PORT" },
	{ "127.0.0.1:", -EINVAL, "not ADDRESS:PORT" },
	{ "127.0.0.1:-1", -EINVAL, "not ADDRESS:PORT" },
	{ "127.0.0.1:65536", -EINVAL, "not a port" },
	{ "127.0.0.1:99999999999999999999", -EINVAL, "not a port" },
	{ "127.0.0.1:80x", -EINVAL, "not a port" },
	{ "localhost:80", -EINVAL, "'localhost' is not a numeric address" },
	{ ":80", -EINVAL, "not a numeric address" },
	{ "127.0.0.1.1:80", -EINVAL, "not a numeric address" },
	{ "::1:80", -EINVAL, "not a numeric address" },
	{ "[::1:80", -EINVAL, "not a numeric address" },
	{ "[]:80", -EINVAL, "not a numeric address" },
	{ "[127.0.0.1]:80", -EINVAL, "not a numeric address" },
	{ "0123456789012345678901234567890123456789012345678901234567890123:80", -EINVAL,
	    "not a numeric address" },
	{ "192.0.2.1:0", -EADDRNOTAVAIL, "no such address" },
	{ "unix:", -ENAMETOOLONG, "1 to 107 bytes" },
	{ "unix:/tmp/0123456789012345678901234567890123456789012345678901234567890123456789"
	  "0123456789012345678901234567890123456789",
	    -ENAMETOOLONG, "1 to 107 bytes" },
	{ "unix:/nonexistent/socket", -ENOENT, "No such file" },
	{ "unix:/dev/null", -EEXIST, "not a socket" },
};

START_TEST(says_why_it_cannot_listen)
{
	struct served s = { 0 };
	struct err err = ERR_INIT;
	char prefix[200];
	int rc;

	served_start(&s, routes, NULL);
	rc = http_server_listen(s.server, refused[_i].where, 0, &err);
	ck_assert_msg(rc == refused[_i].rc, "'%s': %d %s", refused[_i].where, rc, err.text);
	ck_assert_int_eq(err.code, rc);
	snprintf(prefix, sizeof(prefix), "listen on '%s': ", refused[_i].where);
	ck_assert_msg(strncmp(err.text, prefix, strlen(prefix)) == 0, "%s", err.text);
	ck_assert_msg(strstr(err.text, refused[_i].says) != NULL, "%s", err.text);
	ck_assert_ptr_null(http_server_address(s.server, 2));
	served_stop(&s);
}
END_TEST

START_TEST(an_address_in_use_is_named)
{
	struct served s = { 0 };
	struct err err = ERR_INIT;
	char where[100];

	served_start(&s, routes, NULL);
	ck_assert_int_eq(http_server_listen(s.server, http_server_address(s.server, 1), 0, &err),
	    -EADDRINUSE);
	assert_has(((struct buf){ .data = err.text }), "the address is in use; stop the program");
	snprintf(where, sizeof(where), "unix:%s", s.path);
	ck_assert_int_eq(http_server_listen(s.server, where, 0, &err), -EADDRINUSE);
	assert_has(((struct buf){ .data = err.text }), "the socket is in use");
	ck_assert_int_eq(access(s.path, F_OK), 0);
	served_stop(&s);
}
END_TEST

START_TEST(an_old_socket_file_is_replaced_and_a_new_owners_left_alone)
{
	struct served s = { 0 };
	struct err err = ERR_INIT;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct buf in = SERVED_BUF;
	char where[100];
	int fd;

	served_start(&s, routes, NULL);
	/* What a process that was killed leaves behind. */
	snprintf(s.path, sizeof(s.path), "%s/old", s.dir);
	memcpy(address.sun_path, s.path, sizeof(s.path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	(void)close(fd);
	snprintf(where, sizeof(where), "unix:%s", s.path);
	ck_assert_msg(http_server_listen(s.server, where, 0, &err) == 0, "%s", err.text);
	ck_assert_str_eq(http_server_address(s.server, 2), where);
	served_ask(&s, "GET /hello HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n", &in);
	assert_has(in, "unix http://localhost\n");
	/* Somebody else has taken the path meanwhile. */
	ck_assert_int_eq(unlink(s.path), 0);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	http_server_stop(s.server);
	ck_assert_int_eq(access(s.path, F_OK), 0);
	ck_assert_int_eq(unlink(s.path), 0);
	(void)close(fd);
	buf_release(&in);
	served_stop(&s);
}
END_TEST

/* Asks 127.0.0.1 or ::1 at `port`; "" when nobody listens there. */
static void
ask(struct served *s, int family, uint16_t port, struct buf *in)
{
	static const char request[] = "GET /hello HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n";
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int rc;

	buf_clear(in);
	v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	v6.sin6_addr = in6addr_loopback;
	rc = family == AF_INET ? connect(fd, (struct sockaddr *)&v4, sizeof(v4))
			       : connect(fd, (struct sockaddr *)&v6, sizeof(v6));
	if (rc == 0) {
		served_send(fd, request, sizeof(request) - 1);
		ck_assert(served_read_end(s, fd, in));
	}
	(void)close(fd);
}

START_TEST(all_of_ipv6_takes_ipv4_unless_that_has_a_listener)
{
	struct served s = { 0 };
	struct err err = ERR_INIT;
	struct buf in = SERVED_BUF;
	char where[64], expected[64];
	uint16_t port;

	served_start(&s, routes, NULL);
	if (http_server_listen(s.server, "[::]:0", 0, &err) == -EAFNOSUPPORT) {
		served_stop(&s); /* a machine without IPv6 */
		return;
	}
	ck_assert_int_eq(strncmp(http_server_address(s.server, 2), "[::]:", 5), 0);
	port = (uint16_t)strtoul(http_server_address(s.server, 2) + 5, NULL, 10);
	ask(&s, AF_INET6, port, &in);
	snprintf(expected, sizeof(expected), "::1 http://[::1]:%u\n", port);
	assert_has(in, expected);
	ask(&s, AF_INET, port, &in);
	snprintf(expected, sizeof(expected), "127.0.0.1 http://127.0.0.1:%u\n", port);
	assert_has(in, expected);
	snprintf(where, sizeof(where), "0.0.0.0:%u", port);
	ck_assert_int_eq(http_server_listen(s.server, where, 0, &err), -EADDRINUSE);
	assert_has(((struct buf){ .data = err.text }), "takes IPv4 on all addresses already");
	/* The other way round each has its own. */
	snprintf(where, sizeof(where), "[::]:%u", s.port);
	ck_assert_msg(http_server_listen(s.server, where, 0, &err) == 0, "%s", err.text);
	ask(&s, AF_INET6, s.port, &in);
	assert_has(in, "::1 http://[::1]");
	ask(&s, AF_INET, s.port, &in);
	assert_has(in, "127.0.0.1 http://127.0.0.1");
	buf_release(&in);
	served_stop(&s);
}
END_TEST

START_TEST(a_bad_route_table_makes_no_server)
{
	static const struct http_route bad[] = {
		{ HTTP_GET, "/{x", HTTP_ANYONE, run_hello, NULL },
		{ 0, NULL, HTTP_ANYONE, NULL, NULL },
	};
	struct http_config config = { .routes = bad };
	struct event_base *base = event_base_new();
	struct err err = ERR_INIT;

	ck_assert_ptr_null(http_server_new(base, &config, &err));
	ck_assert_str_eq(err.text, "route '/{x': not a pattern");
	http_server_free(NULL);
	event_base_free(base);
}
END_TEST

UNIT_MAIN("http listen", UNIT_ROWS(says_why_it_cannot_listen, ARRAY_LEN(refused)),
    UNIT_TEST(an_address_in_use_is_named),
    UNIT_TEST(an_old_socket_file_is_replaced_and_a_new_owners_left_alone),
    UNIT_TEST(all_of_ipv6_takes_ipv4_unless_that_has_a_listener),
    UNIT_TEST(a_bad_route_table_makes_no_server))
