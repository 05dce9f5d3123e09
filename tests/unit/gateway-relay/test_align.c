#include "gateway/relay/align.h"

#include "stream.h"
#include "unit.h"

#define COUNT 40 /* packets of a test stream */

/* All packets that come out when `data` goes in by steps of `step` bytes. */
static size_t
run(struct align *a, const uint8_t *data, size_t len, size_t step, uint8_t *out)
{
	size_t total = 0, n;

	for (size_t at = 0; at < len; at += step) {
		const uint8_t *packets;
		/* Exactly as large as the step, so that a sanitizer sees every byte beyond. */
		size_t size = step < len - at ? step : len - at;
		uint8_t *piece = malloc(size);

		memcpy(piece, data + at, size);
		align_feed(a, piece, size);
		while ((n = align_next(a, &packets)) > 0) {
			memcpy(out + total, packets, n);
			total += n;
		}
		free(piece);
	}
	return total;
}

static void
make_packets(struct stream *s, unsigned count)
{
	memset(s, 0, sizeof(*s));
	while (count-- > 0)
		stream_filler(s, STREAM_VIDEO);
}

static const struct {
	const char *label;
	size_t before; /* bytes of each packet that stand before the 188 */
	size_t after;
} strides[] = { { "188", 0, 0 }, { "192, timestamps before", 4, 0 },
	{ "204, parity after", 0, 16 } };

START_TEST(finds_packets_at_every_stride_and_cut)
{
	size_t stride = strides[_i].before + TS_PACKET + strides[_i].after;
	uint8_t *in = calloc(COUNT, stride), *out = malloc(COUNT * TS_PACKET);
	struct stream s;

	make_packets(&s, COUNT);
	for (size_t i = 0; i < COUNT; i++)
		memcpy(in + i * stride + strides[_i].before, s.data + i * TS_PACKET, TS_PACKET);
	for (size_t step = 1; step <= 2 * stride + 1; step++) {
		struct align *a = calloc(1, sizeof(*a));
		size_t len = run(a, in, COUNT * stride, step, out);

		ck_assert_msg(len == s.len, "%s: step %zu: %zu bytes", strides[_i].label, step,
		    len);
		ck_assert_msg(memcmp(out, s.data, len) == 0, "%s: step %zu", strides[_i].label,
		    step);
		ck_assert_uint_eq(a->stride, stride);
		ck_assert_uint_eq(a->garbage, strides[_i].before);
		ck_assert_uint_eq(a->losses, 0);
		free(a);
	}
	free(in);
	free(out);
	stream_release(&s);
}
END_TEST

START_TEST(passes_over_garbage_and_finds_back_at_every_cut)
{
	static const size_t junk[] = { 1, 47, 187, 189, 500, 3000 };
	uint8_t out[COUNT * TS_PACKET];

	for (size_t j = 0; j < ARRAY_LEN(junk); j++) {
		struct stream s;
		uint8_t *in;

		make_packets(&s, COUNT);
		in = malloc(s.len + junk[j]);
		memcpy(in, s.data, s.len / 2);
		memset(in + s.len / 2, 0x11, junk[j]);
		in[s.len / 2 + junk[j] / 2] = junk[j] > 1 ? TS_SYNC : 0x11; /* a false start */
		memcpy(in + s.len / 2 + junk[j], s.data + s.len / 2, s.len / 2);
		for (size_t step = 1; step < 2000; step = step < 400 ? step + 1 : step + 101) {
			struct align *a = calloc(1, sizeof(*a));
			size_t len = run(a, in, s.len + junk[j], step, out);

			ck_assert_msg(len == s.len && memcmp(out, s.data, len) == 0,
			    "%zu bytes of junk, step %zu: %zu of %zu bytes", junk[j], step, len,
			    s.len);
			ck_assert_uint_eq(a->losses, 1);
			ck_assert_uint_eq(a->garbage, junk[j]);
			ck_assert_uint_eq(a->packets, COUNT);
			ck_assert_uint_eq(a->since_packet, 0);
			free(a);
		}
		free(in);
		stream_release(&s);
	}
}
END_TEST

START_TEST(a_broken_sync_byte_costs_its_packet_only)
{
	uint8_t out[COUNT * TS_PACKET];
	struct align *a = calloc(1, sizeof(*a));
	struct stream s;
	size_t len;

	make_packets(&s, COUNT);
	s.data[10 * TS_PACKET] = 0x46;
	len = run(a, s.data, s.len, 1000, out);
	ck_assert_uint_eq(len, s.len - TS_PACKET);
	ck_assert_int_eq(memcmp(out, s.data, 10 * TS_PACKET), 0);
	ck_assert_int_eq(memcmp(out + 10 * TS_PACKET, s.data + 11 * TS_PACKET, 29 * TS_PACKET), 0);
	free(a);
	stream_release(&s);
}
END_TEST

START_TEST(gives_nothing_of_what_is_not_a_transport_stream)
{
	static uint8_t in[100000], out[100000];
	struct align *a = calloc(1, sizeof(*a));

	memset(in, TS_SYNC - 1, sizeof(in));
	for (size_t i = 0; i < sizeof(in); i += 89) /* no stride of ours is a multiple */
		in[i] = TS_SYNC;
	ck_assert_uint_eq(run(a, in, sizeof(in), 777, out), 0);
	ck_assert_uint_gt(a->since_packet, sizeof(in) - ALIGN_HUNT);
	ck_assert_uint_eq(a->losses, 0);
	free(a);
}
END_TEST

START_TEST(a_reset_forgets_the_packet_that_was_cut)
{
	uint8_t out[COUNT * TS_PACKET];
	struct align *a = calloc(1, sizeof(*a));
	struct stream s;
	size_t len;

	make_packets(&s, COUNT);
	len = run(a, s.data, 10 * TS_PACKET + 100, 4096, out);
	ck_assert_uint_eq(len, 10 * TS_PACKET);
	align_reset(a);
	len = run(a, s.data, s.len, 4096, out);
	ck_assert_uint_eq(len, s.len);
	ck_assert_int_eq(memcmp(out, s.data, len), 0);
	ck_assert_uint_eq(a->packets, 10 + COUNT);
	free(a);
	stream_release(&s);
}
END_TEST

UNIT_MAIN("align", UNIT_ROWS(finds_packets_at_every_stride_and_cut, ARRAY_LEN(strides)),
    UNIT_TEST(passes_over_garbage_and_finds_back_at_every_cut),
    UNIT_TEST(a_broken_sync_byte_costs_its_packet_only),
    UNIT_TEST(gives_nothing_of_what_is_not_a_transport_stream),
    UNIT_TEST(a_reset_forgets_the_packet_that_was_cut))
