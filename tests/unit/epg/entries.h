/*
 * Reads a guide and tells what came out, as text that can be compared: for each entry a
 * line, and a line for each of its elements.
 */
#ifndef TESTS_EPG_ENTRIES_H
#define TESTS_EPG_ENTRIES_H

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "epg/libxml.h"
#include "epg/reader.h"
#include "epg/xmltv.h"
#include "unit.h"

struct entries {
	_Bool (*wanted)(void *arg, const char *id, size_t len);
	struct xmltime_rules times;
	_Bool as_xml;     /* instead, what the writer makes of them */
	struct buf text;  /* what came out */
	struct buf notes; /* "LINE: TEXT\n" */
	struct reader_counts counts;
	struct err err;
};

static inline void
entries_init(struct entries *all)
{
	*all = (struct entries){ 0 };
	buf_init(&all->text, 64u << 20);
	buf_init(&all->notes, 1u << 20);
}

static inline void
entries_release(struct entries *all)
{
	buf_release(&all->text);
	buf_release(&all->notes);
}

static inline void
entries_put(struct buf *out, const struct xmltv_entry *e, const char *name, struct xmltv_span span)
{
	if (span.len == 0)
		return;
	buf_printf(out, " %s='", name);
	buf_add(out, xmltv_text(e, span), span.len);
	buf_str(out, "'");
}

static inline void
entries_tell(struct buf *out, const struct xmltv_entry *e)
{
	buf_printf(out, "%s", e->kind == XMLTV_CHANNEL ? "channel" : "programme");
	entries_put(out, e, "id", e->id);
	if (e->kind == XMLTV_PROGRAMME)
		buf_printf(out, " %" PRId64 " to %" PRId64, e->start, e->stop);
	for (size_t k = 0; k < XMLTV_PROGRAMME_ATTRS; k++)
		entries_put(out, e, xmltv_programme_attrs[k], e->attrs[k]);
	buf_str(out, "\n");
	for (size_t i = 0; i < e->count; i++) {
		const struct xmltv_node *node = &e->nodes[i];
		const struct xmltv_row *row = &xmltv_rows[node->element];

		buf_printf(out, "%*s%s", (int)node->depth, "", row->name);
		for (size_t k = 0; k < XMLTV_ATTRS_MAX && row->attrs[k] != NULL; k++)
			entries_put(out, e, row->attrs[k], node->attrs[k]);
		entries_put(out, e, "=", node->text);
		buf_str(out, "\n");
	}
}

static inline void
entries_write(struct buf *out, const struct xmltv_entry *e)
{
	char time[XMLTIME_SIZE];

	if (e->kind == XMLTV_CHANNEL) {
		buf_str(out, "<channel id=\"");
	} else {
		xmltime_format(e->start, time);
		buf_printf(out, "<programme start=\"%s\" ", time);
		xmltime_format(e->stop, time);
		if (e->stop != 0)
			buf_printf(out, "stop=\"%s\" ", time);
		buf_str(out, "channel=\"");
	}
	for (size_t i = 0; i < e->id.len; i++) {
		const char one[2] = { xmltv_text(e, e->id)[i], '\0' };

		if ((unsigned char)one[0] < 0x80)
			buf_xml(out, one);
		else
			buf_str(out, one);
	}
	buf_str(out, "\"");
	xmltv_write_attrs(out, e);
	buf_str(out, ">\n");
	xmltv_write_children(out, e);
	buf_printf(out, "</%s>\n", e->kind == XMLTV_CHANNEL ? "channel" : "programme");
}

static inline int
entries_on_entry(void *arg, struct xmltv_entry *e, struct err *err)
{
	struct entries *all = arg;

	(void)err;
	if (all->as_xml)
		entries_write(&all->text, e);
	else
		entries_tell(&all->text, e);
	return 0;
}

static inline void
entries_on_note(void *arg, uint32_t line, const char *text)
{
	struct entries *all = arg;

	buf_printf(&all->notes, "%" PRIu32 ": %s\n", line, text);
}

/* Reads it in pieces of `step` bytes. What there was before is forgotten. */
static inline int
entries_read_with(struct entries *all, const struct reader_limits *limits, const char *text,
    size_t len, size_t step)
{
	const struct reader_events events = { all->wanted, entries_on_entry, entries_on_note };
	struct reader *r;
	int rc = 0;

	ck_assert_ptr_nonnull(libxml_load(NULL));
	buf_clear(&all->text);
	buf_clear(&all->notes);
	all->err = (struct err)ERR_INIT;
	r = reader_new(limits, &all->times, &events, all);
	ck_assert_ptr_nonnull(r);
	for (size_t at = 0; rc >= 0 && at < len; at += step)
		rc = reader_feed(r, text + at, len - at < step ? len - at : step, &all->err);
	if (rc >= 0)
		rc = reader_finish(r, &all->err);
	all->counts = *reader_counts(r);
	reader_free(r);
	ck_assert_int_eq(buf_status(&all->text), 0);
	return rc;
}

static inline int
entries_read(struct entries *all, const char *text, size_t len, size_t step)
{
	return entries_read_with(all, &reader_limits_default, text, len, step);
}

#endif
