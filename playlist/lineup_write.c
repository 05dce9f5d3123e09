#include <errno.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/hash.h"
#include "playlist/catalogue.h"
#include "playlist/lineup.h"
#include "playlist/lineup_parts.h"

/* What the texts may take; offsets are 32 bits. */
#define BLOB_MAX (UINT64_C(3) << 30)

/* A value and the place that it belongs to, to be sorted. */
struct pair {
	uint64_t value;
	uint32_t place;
};

struct writer {
	const struct lineup_plan *plan;
	struct snapshot_out out;
	uint64_t tag;
	struct pair *order; /* the drafts by number */
	struct lineup_row *rows;
	struct lineup_stream_row *streams;
	uint32_t *source_names; /* offsets */
	struct hash_map shared; /* offsets, by the address of the text in its catalogue */
};

static int
compare_pairs(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	return (x->value > y->value) - (x->value < y->value);
}

/* -- the blob ---------------------------------------------------------------- */

static uint64_t
add_bytes(struct writer *w, const void *data, size_t len)
{
	w->tag = hash_fnv(w->tag, data, len);
	return snapshot_add(&w->out, data, len);
}

static uint32_t
add_text(struct writer *w, const char *text)
{
	if (text[0] == '\0')
		return 0;
	return (uint32_t)(add_bytes(w, text, strlen(text) + 1) - sizeof(struct lineup_header));
}

/* Adds a text, or points at it where another channel has the same one of its catalogue. */
static uint32_t
add_shared(struct writer *w, const char *text)
{
	uint64_t key = hash_sip(&text, sizeof(text));
	uint32_t offset = hash_map_get(&w->shared, key, 0);

	if (offset == 0 && text[0] != '\0') {
		offset = add_text(w, text);
		if (hash_map_put(&w->shared, key, offset) < 0)
			w->out.error = -ENOMEM;
	}
	return offset;
}

/* Bytes of "name\0value\0...\0". More than the M3U reader makes: as if there were none. */
static size_t
attrs_len(const char *attrs)
{
	const char *p = attrs;

	while (*p != '\0') {
		p += strlen(p) + 1;
		p += strlen(p) + 1;
		if (p - attrs > SNAPSHOT_TEXT_MAX)
			return 1;
	}
	return (size_t)(p - attrs) + 1;
}

/* A text that is one of the attributes is there already. */
static uint32_t
add_field(struct writer *w, const char *text, const struct catalogue_entry *e, size_t attrs,
    uint32_t attrs_offset)
{
	if (attrs > 1 && text >= e->attrs && text < e->attrs + attrs)
		return attrs_offset + (uint32_t)(text - e->attrs);
	return add_shared(w, text);
}

static void
draft_entry(const struct writer *w, uint32_t i, struct catalogue_entry *ret)
{
	const struct lineup_draft *d = &w->plan->drafts[w->order[i].place];

	catalogue_get(w->plan->sources[d->source].catalogue, d->entry, ret);
}

static void
add_channel(struct writer *w, uint32_t i)
{
	const struct lineup_draft *d = &w->plan->drafts[w->order[i].place];
	struct lineup_row *row = &w->rows[i];
	struct catalogue_entry e;
	size_t attrs;

	draft_entry(w, i, &e);
	attrs = attrs_len(e.attrs);
	if (attrs > 1)
		row->attrs = (uint32_t)(add_bytes(w, e.attrs, attrs) -
		    sizeof(struct lineup_header));
	row->id = d->id;
	row->guide_id = add_field(w, e.tvg_id, &e, attrs, row->attrs);
	row->logo = add_field(w, e.logo, &e, attrs, row->attrs);
	row->group = add_field(w, e.group, &e, attrs, row->attrs);
	row->first_stream = i;
	row->stream_count = 1;
	row->flags = e.radio ? LINEUP_RADIO : 0;
	w->streams[i] = (struct lineup_stream_row){
		.source = w->source_names[d->source],
		.url = add_text(w, e.url),
		.user_agent = add_shared(w, e.user_agent),
		.headers = add_shared(w, e.headers),
	};
}

static int
write_blob(struct writer *w, struct snapshot_part *blob, struct err *err)
{
	const struct lineup_plan *plan = w->plan;
	static const char tail[SNAPSHOT_TAIL];
	struct catalogue_entry e;

	blob->offset = add_bytes(w, "", 1); /* offset 0 is "" */
	for (uint32_t i = 0; i < plan->count && w->out.offset < BLOB_MAX; i++) {
		draft_entry(w, i, &e);
		w->rows[i].name = add_text(w, e.name);
	}
	for (size_t i = 0; i < plan->source_count; i++)
		w->source_names[i] = add_text(w, plan->sources[i].name);
	for (uint32_t i = 0; i < plan->count && w->out.offset < BLOB_MAX; i++)
		add_channel(w, i);
	if (w->out.offset >= BLOB_MAX)
		return err_set(err, EFBIG, "the lineup takes more than 3 GiB");
	add_bytes(w, tail, sizeof(tail));
	blob->len = w->out.offset - blob->offset;
	snapshot_align(&w->out);
	return 0;
}

/* -- the tables -------------------------------------------------------------- */

static struct snapshot_part
add_table(struct writer *w, const void *rows, size_t len)
{
	struct snapshot_part part;

	snapshot_align(&w->out);
	part.len = len;
	part.offset = add_bytes(w, rows, len);
	return part;
}

static void
write_numbers(struct writer *w, struct lineup_header *h)
{
	snapshot_align(&w->out);
	h->numbers.offset = w->out.offset;
	for (uint32_t i = 0; i < w->plan->count; i++)
		add_bytes(w, &w->order[i].value, sizeof(w->order[i].value));
	h->numbers.len = w->out.offset - h->numbers.offset;
}

static int
write_ids(struct writer *w, struct lineup_header *h, struct err *err)
{
	uint32_t count = w->plan->count;
	struct pair *ids = calloc(count + 1, sizeof(*ids));

	if (ids == NULL)
		return err_set(err, ENOMEM, "out of memory");
	for (uint32_t i = 0; i < count; i++)
		ids[i] = (struct pair){ w->rows[i].id, i };
	qsort(ids, count, sizeof(*ids), compare_pairs);
	snapshot_align(&w->out);
	h->ids.offset = w->out.offset;
	for (uint32_t i = 0; i < count; i++)
		add_bytes(w, &ids[i].value, sizeof(ids[i].value));
	h->ids.len = w->out.offset - h->ids.offset;
	h->id_rows.offset = w->out.offset;
	for (uint32_t i = 0; i < count; i++)
		add_bytes(w, &ids[i].place, sizeof(ids[i].place));
	h->id_rows.len = w->out.offset - h->id_rows.offset;
	free(ids);
	return 0;
}

/* Not part of the tag: when a channel was seen is no difference between lineups. */
static void
write_known(struct writer *w, struct lineup_header *h)
{
	const struct lineup_plan *plan = w->plan;

	snapshot_align(&w->out);
	h->known.offset = w->out.offset;
	for (uint32_t i = 0; i < plan->count; i++) {
		const struct lineup_draft *d = &plan->drafts[i];
		struct lineup_known known = { .id = d->id,
			.number = d->number,
			.source = plan->source_hashes[d->source],
			.seen = plan->now,
			.live = 1,
			.evidence = d->evidence };

		snapshot_add(&w->out, &known, sizeof(known));
	}
	if (plan->gone_count > 0)
		snapshot_add(&w->out, plan->gone, plan->gone_count * sizeof(*plan->gone));
	h->known.len = w->out.offset - h->known.offset;
}

static int
write_all(struct writer *w, struct err *err)
{
	const struct lineup_plan *plan = w->plan;
	struct lineup_header header = { .magic = LINEUP_MAGIC };
	int rc;

	for (uint32_t i = 0; i < plan->count; i++)
		w->order[i] = (struct pair){ plan->drafts[i].number, i };
	qsort(w->order, plan->count, sizeof(*w->order), compare_pairs);
	rc = write_blob(w, &header.blob, err);
	if (rc < 0)
		return rc;
	write_numbers(w, &header);
	rc = write_ids(w, &header, err);
	if (rc < 0)
		return rc;
	header.rows = add_table(w, w->rows, plan->count * sizeof(*w->rows));
	header.streams = add_table(w, w->streams, plan->count * sizeof(*w->streams));
	write_known(w, &header);
	header.tag = w->tag;
	return snapshot_finish(&w->out, &header, sizeof(header), err);
}

int
lineup_write(int fd, const struct lineup_plan *plan, struct err *err)
{
	struct writer w = { .plan = plan, .tag = HASH_FNV_INIT };
	int rc = snapshot_out_init(&w.out, fd, sizeof(struct lineup_header));

	w.order = calloc(plan->count + 1, sizeof(*w.order));
	w.rows = calloc(plan->count + 1, sizeof(*w.rows));
	w.streams = calloc(plan->count + 1, sizeof(*w.streams));
	w.source_names = calloc(plan->source_count + 1, sizeof(*w.source_names));
	if (rc < 0 || w.order == NULL || w.rows == NULL || w.streams == NULL ||
	    w.source_names == NULL)
		rc = err_set(err, ENOMEM, "out of memory");
	else
		rc = write_all(&w, err);
	snapshot_out_release(&w.out);
	hash_map_release(&w.shared);
	free(w.order);
	free(w.rows);
	free(w.streams);
	free(w.source_names);
	return rc;
}
