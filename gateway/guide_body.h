/*
 * A guide made of some of another: XMLTV for some channels and some time, and with
 * addresses of pictures that are ours, in pieces, copied from the mapped guide.
 */
#ifndef GATEWAY_GUIDE_BODY_H
#define GATEWAY_GUIDE_BODY_H

#include <stdint.h>

#include "gateway/guide_places.h"

struct buf;
struct guide_body;
struct guide_index;
struct images;
struct lineup;

struct guide_body_spec {
	struct guide_index *index;  /* a reference is taken */
	struct guide_places places; /* taken over */
	int64_t from, to;           /* programmes that are on air in [from, to) */
	/* NULL: all addresses of pictures stay. Outlives the body. */
	struct images *images;
	struct lineup *lineup; /* for logos; may be NULL; a reference is taken */
	const char *links; /* what our addresses begin with; copied; may be NULL without images */
};

/* NULL: no memory (what was to be taken over is gone). */
struct guide_body *guide_body_new(const struct guide_body_spec *spec);
void guide_body_free(struct guide_body *b);
/*
 * Appends some tens of KiB, or less, or nothing for once. 1: there is more; 0: that was the
 * last; -errno.
 */
int guide_body_next(struct guide_body *b, struct buf *out);

#endif
