/*
 * XMLTV's times: digits from the year on, as many as there are, and a zone
 * (XMLTV DTD; the wild forms: protocols.md §4.3).
 *
 *	20240101120000 +0000   202401011200   20240101120000+0100   20240101120000 +1
 *	20240101120000 BST     20240101120000Z   2024-01-01T12:00:00+01:00   20240101240000
 */
#ifndef EPG_XMLTIME_H
#define EPG_XMLTIME_H

#include <stddef.h>
#include <stdint.h>

struct err;

/* How a source's times are meant. */
struct xmltime_rules {
	/*
	 * Times without an offset are in the zone that xmltime_set_zone() chose, else UTC.
	 * ignore_offsets: so are those with one, for sources whose offsets are wrong.
	 */
	_Bool zoned, ignore_offsets;
};

/*
 * Chooses a zone by its name ("Europe/London") for the whole process, which loads it from
 * the system: before the jail closes. -EINVAL: there is none of that name here.
 */
int xmltime_set_zone(const char *name, struct err *err);

/*
 * Reads a time (not NUL-terminated; blanks around it are fine) as seconds since 1970.
 * 24:00 is the next day's 00:00, second 60 is the next minute's 00. A local time that a
 * clock change skips is the one after it, one that comes twice the first. 0; 1: it was one
 * of the zone's clocks; -EINVAL for what is no time or lies outside 1970 to 2105.
 */
int xmltime_parse(const char *text, size_t len, const struct xmltime_rules *rules, int64_t *ret);
/* When the zone's clocks show the same as at `when` once more; `when` itself: they do not. */
int64_t xmltime_again(int64_t when);

#define XMLTIME_SIZE 24
/* "20240101120000 +0000" */
void xmltime_format(int64_t when, char out[XMLTIME_SIZE]);

#endif
