/*
 * A provider in the test's own event loop: an HTTP server on loopback that does
 * what the test says with each request, right or wrong, and counts connections.
 */
#ifndef TESTS_PROVIDER_H
#define TESTS_PROVIDER_H

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/list.h"

struct provider_conn {
	TAILQ_ENTRY(provider_conn) link;
	struct provider *provider;
	struct event *ev;
	int fd;
	char head[4096];
	size_t len;
	_Bool asked;
	char path[256];
};

struct provider {
	struct event_base *base;
	struct event *ev;
	int fd;
	unsigned port;
	unsigned requests;                               /* heads that came whole */
	unsigned open;                                   /* connections now */
	unsigned peak;                                   /* at most at a time */
	TAILQ_HEAD(provider_conns, provider_conn) conns; /* oldest first */
	/* A request has come: conn->path, conn->head. May send and close. */
	void (*serve)(struct provider_conn *conn);
};

/* reset: by RST, as if the machine were gone. */
static inline void
provider_close(struct provider_conn *conn, _Bool reset)
{
	const struct linger now = { 1, 0 };

	if (reset)
		setsockopt(conn->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	event_free(conn->ev);
	close(conn->fd);
	TAILQ_REMOVE(&conn->provider->conns, conn, link);
	conn->provider->open--;
	free(conn);
}

static inline void
provider_send(struct provider_conn *conn, const void *data, size_t len)
{
	ssize_t n = send(conn->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);

	/* What a test sends at once fits into the sockets' buffers; who asked may have left. */
	ck_assert(n == (ssize_t)len || (n == -1 && (errno == EPIPE || errno == ECONNRESET)));
}

static inline void
provider_say(struct provider_conn *conn, const char *text)
{
	provider_send(conn, text, strlen(text));
}

static inline void
provider_on_data(evutil_socket_t fd, short what, void *arg)
{
	struct provider_conn *conn = arg;
	ssize_t n = recv(fd, conn->head + conn->len, sizeof(conn->head) - 1 - conn->len, 0);

	(void)what;
	if (n <= 0) {
		provider_close(conn, 0);
		return;
	}
	conn->len += (size_t)n;
	conn->head[conn->len] = '\0';
	if (conn->asked || strstr(conn->head, "\r\n\r\n") == NULL)
		return;
	conn->asked = 1;
	conn->provider->requests++;
	ck_assert_int_eq(sscanf(conn->head, "GET %255s", conn->path), 1);
	if (conn->provider->serve != NULL)
		conn->provider->serve(conn);
}

static inline void
provider_on_connection(evutil_socket_t fd, short what, void *arg)
{
	struct provider *p = arg;
	struct provider_conn *conn = calloc(1, sizeof(*conn));
	const int size = 1 << 20;

	(void)what;
	conn->provider = p;
	conn->fd = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (conn->fd == -1) { /* it has left again */
		free(conn);
		return;
	}
	setsockopt(conn->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	conn->ev = event_new(p->base, conn->fd, EV_READ | EV_PERSIST, provider_on_data, conn);
	event_add(conn->ev, NULL);
	TAILQ_INSERT_TAIL(&p->conns, conn, link);
	if (++p->open > p->peak)
		p->peak = p->open;
}

static inline void
provider_begin(struct provider *p, struct event_base *loop, void (*serve)(struct provider_conn *))
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(addr);

	*p = (struct provider){ .base = loop, .serve = serve };
	TAILQ_INIT(&p->conns);
	p->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(p->fd, (struct sockaddr *)&addr, len), 0);
	ck_assert_int_eq(listen(p->fd, 128), 0);
	ck_assert_int_eq(getsockname(p->fd, (struct sockaddr *)&addr, &len), 0);
	p->port = ntohs(addr.sin_port);
	p->ev = event_new(loop, p->fd, EV_READ | EV_PERSIST, provider_on_connection, p);
	event_add(p->ev, NULL);
}

static inline void
provider_end(struct provider *p)
{
	while (!TAILQ_EMPTY(&p->conns))
		provider_close(TAILQ_FIRST(&p->conns), 0);
	event_free(p->ev);
	close(p->fd);
}

static inline struct provider_conn *
provider_newest(const struct provider *p)
{
	return TAILQ_LAST(&p->conns, provider_conns);
}

#endif
