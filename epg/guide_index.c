#include "epg/guide_index.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "epg/guide_index_parts.h"
#include "epg/guide_text.h"

/* -- opening ----------------------------------------------------------------- */

static _Bool
are_sound_parts(const struct guide_index *g)
{
	const struct guide_header *h = &g->header;

	return snapshot_holds(&g->map, &h->titles, GUIDE_TITLE_ALIGN) &&
	    h->titles.len >= GUIDE_TITLE_ALIGN &&
	    *((const char *)g->map.data + h->titles.offset + h->titles.len - 1) == '\0' &&
	    snapshot_is_blob(&g->map, &h->texts) &&
	    snapshot_holds(&g->map, &h->channels, sizeof(struct guide_channel_row)) &&
	    snapshot_holds(&g->map, &h->ids, sizeof(uint32_t)) &&
	    snapshot_holds(&g->map, &h->numbers, sizeof(uint32_t)) &&
	    snapshot_holds(&g->map, &h->programmes, sizeof(struct guide_row)) &&
	    h->channels.len / sizeof(struct guide_channel_row) <= UINT32_MAX / 2 &&
	    h->programmes.len / sizeof(struct guide_row) <= UINT32_MAX / 2 &&
	    h->ids.len / sizeof(uint32_t) == h->channels.len / sizeof(struct guide_channel_row) &&
	    h->numbers.len <= h->ids.len;
}

/* The head begins both files, the tail that ends guide.xml has the index's tag. */
static _Bool
is_of_this_xml(const struct guide_index *g)
{
	const struct guide_header *h = &g->header;
	char tail[GUIDE_TAIL_SIZE];
	size_t len = guide_tail(h->tag, tail);

	return g->xml.len == h->bytes && h->bytes >= len && h->head.offset == 0 &&
	    h->head.len <= h->bytes - len &&
	    memcmp((const char *)g->xml.data + h->bytes - len, tail, len) == 0;
}

static _Bool
is_sound_gzip(const struct guide_header *h)
{
	if (h->gzip_bytes == 0)
		return h->head.packed == 0 && h->head.packed_len == 0;
	return h->head.packed == GUIDE_GZIP_HEAD &&
	    h->gzip_bytes >= GUIDE_GZIP_HEAD + GUIDE_GZIP_TAIL &&
	    h->head.packed_len <= h->gzip_bytes - GUIDE_GZIP_HEAD - GUIDE_GZIP_TAIL;
}

static int
check_header(struct guide_index *g, struct err *err)
{
	const struct guide_header *h = &g->header;

	if (g->map.len < sizeof(*h))
		return err_set(err, EBADMSG, "not a whole guide index");
	memcpy(&g->header, g->map.data, sizeof(*h));
	if (memcmp(h->magic, GUIDE_MAGIC, sizeof(h->magic)) != 0)
		return err_set(err, EBADMSG, "not a whole guide index of this version");
	if (!are_sound_parts(g) || !is_sound_gzip(h) || h->first < 0 || h->first > h->last ||
	    h->last > UINT32_MAX)
		return err_set(err, EBADMSG, "a broken guide index: its tables do not fit");
	if (!is_of_this_xml(g))
		return err_set(err, EBADMSG, "the guide and its index are not of one making");
	g->channels = (uint32_t)(h->channels.len / sizeof(struct guide_channel_row));
	g->programmes = (uint32_t)(h->programmes.len / sizeof(struct guide_row));
	g->xml_checked = h->head.len;
	g->packed_checked = h->head.packed + h->head.packed_len;
	return 0;
}

int
guide_index_open(struct guide_index **ret, int index_fd, int xml_fd, struct err *err)
{
	struct guide_index *g = calloc(1, sizeof(*g));
	int rc;

	*ret = NULL;
	if (g == NULL)
		return err_set(err, ENOMEM, "out of memory");
	g->refs = 1;
	rc = file_map_fd(&g->map, index_fd, err);
	if (rc == 0)
		rc = file_map_fd(&g->xml, xml_fd, err);
	if (rc == 0)
		rc = check_header(g, err);
	if (rc < 0) {
		guide_index_unref(g);
		return rc;
	}
	*ret = g;
	return 0;
}

struct guide_index *
guide_index_ref(struct guide_index *g)
{
	g->refs++;
	return g;
}

void
guide_index_unref(struct guide_index *g)
{
	if (g == NULL)
		return;
	assert(g->refs > 0);
	if (--g->refs > 0)
		return;
	file_map_close(&g->map);
	file_map_close(&g->xml);
	free(g);
}

void
guide_index_drop(const struct guide_index *g)
{
	file_map_drop(&g->map, 0, g->map.len);
	file_map_drop(&g->xml, 0, g->xml.len);
}

/* -- what is in it ----------------------------------------------------------- */

void
guide_index_get_info(const struct guide_index *g, struct guide_index_info *ret)
{
	const struct guide_header *h = &g->header;

	*ret = (struct guide_index_info){
		.tag = h->tag,
		.bytes = h->bytes,
		.gzip_bytes = h->gzip_bytes,
		.programmes = g->programmes,
		.channels = g->channels,
		.first = h->first,
		.last = h->last,
	};
}

/* The text there; *at becomes where the next one is. */
static const char *
next_text(const struct guide_index *g, uint32_t *at)
{
	const char *text = snapshot_text(&g->map, &g->header.texts, *at);

	*at += (uint32_t)strlen(text) + 1;
	return text;
}

void
guide_index_get_channel(const struct guide_index *g, uint32_t i, struct guide_index_channel *ret)
{
	struct guide_channel_row row = guide_index_channel_row(g, i);
	uint32_t at = row.id;
	const char *id = next_text(g, &at), *number = next_text(g, &at);

	*ret = (struct guide_index_channel){
		.id = id,
		.number = number,
		.name = next_text(g, &at),
		.xml = (const char *)g->xml.data + row.xml,
		.xml_len = row.xml_len,
		.first = row.first,
		.count = row.count,
		.digest = row.programmes.digest,
		.piece = row.programmes.packed,
		.piece_len = row.programmes.packed_len,
		.xml_bytes = row.programmes.len,
		.crc = row.programmes.crc,
	};
}

void
guide_index_get_programme(const struct guide_index *g, uint32_t i,
    struct guide_index_programme *ret)
{
	struct guide_row row = guide_index_row(g, i);
	uint32_t low = 0, high = g->channels;
	struct guide_channel_row channel;
	uint64_t end;

	/* The last channel that begins at i or before: those without programmes stand before. */
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (guide_index_channel_row(g, middle).first <= i)
			low = middle;
		else
			high = middle;
	}
	channel = guide_index_channel_row(g, low);
	end = i + 1 < channel.first + channel.count ? guide_index_row(g, i + 1).at
						    : channel.programmes.len;
	*ret = (struct guide_index_programme){
		.start = row.start,
		.stop = row.stop,
		.channel = low,
		.xml = (const char *)g->xml.data + channel.programmes.offset + row.at,
		.xml_len = (size_t)(end - row.at),
	};
}

uint32_t
guide_index_at(const struct guide_index *g, const struct guide_index_channel *c, int64_t when)
{
	uint32_t low = c->first, high = c->first + c->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (guide_index_row(g, middle).stop > when)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

const char *
guide_index_order_text(const struct guide_index *g, const struct snapshot_part *order, uint32_t i)
{
	struct guide_index_channel c;

	guide_index_get_channel(g, guide_index_order(g, order, i), &c);
	return order == &g->header.ids ? c.id : c.number;
}

static _Bool
find_in(const struct guide_index *g, const struct snapshot_part *order, const char *text,
    uint32_t *ret_i)
{
	uint32_t count = (uint32_t)(order->len / sizeof(uint32_t)), low = 0, high = count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (strcmp(guide_index_order_text(g, order, middle), text) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == count || strcmp(guide_index_order_text(g, order, low), text) != 0)
		return 0;
	*ret_i = guide_index_order(g, order, low);
	return 1;
}

_Bool
guide_index_find(const struct guide_index *g, const char *id_or_number, uint32_t *ret_i)
{
	return find_in(g, &g->header.ids, id_or_number, ret_i) ||
	    find_in(g, &g->header.numbers, id_or_number, ret_i);
}

/* -- texts of a programme ---------------------------------------------------- */

_Bool
guide_index_text(const struct guide_index_programme *p, const char *element, unsigned nth,
    struct buf *out)
{
	struct guide_element e;

	if (!guide_find_element(p->xml, p->xml_len, element, nth, &e))
		return 0;
	guide_decode(out, e.text, e.text_len);
	return 1;
}

_Bool
guide_index_attr(const struct guide_index_programme *p, const char *element, unsigned nth,
    const char *attr, struct buf *out)
{
	struct guide_element e;
	const char *value;
	size_t len;

	if (!guide_find_element(p->xml, p->xml_len, element, nth, &e) ||
	    !guide_find_attr(&e, attr, &value, &len))
		return 0;
	guide_decode(out, value, len);
	return 1;
}
