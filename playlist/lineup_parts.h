/*
 * The lineup in the making: what its builder hands to its writer.
 */
#ifndef PLAYLIST_LINEUP_PARTS_H
#define PLAYLIST_LINEUP_PARTS_H

#include <stddef.h>
#include <stdint.h>

#include "playlist/lineup_format.h"

struct err;
struct lineup_source;

/* A channel-to-be: one entry of one catalogue. */
struct lineup_draft {
	uint32_t source, entry;
	uint64_t id, number; /* 0: not given yet */
	_Bool returned;      /* they are a gone channel's that it is again */
	struct evidence evidence;
};

struct lineup_plan {
	const struct lineup_source *sources;
	size_t source_count;
	uint64_t *source_hashes;
	struct lineup_draft *drafts; /* by source and playlist order */
	uint32_t count;
	struct lineup_known *gone; /* newest first */
	uint32_t gone_count;
	int64_t now;
};

/* Gives an id and a number to every draft that has none, and leaves the others alone. */
int lineup_assign(struct lineup_plan *plan, struct err *err);
/* Writes the snapshot. Every draft has its id and its number, each a different one. */
int lineup_write(int fd, const struct lineup_plan *plan, struct err *err);

#endif
