/*
 * What the files of gateway/worker share, and nobody else uses: worker.c starts processes
 * and sees them end; worker_hear.c hears what they say; worker_exec.c is the start itself.
 */
#ifndef GATEWAY_WORKER_PARTS_H
#define GATEWAY_WORKER_PARTS_H

#include <sys/types.h>

#include "base/err.h"
#include "base/list.h"
#include "base/wire.h"
#include "gateway/worker.h"

struct event;

enum worker_state {
	WORKER_TALKS,    /* its messages are read as they come */
	WORKER_LEAVES,   /* it said its last, or was killed for a fault: it exits any moment */
	WORKER_DISOWNED, /* killed by its owner, who hears nothing more */
};

struct worker { /* on pool->workers until it was reaped */
	TAILQ_ENTRY(worker) link;
	struct worker_pool *pool;
	struct worker_events events;
	void *arg;
	char *name; /* for errors */
	enum worker_state state;
	pid_t pid;
	_Bool reaped;
	_Bool judged; /* it was at work and said itself why it failed: it is about the input */
	int fd;       /* our end of its socket; -1: none */
	struct event *on_message, *on_deadline;
	unsigned deadline_ms;
	struct wire_reader reader;
	struct err err; /* why it fails, once that is known */
};

struct worker_pool {
	struct event_base *base;
	char *exe;
	int null_fd;
	struct event *on_child;
	TAILQ_HEAD(, worker) workers;
	struct worker_stats stats;
};

/* -- worker.c ------------------------------------------------------------------------ */

/* The only place that changes w->state after the start. */
void worker_go(struct worker *w, enum worker_state next);
/* Kills it for a fault. The first one is the one that is told. */
void worker_condemn(struct worker *w, const struct err *err);

/* -- worker_hear.c ------------------------------------------------------------------- */

void worker_hear_init(struct worker *w);
/* Takes some of what has come and tells the owner; whether there may be more. */
_Bool worker_hear(struct worker *w);

#endif
