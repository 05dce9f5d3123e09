/*
 * What the files of gateway/channels share, and nobody else uses: channels.c is the state
 * machine; channels_inputs.c knows what a lineup is made of, and starts the worker on it.
 */
#ifndef GATEWAY_CHANNELS_PARTS_H
#define GATEWAY_CHANNELS_PARTS_H

#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "gateway/channels.h"
#include "playlist/lineup.h"

struct event;
struct worker;
struct worker_events;

struct channels {
	struct worker_pool *workers;
	channels_ready_cb *ready;
	void *arg;
	struct log log;
	char *path; /* snapshots/lineup */
	char **names, **paths;
	size_t count;
	struct lineup *lineup; /* in use */
	char *wanted_path;     /* snapshots/wanted */
	struct lineup_wanted wanted;
	/* in the making */
	struct worker *worker;
	struct file_save out, out_wanted;
	struct lineup_wanted new_wanted;
	struct lineup *candidate; /* being checked */
	struct event *check;      /* the next turn of checking */
	struct event *retry;      /* after a failure */
	unsigned failures;        /* in a row */
	_Bool again;              /* a catalogue has changed meanwhile */
	_Bool restoring;          /* the candidate is the last life's */
	uint64_t began_ms;
	struct channels_info info;
	struct err err;
};

/* -- channels_inputs.c --------------------------------------------------------------- */

void channels_drop_sources(struct channels *c);
/* Is there one to make a lineup of? */
_Bool channels_has_catalogue(const struct channels *c);
/* Starts the worker; c->out and c->out_wanted are begun. */
int channels_start_worker(struct channels *c, const struct worker_events *events);

#endif
