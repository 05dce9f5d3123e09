#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "playlist/catalogue.h"
#include "playlist/catalogue_format.h"
#include "playlist/m3u.h"

/* What the texts of one catalogue may take; offsets are 32 bits. */
#define BLOB_MAX   (UINT64_C(2) << 30)
/* Longer texts are not looked for in the entry before. */
#define REPEAT_MAX 4096

/* A text that neighbours often share: written once for a run of them. */
struct repeat {
	struct buf text;
	uint32_t offset;
};

struct catalogue_writer {
	struct snapshot_out out;
	struct catalogue_row *rows;
	size_t count, room;
	struct repeat group, directives, headers, user_agent;
};

struct catalogue_writer *
catalogue_writer_new(int fd)
{
	struct catalogue_writer *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	buf_init(&w->group.text, REPEAT_MAX);
	buf_init(&w->directives.text, REPEAT_MAX);
	buf_init(&w->headers.text, REPEAT_MAX);
	buf_init(&w->user_agent.text, REPEAT_MAX);
	if (snapshot_out_init(&w->out, fd, sizeof(struct catalogue_header)) < 0) {
		catalogue_writer_free(w);
		return NULL;
	}
	snapshot_add(&w->out, "", 1); /* offset 0 is "" */
	return w;
}

void
catalogue_writer_free(struct catalogue_writer *w)
{
	if (w == NULL)
		return;
	buf_release(&w->group.text);
	buf_release(&w->directives.text);
	buf_release(&w->headers.text);
	buf_release(&w->user_agent.text);
	snapshot_out_release(&w->out);
	free(w->rows);
	free(w);
}

static uint32_t
add_text(struct catalogue_writer *w, const char *text)
{
	if (text[0] == '\0')
		return 0;
	return (uint32_t)(snapshot_add(&w->out, text, strlen(text) + 1) -
	    sizeof(struct catalogue_header));
}

static uint32_t
add_repeat(struct catalogue_writer *w, struct repeat *r, const char *text)
{
	if (text[0] == '\0')
		return 0;
	if (r->text.len > 0 && strcmp(r->text.data, text) == 0)
		return r->offset;
	r->offset = add_text(w, text);
	buf_clear(&r->text);
	buf_str(&r->text, text);
	return r->offset;
}

/* Adds the attributes; a field that is one of them points at its value there. */
static void
add_attrs(struct catalogue_writer *w, const struct m3u_entry *e, struct catalogue_row *row)
{
	const struct {
		const char *value;
		uint32_t *place;
	} fields[] = {
		{ e->name, &row->name },
		{ e->tvg_id, &row->tvg_id },
		{ e->tvg_name, &row->tvg_name },
		{ e->tvg_logo, &row->logo },
		{ e->chno, &row->chno },
		{ e->group, &row->group },
	};
	uint64_t start = w->out.offset;

	for (size_t i = 0; i < e->attr_count; i++) {
		const struct m3u_attr *attr = &e->attrs[i];
		uint64_t at;

		snapshot_add(&w->out, attr->name, strlen(attr->name) + 1);
		at = snapshot_add(&w->out, attr->value, strlen(attr->value) + 1);
		for (size_t k = 0; k < sizeof(fields) / sizeof(fields[0]); k++) {
			if (fields[k].value == attr->value)
				*fields[k].place = (uint32_t)(at - sizeof(struct catalogue_header));
		}
	}
	if (e->attr_count > 0) {
		snapshot_add(&w->out, "", 1);
		row->attrs = (uint32_t)(start - sizeof(struct catalogue_header));
	}
}

/* Adds the fields that are no attributes. */
static void
add_fields(struct catalogue_writer *w, const struct m3u_entry *e, struct catalogue_row *row)
{
	if (row->tvg_id == 0)
		row->tvg_id = add_text(w, e->tvg_id);
	if (row->tvg_name == 0)
		row->tvg_name = add_text(w, e->tvg_name);
	if (row->name == 0 && strcmp(e->name, e->tvg_name) == 0)
		row->name = row->tvg_name;
	if (row->name == 0)
		row->name = add_text(w, e->name);
	if (row->logo == 0)
		row->logo = add_text(w, e->tvg_logo);
	if (row->chno == 0)
		row->chno = add_text(w, e->chno);
	if (row->group == 0)
		row->group = add_repeat(w, &w->group, e->group);
	row->url = add_text(w, e->url);
	row->directives = add_repeat(w, &w->directives, e->directives);
	row->headers = add_repeat(w, &w->headers, e->headers);
	row->user_agent = add_repeat(w, &w->user_agent, e->user_agent);
	row->line = e->line;
	row->flags = e->radio ? CATALOGUE_RADIO : 0;
}

int
catalogue_add(struct catalogue_writer *w, const struct m3u_entry *entry, struct err *err)
{
	struct catalogue_row row = { 0 };

	if (w->count == w->room) {
		size_t room = w->room == 0 ? 4096 : w->room * 2;
		struct catalogue_row *rows = realloc(w->rows, room * sizeof(*rows));

		if (rows == NULL)
			return err_set(err, ENOMEM, "out of memory");
		w->rows = rows;
		w->room = room;
	}
	add_attrs(w, entry, &row);
	add_fields(w, entry, &row);
	w->rows[w->count++] = row;
	if (w->out.error < 0)
		return err_set(err, w->out.error, "write the catalogue: %s",
		    strerror(-w->out.error));
	if (w->out.offset > BLOB_MAX)
		return err_set(err, EFBIG, "the catalogue takes more than 2 GiB");
	return 0;
}

int
catalogue_finish(struct catalogue_writer *w, const char *guide_url, struct err *err)
{
	static const char tail[SNAPSHOT_TAIL];
	struct catalogue_header header = { .magic = CATALOGUE_MAGIC,
		.blob = { .offset = sizeof(header) } };

	header.guide_url = add_text(w, guide_url);
	snapshot_add(&w->out, tail, sizeof(tail));
	header.blob.len = w->out.offset - sizeof(header);
	snapshot_align(&w->out);
	header.rows.len = w->count * sizeof(*w->rows);
	header.rows.offset = snapshot_add(&w->out, w->rows, header.rows.len);
	return snapshot_finish(&w->out, &header, sizeof(header), err);
}
