#include "epg/reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "epg/encoding.h"
#include "epg/reader_entry.h"
#include "epg/reader_plain.h"
#include "epg/reader_sax.h"
#include "epg/xmltv.h"

const struct reader_limits reader_limits_default = {
	.input = { .bytes_max = UINT64_C(4) << 30,
	    .ratio_free = UINT64_C(64) << 20,
	    .ratio_max = 200 },
	.text = { .prolog_max = 64 << 10,
	    .tag_max = 64 << 10,
	    .entry_max = 1 << 20,
	    .alias_max = 512 },
	.depth_max = 16,
	.nodes_max = 4096,
	.attrs_max = 32,
	.growth_free = 1 << 20,
};

#define GROWTH_MAX 4 /* mended bytes to one of the text */

struct reader {
	struct reader_limits limits;
	struct reader_events events;
	void *arg;
	struct reader_counts counts;
	struct unpack *unpack;
	struct encoding *encoding;
	struct prefilter *prefilter;
	struct reader_sax *sax;
	struct reader_entry entry;
	struct buf values; /* for reader_plain */
	uint64_t refused;
	_Bool cut;     /* the compressed data was */
	uint64_t text; /* bytes that the prefilter was given */
	/* The last programme whose start was the zone's: which channel, when, behind an earlier. */
	uint64_t local_channel;
	int64_t local_start;
	_Bool local_rises;
};

/* -- from stage to stage ------------------------------------------------------ */

static void
on_note(void *arg, uint32_t line, const char *text)
{
	struct reader *r = arg;

	r->events.note(r->arg, line, text);
}

static _Bool
on_wanted(void *arg, const char *id, size_t len)
{
	struct reader *r = arg;

	return r->events.wanted(r->arg, id, len);
}

/* The entry at `text` is left out, because of what stands at fault->at. */
static void
leave_out(struct reader *r, enum prefilter_kind kind, const char *text, uint32_t line,
    const struct reader_fault *fault)
{
	struct buf note = BUF_INIT(1024);

	for (const char *p = text, *end = text + fault->at; p < end; p++)
		line += *p == '\n';
	buf_printf(&note,
	    "a %s is left out: ", kind == PREFILTER_CHANNEL ? "channel" : "programme");
	buf_visible(&note, fault->text);
	r->refused++;
	r->events.note(r->arg, line, note.data);
	buf_release(&note);
}

/* As reader_plain_parse; -E2BIG with *fault. */
static int
parse_plain(struct reader *r, const char *text, size_t len, uint32_t line,
    struct reader_fault *fault)
{
	int rc;

	fault->text[0] = '\0';
	reader_entry_begin(&r->entry, line);
	rc = reader_plain_parse(&r->entry, &r->values, text, len, &fault->at);
	if (rc == -E2BIG)
		snprintf(fault->text, sizeof(fault->text), "%s", r->entry.why);
	return rc;
}

/*
 * In the night in which clocks go back an hour comes twice, and nothing in a local time tells
 * which it is. The order of a channel's programmes does.
 */
static void
settle_clock(struct reader *r)
{
	struct xmltv_entry *e = &r->entry.entry;

	if (r->entry.local_start) {
		uint64_t channel = hash_sip(xmltv_text(e, e->id), e->id.len);
		_Bool same = channel == r->local_channel;

		if (same && r->local_rises && e->start < r->local_start &&
		    xmltime_again(e->start) >= r->local_start)
			e->start = xmltime_again(e->start);
		r->local_rises = same && e->start > r->local_start;
		r->local_channel = channel;
		r->local_start = e->start;
	}
	if (r->entry.local_stop && e->stop <= e->start)
		e->stop = xmltime_again(e->stop);
}

/* Hands on what r->entry holds, or says with *fault why there is nothing, as `rc` has it. */
static int
settle(struct reader *r, int rc, enum prefilter_kind kind, const char *text, uint32_t line,
    struct reader_fault *fault, struct err *err)
{
	if (rc == -ENOMEM)
		return err_set(err, ENOMEM, "no memory for an entry");
	if (rc >= 0 && r->entry.entry.id.len == 0) {
		snprintf(fault->text, sizeof(fault->text), "it has no channel's id");
		fault->at = 0;
		rc = -EBADMSG;
	}
	if (rc < 0) {
		leave_out(r, kind, text, line, fault);
		return 0;
	}
	r->counts.unknown += r->entry.unknown;
	if (r->entry.timeless) {
		r->counts.timeless++;
		r->events.note(r->arg, line, "a programme without a start that can be read");
		return 0;
	}
	settle_clock(r);
	r->counts.kept += kind == PREFILTER_PROGRAMME;
	return r->events.entry(r->arg, &r->entry.entry, err);
}

/* Nearly all entries need no mending, and no libxml2. */
static int
on_plain_text(void *arg, enum prefilter_kind kind, const char *text, size_t len, uint32_t line,
    struct err *err)
{
	struct reader *r = arg;
	struct reader_fault fault;
	int rc = parse_plain(r, text, len, line, &fault);

	if (rc == 0)
		return 0;
	r->counts.parsed += len;
	rc = settle(r, rc, kind, text, line, &fault, err);
	return rc < 0 ? rc : 1;
}

static int
on_text(void *arg, enum prefilter_kind kind, const char *text, size_t len, uint32_t line,
    struct err *err)
{
	struct reader *r = arg;
	struct reader_fault fault;
	int rc;

	r->counts.parsed += len;
	if (r->counts.parsed > r->limits.growth_free && r->counts.parsed / GROWTH_MAX > r->text)
		return err_set(err, EFBIG, "mended, it is more than %d times its size", GROWTH_MAX);
	rc = parse_plain(r, text, len, line, &fault);
	if (rc == 0) {
		reader_entry_begin(&r->entry, line);
		rc = reader_sax_parse(r->sax, &r->entry, text, len, &fault);
	}
	return settle(r, rc, kind, text, line, &fault, err);
}

static int
on_utf8(void *arg, const void *data, size_t len, struct err *err)
{
	struct reader *r = arg;

	r->text += len;
	return prefilter_feed(r->prefilter, data, len, err);
}

static int
on_unpacked(const void *data, size_t len, void *arg, struct err *err)
{
	struct reader *r = arg;

	return encoding_feed(r->encoding, data, len, err);
}

/* -- the reader --------------------------------------------------------------- */

struct reader *
reader_new(const struct reader_limits *limits, const struct xmltime_rules *times,
    const struct reader_events *events, void *arg)
{
	struct prefilter_events of_text = { on_wanted, on_plain_text, on_text, on_note };
	struct reader *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->limits = *limits;
	r->events = *events;
	r->arg = arg;
	reader_entry_init(&r->entry, &r->limits, times);
	buf_init(&r->values, 2 * limits->text.entry_max);
	if (events->wanted == NULL)
		of_text.wanted = NULL;
	r->unpack = unpack_new(&limits->input, on_unpacked, r);
	r->encoding = encoding_new(on_utf8, r);
	r->prefilter = prefilter_new(&limits->text, &of_text, r);
	r->sax = reader_sax_new();
	if (r->unpack == NULL || r->encoding == NULL || r->prefilter == NULL || r->sax == NULL) {
		reader_free(r);
		return NULL;
	}
	return r;
}

void
reader_free(struct reader *r)
{
	if (r == NULL)
		return;
	reader_entry_release(&r->entry);
	buf_release(&r->values);
	reader_sax_free(r->sax);
	prefilter_free(r->prefilter);
	encoding_free(r->encoding);
	unpack_free(r->unpack);
	free(r);
}

int
reader_feed(struct reader *r, const void *data, size_t len, struct err *err)
{
	r->counts.packed += len;
	return unpack_feed(r->unpack, data, len, err);
}

int
reader_finish(struct reader *r, struct err *err)
{
	struct err cut = ERR_INIT;
	int rc = unpack_finish(r->unpack, &cut);

	/* Compressed or not, a cut text gives what it has. */
	r->cut = rc == -ENODATA;
	if (rc < 0 && !r->cut) {
		if (err != NULL)
			*err = cut;
		return rc;
	}
	rc = encoding_finish(r->encoding, err);
	if (rc >= 0)
		rc = prefilter_finish(r->prefilter, err);
	/* Cut before it was known to be a guide, that is what is wrong with it. */
	if (rc < 0 && r->cut && !prefilter_counts(r->prefilter)->root_seen)
		return err_set(err, rc, "%s", cut.text);
	return rc;
}

const struct reader_counts *
reader_counts(struct reader *r)
{
	r->counts.text = *prefilter_counts(r->prefilter);
	r->counts.text.broken += r->refused;
	/* Also when nothing but its check sum is missing: nobody knows that it is right. */
	r->counts.text.whole = r->counts.text.whole && !r->cut;
	return &r->counts;
}
