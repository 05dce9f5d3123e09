/*
 * Checks what a viewer of a synthetic stream (lib/ts.h) receives, byte by byte.
 *
 * A viewer's stream starts, and after a place where it was too slow goes on, with
 * PAT, PMT and a random access point, in that order and with nothing before; the
 * PAT and PMT may be copies. From there every packet is the next one, exactly as
 * it was made. What is neither counts as corrupt; what was jumped over as lost.
 */
#ifndef BENCH_LIB_CHECK_H
#define BENCH_LIB_CHECK_H

#include <stddef.h>
#include <stdint.h>

#include "bench/lib/ts.h"

struct check {
	const struct ts_stream *stream;
	uint64_t packets, corrupt; /* in packets */
	uint64_t jumps, lost;      /* places, and the packets between */
	uint64_t bad_starts;       /* starts that are not PAT, PMT, random access point */
	uint64_t first_rap_ns;     /* when the source made the first random access point; 0: none */
	uint64_t last_ns;          /* when the source made the newest packet in order */
	/* Insides. */
	uint64_t next;
	_Bool running, seen;
	unsigned place; /* packets since the start or the jump */
	uint8_t part[TS_PACKET];
	unsigned part_len;
};

void check_init(struct check *c, const struct ts_stream *stream);
/* Takes received bytes, cut anywhere. */
void check_feed(struct check *c, const uint8_t *data, size_t len);

#endif
