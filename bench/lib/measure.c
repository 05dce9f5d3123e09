#include "bench/lib/measure.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "bench/lib/child.h"
#include "bench/lib/net.h"
#include "bench/lib/origin.h"
#include "bench/lib/report.h"
#include "bench/lib/sink.h"

#define LATENCY_SETTLE_MS 1500 /* viewers start in the past and catch up first */
#define START_MS          15000
#define MB                1048576.0

static const struct place load_place;

void
measure_origin(struct origin *origin)
{
	net_many_fds();
	origin_start(origin, &load_place, NET_LOOPBACK);
}

void
measure_paced(struct measure_load *load, const struct origin *origin, struct origin_stream *stream)
{
	*stream = (struct origin_stream){ 0 };
	ts_stream_init(&stream->ts, TS_H264, 20000000);
	*load = (struct measure_load){
		.options = { .origin = origin, .streams = stream, .stream_count = 1 },
		.clients = 8,
		.seconds = report_pick(2, 5),
		.settle_ms = 1000,
	};
}

/* Starts both; false: not installed. */
static _Bool
measure_start(enum subject_kind kind, const struct measure_load *load, struct subject *subject,
    struct sink *sink)
{
	if (!subject_start(subject, kind, &load->options))
		return 0;
	sink_start(sink, &load_place, subject, subject->path, load->clients, NULL);
	if (!sink_wait(sink, 64 << 10, START_MS))
		bench_die("%s: not all of %u clients received anything", subject->name,
		    load->clients);
	bench_sleep_ms(load->settle_ms);
	return 1;
}

static void
measure_stop(struct subject *subject, struct sink *sink)
{
	for (unsigned i = 0; i < sink->count; i++) {
		if (sink->shared->client[i].status != 200)
			bench_die("%s: client %u was closed", subject->name, i);
	}
	sink_stop(sink);
	subject_stop(subject);
}

_Bool
measure_cost(enum subject_kind kind, const struct measure_load *load, struct measure_cost *ret)
{
	struct subject subject;
	struct sink sink;
	uint64_t cpu, bytes, in;

	if (!measure_start(kind, load, &subject, &sink))
		return 0;
	cpu = proc_cpu_ns(subject.pid);
	in = load->options.origin->stats->bytes;
	bytes = sink_bytes(&sink);
	bench_sleep_ms(load->seconds * 1000);
	cpu = proc_cpu_ns(subject.pid) - cpu;
	ret->bytes = (double)(sink_bytes(&sink) - bytes);
	ret->cpu_per_gb = (double)cpu / ret->bytes;
	in = (load->options.origin->stats->bytes - in) * load->clients;
	if (kind == SUBJECT_MASTHEAD && ret->bytes < 0.9 * (double)in)
		fprintf(stderr, "%s: viewers had %.0f %% of the stream: the machine is busy\n",
		    program_invocation_short_name, 100 * ret->bytes / (double)in);
	measure_stop(&subject, &sink);
	return 1;
}

void
measure_in_turn(const enum subject_kind *kinds, size_t count, const struct measure_load *load,
    unsigned rounds, double *ret)
{
	double values[MEASURE_KINDS_MAX][16];
	size_t have[MEASURE_KINDS_MAX] = { 0 };
	struct measure_cost cost;

	for (unsigned round = 0; round < rounds && round < 16; round++) {
		for (size_t i = 0; i < count; i++) {
			if (measure_cost(kinds[i], load, &cost))
				values[i][have[i]++] = cost.cpu_per_gb;
		}
	}
	for (size_t i = 0; i < count; i++)
		ret[i] = report_median(values[i], have[i]);
}

double
measure_upstreams(enum subject_kind kind, const struct measure_load *load)
{
	uint64_t before = load->options.origin->stats->accepted;
	struct subject subject;
	struct sink sink;

	if (!measure_start(kind, load, &subject, &sink))
		return NAN;
	before = load->options.origin->stats->accepted - before;
	measure_stop(&subject, &sink);
	return (double)before;
}

void
measure_calls(enum subject_kind kind, const struct measure_load *load, struct measure_calls *ret)
{
	struct subject subject;
	struct sink sink;
	struct proc_trace trace;
	struct proc_calls calls;
	uint64_t in, out;

	if (!measure_start(kind, load, &subject, &sink))
		bench_die("%s: not installed", subject_name(kind));
	proc_trace_start(&trace, subject.pid);
	in = load->options.origin->stats->bytes;
	out = sink_bytes(&sink);
	bench_sleep_ms(load->seconds * 1000);
	in = load->options.origin->stats->bytes - in;
	out = sink_bytes(&sink) - out;
	proc_trace_end(&trace, &calls);
	ret->per_mb_out = (double)calls.all / ((double)out / MB);
	ret->per_mb_in = (double)(calls.all - calls.sends - calls.waits) / ((double)in / MB);
	ret->waits_per_mb_in = (double)calls.waits / ((double)in / MB);
	measure_stop(&subject, &sink);
}

double
measure_latency_ms(enum subject_kind kind, const struct measure_load *load,
    void (*during)(const struct subject *s))
{
	const struct place place = { 0 };
	struct subject subject;
	struct sink sink;
	double ms;

	if (!subject_start(&subject, kind, &load->options))
		bench_die("%s: not installed", subject_name(kind));
	sink_start(&sink, &place, &subject, subject.path, MEASURE_VIEWERS,
	    &load->options.streams[0].ts);
	if (!sink_wait(&sink, 64 << 10, START_MS))
		bench_die("%s: not all clients received anything", subject.name);
	bench_sleep_ms(LATENCY_SETTLE_MS);
	sink_measure(&sink);
	if (during != NULL)
		during(&subject);
	else
		bench_sleep_ms(load->seconds * 1000);
	ms = sink_age_ms(&sink, 0.99);
	sink_stop(&sink);
	subject_stop(&subject);
	if (ms < 0)
		bench_die("%s: no packets", subject_name(kind));
	return ms;
}
