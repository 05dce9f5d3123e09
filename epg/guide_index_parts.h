/*
 * The index's inside, for guide_index*.c and for the writer, which reads the last one.
 */
#ifndef EPG_GUIDE_INDEX_PARTS_H
#define EPG_GUIDE_INDEX_PARTS_H

#include <string.h>

#include "epg/guide_format.h"
#include "epg/guide_index.h"

struct guide_index {
	struct file_map map, xml;
	struct guide_header header; /* checked; the file's own is not looked at again */
	uint32_t channels, programmes;
	unsigned refs;
	/*
	 * How far guide_index_check has come: with the channels' rows, then with their orders,
	 * then with the programmes' rows.
	 */
	uint32_t channels_checked, orders_checked, checked;
	_Bool ends_checked;
	uint32_t counted;                                    /* programmes of those channels */
	uint32_t at_channel;                                 /* that `checked` is of */
	uint64_t texts_checked, xml_checked, packed_checked; /* bytes */
};

/* Rows are copied out, i is below the count of its table. */
static inline struct guide_channel_row
guide_index_channel_row(const struct guide_index *g, uint32_t i)
{
	struct guide_channel_row row;

	memcpy(&row, (const char *)g->map.data + g->header.channels.offset + i * sizeof(row),
	    sizeof(row));
	return row;
}

static inline struct guide_row
guide_index_row(const struct guide_index *g, uint32_t i)
{
	struct guide_row row;

	memcpy(&row, (const char *)g->map.data + g->header.programmes.offset + i * sizeof(row),
	    sizeof(row));
	return row;
}

/* Of one of the two orders. */
static inline uint32_t
guide_index_order(const struct guide_index *g, const struct snapshot_part *order, uint32_t i)
{
	uint32_t place;

	memcpy(&place, (const char *)g->map.data + order->offset + i * sizeof(place),
	    sizeof(place));
	return place;
}

/* The text that one of the two orders is by. */
const char *guide_index_order_text(const struct guide_index *g, const struct snapshot_part *order,
    uint32_t i);

#endif
