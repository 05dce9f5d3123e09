/*
 * The catalogue snapshot's layout, for its writer and its reader: header, blob
 * of texts, rows in playlist order. Host byte order: it never leaves the machine.
 */
#ifndef PLAYLIST_CATALOGUE_FORMAT_H
#define PLAYLIST_CATALOGUE_FORMAT_H

#include <stdint.h>

#include "base/snapshot.h"

/* Its last byte is the layout's version. */
#define CATALOGUE_MAGIC "MHCATLG\1"

struct catalogue_header {
	char magic[8];
	struct snapshot_part blob, rows;
	uint32_t guide_url; /* offset in the blob, as all below */
	uint32_t unused;
};

#define CATALOGUE_RADIO (1u << 0)

struct catalogue_row {
	uint32_t name, url, tvg_id, tvg_name, logo, chno, group;
	uint32_t directives, headers, user_agent, attrs;
	uint32_t line, flags;
};

#endif
