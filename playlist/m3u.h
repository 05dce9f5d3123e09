/*
 * M3U playlist reader. Bytes go in, cut anywhere; entries come out, one callback
 * each. Every dialect of protocols.md §5 is understood and every attribute is
 * kept: #EXTINF attributes in any quoting, #EXTGRP, #EXTVLCOPT, #KODIPROP,
 * #EXTHTTP, URL|Header=value, BOM, CR, CRLF, Latin-1 (made UTF-8).
 *
 * The input is hostile: every size is bounded by m3u_limits, a NUL or another
 * control byte in a line becomes a blank, and a line that cannot be understood
 * costs that entry, never the list.
 */
#ifndef PLAYLIST_M3U_H
#define PLAYLIST_M3U_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct m3u_reader;

struct m3u_limits {
	size_t line_max;   /* 64 KiB: longer lines are skipped with their entry, and counted */
	unsigned attr_max; /* 64 an entry; later ones are dropped and counted */
	size_t entry_max;  /* 2,000,000 entries: more is -EFBIG */
};
extern const struct m3u_limits m3u_limits_default;

struct m3u_attr {
	const char *name;  /* as written */
	const char *value; /* UTF-8, without its quotes */
};

struct m3u_entry {            /* borrowed: valid inside the callback only; all UTF-8, never NULL */
	uint32_t line;        /* of its URL, from 1 */
	const char *name;     /* after the comma; else tvg-name; else made from the URL */
	const char *url;      /* without |headers */
	const char *duration; /* "-1" */
	const char *tvg_id, *tvg_name, *tvg_logo, *chno, *group; /* by meaning; "" if absent */
	const struct m3u_attr *attrs; /* every attribute in order, the above included */
	size_t attr_count;
	/* #EXTVLCOPT, #KODIPROP, #EXT-X-... lines of this entry as they stand, each with \n */
	const char *directives;
	/* What the upstream must be sent: "Name: value\n" each, from all dialects; no CR */
	const char *headers;
	const char *user_agent; /* likewise; "" if none is given */
	_Bool radio;
};
/* Negative: stop, m3u_reader_feed returns it. */
typedef int m3u_entry_cb(const struct m3u_entry *entry, void *arg);
/* A complaint about a line, for people. */
typedef void m3u_note_cb(uint32_t line, const char *text, void *arg);

/* The header line's attributes that matter later. "" if absent. */
struct m3u_header {
	const char *guide_url; /* url-tvg or x-tvg-url, first of a list */
};

/* NULL only when memory is short. `note` may be NULL. */
struct m3u_reader *m3u_reader_new(const struct m3u_limits *limits, m3u_entry_cb *entry,
    m3u_note_cb *note, void *arg);
void m3u_reader_free(struct m3u_reader *r);
/* 0, -EBADMSG (this is not M3U: HTML, JSON, an HLS media playlist, binary), -EFBIG, -ENOMEM. */
int m3u_reader_feed(struct m3u_reader *r, const void *data, size_t len, struct err *err);
/* The end of the input: the last line may lack its newline. */
int m3u_reader_finish(struct m3u_reader *r, struct err *err);

const struct m3u_header *m3u_reader_header(const struct m3u_reader *r);
struct m3u_counts {
	uint64_t entries, skipped; /* skipped: lines or entries that could not be taken */
	uint64_t lines, bytes;
};
const struct m3u_counts *m3u_reader_counts(const struct m3u_reader *r);

#endif
