/*
 * What the files of gateway/source share, and nobody else uses: source.c is the state
 * machine and the only writer of `state`; source_config.c knows what a source is;
 * source_plan.c when it is due; source_read.c has its content read and judges it.
 */
#ifndef GATEWAY_SOURCE_PARTS_H
#define GATEWAY_SOURCE_PARTS_H

#include "base/file.h"
#include "base/log.h"
#include "gateway/fetch_meta.h"
#include "gateway/source.h"

struct event;
struct fetch;
struct watch;
struct worker;

struct source {
	struct source_deps deps;
	struct source_events events;
	struct log log;
	/* the config */
	enum source_kind kind;
	char *name, *url, *user_agent, *proxy, **headers;
	size_t header_count;
	uint64_t refresh_ms;
	int refresh_minute;
	unsigned shrink_percent;
	char *zone, *rules;
	uint64_t past_s;
	_Bool ignore_offsets;
	char *wanted_path;
	uint64_t wanted; /* 0: not known yet */
	char *cache_path, *result_path;
	/* the work */
	enum source_state state;
	_Bool refreshing; /* what it does is a refresh, not a reading of the last download */
	_Bool again;      /* a refresh was asked for meanwhile */
	struct event *timer;
	struct event *recipe; /* to see whether it is to be read in another way */
	uint64_t due_ms;      /* when the timer goes off; 0: not set */
	struct fetch *fetch;
	struct watch *watch; /* of a local file; NULL: it is none, or cannot be watched */
	struct worker *worker;
	int cached; /* the last download, being read again; -1: not */
	struct file_save out;
	/* what is known: of the last good, and of what is being read */
	struct fetch_found good, new;
	struct source_reading reading, new_reading;
	uint64_t tried; /* the recipe by which the last download was read last */
	/* This was too bad to be believed, and since when. doubted_ms 0: nothing is. */
	struct fetch_found doubted;
	uint64_t doubted_ms;
	_Bool settled;
	uint64_t done, total, began_ms, took_ms;
	uint64_t refreshes, failed, rereads, read_bytes;
	unsigned failures;
	time_t last_good;
	struct err err;
	struct source_note notes[SOURCE_NOTES_MAX];
	uint64_t note_total;
	_Bool notes_refused; /* they are about what was not taken */
};

/* -- source_config.c --------------------------------------------------------------- */

_Bool source_copy_config(struct source *s, const struct source_config *config);
/* The parts that source_configure changes. 0 or -ENOMEM: nothing was changed. */
int source_copy_reading(struct source *s, const struct source_config *config);
/* Makes cache_path and result_path. */
_Bool source_make_paths(struct source *s);
void source_free_config(struct source *s);
/*
 * How it is to be read now, as a number: what was read by another one is read again.
 * 0: not known yet, for it is not known what is wanted.
 */
uint64_t source_recipe(const struct source *s);

/* -- source_plan.c ------------------------------------------------------------------ */

void source_plan(struct source *s, uint64_t in_ms);
/* By the config, or sooner after failures. */
void source_plan_next(struct source *s);

/* -- source_read.c ------------------------------------------------------------------ */

/* What the last life knew, so that a loss shows after a restart too. */
void source_recall(struct source *s);
/* Which file the result is; 0: none of ours. */
uint64_t source_which_result(const struct source *s);
/* Is there a last download, read by another recipe than it would be now? */
_Bool source_is_stale(const struct source *s);
/* Opens the last download to be read again. */
int source_open_cached(struct source *s);
/* Has the worker read `cached`, or else what was fetched. source_read_done follows. */
int source_start_reading(struct source *s);
/* Ends the reading and drops what came of it. */
void source_stop_reading(struct source *s);

/* -- source.c ------------------------------------------------------------------------ */

/* The worker has ended: taken (0), or s->err says why not (-errno). */
void source_read_done(struct source *s, int rc);
/* A complaint about what is being read, for people. */
void source_add_note(struct source *s, uint32_t line, const char *text);

#endif
