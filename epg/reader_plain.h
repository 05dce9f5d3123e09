/*
 * Parses what nobody can read in two ways: an entry of nothing but elements with ASCII names
 * and quoted attributes, text, and the references that XML itself has. That is what the
 * prefilter gives of nearly all guides, and here it takes a fifth of the time that libxml2
 * does, which all the rest is left to. What is read here is what libxml2 would have read.
 */
#ifndef EPG_READER_PLAIN_H
#define EPG_READER_PLAIN_H

#include <stddef.h>

#include "base/buf.h"

struct reader_entry;

/*
 * 1: `b` holds the entry; 0: it is not plain, or no XML, and `b` must begin again; -ENOMEM;
 * -E2BIG, and *ret_at says where. `values` is for decoded attributes.
 */
int reader_plain_parse(struct reader_entry *b, struct buf *values, const char *text, size_t len,
    size_t *ret_at);

#endif
