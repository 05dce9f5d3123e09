/*
 * The listings of one source as a snapshot file: its channels, and of those that were
 * wanted the programmes, sorted and made plausible, as XML that is ready to be copied. The
 * listings worker writes it, the guide worker reads it; both are in jails.
 *
 * A source's programmes are settled when the file is finished, channel by channel: sorted
 * by start; of two with one start the richer stays; a missing stop is the next start, at
 * most LISTINGS_GAP_S away, else <length>, else an hour; a stop that is not after its start
 * or more than a day later counts as missing; what overlaps the next ends where that begins.
 */
#ifndef EPG_LISTINGS_H
#define EPG_LISTINGS_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct listings;
struct listings_writer;
struct xmltv_entry;

#define LISTINGS_GAP_S          (6 * 3600)
#define LISTINGS_CHANNELS_MAX   200000
#define LISTINGS_PROGRAMMES_MAX 20000000

/* -- writing ---------------------------------------------------------------- */

/* Memory: a few buffers, 24 bytes a programme, and the channels. fd stays the caller's. */
struct listings_writer *listings_writer_new(int fd, struct err *err);
void listings_writer_free(struct listings_writer *w);
/* Several <channel> of one id are one: what the later ones add is kept. */
int listings_add_channel(struct listings_writer *w, const struct xmltv_entry *e, struct err *err);
/* A programme whose channel has no <channel> (yet) is fine. -E2BIG: a limit above. */
int listings_add_programme(struct listings_writer *w, const struct xmltv_entry *e, struct err *err);

struct listings_counts {
	uint64_t channels, programmes; /* in the file */
	uint64_t duplicates, clipped;  /* dropped; ended earlier */
	uint64_t dull;                 /* dropped for their times, or as longer than 16 MiB */
	int64_t first, last;           /* the earliest start, the latest stop; 0: none */
};
int listings_writer_finish(struct listings_writer *w, struct listings_counts *ret, struct err *err);

/* -- reading ---------------------------------------------------------------- */

/*
 * Maps the tables and the channels and checks them; programmes' texts are checked as they are
 * read. The file is not trusted: who wrote it read hostile bytes. -EBADMSG, or listings that,
 * whatever their writer was
 *
 * - have programmes that, channel by channel, are in order and do not overlap;
 * - leave a guide well-formed that they are copied into: attributes and children are UTF-8
 *   of XML 1.0's characters, with none but its five references, no comment, CDATA or
 *   instruction; attributes of <programme> are those of xmltv_programme_attrs, each once;
 *   children are whole elements, each with a newline behind it and no text between, at most
 *   three deep, and none is called tv, channel or programme; those of a channel are a line
 *   each;
 * - have programmes whose texts together are no longer than the file;
 * - have channel ids that are not empty, UTF-8 of XML 1.0's characters, no controls among
 *   them: to be escaped by who writes them.
 *
 * They need not be valid: who took the writer over may write any text, under any name.
 *
 * Memory: the channels' ids, 24 bytes each, and a window of 64 KiB. Reading a channel's
 * texts in order costs a read(2) for each 64 KiB where a source goes channel by channel;
 * where it goes by time, one for the few programmes that came within 1 MiB of it, which
 * is some 1 us each.
 *
 * fd is read from later and must stay open; *ret is the caller's to close.
 */
int listings_open(struct listings **ret, int fd, struct err *err);
void listings_close(struct listings *l);

struct listings_channel {
	const char *id;        /* as the source has it */
	const char *xml;       /* <display-name>, <icon> and <url> lines, NUL-terminated */
	uint32_t first, count; /* its programmes */
};
uint32_t listings_channel_count(const struct listings *l);
void listings_get_channel(const struct listings *l, uint32_t i, struct listings_channel *ret);
/* By id, without regard to case and to blanks around it. False: it has none such. */
_Bool listings_find(const struct listings *l, const char *id, struct listings_channel *ret);

struct listings_programme { /* texts are good until the next one of these listings */
	int64_t start, stop;
	const char *attrs; /* what stands in the tag besides start, stop, channel: "" or " a="b"" */
	size_t attrs_len;
	const char *body; /* the children, a line each */
	size_t body_len;
};
/* One whose text is broken, or cannot be read, has an empty title, and is counted. */
void listings_get_programme(const struct listings *l, uint32_t i, struct listings_programme *ret);
/* Texts that were broken so far: a file with any is not what its writer wrote. */
uint64_t listings_broken(const struct listings *l);
/* Its times alone, without a look at its text. */
void listings_get_times(const struct listings *l, uint32_t i, int64_t *start, int64_t *stop);
/*
 * Gives back the pages of the tables (16 bytes a programme) that were looked at; all that
 * was given out stays good.
 */
void listings_forget(const struct listings *l);

#endif
