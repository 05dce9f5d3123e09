/*
 * The lineup snapshot's layout, for its writer and its readers. Host byte order:
 * it never leaves the machine.
 *
 * What the gateway looks things up in (numbers, ids) lies in tables of its own,
 * so that a search touches few pages; so do the names, at the blob's start. What
 * only the next build needs (`known`) it never touches.
 */
#ifndef PLAYLIST_LINEUP_FORMAT_H
#define PLAYLIST_LINEUP_FORMAT_H

#include <stdint.h>

#include "base/snapshot.h"
#include "playlist/identity.h"

struct lineup;

/* Its last byte is the layout's version; it counts on with struct evidence too. */
#define LINEUP_MAGIC "MHLINUP\1"

struct lineup_header {
	char magic[8];
	uint64_t tag;
	struct snapshot_part numbers; /* u64 each: lineup_number() of the row, ascending */
	struct snapshot_part ids;     /* u64 each: the ids, ascending */
	struct snapshot_part id_rows; /* u32 each: the row of the id at the same place */
	struct snapshot_part rows;    /* struct lineup_row, in the order of numbers */
	struct snapshot_part streams; /* struct lineup_stream_row, in the order of the rows */
	struct snapshot_part known;   /* struct lineup_known */
	struct snapshot_part blob;
};

#define LINEUP_RADIO (1u << 0)

struct lineup_row {
	uint64_t id;
	uint32_t name, guide_id, logo, group, attrs; /* offsets in the blob */
	uint32_t first_stream, stream_count, flags;
};

struct lineup_stream_row {
	uint32_t source, url, user_agent, headers; /* offsets in the blob */
};

/*
 * What the next build must know of a channel: first those of this lineup, by
 * source and playlist order, then the gone ones, newest first.
 */
struct lineup_known {
	uint64_t id, number;
	uint64_t source; /* hash of its source's name */
	int64_t seen;    /* wall clock of the last build that had it, or missed it first */
	uint64_t live;   /* 1: it is in this lineup */
	struct evidence evidence;
};

uint32_t lineup_known_count(const struct lineup *l);
/* i < count */
void lineup_known_get(const struct lineup *l, uint32_t i, struct lineup_known *ret);

#endif
