/*
 * A relay with everything around it: a clock that the test moves, pipe upstreams
 * that it writes to, viewers behind socketpairs, and leave to wait for what should
 * happen, but not for long.
 */
#ifndef TESTS_FIXTURE_H
#define TESTS_FIXTURE_H

#include <curl/curl.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/multi.h"
#include "gateway/relay/ledger.h"
#include "gateway/relay/relay.h"
#include "gateway/relay/scan.h"
#include "stream.h"
#include "unit.h"

static struct event_base *base;
static struct multi *multi;
static struct relay *relay;
static uint64_t now_us;

static inline uint64_t
test_mono_us(void *arg)
{
	(void)arg;
	return now_us;
}

static const struct clock test_clock = { test_mono_us, NULL, NULL };

static inline void
pass_ms(uint64_t ms)
{
	now_us += ms * 1000;
}

static const struct relay_settings test_settings = {
	.window_bytes = 4 << 20,
	.window_ms = 60000,
	.join_behind_ms = 5000,
	.linger_ms = 20000,
	.connect_ms = 8000,
	.stall_ms = 3000,
	.late_ms = 30000,
	.rap_wait_ms = 1500,
	.sendfile_from = 0,
	.channels_max = 16,
	.readers_max = 1000,
};

/* -- pipe upstreams: "pipe:N" ------------------------------------------------------ */

#define PIPES 16
static struct {
	int fd; /* the test writes here; -1: not started, or ended */
	unsigned started, stopped;
} pipes[PIPES];

static inline int
pipe_ops_start(void *arg, const char *url, int *ret_fd, void **ret_handle, struct err *err)
{
	unsigned n = (unsigned)strtoul(strchr(url, ':') + 1, NULL, 10);
	int fds[2];

	(void)arg;
	if (strncmp(url, "pipe:", 5) != 0)
		return err_set(err, EPROTONOSUPPORT, "no such worker");
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	ck_assert_int_eq(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
	if (pipes[n].fd != -1)
		close(pipes[n].fd);
	pipes[n].fd = fds[1];
	pipes[n].started++;
	*ret_fd = fds[0];
	*ret_handle = &pipes[n];
	return 0;
}

static inline void
pipe_ops_stop(void *arg, void *handle)
{
	unsigned n = 0;

	(void)arg;
	while (handle != &pipes[n])
		n++;
	pipes[n].stopped++;
}

static const struct relay_pipe_ops pipe_ops = { pipe_ops_start, pipe_ops_stop, NULL };

static inline void
pipe_end(unsigned n)
{
	close(pipes[n].fd);
	pipes[n].fd = -1;
}

/* -- set up, take down --------------------------------------------------------------- */

static inline void
begin_with(const struct relay_settings *settings)
{
	struct err err = ERR_INIT;

	log_set_level(getenv("VERBOSE") != NULL ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	now_us = 1000 * 1000000ull;
	for (int i = 0; i < PIPES; i++)
		pipes[i].fd = -1;
	base = event_base_new();
	multi = multi_new(base, &err);
	relay = relay_new(base, multi, settings, &pipe_ops, &test_clock, &err);
	ck_assert_msg(relay != NULL, "%s", err.text);
}

static inline void
begin(void)
{
	begin_with(&test_settings);
}

/* -- viewers ---------------------------------------------------------------------------- */

struct viewer {
	struct relay_join *join;
	_Bool told; /* ready was called */
	int rc;     /* with this */
	struct err err;
	_Bool hold; /* ready does not attach */
	uint64_t duration_ms;
	_Bool closed; /* the relay said so */
	int fd;       /* the viewer's end; -1: none */
	int buffer;   /* bytes that the sockets may hold; 0: the default */
	_Bool slow;   /* it takes nothing by itself */
	_Bool eof;
	struct stream got;
	struct viewer *next;
};
#define HEAD "HTTP/1.1 200 OK\r\n\r\n"

#define VIEWERS 64
static struct viewer *viewers[VIEWERS]; /* who is there */
static struct viewer *viewers_all;      /* until finish(): the relay may still tell them things */

static inline void
viewer_on_closed(void *arg)
{
	struct viewer *v = arg;

	ck_assert(!v->closed);
	v->closed = 1;
}

static inline void
viewer_attach(struct viewer *v)
{
	const struct relay_reader_options options = {
		.peer = "10.0.0.7",
		.agent = "unit",
		.duration_ms = v->duration_ms,
		.head = HEAD,
		.head_len = sizeof(HEAD) - 1,
		.closed = viewer_on_closed,
		.arg = v,
	};
	struct relay_join *join = v->join;
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	if (v->buffer > 0)
		setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &v->buffer, sizeof(v->buffer));
	v->fd = fds[1];
	v->join = NULL;
	ck_assert_int_eq(relay_attach(join, fds[0], &options, &v->err), 0);
}

static inline void
viewer_on_ready(void *arg, int rc, const struct err *err)
{
	struct viewer *v = arg;

	ck_assert(!v->told);
	v->told = 1;
	v->rc = rc;
	if (rc < 0) {
		v->join = NULL;
		v->err = *err;
		ck_assert_int_eq(err->code, rc);
	} else if (!v->hold) {
		viewer_attach(v);
	}
}

/* A viewer that has asked for a channel with these sources. */
static inline struct viewer *
view_sources(uint64_t id, const struct relay_source *sources, size_t count)
{
	const struct relay_channel channel = { id, "7", "Seven", sources, count };
	struct viewer *v = calloc(1, sizeof(*v));
	size_t place = 0;

	while (viewers[place] != NULL)
		place++;
	ck_assert_uint_lt(place, VIEWERS);
	viewers[place] = v;
	v->next = viewers_all;
	viewers_all = v;
	v->fd = -1;
	v->join = relay_join(relay, &channel, viewer_on_ready, v, &v->err);
	ck_assert(!v->told);
	return v;
}

static inline struct viewer *
view_pipe(unsigned n)
{
	char url[16];
	const struct relay_source source = { .url = url, .label = "worker" };

	snprintf(url, sizeof(url), "pipe:%u", n);
	return view_sources(n, &source, 1);
}

static inline void
viewer_take(struct viewer *v)
{
	ssize_t n;

	while (v->fd != -1 && !v->eof) {
		uint8_t *room = stream_room(&v->got, 65536);

		n = read(v->fd, room, 65536);
		v->got.len -= 65536 - (n > 0 ? (size_t)n : 0);
		v->eof = n == 0;
		if (n <= 0)
			break;
	}
}

/* Leaves, whatever it was doing. */
static inline void
viewer_leave(struct viewer *v)
{
	for (size_t i = 0; i < VIEWERS; i++) {
		if (viewers[i] == v)
			viewers[i] = NULL;
	}
	if (v->join != NULL)
		relay_cancel(v->join);
	if (v->fd != -1)
		close(v->fd);
	stream_release(&v->got);
	v->fd = -1;
	v->join = NULL;
}

static inline void
finish(void)
{
	relay_free(relay);
	multi_free(multi);
	for (int i = 0; i < PIPES; i++) {
		if (pipes[i].fd != -1)
			close(pipes[i].fd);
		ck_assert_uint_eq(pipes[i].started, pipes[i].stopped);
	}
	while (viewers_all != NULL) {
		struct viewer *v = viewers_all;

		ck_assert_int_eq(v->fd, -1);
		viewers_all = v->next;
		free(v);
	}
	event_base_free(base);
	curl_global_cleanup();
}

/* -- waiting ------------------------------------------------------------------------------ */

static inline void
turn(void)
{
	event_base_loop(base, EVLOOP_NONBLOCK);
	for (size_t i = 0; i < VIEWERS; i++) {
		if (viewers[i] != NULL && !viewers[i]->slow)
			viewer_take(viewers[i]);
	}
}

/* Turns the loop until it is so; a minute of real time is the suite's limit. */
#define UNTIL(condition)          \
	while (!(condition)) {    \
		turn();           \
		poll(NULL, 0, 1); \
	}

static inline void
pipe_write(unsigned n, const uint8_t *data, size_t len)
{
	while (len > 0) {
		ssize_t done = write(pipes[n].fd, data, len);

		if (done > 0) {
			data += done;
			len -= (size_t)done;
		} else {
			ck_assert_int_eq(errno, EAGAIN);
		}
		turn();
	}
}

static uint64_t channel_bytes_in(uint64_t id);

/* Writes a stream from `from` on, and sees it all arrive. */
static inline void
feed(unsigned n, const struct stream *s, size_t from)
{
	uint64_t before = channel_bytes_in(n);

	UNTIL(pipes[n].fd != -1);
	pipe_write(n, s->data + from, s->len - from);
	UNTIL(channel_bytes_in(n) == before + (s->len - from));
	turn();
}

/* -- looking --------------------------------------------------------------------------------- */

struct look {
	uint64_t id;
	struct relay_channel_info info;
	_Bool found;
};

static inline void
look_at(void *arg, const struct relay_channel_info *info)
{
	struct look *look = arg;

	if (info->id != look->id)
		return;
	look->info = *info;
	look->found = 1;
}

static inline _Bool
channel_info(uint64_t id, struct relay_channel_info *ret)
{
	struct look look = { .id = id };

	relay_each_channel(relay, look_at, &look);
	*ret = look.info;
	return look.found;
}

static inline uint64_t
channel_bytes_in(uint64_t id)
{
	struct relay_channel_info info;

	return channel_info(id, &info) ? info.bytes_in : 0;
}

static inline _Bool
channel_is(uint64_t id, enum relay_state state)
{
	struct relay_channel_info info;

	return channel_info(id, &info) && info.state == state;
}

static inline _Bool
channel_runs(uint64_t id)
{
	struct relay_channel_info info;

	return channel_info(id, &info);
}

static inline struct relay_stats
stats(void)
{
	struct relay_stats ret;

	relay_stats(relay, &ret);
	return ret;
}

/*
 * What a viewer got: the head, then packets; the first are PAT, PMT, and a random
 * access point of the video. Returns the continuity breaks in it all.
 */
static inline uint64_t
check_start(const struct viewer *v)
{
	const uint8_t *data = v->got.data + sizeof(HEAD) - 1;
	size_t len = v->got.len - (sizeof(HEAD) - 1);
	struct scan *s = malloc(sizeof(*s));
	uint64_t breaks;

	ck_assert_uint_ge(v->got.len, sizeof(HEAD) - 1 + 3 * TS_PACKET);
	ck_assert_int_eq(memcmp(v->got.data, HEAD, sizeof(HEAD) - 1), 0);
	scan_init(s);
	scan_run(s, data, 3 * TS_PACKET, 0, 1000);
	ck_assert_uint_eq(ts_pid(ts_header(data)), TS_PID_PAT);
	ck_assert_uint_eq(ts_pid(ts_header(data + TS_PACKET)), STREAM_PMT);
	ck_assert_uint_eq(s->raps_held, 1);
	ck_assert_uint_eq(s->raps[0].position, 2 * TS_PACKET);
	scan_run(s, data + 3 * TS_PACKET, len - len % TS_PACKET - 3 * TS_PACKET, 0, 1000);
	breaks = s->cc_errors;
	free(s);
	return breaks;
}

/* All after the join's own PAT and PMT is the source's bytes from `from` to its end. */
static inline _Bool
got_all(const struct viewer *v, const struct stream *s, size_t from)
{
	size_t own = sizeof(HEAD) - 1 + 2 * TS_PACKET;

	return v->got.len == own + s->len - from &&
	    memcmp(v->got.data + own, s->data + from, s->len - from) == 0;
}

#endif
