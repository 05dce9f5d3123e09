/*
 * XMLTV's words: one table of the DTD's elements (xmltv.dtd; protocols: XMLTV's own DTD
 * 0.5.x), and a channel or programme taken apart into them. The reader fills entries in,
 * the rules change them, and they are written in the DTD's order, whatever order they
 * came in.
 *
 * What the DTD does not know is not kept: entries hold nothing that could not be written.
 */
#ifndef EPG_XMLTV_H
#define EPG_XMLTV_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* In the DTD's order: below <channel>, below <programme>, then what stands below those. */
enum xmltv_element {
	XMLTV_DISPLAY_NAME,
	XMLTV_CHANNEL_ICON,
	XMLTV_CHANNEL_URL,

	XMLTV_TITLE,
	XMLTV_SUB_TITLE,
	XMLTV_DESC,
	XMLTV_CREDITS,
	XMLTV_DATE,
	XMLTV_CATEGORY,
	XMLTV_KEYWORD,
	XMLTV_LANGUAGE,
	XMLTV_ORIG_LANGUAGE,
	XMLTV_LENGTH,
	XMLTV_ICON,
	XMLTV_URL,
	XMLTV_COUNTRY,
	XMLTV_EPISODE_NUM,
	XMLTV_VIDEO,
	XMLTV_AUDIO,
	XMLTV_PREVIOUSLY_SHOWN,
	XMLTV_PREMIERE,
	XMLTV_LAST_CHANCE,
	XMLTV_NEW,
	XMLTV_SUBTITLES,
	XMLTV_RATING,
	XMLTV_STAR_RATING,
	XMLTV_REVIEW,
	XMLTV_IMAGE,

	XMLTV_DIRECTOR, /* below credits; in this order */
	XMLTV_ACTOR,
	XMLTV_WRITER,
	XMLTV_ADAPTER,
	XMLTV_PRODUCER,
	XMLTV_COMPOSER,
	XMLTV_EDITOR,
	XMLTV_PRESENTER,
	XMLTV_COMMENTATOR,
	XMLTV_GUEST,
	XMLTV_PERSON_IMAGE, /* below one of those */
	XMLTV_PERSON_URL,
	XMLTV_VIDEO_PRESENT, /* below video */
	XMLTV_VIDEO_COLOUR,
	XMLTV_VIDEO_ASPECT,
	XMLTV_VIDEO_QUALITY,
	XMLTV_AUDIO_PRESENT, /* below audio */
	XMLTV_AUDIO_STEREO,
	XMLTV_SUBTITLES_LANGUAGE,
	XMLTV_RATING_VALUE, /* below rating and star-rating */
	XMLTV_RATING_ICON,

	XMLTV_ELEMENTS,
	XMLTV_NONE = XMLTV_ELEMENTS /* no parent; unknown */
};

#define XMLTV_ATTRS_MAX 4 /* of one element */

enum xmltv_many { XMLTV_ONE, XMLTV_SOME }; /* at most one (? in the DTD), or any number (* and +) */

/* What an element must have, or it says nothing and is not written. */
enum xmltv_need {
	XMLTV_NEEDS_NOTHING, /* that it is there is what it says: <new/> */
	XMLTV_NEEDS_TEXT,
	XMLTV_NEEDS_ATTR,  /* attrs[0] */
	XMLTV_NEEDS_BOTH,  /* text and attrs[0] */
	XMLTV_NEEDS_CHILD, /* an element below it that is written */
	XMLTV_NEEDS_VALUE, /* its <value> */
	XMLTV_NEEDS_ANY    /* text, or an element below it */
};

struct xmltv_row {
	const char *name;
	const char *attrs[XMLTV_ATTRS_MAX]; /* NULL-padded; in the order of xmltv_node.attrs */
	_Bool text;                         /* it has text of its own */
	enum xmltv_many many;
	enum xmltv_need need;
};
extern const struct xmltv_row xmltv_rows[XMLTV_ELEMENTS];

/*
 * The element of that name below `parent`: XMLTV_NONE with the entry's kind says the
 * top level. XMLTV_NONE: the DTD has none such there.
 */
enum xmltv_kind { XMLTV_CHANNEL, XMLTV_PROGRAMME };
enum xmltv_element xmltv_find(enum xmltv_kind kind, enum xmltv_element parent, const char *name);

/* The attributes of <programme> that are kept besides start, stop and channel. */
#define XMLTV_PROGRAMME_ATTRS 5
#define XMLTV_PROGRAMME_TIMES 2 /* the first ones are times: pdc-start, vps-start */
extern const char *const xmltv_programme_attrs[XMLTV_PROGRAMME_ATTRS];

/*
 * A text in xmltv_entry.text: UTF-8 without references, no control characters, blanks
 * only between words and one at a time (to XMLTV, more of them mean the same). It is not
 * NUL-terminated.
 */
struct xmltv_span {
	uint32_t at;
	uint32_t len : 31;
	uint32_t plain : 1; /* it is known that nothing in it must be escaped or left out */
};
#define XMLTV_ABSENT    \
	{               \
		0, 0, 0 \
	} /* at is never 0 for a text that is there, even an empty one */

struct xmltv_node {
	uint8_t element; /* enum xmltv_element */
	uint8_t depth;   /* 1: a child of the entry; at most 3; parents come before children */
	struct xmltv_span text;
	struct xmltv_span attrs[XMLTV_ATTRS_MAX]; /* as in the element's row */
};

struct xmltv_entry {
	enum xmltv_kind kind;
	uint32_t line;        /* where it begins in the source, from 1 */
	struct xmltv_span id; /* of the channel: id= or channel=; xmltv_tidy_id */
	int64_t start, stop;  /* of a programme, seconds since 1970; stop 0: none was given */
	struct xmltv_span attrs[XMLTV_PROGRAMME_ATTRS];
	struct xmltv_node *nodes; /* owned */
	size_t count, cap;
	struct buf text; /* what the spans point into */
};

void xmltv_entry_init(struct xmltv_entry *e, size_t text_max);
void xmltv_entry_release(struct xmltv_entry *e);
/* Empties it and keeps its memory. */
void xmltv_entry_clear(struct xmltv_entry *e, enum xmltv_kind kind);

/* Keeps a copy of the text. On no memory or too much text: absent, and buf_status(&e->text) < 0. */
struct xmltv_span xmltv_keep(struct xmltv_entry *e, const char *text, size_t len);
static inline const char *
xmltv_text(const struct xmltv_entry *e, struct xmltv_span span)
{
	return e->text.data + span.at;
}
/* A new node at the end; NULL: no memory. Valid until the next. */
struct xmltv_node *xmltv_add(struct xmltv_entry *e, enum xmltv_element element, unsigned depth);
/* Drops node i and those below it. */
void xmltv_drop(struct xmltv_entry *e, size_t i);

/*
 * Makes a text of the source fit for an entry, in place: no control characters, runs of
 * blanks one blank, none at its ends. Returns its new length.
 */
size_t xmltv_tidy(char *text, size_t len);
/* The same for an id, whose runs of blanks stay as long as they are: others are to find it. */
size_t xmltv_tidy_id(char *text, size_t len);

/*
 * Appends the attributes (" clumpidx="0/1"") and the children, one element a line, in
 * the DTD's order (those of one name in the order that they came), none that must be
 * alone twice, those that say nothing (enum xmltv_need) and empty attributes left out. A
 * programme without a title gets an empty one, a channel without a display-name its id.
 * What is written is well-formed and valid whatever the entry holds.
 */
void xmltv_write_attrs(struct buf *out, const struct xmltv_entry *e);
void xmltv_write_children(struct buf *out, const struct xmltv_entry *e);

#endif
