#include "epg/reader.h"

#include <errno.h>
#include <stdlib.h>

#include "base/err.h"
#include "epg/encoding.h"
#include "epg/reader_batch.h"

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
	.batch = 256 << 10,
	.growth_free = 1 << 20,
};

#define GROWTH_MAX 4 /* bytes for libxml2 to one of the text */

struct reader {
	struct reader_limits limits;
	struct reader_events events;
	void *arg;
	struct reader_counts counts;
	struct unpack *unpack;
	struct encoding *encoding;
	struct prefilter *prefilter;
	struct reader_batch *batch;
	uint64_t text;  /* bytes that the prefilter was given */
	uint64_t grown; /* bytes that it gave on */
};

/* -- from stage to stage ------------------------------------------------------ */

static void
on_note(void *arg, uint32_t line, const char *text)
{
	struct reader *r = arg;

	r->events.note(r->arg, line, text);
}

static int
on_entry(void *arg, struct xmltv_entry *e, struct err *err)
{
	struct reader *r = arg;

	return r->events.entry(r->arg, e, err);
}

static _Bool
on_wanted(void *arg, const char *id, size_t len)
{
	struct reader *r = arg;

	return r->events.wanted(r->arg, id, len);
}

static int
on_text(void *arg, enum prefilter_kind kind, const char *text, size_t len, uint32_t line,
    struct err *err)
{
	struct reader *r = arg;

	(void)kind;
	r->grown += len;
	if (r->grown > r->limits.growth_free && r->grown / GROWTH_MAX > r->text)
		return err_set(err, EFBIG, "mended, it is more than %d times its size", GROWTH_MAX);
	return reader_batch_add(r->batch, text, len, line, err);
}

static int
on_utf8(void *arg, const void *data, size_t len, struct err *err)
{
	struct reader *r = arg;

	r->text += len;
	return prefilter_feed(r->prefilter, data, len, err);
}

static int
on_plain(const void *data, size_t len, void *arg, struct err *err)
{
	struct reader *r = arg;

	return encoding_feed(r->encoding, data, len, err);
}

/* -- the reader --------------------------------------------------------------- */

struct reader *
reader_new(const struct reader_limits *limits, const struct xmltime_rules *times,
    const struct reader_events *events, void *arg)
{
	const struct reader_batch_events of_batch = { on_entry, on_note };
	struct prefilter_events of_text = { on_wanted, on_text, on_note };
	struct reader *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->limits = *limits;
	r->events = *events;
	r->arg = arg;
	if (events->wanted == NULL)
		of_text.wanted = NULL;
	r->unpack = unpack_new(&limits->input, on_plain, r);
	r->encoding = encoding_new(on_utf8, r);
	r->prefilter = prefilter_new(&limits->text, &of_text, r);
	r->batch = reader_batch_new(limits, times, &of_batch, r);
	if (r->unpack == NULL || r->encoding == NULL || r->prefilter == NULL || r->batch == NULL) {
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
	reader_batch_free(r->batch);
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
	int rc = unpack_finish(r->unpack, err);

	if (rc >= 0)
		rc = encoding_finish(r->encoding, err);
	if (rc >= 0)
		rc = prefilter_finish(r->prefilter, err);
	if (rc >= 0)
		rc = reader_batch_flush(r->batch, err);
	return rc;
}

const struct reader_counts *
reader_counts(struct reader *r)
{
	const struct reader_batch_counts *batch = reader_batch_counts(r->batch);

	r->counts.text = *prefilter_counts(r->prefilter);
	r->counts.text.broken += batch->refused;
	r->counts.kept = batch->kept;
	r->counts.timeless = batch->timeless;
	r->counts.unknown = batch->unknown;
	r->counts.parsed = batch->parsed;
	return &r->counts;
}
