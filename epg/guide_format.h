/*
 * The layout of guide.idx, for its writer and its reader: header, titles, texts of the
 * channels, their rows, two orders of them, rows of the programmes. Host byte order: it
 * never leaves the machine.
 *
 * guide.xml is a head (all up to the last </channel>), the programmes of each channel in
 * turn, and a tail that holds the index's tag; guide.xml.gz has a piece of deflated data
 * for each of those.
 */
#ifndef EPG_GUIDE_FORMAT_H
#define EPG_GUIDE_FORMAT_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

#include "base/snapshot.h"
#include "epg/guide_write.h"

/* Its last byte is the layout's version. */
#define GUIDE_MAGIC "MHGUIDE\1"

/* A part of guide.xml, and where it is in guide.xml.gz. */
struct guide_piece {
	uint64_t offset, len;        /* in guide.xml */
	uint64_t digest;             /* XXH64 of it */
	uint64_t packed, packed_len; /* in guide.xml.gz; 0, 0: nowhere */
	uint32_t crc;                /* CRC-32 of it; 0 when it is nowhere in guide.xml.gz */
	uint32_t unused;
};

struct guide_header {
	char magic[8];
	uint64_t tag;               /* of all pieces' digests */
	uint64_t bytes, gzip_bytes; /* gzip_bytes 0: there is no guide.xml.gz */
	int64_t first, last;
	uint32_t crc, unused; /* of all of guide.xml */
	struct guide_piece head;
	struct snapshot_part titles, texts, channels, ids, numbers, programmes;
};

/* Its texts stand one behind the other: id, number, name; then the next channel's. */
struct guide_channel_row {
	struct guide_piece programmes;
	uint64_t xml;
	uint32_t xml_len;
	uint32_t id;
	uint32_t first, count;
};

/* Offsets are 32 bits, so no channel's programmes may take more. */
#define GUIDE_CHANNEL_BYTES_MAX UINT32_MAX

struct guide_row {
	uint32_t start, stop; /* seconds since 1970: until 2106 */
	uint32_t at;          /* from the channel's first byte */
	uint32_t title;       /* its place in the titles, in units of GUIDE_TITLE_ALIGN */
};

/*
 * Titles are folded (guide_fold), each once or a few times; they begin at multiples of
 * GUIDE_TITLE_ALIGN, so that one bit for each place tells which of them a search found, and
 * end on at least one NUL. Place 0 is no title.
 */
#define GUIDE_TITLE_ALIGN 8
#define GUIDE_TITLE_MAX   1024

/* RFC 1952: the smallest head there is, and CRC-32 and length at the end. */
#define GUIDE_GZIP_HEAD 10
#define GUIDE_GZIP_TAIL 8

/* What stands behind the last piece: the deflated tail and the end of the gzip member. */
#define GUIDE_PACKED_TAIL_MAX 128

/*
 * The last bytes of guide.xml. The tag in it tells whether an index is of this very file:
 * the files are replaced one after the other, and a power cut may come in between.
 */
#define GUIDE_TAIL_SIZE 40
static inline size_t
guide_tail(uint64_t tag, char out[GUIDE_TAIL_SIZE])
{
	return (size_t)snprintf(out, GUIDE_TAIL_SIZE, "<!-- %016" PRIx64 " -->\n</tv>\n", tag);
}

#endif
