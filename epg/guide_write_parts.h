/*
 * What the guide's writer is made of: the XML as it goes to its file and is hashed, its
 * compressed pieces, and the index.
 */
#ifndef EPG_GUIDE_WRITE_PARTS_H
#define EPG_GUIDE_WRITE_PARTS_H

#include <stddef.h>
#include <stdint.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/snapshot.h"
#include "epg/guide_format.h"

struct err;
struct guide_index;
struct listings_programme;

/* -- guide.xml --------------------------------------------------------------- */

#define GUIDE_TEXT_SIZE (256u << 10)

struct guide_text {
	int fd;
	char *data;
	size_t len, hashed; /* bytes in `data`; of them in the hash */
	uint64_t written;   /* in the file */
	uint64_t begin;     /* of the piece that is being written */
	struct hash_xx hash;
	int error; /* 0 or -errno; sticky */
};

int guide_text_init(struct guide_text *t, int fd);
void guide_text_release(struct guide_text *t);
void guide_text_add(struct guide_text *t, const void *data, size_t len);
/* Ends the piece and begins the next: its place and digest in *ret, nothing compressed yet. */
void guide_text_cut(struct guide_text *t, struct guide_piece *ret);
int guide_text_flush(struct guide_text *t, struct err *err);

static inline uint64_t
guide_text_offset(const struct guide_text *t)
{
	return t->written + t->len;
}

/* -- guide.xml.gz ------------------------------------------------------------ */

struct guide_pack {
	_Bool on;
	struct snapshot_out out;
	z_stream z;
	uint32_t crc;   /* of all so far */
	uint64_t bytes; /* of guide.xml */
	/* The last guide, when its two files are of one making; NULL: pieces are not reused. */
	const struct guide_index *old;
	int old_fd;
	unsigned char *buffer;
};

/* fd -1: nothing will be done. */
int guide_pack_init(struct guide_pack *p, int fd, const struct guide_index *old, int old_fd,
    struct err *err);
void guide_pack_release(struct guide_pack *p);
/*
 * Adds the piece of guide.xml that was cut last, and sets where it is. `same`: the piece of
 * the last guide that may be the same; NULL: none. 1: that one was copied.
 */
int guide_pack_add(struct guide_pack *p, const struct guide_text *t, struct guide_piece *piece,
    const struct guide_piece *same, struct err *err);
/* Adds the tail, which is `len` bytes, and ends the file. */
int guide_pack_finish(struct guide_pack *p, const char *tail, size_t len, struct err *err);

/* -- guide.idx --------------------------------------------------------------- */

/* Titles that were seen of late, so that most are in the index once. */
struct guide_title {
	uint64_t key;
	uint32_t place;
};
#define GUIDE_TITLE_SETS 16384
#define GUIDE_TITLE_WAYS 4

struct guide_rows {
	_Bool on;
	struct snapshot_out out;
	struct guide_row *rows;
	size_t count, room;
	struct guide_title *titles;
	struct buf plain, folded;
};

/* fd -1: nothing will be done. */
int guide_rows_init(struct guide_rows *r, int fd, struct err *err);
void guide_rows_release(struct guide_rows *r);
/* A programme that begins `at` bytes behind its channel's first. */
int guide_rows_add(struct guide_rows *r, const struct listings_programme *p, uint64_t at,
    struct err *err);
/* Writes it all; *header has what is not a table. Texts: as in guide_channel_row. */
int guide_rows_finish(struct guide_rows *r, struct guide_header *header,
    const struct guide_channel_row *channels, size_t count, const struct buf *texts,
    struct err *err);

/* -- <channel> --------------------------------------------------------------- */

struct guide_write_channel;
/* Appends the element, a line for each of its children. */
void guide_channel_xml(struct buf *out, const struct guide_write_channel *c);

#endif
