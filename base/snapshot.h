/*
 * What the snapshot files have in common: a header that is written last, a blob
 * of texts that rows point into, and tables of fixed-size rows.
 *
 * Readers trust no offset in a file. The blob ends with SNAPSHOT_TAIL NULs, so
 * that a text, or a list of "name\0value\0...\0" pairs, that starts inside ends
 * inside, wherever it starts.
 */
#ifndef BASE_SNAPSHOT_H
#define BASE_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/file.h"

struct err;

#define SNAPSHOT_TAIL     4
#define SNAPSHOT_TEXT_MAX (256u << 10) /* bytes of a text; the M3U reader makes none as long */

/* A place in the file. */
struct snapshot_part {
	uint64_t offset, len; /* bytes */
};

/* -- writing ----------------------------------------------------------------- */

/* Appends to a file through one large buffer; keeps its first error. */
struct snapshot_out {
	int fd;
	char *data;
	size_t len;
	uint64_t offset; /* of what is appended next */
	int error;       /* 0 or -errno; sticky */
};

/* Leaves the first `header` bytes of fd for snapshot_finish. 0 or -ENOMEM. */
int snapshot_out_init(struct snapshot_out *out, int fd, size_t header);
void snapshot_out_release(struct snapshot_out *out);
/* Appends the bytes and returns where they are. */
uint64_t snapshot_add(struct snapshot_out *out, const void *data, size_t len);
/* Fills up to a multiple of 8, where a table may start. */
void snapshot_align(struct snapshot_out *out);
/* Writes what is held back, then the header. */
int snapshot_finish(struct snapshot_out *out, const void *header, size_t len, struct err *err);

/* -- reading ----------------------------------------------------------------- */

/* The part lies in the file, aligned for rows of `row` bytes, all of them whole. */
_Bool snapshot_holds(const struct file_map *map, const struct snapshot_part *part, size_t row);
/* The part is a blob of texts. */
_Bool snapshot_is_blob(const struct file_map *map, const struct snapshot_part *part);
/*
 * Looks at up to SNAPSHOT_TEXT_MAX bytes of the blob from `from` on, where a text
 * begins. Returns where to go on, blob->len in the end; 0: a text is longer.
 */
uint64_t snapshot_check_texts(const struct file_map *map, const struct snapshot_part *blob,
    uint64_t from);

/* The text at `offset` of the blob; "" if there is none. */
static inline const char *
snapshot_text(const struct file_map *map, const struct snapshot_part *blob, uint32_t offset)
{
	const char *text = (const char *)map->data + blob->offset;
	static const char tail[SNAPSHOT_TAIL];

	if (offset >= blob->len ||
	    memcmp(text + blob->len - SNAPSHOT_TAIL, tail, SNAPSHOT_TAIL) != 0)
		return "";
	return text + offset;
}

#endif
