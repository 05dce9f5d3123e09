#include "gateway/http/http.h"

#include "tests/unit/gateway-http/served.h"

#define HELLO(path) "GET " path " HTTP/1.1\r\nHost: h\r\n\r\n"

static void
run_hello(struct http_request *req, void *arg)
{
	(void)arg;
	http_reply_text(req, 200, "hello");
}

/* Held requests, one at a time: the test answers when it likes. */
struct held {
	struct http_request *req;
	unsigned gone;
};

static void
on_gone(void *arg)
{
	struct held *held = arg;

	held->req = NULL;
	held->gone++;
}

static void
run_hold(struct http_request *req, void *arg)
{
	struct held *held = ((struct served *)arg)->arg;

	held->req = req;
	http_hold(req, on_gone, held);
}

static void
run_hold_regardless(struct http_request *req, void *arg)
{
	struct held *held = ((struct served *)arg)->arg;

	held->req = req;
	http_hold(req, NULL, NULL);
}

/* The test keeps the socket. */
static int taken = -1;

static void
run_take(struct http_request *req, void *arg)
{
	struct buf head = BUF_INIT(4096);

	(void)arg;
	http_add_header(req, "X-HDHomeRun-Resource", "tuner%d", 1);
	taken = http_take_socket(req, 200, "video/mp2t", &head);
	served_send(taken, head.data, head.len);
	buf_release(&head);
}

static const struct http_route routes[] = {
	{ HTTP_GET, "/hello", HTTP_ANYONE, run_hello, NULL },
	{ HTTP_GET, "/hold", HTTP_ANYONE, run_hold, NULL },
	{ HTTP_GET, "/hold-regardless", HTTP_ANYONE, run_hold_regardless, NULL },
	{ HTTP_GET, "/take", HTTP_ANYONE, run_take, NULL },
	{ 0, NULL, HTTP_ANYONE, NULL, NULL },
};

START_TEST(a_held_request_is_answered_later_and_what_was_pipelined_after_it)
{
	struct held held = { NULL, 0 };
	struct served s = { .arg = &held };
	struct buf in = SERVED_BUF;
	_Bool reset;
	int fd;

	served_start(&s, routes, NULL);
	fd = served_connect(&s);
	served_send(fd, HELLO("/hold"), strlen(HELLO("/hold")));
	served_send(fd, HELLO("/hello"), strlen(HELLO("/hello")));
	SERVED_UNTIL(&s, held.req != NULL);
	served_pass(&s, 3600000); /* a held request has all the time of its handler */
	ck_assert_int_eq(served_receive(fd, &in, &reset), 0);
	http_reply_text(held.req, 200, "late");
	served_read_until(&s, fd, &in, "hello\n");
	ck_assert_uint_lt(strstr(in.data, "late\n") - in.data,
	    strstr(in.data, "hello\n") - in.data);
	ck_assert_uint_eq(held.gone, 0);
	(void)close(fd);
	buf_release(&in);
	served_stop(&s);
}
END_TEST

START_TEST(a_client_that_leaves_a_held_request_is_noticed)
{
	struct held held = { NULL, 0 };
	struct served s = { .arg = &held };
	struct linger now = { 1, 0 };
	int fd;

	served_start(&s, routes, NULL);
	for (int way = 0; way < 4; way++) {
		fd = way < 2 ? served_connect(&s) : served_connect_tcp(&s);
		served_send(fd, HELLO("/hold"), strlen(HELLO("/hold")));
		SERVED_UNTIL(&s, held.req != NULL);
		/* Bytes that nobody reads must not hide that the end follows them. */
		if (way % 2 == 1)
			served_send(fd, HELLO("/hello"), strlen(HELLO("/hello")));
		served_turn(&s);
		if (way == 2)
			(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
		(void)close(fd);
		SERVED_UNTIL(&s, held.req == NULL);
		ck_assert_uint_eq(held.gone, (unsigned)way + 1);
		ck_assert_uint_eq(served_stats(&s).connections, 0);
	}
	served_stop(&s);
}
END_TEST

START_TEST(a_request_held_regardless_can_be_answered_when_nobody_is_there)
{
	struct held held = { NULL, 0 };
	struct served s = { .arg = &held };
	int fd;

	served_start(&s, routes, NULL);
	fd = served_connect_tcp(&s);
	served_send(fd, HELLO("/hold-regardless"), strlen(HELLO("/hold-regardless")));
	SERVED_UNTIL(&s, held.req != NULL);
	(void)close(fd);
	served_turn(&s);
	http_reply_text(held.req, 200, "to nobody");
	SERVED_UNTIL(&s, served_stats(&s).connections == 0);
	served_stop(&s);
}
END_TEST

START_TEST(the_end_of_the_server_is_told_to_holders)
{
	struct held held = { NULL, 0 };
	struct served s = { .arg = &held };
	int fd;

	served_start(&s, routes, NULL);
	fd = served_connect(&s);
	served_send(fd, HELLO("/hold"), strlen(HELLO("/hold")));
	SERVED_UNTIL(&s, held.req != NULL);
	served_stop(&s);
	ck_assert_uint_eq(held.gone, 1);
	(void)close(fd);
}
END_TEST

START_TEST(a_taken_socket_belongs_to_its_taker_and_brings_nothing_along)
{
	static const char text[] = HELLO("/take") HELLO("/hello");
	struct served s = { 0 };
	struct buf in = SERVED_BUF;
	char data[10];
	int fd;

	served_start(&s, routes, NULL);
	fd = served_connect_tcp(&s);
	served_send(fd, text, sizeof(text) - 1);
	SERVED_UNTIL(&s, taken != -1);
	served_turn(&s);
	ck_assert_uint_eq(served_stats(&s).connections, 0);
	ck_assert_uint_eq(served_stats(&s).requests[2], 1);
	/* What was pipelined is gone, the socket is as new, and the server's end is not its end. */
	ck_assert_int_eq(recv(taken, data, sizeof(data), 0), -1);
	ck_assert_int_eq(errno, EAGAIN);
	served_stop(&s);
	served_send(taken, "\x47", 1);
	(void)close(taken);
	while (recv(fd, data, 1, 0) == 1)
		buf_add(&in, data, 1);
	ck_assert_str_eq(in.data,
	    "HTTP/1.1 200 OK\r\n"
	    "Server: Masthead\r\n"
	    "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
	    "Content-Type: video/mp2t\r\n"
	    "X-Content-Type-Options: nosniff\r\n"
	    "Connection: close\r\n"
	    "X-HDHomeRun-Resource: tuner1\r\n"
	    "\r\n"
	    "\x47");
	(void)close(fd);
	buf_release(&in);
}
END_TEST

UNIT_MAIN("http held", UNIT_TEST(a_held_request_is_answered_later_and_what_was_pipelined_after_it),
    UNIT_TEST(a_client_that_leaves_a_held_request_is_noticed),
    UNIT_TEST(a_request_held_regardless_can_be_answered_when_nobody_is_there),
    UNIT_TEST(the_end_of_the_server_is_told_to_holders),
    UNIT_TEST(a_taken_socket_belongs_to_its_taker_and_brings_nothing_along))
