#include "gateway/relay/scan.h"

#include <stdio.h>

#include "gateway/relay/align.h"
#include "stream.h"
#include "unit.h"

static const uint8_t idr[] = { 0, 0, 1, 0x67, 1, 0, 0, 1, 0x65, 0x88 };
static const uint8_t slice[] = { 0, 0, 1, 0x41, 0x9a };

static void
run_at(struct scan *s, const struct stream *stream, size_t from, uint64_t now_ms)
{
	scan_run(s, stream->data + from, stream->len - from, from, now_ms);
}

static struct scan *
scan_of(const struct stream *stream)
{
	struct scan *s = malloc(sizeof(*s));

	scan_init(s);
	run_at(s, stream, 0, 1000);
	return s;
}

/* -- tables ------------------------------------------------------------------- */

START_TEST(a_join_hears_the_tables_with_counters_that_go_on)
{
	struct stream stream = { 0 };
	uint8_t prefix[SCAN_PREFIX_MAX];
	struct scan *s;
	size_t len, rap;

	for (int i = 0; i < 5; i++)
		stream_tables(&stream, 0x1b);
	rap = stream.len;
	stream_pes(&stream, STREAM_VIDEO, 0, idr, sizeof(idr));
	stream_tables(&stream, 0x1b);
	s = scan_of(&stream);
	ck_assert_uint_eq(s->raps_held, 1);
	ck_assert_uint_eq(s->raps[0].position, rap);
	len = scan_prefix(s, &s->raps[0], prefix);
	/* What is sent first is what came before the RAP: then come counters 5 and 5. */
	ck_assert_uint_eq(len, 2 * TS_PACKET);
	ck_assert_int_eq(memcmp(prefix, stream.data + 8 * TS_PACKET, len), 0);
	ck_assert_str_eq(scan_video(s), "h264");
	free(s);
	stream_release(&stream);
}
END_TEST

START_TEST(long_tables_are_put_together_and_taken_apart_again)
{
	for (size_t padding = 0; padding <= 990; padding += 33) {
		const struct stream_es es[] = { { 0x24, STREAM_VIDEO } };
		struct stream stream = { 0 };
		uint8_t pmt[PSI_SECTION_MAX], prefix[SCAN_PREFIX_MAX], pat[64];
		size_t pmt_len = stream_pmt_section(pmt, 3, 1, STREAM_VIDEO, es, 1, padding), len;
		struct scan *s;

		stream_section(&stream, 0, pat, stream_pat_section(pat, 0, 1, STREAM_PMT));
		stream_section(&stream, STREAM_PMT, pmt, pmt_len);
		s = scan_of(&stream);
		ck_assert_uint_eq(s->pmt_len, pmt_len);
		ck_assert_int_eq(memcmp(s->pmt, pmt, pmt_len), 0);
		ck_assert_int_eq(s->kind, SCAN_HEVC);
		len = scan_prefix(s,
		    &(struct scan_mark){ .pat_counter = 0,
			.pmt_counter = (uint8_t)(stream.counter[STREAM_PMT] - 1) },
		    prefix);
		ck_assert_uint_eq(len, stream.len);
		ck_assert_int_eq(memcmp(prefix, stream.data, len), 0);
		free(s);
		stream_release(&stream);
	}
}
END_TEST

START_TEST(sections_in_one_packet_and_across_packets_are_told_apart)
{
	const struct stream_es es[] = { { 0x02, STREAM_VIDEO } };
	uint8_t sections[1200], payload[184];
	struct stream stream = { 0 };
	size_t first, len = 0;
	struct scan *s;

	stream_section(&stream, 0, sections, stream_pat_section(sections, 0, 1, STREAM_PMT));
	/* Another programme's PMT, a private table, ours: one after the other on one PID. */
	len += stream_pmt_section(sections, 0, 7, STREAM_AUDIO, NULL, 0, 150);
	first = len;
	memcpy(sections + len, "\xc0\x30\x05table", 8);
	len += 8;
	len += stream_pmt_section(sections + len, 0, 1, STREAM_VIDEO, es, 1, 40);
	payload[0] = 0;
	memcpy(payload + 1, sections, 183);
	stream_packet(&stream, STREAM_PMT, TS_START, 0, payload, 184);
	memset(payload, 0xff, sizeof(payload));
	if (first > 183) {
		payload[0] = (uint8_t)(first - 183);
		memcpy(payload + 1, sections + 183, len - 183);
		stream_packet(&stream, STREAM_PMT, TS_START, 0, payload, 184);
	} else {
		memcpy(payload, sections + 183, len - 183);
		stream_packet(&stream, STREAM_PMT, 0, 0, payload, 184);
	}
	s = scan_of(&stream);
	ck_assert_int_eq(s->kind, SCAN_MPEG2);
	ck_assert_uint_eq(s->programme.number, 1);
	free(s);
	stream_release(&stream);
}
END_TEST

START_TEST(the_sum_is_crc_32_mpeg_2)
{
	ck_assert_uint_eq(psi_crc((const uint8_t *)"123456789", 9), 0x0376e6e7);
}
END_TEST

START_TEST(a_table_with_a_wrong_sum_or_not_in_force_is_not_taken)
{
	struct stream stream = { 0 };
	struct scan *s;

	stream_tables(&stream, 0x1b);
	stream.data[TS_PACKET + 20] ^= 1;
	s = scan_of(&stream);
	ck_assert_uint_gt(s->pat_len, 0);
	ck_assert_uint_eq(s->pmt_len, 0);
	free(s);
	stream.len = 0;
	stream_tables(&stream, 0x1b);
	stream.data[5 + 5] &= 0xfe; /* current_next_indicator, and the sum made right */
	stream_seal(stream.data + 5, 12);
	s = scan_of(&stream);
	ck_assert_uint_eq(s->pat_len, 0);
	free(s);
	stream_release(&stream);
}
END_TEST

START_TEST(new_tables_make_the_old_starts_useless)
{
	const struct stream_es es[] = { { 0x24, 0x200 } };
	struct stream stream = { 0 };
	uint8_t section[PSI_SECTION_MAX];
	struct scan *s;
	size_t rap;

	stream_second(&stream, 3);
	s = scan_of(&stream);
	ck_assert_uint_eq(s->raps_held, 1);
	rap = stream.len;
	stream_section(&stream, STREAM_PMT, section,
	    stream_pmt_section(section, 1, 1, 0x200, es, 1, 0));
	run_at(s, &stream, rap, 1000);
	ck_assert_uint_eq(s->raps_held, 0);
	ck_assert_str_eq(scan_video(s), "hevc");
	rap = stream.len;
	stream_pes(&stream, 0x200, 0, "\0\0\1\x26\1", 5);
	run_at(s, &stream, rap, 1000);
	ck_assert_uint_eq(s->raps_held, 1);
	ck_assert_uint_eq(s->raps[0].position, rap);
	ck_assert_uint_eq(s->raps[0].pmt_counter, 1);
	ck_assert_uint_eq(s->cc_errors, 0);
	free(s);
	stream_release(&stream);
}
END_TEST

START_TEST(follows_the_programme_whose_pmt_comes)
{
	const struct stream_es es[] = { { 0x1b, STREAM_VIDEO } };
	/* Three programmes are listed; the streams of two were filtered out. */
	uint8_t pat[64] = { 0, 0, 0, 0, 1, 0xc1, 0, 0, 0, 0, 0xe0, 0x10, 0, 1, 0xe0, 0x20, 0, 2,
		0xe1, 0x00, 0, 3, 0xe0, 0x30 };
	uint8_t pmt[PSI_SECTION_MAX];
	struct stream stream = { 0 };
	struct scan *s;

	stream_section(&stream, 0, pat, stream_seal(pat, 24));
	stream_section(&stream, STREAM_PMT, pmt,
	    stream_pmt_section(pmt, 0, 2, STREAM_VIDEO, es, 1, 0));
	stream_pes(&stream, STREAM_VIDEO, 0, idr, sizeof(idr));
	s = scan_of(&stream);
	ck_assert_uint_eq(s->programme.number, 2);
	ck_assert_uint_eq(s->raps_held, 1);
	/* Another one that shows up later changes nothing. */
	stream.len = 0;
	stream_section(&stream, 0x30, pmt, stream_pmt_section(pmt, 0, 3, 0x77, es, 1, 0));
	run_at(s, &stream, 0, 1000);
	ck_assert_uint_eq(s->programme.number, 2);
	free(s);
	stream_release(&stream);
}
END_TEST

/* -- random access points ------------------------------------------------------- */

static const struct {
	const char *label;
	uint8_t type; /* 0: radio */
	unsigned af;
	uint32_t flags;
	const char *es;
	size_t len;
	_Bool rap;
} raps[] = {
#define ROW(label, type, af, flags, es, rap)                    \
	{                                                       \
		label, type, af, flags, es, sizeof(es) - 1, rap \
	}
	ROW("H.264 IDR without the flag", 0x1b, 0, 0, "\0\0\1\x65\x88", 1),
	ROW("H.264 P", 0x1b, 0, 0, "\0\0\1\x41\x9a", 0),
	ROW("H.264 P with the flag", 0x1b, TS_AF_RANDOM_ACCESS, 0, "\0\0\1\x41\x9a", 1),
	ROW("HEVC CRA", 0x24, 0, 0, "\0\0\1\x2a\1", 1),
	ROW("MPEG-2 sequence", 0x02, 0, 0, "\0\0\1\xb3\1", 1),
	ROW("MPEG-2 P", 0x02, 0, 0, "\0\0\1\0\0\x57\xff", 0),
	ROW("MPEG-1 sequence", 0x01, 0, 0, "\0\0\1\xb3\1", 1),
	ROW("VC-1 with the flag", 0xea, TS_AF_RANDOM_ACCESS, 0, "\0\0\1\x0f", 1),
	ROW("VC-1 without", 0xea, 0, 0, "\0\0\1\x0f", 0),
	ROW("scrambled with the flag", 0x1b, TS_AF_RANDOM_ACCESS, 0x80, "garbage", 1),
	ROW("scrambled without", 0x1b, 0, 0x80, "\0\0\1\x65\x88", 0),
#undef ROW
};

START_TEST(tells_where_a_decoder_can_start)
{
	static const uint8_t head[] = { 0, 0, 1, 0xe0, 0, 0, 0x80, 0, 0 };
	uint8_t pes[64];
	struct stream stream = { 0 };
	struct scan *s;

	stream_tables(&stream, raps[_i].type);
	memcpy(pes, head, sizeof(head));
	memcpy(pes + sizeof(head), raps[_i].es, raps[_i].len);
	stream_packet(&stream, STREAM_VIDEO, TS_START | raps[_i].flags, raps[_i].af, pes,
	    sizeof(head) + raps[_i].len);
	s = scan_of(&stream);
	ck_assert_msg(s->raps_held == raps[_i].rap, "%s", raps[_i].label);
	ck_assert_int_eq(s->scrambled, raps[_i].flags != 0);
	if (raps[_i].rap)
		ck_assert_uint_eq(s->raps[0].position, 2 * TS_PACKET);
	free(s);
	stream_release(&stream);
}
END_TEST

START_TEST(a_start_that_is_spread_over_packets_begins_at_the_first)
{
	/* Parameter sets and SEI so long that the slice is where the row says. */
	for (size_t fill = 0; fill < 1000; fill += 7) {
		struct stream stream = { 0 };
		uint8_t es[1100] = { 0, 0, 1, 0x67 };
		struct scan *s;

		memset(es + 4, 0x55, fill);
		memcpy(es + 4 + fill, "\0\0\1\x65\x88", 5);
		stream_tables(&stream, 0x1b);
		stream_pes(&stream, STREAM_VIDEO, TS_AF_PCR, es, fill + 9);
		stream_filler(&stream, STREAM_VIDEO);
		s = scan_of(&stream);
		ck_assert_msg(s->raps_held == 1, "after %zu bytes", fill);
		ck_assert_uint_eq(s->raps[0].position, 2 * TS_PACKET);
		ck_assert(!s->sniffing);
		free(s);
		stream_release(&stream);
	}
}
END_TEST

START_TEST(a_lost_packet_inside_a_start_makes_it_none)
{
	struct stream stream = { 0 };
	uint8_t es[400] = { 0, 0, 1, 0x67 };
	struct scan *s;

	memcpy(es + 390, "\0\0\1\x65\x88", 5);
	stream_tables(&stream, 0x1b);
	stream_pes(&stream, STREAM_VIDEO, 0, es, sizeof(es));
	memmove(stream.data + 3 * TS_PACKET, stream.data + 4 * TS_PACKET,
	    stream.len - 4 * TS_PACKET);
	stream.len -= TS_PACKET;
	s = scan_of(&stream);
	ck_assert_uint_eq(s->raps_held, 0);
	ck_assert_uint_eq(s->cc_errors, 1);
	free(s);
	stream_release(&stream);
}
END_TEST

START_TEST(a_radio_starts_at_every_unit)
{
	struct stream stream = { 0 };
	struct scan *s;

	stream_tables(&stream, 0);
	for (int i = 0; i < 200; i++)
		stream_pes(&stream, STREAM_AUDIO, 0, "audio", 5);
	s = scan_of(&stream);
	ck_assert_uint_eq(s->rap_count, 200);
	ck_assert_uint_le(s->raps_held, SCAN_RAPS);
	ck_assert_uint_ge(s->raps_held, SCAN_RAPS / 2);
	ck_assert_uint_eq(s->raps[s->raps_held - 1].position, stream.len - TS_PACKET);
	for (unsigned i = 1; i < s->raps_held; i++)
		ck_assert_uint_gt(s->raps[i].position, s->raps[i - 1].position);
	ck_assert_str_eq(scan_video(s), "");
	free(s);
	stream_release(&stream);
}
END_TEST

START_TEST(a_unit_stands_in_when_no_start_was_seen_for_long)
{
	struct stream stream = { 0 };
	struct scan *s = malloc(sizeof(*s));

	scan_init(s);
	stream_tables(&stream, 0x1b);
	run_at(s, &stream, 0, 1000);
	for (uint64_t ms = 1000; ms < 21000; ms += 40) {
		size_t from = stream.len;

		stream_pes(&stream, STREAM_VIDEO, 0, slice, sizeof(slice));
		run_at(s, &stream, from, ms);
		if (ms < 11000)
			ck_assert_uint_eq(s->raps_held, 0);
	}
	ck_assert_uint_eq(s->raps_held, 5); /* at 11, 13, ... 19 s */
	ck_assert_uint_eq(s->rap_count, 0);
	free(s);
	stream_release(&stream);
}
END_TEST

/* -- joining ---------------------------------------------------------------------- */

START_TEST(a_viewer_joins_the_newest_start_that_is_far_enough_back)
{
	struct stream stream = { 0 };
	struct scan *s;

	for (int i = 0; i < 10; i++)
		stream_second(&stream, 2);
	s = scan_of(&stream); /* all in one go: only the stream's own clock tells the time */
	ck_assert_uint_eq(s->clock_ms, 9960);
	ck_assert_uint_eq(s->raps_held, 10);
	ck_assert_uint_eq(scan_join(s, 0, 1000)->clock_ms, 9000);
	ck_assert_uint_eq(scan_join(s, 960, 1000)->clock_ms, 9000);
	ck_assert_uint_eq(scan_join(s, 961, 1000)->clock_ms, 8000);
	ck_assert_uint_eq(scan_join(s, 5000, 1000)->clock_ms, 4000);
	ck_assert_uint_eq(scan_join(s, 60000, 1000)->clock_ms, 0);
	scan_forget(s, s->raps[6].position);
	ck_assert_uint_eq(s->raps_held, 4);
	ck_assert_uint_eq(scan_join(s, 60000, 1000)->clock_ms, 6000);
	scan_forget(s, UINT64_MAX);
	ck_assert_ptr_null(scan_join(s, 0, 1000));
	free(s);
	stream_release(&stream);
}
END_TEST

START_TEST(the_clock_passes_over_wraps_and_jumps)
{
	static const struct {
		uint64_t pcr, want_ms;
	} steps[] = { { (UINT64_C(1) << 33) - 90000, 0 }, { (UINT64_C(1) << 33) - 45000, 500 },
		{ 0, 1000 }, { 90000, 2000 }, { UINT64_C(900000000), 2000 },
		{ UINT64_C(900000000) + 9000, 2100 }, { 5, 2100 }, { 905, 2110 } };
	struct stream stream = { 0 };
	struct scan *s;

	stream_tables(&stream, 0x1b);
	s = scan_of(&stream);
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		size_t from = stream.len;

		stream.pcr = steps[i].pcr;
		stream_packet(&stream, STREAM_VIDEO, 0, TS_AF_PCR, NULL, 0);
		run_at(s, &stream, from, 1000);
		ck_assert_msg(s->clock_ms == steps[i].want_ms, "step %zu: %ju", i,
		    (uintmax_t)s->clock_ms);
	}
	free(s);
	stream_release(&stream);
}
END_TEST

/* -- continuity ----------------------------------------------------------------------- */

START_TEST(counts_breaks_but_not_what_the_standard_allows)
{
	struct stream stream = { 0 };
	struct scan *s;
	size_t last;

	for (int i = 0; i < 40; i++)
		stream_filler(&stream, 0x300);
	last = stream.len - TS_PACKET;
	stream_packet(&stream, 0x300, 0, TS_AF_PCR, NULL, 0); /* no payload: does not count */
	stream_filler(&stream, TS_PID_NULL);
	stream.counter[TS_PID_NULL] += 3;
	stream_filler(&stream, TS_PID_NULL);
	memcpy(stream_room(&stream, TS_PACKET), stream.data + last, TS_PACKET); /* once again */
	stream_filler(&stream, 0x300);
	s = scan_of(&stream);
	ck_assert_uint_eq(s->cc_errors, 0);
	last = stream.len;
	stream.counter[0x300] += 2;
	stream_filler(&stream, 0x300); /* two are missing */
	stream_filler(&stream, 0x300);
	run_at(s, &stream, last, 1000);
	ck_assert_uint_eq(s->cc_errors, 1);
	last = stream.len;
	stream.counter[0x300] += 5;
	stream_packet(&stream, 0x300, 0, TS_AF_DISCONTINUITY, "announced", 9);
	run_at(s, &stream, last, 1000);
	ck_assert_uint_eq(s->cc_errors, 1);
	scan_reset(s); /* a new upstream: nothing to go on from */
	last = stream.len;
	stream.counter[0x300] += 5;
	stream_filler(&stream, 0x300);
	run_at(s, &stream, last, 1000);
	ck_assert_uint_eq(s->cc_errors, 1);
	free(s);
	stream_release(&stream);
}
END_TEST

START_TEST(a_counter_that_stands_still_hides_no_table)
{
	struct stream stream = { 0 };
	struct scan *s = malloc(sizeof(*s));
	uint8_t pat[64];

	scan_init(s);
	for (unsigned version = 0; version < 4; version++) {
		stream.counter[0] = 0;
		stream.len = 0;
		stream_section(&stream, 0, pat,
		    stream_pat_section(pat, version, 1, 0x40 + version));
		run_at(s, &stream, 0, 1000);
	}
	ck_assert_uint_eq(s->programmes.programmes[0].pmt_pid, 0x43);
	free(s);
	stream_release(&stream);
}
END_TEST

/* -- real streams ------------------------------------------------------------------------ */

/* What ffprobe calls key frames (packet=flags,pos), from the first PMT on. */
static const struct {
	const char *name, *video;
	size_t count;
	uint64_t positions[5];
} captures[] = {
	{ "h264-eac3-dvbsub", "h264", 1, { 565880 } },
	{ "h264-mp2", "h264", 2, { 564, 1734112 } },
	{ "hevc-aac-scte35", "hevc", 1, { 1326716 } },
	{ "mpeg2-mp2", "mpeg2", 5, { 329376, 701992, 1076864, 1447976, 1819652 } },
};

START_TEST(finds_the_key_frames_of_a_broadcast)
{
	struct align *a = calloc(1, sizeof(*a));
	struct scan *s = malloc(sizeof(*s));
	uint8_t piece[16384];
	char path[100];
	uint64_t position = 0;
	size_t n, len;
	FILE *file;

	snprintf(path, sizeof(path), "../shared/data/ts/%s.ts", captures[_i].name);
	file = fopen(path, "rb");
	scan_init(s);
	while (file != NULL && (n = fread(piece, 1, sizeof(piece), file)) > 0) {
		const uint8_t *packets;

		align_feed(a, piece, n);
		while ((len = align_next(a, &packets)) > 0) {
			scan_run(s, packets, len, position, 1000);
			position += len;
		}
	}
	if (file != NULL) {
		fclose(file);
		ck_assert_uint_eq(s->raps_held, captures[_i].count);
		for (size_t i = 0; i < captures[_i].count; i++)
			ck_assert_uint_eq(s->raps[i].position, captures[_i].positions[i]);
		ck_assert_str_eq(scan_video(s), captures[_i].video);
		ck_assert_uint_eq(s->cc_errors, 0);
	}
	free(a);
	free(s);
}
END_TEST

UNIT_MAIN("scan", UNIT_TEST(a_join_hears_the_tables_with_counters_that_go_on),
    UNIT_TEST(long_tables_are_put_together_and_taken_apart_again),
    UNIT_TEST(sections_in_one_packet_and_across_packets_are_told_apart),
    UNIT_TEST(the_sum_is_crc_32_mpeg_2),
    UNIT_TEST(a_table_with_a_wrong_sum_or_not_in_force_is_not_taken),
    UNIT_TEST(new_tables_make_the_old_starts_useless),
    UNIT_TEST(follows_the_programme_whose_pmt_comes),
    UNIT_ROWS(tells_where_a_decoder_can_start, ARRAY_LEN(raps)),
    UNIT_TEST(a_start_that_is_spread_over_packets_begins_at_the_first),
    UNIT_TEST(a_lost_packet_inside_a_start_makes_it_none), UNIT_TEST(a_radio_starts_at_every_unit),
    UNIT_TEST(a_unit_stands_in_when_no_start_was_seen_for_long),
    UNIT_TEST(a_viewer_joins_the_newest_start_that_is_far_enough_back),
    UNIT_TEST(the_clock_passes_over_wraps_and_jumps),
    UNIT_TEST(counts_breaks_but_not_what_the_standard_allows),
    UNIT_TEST(a_counter_that_stands_still_hides_no_table),
    UNIT_ROWS(finds_the_key_frames_of_a_broadcast, ARRAY_LEN(captures)))
