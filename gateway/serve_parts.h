/*
 * What the files of gateway/serve share, and nobody else uses: serve.c makes the parts and
 * ends them; serve_ready.c says when it is ready; serve_due.c has lineups and guides made;
 * serve_reload.c takes a new configuration.
 */
#ifndef GATEWAY_SERVE_PARTS_H
#define GATEWAY_SERVE_PARTS_H

#include "gateway/gateway.h"
#include "gateway/relay/relay.h"
#include "gateway/source.h"
#include "gateway/steady.h"

struct cmd_settings;
struct err;
struct event;
struct lineup;

struct serve {
	struct gateway g;                    /* first: handlers and callbacks get it */
	const struct cmd_settings *settings; /* of the command line */
	struct source_events source_events;
	int lock; /* of the data folder */
	_Bool sources_settled;
	_Bool announced;
	_Bool lineup_due; /* something has changed that it is made of */
	unsigned drain_ticks;
	struct steady steady;
	struct relay_pipe_ops pipes;
	struct event *signals[3];
	struct event *settle, *patience, *watchdog, *drain;
};

/* -- serve_ready.c ----------------------------------------------------------------- */

/* Says that it is ready, the first time. */
void serve_announce(struct serve *s);
/* Ready is when there is a lineup, or when nothing is under way that could bring one. */
void serve_check_ready(struct serve *s);

/* -- serve_due.c ------------------------------------------------------------------- */

/* After the sources were set up, at the start and by a reload: they may be others. */
void serve_want_all(struct serve *s);
/* Makes what is due and has nothing left to wait for. */
void serve_make_due(struct serve *s);
/* Callbacks of the sources, of channels and of the guide. */
void serve_on_source(void *arg, struct source *source, _Bool changed);
void serve_on_lineup(void *arg, struct lineup *lineup, const struct err *err);
void serve_on_guide(void *arg, const struct err *err);

/* -- serve_reload.c ---------------------------------------------------------------- */

/* For gateway.reload. */
int serve_reload(struct gateway *g, struct err *err);

#endif
