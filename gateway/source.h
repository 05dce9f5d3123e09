/*
 * One source's refresh: fetch it when it is due, have a worker read it, look at
 * the result, and only then let it replace the last good one. A refresh that
 * fails, is empty, is a web page, or has lost more than its share of entries
 * changes nothing and says so.
 *
 *	WAITING -> FETCHING -> READING -> WAITING
 *
 * A playlist ends as snapshots/NAME.catalogue, a guide as guide/guide.xml and
 * guide/guide.xml.gz. A loss beyond `shrink_percent` is believed when as many
 * entries, no more and no less, were there for SOURCE_CONFIRM_MS.
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
enum source_state { SOURCE_WAITING, SOURCE_FETCHING, SOURCE_READING };
const char *source_state_name(enum source_state state);

struct source_deps {
	struct event_base *base;
	struct fetcher *fetcher;
	struct worker_pool *workers;
	const struct clock *clock;
	const char *data; /* the data folder; read in source_new only */
};

struct source_config { /* copied */
	enum source_kind kind;
	const char *name, *url, *user_agent, *proxy;
	char *const *headers;
	size_t header_count;
	uint64_t refresh_ms;
	unsigned shrink_percent;
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
/* Refreshes now, if it is waiting. */
void source_refresh(struct source *source);

const char *source_name(const struct source *source);
/* The file of its last good content: the catalogue snapshot or guide.xml. May not exist. */
const char *source_result_path(const struct source *source);
/* The compressed guide; NULL for a playlist. */
const char *source_gzip_path(const struct source *source);

struct source_note {
	uint32_t line;
	char text[200];
};
struct source_info {
	const char *name;
	enum source_kind kind;
	enum source_state state;
	_Bool settled;        /* an attempt has ended since the start */
	uint64_t entries;     /* of the last good content; programmes for a guide; 0: unknown */
	uint64_t channels;    /* guide */
	uint64_t done, total; /* progress of what runs now, bytes; 0: unknown */
	time_t last_good;     /* when it was last known to be up to date; 0: not since the start */
	uint64_t next_ms;     /* until the next refresh; 0: none is planned, or it runs */
	unsigned failures;    /* in a row */
	uint64_t refreshes, failed;      /* attempts since the start */
	uint64_t took_ms;                /* the last successful refresh */
	const char *error;               /* of the last attempt; "" when it was good */
	const struct source_note *notes; /* complaints about the last content that was read */
	size_t note_count;
	uint64_t note_total;
};
void source_get_info(const struct source *source, struct source_info *ret);

#endif
