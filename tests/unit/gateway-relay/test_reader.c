#include "gateway/relay/reader.h"

#include <event2/event.h>
#include <linux/filter.h>
#include <netinet/tcp.h>
#include <poll.h>

#include "base/clock.h"
#include "base/err.h"
#include "gateway/relay/relay.h"
#include "gateway/relay/window.h"
#include "stream.h"
#include "tcp.h"
#include "unit.h"

#define SILENT_MS 250

static struct event_base *base;
static struct window w;
static struct relay_stats counters;
static struct reader_group group;
static int fds[2]; /* the reader's end, and its peer's */

static void
on_changed(void *arg)
{
	(void)arg;
}

/* One reader at the beginning of a window without a byte. */
static struct relay_reader *
begin(void)
{
	const struct relay_reader_options options = { .peer = "10.0.0.7" };
	const int user_timeout = 20000;
	struct err err = ERR_INIT;

	base = event_base_new();
	ck_assert_int_eq(window_init(&w, 6 * WINDOW_SEGMENT, 60000, &err), 0);
	group = (struct reader_group){ .base = base,
		.clock = &clock_system,
		.window = &w,
		.stats = &counters,
		.late_ms = 600000,
		.silent_ms = SILENT_MS,
		.changed = on_changed };
	reader_group_init(&group);
	tcp_pair(fds);
	ck_assert_int_eq(
	    setsockopt(fds[0], IPPROTO_TCP, TCP_USER_TIMEOUT, &user_timeout, sizeof(user_timeout)),
	    0);
	ck_assert_int_eq(reader_join(&group, fds[0], &options, 0, NULL, 0, &err), 0);
	return TAILQ_FIRST(&group.list);
}

static void
finish(void)
{
	reader_end_all(&group);
	ck_assert_uint_eq(reader_reap(&group), 1);
	window_release(&w);
	event_base_free(base);
	close(fds[1]);
}

static void
append(size_t packets)
{
	struct stream s = { 0 };

	for (size_t i = 0; i < packets; i++)
		stream_filler(&s, STREAM_VIDEO);
	ck_assert_int_eq(window_append(&w, s.data, s.len, 1, NULL), 0);
	ck_assert_int_eq(window_flush(&w, NULL), 0);
	stream_release(&s);
}

static void
turn(void)
{
	event_base_loop(base, EVLOOP_NONBLOCK);
	reader_check(&group);
	poll(NULL, 0, 1);
}

/* The window goes on until the reader's socket is full. */
static void
fill(struct relay_reader *r)
{
	while (!r->waiting || r->position == w.head) {
		append(100);
		reader_pump(&group);
		turn();
	}
}

/* From now on the peer's kernel hears nothing, and so answers nothing. */
static void
vanish(void)
{
	struct sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = { 1, &drop };

	ck_assert_int_eq(
	    setsockopt(fds[1], SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)), 0);
}

static unsigned
last_ack_ms(void)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	ck_assert_int_eq(getsockopt(fds[0], IPPROTO_TCP, TCP_INFO, &info, &len), 0);
	return info.tcpi_last_ack_recv;
}

/* A listener's TCP_USER_TIMEOUT would end a player on pause before late_ms does. */
START_TEST(how_long_a_reader_may_take_nothing_is_not_for_the_kernel_to_say)
{
	int user_timeout = -1;
	socklen_t len = sizeof(user_timeout);

	begin();
	ck_assert_int_eq(getsockopt(fds[0], IPPROTO_TCP, TCP_USER_TIMEOUT, &user_timeout, &len), 0);
	ck_assert_int_eq(user_timeout, 0);
	finish();
}
END_TEST

/* The kernel asks it ever more rarely whether it takes bytes again. */
START_TEST(a_player_on_pause_is_not_taken_for_dead)
{
	struct relay_reader *r = begin();

	fill(r);
	do {
		turn();
		ck_assert(!r->dead);
	} while (last_ack_ms() < 3 * SILENT_MS);
	finish();
}
END_TEST

START_TEST(a_peer_that_vanished_is_noticed_while_bytes_wait)
{
	struct relay_reader *r = begin();

	fill(r);
	vanish();
	while (!r->dead)
		turn();
	ck_assert_uint_ge(clock_ms(&clock_system) - r->blocked_ms, SILENT_MS);
	finish();
}
END_TEST

START_TEST(a_peer_that_vanished_is_noticed_when_the_stream_stands_still)
{
	struct relay_reader *r = begin();

	vanish();
	append(10);
	reader_pump(&group);
	ck_assert_uint_eq(r->position, w.head);
	while (!r->dead)
		turn();
	finish();
}
END_TEST

UNIT_MAIN("reader", UNIT_TEST(how_long_a_reader_may_take_nothing_is_not_for_the_kernel_to_say),
    UNIT_TEST(a_player_on_pause_is_not_taken_for_dead),
    UNIT_TEST(a_peer_that_vanished_is_noticed_while_bytes_wait),
    UNIT_TEST(a_peer_that_vanished_is_noticed_when_the_stream_stands_still))
