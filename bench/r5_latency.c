/*
 * R5: how much older a packet is at the viewer than at a viewer of the provider
 * itself: what collecting bytes before passing them on costs in time.
 */
#include <stdio.h>

#include "base/list.h"
#include "bench/lib/measure.h"
#include "bench/lib/origin.h"
#include "bench/lib/report.h"

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
			ours[round] = measure_latency_ms(SUBJECT_MASTHEAD, &load, NULL);
			direct[round] = measure_latency_ms(SUBJECT_DIRECT, &load, NULL);
		}
		added = report_median(ours, rounds) - report_median(direct, rounds);
		(void)snprintf(what, sizeof(what), "%u Mbps, latency added, p99", mbps[i]);
		report_row(&(struct report_row){ "R5", what, "ms", added < 0 ? 0 : added,
		    subject_name(SUBJECT_DIRECT), report_median(direct, rounds), GOAL_AT_MOST, 50,
		    0 });
	}
	return report_status();
}
