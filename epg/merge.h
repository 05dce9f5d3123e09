/*
 * One channel's programmes out of several listings, first source first: what the first has
 * stands, and, with `fill`, gaps between its programmes, before its first and after its last
 * are filled from the next. A filler begins in a gap; where it would run into what stands, it
 * ends there, unless that left less of it than counts as a gap. The first is who has any
 * programme in the window: a guide that ran out does not hide the next one.
 */
#ifndef EPG_MERGE_H
#define EPG_MERGE_H

#include <stddef.h>
#include <stdint.h>

#include "epg/listings.h"

struct merge_source {
	const struct listings *listings;
	int32_t shift_s; /* added to its times */
};
struct merge_settings {
	const struct merge_source *sources; /* best first */
	size_t count;
	int64_t from, to; /* programmes that touch [from, to) are kept */
	_Bool fill;
	uint32_t gap_s; /* a shorter hole is no gap: 300 */
};

/* source is the place in the array. Times are shifted. Negative stops. */
typedef int merge_cb(void *arg, unsigned source, const struct listings_programme *p);

struct merge_counts {
	uint64_t programmes, filled; /* given out; of them from a later source than the first */
};
/*
 * Gives out the programmes of one channel, sorted and without overlap. 0, what `out`
 * returned, or -ENOMEM.
 */
int merge_channel(const struct merge_settings *settings, const char *guide_id, int32_t shift_s,
    merge_cb *out, void *arg, struct merge_counts *counts);

#endif
