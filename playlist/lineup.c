#include "playlist/lineup.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "playlist/lineup_format.h"
#include "playlist/lineup_number.h"

/* Bytes of texts looked at for one row: some more than rows have. */
#define CHECK_TEXTS 256

/* Channels of a walk after which its pages are given back: some 3 MiB. */
#define DROP_EVERY 8192

struct lineup {
	struct file_map map;
	struct lineup_header header; /* checked; the file's own is not looked at again */
	uint32_t count, stream_count;
	unsigned refs;
	/* How far lineup_check has come. */
	uint32_t checked, streams_checked;
	uint64_t texts_checked; /* bytes */
};

/* -- access: every row is copied out, every offset looked at ----------------- */

static const void *
row_at(const struct lineup *l, const struct snapshot_part *part, uint32_t i, size_t size)
{
	return (const char *)l->map.data + part->offset + i * size;
}

static uint64_t
u64_at(const struct lineup *l, const struct snapshot_part *part, uint32_t i)
{
	uint64_t value;

	memcpy(&value, row_at(l, part, i, sizeof(value)), sizeof(value));
	return value;
}

static struct lineup_row
row_get(const struct lineup *l, uint32_t i)
{
	struct lineup_row row;

	memcpy(&row, row_at(l, &l->header.rows, i, sizeof(row)), sizeof(row));
	return row;
}

static struct lineup_stream_row
stream_get(const struct lineup *l, uint32_t i)
{
	struct lineup_stream_row row;

	memcpy(&row, row_at(l, &l->header.streams, i, sizeof(row)), sizeof(row));
	return row;
}

static uint32_t
id_row_get(const struct lineup *l, uint32_t i)
{
	uint32_t row;

	memcpy(&row, row_at(l, &l->header.id_rows, i, sizeof(row)), sizeof(row));
	return row;
}

static const char *
text(const struct lineup *l, uint32_t offset)
{
	return snapshot_text(&l->map, &l->header.blob, offset);
}

/* -- opening ----------------------------------------------------------------- */

static int
check_header(struct lineup *l, struct err *err)
{
	const struct lineup_header *h = &l->header;
	uint64_t count;

	if (l->map.len < sizeof(*h))
		return err_set(err, EBADMSG, "not a whole lineup");
	memcpy(&l->header, l->map.data, sizeof(*h));
	if (memcmp(h->magic, LINEUP_MAGIC, sizeof(h->magic)) != 0)
		return err_set(err, EBADMSG, "not a whole lineup of this version");
	count = h->rows.len / sizeof(struct lineup_row);
	if (!snapshot_is_blob(&l->map, &h->blob) ||
	    !snapshot_holds(&l->map, &h->rows, sizeof(struct lineup_row)) ||
	    !snapshot_holds(&l->map, &h->numbers, sizeof(uint64_t)) ||
	    !snapshot_holds(&l->map, &h->ids, sizeof(uint64_t)) ||
	    !snapshot_holds(&l->map, &h->id_rows, sizeof(uint32_t)) ||
	    !snapshot_holds(&l->map, &h->streams, sizeof(struct lineup_stream_row)) ||
	    !snapshot_holds(&l->map, &h->known, sizeof(struct lineup_known)) ||
	    count > LINEUP_CHANNELS_MAX || h->numbers.len / sizeof(uint64_t) != count ||
	    h->ids.len / sizeof(uint64_t) != count || h->id_rows.len / sizeof(uint32_t) != count ||
	    h->streams.len / sizeof(struct lineup_stream_row) > UINT32_MAX ||
	    h->known.len / sizeof(struct lineup_known) > LINEUP_CHANNELS_MAX + LINEUP_GONE_MAX)
		return err_set(err, EBADMSG, "a broken lineup: its tables do not fit");
	l->count = (uint32_t)count;
	l->stream_count = (uint32_t)(h->streams.len / sizeof(struct lineup_stream_row));
	return 0;
}

int
lineup_open(struct lineup **ret, int fd, struct err *err)
{
	struct lineup *l = calloc(1, sizeof(*l));
	int rc;

	*ret = NULL;
	if (l == NULL)
		return err_set(err, ENOMEM, "out of memory");
	l->refs = 1;
	rc = file_map_fd(&l->map, fd, err);
	if (rc == 0)
		rc = check_header(l, err);
	if (rc < 0) {
		lineup_unref(l);
		return rc;
	}
	*ret = l;
	return 0;
}

static _Bool
is_sound_row(const struct lineup *l, uint32_t i, const struct lineup_row *row)
{
	uint64_t blob = l->header.blob.len;

	return lineup_number_is_valid(u64_at(l, &l->header.numbers, i)) &&
	    (i == 0 ||
		(u64_at(l, &l->header.numbers, i) > u64_at(l, &l->header.numbers, i - 1) &&
		    u64_at(l, &l->header.ids, i) > u64_at(l, &l->header.ids, i - 1))) &&
	    id_row_get(l, i) < l->count && row->name < blob && row->guide_id < blob &&
	    row->logo < blob && row->group < blob && row->attrs < blob &&
	    row->first_stream == l->streams_checked && row->stream_count <= LINEUP_STREAMS_MAX &&
	    row->stream_count <= l->stream_count - l->streams_checked;
}

static _Bool
are_sound_streams(const struct lineup *l, uint32_t first, uint32_t count)
{
	uint64_t blob = l->header.blob.len;

	for (uint32_t i = first; i < first + count; i++) {
		struct lineup_stream_row row = stream_get(l, i);

		if (row.source >= blob || row.url >= blob || row.user_agent >= blob ||
		    row.headers >= blob)
			return 0;
	}
	return 1;
}

static void
drop_all(const struct lineup *l)
{
	file_map_drop(&l->map, 0, l->map.len);
}

/* Gives back the pages of rows [from, to) of a table, which have been looked at. */
static void
drop_rows(const struct lineup *l, const struct snapshot_part *part, uint32_t from, uint32_t to,
    size_t size)
{
	file_map_drop(&l->map, part->offset + from * size, (size_t)(to - from) * size);
}

static void
drop_checked(const struct lineup *l, uint32_t from, uint32_t streams_from, uint64_t texts_from)
{
	const struct lineup_header *h = &l->header;

	drop_rows(l, &h->numbers, from, l->checked, sizeof(uint64_t));
	drop_rows(l, &h->ids, from, l->checked, sizeof(uint64_t));
	drop_rows(l, &h->id_rows, from, l->checked, sizeof(uint32_t));
	drop_rows(l, &h->rows, from, l->checked, sizeof(struct lineup_row));
	drop_rows(l, &h->streams, streams_from, l->streams_checked,
	    sizeof(struct lineup_stream_row));
	file_map_drop(&l->map, h->blob.offset + texts_from, l->texts_checked - texts_from);
}

static int
check_texts(struct lineup *l, uint32_t rows, struct err *err)
{
	const struct snapshot_part *blob = &l->header.blob;
	uint64_t stop = l->texts_checked + (uint64_t)rows * CHECK_TEXTS;

	while (l->texts_checked < blob->len && l->texts_checked < stop) {
		l->texts_checked = snapshot_check_texts(&l->map, blob, l->texts_checked);
		if (l->texts_checked == 0)
			return err_set(err, EBADMSG,
			    "a broken lineup: a text of more than %u bytes", SNAPSHOT_TEXT_MAX);
	}
	return 0;
}

int
lineup_check(struct lineup *l, uint32_t rows, struct err *err)
{
	uint32_t from = l->checked, streams_from = l->streams_checked;
	uint64_t texts_from = l->texts_checked;

	if (check_texts(l, rows, err) < 0)
		return -EBADMSG;
	for (; rows > 0 && l->checked < l->count; rows--) {
		struct lineup_row row = row_get(l, l->checked);

		if (!is_sound_row(l, l->checked, &row) ||
		    !are_sound_streams(l, row.first_stream, row.stream_count))
			return err_set(err, EBADMSG, "a broken lineup: row %" PRIu32, l->checked);
		l->checked++;
		l->streams_checked += row.stream_count;
	}
	if (l->checked < l->count || l->texts_checked < l->header.blob.len) {
		drop_checked(l, from, streams_from, texts_from);
		return 1;
	}
	if (l->streams_checked != l->stream_count)
		return err_set(err, EBADMSG, "a broken lineup: streams of no channel");
	drop_all(l);
	return 0;
}

int
lineup_load(struct lineup **ret, int fd, struct err *err)
{
	struct lineup *l;
	int rc = lineup_open(&l, fd, err);

	*ret = NULL;
	if (l == NULL)
		return rc;
	rc = lineup_check(l, UINT32_MAX, err);
	if (rc < 0)
		lineup_unref(l);
	else
		*ret = l;
	return rc;
}

struct lineup *
lineup_ref(struct lineup *l)
{
	l->refs++;
	return l;
}

void
lineup_unref(struct lineup *l)
{
	if (l == NULL || --l->refs > 0)
		return;
	file_map_close(&l->map);
	free(l);
}

/* -- reading ----------------------------------------------------------------- */

uint32_t
lineup_count(const struct lineup *l)
{
	return l->count;
}

uint64_t
lineup_tag(const struct lineup *l)
{
	return l->header.tag;
}

void
lineup_get(const struct lineup *l, uint32_t i, struct lineup_channel *ret)
{
	struct lineup_row row;
	uint64_t number;

	assert(i < l->count);
	if (i % DROP_EVERY == DROP_EVERY - 1)
		drop_all(l);
	row = row_get(l, i);
	number = u64_at(l, &l->header.numbers, i);
	*ret = (struct lineup_channel){
		.id = row.id,
		.major = (uint32_t)(number >> 32),
		.minor = (uint32_t)number,
		.name = text(l, row.name),
		.guide_id = text(l, row.guide_id),
		.logo = text(l, row.logo),
		.group = text(l, row.group),
		.attrs = text(l, row.attrs),
		.stream_count = row.stream_count,
		.index = i,
		.radio = (row.flags & LINEUP_RADIO) != 0,
	};
}

/* The place of `value` in an ascending table, or the count. */
static uint32_t
search(const struct lineup *l, const struct snapshot_part *part, uint64_t value)
{
	uint32_t low = 0, high = l->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		uint64_t at = u64_at(l, part, middle);

		if (at == value)
			return middle;
		if (at < value)
			low = middle + 1;
		else
			high = middle;
	}
	return l->count;
}

_Bool
lineup_find_number(const struct lineup *l, const char *number, struct lineup_channel *ret)
{
	uint64_t value = lineup_number_parse(number);
	uint32_t i = value == 0 ? l->count : search(l, &l->header.numbers, value);

	if (i == l->count)
		return 0;
	lineup_get(l, i, ret);
	return 1;
}

_Bool
lineup_find_id(const struct lineup *l, uint64_t id, struct lineup_channel *ret)
{
	uint32_t i = search(l, &l->header.ids, id), row;

	if (i == l->count)
		return 0;
	row = id_row_get(l, i);
	if (row >= l->count)
		return 0;
	lineup_get(l, row, ret);
	return ret->id == id;
}

void
lineup_get_stream(const struct lineup *l, const struct lineup_channel *channel, uint32_t k,
    struct lineup_stream *ret)
{
	struct lineup_row row;

	assert(channel->index < l->count && k < channel->stream_count);
	row = row_get(l, channel->index);
	*ret = (struct lineup_stream){ "", "", "", "" };
	if (row.first_stream < l->stream_count && k < l->stream_count - row.first_stream) {
		struct lineup_stream_row stream = stream_get(l, row.first_stream + k);

		ret->source = text(l, stream.source);
		ret->url = text(l, stream.url);
		ret->user_agent = text(l, stream.user_agent);
		ret->headers = text(l, stream.headers);
	}
}

uint32_t
lineup_known_count(const struct lineup *l)
{
	return (uint32_t)(l->header.known.len / sizeof(struct lineup_known));
}

void
lineup_known_get(const struct lineup *l, uint32_t i, struct lineup_known *ret)
{
	assert(i < lineup_known_count(l));
	memcpy(ret, row_at(l, &l->header.known, i, sizeof(*ret)), sizeof(*ret));
}

/* -- texts ------------------------------------------------------------------- */

void
lineup_number_text(const struct lineup_channel *channel, char out[24])
{
	if (channel->minor == 0)
		snprintf(out, 24, "%" PRIu32, channel->major);
	else
		snprintf(out, 24, "%" PRIu32 ".%" PRIu32, channel->major, channel->minor);
}

void
lineup_id_text(uint64_t id, char out[17])
{
	snprintf(out, 17, "%016" PRIx64, id);
}

_Bool
lineup_id_parse(const char *id, uint64_t *ret)
{
	if (strlen(id) != 16 || id[strspn(id, "0123456789abcdef")] != '\0')
		return 0;
	*ret = strtoull(id, NULL, 16);
	return 1;
}
