#include "gateway/relay/relay.h"

#include "fixture.h"

/* A second of this stream. */
#define PACKETS 40 /* of each of 25 pictures: 1.5 Mbit/s */

static void
seconds(struct stream *s, int count)
{
	while (count-- > 0)
		stream_second(s, PACKETS);
}

/* -- starting ---------------------------------------------------------------------- */

START_TEST(a_cold_start_begins_with_the_first_start_in_the_stream)
{
	struct stream s = { 0 };
	struct viewer *v;
	size_t rap;

	begin();
	v = view_pipe(1);
	UNTIL(pipes[1].started == 1);
	ck_assert(channel_is(1, RELAY_STARTING));
	for (int i = 0; i < 200; i++) /* the end of a group of pictures */
		stream_filler(&s, STREAM_VIDEO);
	feed(1, &s, 0);
	ck_assert(!v->told);
	rap = s.len + 2 * TS_PACKET;
	seconds(&s, 1);
	feed(1, &s, 200 * TS_PACKET);
	UNTIL(v->got.len == sizeof(HEAD) - 1 + 2 * TS_PACKET + s.len - rap);
	ck_assert(channel_is(1, RELAY_STREAMING));
	ck_assert_uint_eq(check_start(v), 0);
	ck_assert(got_all(v, &s, rap));
	ck_assert_uint_eq(stats().tunes, 1);
	viewer_leave(v);
	stream_release(&s);
	finish();
}
END_TEST

START_TEST(a_cold_start_waits_no_longer_than_rap_wait)
{
	struct stream s = { 0 };
	struct viewer *v;

	begin();
	v = view_pipe(1);
	UNTIL(pipes[1].started == 1);
	for (int i = 0; i < 2000; i++)
		stream_filler(&s, STREAM_VIDEO);
	feed(1, &s, 0);
	ck_assert(!v->told);
	pass_ms(1499);
	turn();
	ck_assert(!v->told);
	pass_ms(1);
	UNTIL(v->told);
	ck_assert_int_eq(v->rc, 0);
	feed(1, &s, 0);
	UNTIL(v->got.len == sizeof(HEAD) - 1 + s.len);
	ck_assert_int_eq(memcmp(v->got.data + sizeof(HEAD) - 1, s.data, s.len), 0);
	viewer_leave(v);
	stream_release(&s);
	finish();
}
END_TEST

START_TEST(a_radio_starts_at_once)
{
	struct stream s = { 0 };
	struct viewer *v;

	begin();
	v = view_pipe(1);
	UNTIL(pipes[1].started == 1);
	stream_tables(&s, 0);
	for (int i = 0; i < 5; i++)
		stream_pes(&s, STREAM_AUDIO, 0, "audio", 5);
	feed(1, &s, 0);
	UNTIL(got_all(v, &s, 2 * TS_PACKET));
	viewer_leave(v);
	stream_release(&s);
	finish();
}
END_TEST

START_TEST(a_warm_join_starts_five_seconds_back)
{
	struct stream s = { 0 };
	struct viewer *first, *second;
	size_t second_len;

	begin();
	first = view_pipe(1);
	UNTIL(pipes[1].started == 1);
	seconds(&s, 10);
	second_len = s.len / 10;
	feed(1, &s, 0);
	second = view_pipe(1);
	UNTIL(second->got.len > 0);
	ck_assert_uint_eq(pipes[1].started, 1);
	UNTIL(got_all(second, &s, 4 * second_len + 2 * TS_PACKET));
	ck_assert_uint_eq(check_start(second), 0);
	ck_assert_uint_eq(check_start(first), 0);
	viewer_leave(first);
	viewer_leave(second);
	stream_release(&s);
	finish();
}
END_TEST

START_TEST(every_join_starts_with_tables_and_a_start)
{
	struct stream s = { 0 };
	struct viewer *v, *first;
	size_t from = 0;

	begin();
	first = view_pipe(1);
	UNTIL(pipes[1].started == 1);
	for (int i = 0; i < 40; i++) {
		stream_second(&s, 20);
		/* A quarter of a second and some, so that joins fall everywhere in it. */
		while (from + 29 * TS_PACKET < s.len && i > 1) {
			struct stream part = { .data = s.data, .len = from + 131 * TS_PACKET };

			if (part.len > s.len)
				break;
			feed(1, &part, from);
			from = part.len;
			v = view_pipe(1);
			UNTIL(v->got.len > 3 * TS_PACKET);
			ck_assert_uint_eq(check_start(v), 0);
			viewer_leave(v);
		}
	}
	ck_assert_uint_gt(stats().tunes, 100);
	viewer_leave(first);
	stream_release(&s);
	finish();
}
END_TEST

START_TEST(a_join_after_new_tables_waits_for_a_start_that_fits_them)
{
	const struct stream_es es[] = { { 0x24, 0x200 } };
	uint8_t section[PSI_SECTION_MAX];
	struct stream s = { 0 };
	struct viewer *first, *v;
	size_t from;

	begin();
	first = view_pipe(1);
	UNTIL(pipes[1].started == 1);
	seconds(&s, 3);
	feed(1, &s, 0);
	from = s.len;
	stream_section(&s, STREAM_PMT, section, stream_pmt_section(section, 1, 1, 0x200, es, 1, 0));
	feed(1, &s, from);
	v = view_pipe(1);
	for (int i = 0; i < 10; i++)
		turn();
	ck_assert(!v->told);
	from = s.len;
	stream_pes(&s, 0x200, 0, "\0\0\1\x26\1", 5);
	feed(1, &s, from);
	UNTIL(got_all(v, &s, from));
	ck_assert_uint_eq(check_start(v), 0);
	viewer_leave(first);
	viewer_leave(v);
	stream_release(&s);
	finish();
}
END_TEST

/* -- streaming -------------------------------------------------------------------------- */

START_TEST(eight_viewers_get_the_same_bytes_from_one_upstream)
{
	struct relay_settings settings = test_settings;
	struct stream s = { 0 };
	struct viewer *v[8];
	size_t from;

	settings.sendfile_from = _i == 1 ? 3 : 0; /* it changes over while they come */
	begin_with(&settings);
	for (int i = 0; i < 8; i++) {
		v[i] = view_pipe(1);
		turn();
	}
	seconds(&s, 2);
	feed(1, &s, 0);
	for (int i = 0; i < 40; i++) { /* several times round the window */
		from = s.len;
		seconds(&s, 2);
		feed(1, &s, from);
	}
	for (int i = 0; i < 8; i++) {
		UNTIL(got_all(v[i], &s, 2 * TS_PACKET));
		ck_assert_uint_eq(check_start(v[i]), 0);
	}
	ck_assert_uint_eq(pipes[1].started, 1);
	ck_assert_uint_eq(stats().bytes_skipped, 0);
	for (int i = 0; i < 8; i++)
		viewer_leave(v[i]);
	stream_release(&s);
	finish();
}
END_TEST

/* Every packet of `got` stands in `s`, in its order; each jump lands on PAT, PMT and a start. */
static unsigned
check_jumps(const struct stream *s, const uint8_t *got, size_t len)
{
	unsigned jumps = 0;
	size_t at = 2 * TS_PACKET;

	ck_assert_uint_eq(len % TS_PACKET, 0);
	for (size_t i = 0; i < len; i += TS_PACKET, at += TS_PACKET) {
		if (memcmp(got + i, s->data + at, TS_PACKET) == 0)
			continue;
		jumps++;
		ck_assert_uint_eq(ts_pid(ts_header(got + i)), TS_PID_PAT);
		ck_assert_uint_eq(ts_pid(ts_header(got + i + TS_PACKET)), STREAM_PMT);
		i += 2 * TS_PACKET;
		while (at < s->len && memcmp(got + i, s->data + at, TS_PACKET) != 0)
			at += TS_PACKET;
		ck_assert_msg(at < s->len, "%zu bytes that nobody sent", i);
		/* The first picture of a second carries an IDR after parameter sets. */
		ck_assert(got[i + 1] & 0x40);
		ck_assert_ptr_nonnull(memmem(got + i, TS_PACKET, "\0\0\1\x65", 4));
	}
	ck_assert_uint_eq(at, s->len);
	return jumps;
}

START_TEST(a_stalled_viewer_disturbs_nobody_and_goes_on_at_a_start)
{
	struct relay_settings settings = test_settings;
	struct stream s = { 0 };
	struct viewer *good, *stalled;
	size_t from, own = sizeof(HEAD) - 1 + 2 * TS_PACKET;
	unsigned jumps;

	settings.window_bytes = 1 << 20;
	settings.sendfile_from = _i == 1 ? 1 : 0;
	begin_with(&settings);
	stalled = view_pipe(1);
	stalled->slow = 1;
	stalled->buffer = 20000;
	good = view_pipe(1);
	seconds(&s, 1);
	feed(1, &s, 0);
	for (int i = 0; i < 60; i++) { /* twelve times round the window */
		from = s.len;
		seconds(&s, 1);
		feed(1, &s, from);
		if (i % 20 == 10) { /* and now and then it takes a little, cut anywhere */
			uint8_t *room = stream_room(&stalled->got, 7777);

			ck_assert_int_eq(read(stalled->fd, room, 7777), 7777);
		}
	}
	UNTIL(got_all(good, &s, 2 * TS_PACKET));
	stalled->slow = 0;
	from = s.len;
	seconds(&s, 1);
	feed(1, &s, from);
	UNTIL(memcmp(stalled->got.data + stalled->got.len - TS_PACKET, s.data + s.len - TS_PACKET,
		  TS_PACKET) == 0);
	jumps = check_jumps(&s, stalled->got.data + own, stalled->got.len - own);
	ck_assert_uint_ge(jumps, 1);
	ck_assert_uint_gt(stats().bytes_skipped, 5 << 20);
	ck_assert_uint_eq(stats().bytes_skipped % TS_PACKET, 0);
	viewer_leave(good);
	viewer_leave(stalled);
	stream_release(&s);
	finish();
}
END_TEST

START_TEST(a_viewer_that_takes_nothing_is_dropped_after_late_ms)
{
	struct stream s = { 0 };
	struct viewer *good, *dead;

	begin();
	dead = view_pipe(1);
	dead->slow = 1;
	dead->buffer = 20000;
	good = view_pipe(1);
	seconds(&s, 2);
	feed(1, &s, 0);
	for (int ms = 0; ms < 30000; ms += 1000) {
		struct stream more = { 0 };

		ck_assert(!dead->closed);
		pass_ms(1000);
		stream_filler(&more, STREAM_AUDIO); /* the upstream lives */
		feed(1, &more, 0);
		stream_release(&more);
	}
	UNTIL(dead->closed);
	ck_assert(!good->closed);
	ck_assert_uint_eq(stats().readers_dropped, 1);
	ck_assert_uint_eq(stats().readers, 1);
	viewer_leave(good);
	viewer_leave(dead);
	stream_release(&s);
	finish();
}
END_TEST

START_TEST(a_viewer_with_a_duration_ends_after_it)
{
	struct stream s = { 0 };
	struct viewer *v;

	begin();
	v = view_pipe(1);
	v->duration_ms = 2000;
	seconds(&s, 1);
	feed(1, &s, 0);
	UNTIL(v->got.len > 0);
	pass_ms(1999);
	turn();
	ck_assert(!v->closed);
	pass_ms(1);
	UNTIL(v->closed && v->eof);
	ck_assert(got_all(v, &s, 2 * TS_PACKET));
	viewer_leave(v);
	stream_release(&s);
	finish();
}
END_TEST

START_TEST(a_viewer_that_leaves_is_noticed_without_a_byte_to_send)
{
	struct stream s = { 0 };
	struct viewer *v, *talks;

	begin();
	v = view_pipe(1);
	talks = view_pipe(1);
	seconds(&s, 1);
	feed(1, &s, 0);
	UNTIL(v->got.len > 0 && talks->got.len > 0);
	ck_assert_uint_eq(stats().readers, 2);
	shutdown(v->fd, SHUT_WR);
	UNTIL(v->closed);
	while (!talks->closed) { /* a viewer has nothing to say for ever */
		char junk[4096] = "GET / HTTP/1.1\r\n";

		(void)!send(talks->fd, junk, sizeof(junk), MSG_NOSIGNAL);
		turn();
	}
	UNTIL(channel_is(1, RELAY_LINGERING));
	ck_assert_uint_eq(stats().readers, 0);
	viewer_leave(v);
	viewer_leave(talks);
	stream_release(&s);
	finish();
}
END_TEST

/* -- the upstream ------------------------------------------------------------------------ */

START_TEST(viewers_stay_while_an_upstream_is_opened_again)
{
	struct stream s = { 0 };
	struct viewer *v, *late;
	size_t from, len;

	begin();
	v = view_pipe(1);
	UNTIL(pipes[1].started == 1);
	seconds(&s, 2);
	feed(1, &s, 0);
	stream_filler(&s, STREAM_VIDEO);
	pipe_write(1, s.data + s.len - TS_PACKET, 100); /* the end is cut */
	s.len -= TS_PACKET;
	pipe_end(1);
	UNTIL(channel_is(1, RELAY_RETRYING));
	late = view_pipe(1);
	for (int i = 0; i < 5; i++)
		turn();
	ck_assert(!late->told);
	pass_ms(250);
	UNTIL(pipes[1].started == 2);
	from = s.len;
	memset(s.counter, 5, sizeof(s.counter)); /* another encoder */
	seconds(&s, 2);
	len = s.len;
	feed(1, &s, from);
	UNTIL(got_all(v, &s, 2 * TS_PACKET));
	UNTIL(got_all(late, &s, from + 2 * TS_PACKET)); /* never across the joint */
	ck_assert_uint_eq(check_start(late), 0);
	ck_assert(channel_is(1, RELAY_STREAMING));
	ck_assert(!v->closed);
	ck_assert_uint_eq(stats().reconnects, 1);
	ck_assert_uint_eq(stats().cc_errors, 0);
	ck_assert_uint_eq(s.len, len);
	viewer_leave(v);
	viewer_leave(late);
	stream_release(&s);
	finish();
}
END_TEST

START_TEST(silence_and_rubbish_end_an_upstream)
{
	struct stream s = { 0 };
	struct viewer *v;
	uint8_t *junk = calloc(1, 2 << 20);

	begin();
	v = view_pipe(1);
	seconds(&s, 1);
	feed(1, &s, 0);
	UNTIL(v->got.len > 0);
	if (_i == 0) {
		pass_ms(2999);
		turn();
		ck_assert(channel_is(1, RELAY_STREAMING));
		pass_ms(1);
	} else {
		pipe_write(1, junk, (1 << 20) + 100000);
	}
	UNTIL(channel_is(1, RELAY_RETRYING));
	ck_assert_uint_eq(pipes[1].stopped, 1);
	ck_assert_uint_eq(stats().stalls, _i == 0);
	pass_ms(250);
	UNTIL(pipes[1].started == 2);
	ck_assert(!v->closed);
	viewer_leave(v);
	UNTIL(!channel_runs(1)); /* nobody is there, and nothing came back */
	free(junk);
	stream_release(&s);
	finish();
}
END_TEST

START_TEST(a_channel_lingers_for_who_comes_back)
{
	struct stream s = { 0 };
	struct viewer *v;

	begin();
	v = view_pipe(1);
	seconds(&s, 1);
	feed(1, &s, 0);
	UNTIL(v->got.len > 0);
	for (int i = 0; i < 5; i++) { /* a player that probes, closes and opens again */
		viewer_leave(v);
		UNTIL(channel_is(1, RELAY_LINGERING));
		pass_ms(2000);
		feed(1, &s, 0);
		v = view_pipe(1);
		UNTIL(v->got.len > 0);
		ck_assert(channel_is(1, RELAY_STREAMING));
	}
	ck_assert_uint_eq(pipes[1].started, 1);
	viewer_leave(v);
	UNTIL(channel_is(1, RELAY_LINGERING));
	for (int i = 0; i < 10; i++) {
		ck_assert(channel_runs(1));
		pass_ms(2000);
		turn();
		if (i < 9)
			feed(1, &s, 0);
	}
	UNTIL(!channel_runs(1));
	ck_assert_uint_eq(pipes[1].stopped, 1);
	stream_release(&s);
	finish();
}
END_TEST

START_TEST(who_cancels_before_the_start_leaves_nothing_behind)
{
	struct viewer *v, *other;
	struct stream s = { 0 };

	begin();
	v = view_pipe(1);
	other = view_pipe(1);
	viewer_leave(v); /* before the first turn */
	UNTIL(pipes[1].started == 1);
	viewer_leave(other);
	UNTIL(channel_is(1, RELAY_LINGERING));
	v = view_pipe(1);
	turn();
	ck_assert(channel_is(1, RELAY_STARTING));
	v->hold = 1; /* and one who is told, and leaves instead of attaching */
	seconds(&s, 1);
	feed(1, &s, 0);
	UNTIL(v->told);
	ck_assert_int_eq(v->rc, 0);
	viewer_leave(v);
	UNTIL(channel_is(1, RELAY_LINGERING));
	pass_ms(2999);
	feed(1, &s, 0);
	pass_ms(2999);
	feed(1, &s, 0);
	stream_release(&s);
	finish();
}
END_TEST

START_TEST(a_channel_that_cannot_start_says_so_in_time)
{
	struct viewer *v, *unknown;

	begin();
	v = view_pipe(1);
	UNTIL(pipes[1].started == 1);
	unknown = view_sources(2, &(struct relay_source){ .url = "gopher://x/1", .label = "old" },
	    1);
	UNTIL(unknown->told);
	ck_assert_int_eq(unknown->rc, -EPROTONOSUPPORT);
	pass_ms(7999);
	turn();
	ck_assert(!v->told);
	pass_ms(1);
	UNTIL(v->told);
	ck_assert_int_eq(v->rc, -ETIMEDOUT);
	ck_assert_uint_eq(stats().tune_failures, 2);
	ck_assert(!channel_runs(1) && !channel_runs(2));
	viewer_leave(v);
	viewer_leave(unknown);
	finish();
}
END_TEST

START_TEST(limits_refuse_at_once_but_lingering_channels_give_way)
{
	struct relay_settings settings = test_settings;
	struct stream s = { 0 };
	struct viewer *a, *b, *c, *d;

	settings.channels_max = 2;
	settings.readers_max = 3;
	begin_with(&settings);
	seconds(&s, 1);
	a = view_pipe(1);
	b = view_pipe(2);
	c = view_pipe(3);
	ck_assert_ptr_null(c->join);
	ck_assert_int_eq(c->err.code, -EUSERS);
	feed(1, &s, 0);
	UNTIL(a->got.len > 0);
	viewer_leave(a);
	UNTIL(channel_is(1, RELAY_LINGERING));
	viewer_leave(c);
	c = view_pipe(3);
	ck_assert_ptr_nonnull(c->join);
	ck_assert(!channel_runs(1));
	a = view_pipe(2);
	d = view_pipe(2);
	ck_assert_ptr_nonnull(a->join);
	ck_assert_ptr_null(d->join);
	ck_assert_int_eq(d->err.code, -EUSERS);
	viewer_leave(a);
	viewer_leave(b);
	viewer_leave(c);
	viewer_leave(d);
	stream_release(&s);
	finish();
}
END_TEST

/* -- files --------------------------------------------------------------------------------- */

START_TEST(a_file_plays_at_its_own_pace_and_begins_again)
{
	char path[] = "/tmp/masthead-test-XXXXXX", url[64];
	struct relay_source source = { .url = url, .label = "file" };
	struct stream s = { 0 };
	struct viewer *v;
	size_t own = sizeof(HEAD) - 1 + 2 * TS_PACKET, second;
	int fd = mkstemp(path);

	seconds(&s, 4);
	second = s.len / 4;
	ck_assert_int_eq(write(fd, s.data, s.len), (ssize_t)s.len);
	close(fd);
	snprintf(url, sizeof(url), "file://%s", path);
	begin();
	v = view_sources(1, &source, 1);
	UNTIL(v->got.len > own);
	ck_assert_uint_lt(v->got.len, own + second / 4); /* not before its time */
	for (int i = 0; i < 20; i++) {
		pass_ms(100);
		UNTIL(v->got.len + second / 8 > own + (size_t)(i + 1) * second / 10);
		ck_assert_uint_lt(v->got.len, own + (size_t)(i + 4) * second / 10);
	}
	for (int i = 0; i < 60; i++) {
		pass_ms(100);
		for (int k = 0; k < 3; k++)
			turn();
		poll(NULL, 0, 35); /* the file's own timer */
	}
	UNTIL(v->got.len > own + s.len + second / 2);
	ck_assert_int_eq(memcmp(v->got.data + own, s.data + 2 * TS_PACKET, s.len - 2 * TS_PACKET),
	    0);
	ck_assert_int_eq(memcmp(v->got.data + own + s.len - 2 * TS_PACKET, s.data, second / 2), 0);
	viewer_leave(v);
	UNTIL(!channel_is(1, RELAY_STREAMING));
	finish();
	unlink(path);
	stream_release(&s);
}
END_TEST

UNIT_MAIN("relay", UNIT_TEST(a_cold_start_begins_with_the_first_start_in_the_stream),
    UNIT_TEST(a_cold_start_waits_no_longer_than_rap_wait), UNIT_TEST(a_radio_starts_at_once),
    UNIT_TEST(a_warm_join_starts_five_seconds_back),
    UNIT_TEST(every_join_starts_with_tables_and_a_start),
    UNIT_TEST(a_join_after_new_tables_waits_for_a_start_that_fits_them),
    UNIT_ROWS(eight_viewers_get_the_same_bytes_from_one_upstream, 2),
    UNIT_ROWS(a_stalled_viewer_disturbs_nobody_and_goes_on_at_a_start, 2),
    UNIT_TEST(a_viewer_that_takes_nothing_is_dropped_after_late_ms),
    UNIT_TEST(a_viewer_with_a_duration_ends_after_it),
    UNIT_TEST(a_viewer_that_leaves_is_noticed_without_a_byte_to_send),
    UNIT_TEST(viewers_stay_while_an_upstream_is_opened_again),
    UNIT_ROWS(silence_and_rubbish_end_an_upstream, 2),
    UNIT_TEST(a_channel_lingers_for_who_comes_back),
    UNIT_TEST(who_cancels_before_the_start_leaves_nothing_behind),
    UNIT_TEST(a_channel_that_cannot_start_says_so_in_time),
    UNIT_TEST(limits_refuse_at_once_but_lingering_channels_give_way),
    UNIT_TEST(a_file_plays_at_its_own_pace_and_begins_again))
