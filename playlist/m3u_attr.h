/*
 * The attributes of #EXTINF and #EXTM3U lines, as the wild writes them
 * (key="value", key='value', key=value, key = "value"; quotes inside
 * values, quotes that nobody closed, commas anywhere). A line is read in place
 * and in linear time.
 *
 * What decides is where a quoted value ends: at a quote that is followed by
 * another attribute, by the line's end, or by a comma behind which no attribute
 * comes any more. A value that is never closed ends before the next attribute,
 * or else at the line's last comma.
 */
#ifndef PLAYLIST_M3U_ATTR_H
#define PLAYLIST_M3U_ATTR_H

#include <stddef.h>

struct m3u_attr;
struct m3u_entry;

struct m3u_attrs {
	struct m3u_attr *list; /* the owner's, of `max` places */
	size_t count, max;
	size_t dropped; /* for which there was no place */
};

struct m3u_extinf {
	char duration[24]; /* as written; "" without one */
	/* Behind the comma, or without a comma behind the last attribute; "" if nothing is. */
	const char *name;
};

/* Both cut up `text`; attributes and name point into it. */

/* What follows "#EXTM3U". */
void m3u_attr_header(char *text, struct m3u_attrs *attrs);
/* What follows "#EXTINF:". */
void m3u_attr_extinf(char *text, struct m3u_attrs *attrs, struct m3u_extinf *ret);

/* Gives the attributes that have a meaning their places in the entry. */
void m3u_attr_meanings(const struct m3u_attrs *attrs, struct m3u_entry *e);

#endif
