#include "gateway/relay/window.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "stream.h"
#include "tcp.h"
#include "unit.h"

#define SEGMENTS 6 /* that the window keeps */

static struct window w;
static struct stream out; /* all that was ever appended */

static void
begin(uint64_t segments, uint64_t ms)
{
	struct err err = ERR_INIT;

	ck_assert_msg(window_init(&w, segments * WINDOW_SEGMENT, ms, &err) == 0, "%s", err.text);
	memset(&out, 0, sizeof(out));
}

static void
finish(void)
{
	window_release(&w);
	stream_release(&out);
}

/* Appends `packets` more, in pieces of `step` packets. */
static void
append(size_t packets, size_t step, uint64_t now_ms)
{
	while (packets > 0) {
		size_t n = step < packets ? step : packets, from = out.len;

		for (size_t i = 0; i < n; i++)
			stream_filler(&out, STREAM_VIDEO);
		ck_assert_int_eq(window_append(&w, out.data + from, n * TS_PACKET, now_ms, NULL),
		    0);
		packets -= n;
	}
	ck_assert_int_eq(window_flush(&w, NULL), 0);
	ck_assert_uint_eq(w.head, out.len);
}

static void
check_content(void)
{
	uint8_t packet[TS_PACKET];

	for (uint64_t at = w.tail; at < w.head; at += TS_PACKET) {
		window_copy(&w, at, packet, TS_PACKET);
		ck_assert_msg(memcmp(packet, out.data + at, TS_PACKET) == 0, "at %ju",
		    (uintmax_t)at);
	}
}

/* Bytes of the memfd that have pages. */
static uint64_t
memory(void)
{
	struct stat st;

	ck_assert_int_eq(fstat(w.fd, &st), 0);
	return (uint64_t)st.st_blocks * 512;
}

START_TEST(keeps_the_newest_bytes_for_every_size_of_piece)
{
	static const size_t steps[] = { 1, 7, 87, 348, 1023, 1024, 1025, 5000 };

	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		begin(SEGMENTS, 1000000);
		for (int round = 0; round < 12; round++) {
			append(1700, steps[i], 1);
			check_content();
			ck_assert_uint_le(w.head - w.tail, SEGMENTS * WINDOW_SEGMENT);
			ck_assert_uint_eq(w.tail % WINDOW_SEGMENT, 0);
		}
		ck_assert_uint_ge(w.head - w.tail, (SEGMENTS - 1) * WINDOW_SEGMENT);
		ck_assert_uint_le(memory(), SEGMENTS * WINDOW_SEGMENT);
		finish();
	}
}
END_TEST

START_TEST(takes_memory_as_it_fills_and_gives_back_what_is_too_old)
{
	begin(40, 1000);
	ck_assert_uint_eq(memory(), 0);
	ck_assert_uint_eq(window_held(&w), 0);
	append(20 * 1024, 348, 100);
	ck_assert_uint_eq(w.tail, 0);
	ck_assert_uint_eq(window_held(&w), 20 * WINDOW_SEGMENT);
	ck_assert_uint_eq(memory(), 20 * WINDOW_SEGMENT);
	append(2 * 1024, 348, 1100); /* the first 20 began exactly window_ms ago: they stay */
	ck_assert_uint_eq(w.tail, 0);
	append(1024, 348, 1101); /* all that was complete before 100 goes; the last is not known */
	ck_assert_uint_eq(window_held(&w), 4 * WINDOW_SEGMENT);
	ck_assert_uint_eq(memory(), 4 * WINDOW_SEGMENT);
	check_content();
	append(30 * 1024, 348, 1102);
	check_content();
	finish();
}
END_TEST

static uint64_t left;

static void
on_leaving(void *arg, uint64_t tail)
{
	uint8_t packet[TS_PACKET];

	(void)arg;
	ck_assert_uint_gt(tail, w.tail);
	/* What is about to leave is still whole. */
	window_copy(&w, w.tail, packet, TS_PACKET);
	ck_assert_int_eq(memcmp(packet, out.data + w.tail, TS_PACKET), 0);
	left = tail;
}

START_TEST(says_what_leaves_before_it_leaves)
{
	begin(SEGMENTS, 1000000);
	w.leaving = on_leaving;
	left = 0;
	append(SEGMENTS * 1024, 100, 1);
	ck_assert_uint_eq(left, 0);
	append(1, 1, 1);
	ck_assert_uint_eq(left, WINDOW_SEGMENT);
	ck_assert_uint_eq(w.tail, WINDOW_SEGMENT);
	finish();
}
END_TEST

/*
 * A receiver on this machine takes nothing while the window goes round several
 * times: what its socket holds must be what was sent.
 */
static void
stalled_receiver(_Bool by_sendfile)
{
	int fds[2];
	uint64_t sent = 0, got = 0;
	uint8_t piece[65536];
	size_t offered;
	ssize_t n;

	begin(SEGMENTS, 1000000);
	tcp_pair(fds);
	append(SEGMENTS * 1024, 348, 1);
	do {
		n = by_sendfile ? window_sendfile(&w, fds[0], sent, &offered)
				: window_send(&w, fds[0], sent, &offered);
		sent += n > 0 ? (uint64_t)n : 0;
	} while (n > 0 && sent < w.head);
	ck_assert_uint_gt(sent, 0);
	append(4 * SEGMENTS * 1024, 348, 2);
	check_content();
	ck_assert_uint_le(memory(), SEGMENTS * WINDOW_SEGMENT);
	close(fds[0]);
	while ((n = read(fds[1], piece, sizeof(piece))) > 0) {
		ck_assert_msg(memcmp(piece, out.data + got, (size_t)n) == 0, "within %ju of %ju",
		    (uintmax_t)got, (uintmax_t)sent);
		got += (uint64_t)n;
	}
	ck_assert_uint_eq(got, sent);
	close(fds[1]);
	finish();
}

START_TEST(a_stalled_receiver_on_this_machine_gets_what_was_sent)
{
	stalled_receiver(_i == 1);
}
END_TEST

START_TEST(one_send_goes_across_the_end_of_a_segment)
{
	uint8_t piece[WINDOW_SEND_MAX];
	int fds[2], size = 1 << 20;
	size_t offered;

	begin(SEGMENTS, 1000000);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	ck_assert_int_eq(setsockopt(fds[0], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) == 0 ||
		setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)) == 0,
	    1);
	append(1024 + 50, 348, 1);
	ck_assert_int_eq(window_send(&w, fds[0], 1000 * TS_PACKET, &offered), 74 * TS_PACKET);
	ck_assert_uint_eq(offered, 74 * TS_PACKET);
	ck_assert_int_eq(read(fds[1], piece, sizeof(piece)), 74 * TS_PACKET);
	ck_assert_int_eq(memcmp(piece, out.data + 1000 * TS_PACKET, 74 * TS_PACKET), 0);
	close(fds[1]);
	signal(SIGPIPE, SIG_IGN);
	ck_assert_int_eq(window_send(&w, fds[0], 0, &offered), -EPIPE);
	ck_assert_int_eq(window_sendfile(&w, fds[0], 0, &offered), -EPIPE);
	close(fds[0]);
	finish();
}
END_TEST

UNIT_MAIN("window", UNIT_TEST(keeps_the_newest_bytes_for_every_size_of_piece),
    UNIT_TEST(takes_memory_as_it_fills_and_gives_back_what_is_too_old),
    UNIT_TEST(says_what_leaves_before_it_leaves),
    UNIT_ROWS(a_stalled_receiver_on_this_machine_gets_what_was_sent, 2),
    UNIT_TEST(one_send_goes_across_the_end_of_a_segment))
