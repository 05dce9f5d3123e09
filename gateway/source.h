/*
 * One source's refresh: fetch it when it is due, have a worker read it, look at
 * the result, and only then let it replace the last good one. A refresh that
 * fails, is empty, is a web page, is cut short, or has lost more than its share of
 * entries changes nothing and says so.
 *
 *	WAITING -> FETCHING -> READING -> WAITING
 *
 * A playlist ends as snapshots/NAME.catalogue, a guide as snapshots/NAME.listings. A loss
 * beyond `shrink_percent` or a cut end is believed when as many entries, no more and no
 * less, were there for SOURCE_CONFIRM_MS.
 *
 * What is kept of a guide depends on what the lineup wants of it and on how it is to be
 * read: when that changes, its last download is read again, without a fetch. Before it is
 * known what is wanted, what was fetched is HELD.
 *
 * A source that is a local file is also refreshed whenever that changes.
 */
#ifndef GATEWAY_SOURCE_H
#define GATEWAY_SOURCE_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/err.h"

struct clock;
struct event_base;
struct fetcher;
struct source;
struct worker_pool;

#define SOURCE_CONFIRM_MS (60 * 60 * 1000)
#define SOURCE_NOTES_MAX  20

enum source_kind { SOURCE_PLAYLIST, SOURCE_GUIDE };
enum source_state { SOURCE_WAITING, SOURCE_FETCHING, SOURCE_HELD, SOURCE_READING };
const char *source_state_name(enum source_state state);
/* "playlist", "guide" */
const char *source_kind_name(enum source_kind kind);

struct source_deps {
	struct event_base *base;
	struct fetcher *fetcher;
	struct worker_pool *workers;
	const struct clock *clock;
	const char *data; /* the data folder; read in source_new only */
};

struct source_config { /* copied */
	/* What it is: with another of these it is another source. */
	enum source_kind kind;
	const char *name, *url, *user_agent, *proxy;
	char *const *headers;
	size_t header_count;
	/* When it is refreshed and what is believed; source_configure changes these. */
	uint64_t refresh_ms; /* 0: at the start and on demand only, or by the clock */
	int refresh_minute;  /* of the day, local time; -1: not by the clock */
	unsigned shrink_percent;
	/* How a guide is read; the same. */
	const char *zone;  /* of times without an offset; NULL: UTC */
	const char *rules; /* epg/rules.h; NULL: none */
	uint64_t past_s;   /* programmes that ended longer ago are not kept */
	_Bool ignore_offsets;
};

struct source_events {
	/* An attempt has ended. changed: the last good content is a new one. */
	void (*settled)(void *arg, struct source *source, _Bool changed);
	void *arg;
};

/* Starts its first refresh from the loop. NULL with *err set. */
struct source *source_new(const struct source_deps *deps, const struct source_config *config,
    const struct source_events *events, struct err *err);
/* Stops whatever it does. Not from inside `settled`. NULL: no-op. */
void source_free(struct source *source);
/* Is it still what this config describes? (Else make a new one.) */
_Bool source_matches(const struct source *source, const struct source_config *config);
/* Takes over what may change while it is at work. 0 or -ENOMEM: it is as it was. */
int source_configure(struct source *source, const struct source_config *config);
/*
 * What the lineup wants of a guide: the file (epg/wanted.h) and the hash of its guide ids,
 * 0 while that is not known. 0 or -ENOMEM.
 */
int source_set_wanted(struct source *source, const char *path, uint64_t ids);
/* Refreshes now, unless it does already. */
void source_refresh(struct source *source);
/* Is its first attempt still under way, with nothing of an earlier life to use? */
_Bool source_is_awaited(const struct source *source);

/* The file of its last good content, the snapshot. May not exist. */
const char *source_result_path(const struct source *source);

struct source_note {
	uint32_t line; /* 0: of the whole */
	char text[200];
};
/* What was found when a guide was read; of the last good content. 0 after a restart, mostly. */
struct source_reading {
	uint64_t kept;       /* programmes in the listings; known after a restart too */
	uint64_t broken;     /* channels and programmes that could not be read: dropped */
	uint64_t mended;     /* that could be read after a repair */
	uint64_t unknown;    /* elements and attributes that XMLTV does not have: dropped */
	uint64_t timeless;   /* programmes without a start: dropped */
	uint64_t duplicates; /* dropped */
	uint64_t clipped;    /* ended earlier, where the next one begins */
	uint64_t last;       /* the latest stop; known after a restart too; 0: none */
};
struct source_info {
	const char *name;
	enum source_kind kind;
	enum source_state state;
	_Bool settled;     /* an attempt has ended since the start */
	uint64_t entries;  /* of the last good content; programmes for a guide; 0: unknown */
	uint64_t channels; /* guide */
	_Bool cut;         /* it is a guide that ends before its end */
	struct source_reading reading; /* guide */
	uint64_t done, total;          /* progress of what runs now, bytes; 0: unknown */
	time_t last_good;  /* when it was last known to be up to date; 0: not since the start */
	uint64_t next_ms;  /* until the next refresh; 0: none is planned, or it runs */
	unsigned failures; /* in a row */
	uint64_t refreshes, failed;      /* attempts since the start */
	uint64_t rereads;                /* of the last download, without a fetch */
	uint64_t read_bytes;             /* of downloads, given to be parsed since the start */
	uint64_t took_ms;                /* the last successful refresh */
	const char *error;               /* of the last attempt; "" when it was good */
	const struct source_note *notes; /* about the last content that was read, or is in use */
	size_t note_count;
	uint64_t note_total;
};
void source_get_info(const struct source *source, struct source_info *ret);

#endif
