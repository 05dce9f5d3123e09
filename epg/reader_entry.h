/*
 * Makes an entry of what libxml2 tells about one channel or programme. What the DTD does
 * not have at its place is left out with all that is in it, and counted.
 */
#ifndef EPG_READER_ENTRY_H
#define EPG_READER_ENTRY_H

#include <stddef.h>
#include <stdint.h>

#include "epg/reader_words.h"
#include "epg/xmltime.h"
#include "epg/xmltv.h"

struct reader_limits;

/* An attribute, as startElementNs gives it. */
struct reader_attr {
	const xmlChar *name, *prefix, *uri, *value, *end;
};

#define READER_KEPT_DEPTH 4 /* the entry, and three levels below it */

struct reader_entry {
	const struct reader_words *words;
	const struct reader_limits *limits;
	struct xmltime_rules times;
	struct xmltv_entry entry;
	_Bool timeless; /* a programme without a start that can be read */
	uint64_t unknown;

	unsigned depth; /* of what is open, from the entry's own element on */
	unsigned kept;  /* of those, how many are part of the entry */
	struct {
		size_t node; /* of the entry's nodes; not for the entry itself */
		enum xmltv_element element;
		uint8_t hint; /* its last child's element: the next is that or soon behind */
	} open[READER_KEPT_DEPTH];
};

void reader_entry_init(struct reader_entry *b, const struct reader_words *words,
    const struct reader_limits *limits, const struct xmltime_rules *times);
void reader_entry_release(struct reader_entry *b);
/* Forgets a half-built entry. The next one begins on that line. */
void reader_entry_begin(struct reader_entry *b, uint32_t line);

/*
 * An element begins. 0; -ENOMEM; -E2BIG: a limit, and *why says which; -EINVAL: an entry that
 * is no channel or programme.
 */
int reader_entry_start(struct reader_entry *b, const xmlChar *name, const xmlChar *prefix,
    const struct reader_attr *attrs, size_t count, const char **why);
void reader_entry_text(struct reader_entry *b, const char *text, size_t len);
/* The last one ends. 0: the entry goes on; 1: it is whole; -ENOMEM; -E2BIG as above. */
int reader_entry_end(struct reader_entry *b, const char **why);

#endif
