/*
 * What the lineup wants of the guides: a text that the lineup worker writes and the
 * listings and guide workers read, a line for each channel in the lineup's order, its
 * fields between tabs (in texts \t, \n and \\ stand for themselves):
 *
 *	ID  NUMBER  SHIFT  GUIDE-ID  NAME  LOGO
 *
 * ID is the channel's in the output, [A-Za-z0-9.-]; SHIFT seconds to add to its programmes'
 * times; GUIDE-ID its id in the guides, or nothing. NUMBER, NAME and LOGO may be empty.
 */
#ifndef EPG_WANTED_H
#define EPG_WANTED_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct wanted;

#define WANTED_CHANNELS_MAX 2000000
#define WANTED_SHIFT_MAX    (14 * 86400)

struct wanted_channel {
	const char *id, *number, *guide_id, *name, *logo;
	int32_t shift_s;
};

/* Reads the whole file at fd; -EBADMSG names the line. An empty file wants nothing. */
int wanted_load(struct wanted **ret, int fd, struct err *err);
void wanted_free(struct wanted *w);
uint32_t wanted_count(const struct wanted *w);
void wanted_get(const struct wanted *w, uint32_t i, struct wanted_channel *ret);

/* Is that guide id wanted by any channel? Without regard to case and to blanks around it. */
_Bool wanted_has(const struct wanted *w, const char *guide_id, size_t len);
/* The key by which guide ids are the same: for tables in memory, never for a file. */
uint64_t wanted_key(const char *guide_id, size_t len);

#endif
