#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "epg/listings.h"
#include "epg/listings_format.h"
#include "epg/listings_parts.h"
#include "epg/xmltv.h"

/*
 * Records are held back until they are so many bytes, and written grouped by channel: where
 * a source goes by time, its readers then read a few of them at once.
 */
#define BATCH (1u << 20)

struct listings_writer {
	struct snapshot_out out;
	struct listings_names names;
	struct listings_draft *rows;
	size_t count, room;
	uint32_t *groups; /* which channel each group is */
	uint32_t group_count, group_room;
	struct buf text;  /* the entry at hand, written */
	struct buf batch; /* records of rows[batched...], whose places count from its start */
	size_t batched;
	_Bool mixed; /* they are not in the order of their groups */
	struct listings_counts counts;
};

struct listings_writer *
listings_writer_new(int fd, struct err *err)
{
	struct listings_writer *w = calloc(1, sizeof(*w));

	if (w != NULL) {
		listings_names_init(&w->names);
		buf_init(&w->text, LISTINGS_RECORD_MAX);
		buf_init(&w->batch, BATCH + LISTINGS_RECORD_MAX + 1);
		if (snapshot_out_init(&w->out, fd, sizeof(struct listings_header)) == 0) {
			snapshot_add(&w->out, "", 1);
			return w;
		}
	}
	listings_writer_free(w);
	err_set(err, ENOMEM, "out of memory");
	return NULL;
}

void
listings_writer_free(struct listings_writer *w)
{
	if (w == NULL)
		return;
	snapshot_out_release(&w->out);
	listings_names_release(&w->names);
	buf_release(&w->text);
	buf_release(&w->batch);
	free(w->groups);
	free(w->rows);
	free(w);
}

static int
no_memory(struct err *err)
{
	return err_set(err, ENOMEM, "out of memory");
}

/* -- channels ---------------------------------------------------------------------- */

int
listings_add_channel(struct listings_writer *w, const struct xmltv_entry *e, struct err *err)
{
	uint32_t at;
	int rc;

	if (e->id.len == 0)
		return 0;
	rc = listings_names_get(&w->names, xmltv_text(e, e->id), e->id.len, &at, err);
	if (rc < 0)
		return rc;
	buf_clear(&w->text);
	xmltv_write_children(&w->text, e);
	if (buf_status(&w->text) == -ENOMEM)
		return no_memory(err);
	if (buf_status(&w->text) < 0)
		return 0;
	return listings_names_add(&w->names, at, w->text.data, w->text.len, err);
}

/* The group of a channel that has programmes: they are numbered as they come. */
static int
get_group(struct listings_writer *w, uint32_t at, uint32_t *ret, struct err *err)
{
	struct listings_name *name = &w->names.list[at];

	if (name->group == 0) {
		if (w->group_count == w->group_room) {
			uint32_t room = w->group_room == 0 ? 256 : w->group_room * 2;
			uint32_t *groups = realloc(w->groups, room * sizeof(*groups));

			if (groups == NULL)
				return no_memory(err);
			w->groups = groups;
			w->group_room = room;
		}
		w->groups[w->group_count++] = at;
		name->group = w->group_count;
	}
	*ret = name->group - 1;
	return 0;
}

/* -- programmes -------------------------------------------------------------------- */

static int
out_status(const struct listings_writer *w, struct err *err)
{
	if (w->out.error < 0)
		return err_set(err, w->out.error, "write the listings: %s",
		    strerror(-w->out.error));
	if (w->out.offset > LISTINGS_PLACE_MAX)
		return err_set(err, EFBIG, "its programmes take more than 1 TiB");
	return 0;
}

/* Where what is written next lies in the texts. */
static uint64_t
place_now(const struct listings_writer *w)
{
	return w->out.offset - sizeof(struct listings_header);
}

static int
flush(struct listings_writer *w, struct err *err)
{
	struct listings_draft *rows = w->rows + w->batched;
	size_t count = w->count - w->batched;
	uint64_t place = place_now(w);

	if (w->mixed) {
		listings_sort(rows, count);
		for (size_t i = 0; i < count; i++) {
			uint32_t size = rows[i].size & ~LISTINGS_DRAFT_LENGTH;
			uint64_t at = rows[i].place;

			rows[i].place = place_now(w);
			snapshot_add(&w->out, w->batch.data + at, size + 1);
		}
	} else {
		for (size_t i = 0; i < count; i++)
			rows[i].place += place;
		snapshot_add(&w->out, w->batch.data, w->batch.len);
	}
	w->batched = w->count;
	w->mixed = 0;
	buf_clear(&w->batch);
	return out_status(w, err);
}

static int64_t
unit_seconds(const struct xmltv_entry *e, struct xmltv_span unit)
{
	static const struct {
		const char *name;
		int64_t seconds;
	} units[] = { { "seconds", 1 }, { "minutes", 60 }, { "hours", 3600 } };

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (unit.len == strlen(units[i].name) &&
		    memcmp(units[i].name, xmltv_text(e, unit), unit.len) == 0)
			return units[i].seconds;
	}
	return 0;
}

/* What <length> says, in seconds; 0: nothing of use. */
static int64_t
length_of(const struct xmltv_entry *e)
{
	for (size_t i = 0; i < e->count; i++) {
		const struct xmltv_node *node = &e->nodes[i];
		const char *p = xmltv_text(e, node->text);
		int64_t n = 0;

		if (node->element != XMLTV_LENGTH)
			continue;
		if (node->text.len == 0 || node->text.len > 6)
			return 0;
		for (size_t k = 0; k < node->text.len; k++) {
			if (p[k] < '0' || p[k] > '9')
				return 0;
			n = n * 10 + (p[k] - '0');
		}
		return n * unit_seconds(e, node->attrs[0]);
	}
	return 0;
}

static int
reserve_row(struct listings_writer *w, struct err *err)
{
	size_t room = w->room == 0 ? 4096 : w->room * 2;
	struct listings_draft *rows;

	if (w->count < w->room)
		return 0;
	if (w->count == LISTINGS_PROGRAMMES_MAX)
		return err_set(err, E2BIG, "it has more than %d programmes that are wanted",
		    LISTINGS_PROGRAMMES_MAX);
	if (room > LISTINGS_PROGRAMMES_MAX)
		room = LISTINGS_PROGRAMMES_MAX;
	rows = realloc(w->rows, room * sizeof(*rows));
	if (rows == NULL)
		return no_memory(err);
	w->rows = rows;
	w->room = room;
	return 0;
}

/* Takes the record that stands in w->text. */
static int
add_row(struct listings_writer *w, struct listings_draft *row, struct err *err)
{
	row->place = w->batch.len;
	row->size |= (uint32_t)w->text.len;
	if (w->count > w->batched && w->rows[w->count - 1].group > row->group)
		w->mixed = 1;
	buf_add(&w->batch, w->text.data, w->text.len + 1);
	if (buf_status(&w->batch) < 0)
		return no_memory(err);
	w->rows[w->count++] = *row;
	if (w->batch.len >= BATCH)
		return flush(w, err);
	return 0;
}

int
listings_add_programme(struct listings_writer *w, const struct xmltv_entry *e, struct err *err)
{
	int64_t length = e->stop > e->start ? 0 : length_of(e);
	struct listings_draft row = { 0 };
	uint32_t at;
	int rc;

	if (e->id.len == 0 || !listings_draft_times(&row, e->start, e->stop, length)) {
		w->counts.dull++;
		return 0;
	}
	buf_clear(&w->text);
	buf_char(&w->text, 'p');
	xmltv_write_attrs(&w->text, e);
	xmltv_write_children(&w->text, e);
	if (buf_status(&w->text) == -ENOMEM)
		return no_memory(err);
	if (buf_status(&w->text) < 0) {
		w->counts.dull++;
		return 0;
	}
	rc = reserve_row(w, err);
	if (rc == 0)
		rc = listings_names_get(&w->names, xmltv_text(e, e->id), e->id.len, &at, err);
	if (rc == 0)
		rc = get_group(w, at, &row.group, err);
	return rc < 0 ? rc : add_row(w, &row, err);
}

/* -- the end ----------------------------------------------------------------------- */

static void
write_row(struct listings_writer *w, const struct listings_draft *draft)
{
	const struct listings_row row = { draft->start, draft->stop, (uint32_t)draft->place,
		draft->size | (uint32_t)(draft->place >> 32 << LISTINGS_PLACE_SHIFT) };

	snapshot_add(&w->out, &row, sizeof(row));
}

static void
write_programmes(struct listings_writer *w)
{
	size_t next = 0;

	listings_sort(w->rows, w->count);
	for (size_t i = 0; i < w->count; i = next) {
		uint32_t group = w->rows[i].group;
		struct listings_name *name = &w->names.list[w->groups[group]];
		size_t kept;

		for (next = i; next < w->count && w->rows[next].group == group;)
			next++;
		kept = listings_settle(w->rows + i, next - i, &w->counts);
		name->first = (uint32_t)w->counts.programmes;
		name->count = (uint32_t)kept;
		w->counts.programmes += kept;
		for (size_t k = i; k < i + kept; k++)
			write_row(w, &w->rows[k]);
	}
}

/* Their records stand one behind the other from `place` on. */
static void
write_channels(struct listings_writer *w, uint64_t place)
{
	for (uint32_t i = 0; i < w->names.count; i++) {
		const struct listings_name *name = &w->names.list[i];
		const struct listings_channel_row row = { place, name->first, name->count };

		snapshot_add(&w->out, &row, sizeof(row));
		place += name->size;
	}
}

int
listings_writer_finish(struct listings_writer *w, struct listings_counts *ret, struct err *err)
{
	struct listings_header header = { .magic = LISTINGS_MAGIC,
		.texts = { .offset = sizeof(header) } };
	uint64_t place;
	int rc = flush(w, err);

	if (rc < 0)
		return rc;
	place = place_now(w);
	for (uint32_t i = 0; i < w->names.count; i++) {
		const struct listings_name *name = &w->names.list[i];

		snapshot_add(&w->out, w->names.texts.data + name->text, name->size);
	}
	header.texts.len = place_now(w);
	snapshot_align(&w->out);
	header.programmes.offset = w->out.offset;
	write_programmes(w);
	header.programmes.len = w->counts.programmes * sizeof(struct listings_row);
	header.channels.offset = w->out.offset;
	write_channels(w, place);
	header.channels.len = w->out.offset - header.channels.offset;
	w->counts.channels = w->names.count;
	*ret = w->counts;
	rc = out_status(w, err);
	return rc < 0 ? rc : snapshot_finish(&w->out, &header, sizeof(header), err);
}
