/*
 * One measurement: start a subject, put viewers on it, wait until all of them
 * receive, then look for a while; and the same for several subjects in turn.
 */
#ifndef BENCH_LIB_MEASURE_H
#define BENCH_LIB_MEASURE_H

#include <stddef.h>
#include <stdint.h>

#include "bench/lib/proc.h"
#include "bench/lib/subject.h"

struct measure_load {
	struct subject_options options;
	unsigned clients;
	unsigned seconds;
	unsigned settle_ms; /* after all receive, before it counts */
};

struct measure_cost {
	double cpu_per_gb; /* CPU seconds for 1e9 bytes that viewers received */
	double bytes;
};
/* False: not installed. */
_Bool measure_cost(enum subject_kind kind, const struct measure_load *load,
    struct measure_cost *ret);

/*
 * Costs of several subjects, in turn, `rounds` times; medians of cpu_per_gb, NAN
 * for what is not installed.
 */
#define MEASURE_KINDS_MAX 8
void measure_in_turn(const enum subject_kind *kinds, size_t count, const struct measure_load *load,
    unsigned rounds, double *ret);

/* Connections at the provider once all viewers receive; NAN: not installed. */
double measure_upstreams(enum subject_kind kind, const struct measure_load *load);

struct measure_calls {
	double per_mb_out; /* all system calls, for 2^20 bytes that viewers received */
	double per_mb_in;  /* all but sends and the loop's waits, for 2^20 bytes from the origin */
	double waits_per_mb_in; /* the loop's waits, for the same */
};
void measure_calls(enum subject_kind kind, const struct measure_load *load,
    struct measure_calls *ret);

/*
 * Age of packets when viewers get them, 99th percentile, in ms, over load->seconds, or
 * while `during` (may be NULL) is doing something with the subject.
 */
#define MEASURE_VIEWERS 8
double measure_latency_ms(enum subject_kind kind, const struct measure_load *load,
    void (*during)(const struct subject *s));

/* A load that is what R1, R3 and R4 are about: 20 Mbps in 1448-byte writes to eight viewers. */
struct origin;
struct origin_stream;
void measure_paced(struct measure_load *load, const struct origin *origin,
    struct origin_stream *stream);
void measure_origin(struct origin *origin);

#endif
