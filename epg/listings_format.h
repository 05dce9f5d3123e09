/*
 * The listings snapshot's layout, for its writer and its reader. Host byte order: it
 * never leaves the machine.
 *
 * The texts are records: the letter of its kind, what listings_check.c makes sure of, and
 * a NUL. Before the first one stands a NUL too, so that the texts always end with one.
 *
 *	p ATTRS BODY	a programme; the attributes end where the body's first < stands
 *	i ID		a channel; behind it always
 *	x XML		its elements
 */
#ifndef EPG_LISTINGS_FORMAT_H
#define EPG_LISTINGS_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#include "base/snapshot.h"

/* Its last byte is the layout's version. */
#define LISTINGS_MAGIC "MHLISTG\1"

#define LISTINGS_DAY      86400
#define LISTINGS_TIME_MAX UINT32_C(4291747200) /* 2106-01-01: no start is as late */

struct listings_header {
	char magic[8];
	struct snapshot_part texts;
	struct snapshot_part programmes; /* struct listings_row, by channel, then by start */
	struct snapshot_part channels;   /* struct listings_channel_row, as the source has them */
};

/* A record's place (40 bits, from the texts' start) and its length (24 bits) in 8 bytes. */
#define LISTINGS_PLACE_MAX   ((UINT64_C(1) << 40) - 1)
#define LISTINGS_RECORD_MAX  ((UINT32_C(1) << 24) - 1)
#define LISTINGS_PLACE_SHIFT 24

struct listings_row {
	uint32_t start, stop; /* seconds since 1970 */
	uint32_t place;       /* its low 32 bits */
	uint32_t size;        /* bytes of the record; above bit 24 the place's high 8 bits */
};

struct listings_channel_row {
	uint64_t place; /* of its i record */
	uint32_t first, count;
};

/*
 * Behind the record at `p` and its NUL; NULL: there is none that is sound, which is said in
 * listings.h. p < end, the end of all texts, and the byte before that is a NUL.
 */
const char *listings_check_record(const char *p, const char *end);

#endif
