/*
 * Entries made by hand.
 *
 *	entry_begin(&e, XMLTV_PROGRAMME, "one.uk");
 *	entry_add(&e, XMLTV_TITLE, 1, "News");
 *	...
 *	xmltv_entry_release(&e);
 */
#ifndef TESTS_EPG_ENTRY_H
#define TESTS_EPG_ENTRY_H

#include <string.h>

#include "epg/xmltv.h"
#include "unit.h"

static inline struct xmltv_span
entry_keep(struct xmltv_entry *e, const char *text)
{
	return xmltv_keep(e, text, strlen(text));
}

static inline void
entry_begin(struct xmltv_entry *e, enum xmltv_kind kind, const char *id)
{
	xmltv_entry_init(e, 1u << 20);
	xmltv_entry_clear(e, kind);
	e->id = entry_keep(e, id);
}

/* text: NULL for none. */
static inline struct xmltv_node *
entry_add(struct xmltv_entry *e, enum xmltv_element element, unsigned depth, const char *text)
{
	struct xmltv_node *node = xmltv_add(e, element, depth);

	ck_assert_ptr_nonnull(node);
	if (text != NULL)
		node->text = entry_keep(e, text);
	return node;
}

#endif
