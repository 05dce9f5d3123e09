/*
 * What the writer of listings is made of: the channels in memory, and the programmes'
 * rows, which are sorted and settled before they go to the file.
 */
#ifndef EPG_LISTINGS_PARTS_H
#define EPG_LISTINGS_PARTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/hash.h"

struct err;
struct listings_counts;

/* -- channels ------------------------------------------------------------------ */

struct listings_name {
	uint32_t text;         /* its records in the texts: i ID NUL x XML NUL */
	uint32_t id_len, size; /* of the ID; of the records with their NULs */
	uint32_t first, count; /* its programmes */
	uint32_t group;        /* 1 + its place among the channels that have programmes; 0: none */
	uint32_t merged;       /* <channel>s that it was put together of */
};

struct listings_names {
	struct listings_name *list;
	uint32_t count, room;
	struct buf texts;
	size_t dead;         /* bytes of the texts that are nobody's any more */
	struct hash_map ids; /* wanted_key() to the place in the list */
	uint32_t last;       /* the one that was looked up last */
};

void listings_names_init(struct listings_names *names);
void listings_names_release(struct listings_names *names);
/* The place of the channel, new with no XML if need be; or -ENOMEM, -E2BIG. */
int listings_names_get(struct listings_names *names, const char *id, size_t len, uint32_t *ret,
    struct err *err);
/* Adds those lines of the XML that the channel does not have yet, in the DTD's order. */
int listings_names_add(struct listings_names *names, uint32_t at, const char *xml, size_t len,
    struct err *err);

/* -- programmes ---------------------------------------------------------------- */

#define LISTINGS_DRAFT_LENGTH (UINT32_C(1) << 31) /* in size: stop is a length, 0: unknown */

struct listings_draft { /* 24 bytes: their number decides how much memory a guide takes */
	uint32_t start, group;
	uint32_t stop;  /* or the length */
	uint32_t size;  /* of the record; and the flag */
	uint64_t place; /* of the record */
};

/* Sorts by group, then by start, in place and in linear time; equals in any order. */
void listings_sort(struct listings_draft *rows, size_t count);
/* The times of a programme as they were given; false: they cannot be used at all. */
_Bool listings_draft_times(struct listings_draft *row, int64_t start, int64_t stop, int64_t length);
/*
 * Settles one channel's rows, sorted by start: what stays moves to the front, with a stop.
 * Returns how many; counts duplicates, clipped, first and last.
 */
size_t listings_settle(struct listings_draft *rows, size_t count, struct listings_counts *counts);

#endif
