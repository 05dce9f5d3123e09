/*
 * The guide: has the guide worker make guide/guide.xml, guide.xml.gz and guide.idx of all
 * sources' listings and of what the lineup wants, whenever something of that has changed or
 * a new day has begun; checks the index a little at a time so that the loop never waits,
 * and swaps the three in at once. A making that fails leaves the last good guide, and is
 * tried again with back-off. Replies under way keep the files that they began with.
 *
 * Whoever serves it dups the descriptors and takes a reference of the index in one turn of
 * the loop: then the three are of one making, whatever is swapped in later.
 */
#ifndef GATEWAY_GUIDE_H
#define GATEWAY_GUIDE_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct clock;
struct err;
struct event_base;
struct guide;
struct guide_index;
struct worker_pool;

#define GUIDE_SOURCES_MAX 48

struct guide_deps {
	struct event_base *base;
	struct worker_pool *workers;
	const struct clock *clock;
	const char *data; /* the data folder; read in guide_new only */
};

/* A guide was swapped in (err NULL), or making one failed. One that is the same is not told. */
typedef void guide_ready_cb(void *arg, const struct err *err);

/* NULL with *err set. */
struct guide *guide_new(const struct guide_deps *deps, guide_ready_cb *ready, void *arg,
    struct err *err);
/* NULL: no-op. */
void guide_free(struct guide *g);

/* -- what it is made of; guide_update then makes it ------------------------------ */

struct guide_source { /* copied */
	const char *name;
	const char *path; /* of its listings (epg/listings.h); may not exist yet */
	int32_t shift_s;  /* added to its times */
};
/* Best first. 0, -ENOMEM or -E2BIG. */
int guide_set_sources(struct guide *g, const struct guide_source *sources, size_t count);

struct guide_settings {           /* epg/workers.h */
	unsigned days_back, days; /* before and after today */
	uint32_t block_s;
	_Bool fill, events;
};
void guide_set_settings(struct guide *g, const struct guide_settings *settings);

/* What the lineup wants (epg/wanted.h), and a hash of that; 0: not known yet. 0 or -ENOMEM. */
int guide_set_wanted(struct guide *g, const char *path, uint64_t text);

/*
 * Takes up the guide of the last life, if there is one, and whether it is still up to date.
 * `ready` is called only if there is.
 */
void guide_restore(struct guide *g);
/*
 * Makes a new one, if something has changed that it is made of; while one is in the making,
 * after that. It also looks by itself now and then, for a new day.
 */
void guide_update(struct guide *g);

/* -- what is served: all NULL or -1 before there is a guide --------------------- */

/* Borrowed; guide_index_ref to keep it (epg/guide_index.h). */
struct guide_index *guide_index(const struct guide *g);
/* The guide's own, to be dupped; their file offset is nobody's: use pread and the like. */
int guide_xml_fd(const struct guide *g);
int guide_gzip_fd(const struct guide *g);

struct guide_info {
	_Bool building;
	uint64_t done, total; /* of what is being made, channels; 0: unknown */
	uint64_t builds, failed;
	uint64_t same;        /* builds that found the guide to be what it was */
	unsigned failures;    /* in a row */
	uint64_t took_ms;     /* the last build, from start to swap */
	uint64_t swap_us_max; /* the longest that one turn of checking or swapping held the loop */
	time_t made;          /* when it was last known to be up to date; 0: not since the start */
	/* Of the guide that is served; what only the worker tells is 0 after a restart. */
	uint64_t channels, programmes, bytes, gzip_bytes;
	uint64_t filled;   /* programmes from a later source than a channel's first */
	uint64_t madeup;   /* channels whose guide was made up */
	uint64_t empty;    /* channels without programmes */
	uint64_t reused;   /* channels whose compressed piece was copied from the last guide */
	int64_t last;      /* the latest stop; 0: none */
	const char *error; /* of the last build; "" when it was good */
};
void guide_get_info(const struct guide *g, struct guide_info *ret);

#endif
