/*
 * What a name says about the time of an event: the words of it, and the instant they mean.
 */
#ifndef EPG_MADEUP_PARTS_H
#define EPG_MADEUP_PARTS_H

#include <ctype.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/* -- the words ----------------------------------------------------------------- */

struct madeup_date {
	_Bool known;
	unsigned year;   /* 0: none was given */
	unsigned a, b;   /* month and day */
	_Bool unordered; /* or day and month: "04/05" */
};

enum madeup_half { MADEUP_NO_HALF, MADEUP_AM, MADEUP_PM };

struct madeup_time {
	_Bool known;
	unsigned hour, minute, second; /* hour as it was written */
	enum madeup_half half;
};

struct madeup_zone {
	char name[5];
	int16_t offset; /* minutes, in winter */
	enum { MADEUP_NO_DST, MADEUP_AMERICA, MADEUP_EUROPE } dst;
};

/* A date, a time, and the zone of the time. */
struct madeup_moment {
	struct madeup_date date;
	struct madeup_time time;
	const struct madeup_zone *zone; /* NULL: the process's */
	int32_t offset;                 /* minutes, on top of the zone's: "UTC+2" */
};

struct madeup_words {
	struct madeup_moment begin, end; /* end: its time is not known unless there is a range */
	int weekday;                     /* 0: Sunday; -1: none was given */
};

/*
 * Finds them in a name; false: it has no time. The rest of the name is the title (appended),
 * without what stood around them.
 */
_Bool madeup_read(const char *name, struct madeup_words *ret, struct buf *title);

/* A digit, an ASCII letter, or a byte of another character: what words are of. */
static inline _Bool
madeup_is_word(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

/* Bytes of the word of letters that begins at p. */
size_t madeup_word_len(const char *p);
/* Whether a date or a time may begin at p, which is in `name`. */
_Bool madeup_may_begin(const char *name, const char *p);
/* What begins at p: how many bytes it takes; 0: none does. */
size_t madeup_date_at(const char *p, struct madeup_moment *m);
size_t madeup_time_at(const char *p, struct madeup_moment *m); /* with its zone */
size_t madeup_weekday_at(const char *p, int *weekday);
/* The zone whose name begins at text; NULL: none. */
const struct madeup_zone *madeup_zone_at(const char *text);

/* -- the instants --------------------------------------------------------------- */

#define MADEUP_EVENT_S     (3 * 3600)  /* how long an event takes that has no end */
#define MADEUP_EVENT_MAX_S (12 * 3600) /* an end that is later is none */

/* False: there is no such time. */
_Bool madeup_resolve(const struct madeup_words *words, int64_t today, int64_t *start,
    int64_t *stop);

#endif
