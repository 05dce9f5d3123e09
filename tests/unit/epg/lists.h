/*
 * Listings in memory files, from texts like "0-60 News, 60-90 Film": minutes and a title.
 */
#ifndef TESTS_EPG_LISTS_H
#define TESTS_EPG_LISTS_H

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "epg/listings.h"
#include "tests/unit/epg/entry.h"

#define LIST_T0 INT64_C(1704067200) /* 2024-01-01 00:00 UTC */

static inline struct listings_writer *
list_writer(int fd)
{
	struct err err = ERR_INIT;
	struct listings_writer *w = listings_writer_new(fd, &err);

	ck_assert_msg(w != NULL, "%s", err.text);
	return w;
}

/* Adds an entry, and releases it. */
static inline void
list_put(struct listings_writer *w, struct xmltv_entry *e)
{
	struct err err = ERR_INIT;
	int rc = e->kind == XMLTV_CHANNEL ? listings_add_channel(w, e, &err)
					  : listings_add_programme(w, e, &err);

	ck_assert_msg(rc == 0, "%s", err.text);
	xmltv_entry_release(e);
}

/* icon: NULL for none. */
static inline void
list_add_channel(struct listings_writer *w, const char *id, const char *name, const char *icon)
{
	struct xmltv_entry e;

	entry_begin(&e, XMLTV_CHANNEL, id);
	entry_add(&e, XMLTV_DISPLAY_NAME, 1, name);
	if (icon != NULL)
		entry_add(&e, XMLTV_CHANNEL_ICON, 1, NULL)->attrs[0] = entry_keep(&e, icon);
	list_put(w, &e);
}

static inline void
list_add_programme(struct listings_writer *w, const char *id, int64_t start, int64_t stop,
    const char *title)
{
	struct xmltv_entry e;

	entry_begin(&e, XMLTV_PROGRAMME, id);
	e.start = start;
	e.stop = stop;
	entry_add(&e, XMLTV_TITLE, 1, title);
	list_put(w, &e);
}

/* "0-60 News, 60-90 Film" */
static inline void
list_add(struct listings_writer *w, const char *id, const char *programmes)
{
	for (const char *p = programmes; *p != '\0';) {
		long start, stop;
		char title[100];
		int at = 0;
		size_t len;

		ck_assert_int_eq(sscanf(p, " %ld-%ld %n", &start, &stop, &at), 2);
		p += at;
		len = strcspn(p, ",");
		snprintf(title, sizeof(title), "%.*s", (int)len, p);
		list_add_programme(w, id, LIST_T0 + start * 60, LIST_T0 + stop * 60, title);
		p += len + (p[len] == ',');
	}
}

static inline struct listings_counts
list_end(struct listings_writer *w)
{
	struct listings_counts counts;
	struct err err = ERR_INIT;

	ck_assert_msg(listings_writer_finish(w, &counts, &err) == 0, "%s", err.text);
	listings_writer_free(w);
	return counts;
}

static inline struct listings *
list_open(int fd)
{
	struct err err = ERR_INIT;
	struct listings *l;

	ck_assert_msg(listings_open(&l, fd, &err) == 0, "%s", err.text);
	return l;
}

#endif
