#include "bench/lib/sink.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/list.h"
#include "bench/lib/check.h"
#include "bench/lib/child.h"
#include "bench/lib/net.h"
#include "bench/lib/subject.h"

#define HEAD_MAX  4096
#define READ_SIZE (256u << 10)
#define TURN_MS   10 /* how soon a hold is noticed */

struct viewer {
	int fd;
	_Bool body, held;
	char head[HEAD_MAX];
	size_t head_len;
	struct check check;
	struct sink_client *shared;
};

struct viewers {
	int ep;
	unsigned count;
	_Bool checking;
	struct viewer *viewer;
	struct sink_shared *shared;
	uint8_t *buf;
};

static void
viewer_watch(const struct viewers *v, struct viewer *viewer, int op)
{
	struct epoll_event ev = { EPOLLIN, { .ptr = viewer } };

	if (epoll_ctl(v->ep, op, viewer->fd, &ev) == -1)
		bench_die("sink: %s", strerror(errno));
}

static void
viewer_close(struct viewer *viewer)
{
	(void)close(viewer->fd);
	viewer->fd = -1;
	viewer->shared->status = -1;
}

static void
viewer_publish(const struct viewers *v, struct viewer *viewer)
{
	const struct check *c = &viewer->check;
	uint64_t age, from = v->shared->measure_from, now = bench_now_ns();

	viewer->shared->packets = c->packets;
	viewer->shared->corrupt = c->corrupt;
	viewer->shared->lost = c->lost;
	viewer->shared->jumps = c->jumps;
	viewer->shared->bad_starts = c->bad_starts;
	if (from == 0 || c->last_ns < from || now < c->last_ns)
		return;
	age = (now - c->last_ns) / SINK_BUCKET_NS;
	v->shared->ages[age < SINK_BUCKETS ? age : SINK_BUCKETS - 1]++;
}

static void
viewer_take(const struct viewers *v, struct viewer *viewer, const uint8_t *data, size_t len)
{
	viewer->shared->bytes += len;
	if (!v->checking)
		return;
	/* Ages are per packet, so each packet's end is a place to look at the clock. */
	while (len > 0) {
		size_t n = TS_PACKET - viewer->check.part_len;

		if (n > len)
			n = len;
		check_feed(&viewer->check, data, n);
		viewer_publish(v, viewer);
		data += n;
		len -= n;
	}
}

/* The reply's head, and what of the body came with it. */
static void
viewer_head(const struct viewers *v, struct viewer *viewer)
{
	char *at = viewer->head + viewer->head_len, *end;
	ssize_t n = recv(viewer->fd, at, HEAD_MAX - 1 - viewer->head_len, 0);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		viewer_close(viewer);
		return;
	}
	viewer->head_len += (size_t)n;
	viewer->head[viewer->head_len] = '\0';
	end = strstr(viewer->head, "\r\n\r\n");
	if (end == NULL)
		return;
	end += 4;
	viewer->body = 1;
	viewer->shared->status = (int)strtoul(viewer->head + strcspn(viewer->head, " "), NULL, 10);
	viewer_take(v, viewer, (const uint8_t *)end,
	    (size_t)(viewer->head + viewer->head_len - end));
}

static void
viewer_read(const struct viewers *v, struct viewer *viewer)
{
	ssize_t n;

	if (!viewer->body) {
		viewer_head(v, viewer);
		return;
	}
	n = recv(viewer->fd, v->buf, READ_SIZE, v->checking ? 0 : MSG_TRUNC);
	if (n > 0)
		viewer_take(v, viewer, v->buf, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		viewer_close(viewer);
}

static void
viewers_holds(const struct viewers *v)
{
	for (unsigned i = 0; i < v->count; i++) {
		struct viewer *viewer = &v->viewer[i];
		_Bool hold = viewer->shared->hold != 0;

		if (viewer->fd == -1 || hold == viewer->held)
			continue;
		viewer->held = hold;
		viewer_watch(v, viewer, hold ? EPOLL_CTL_DEL : EPOLL_CTL_ADD);
	}
}

static _Noreturn void
viewers_run(struct viewers *v, const struct subject *subject, const char *path,
    const struct ts_stream *stream)
{
	struct epoll_event ev[64];

	v->ep = epoll_create1(EPOLL_CLOEXEC);
	v->viewer = bench_alloc(v->count * sizeof(*v->viewer));
	v->buf = bench_alloc(READ_SIZE);
	if (v->ep == -1)
		bench_die("sink: %s", strerror(errno));
	for (unsigned i = 0; i < v->count; i++) {
		struct viewer *viewer = &v->viewer[i];

		viewer->shared = &v->shared->client[i];
		check_init(&viewer->check, stream);
		viewer->fd = net_get(subject->host, subject->port, path);
		if (viewer->fd == -1)
			bench_die("client %u of %s: %s", i, subject->name, strerror(errno));
		net_nonblock(viewer->fd);
		viewer_watch(v, viewer, EPOLL_CTL_ADD);
	}
	for (;;) {
		int n = epoll_wait(v->ep, ev, ARRAY_LEN(ev), TURN_MS);

		for (int i = 0; i < n; i++)
			viewer_read(v, ev[i].data.ptr);
		viewers_holds(v);
	}
}

void
sink_start(struct sink *s, const struct place *place, const struct subject *subject,
    const char *path, unsigned count, const struct ts_stream *stream)
{
	struct viewers v = { .count = count, .checking = stream != NULL };

	s->count = count;
	s->shared = bench_share(sizeof(*s->shared) + count * sizeof(s->shared->client[0]));
	v.shared = s->shared;
	s->pid = child_fork(place);
	if (s->pid == 0) {
		net_many_fds();
		viewers_run(&v, subject, path, stream);
	}
}

void
sink_stop(struct sink *s)
{
	child_stop(s->pid);
	s->pid = 0;
}

_Bool
sink_wait(const struct sink *s, uint64_t bytes, unsigned timeout_ms)
{
	for (unsigned ms = 0; ms <= timeout_ms; ms += 10) {
		unsigned there = 0;

		for (unsigned i = 0; i < s->count; i++)
			there += s->shared->client[i].bytes >= bytes;
		if (there == s->count)
			return 1;
		if (!child_alive(s->pid))
			return 0;
		bench_sleep_ms(10);
	}
	return 0;
}

uint64_t
sink_bytes(const struct sink *s)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < s->count; i++)
		sum += s->shared->client[i].bytes;
	return sum;
}

void
sink_measure(struct sink *s)
{
	s->shared->measure_from = bench_now_ns();
}

double
sink_age_ms(const struct sink *s, double share)
{
	uint64_t total = 0, sum = 0;

	for (unsigned i = 0; i < SINK_BUCKETS; i++)
		total += s->shared->ages[i];
	for (unsigned i = 0; i < SINK_BUCKETS; i++) {
		sum += s->shared->ages[i];
		if (total > 0 && (double)sum >= share * (double)total)
			return (double)(i + 1) * SINK_BUCKET_NS / 1e6;
	}
	return -1;
}
