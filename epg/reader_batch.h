/*
 * Entries as XML, gathered and given to libxml2 together as one document "<tv>...</tv>",
 * where they lie. An entry that it refuses is told about and left out, and the parse goes on
 * behind it. An entry is what the prefilter found from < to >: one that libxml2 sees end
 * elsewhere is refused too, so that none can swallow another.
 */
#ifndef EPG_READER_BATCH_H
#define EPG_READER_BATCH_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct reader_batch;
struct reader_limits;
struct xmltime_rules;
struct xmltv_entry;

struct reader_batch_events {
	int (*entry)(void *arg, struct xmltv_entry *e, struct err *err);
	void (*note)(void *arg, uint32_t line, const char *text);
};

struct reader_batch_counts {
	uint64_t kept, timeless, unknown, parsed; /* as in struct reader_counts */
	uint64_t refused;
};

/* NULL: no memory, or there is no libxml2 (libxml_load). */
struct reader_batch *reader_batch_new(const struct reader_limits *limits,
    const struct xmltime_rules *times, const struct reader_batch_events *events, void *arg);
void reader_batch_free(struct reader_batch *b);
/* One entry, on line `line` of the source. 0, -ENOMEM, or what `entry` returned. */
int reader_batch_add(struct reader_batch *b, const char *text, size_t len, uint32_t line,
    struct err *err);
/* Parses what is there still. */
int reader_batch_flush(struct reader_batch *b, struct err *err);
const struct reader_batch_counts *reader_batch_counts(struct reader_batch *b);

#endif
