/*
 * What the files of gateway/guide share, and nobody else uses: guide.c is the state machine;
 * guide_inputs.c knows what a guide is made of, and starts the worker on it; guide_files.c
 * has its files.
 */
#ifndef GATEWAY_GUIDE_PARTS_H
#define GATEWAY_GUIDE_PARTS_H

#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "gateway/guide.h"

struct event;
struct worker;
struct worker_events;

/* In the order of the worker's descriptors. */
enum guide_file { GUIDE_XML, GUIDE_GZIP, GUIDE_INDEX, GUIDE_FILES };

struct guide {
	struct guide_deps deps;
	guide_ready_cb *ready;
	void *arg;
	struct log log;
	char *paths[GUIDE_FILES], *meta_path;
	/* what it is made of */
	struct guide_source *sources;
	size_t count;
	struct guide_settings settings;
	char *wanted_path;
	uint64_t wanted; /* 0: not known yet */
	/* what is served; -1 and NULL: nothing */
	int files[GUIDE_FILES];
	struct guide_index *index;
	uint64_t inputs; /* what it was made of; 0: unknown */
	/* in the making */
	struct worker *worker;
	struct file_save out[GUIDE_FILES];
	int new_files[GUIDE_FILES];    /* the same, open for reading */
	struct guide_index *candidate; /* being checked */
	uint64_t new_inputs;
	_Bool same;          /* the worker says that it is what is served */
	_Bool again;         /* something was changed meanwhile */
	_Bool restoring;     /* the candidate is the last life's */
	struct event *check; /* the next turn of checking */
	struct event *retry; /* after a failure */
	struct event *day;   /* looks for a new day */
	uint64_t began_ms;
	struct guide_info info, new_info;
	struct err err;
};

/* -- guide_inputs.c -------------------------------------------------------------- */

/* Everything that it would be made of now, as a number; never 0. */
uint64_t guide_hash_inputs(const struct guide *g);
void guide_free_sources(struct guide *g);
/* Starts the worker; g->out is begun. */
int guide_start_worker(struct guide *g, const struct worker_events *events);

/* -- guide_files.c ----------------------------------------------------------------- */

_Bool guide_make_paths(struct guide *g, const char *data);
void guide_close_files(int files[GUIDE_FILES]);
/* Forgets what was being made. */
void guide_drop_output(struct guide *g);
/* Opens what was written for those who will read it, as new_files. */
int guide_open_output(struct guide *g);
/* The index and the text are of one making, as was checked; is the compressed one, too? */
int guide_check_gzip(struct guide *g, uint64_t bytes);
/* Puts what was written in the place of the last ones. */
int guide_keep_output(struct guide *g);

/* What the guide was made of, kept beside it. */
void guide_save_meta(struct guide *g);
/* The inputs of the guide in g->files; 0: not known. */
uint64_t guide_load_meta(const struct guide *g);

#endif
