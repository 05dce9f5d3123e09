#include "bench/lib/bare.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/list.h"
#include "bench/lib/child.h"
#include "bench/lib/net.h"

#define RING  (4u << 20)
#define CHUNK (64u << 10)

static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Type: video/mp2t\r\n"
			    "Connection: close\r\n\r\n";

struct taker {
	TAILQ_ENTRY(taker) link;
	int fd;
	uint64_t pos;
	_Bool full; /* waits for EPOLLOUT */
	_Bool gone;
};
TAILQ_HEAD(takers, taker);

struct bare {
	const struct bare_options *o;
	int ep, ring_fd, upstream;
	uint8_t *ring;
	uint64_t head;
	struct takers takers;
};

static void
bare_watch(const struct bare *b, int op, int fd, uint32_t events, void *ptr)
{
	struct epoll_event ev = { events, { .ptr = ptr } };

	if (epoll_ctl(b->ep, op, fd, &ev) == -1)
		bench_die("bare loop: %s", strerror(errno));
}

/* At most a chunk from pos on. -1 with errno EAGAIN: the socket is full. */
static ssize_t
bare_send(const struct bare *b, struct taker *t, size_t len)
{
	size_t at = t->pos % RING;
	off_t off = (off_t)at;
	ssize_t n;

	if (len > CHUNK)
		len = CHUNK;
	if (len > RING - at)
		len = RING - at;
	if (b->o->kind == BARE_INPLACE || b->o->kind == BARE_SENDFILE)
		n = sendfile(t->fd, b->ring_fd, &off, len);
	else
		n = send(t->fd, b->ring + at, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n > 0)
		t->pos += (uint64_t)n;
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		t->gone = 1;
	return n;
}

/* All that a viewer of the relay has not had yet. */
static void
bare_flush(const struct bare *b, struct taker *t)
{
	_Bool full = 0;

	if (b->head - t->pos > RING)
		t->gone = 1;
	while (!t->gone && !full && t->pos < b->head)
		full = bare_send(b, t, b->head - t->pos) < 0;
	if (t->gone || full == t->full)
		return;
	t->full = full;
	bare_watch(b, EPOLL_CTL_MOD, t->fd, full ? EPOLLOUT : 0, t);
}

static void
bare_open_upstream(struct bare *b)
{
	int lowat = CHUNK;
	char c;

	b->upstream = net_get(b->o->origin_host, b->o->origin_port, b->o->origin_path);
	if (b->upstream == -1)
		bench_die("bare loop: upstream: %s", strerror(errno));
	/* The reply's head, a byte at a time; it comes once. */
	for (int line = 0; line < 2;) {
		if (recv(b->upstream, &c, 1, 0) != 1)
			bench_die("bare loop: the upstream has no reply");
		line = c == '\n' ? line + 1 : c == '\r' ? line : 0;
	}
	(void)setsockopt(b->upstream, SOL_SOCKET, SO_RCVLOWAT, &lowat, sizeof(lowat));
	net_nonblock(b->upstream);
	bare_watch(b, EPOLL_CTL_ADD, b->upstream, EPOLLIN, &b->upstream);
}

static void
bare_accept(struct bare *b)
{
	struct taker *t = bench_alloc(sizeof(struct taker));
	char request[2048];

	t->fd = accept(b->o->listener, NULL, NULL);
	if (t->fd == -1 || recv(t->fd, request, sizeof(request), 0) <= 0 ||
	    send(t->fd, reply, sizeof(reply) - 1, MSG_NOSIGNAL) < 0)
		bench_die("bare loop: %s", strerror(errno));
	net_nonblock(t->fd);
	t->pos = b->head > RING ? b->head : 0;
	TAILQ_INSERT_TAIL(&b->takers, t, link);
	if (b->o->kind == BARE_SEND || b->o->kind == BARE_SENDFILE) {
		bare_watch(b, EPOLL_CTL_ADD, t->fd, EPOLLOUT, t);
		return;
	}
	bare_watch(b, EPOLL_CTL_ADD, t->fd, 0, t);
	if (b->upstream == -1)
		bare_open_upstream(b);
}

static void
bare_ingest(struct bare *b)
{
	size_t at = b->head % RING, room = RING - at;
	struct taker *t;
	ssize_t n = recv(b->upstream, b->ring + at, room < CHUNK ? room : CHUNK, 0);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		bench_die("bare loop: the upstream ended");
	if (n < 0)
		return;
	b->head += (uint64_t)n;
	TAILQ_FOREACH(t, &b->takers, link) {
		if (!t->full || b->head - t->pos > RING)
			bare_flush(b, t);
	}
}

static void
bare_turn(struct bare *b)
{
	struct epoll_event ev[64];
	struct taker *t, *next;
	int n = epoll_wait(b->ep, ev, ARRAY_LEN(ev), -1);

	for (int i = 0; i < n; i++) {
		t = ev[i].data.ptr;
		if (ev[i].data.ptr == b)
			bare_accept(b);
		else if (ev[i].data.ptr == &b->upstream)
			bare_ingest(b);
		else if (ev[i].events & (EPOLLERR | EPOLLHUP))
			t->gone = 1;
		else if (b->upstream == -1)
			(void)bare_send(b, t, CHUNK);
		else
			bare_flush(b, t);
	}
	TAILQ_FOREACH_SAFE(t, &b->takers, link, next) {
		if (!t->gone)
			continue;
		TAILQ_REMOVE(&b->takers, t, link);
		(void)close(t->fd);
		free(t);
	}
}

_Noreturn void
bare_run(const struct bare_options *options)
{
	struct bare b = { .o = options, .upstream = -1 };

	TAILQ_INIT(&b.takers);
	b.ep = epoll_create1(EPOLL_CLOEXEC);
	b.ring_fd = memfd_create("ring", MFD_CLOEXEC);
	if (b.ep == -1 || b.ring_fd == -1 || ftruncate(b.ring_fd, RING) == -1)
		bench_die("bare loop: %s", strerror(errno));
	b.ring = mmap(NULL, RING, PROT_READ | PROT_WRITE, MAP_SHARED, b.ring_fd, 0);
	if (b.ring == MAP_FAILED)
		bench_die("bare loop: %s", strerror(errno));
	memset(b.ring, 0x47, RING);
	bare_watch(&b, EPOLL_CTL_ADD, options->listener, EPOLLIN, &b);
	for (;;)
		bare_turn(&b);
}
