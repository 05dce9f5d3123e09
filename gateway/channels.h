/*
 * The channels: has the lineup worker make a lineup of all catalogues whenever
 * one has changed, and a list of what it wants of the guides; checks the result a
 * little at a time so that the loop never waits, and swaps it in by pointer. A
 * build that fails is tried again with back-off. Viewers and replies under way keep
 * the lineup that they began with.
 */
#ifndef GATEWAY_CHANNELS_H
#define GATEWAY_CHANNELS_H

#include <stddef.h>
#include <stdint.h>

struct channels;
struct err;
struct event_base;
struct lineup;
struct worker_pool;

#define CHANNELS_SOURCES_MAX 60

/* One catalogue that the lineup is made of; both texts are copied. */
struct channels_source {
	const char *name;
	const char *path; /* of its catalogue snapshot; may not exist yet */
};

/* A lineup was swapped in (lineup != NULL), or making one failed (err says why). */
typedef void channels_ready_cb(void *arg, struct lineup *lineup, const struct err *err);

struct channels *channels_new(struct event_base *base, struct worker_pool *workers,
    const char *data, channels_ready_cb *ready, void *arg, struct err *err);
/* NULL: no-op. */
void channels_free(struct channels *c);

/* What it is made of from now on, in order. 0, -ENOMEM or -E2BIG. */
int channels_set_sources(struct channels *c, const struct channels_source *sources, size_t count);
/* Loads the lineup of the last life, if there is one. `ready` is called only if there is. */
void channels_restore(struct channels *c);
/*
 * Makes a new one; while one is in the making, once more after it. Without a single
 * catalogue the last one stays: an empty lineup makes clients forget their tuner.
 */
void channels_rebuild(struct channels *c);

/* Borrowed; lineup_ref to keep it. NULL: none yet. */
struct lineup *channels_lineup(const struct channels *c);

/*
 * What the lineup wants of the guides (epg/wanted.h), in the file snapshots/wanted. The
 * hashes are 0 before it is known whether that is still so: then a lineup is in the making.
 */
struct channels_wanted {
	const char *path;
	uint64_t ids;  /* of the set of guide ids */
	uint64_t text; /* of the whole file */
};
void channels_get_wanted(const struct channels *c, struct channels_wanted *ret);

struct channels_info {
	_Bool building;
	uint64_t builds, failed;
	uint64_t took_ms;     /* the last build, from start to swap */
	uint64_t swap_us_max; /* the longest that one turn of checking or swapping held the loop */
	uint64_t kept, added, gone; /* by the last build */
	const char *error;          /* of the last build; "" when it was good */
};
void channels_get_info(const struct channels *c, struct channels_info *ret);

#endif
