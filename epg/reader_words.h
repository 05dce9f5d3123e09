/*
 * XMLTV's words as libxml2's dictionary has them: it gives each name once, so names are
 * compared by their addresses.
 */
#ifndef EPG_READER_WORDS_H
#define EPG_READER_WORDS_H

#include "epg/libxml.h"
#include "epg/xmltv.h"

struct reader_words {
	const xmlChar *elements[XMLTV_ELEMENTS];
	const xmlChar *attrs[XMLTV_ELEMENTS][XMLTV_ATTRS_MAX];
	const xmlChar *programme_attrs[XMLTV_PROGRAMME_ATTRS];
	const xmlChar *channel, *programme, *id, *start, *stop;
};

/* Valid as long as the dictionary. 0 or -ENOMEM. */
int reader_words_init(struct reader_words *w, const struct libxml *xml, xmlDictPtr dictionary);

#endif
