/*
 * The real server on a loop in the test's own process, with a clock that the test
 * moves and clients that are plain sockets. Nothing here sleeps: the loop turns
 * until what is waited for has come, or the patience of a broken test is over.
 */
#ifndef TESTS_UNIT_GATEWAY_HTTP_SERVED_H
#define TESTS_UNIT_GATEWAY_HTTP_SERVED_H

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "gateway/http/server.h"
#include "unit.h"

#define SERVED_PATIENCE_MS 20000

struct served {
	struct event_base *base;
	struct http_server *server;
	struct clock clock;
	uint64_t now_us; /* the server's clock; stands unless a test moves it */
	char dir[32];
	char path[64]; /* of the Unix socket */
	uint16_t port; /* of 127.0.0.1 */
	void *arg;     /* for the test's handlers, which get the struct served */
	_Bool (*allowed)(const char *address);
};

static inline uint64_t
served_mono_us(void *arg)
{
	return ((const struct served *)arg)->now_us;
}

static inline time_t
served_wall(void *arg)
{
	(void)arg;
	return 784111777; /* Sun, 06 Nov 1994 08:49:37 GMT */
}

static inline _Bool
served_allowed(void *arg, const char *address)
{
	const struct served *s = arg;

	return s->allowed == NULL || s->allowed(address);
}

/* Listens on a public Unix socket and on 127.0.0.1. `limits` may be NULL. */
static inline void
served_start(struct served *s, const struct http_route *routes, const struct http_limits *limits)
{
	struct http_config config = { .routes = routes, .arg = s, .allowed = served_allowed };
	struct err err = ERR_INIT;
	char where[80];

	s->clock = (struct clock){ served_mono_us, served_wall, s };
	s->now_us = 1000000;
	config.clock = &s->clock;
	if (limits != NULL)
		config.limits = *limits;
	snprintf(s->dir, sizeof(s->dir), "/tmp/http-test.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(s->dir));
	snprintf(s->path, sizeof(s->path), "%s/socket", s->dir);
	s->base = event_base_new();
	s->server = http_server_new(s->base, &config, &err);
	ck_assert_msg(s->server != NULL, "%s", err.text);
	snprintf(where, sizeof(where), "unix:%s", s->path);
	ck_assert_msg(http_server_listen(s->server, where, 0, &err) == 0, "%s", err.text);
	ck_assert_msg(http_server_listen(s->server, "127.0.0.1:0", 0, &err) == 0, "%s", err.text);
	s->port = (uint16_t)strtoul(strrchr(http_server_address(s->server, 1), ':') + 1, NULL, 10);
}

static inline void
served_stop(struct served *s)
{
	http_server_free(s->server);
	event_base_free(s->base);
	ck_assert_int_eq(rmdir(s->dir), 0); /* the server has removed its socket */
}

static inline void
served_turn(struct served *s)
{
	ck_assert_int_ge(event_base_loop(s->base, EVLOOP_NONBLOCK), 0);
}

/* Turns the loop while `!(condition)`. */
#define SERVED_UNTIL(s, condition)                                                         \
	do {                                                                               \
		uint64_t until_ = clock_ms(&clock_system) + SERVED_PATIENCE_MS;            \
		/* Most things take a turn or two; what takes more may take its time. */   \
		for (unsigned turns_ = 0; !(condition); turns_++) {                        \
			ck_assert_msg(clock_ms(&clock_system) < until_, "not in time: %s", \
			    #condition);                                                   \
			served_turn(s);                                                    \
			(void)poll(NULL, 0, turns_ > 20);                                  \
		}                                                                          \
	} while (0)

/* Moves the server's clock and turns the loop for long enough that it must have looked at it. */
static inline void
served_pass(struct served *s, unsigned ms)
{
	uint64_t noticed = clock_ms(&clock_system) + SERVER_TICK_MS + 10;

	s->now_us += (uint64_t)ms * 1000;
	while (clock_ms(&clock_system) < noticed) {
		served_turn(s);
		(void)poll(NULL, 0, 5);
	}
}

static inline struct http_stats
served_stats(const struct served *s)
{
	struct http_stats stats;

	http_server_stats(s->server, &stats);
	return stats;
}

/* -- clients ------------------------------------------------------------------- */

static inline int
served_connect(struct served *s)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	memcpy(address.sun_path, s->path, strlen(s->path));
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static inline int
served_connect_tcp(struct served *s)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(s->port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static inline void
served_send(int fd, const char *text, size_t len)
{
	ck_assert_int_eq(send(fd, text, len, MSG_NOSIGNAL), (ssize_t)len);
}

/* Takes what has come. 1: something; 0: nothing now; -1: the end (or a reset: *ret_reset). */
static inline int
served_receive(int fd, struct buf *in, _Bool *ret_reset)
{
	char data[65536];
	ssize_t n = recv(fd, data, sizeof(data), MSG_DONTWAIT);

	if (n > 0)
		buf_add(in, data, (size_t)n);
	*ret_reset = n == -1 && errno == ECONNRESET;
	return n > 0 ? 1 : n == 0 || *ret_reset ? -1 : 0;
}

/* Turns the loop until the server ends the connection. False: it was reset. */
static inline _Bool
served_read_end(struct served *s, int fd, struct buf *in)
{
	_Bool reset;
	int rc;

	SERVED_UNTIL(s, (rc = served_receive(fd, in, &reset)) < 0);
	return !reset;
}

/* Turns the loop until `in` holds `text`. */
static inline void
served_read_until(struct served *s, int fd, struct buf *in, const char *text)
{
	_Bool reset;

	SERVED_UNTIL(s,
	    (served_receive(fd, in, &reset), memmem(in->data, in->len, text, strlen(text))));
}

/* One request on a connection of its own, `Connection: close` included by the caller. */
static inline void
served_ask(struct served *s, const char *request, struct buf *in)
{
	int fd = served_connect(s);

	buf_clear(in);
	served_send(fd, request, strlen(request));
	ck_assert(served_read_end(s, fd, in));
	(void)close(fd);
}

static inline size_t
served_count(const char *text, const char *part)
{
	size_t count = 0;

	for (; (text = strstr(text, part)) != NULL; text += strlen(part))
		count++;
	return count;
}

/* What follows the head. */
static inline const char *
served_body(const struct buf *in)
{
	const char *end = memmem(in->data, in->len, "\r\n\r\n", 4);

	ck_assert_ptr_nonnull(end);
	return end + 4;
}

/* The value of a header of a reply, in memory that lasts until the next call. */
static inline const char *
served_header(const struct buf *in, const char *name)
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

#define SERVED_BUF BUF_INIT(64u << 20)
#define assert_has(b, text) \
	ck_assert_msg(strstr((b).data, (text)) != NULL, "no \"%s\" in:\n%s", (text), (b).data)
#define assert_lacks(b, text) \
	ck_assert_msg(strstr((b).data, (text)) == NULL, "\"%s\" in:\n%s", (text), (b).data)

#endif
