/*
 * An upstream: one open stream, bytes as they come. By its scheme:
 *
 *	http:, https:  libcurl; woken by amount, not by arrival (SO_RCVLOWAT)
 *	file:          a regular file, as fast as its clock says
 *	others         a pipe that the pipe operations open
 *
 * Whichever it is, small arrivals are gathered for at most UPSTREAM_GATHER_MS,
 * since each wake-up costs every viewer a system call. The account's lease is
 * taken before anything is opened and dropped when the descriptor is closed.
 */
#ifndef GATEWAY_RELAY_UPSTREAM_H
#define GATEWAY_RELAY_UPSTREAM_H

#include <stddef.h>
#include <stdint.h>

struct clock;
struct err;
struct event_base;
struct multi;
struct relay_pipe_ops;
struct relay_source;
struct relay_stats;
struct upstream;

#define UPSTREAM_GATHER_MS 38

/* What all upstreams of a relay share. */
struct upstream_host {
	struct event_base *base;
	struct multi *multi;
	const struct relay_pipe_ops *pipes; /* NULL: only http(s) and file */
	const struct clock *clock;
	struct relay_stats *stats; /* `reads` is counted */
	uint8_t *scratch;          /* UPSTREAM_SCRATCH bytes, for one read at a time */
};
#define UPSTREAM_SCRATCH 131072

/* Why it ended: what the next attempt should do about it. */
enum upstream_fault {
	UPSTREAM_ENDED,       /* it ran and broke off: open it again */
	UPSTREAM_FINISHED,    /* a file is at its end: from the start again */
	UPSTREAM_STALLED,     /* it is open and sends nothing */
	UPSTREAM_UNREACHABLE, /* no connection, or broken */
	UPSTREAM_BUSY,        /* the provider is out of order: later */
	UPSTREAM_FULL,        /* the provider has no connection for us: later still */
	UPSTREAM_GONE,        /* there is no such stream */
	UPSTREAM_DENIED,      /* the provider refuses us: do not hammer */
	UPSTREAM_FORMAT,      /* not MPEG-TS */
	UPSTREAM_NO_LEASE,    /* nothing was opened: the account has no connection left */
	UPSTREAM_LOCAL        /* our own trouble: memory, descriptors */
};

/* Called from the loop, never from inside a function of this header but upstream_settle. */
struct upstream_events {
	void (*bytes)(void *arg, const uint8_t *data, size_t len);
	/* Nothing more will come; upstream_close is still due, but not from inside this. */
	void (*ended)(void *arg, enum upstream_fault fault, const struct err *err);
	/* How much of the stream's own time has gone by so far (milliseconds; for file:). */
	uint64_t (*played_ms)(void *arg);
};

/* NULL with *fault and *err set. `source` is not needed after this returns. */
struct upstream *upstream_open(const struct upstream_host *host, const struct relay_source *source,
    const struct upstream_events *events, void *arg, enum upstream_fault *fault, struct err *err);
/* Once a turn after `bytes`, from outside it: reads on where a wake-up would not come. */
void upstream_settle(struct upstream *u);
/* Closes what is open; the lease is free when this returns. NULL: no-op. */
void upstream_close(struct upstream *u);

#endif
