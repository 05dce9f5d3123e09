/* rooms: epg base */
/*
 * A guide through the whole reader, cut as its first byte says: the same as in one piece;
 * and what comes out of it, written as XMLTV, reads back as what it was.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "epg/libxml.h"
#include "epg/reader.h"
#include "epg/xmltv.h"

#define GUIDE_MAX (4u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
write_id(struct buf *out, const struct xmltv_entry *e)
{
	char *id = strndup(xmltv_text(e, e->id), e->id.len);

	if (id == NULL)
		abort();
	buf_xml(out, id);
	free(id);
}

/* Adds an entry to a guide, as the writers have it. */
static int
write_entry(void *arg, struct xmltv_entry *e, struct err *err)
{
	struct buf *out = arg;
	char time[XMLTIME_SIZE];

	(void)err;
	/* As a name, which a channel may lack, an id loses all but one. */
	if (memmem(xmltv_text(e, e->id), e->id.len, "  ", 2) != NULL)
		return 0;
	if (e->kind == XMLTV_PROGRAMME) {
		xmltime_format(e->start, time);
		buf_printf(out, "<programme start=\"%s\"", time);
		xmltime_format(e->stop, time);
		buf_printf(out, " stop=\"%s\" channel=\"", e->stop == 0 ? "" : time);
	} else {
		buf_str(out, "<channel id=\"");
	}
	write_id(out, e);
	buf_str(out, "\"");
	xmltv_write_attrs(out, e);
	buf_str(out, ">\n");
	xmltv_write_children(out, e);
	buf_str(out, e->kind == XMLTV_PROGRAMME ? "</programme>\n" : "</channel>\n");
	return 0;
}

static void
on_note(void *arg, uint32_t line, const char *text)
{
	(void)arg;
	if (line == 0 || text[0] == '\0' || strpbrk(text, "\r\n\x1b") != NULL)
		abort();
}

static int
read_guide(const struct reader_limits *limits, const void *data, size_t size, size_t step,
    struct buf *out, struct reader_counts *ret)
{
	const struct reader_events events = { .entry = write_entry, .note = on_note };
	const struct xmltime_rules times = { 0 };
	struct reader *r;
	int rc = 0;

	r = reader_new(limits, &times, &events, out);
	if (r == NULL)
		abort();
	buf_str(out, "<tv>\n");
	for (size_t at = 0; rc == 0 && at < size; at += step)
		rc = reader_feed(r, (const char *)data + at, size - at < step ? size - at : step,
		    NULL);
	if (rc == 0)
		rc = reader_finish(r, NULL);
	buf_str(out, "</tv>\n");
	*ret = *reader_counts(r);
	reader_free(r);
	return rc;
}

/* Nothing of what was written is broken, unknown or in need of mending, and it is all there. */
static void
check_written(const struct buf *guide, const struct reader_counts *first)
{
	struct buf again = BUF_INIT(GUIDE_MAX);
	struct reader_counts counts;

	if (read_guide(&reader_limits_default, guide->data, guide->len, guide->len, &again,
		&counts) != 0 ||
	    strcmp(guide->data, again.data) != 0)
		abort();
	if (counts.kept > first->kept || counts.text.broken != 0 || counts.text.mended != 0 ||
	    counts.unknown != 0 || counts.timeless != 0 || !counts.text.whole)
		abort();
	buf_release(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole = BUF_INIT(GUIDE_MAX), cut = BUF_INIT(GUIDE_MAX);
	size_t step = size > 0 ? data[size - 1] % 64 + 1u : 1;
	struct reader_limits low = reader_limits_default;
	struct reader_counts of_whole, of_cut;
	int rc;

	if (libxml_load(NULL) == NULL)
		abort();
	/* So that they are met in a small input. */
	low.text.prolog_max = 512;
	low.text.tag_max = 256;
	low.text.entry_max = 4096;
	low.depth_max = 6;
	low.nodes_max = 20;
	low.attrs_max = 8;
	rc = read_guide(&low, data, size, size + 1, &whole, &of_whole);
	if (read_guide(&low, data, size, step, &cut, &of_cut) != rc)
		abort();
	/* What fails gives more before it does when it comes piece by piece. */
	if (rc == 0 &&
	    (strcmp(whole.data, cut.data) != 0 || of_whole.unknown != of_cut.unknown ||
		of_whole.text.broken != of_cut.text.broken || of_whole.kept != of_cut.kept))
		abort();
	if (rc == 0 && buf_status(&whole) == 0)
		check_written(&whole, &of_whole);
	buf_release(&whole);
	buf_release(&cut);
	return 0;
}
