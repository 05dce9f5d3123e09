/*
 * Listings in memory files, from texts like "0-60 News, 60-90 Film": minutes and a title.
 */
#ifndef TESTS_EPG_LISTS_H
#define TESTS_EPG_LISTS_H

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "epg/listings.h"
#include "epg/xmltv.h"
#include "unit.h"

#define LIST_T0 INT64_C(1704067200) /* 2024-01-01 00:00 UTC */

static inline void
list_add_channel(struct listings_writer *w, const char *id, const char *name)
{
	struct xmltv_entry e;
	struct xmltv_node *node;
	struct err err = ERR_INIT;

	xmltv_entry_init(&e, 1u << 20);
	xmltv_entry_clear(&e, XMLTV_CHANNEL);
	e.id = xmltv_keep(&e, id, strlen(id));
	node = xmltv_add(&e, XMLTV_DISPLAY_NAME, 1);
	node->text = xmltv_keep(&e, name, strlen(name));
	ck_assert_msg(listings_add_channel(w, &e, &err) == 0, "%s", err.text);
	xmltv_entry_release(&e);
}

static inline void
list_add_programme(struct listings_writer *w, const char *id, int64_t start, int64_t stop,
    const char *title, size_t title_len)
{
	struct xmltv_entry e;
	struct xmltv_node *node;
	struct err err = ERR_INIT;

	xmltv_entry_init(&e, 1u << 20);
	xmltv_entry_clear(&e, XMLTV_PROGRAMME);
	e.id = xmltv_keep(&e, id, strlen(id));
	e.start = start;
	e.stop = stop;
	node = xmltv_add(&e, XMLTV_TITLE, 1);
	node->text = xmltv_keep(&e, title, title_len);
	ck_assert_msg(listings_add_programme(w, &e, &err) == 0, "%s", err.text);
	xmltv_entry_release(&e);
}

/* "0-60 News, 60-90 Film" */
static inline void
list_add(struct listings_writer *w, const char *id, const char *programmes)
{
	for (const char *p = programmes; *p != '\0';) {
		long start, stop;
		int at = 0;
		size_t len;

		ck_assert_int_eq(sscanf(p, " %ld-%ld %n", &start, &stop, &at), 2);
		p += at;
		len = strcspn(p, ",");
		list_add_programme(w, id, LIST_T0 + start * 60, LIST_T0 + stop * 60, p, len);
		p += len + (p[len] == ',');
	}
}

static inline struct listings_writer *
list_begin(int *ret_fd)
{
	struct listings_writer *w;
	struct err err = ERR_INIT;

	*ret_fd = unit_memory_file("");
	w = listings_writer_new(*ret_fd, &err);
	ck_assert_msg(w != NULL, "%s", err.text);
	return w;
}

static inline void
list_end(struct listings_writer *w)
{
	struct listings_counts counts;
	struct err err = ERR_INIT;

	ck_assert_msg(listings_writer_finish(w, &counts, &err) == 0, "%s", err.text);
	listings_writer_free(w);
}

#endif
