/*
 * Makes an entry of the events of a parser: elements begin and end, and text stands between.
 * What the DTD does not have at its place is left out with all that is in it, and counted.
 */
#ifndef EPG_READER_ENTRY_H
#define EPG_READER_ENTRY_H

#include <stddef.h>
#include <stdint.h>

#include "epg/xmltime.h"
#include "epg/xmltv.h"

struct reader_limits;

struct reader_attr {
	const char *name, *value; /* not NUL-terminated */
	size_t name_len, value_len;
	_Bool plain; /* the value, as scan_plain() has it */
};

#define READER_KEPT_DEPTH 4 /* the entry, and three levels below it */

struct reader_entry {
	const struct reader_limits *limits;
	struct xmltime_rules times;
	struct xmltv_entry entry;
	_Bool timeless;                /* a programme without a start that can be read */
	_Bool local_start, local_stop; /* they are times of the zone's clocks */
	unsigned unknown;
	const char *why; /* -E2BIG: which limit; a sentence that the entry begins */

	unsigned depth; /* of what is open, from the entry's own element on */
	unsigned kept;  /* of those, how many are part of the entry */
	struct {
		size_t node; /* of the entry's nodes; not for the entry itself */
		enum xmltv_element element;
		uint8_t hint; /* its last child's element: the next is that or soon behind */
	} open[READER_KEPT_DEPTH];
};

void reader_entry_init(struct reader_entry *b, const struct reader_limits *limits,
    const struct xmltime_rules *times);
void reader_entry_release(struct reader_entry *b);
/* Forgets what there is. The next entry begins on that line. */
void reader_entry_begin(struct reader_entry *b, uint32_t line);

/* 0, -ENOMEM, or -E2BIG. A name with a prefix is one that nobody knows. */
int reader_entry_start(struct reader_entry *b, const char *name, size_t len,
    const struct reader_attr *attrs, size_t count);
/* `plain`: as scan_plain() has it. */
void reader_entry_text(struct reader_entry *b, const char *text, size_t len, _Bool plain);
/* What began last ends. 0: the entry goes on; 1: it is whole; -ENOMEM, -E2BIG. */
int reader_entry_end(struct reader_entry *b);

#endif
