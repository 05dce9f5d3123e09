/*
 * The kinds of upstream, for upstream*.c only. Each is a struct that begins with
 * a struct upstream, and a row of operations.
 */
#ifndef GATEWAY_RELAY_UPSTREAM_KIND_H
#define GATEWAY_RELAY_UPSTREAM_KIND_H

#include "gateway/relay/ledger.h"
#include "gateway/relay/upstream.h"

struct upstream_ops {
	/* Allocates; the caller fills in the rest of struct upstream before `start`. */
	struct upstream *(*create)(void);
	/* u->lease is held. On failure the caller calls `close`. */
	int (*start)(struct upstream *u, const struct relay_source *source,
	    enum upstream_fault *fault, struct err *err);
	void (*settle)(struct upstream *u); /* NULL: nothing to do */
	/* Closes, drops the lease, frees. Copes with one that did not start. */
	void (*close)(struct upstream *u);
};
extern const struct upstream_ops upstream_http, upstream_file, upstream_pipe;

struct upstream {
	const struct upstream_ops *ops;
	const struct upstream_host *host;
	const struct upstream_events *events;
	void *arg;
	struct lease lease;
};

#endif
