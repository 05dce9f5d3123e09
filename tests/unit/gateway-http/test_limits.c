#include "gateway/http/http.h"

#include <fcntl.h>
#include <malloc.h>
#include <sys/resource.h>

#include "tests/unit/gateway-http/served.h"

#define HELLO "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n"
#define POST  "POST /hello HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n"

static void
run_hello(struct http_request *req, void *arg)
{
	(void)arg;
	http_reply_text(req, 200, "hello");
}

/* More than the socket's buffers hold. */
static void
run_large(struct http_request *req, void *arg)
{
	struct buf b = BUF_INIT(64u << 20);

	(void)arg;
	buf_reserve(&b, 32u << 20);
	memset(b.data, 'x', 32u << 20);
	b.len = 32u << 20;
	http_reply_buf(req, 200, "text/plain", &b);
}

static void
run_stop(struct http_request *req, void *arg)
{
	http_server_stop(((struct served *)arg)->server);
	http_reply_text(req, 200, "stopping");
}

static const struct http_route routes[] = {
	{ HTTP_GET | HTTP_POST, "/hello", HTTP_ANYONE, run_hello, NULL },
	{ HTTP_GET, "/large", HTTP_ANYONE, run_large, NULL },
	{ HTTP_GET, "/stop", HTTP_ANYONE, run_stop, NULL },
	{ 0, NULL, HTTP_ANYONE, NULL, NULL },
};

/* -- deadlines ------------------------------------------------------------------- */

static const struct {
	const char *label;
	const char *first, *more; /* `more` is sent each second */
	unsigned seconds;         /* until the end, at most one more */
	const char *says;         /* the last words; "": none */
} slow[] = {
	{ "says nothing", "", "", 10, "" },
	{ "one byte of a head", "G", "", 10, "HTTP/1.1 408 " },
	{ "a header a second", "GET / HTTP/1.1\r\nHost: h\r\n", "A: b\r\n", 10, "HTTP/1.1 408 " },
	{ "a byte a second", "GET /", "x", 10, "HTTP/1.1 408 " },
	{ "idle", HELLO, "", 15, "hello\n" },
	{ "idle, then half a head", HELLO "GET /", "", 10, "HTTP/1.1 408 " },
	{ "no body", POST, "", 30, "HTTP/1.1 408 " },
	{ "a byte of the body a minute", POST "12", "", 30, "HTTP/1.1 408 " },
};

START_TEST(a_slow_client_ends_at_its_deadline_whatever_it_sends)
{
	struct served s = { 0 };
	struct buf in = SERVED_BUF;
	_Bool reset;
	int fd, rc = 0;

	served_start(&s, routes, NULL);
	fd = served_connect(&s);
	served_send(fd, slow[_i].first, strlen(slow[_i].first));
	SERVED_UNTIL(&s, served_stats(&s).accepted == 1);
	served_turn(&s);
	/* All but the last second: still there. */
	s.now_us += (slow[_i].seconds - 2) * UINT64_C(1000000);
	served_send(fd, slow[_i].more, strlen(slow[_i].more));
	served_pass(&s, 1000);
	while (rc == 0 || rc == 1) {
		rc = served_receive(fd, &in, &reset);
		if (rc == 0)
			break;
	}
	ck_assert_msg(rc == 0, "%s: too early", slow[_i].label);
	served_send(fd, slow[_i].more, strlen(slow[_i].more));
	served_pass(&s, 1001);
	ck_assert_msg(served_read_end(&s, fd, &in), "%s: reset", slow[_i].label);
	ck_assert_msg(strstr(in.data, slow[_i].says) != NULL &&
		(*slow[_i].says != '\0' || in.len == 0),
	    "%s: %s", slow[_i].label, in.data);
	(void)close(fd);
	SERVED_UNTIL(&s, served_stats(&s).connections == 0);
	buf_release(&in);
	served_stop(&s);
}
END_TEST

/* Progress is what counts while sending: a slow reader lives, one that stopped does not. */
START_TEST(a_reader_that_takes_nothing_is_cut_and_a_slow_one_is_not)
{
	static const char request[] = "GET /large HTTP/1.1\r\nHost: h\r\n\r\n";
	struct served s = { 0 };
	struct buf in = SERVED_BUF;
	_Bool reset;
	int fd;

	served_start(&s, routes, NULL);
	fd = served_connect(&s);
	served_send(fd, request, sizeof(request) - 1);
	SERVED_UNTIL(&s, served_stats(&s).requests[2] == 1);
	for (int i = 0; i < 3; i++) {
		size_t before = in.len;

		served_pass(&s, 15000);
		SERVED_UNTIL(&s, (served_receive(fd, &in, &reset), in.len > before + 300000));
	}
	ck_assert_uint_eq(served_stats(&s).connections, 1);
	/* What the last reading made room for is sent before time passes. */
	for (int i = 0; i < 20; i++)
		served_turn(&s);
	served_pass(&s, 20001);
	ck_assert_uint_eq(served_stats(&s).connections, 0);
	(void)close(fd);
	buf_release(&in);
	served_stop(&s);
}
END_TEST

/* -- limits ---------------------------------------------------------------------- */

START_TEST(a_connection_has_so_many_requests_and_no_more)
{
	struct http_limits limits = { .requests_max = 3 };
	struct served s = { 0 };
	struct buf in = SERVED_BUF, out = SERVED_BUF;
	int fd;

	for (int i = 0; i < 5; i++)
		buf_str(&out, HELLO);
	served_start(&s, routes, &limits);
	fd = served_connect(&s);
	served_send(fd, out.data, out.len);
	ck_assert(served_read_end(&s, fd, &in));
	ck_assert_uint_eq(served_count(in.data, "hello\n"), 3);
	ck_assert_uint_eq(served_count(in.data, "Connection: close"), 1);
	(void)close(fd);
	buf_release(&in);
	buf_release(&out);
	served_stop(&s);
}
END_TEST

/* A receive holds hundreds of small requests; between every few the loop serves the others. */
START_TEST(a_burst_of_requests_leaves_the_others_their_turns)
{
	enum { REQUESTS = 10 * HTTP_TURN_REQUESTS };
	struct served s = { 0 };
	struct buf burst = SERVED_BUF;
	uint64_t before, taken = 0;
	int fd;

	served_start(&s, routes, NULL);
	fd = served_connect(&s);
	for (int i = 0; i < REQUESTS; i++)
		buf_str(&burst, HELLO);
	ck_assert_uint_le(burst.len, SERVER_RECEIVE_BYTES);
	served_send(fd, burst.data, burst.len);
	while (taken < REQUESTS) {
		before = taken;
		/* One round: EVLOOP_NONBLOCK alone goes on for as long as there is something. */
		ck_assert_int_ge(event_base_loop(s.base, EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
		taken = served_stats(&s).requests[2];
		ck_assert_uint_le(taken - before, HTTP_TURN_REQUESTS);
	}
	(void)close(fd);
	SERVED_UNTIL(&s, served_stats(&s).connections == 0);
	buf_release(&burst);
	served_stop(&s);
}
END_TEST

START_TEST(connections_beyond_the_limit_are_turned_away_with_503)
{
	struct http_limits limits = { .connections_max = 3 };
	struct served s = { 0 };
	struct buf in = SERVED_BUF;
	int fds[3], fd;

	served_start(&s, routes, &limits);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		fds[i] = served_connect(&s);
	fd = served_connect(&s);
	ck_assert(served_read_end(&s, fd, &in));
	ck_assert(strncmp(in.data, "HTTP/1.1 503 ", 13) == 0);
	assert_has(in, "Content-Length: 55\r\n");
	ck_assert_uint_eq(strlen(served_body(&in)), 55);
	(void)close(fd);
	ck_assert_uint_eq(served_stats(&s).refused, 1);
	ck_assert_uint_eq(served_stats(&s).connections, 3);
	/* The next finds the place of one that left. */
	(void)close(fds[0]);
	SERVED_UNTIL(&s, served_stats(&s).connections == 2);
	buf_clear(&in);
	fd = served_connect(&s);
	served_send(fd, HELLO, strlen(HELLO));
	served_read_until(&s, fd, &in, "hello\n");
	(void)close(fd);
	(void)close(fds[1]);
	(void)close(fds[2]);
	buf_release(&in);
	served_stop(&s);
}
END_TEST

/* The address of a network interface of this machine that is not loopback; false: there is none. */
static _Bool
own_address(char *out, size_t size)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(9) }, own;
	socklen_t len = sizeof(own);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	_Bool found;

	/* Nothing is sent: the kernel only chooses a route. 192.0.2.0/24 is for examples. */
	any.sin_addr.s_addr = htonl(0xc0000201);
	found = connect(fd, (struct sockaddr *)&any, sizeof(any)) == 0 &&
	    getsockname(fd, (struct sockaddr *)&own, &len) == 0 &&
	    inet_ntop(AF_INET, &own.sin_addr, out, (socklen_t)size) != NULL;
	(void)close(fd);
	return found;
}

START_TEST(an_address_has_its_share_of_connections_and_loopback_is_exempt)
{
	struct http_limits limits = { .per_address_max = 2 };
	struct sockaddr_in address = { .sin_family = AF_INET };
	struct served s = { 0 };
	struct err err = ERR_INIT;
	char host[INET_ADDRSTRLEN], where[64];
	struct buf in = SERVED_BUF;
	int fds[3];

	served_start(&s, routes, &limits);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		fds[i] = served_connect_tcp(&s);
	SERVED_UNTIL(&s, served_stats(&s).connections == 3);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		(void)close(fds[i]);
	SERVED_UNTIL(&s, served_stats(&s).connections == 0);
	if (own_address(host, sizeof(host))) {
		snprintf(where, sizeof(where), "%s:0", host);
		ck_assert_msg(http_server_listen(s.server, where, 0, &err) == 0, "%s", err.text);
		address.sin_port = htons(
		    (uint16_t)strtoul(strchr(http_server_address(s.server, 2), ':') + 1, NULL, 10));
		inet_pton(AF_INET, host, &address.sin_addr);
		for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
			fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
			ck_assert_int_eq(
			    connect(fds[i], (struct sockaddr *)&address, sizeof(address)), 0);
		}
		SERVED_UNTIL(&s, served_stats(&s).refused == 1);
		ck_assert_uint_eq(served_stats(&s).connections, 2);
		ck_assert(served_read_end(&s, fds[2], &in));
		assert_has(in, "HTTP/1.1 503 ");
		for (size_t i = 0; i < ARRAY_LEN(fds); i++)
			(void)close(fds[i]);
	}
	buf_release(&in);
	served_stop(&s);
}
END_TEST

/* -- descriptors ----------------------------------------------------------------- */

/* Turns the loop for some real time, waiting in it as a daemon does. */
static void
run_for(struct served *s, unsigned ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000L };

	event_base_loopexit(s->base, &tv);
	event_base_dispatch(s->base);
}

START_TEST(without_descriptors_it_rests_answers_503_and_recovers)
{
	struct served s = { 0 };
	struct buf in = SERVED_BUF;
	struct rlimit limit;
	int fds[40], probe;
	double before;

	served_start(&s, routes, NULL);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		fds[i] = served_connect(&s);
		served_send(fds[i], HELLO, strlen(HELLO));
	}
	/* Room for five more: the limit is one past the highest number that may be used. */
	probe = open("/dev/null", O_RDONLY | O_CLOEXEC);
	(void)close(probe);
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = (rlim_t)probe + 5;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);

	SERVED_UNTIL(&s, served_stats(&s).paused >= 1);
	ck_assert_uint_eq(served_stats(&s).accepted, 5);
	ck_assert_uint_gt(served_stats(&s).refused, 0);
	/* All who could be reached are answered: with what they asked for, or with 503. */
	SERVED_UNTIL(&s, served_stats(&s).refused == ARRAY_LEN(fds) - 5);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		buf_clear(&in);
		served_read_until(&s, fds[i], &in, i < 5 ? "hello\n" : "try again later.\n");
	}
	/* One that comes now makes it pause and turn away again, and not spin. */
	(void)close(fds[39]);
	fds[39] = served_connect(&s);
	before = unit_cpu_s();
	run_for(&s, 1000);
	ck_assert_msg(unit_cpu_s() - before < 0.1, "%f s", unit_cpu_s() - before);
	/* Five leave, one comes. */
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		(void)close(fds[i]);
	SERVED_UNTIL(&s, served_stats(&s).connections == 0);
	buf_clear(&in);
	fds[0] = served_connect(&s);
	served_send(fds[0], HELLO, strlen(HELLO));
	served_read_until(&s, fds[0], &in, "hello\n");
	(void)close(fds[0]);
	buf_release(&in);
	served_stop(&s);
}
END_TEST

/* -- draining and memory ----------------------------------------------------------- */

START_TEST(stopping_ends_who_is_idle_and_lets_the_others_finish)
{
	static const char large[] = "GET /large HTTP/1.1\r\nHost: h\r\n\r\n" HELLO;
	static const char stop[] = "GET /stop HTTP/1.1\r\nHost: h\r\n\r\n" HELLO;
	struct served s = { 0 };
	struct buf in = SERVED_BUF;
	int idle, busy, last;
	_Bool reset;

	served_start(&s, routes, NULL);
	idle = served_connect(&s);
	served_send(idle, HELLO, strlen(HELLO));
	served_read_until(&s, idle, &in, "hello\n");
	busy = served_connect(&s);
	served_send(busy, large, sizeof(large) - 1);
	SERVED_UNTIL(&s, served_stats(&s).requests[2] == 2);
	last = served_connect(&s);
	served_send(last, stop, sizeof(stop) - 1);
	ck_assert(served_read_end(&s, idle, &in));
	buf_clear(&in);
	ck_assert(served_read_end(&s, last, &in));
	assert_has(in, "Connection: close\r\n");
	assert_has(in, "stopping\n");
	assert_lacks(in, "hello\n");
	buf_clear(&in);
	SERVED_UNTIL(&s, served_receive(busy, &in, &reset) < 0);
	ck_assert_uint_gt(in.len, 32u << 20);
	ck_assert_int_eq(access(s.path, F_OK), -1);
	(void)close(idle);
	(void)close(busy);
	(void)close(last);
	SERVED_UNTIL(&s, served_stats(&s).connections == 0);
	buf_release(&in);
	served_stop(&s);
}
END_TEST

START_TEST(an_idle_connection_costs_less_than_a_kilobyte)
{
	struct served s = { 0 };
	struct buf in = SERVED_BUF;
	struct mallinfo2 before, after;
	int fds[200];

	served_start(&s, routes, NULL);
	/* The first pays for what all share: tables of the loop, a buffer of the test. */
	served_ask(&s, "GET /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", &in);
	before = mallinfo2();
	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		fds[i] = served_connect(&s);
		served_send(fds[i], HELLO, strlen(HELLO));
		buf_clear(&in);
		served_read_until(&s, fds[i], &in, "hello\n");
	}
	after = mallinfo2(); /* all zero under AddressSanitizer */
	ck_assert_uint_le((after.uordblks - before.uordblks) / ARRAY_LEN(fds), 1024);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		(void)close(fds[i]);
	buf_release(&in);
	served_stop(&s);
}
END_TEST

UNIT_MAIN("http limits",
    UNIT_ROWS(a_slow_client_ends_at_its_deadline_whatever_it_sends, ARRAY_LEN(slow)),
    UNIT_TEST(a_reader_that_takes_nothing_is_cut_and_a_slow_one_is_not),
    UNIT_TEST(a_connection_has_so_many_requests_and_no_more),
    UNIT_TEST(a_burst_of_requests_leaves_the_others_their_turns),
    UNIT_TEST(connections_beyond_the_limit_are_turned_away_with_503),
    UNIT_TEST(an_address_has_its_share_of_connections_and_loopback_is_exempt),
    UNIT_TEST(without_descriptors_it_rests_answers_503_and_recovers),
    UNIT_TEST(stopping_ends_who_is_idle_and_lets_the_others_finish),
    UNIT_TEST(an_idle_connection_costs_less_than_a_kilobyte))
