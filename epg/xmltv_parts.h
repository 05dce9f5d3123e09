/*
 * What the vocabulary's parts share: which elements may stand below which.
 */
#ifndef EPG_XMLTV_PARTS_H
#define EPG_XMLTV_PARTS_H

#include "epg/xmltv.h"

/* Elements that lie side by side in enum xmltv_element, [first, end). */
struct xmltv_range {
	uint8_t first, end;
};
/* Those below `parent` (XMLTV_NONE: below the entry itself). */
struct xmltv_range xmltv_below(enum xmltv_kind kind, enum xmltv_element parent);

#endif
