#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "epg/guide_text.h"
#include "epg/guide_write_parts.h"
#include "epg/listings.h"

#define ROWS_FIRST 4096

int
guide_rows_init(struct guide_rows *r, int fd, struct err *err)
{
	static const char none[GUIDE_TITLE_ALIGN];

	*r = (struct guide_rows){ .on = fd != -1 };
	buf_init(&r->plain, GUIDE_TITLE_MAX);
	buf_init(&r->folded, GUIDE_TITLE_MAX);
	if (!r->on)
		return 0;
	r->titles = calloc((size_t)GUIDE_TITLE_SETS * GUIDE_TITLE_WAYS, sizeof(*r->titles));
	if (r->titles == NULL || snapshot_out_init(&r->out, fd, sizeof(struct guide_header)) < 0)
		return err_set(err, ENOMEM, "out of memory");
	snapshot_add(&r->out, none, sizeof(none)); /* place 0 */
	return 0;
}

void
guide_rows_release(struct guide_rows *r)
{
	snapshot_out_release(&r->out);
	buf_release(&r->plain);
	buf_release(&r->folded);
	free(r->titles);
	free(r->rows);
}

/* -- titles ------------------------------------------------------------------ */

/* The lines of the titles, which come first: how many bytes. */
static size_t
titles_len(const char *body, size_t len)
{
	static const char begin[] = "<title";
	const char *p = body, *end = body + len;

	while ((size_t)(end - p) > sizeof(begin) && memcmp(p, begin, sizeof(begin) - 1) == 0) {
		const char *line = memchr(p, '\n', (size_t)(end - p));

		p = line == NULL ? end : line + 1;
	}
	return (size_t)(p - body);
}

/* The texts of these lines, folded, one a line; what is too long is cut. */
static void
fold_titles(struct guide_rows *r, const char *lines, size_t len)
{
	const char *p = lines, *end = lines + len;

	buf_clear(&r->folded);
	while (p < end) {
		const char *line = memchr(p, '\n', (size_t)(end - p));
		const char *stop = line == NULL ? end : line;
		const char *text = memchr(p, '>', (size_t)(stop - p)), *close;

		p = line == NULL ? end : line + 1;
		text = text == NULL ? stop : text + 1;
		close = memchr(text, '<', (size_t)(stop - text));
		if (close == NULL)
			continue;
		if (close - text > GUIDE_TITLE_MAX)
			close = text + GUIDE_TITLE_MAX;
		buf_clear(&r->plain);
		guide_decode(&r->plain, text, (size_t)(close - text));
		if (r->folded.len > 0)
			buf_char(&r->folded, '\n');
		guide_fold(&r->folded, r->plain.data, r->plain.len);
	}
}

static uint32_t
add_title(struct guide_rows *r)
{
	static const char zeros[GUIDE_TITLE_ALIGN];
	uint64_t at;

	if (r->folded.len == 0)
		return 0;
	at = snapshot_add(&r->out, r->folded.data, r->folded.len);
	snapshot_add(&r->out, zeros, GUIDE_TITLE_ALIGN - r->folded.len % GUIDE_TITLE_ALIGN);
	return (uint32_t)((at - sizeof(struct guide_header)) / GUIDE_TITLE_ALIGN);
}

/* The place of the programme's titles. */
static uint32_t
title_place(struct guide_rows *r, const char *body, size_t len)
{
	size_t lines = titles_len(body, len);
	uint64_t key = hash_sip(body, lines) | 1; /* 0: a free place */
	struct guide_title *set = r->titles +
	    (size_t)(key >> 1) % GUIDE_TITLE_SETS * GUIDE_TITLE_WAYS;
	uint32_t place;

	for (size_t i = 0; i < GUIDE_TITLE_WAYS; i++) {
		if (set[i].key == key)
			return set[i].place;
	}
	fold_titles(r, body, lines);
	place = add_title(r);
	/* The oldest of the set makes room. */
	memmove(set + 1, set, (GUIDE_TITLE_WAYS - 1) * sizeof(*set));
	set[0] = (struct guide_title){ key, place };
	return place;
}

/* -- rows -------------------------------------------------------------------- */

int
guide_rows_add(struct guide_rows *r, const struct listings_programme *p, uint64_t at,
    struct err *err)
{
	if (!r->on)
		return 0;
	if (r->count == UINT32_MAX / 2)
		return err_set(err, E2BIG, "more than %u programmes", UINT32_MAX / 2);
	if (r->count == r->room) {
		size_t room = r->room == 0 ? ROWS_FIRST : r->room * 2;
		struct guide_row *rows = realloc(r->rows, room * sizeof(*rows));

		if (rows == NULL)
			return err_set(err, ENOMEM, "out of memory");
		r->rows = rows;
		r->room = room;
	}
	r->rows[r->count++] = (struct guide_row){
		.start = (uint32_t)p->start,
		.stop = (uint32_t)p->stop,
		.at = (uint32_t)at,
		.title = title_place(r, p->body, p->body_len),
	};
	return 0;
}

/* -- the file ---------------------------------------------------------------- */

struct order {
	const struct guide_channel_row *channels;
	const char *texts;
	_Bool by_number;
};

static const char *
order_text(const struct order *order, uint32_t i)
{
	const char *id = order->texts + order->channels[i].id;

	return order->by_number ? id + strlen(id) + 1 : id;
}

static int
compare(const void *a, const void *b, void *arg)
{
	const uint32_t *x = a, *y = b;
	int by_text = strcmp(order_text(arg, *x), order_text(arg, *y));

	return by_text != 0 ? by_text : *x < *y ? -1 : 1;
}

/* Writes the places of the channels by their ids, or of those that have one by their numbers. */
static int
add_order(struct guide_rows *r, struct order *order, size_t count, struct snapshot_part *ret)
{
	uint32_t *places = malloc((count + 1) * sizeof(*places));
	size_t n = 0;

	if (places == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++) {
		if (order_text(order, i)[0] != '\0')
			places[n++] = i;
	}
	qsort_r(places, n, sizeof(*places), compare, order);
	snapshot_align(&r->out);
	ret->len = n * sizeof(*places);
	ret->offset = snapshot_add(&r->out, places, ret->len);
	free(places);
	return 0;
}

static struct snapshot_part
add_table(struct guide_rows *r, const void *rows, size_t len)
{
	snapshot_align(&r->out);
	return (struct snapshot_part){ snapshot_add(&r->out, rows, len), len };
}

int
guide_rows_finish(struct guide_rows *r, struct guide_header *header,
    const struct guide_channel_row *channels, size_t count, const struct buf *texts,
    struct err *err)
{
	static const char tail[SNAPSHOT_TAIL];
	struct order order = { channels, texts->data, 0 };
	int rc;

	if (!r->on)
		return 0;
	memcpy(header->magic, GUIDE_MAGIC, sizeof(header->magic));
	header->titles.offset = sizeof(*header);
	header->titles.len = r->out.offset - sizeof(*header);
	header->texts = add_table(r, texts->data, texts->len);
	snapshot_add(&r->out, tail, sizeof(tail));
	header->texts.len += sizeof(tail);
	header->channels = add_table(r, channels, count * sizeof(*channels));
	rc = add_order(r, &order, count, &header->ids);
	order.by_number = 1;
	if (rc == 0)
		rc = add_order(r, &order, count, &header->numbers);
	if (rc < 0)
		return err_set(err, ENOMEM, "out of memory");
	header->programmes = add_table(r, r->rows, r->count * sizeof(*r->rows));
	rc = snapshot_finish(&r->out, header, sizeof(*header), err);
	return rc < 0 ? err_wrap(err, "guide.idx") : 0;
}
