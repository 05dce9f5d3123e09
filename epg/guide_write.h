/*
 * The guide's three files, written in one pass: guide.xml (XMLTV, all channels and then
 * their programmes, an element a line, times in UTC), guide.xml.gz (the same), and guide.idx
 * (epg/guide_index.h).
 *
 * The compressed file is one gzip member (RFC 1952), since readers exist that stop at the end
 * of the first; inside, each channel's programmes are deflated on their own and end on a
 * byte (RFC 1951 §2.3), so that the piece of a channel that has not changed is copied from
 * the last guide byte for byte. CRCs are combined.
 */
#ifndef EPG_GUIDE_WRITE_H
#define EPG_GUIDE_WRITE_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct guide_index;
struct guide_writer;
struct listings_programme;

struct guide_write_files {
	int xml, gzip, index; /* empty files; stay the caller's; gzip and index -1: not wanted */
	/* The last guide, for its compressed pieces; NULL and -1: none. */
	const struct guide_index *old_index;
	int old_gzip;
	uint64_t bytes_max; /* of guide.xml; 0: GUIDE_BYTES_MAX. More is -EFBIG */
};

/* What a guide begins with, up to its first channel. */
#define GUIDE_PROLOG                                   \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" \
	"<tv generator-info-name=\"Masthead\">\n"

#define GUIDE_BYTES_MAX (UINT64_C(8) << 30) /* of guide.xml */
#define GUIDE_TEXT_MAX  4096                /* bytes of an id; numbers and names are cut to fewer */

struct guide_write_channel {
	const char *id, *number, *name, *logo; /* as in epg/wanted.h */
	const char *xml; /* more <display-name>, <icon>, <url> lines of its source; may be "" */
};

struct guide_writer *guide_writer_new(const struct guide_write_files *files, struct err *err);
void guide_writer_free(struct guide_writer *w);

/*
 * All channels first, in the lineup's order. Their names are NUMBER NAME, NUMBER, NAME, then
 * those of the source that differ; the icon is the logo, else the source's. -EINVAL: no id.
 */
int guide_write_channel(struct guide_writer *w, const struct guide_write_channel *c,
    struct err *err);
/*
 * Then for each of them, in the same order, its programmes, by start. -ERANGE: outside of 1970
 * to 2106, or no stop behind the start.
 */
int guide_write_begin(struct guide_writer *w, struct err *err);
int guide_write_programme(struct guide_writer *w, const struct listings_programme *p,
    struct err *err);

struct guide_write_counts {
	uint64_t channels, programmes, bytes, gzip_bytes;
	uint64_t reused; /* channels whose compressed piece was copied */
	int64_t last;    /* the latest stop; 0: none */
	_Bool same;      /* guide.xml is what it was: the new files need not be kept */
};
int guide_write_finish(struct guide_writer *w, struct guide_write_counts *ret, struct err *err);

#endif
