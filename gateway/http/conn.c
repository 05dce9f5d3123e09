#include "gateway/http/conn.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "gateway/http/server.h"

/* -- states ------------------------------------------------------------------ */

/* Milliseconds that a connection may be in its state; 0: for ever. */
static unsigned
state_ms(const struct http_limits *limits, enum http_conn_state state)
{
	switch (state) {
	case CONN_IDLE: return limits->idle_ms;
	case CONN_HEAD: return limits->head_ms;
	case CONN_BODY: return limits->body_ms;
	case CONN_SENDING: return limits->send_ms;
	case CONN_DRAINING: return HTTP_DRAIN_MS;
	case CONN_HELD:
	case CONN_DEAD:
	case CONN_STATES: break;
	}
	return 0;
}

/* What the loop watches for in a state. */
static short
state_wants(enum http_conn_state state)
{
	switch (state) {
	case CONN_IDLE:
	case CONN_HEAD:
	case CONN_BODY:
	case CONN_DRAINING: return EV_READ;
	/* Only to hear of a hang-up: what the peer sends meanwhile must not wake us again. */
	case CONN_HELD: return EV_READ | EV_ET;
	case CONN_SENDING: return EV_WRITE;
	case CONN_DEAD:
	case CONN_STATES: break;
	}
	return 0;
}

static _Bool
is_reading(const struct http_conn *conn)
{
	return conn->state == CONN_IDLE || conn->state == CONN_HEAD || conn->state == CONN_BODY;
}

static void
disarm(struct http_conn *conn)
{
	if (conn->armed != 0)
		(void)event_del(&conn->io);
	conn->armed = 0;
}

/* The one place that writes the state, and with it the deadline. */
static void
go(struct http_conn *conn, enum http_conn_state next)
{
	struct http_server *server = conn->server;
	unsigned ms = state_ms(&server->config.limits, next);

	TAILQ_REMOVE(&server->conns[conn->state], conn, in_state);
	TAILQ_INSERT_TAIL(&server->conns[next], conn, in_state);
	conn->state = next;
	conn->deadline = ms > 0 ? http_server_now_ms(server) + ms : UINT64_MAX;
	if (next != CONN_DEAD)
		return;
	disarm(conn);
	if (conn->fd != -1)
		(void)close(conn->fd);
	conn->fd = -1;
	LIST_REMOVE(conn, in_address);
	http_server_conn_died(server);
}

void
http_conn_cut(struct http_conn *conn)
{
	struct http_request *held = conn->state == CONN_HELD ? conn->req : NULL;

	if (conn->state == CONN_DEAD)
		return;
	go(conn, CONN_DEAD);
	if (held != NULL && held->gone != NULL)
		held->gone(held->gone_arg);
}

/* A cut that the peer cannot take for a proper end, and that leaves nothing in the kernel. */
static void
reset(struct http_conn *conn)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	(void)setsockopt(conn->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	http_conn_cut(conn);
}

static void
on_io(evutil_socket_t fd, short what, void *arg)
{
	struct http_conn *conn = arg;

	(void)fd;
	if (what & EV_TIMEOUT)
		conn->armed = 0; /* an event whose time has come is off the loop */
	http_conn_step(conn, CONN_READY);
}

/* Asks the loop for what the state waits for. */
static void
arm(struct http_conn *conn)
{
	static const struct timeval at_once = { 0, 0 };
	short want = state_wants(conn->state);
	/*
	 * Bytes that are here already wake nobody. A timeout does, in the next round of the
	 * loop; event_active() would in this one, again and again before all the others.
	 */
	_Bool here = is_reading(conn) && conn->in.len > 0;

	if (want == conn->armed && !here)
		return;
	if (want != conn->armed) {
		disarm(conn);
		(void)event_assign(&conn->io, conn->server->base, conn->fd, want | EV_PERSIST,
		    on_io, conn);
	}
	if (event_add(&conn->io, here ? &at_once : NULL) == -1)
		http_conn_cut(conn);
	else
		conn->armed = want;
}

/* -- requests ---------------------------------------------------------------- */

/* The request is whole: its handler answers it, now or later. */
static void
dispatch(struct http_conn *conn)
{
	struct http_request *req = conn->req;

	go(conn, CONN_HELD);
	req->route->handle(req, conn->server->config.arg);
	if (conn->state == CONN_HELD && !req->held)
		http_reply_text(req, 500, "This server has no answer to that.");
}

static void
begin_body(struct http_conn *conn)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	struct http_request *req = conn->req;

	http_body_init(&req->reader, &req->head, conn->server->config.limits.body_max);
	go(conn, CONN_BODY);
	/*
	 * RFC 9110 §10.1.1. The socket takes these 25 bytes, unless earlier replies fill it: a
	 * client that did not read those has no claim to be waited for.
	 */
	if (req->head.expect_continue && req->head.minor >= 1 && conn->in.len == 0 &&
	    send(conn->fd, go_on, sizeof(go_on) - 1, MSG_NOSIGNAL) != sizeof(go_on) - 1)
		http_conn_cut(conn);
}

static void
head_whole(struct http_conn *conn)
{
	if (!http_request_judge(conn->req))
		return;
	if (http_body_expected(&conn->req->head))
		begin_body(conn);
	else
		dispatch(conn);
}

/* -- taking in --------------------------------------------------------------- */

static void
receive(struct http_conn *conn)
{
	struct http_server *server = conn->server;
	ssize_t n;

	if (conn->in.len > 0)
		return; /* the rest of an earlier turn comes first */
	n = recv(conn->fd, server->scratch, sizeof(server->scratch), 0);
	if (n > 0)
		buf_add(&conn->in, server->scratch, (size_t)n);
	if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR) || buf_status(&conn->in) < 0)
		http_conn_cut(conn);
}

/* Takes what was received by one step: a request begins, or a head or body goes on. */
static void
take(struct http_conn *conn)
{
	struct http_request *req = conn->req;
	size_t used;
	int rc;

	if (req == NULL) {
		conn->req = http_request_new(conn);
		conn->requests++;
		if (conn->req == NULL)
			http_conn_cut(conn);
		else if (conn->state == CONN_IDLE)
			go(conn, CONN_HEAD);
		return;
	}
	if (conn->state == CONN_HEAD)
		rc = http_head_feed(&req->head, conn->in.data, conn->in.len, &used);
	else
		rc = http_body_feed(&req->reader, &req->body, conn->in.data, conn->in.len, &used);
	buf_drop(&conn->in, used);
	if (conn->in.len == 0)
		buf_release(&conn->in);
	if (rc < 0 && conn->state == CONN_HEAD)
		http_request_refuse(conn->req, req->head.status, req->head.reason);
	else if (rc < 0)
		http_request_refuse(conn->req, req->reader.status, req->reader.reason);
	else if (rc > 0 && conn->state == CONN_HEAD)
		head_whole(conn);
	else if (rc > 0)
		dispatch(conn);
}

/* A deadline has passed while the peer had the word. */
static void
late(struct http_conn *conn)
{
	if (conn->req == NULL)
		http_conn_cut(conn);
	else
		http_request_refuse(conn->req, 408, "The request did not come in time.");
}

/* -- sending ----------------------------------------------------------------- */

/* The reply is out: on to the next request, or politely to the end. */
static void
reply_sent(struct http_conn *conn)
{
	_Bool keep = conn->req->keep && !conn->server->stopping;

	http_request_free(conn->req);
	conn->req = NULL;
	if (keep) {
		go(conn, CONN_IDLE);
		return;
	}
	/*
	 * Closing a socket with unread bytes resets it, and a reset may overtake the
	 * reply. So the peer gets the end of ours first, and time for its own.
	 */
	buf_release(&conn->in);
	if (shutdown(conn->fd, SHUT_WR) == -1)
		http_conn_cut(conn);
	else
		go(conn, CONN_DRAINING);
}

/* False: the loop says when to go on. */
static _Bool
send_some(struct http_conn *conn)
{
	uint64_t sent;
	int rc = http_send_some(&conn->req->send, conn->fd, &sent);

	if (rc < 0) {
		reset(conn);
		return 0;
	}
	if (rc == 1)
		reply_sent(conn);
	else if (sent > 0)
		go(conn, CONN_SENDING); /* progress: a new deadline */
	return rc == 1;
}

static void
drain(struct http_conn *conn)
{
	struct http_server *server = conn->server;
	ssize_t n = recv(conn->fd, server->scratch, sizeof(server->scratch), 0);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	conn->drained += n > 0 ? (size_t)n : 0;
	if (n <= 0 || conn->drained > HTTP_DRAIN_BYTES)
		http_conn_cut(conn);
}

/* -- stepping ---------------------------------------------------------------- */

/* Has the peer of a held request left? One that only ended its half counts as gone, too. */
static void
look_for_hangup(struct http_conn *conn)
{
	struct pollfd poller = { .fd = conn->fd, .events = POLLRDHUP };

	/* Who gave no `gone` may still reply, so the request must live until then. */
	if (conn->req->gone != NULL && poll(&poller, 1, 0) == 1)
		http_conn_cut(conn);
}

/* Goes on without waiting for as long as that is possible and fair. */
static void
advance(struct http_conn *conn)
{
	unsigned last = conn->requests + HTTP_TURN_REQUESTS;

	for (;;) {
		if (conn->state == CONN_SENDING) {
			if (!send_some(conn))
				return;
		} else if (is_reading(conn) && conn->in.len > 0) {
			if (conn->req == NULL && conn->requests == last)
				return;
			take(conn);
		} else {
			return;
		}
	}
}

void
http_conn_step(struct http_conn *conn, enum http_conn_event ev)
{
	conn->stepping = 1;
	switch (conn->state) {
	case CONN_IDLE:
	case CONN_HEAD:
	case CONN_BODY:
		if (ev == CONN_LATE)
			late(conn);
		else
			receive(conn);
		break;
	case CONN_HELD: look_for_hangup(conn); break;
	case CONN_SENDING:
		if (ev == CONN_LATE)
			reset(conn);
		break;
	case CONN_DRAINING:
		if (ev == CONN_LATE)
			http_conn_cut(conn);
		else
			drain(conn);
		break;
	case CONN_DEAD:
	case CONN_STATES: break;
	}
	advance(conn);
	if (conn->state != CONN_DEAD)
		arm(conn);
	conn->stepping = 0;
}

void
http_conn_reply(struct http_request *req)
{
	struct http_conn *conn = req->conn;

	if (buf_status(&req->send.head) < 0 || buf_status(&req->headers) < 0) {
		req->gone = NULL; /* it is the caller who ends it */
		http_conn_cut(conn);
		return;
	}
	go(conn, CONN_SENDING);
	if (!conn->stepping)
		arm(conn);
}

int
http_conn_take(struct http_request *req)
{
	struct http_conn *conn = req->conn;
	int fd = conn->fd;

	disarm(conn);
	conn->fd = -1;
	go(conn, CONN_DEAD);
	return fd;
}

/* -- life -------------------------------------------------------------------- */

struct in6_addr
http_conn_address(const struct sockaddr_storage *peer)
{
	struct in6_addr address = { 0 };

	if (peer->ss_family == AF_INET6) {
		address = ((const struct sockaddr_in6 *)peer)->sin6_addr;
	} else if (peer->ss_family == AF_INET) {
		address.s6_addr[10] = address.s6_addr[11] = 0xff;
		memcpy(&address.s6_addr[12], &((const struct sockaddr_in *)peer)->sin_addr, 4);
	}
	return address;
}

int
http_conn_new(struct http_server *server, int fd, const struct sockaddr_storage *peer,
    _Bool private)
{
	struct http_conn *conn = calloc(1, sizeof(*conn));

	if (conn == NULL) {
		(void)close(fd);
		return -ENOMEM;
	}
	conn->server = server;
	conn->fd = fd;
	conn->local = peer->ss_family == AF_UNIX;
	conn->private = private;
	conn->address = http_conn_address(peer);
	buf_init(&conn->in, SERVER_RECEIVE_BYTES);
	conn->state = CONN_HEAD;
	TAILQ_INSERT_TAIL(&server->conns[CONN_HEAD], conn, in_state);
	LIST_INSERT_HEAD(http_server_bucket(server, &conn->address), conn, in_address);
	http_server_conn_added(server);
	go(conn, CONN_HEAD);
	arm(conn);
	return 0;
}

void
http_conn_free(struct http_conn *conn)
{
	assert(conn->state == CONN_DEAD);
	TAILQ_REMOVE(&conn->server->conns[CONN_DEAD], conn, in_state);
	http_request_free(conn->req);
	buf_release(&conn->in);
	free(conn);
}
