/*
 * What the vocabulary's parts share: which elements may stand below which, and
 * appending.
 */
#ifndef EPG_XMLTV_PARTS_H
#define EPG_XMLTV_PARTS_H

#include <string.h>

#include "epg/xmltv.h"

/* buf_add, without a call where there is room. */
static inline void
xmltv_put(struct buf *out, const char *text, size_t len)
{
	if (out->cap - out->len <= len) {
		buf_add(out, text, len);
		return;
	}
	memcpy(out->data + out->len, text, len);
	out->len += len;
	out->data[out->len] = '\0';
}

/* Elements that lie side by side in enum xmltv_element, [first, end). */
struct xmltv_range {
	uint8_t first, end;
};
/* Those below `parent` (XMLTV_NONE: below the entry itself). */
struct xmltv_range xmltv_below(enum xmltv_kind kind, enum xmltv_element parent);

#endif
