/*
 * A provider: an HTTP server that sends synthetic streams (lib/ts.h), each
 * connection its own from the beginning, paced on a 1 ms tick in 1448-byte writes
 * as a network would deliver them, or in bulk for rates at which those cost too much.
 */
#ifndef BENCH_LIB_ORIGIN_H
#define BENCH_LIB_ORIGIN_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "bench/lib/ts.h"

struct place;

struct origin_stream {
	struct ts_stream ts;
	_Bool bulk;        /* in 64 KiB writes */
	unsigned phase_ms; /* from the beginning to the first random access point */
	unsigned delay_ms; /* from the request to the reply */
};

struct origin_stats {
	_Atomic uint64_t accepted; /* connections */
	_Atomic uint64_t bytes;    /* sent */
};

struct origin {
	pid_t pid;
	const char *host;
	unsigned port;
	struct origin_stats *stats;
};

void origin_start(struct origin *o, const struct place *place, const char *host);
void origin_stop(struct origin *o);
/* The path of a stream. `channel` only makes paths differ. */
#define ORIGIN_PATH_MAX 96
void origin_path(char out[ORIGIN_PATH_MAX], const struct origin_stream *s, unsigned channel);

#endif
