#include <errno.h>

#include "base/err.h"
#include "epg/guide_index_parts.h"

/*
 * Its texts stand behind those of the channel before, and are not long. Returns how many
 * bytes they take; 0: they do not.
 */
static size_t
texts_len(const struct guide_index *g, const struct guide_channel_row *row)
{
	const struct snapshot_part *texts = &g->header.texts;
	const char *p = (const char *)g->map.data + texts->offset + g->texts_checked;
	uint64_t left = texts->len - SNAPSHOT_TAIL - g->texts_checked;
	size_t at = 0;

	if (row->id != g->texts_checked)
		return 0;
	for (int i = 0; i < 3; i++) {
		size_t most = left - at < GUIDE_TEXT_MAX ? (size_t)(left - at) : GUIDE_TEXT_MAX;
		size_t len = strnlen(p + at, most);

		if (len == most)
			return 0;
		at += len + 1;
	}
	return at;
}

/* Its part of guide.xml stands behind that of the channel before; so does that of the gzip. */
static _Bool
is_sound_piece(const struct guide_index *g, const struct guide_piece *piece)
{
	const struct guide_header *h = &g->header;
	char tail[GUIDE_TAIL_SIZE];
	uint64_t end = h->bytes - guide_tail(h->tag, tail);
	uint64_t packed_end = h->gzip_bytes == 0 ? 0 : h->gzip_bytes - GUIDE_GZIP_TAIL;

	if (piece->offset != g->xml_checked || piece->len > end - g->xml_checked ||
	    piece->len > GUIDE_CHANNEL_BYTES_MAX)
		return 0;
	if (h->gzip_bytes == 0 || piece->len == 0)
		return piece->packed == 0 && piece->packed_len == 0;
	return piece->packed == g->packed_checked && piece->packed_len > 0 &&
	    piece->packed_len <= packed_end - g->packed_checked;
}

static _Bool
is_sound_channel(const struct guide_index *g, const struct guide_channel_row *row)
{
	return row->xml <= g->header.head.len && row->xml_len <= g->header.head.len - row->xml &&
	    is_sound_piece(g, &row->programmes) && row->first == g->counted &&
	    row->count <= g->programmes - g->counted &&
	    (row->count == 0) == (row->programmes.len == 0);
}

static int
check_channel(struct guide_index *g, struct err *err)
{
	uint32_t i = g->channels_checked;
	struct guide_channel_row row = guide_index_channel_row(g, i);
	size_t texts = texts_len(g, &row);

	if (texts == 0 || !is_sound_channel(g, &row))
		return err_set(err, EBADMSG, "a broken guide index: channel row %" PRIu32, i);
	g->texts_checked += texts;
	g->xml_checked += row.programmes.len;
	g->packed_checked += row.programmes.packed_len;
	g->counted += row.count;
	g->channels_checked++;
	return 0;
}

/* All channels have been looked at: nothing is left but the tails. */
static int
check_ends(struct guide_index *g, struct err *err)
{
	const struct guide_header *h = &g->header;
	char tail[GUIDE_TAIL_SIZE];

	if (g->counted != g->programmes || g->texts_checked != h->texts.len - SNAPSHOT_TAIL ||
	    g->xml_checked != h->bytes - guide_tail(h->tag, tail) ||
	    h->gzip_bytes - g->packed_checked > GUIDE_PACKED_TAIL_MAX)
		return err_set(err, EBADMSG, "a broken guide index: channels are missing");
	g->ends_checked = 1;
	return 0;
}

static _Bool
is_sound_order(const struct guide_index *g, const struct snapshot_part *order, uint32_t i)
{
	if (i >= order->len / sizeof(uint32_t))
		return 1;
	return guide_index_order(g, order, i) < g->channels &&
	    (i == 0 ||
		strcmp(guide_index_order_text(g, order, i - 1),
		    guide_index_order_text(g, order, i)) <= 0);
}

static int
check_orders(struct guide_index *g, struct err *err)
{
	uint32_t i = g->orders_checked++;

	if (!is_sound_order(g, &g->header.ids, i) || !is_sound_order(g, &g->header.numbers, i))
		return err_set(err, EBADMSG, "a broken guide index: order row %" PRIu32, i);
	return 0;
}

/* Within a channel they follow one another, in guide.xml and in time. */
static _Bool
is_sound_row(const struct guide_index *g, const struct guide_channel_row *channel, uint32_t i)
{
	struct guide_row row = guide_index_row(g, i), before;

	if (row.start >= row.stop || row.at >= channel->programmes.len ||
	    row.title >= g->header.titles.len / GUIDE_TITLE_ALIGN)
		return 0;
	if (i == channel->first)
		return row.at == 0;
	before = guide_index_row(g, i - 1);
	return row.at > before.at && row.start >= before.stop;
}

static int
check_programme(struct guide_index *g, struct err *err)
{
	struct guide_channel_row channel = guide_index_channel_row(g, g->at_channel);

	while (g->checked - channel.first >= channel.count)
		channel = guide_index_channel_row(g, ++g->at_channel);
	if (!is_sound_row(g, &channel, g->checked))
		return err_set(err, EBADMSG, "a broken guide index: programme row %" PRIu32,
		    g->checked);
	g->checked++;
	return 0;
}

int
guide_index_check(struct guide_index *g, uint32_t rows, struct err *err)
{
	int rc = 0;

	for (; rows > 0 && rc == 0; rows--) {
		if (g->channels_checked < g->channels)
			rc = check_channel(g, err);
		else if (!g->ends_checked)
			rc = check_ends(g, err);
		else if (g->orders_checked < g->channels)
			rc = check_orders(g, err);
		else if (g->checked < g->programmes)
			rc = check_programme(g, err);
		else
			break;
	}
	/* What was looked at is not kept in memory: most of it is not asked for soon. */
	file_map_drop(&g->map, 0, g->map.len);
	if (rc < 0)
		return rc;
	return !g->ends_checked || g->orders_checked < g->channels || g->checked < g->programmes;
}

int
guide_index_load(struct guide_index **ret, int index_fd, int xml_fd, struct err *err)
{
	struct guide_index *g;
	int rc = guide_index_open(&g, index_fd, xml_fd, err);

	*ret = NULL;
	while (rc == 0 && (rc = guide_index_check(g, UINT32_MAX, err)) == 1)
		rc = 0;
	if (rc < 0)
		guide_index_unref(g);
	else
		*ret = g;
	return rc;
}
