/*
 * R5: how much older a packet is at the viewer than at a viewer of the provider
 * itself: what collecting bytes before passing them on costs in time.
 */
#include <stdio.h>

#include "base/list.h"
#include "bench/lib/child.h"
#include "bench/lib/measure.h"
#include "bench/lib/origin.h"
#include "bench/lib/report.h"
#include "bench/lib/sink.h"

#define CLIENTS   8
#define SETTLE_MS 1500 /* viewers start in the past and catch up first */

static double
latency_p99(enum subject_kind kind, const struct measure_load *load)
{
	const struct place place = { 0 };
	struct subject subject;
	struct sink sink;
	double ms;

	if (!subject_start(&subject, kind, &load->options))
		bench_die("%s: not installed", subject_name(kind));
	sink_start(&sink, &place, &subject, subject.path, CLIENTS, &load->options.streams[0].ts);
	if (!sink_wait(&sink, 64 << 10, 15000))
		bench_die("%s: not all clients received anything", subject.name);
	bench_sleep_ms(SETTLE_MS);
	sink_measure(&sink);
	bench_sleep_ms(load->seconds * 1000);
	ms = sink_age_ms(&sink, 0.99);
	sink_stop(&sink);
	subject_stop(&subject);
	if (ms < 0)
		bench_die("%s: no packets", subject_name(kind));
	return ms;
}

int
main(int argc, char **argv)
{
	static const unsigned mbps[] = { 2, 20 };
	struct origin origin;
	struct origin_stream stream;
	struct measure_load load;
	double ours[5], direct[5];
	unsigned rounds;
	char what[64];

	report_init(argc, argv);
	measure_origin(&origin);
	measure_paced(&load, &origin, &stream);
	rounds = report_pick(1, ARRAY_LEN(ours));
	for (size_t i = 0; i < ARRAY_LEN(mbps); i++) {
		double added;

		ts_stream_init(&stream.ts, TS_H264, mbps[i] * UINT64_C(1000000));
		for (unsigned round = 0; round < rounds; round++) {
			ours[round] = latency_p99(SUBJECT_MASTHEAD, &load);
			direct[round] = latency_p99(SUBJECT_DIRECT, &load);
		}
		added = report_median(ours, rounds) - report_median(direct, rounds);
		(void)snprintf(what, sizeof(what), "%u Mbps, latency added, p99", mbps[i]);
		report_row(&(struct report_row){ "R5", what, "ms", added < 0 ? 0 : added,
		    subject_name(SUBJECT_DIRECT), report_median(direct, rounds), GOAL_AT_MOST, 50,
		    0 });
	}
	return report_status();
}
