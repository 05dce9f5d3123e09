#include "transcode/mux.h"

#include "base/buf.h"
#include "tests/unit/transcode/ts_check.h"
#include "unit.h"

static const struct mux_spec spec = {
	.program = 0x1234,
	.name = "Eins \303\274",
	.pmt_pid = TESTCARD_PID_PMT,
	.video_pid = TESTCARD_PID_VIDEO,
	.audio_pid = TESTCARD_PID_AUDIO,
	.video_type = MUX_H264,
	.audio_type = MUX_ADTS_AAC,
};

static struct ts_check seen;
static uint8_t data[200000];

START_TEST(tables_say_what_there_is)
{
	struct buf out = BUF_INIT(1 << 20);
	const uint8_t *p;
	struct mux m;

	mux_init(&m, &spec);
	mux_tables(&m, &out);
	ck_assert_uint_eq(out.len, 3 * MUX_PACKET);
	ts_check(&seen, out.data, out.len);

	p = ts_section((const uint8_t *)out.data + MUX_PACKET, 0x00);
	ck_assert_mem_eq(p + 1, ((const uint8_t[]){ 0xb0, 13, 0x12, 0x34, 0xc1, 0, 0 }), 7);
	ck_assert_mem_eq(p + 8, ((const uint8_t[]){ 0x12, 0x34, 0xe1, 0x00 }), 4);

	p = ts_section((const uint8_t *)out.data + 2 * MUX_PACKET, 0x02);
	ck_assert_mem_eq(p + 1, ((const uint8_t[]){ 0xb0, 23, 0x12, 0x34, 0xc1, 0, 0 }), 7);
	ck_assert_mem_eq(p + 8, ((const uint8_t[]){ 0xe1, 0x01, 0xf0, 0 }), 4);
	ck_assert_mem_eq(p + 12, ((const uint8_t[]){ 0x1b, 0xe1, 0x01, 0xf0, 0 }), 5);
	ck_assert_mem_eq(p + 17, ((const uint8_t[]){ 0x0f, 0xe1, 0x02, 0xf0, 0 }), 5);

	p = ts_section((const uint8_t *)out.data, 0x42);
	ck_assert_mem_eq(p + 3, ((const uint8_t[]){ 0x12, 0x34, 0xc1, 0, 0, 0xff, 0x01, 0xff }), 8);
	ck_assert_mem_eq(p + 11, ((const uint8_t[]){ 0x12, 0x34, 0xfc, 0x80, 21 }), 5);
	ck_assert_mem_eq(p + 16,
	    "\x48\x13\x01\x08Masthead\x08\x15"
	    "Eins \303\274",
	    21);
	buf_release(&out);
}
END_TEST

START_TEST(the_longest_name_fits)
{
	struct mux_spec longest = spec;
	struct buf out = BUF_INIT(1 << 20);
	char name[MUX_NAME_MAX + 1];
	struct mux m;

	memset(name, 'x', MUX_NAME_MAX);
	name[MUX_NAME_MAX] = '\0';
	longest.name = name;
	mux_init(&m, &longest);
	mux_tables(&m, &out);
	ts_check(&seen, out.data, out.len);
	buf_release(&out);
}
END_TEST

/* Around each length at which a packet is just full, just not, or leaves one byte to stuff. */
START_TEST(a_unit_of_any_length_comes_out_whole)
{
	struct buf out = BUF_INIT(1 << 20);
	struct mux m;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 + 1);
	for (size_t len = 1; len < 1000; len++) {
		struct mux_unit unit = { data, len, 90000 };

		buf_clear(&out);
		mux_init(&m, &spec);
		mux_video(&m, &out, &unit, 2700, len % 2);
		mux_audio(&m, &out, &unit);
		mux_video(&m, &out, &unit, 2701, 0);
		ts_check(&seen, out.data, out.len);
		ck_assert_uint_eq(seen.video_units, 2);
		ck_assert_uint_eq(seen.video[0].len, len);
		ck_assert_int_eq(seen.video[0].random_access, len % 2);
		ck_assert_uint_eq(seen.video[1].len, len);
		ck_assert_uint_eq(seen.audio[0].len, len);
		ts_check_length(&seen.video[1]);
		ts_check_length(&seen.audio[0]);
		/* The unit's last byte is the last of the packet: stuffing comes before it. */
		ck_assert_uint_eq((uint8_t)out.data[out.len - 1], data[len - 1]);
	}
	buf_release(&out);
}
END_TEST

START_TEST(a_length_beyond_16_bits_is_left_open)
{
	struct buf out = BUF_INIT(1 << 20);
	struct mux m;

	for (size_t len = 65527 - 2; len <= 65527 + 2; len++) {
		struct mux_unit unit = { data, len, 0 };

		buf_clear(&out);
		mux_init(&m, &spec);
		mux_video(&m, &out, &unit, 1, 0);
		ts_check(&seen, out.data, out.len);
		ck_assert_uint_eq(seen.video[0].len, len);
		ck_assert_uint_eq(seen.video[0].announced, len <= 65527 ? len + 8 : 0);
	}
	buf_release(&out);
}
END_TEST

START_TEST(times_keep_33_bits)
{
	static const uint64_t times[] = { 0, 1, 0x7fff, 0x8000, 0x3fffffff, 0x40000000,
		0x1ffffffff };
	struct buf out = BUF_INIT(1 << 20);
	struct mux m;

	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		struct mux_unit unit = { data, 10, times[i] | UINT64_C(1) << 33 };

		buf_clear(&out);
		mux_init(&m, &spec);
		mux_video(&m, &out, &unit, (times[i] | UINT64_C(1) << 33) * 300 + 299, 0);
		ts_check(&seen, out.data, out.len);
		ck_assert_uint_eq(seen.video[0].pts, times[i]);
		ck_assert_uint_eq(seen.first_pcr, times[i] * 300 + 299);
	}
	buf_release(&out);
}
END_TEST

START_TEST(a_packet_without_payload_does_not_count)
{
	struct mux_unit unit = { data, 1000, 0 };
	struct buf out = BUF_INIT(1 << 20);
	struct mux m;

	mux_init(&m, &spec);
	mux_pcr(&m, &out, 1);
	for (unsigned i = 0; i < 40; i++) {
		mux_video(&m, &out, &unit, 3 * i + 2, 0);
		mux_pcr(&m, &out, 3 * i + 3);
		mux_nulls(&out, i % 3);
		mux_pcr(&m, &out, 3 * i + 4);
		mux_tables(&m, &out);
	}
	ts_check(&seen, out.data, out.len);
	ck_assert_uint_eq(seen.pcrs, 121);
	ck_assert_uint_eq(seen.nulls, 39);
	buf_release(&out);
}
END_TEST

UNIT_MAIN("mux", UNIT_TEST(tables_say_what_there_is), UNIT_TEST(the_longest_name_fits),
    UNIT_TEST(a_unit_of_any_length_comes_out_whole),
    UNIT_TEST(a_length_beyond_16_bits_is_left_open), UNIT_TEST(times_keep_33_bits),
    UNIT_TEST(a_packet_without_payload_does_not_count))
