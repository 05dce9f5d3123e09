#include "bench/lib/origin.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/list.h"
#include "bench/lib/child.h"
#include "bench/lib/net.h"

#define PACED_WRITE 1448 /* the payload of an Ethernet frame with TCP timestamps */
#define BULK_WRITE  65536
#define REQUEST_MAX 2048

static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Type: video/mp2t\r\n"
			    "Connection: close\r\n\r\n";

enum conn_state { CONN_REQUEST, CONN_DELAY, CONN_STREAM, CONN_DEAD };

struct conn {
	TAILQ_ENTRY(conn) link;
	int fd;
	enum conn_state state;
	struct origin_stream stream;
	uint64_t start_ns, seq, sent, rate;
	uint8_t *out; /* made, not sent yet */
	size_t pos, len, write_size;
	char request[REQUEST_MAX];
	size_t request_len;
};
TAILQ_HEAD(conns, conn);

struct server {
	int ep, listener, tick;
	struct conns conns;
	struct origin_stats *stats;
};

void
origin_path(char out[ORIGIN_PATH_MAX], const struct origin_stream *s, unsigned channel)
{
	(void)snprintf(out, ORIGIN_PATH_MAX, "/ts/%u/%u/%u/%u/%u/%u/%u/%u", (unsigned)s->ts.codec,
	    s->ts.rai, s->ts.frame_packets, s->ts.gop, s->bulk, s->phase_ms, s->delay_ms, channel);
}

static _Bool
origin_parse(const char *request, struct origin_stream *s)
{
	unsigned codec, rai, packets, gop, bulk, phase, delay;

	if (sscanf(request, "GET /ts/%u/%u/%u/%u/%u/%u/%u/", &codec, &rai, &packets, &gop, &bulk,
		&phase, &delay) != 7)
		return 0;
	if (codec >= TS_CODECS || packets < TS_FRAME_MIN || gop == 0)
		return 0;
	*s = (struct origin_stream){ { (enum ts_codec)codec, rai != 0, packets, gop }, bulk != 0,
		phase, delay };
	return 1;
}

/* Packets into the buffer until it holds `want` bytes. */
static void
conn_fill(struct conn *c, size_t want, uint64_t now)
{
	if (c->len - c->pos >= want)
		return;
	memmove(c->out, c->out + c->pos, c->len - c->pos);
	c->len -= c->pos;
	c->pos = 0;
	for (; c->len < want; c->len += TS_PACKET)
		ts_make(&c->stream.ts, c->seq++, now, c->out + c->len);
}

/* Sends at most `size` bytes. False: the socket is full or gone. */
static _Bool
conn_send(struct server *s, struct conn *c, size_t size, uint64_t now)
{
	ssize_t n;

	conn_fill(c, size, now);
	n = send(c->fd, c->out + c->pos, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			c->state = CONN_DEAD;
		return 0;
	}
	c->pos += (size_t)n;
	c->sent += (size_t)n;
	s->stats->bytes += (size_t)n;
	return (size_t)n == size;
}

static void
conn_begin(struct conn *c)
{
	unsigned phase = c->stream.phase_ms * TS_FPS / 1000 % c->stream.ts.gop;

	c->rate = ts_stream_rate(&c->stream.ts);
	c->seq = (uint64_t)((c->stream.ts.gop - phase) % c->stream.ts.gop) *
	    c->stream.ts.frame_packets;
	c->write_size = c->stream.bulk ? BULK_WRITE : PACED_WRITE;
	c->out = bench_alloc(c->write_size + TS_PACKET);
	if (send(c->fd, reply, sizeof(reply) - 1, MSG_NOSIGNAL) != sizeof(reply) - 1) {
		c->state = CONN_DEAD;
		return;
	}
	c->state = CONN_STREAM;
}

static void
conn_tick(struct server *s, struct conn *c, uint64_t now)
{
	if (c->state == CONN_DELAY && now >= c->start_ns)
		conn_begin(c);
	if (c->state != CONN_STREAM)
		return;
	while (c->sent + c->write_size <= (now - c->start_ns) / 1000 * c->rate / 1000000) {
		if (!conn_send(s, c, c->write_size, now))
			return;
	}
}

static void
conn_read(struct conn *c)
{
	char *at = c->request + c->request_len;
	ssize_t n = recv(c->fd, at, REQUEST_MAX - 1 - c->request_len, MSG_DONTWAIT);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
		c->state = CONN_DEAD;
		return;
	}
	if (n < 0 || c->state != CONN_REQUEST)
		return;
	c->request_len += (size_t)n;
	c->request[c->request_len] = '\0';
	if (strstr(c->request, "\r\n\r\n") == NULL)
		return;
	if (!origin_parse(c->request, &c->stream)) {
		c->state = CONN_DEAD;
		return;
	}
	c->start_ns = bench_now_ns() + (uint64_t)c->stream.delay_ms * 1000000;
	c->state = CONN_DELAY;
}

static void
server_accept(struct server *s)
{
	int fd;

	while ((fd = accept(s->listener, NULL, NULL)) != -1) {
		struct conn *c = bench_alloc(sizeof(struct conn));
		struct epoll_event ev = { EPOLLIN, { .ptr = c } };
		int on = 1;

		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		if (epoll_ctl(s->ep, EPOLL_CTL_ADD, fd, &ev) == -1)
			bench_die("origin: %s", strerror(errno));
		c->fd = fd;
		TAILQ_INSERT_TAIL(&s->conns, c, link);
		s->stats->accepted++;
	}
}

static void
server_event(struct server *s, const struct epoll_event *ev)
{
	struct conn *c = ev->data.ptr;
	uint64_t ticks;

	if (c == NULL) {
		server_accept(s);
		/* Draining the timer rearms it; how many ticks were missed does not matter. */
		(void)!read(s->tick, &ticks, sizeof(ticks));
		return;
	}
	if (ev->events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		conn_read(c);
}

static void
server_turn(struct server *s)
{
	struct epoll_event ev[64];
	struct conn *c, *next;
	uint64_t now;
	int n = epoll_wait(s->ep, ev, ARRAY_LEN(ev), -1);

	for (int i = 0; i < n; i++)
		server_event(s, &ev[i]);
	now = bench_now_ns();
	TAILQ_FOREACH_SAFE(c, &s->conns, link, next) {
		conn_tick(s, c, now);
		if (c->state != CONN_DEAD)
			continue;
		TAILQ_REMOVE(&s->conns, c, link);
		(void)close(c->fd);
		free(c->out);
		free(c);
	}
}

static _Noreturn void
server_run(int listener, struct origin_stats *stats)
{
	struct server s = { .listener = listener, .stats = stats };
	struct epoll_event ev = { EPOLLIN, { .ptr = NULL } };
	struct itimerspec every = { { 0, 1000000 }, { 0, 1000000 } };

	TAILQ_INIT(&s.conns);
	net_nonblock(listener);
	s.ep = epoll_create1(EPOLL_CLOEXEC);
	s.tick = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (s.ep == -1 || s.tick == -1 || timerfd_settime(s.tick, 0, &every, NULL) == -1 ||
	    epoll_ctl(s.ep, EPOLL_CTL_ADD, listener, &ev) == -1 ||
	    epoll_ctl(s.ep, EPOLL_CTL_ADD, s.tick, &ev) == -1)
		bench_die("origin: %s", strerror(errno));
	for (;;)
		server_turn(&s);
}

void
origin_start(struct origin *o, const struct place *place, const char *host)
{
	int ready[2], listener;

	o->host = host;
	o->stats = bench_share(sizeof(*o->stats));
	if (pipe(ready) == -1)
		bench_die("pipe: %s", strerror(errno));
	o->pid = child_fork(place);
	if (o->pid == 0) {
		o->port = 0;
		net_many_fds();
		listener = net_listen(host, &o->port);
		if (write(ready[1], &o->port, sizeof(o->port)) != sizeof(o->port))
			_exit(2);
		server_run(listener, o->stats);
	}
	(void)close(ready[1]);
	if (read(ready[0], &o->port, sizeof(o->port)) != sizeof(o->port))
		bench_die("the origin did not start");
	(void)close(ready[0]);
}

void
origin_stop(struct origin *o)
{
	child_stop(o->pid);
	o->pid = 0;
}
