/*
 * guide.idx: where in guide.xml each channel's programmes stand, by time, and what they are
 * called. The gateway maps it beside guide.xml and answers from both without parsing XML.
 *
 * Like the other snapshots it is not trusted: opening is in two steps, the second in
 * slices, so that the loop never waits (playlist/lineup.h has the same).
 */
#ifndef EPG_GUIDE_INDEX_H
#define EPG_GUIDE_INDEX_H

#include <stddef.h>
#include <stdint.h>

struct buf;
struct err;
struct guide_index;

/* Maps both; both descriptors stay the caller's. -EBADMSG: they are not of one making. */
int guide_index_open(struct guide_index **ret, int index_fd, int xml_fd, struct err *err);
/* Looks at up to `rows` more; 1: there is more; 0: all is sound; -EBADMSG. */
int guide_index_check(struct guide_index *g, uint32_t rows, struct err *err);
int guide_index_load(struct guide_index **ret, int index_fd, int xml_fd, struct err *err);
struct guide_index *guide_index_ref(struct guide_index *g);
void guide_index_unref(struct guide_index *g);
/* Gives back the pages of both that were read; they come from the files when touched again. */
void guide_index_drop(const struct guide_index *g);

struct guide_index_info {
	uint64_t tag; /* of guide.xml's content */
	uint64_t bytes, gzip_bytes, programmes;
	uint32_t channels;
	int64_t first, last; /* the earliest start, the latest stop; 0: none */
};
void guide_index_get_info(const struct guide_index *g, struct guide_index_info *ret);

struct guide_index_channel { /* points into the mapping */
	const char *id, *number, *name;
	const char *xml; /* its <channel> element, with the newline */
	size_t xml_len;
	uint32_t first, count;     /* its programmes */
	uint64_t digest;           /* of their XML */
	uint64_t piece, piece_len; /* in guide.xml.gz */
	uint64_t xml_bytes;        /* of all its programmes */
	uint32_t crc;              /* CRC-32 of those bytes */
};
/* In the lineup's order; i < channels. */
void guide_index_get_channel(const struct guide_index *g, uint32_t i,
    struct guide_index_channel *ret);
/* By output id, else by number. False: none such; *ret_i its place. */
_Bool guide_index_find(const struct guide_index *g, const char *id_or_number, uint32_t *ret_i);

struct guide_index_programme { /* points into the mapping */
	int64_t start, stop;
	uint32_t channel;
	const char *xml; /* from <programme to </programme> and the newline */
	size_t xml_len;
};
void guide_index_get_programme(const struct guide_index *g, uint32_t i,
    struct guide_index_programme *ret);
/* The first programme of the channel that ends after `when`; first + count: none. */
uint32_t guide_index_at(const struct guide_index *g, const struct guide_index_channel *c,
    int64_t when);

/*
 * Programmes whose title holds all words of `words`, without regard to case and accents,
 * from place `from` on; up to `max` of their places to ret. Returns how many, and where to
 * go on in *next (the programme count: it is all).
 */
size_t guide_index_search(const struct guide_index *g, const char *words, uint32_t from,
    uint32_t *ret, size_t max, uint32_t *next);

/*
 * The nth text of a leaf element of a programme ("title", "desc", "category" ...), its
 * references decoded; false: it has none. "credits/actor" is the actor below credits. For
 * JSON; made for what guide_write wrote.
 */
_Bool guide_index_text(const struct guide_index_programme *p, const char *element, unsigned nth,
    struct buf *out);
/* The same for an attribute of it: ("icon", 0, "src"). */
_Bool guide_index_attr(const struct guide_index_programme *p, const char *element, unsigned nth,
    const char *attr, struct buf *out);

#endif
