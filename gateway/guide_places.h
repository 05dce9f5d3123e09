/*
 * Which channels of a guide a request asks for, as their places in its index: found by
 * search, so that one of 370,000 costs no walk over all.
 */
#ifndef GATEWAY_GUIDE_PLACES_H
#define GATEWAY_GUIDE_PLACES_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct guide_index;

#define GUIDE_PLACES_MAX 256 /* items of a list */

/* What a list may look like, for sentences. */
#define GUIDE_PLACES_FORM \
	"a list like 1-50,5.1,7 of channel numbers, ranges of them, and channel ids"

struct guide_span {
	uint32_t first, end; /* end: behind the last */
};

struct guide_places {
	struct guide_span *spans; /* owned; ascending, apart from each other, none empty */
	size_t count;
};

/*
 * Of "1-50,5.1,7,0123456789abcdef.masthead"; NULL: all channels. Range ends without a minor
 * number have all: 1-5 holds 5.1. What the guide does not have is left out. -EINVAL says
 * what is wrong with the list; -ENOMEM.
 */
int guide_places_init(struct guide_places *p, const struct guide_index *index, const char *list,
    struct err *err);
void guide_places_release(struct guide_places *p);

/* The first of them at or behind `place`; UINT32_MAX: there is none. */
uint32_t guide_places_next(const struct guide_places *p, uint32_t place);

#endif
