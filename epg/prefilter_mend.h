/*
 * Makes of an entry as it was found one that an XML parser takes: only tags, text and
 * references that XML itself has. Comments and processing instructions are left out, CDATA
 * sections become text, and what is broken is mended (epg/prefilter.h).
 */
#ifndef EPG_PREFILTER_MEND_H
#define EPG_PREFILTER_MEND_H

#include <stddef.h>

struct aliases;
struct buf;

/*
 * Appends the entry to `out`, mended. Its tags are at most `tag_max` long. Returns whether
 * something was broken; buf_status() tells whether it fitted.
 */
_Bool mend_entry(struct buf *out, const char *p, const char *end, size_t tag_max,
    const struct aliases *a);

/*
 * Appends the value of an attribute as a parser gives it: references are characters, line
 * ends are blanks, and none of those at its ends.
 */
void mend_value(struct buf *out, const char *p, size_t len, const struct aliases *a);

#endif
