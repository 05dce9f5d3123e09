/*
 * One entry through libxml2's SAX2, as a document of its own: strictly, without a DTD,
 * entities, network or files. It decides on what is not plain (epg/reader_plain.h).
 */
#ifndef EPG_READER_SAX_H
#define EPG_READER_SAX_H

#include <stddef.h>

struct reader_entry;
struct reader_sax;

/* What it has against an entry. */
struct reader_fault {
	char
	    text[160]; /* a sentence that the entry begins; may hold anything that the entry does */
	size_t at;     /* where in the entry */
};

/* NULL: no memory, or there is no libxml2 (libxml_load). */
struct reader_sax *reader_sax_new(void);
void reader_sax_free(struct reader_sax *s);
/* 0: `b` holds it whole; -EBADMSG with *fault, -ENOMEM. */
int reader_sax_parse(struct reader_sax *s, struct reader_entry *b, const char *text, size_t len,
    struct reader_fault *fault);

#endif
