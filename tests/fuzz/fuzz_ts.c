/* rooms: gateway/relay base */
/*
 * A provider's bytes through align and scan. The first byte says how they are cut.
 * Beyond not crashing it must hold that
 *  - the same packets come out and the same is found in them however they are cut;
 *  - every packet that comes out stood in the input as it is, in this order;
 *  - each place that a viewer may start at is a packet of that stream, with tables
 *    that are whole packets.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/relay/align.h"
#include "gateway/relay/scan.h"

#define INPUT_MAX (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct result {
	struct align align;
	struct scan scan;
	uint8_t *packets;
	size_t len;
};

static struct result *
result_new(size_t size)
{
	struct result *r = calloc(1, sizeof(*r));

	assert(r != NULL);
	r->packets = malloc(size + 1);
	assert(r->packets != NULL);
	scan_init(&r->scan);
	return r;
}

static void
result_free(struct result *r)
{
	free(r->packets);
	free(r);
}

static void
take(struct result *r, const uint8_t *data, size_t len)
{
	/* In memory of its own, so that a read beyond the piece is seen. */
	uint8_t *piece = malloc(len);
	const uint8_t *packets;
	size_t n;

	assert(piece != NULL || len == 0);
	if (len > 0)
		memcpy(piece, data, len);
	align_feed(&r->align, piece, len);
	while ((n = align_next(&r->align, &packets)) > 0) {
		assert(n % TS_PACKET == 0);
		memcpy(r->packets + r->len, packets, n);
		scan_run(&r->scan, packets, n, r->len, 1000 + r->len / 1000);
		r->len += n;
	}
	free(piece);
}

/* Steps of different sizes, some of them none. */
static void
take_in_pieces(struct result *r, const uint8_t *data, size_t size, uint32_t seed)
{
	while (size > 0) {
		size_t step = seed >> 24;

		seed = seed * 1664525 + 1013904223;
		if (step > size)
			step = size;
		take(r, data, step);
		data += step;
		size -= step;
	}
}

static void
check_same(const struct result *a, const struct result *b)
{
	assert(a->len == b->len && memcmp(a->packets, b->packets, a->len) == 0);
	assert(a->align.garbage == b->align.garbage && a->align.losses == b->align.losses);
	assert(a->align.since_packet == b->align.since_packet);
	assert(a->scan.kind == b->scan.kind && a->scan.cc_errors == b->scan.cc_errors);
	assert(a->scan.clock_ms == b->scan.clock_ms && a->scan.rap_count == b->scan.rap_count);
	assert(a->scan.pat_len == b->scan.pat_len && a->scan.pmt_len == b->scan.pmt_len);
	assert(memcmp(a->scan.pmt, b->scan.pmt, a->scan.pmt_len) == 0);
	assert(a->scan.raps_held == b->scan.raps_held);
	for (unsigned i = 0; i < a->scan.raps_held; i++)
		assert(a->scan.raps[i].position == b->scan.raps[i].position);
}

static void
check_packets(const struct result *r, const uint8_t *data, size_t size)
{
	size_t at = 0;

	for (size_t i = 0; i < r->len; i += TS_PACKET) {
		const uint8_t *found = memmem(data + at, size - at, r->packets + i, TS_PACKET);

		assert(r->packets[i] == TS_SYNC && found != NULL);
		at = (size_t)(found - data) + TS_PACKET;
	}
	assert(r->align.packets * TS_PACKET == r->len);
}

static void
check_starts(const struct scan *s, size_t len)
{
	uint8_t prefix[SCAN_PREFIX_MAX];

	assert(s->raps_held <= SCAN_RAPS);
	for (unsigned i = 0; i < s->raps_held; i++) {
		size_t n = scan_prefix(s, &s->raps[i], prefix);

		assert(s->raps[i].position < len && s->raps[i].position % TS_PACKET == 0);
		assert(i == 0 || s->raps[i].position > s->raps[i - 1].position);
		assert(n % TS_PACKET == 0 && n <= sizeof(prefix) && n >= 2 * TS_PACKET);
	}
}

/* Sections whose sum was right, which mutated bytes seldom are: the whole input is one. */
static void
check_section(const uint8_t *data, size_t len)
{
	uint8_t out[PSI_PACKETS_MAX * TS_PACKET];
	struct psi_pat pat;
	struct psi_pmt pmt;

	if (psi_read_pat(data, len, &pat))
		assert(pat.count > 0 && pat.count <= PSI_PROGRAMMES_MAX);
	if (psi_read_pmt(data, len, &pmt))
		assert(pmt.pcr_pid < TS_PIDS && pmt.stream_count <= PSI_STREAMS_MAX);
	if (len > 0 && len <= PSI_SECTION_MAX)
		assert(psi_packets(data, len, TS_PID_PAT, 0, out) <= sizeof(out));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct result *whole, *cut;

	if (size < 1 || size > INPUT_MAX)
		return 0;
	check_section(data + 1, size - 1);
	whole = result_new(size);
	cut = result_new(size);
	take(whole, data + 1, size - 1);
	take_in_pieces(cut, data + 1, size - 1, data[0] * UINT32_C(0x9e3779b1));
	/* The clock of arrivals is the same for both: it counts by what has come out. */
	check_same(whole, cut);
	check_packets(whole, data + 1, size - 1);
	check_starts(&whole->scan, whole->len);
	result_free(whole);
	result_free(cut);
	return 0;
}
