/*
 * The lineup: all channels, as a snapshot file that the gateway maps and reads
 * in place. Written by the lineup worker from catalogues and the previous lineup.
 *
 * A channel keeps its id and its number for as long as the same thing is found
 * in its source again: the provider may reorder, change tokens, hosts or
 * credentials in URLs, rename, or drop an entry and bring it back (gone channels
 * are remembered, LINEUP_GONE_DAYS). playlist/identity.h has the evidence.
 *
 * Numbers: tvg-chno where it is one and free, first come first; else the
 * smallest free number from 1 up in playlist order. A number that was given
 * stays given while its channel lives.
 */
#ifndef PLAYLIST_LINEUP_H
#define PLAYLIST_LINEUP_H

#include <stddef.h>
#include <stdint.h>

struct catalogue;
struct err;
struct lineup;

#define LINEUP_CHANNELS_MAX 2000000
#define LINEUP_STREAMS_MAX  64 /* of one channel */
#define LINEUP_GONE_DAYS    90
#define LINEUP_GONE_MAX     500000 /* the newest are remembered */

/* -- building (the worker) ------------------------------------------------- */

struct lineup_source {
	const char *name;
	const struct catalogue *catalogue;
};
struct lineup_result {
	uint32_t channels, kept, added, gone;
};
/*
 * Writes a lineup of the sources in order to fd. `previous` (NULL: none) is only
 * read. `now` is the wall clock, for gone channels.
 */
int lineup_build(int fd, const struct lineup_source *sources, size_t count,
    const struct lineup *previous, int64_t now, struct lineup_result *ret, struct err *err);

struct lineup_wanted {
	uint64_t ids;  /* a hash of the set of guide ids; never 0 */
	uint64_t text; /* a hash of all that was written; never 0 */
};
/* Writes to fd what a lineup wants of the guides (lineup_wanted.c has the format). */
int lineup_write_wanted(int fd, const struct lineup *l, struct lineup_wanted *ret, struct err *err);

/* -- reading --------------------------------------------------------------- */

struct lineup_stream {      /* points into the mapping */
	const char *source; /* the source's name */
	const char *url, *user_agent, *headers;
};
struct lineup_channel {        /* points into the mapping; text never NULL */
	uint64_t id;           /* stable identity */
	uint32_t major, minor; /* number; minor 0: none */
	const char *name, *guide_id, *logo, *group;
	const char *attrs; /* of the entry: "name\0value\0...\0" */
	uint32_t stream_count;
	uint32_t index; /* its place in the order of numbers */
	_Bool radio;
};

/*
 * Opening is two steps so that the loop never waits for it: lineup_open maps the
 * file behind fd and checks the header; lineup_check then looks at up to `rows`
 * more rows each call (bounds, order) and their texts' worth of bytes (none without
 * an end) and returns 1 while there is more, 0 when
 * the whole file is sound, -EBADMSG when it is not. Nothing else may be called
 * before it has returned 0.
 */
int lineup_open(struct lineup **ret, int fd, struct err *err);
int lineup_check(struct lineup *l, uint32_t rows, struct err *err);
/* lineup_open and all of lineup_check. */
int lineup_load(struct lineup **ret, int fd, struct err *err);
struct lineup *lineup_ref(struct lineup *l);
void lineup_unref(struct lineup *l);

uint32_t lineup_count(const struct lineup *l);
/* A hash of the content: equal lineups have equal tags. */
uint64_t lineup_tag(const struct lineup *l);
/* By place in the order of numbers; i < count. A walk over all keeps few pages resident. */
void lineup_get(const struct lineup *l, uint32_t i, struct lineup_channel *ret);
/* "5" or "5.1". False: no such channel, or no number. */
_Bool lineup_find_number(const struct lineup *l, const char *number, struct lineup_channel *ret);
_Bool lineup_find_id(const struct lineup *l, uint64_t id, struct lineup_channel *ret);
/* k < stream_count */
void lineup_get_stream(const struct lineup *l, const struct lineup_channel *channel, uint32_t k,
    struct lineup_stream *ret);
/* "5" or "5.1"; `out` holds 24 bytes. */
void lineup_number_text(const struct lineup_channel *channel, char out[24]);
/* The id as text: 16 hex digits, as in stream addresses; `out` holds 17 bytes. */
void lineup_id_text(uint64_t id, char out[17]);
/*
 * The id of a channel in our guide, and its tvg-id: with a word behind the digits, since
 * programs take an id of digits alone for a number.
 */
#define LINEUP_GUIDE_ID_SIZE (16 + sizeof(".masthead"))
void lineup_guide_id(uint64_t id, char out[LINEUP_GUIDE_ID_SIZE]);
/* The channel of that id in our guide. False: the lineup has none such. */
_Bool lineup_find_guide_id(const struct lineup *l, const char *guide_id,
    struct lineup_channel *ret);
/* The reverse of lineup_id_text; false if it is not an id. */
_Bool lineup_id_parse(const char *id, uint64_t *ret);

#endif
