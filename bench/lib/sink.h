/*
 * Viewers: N clients of one stream in one process of their own. For cost they
 * throw bytes away inside the kernel (MSG_TRUNC); for correctness they check every
 * packet (lib/check.h) and measure how old it is. What they saw is in shared
 * memory, to be read at any time.
 */
#ifndef BENCH_LIB_SINK_H
#define BENCH_LIB_SINK_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct place;
struct subject;
struct ts_stream;

struct sink_client {
	_Atomic uint64_t bytes; /* of the body */
	_Atomic int status;     /* of the reply; 0: none yet, -1: closed by the other side */
	_Atomic int hold;       /* set by the owner: read nothing until it is 0 again */
	/* Checking sinks only; in packets. */
	_Atomic uint64_t packets, corrupt, lost, jumps, bad_starts;
};

/* Ages of packets in buckets of a quarter of a millisecond; the last takes all older ones. */
#define SINK_BUCKETS   8000
#define SINK_BUCKET_NS 250000u

struct sink_shared {
	_Atomic uint64_t measure_from; /* packets made from then on count; 0: none */
	_Atomic uint64_t ages[SINK_BUCKETS];
	struct sink_client client[];
};

struct sink {
	pid_t pid;
	unsigned count;
	struct sink_shared *shared;
};

/* `stream`: check against it; NULL: throw away. `path` on the subject. */
void sink_start(struct sink *s, const struct place *place, const struct subject *subject,
    const char *path, unsigned count, const struct ts_stream *stream);
void sink_stop(struct sink *s);

/* Waits until every client has received so much. False: not within the time. */
_Bool sink_wait(const struct sink *s, uint64_t bytes, unsigned timeout_ms);
/* Received by all clients together. */
uint64_t sink_bytes(const struct sink *s);
/* From now on ages are measured. */
void sink_measure(struct sink *s);
/* The age that this share (0 to 1) of the packets does not exceed, in milliseconds. */
double sink_age_ms(const struct sink *s, double share);

#endif
