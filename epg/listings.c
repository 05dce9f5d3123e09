#include "epg/listings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/hash.h"
#include "epg/listings_format.h"
#include "epg/wanted.h"

/* Rows after whose check their pages are given back: 1 MiB. */
#define CHECK_ROWS (1u << 16)

/*
 * Programmes' texts are not read by mapping them: where a source goes by time, a channel's
 * lie all over the file, and a page fault each, which brings pages around it along, costs
 * several times as much as a read, and more memory. What is read at once grows while texts
 * follow each other.
 */
#define AHEAD_MIN (4u << 10)
#define AHEAD_MAX (64u << 10)

struct window {
	char *data; /* owned */
	size_t len, room;
	uint64_t place; /* of its first byte in the texts */
	size_t ahead;
	uint64_t broken; /* texts that were refused */
};

struct listings {
	int fd; /* the caller's */
	struct file_map map;
	struct listings_header header; /* checked; the file's own is not looked at again */
	uint32_t channels, programmes;
	struct hash_map ids; /* wanted_key() to the channel */
	struct window *window;
};

/* -- access: every row is copied out, every place looked at ------------------------- */

static const char *
row_at(const struct listings *l, uint32_t i)
{
	return (const char *)l->map.data + l->header.programmes.offset +
	    i * sizeof(struct listings_row);
}

static struct listings_row
row_get(const struct listings *l, uint32_t i)
{
	struct listings_row row;

	memcpy(&row, row_at(l, i), sizeof(row));
	return row;
}

static struct listings_channel_row
channel_row_get(const struct listings *l, uint32_t i)
{
	struct listings_channel_row row;

	memcpy(&row, (const char *)l->map.data + l->header.channels.offset + i * sizeof(row),
	    sizeof(row));
	return row;
}

static const char *
texts(const struct listings *l)
{
	return (const char *)l->map.data + l->header.texts.offset;
}

/* -- opening -------------------------------------------------------------------------- */

static int
broken(struct err *err, const char *what)
{
	return err_set(err, EBADMSG, "broken listings: %s", what);
}

static int
check_header(struct listings *l, struct err *err)
{
	const struct listings_header *h = &l->header;
	uint64_t channels, programmes;

	if (l->map.len < sizeof(*h))
		return err_set(err, EBADMSG, "not whole listings");
	memcpy(&l->header, l->map.data, sizeof(*h));
	if (memcmp(h->magic, LISTINGS_MAGIC, sizeof(h->magic)) != 0)
		return err_set(err, EBADMSG, "not whole listings of this version");
	channels = h->channels.len / sizeof(struct listings_channel_row);
	programmes = h->programmes.len / sizeof(struct listings_row);
	if (!snapshot_holds(&l->map, &h->texts, 1) || h->texts.len == 0 ||
	    h->texts.len > LISTINGS_PLACE_MAX || texts(l)[h->texts.len - 1] != '\0' ||
	    !snapshot_holds(&l->map, &h->channels, sizeof(struct listings_channel_row)) ||
	    !snapshot_holds(&l->map, &h->programmes, sizeof(struct listings_row)) ||
	    channels > LISTINGS_CHANNELS_MAX || programmes > LISTINGS_PROGRAMMES_MAX)
		return broken(err, "its tables do not fit");
	l->channels = (uint32_t)channels;
	l->programmes = (uint32_t)programmes;
	return 0;
}

/* *bytes: what their texts take is added. */
static _Bool
check_rows_of(const struct listings *l, uint32_t first, uint32_t count, uint64_t *bytes)
{
	uint32_t after = 0; /* the stop of the one before */

	for (uint32_t i = 0; i < count; i++) {
		struct listings_row row = row_get(l, first + i);

		if (row.start == 0 || row.start < after || row.stop <= row.start)
			return 0;
		after = row.stop;
		*bytes += (row.size & LISTINGS_RECORD_MAX) + 1u;
	}
	return 1;
}

/* Bytes of the records of a channel at that place: id and elements; 0: they are not there. */
static uint64_t
channel_size(const struct listings *l, uint64_t place)
{
	const char *start = texts(l) + place, *end = texts(l) + l->header.texts.len, *p = NULL;

	if (*start == 'i')
		p = listings_check_record(start, end);
	if (p == NULL || p == end || *p != 'x')
		return 0;
	p = listings_check_record(p, end);
	return p == NULL ? 0 : (uint64_t)(p - start);
}

static int
check_channels(struct listings *l, struct err *err)
{
	uint64_t total = 0, bytes = 0;

	for (uint32_t i = 0; i < l->channels; i++) {
		struct listings_channel_row row = channel_row_get(l, i);
		uint64_t size = 0, key;
		const char *id;

		/* No text and no row may be looked at for many channels or programmes. */
		if (row.place < l->header.texts.len)
			size = channel_size(l, row.place);
		bytes += size;
		if (size == 0 || bytes > l->header.texts.len)
			return broken(err, "a channel without its texts");
		total += row.count;
		if (total > l->programmes || row.first > l->programmes - row.count ||
		    !check_rows_of(l, row.first, row.count, &bytes))
			return broken(err, "programmes out of order");
		if (bytes > l->header.texts.len)
			return broken(err, "programmes that share their texts");
		id = texts(l) + row.place + 1;
		key = wanted_key(id, strlen(id));
		if (hash_map_get(&l->ids, key, UINT32_MAX) != UINT32_MAX)
			return broken(err, "a channel that is there twice");
		if (hash_map_put(&l->ids, key, i) < 0)
			return err_set(err, ENOMEM, "out of memory");
		if (row.count > 0 && total % CHECK_ROWS < row.count)
			file_map_drop(&l->map, l->header.programmes.offset,
			    l->header.programmes.len);
	}
	return 0;
}

int
listings_open(struct listings **ret, int fd, struct err *err)
{
	struct listings *l = calloc(1, sizeof(*l));
	struct window *window = calloc(1, sizeof(*window));
	int rc;

	*ret = NULL;
	if (l == NULL || window == NULL) {
		free(window);
		free(l);
		return err_set(err, ENOMEM, "out of memory");
	}
	l->window = window;
	window->ahead = AHEAD_MIN;
	l->fd = fd;
	hash_map_init(&l->ids);
	rc = file_map_fd(&l->map, fd, err);
	if (rc == 0)
		rc = check_header(l, err);
	if (rc == 0)
		rc = check_channels(l, err);
	if (rc < 0) {
		listings_close(l);
		return rc;
	}
	file_map_drop(&l->map, 0, l->map.len);
	*ret = l;
	return 0;
}

void
listings_close(struct listings *l)
{
	if (l == NULL)
		return;
	hash_map_release(&l->ids);
	file_map_close(&l->map);
	free(l->window->data);
	free(l->window);
	free(l);
}

/* -- reading -------------------------------------------------------------------------- */

void
listings_forget(const struct listings *l)
{
	file_map_drop(&l->map, 0, l->map.len);
}

uint32_t
listings_channel_count(const struct listings *l)
{
	return l->channels;
}

void
listings_get_channel(const struct listings *l, uint32_t i, struct listings_channel *ret)
{
	struct listings_channel_row row = channel_row_get(l, i);

	ret->id = texts(l) + row.place + 1;
	ret->xml = ret->id + strlen(ret->id) + 2;
	ret->first = row.first;
	ret->count = row.count;
}

_Bool
listings_find(const struct listings *l, const char *id, struct listings_channel *ret)
{
	uint32_t i = hash_map_get(&l->ids, wanted_key(id, strlen(id)), UINT32_MAX);

	if (i == UINT32_MAX)
		return 0;
	listings_get_channel(l, i, ret);
	return 1;
}

void
listings_get_times(const struct listings *l, uint32_t i, int64_t *start, int64_t *stop)
{
	struct listings_row row = row_get(l, i);

	*start = row.start;
	*stop = row.stop;
}

/* Makes the window begin at that place and hold `need` bytes, and some more. */
static _Bool
move_window(const struct listings *l, uint64_t place, size_t need)
{
	struct window *w = l->window;
	uint64_t left = l->header.texts.len - place;
	size_t want;

	w->ahead = place >= w->place && place <= w->place + w->len ? w->ahead * 2 : AHEAD_MIN;
	if (w->ahead > AHEAD_MAX)
		w->ahead = AHEAD_MAX;
	want = need > w->ahead ? need : w->ahead < left ? w->ahead : (size_t)left;
	w->len = 0;
	if (want > w->room) {
		char *data = realloc(w->data, want);

		if (data == NULL)
			return 0;
		w->data = data;
		w->room = want;
	}
	w->place = place;
	while (w->len < need) {
		ssize_t n = pread(l->fd, w->data + w->len, want - w->len,
		    (off_t)(l->header.texts.offset + place + w->len));

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return 0;
		w->len += (size_t)n;
	}
	return 1;
}

/* The record at that place, of `size` bytes and a NUL; NULL: none of a programme is there. */
static const char *
record_at(const struct listings *l, uint64_t place, uint32_t size)
{
	struct window *w = l->window;
	const char *p;

	if (place >= l->header.texts.len || size >= l->header.texts.len - place)
		return NULL;
	if ((place < w->place || place + size + 1 > w->place + w->len) &&
	    !move_window(l, place, size + 1u))
		return NULL;
	p = w->data + (place - w->place);
	if (p[0] != 'p' || p[size] != '\0' ||
	    listings_check_record(p, p + size + 1) != p + size + 1)
		return NULL;
	return p;
}

void
listings_get_programme(const struct listings *l, uint32_t i, struct listings_programme *ret)
{
	static const char nothing[] = "<title></title>\n";
	struct listings_row row = row_get(l, i);
	uint64_t place = row.place | (uint64_t)(row.size >> LISTINGS_PLACE_SHIFT) << 32;
	uint32_t size = row.size & LISTINGS_RECORD_MAX;
	const char *text = record_at(l, place, size);

	*ret = (struct listings_programme){ row.start, row.stop, "", 0, nothing,
		sizeof(nothing) - 1 };
	if (text == NULL) {
		l->window->broken++;
		return;
	}
	ret->attrs = text + 1;
	ret->body = memchr(text, '<', size);
	ret->attrs_len = (size_t)(ret->body - ret->attrs);
	ret->body_len = (size_t)(text + size - ret->body);
}

uint64_t
listings_broken(const struct listings *l)
{
	return l->window->broken;
}
