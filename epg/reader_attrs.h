/*
 * libxml2 compares each attribute of an element with all of the others: ten thousand, which
 * a tag of 64 KiB may have, cost it a tenth of a second. So they are counted before.
 */
#ifndef EPG_READER_ATTRS_H
#define EPG_READER_ATTRS_H

#include <stddef.h>

/* Whether no tag of the entry, which is as the prefilter gives it, has more than `max`. */
_Bool reader_attrs_few(const char *text, size_t len, unsigned max);

#endif
