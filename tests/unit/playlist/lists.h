/*
 * Playlist texts to catalogues and lineups, in memory files.
 */
#ifndef TESTS_PLAYLIST_LISTS_H
#define TESTS_PLAYLIST_LISTS_H

#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "playlist/catalogue.h"
#include "playlist/lineup.h"
#include "playlist/m3u.h"
#include "unit.h"

static inline int
list_add_entry(const struct m3u_entry *entry, void *arg)
{
	return catalogue_add(arg, entry, NULL);
}

/* The caller closes it. */
static inline struct catalogue *
list_catalogue(const char *text)
{
	int fd = unit_memory_file("");
	struct catalogue_writer *w = catalogue_writer_new(fd);
	struct m3u_reader *r = m3u_reader_new(&m3u_limits_default, list_add_entry, NULL, w);
	struct err err = ERR_INIT;
	struct catalogue *c;

	ck_assert_msg(m3u_reader_feed(r, text, strlen(text), &err) == 0, "%s", err.text);
	ck_assert_int_eq(catalogue_finish(w, "", &err), 0);
	ck_assert_int_eq(catalogue_open(&c, fd, &err), 0);
	m3u_reader_free(r);
	catalogue_writer_free(w);
	close(fd);
	return c;
}

/* The file of a lineup of one playlist called "list"; *ret may be NULL. */
static inline int
list_lineup_file(const char *text, const struct lineup *previous, int64_t now,
    struct lineup_result *ret)
{
	struct catalogue *c = list_catalogue(text);
	const struct lineup_source source = { "list", c };
	struct lineup_result result;
	struct err err = ERR_INIT;
	int fd = unit_memory_file("");

	ck_assert_msg(
	    lineup_build(fd, &source, 1, previous, now, ret == NULL ? &result : ret, &err) == 0,
	    "%s", err.text);
	catalogue_close(c);
	return fd;
}

/* The caller unrefs it. */
static inline struct lineup *
list_lineup(const char *text, const struct lineup *previous, int64_t now, struct lineup_result *ret)
{
	int fd = list_lineup_file(text, previous, now, ret);
	struct err err = ERR_INIT;
	struct lineup *l;

	ck_assert_msg(lineup_load(&l, fd, &err) == 0, "%s", err.text);
	close(fd);
	return l;
}

#endif
