/*
 * Answers about the guide as JSON, made in pieces as they are sent, from the guide's index
 * and its mapped XML.
 */
#ifndef GATEWAY_GUIDE_JSON_H
#define GATEWAY_GUIDE_JSON_H

#include <stddef.h>
#include <stdint.h>

#include "gateway/guide_places.h"

struct buf;
struct guide_index;
struct guide_json;
struct images;
struct lineup;

/* The programme now and the next; those of a time; those that a search has found. */
enum guide_question { GUIDE_NOW, GUIDE_WINDOW, GUIDE_FOUND };

struct guide_json_spec {
	enum guide_question question;
	struct guide_index *index;  /* a reference is taken */
	struct guide_places places; /* taken over; not of GUIDE_FOUND */
	uint32_t first;             /* the place to begin at */
	uint32_t channels_max;      /* then the answer ends, and says how to go on */
	uint64_t programmes_max;    /* the same, at the next channel */
	int64_t from, to;           /* the time; of GUIDE_NOW from is now */
	uint32_t *found;            /* places of programmes; taken over; of GUIDE_FOUND only */
	size_t found_count;
	uint32_t found_next; /* where the search goes on; UINT32_MAX: it is all */
	/* The address to go on at, but for its last value; copied. */
	const char *next;
	struct images *images; /* NULL: all addresses of pictures stay. Outlives it */
	struct lineup *lineup; /* for logos; may be NULL; a reference is taken */
	const char *links;     /* what our addresses begin with; copied */
};

/* NULL: no memory (what was to be taken over is gone). */
struct guide_json *guide_json_new(const struct guide_json_spec *spec);
void guide_json_free(struct guide_json *a);
/* As guide_body_next. */
int guide_json_next(struct guide_json *a, struct buf *out);

#endif
