/*
 * R1: the CPU that it costs to give one 20 Mbps channel to eight viewers, beside
 * the least that a relay can cost and beside what people use today; and that it is
 * one connection to the provider.
 */
#include <math.h>

#include "base/list.h"
#include "bench/lib/measure.h"
#include "bench/lib/origin.h"
#include "bench/lib/report.h"

#define WHAT "20 Mbps to 8, paced"

int
main(int argc, char **argv)
{
	static const enum subject_kind kinds[] = { SUBJECT_MASTHEAD, SUBJECT_BARE_RELAY,
		SUBJECT_NGINX, SUBJECT_HAPROXY, SUBJECT_ICECAST };
	double cost[ARRAY_LEN(kinds)], best = NAN;
	const char *best_name = "no other program";
	struct origin origin;
	struct origin_stream stream;
	struct measure_load load;

	report_init(argc, argv);
	measure_origin(&origin);
	measure_paced(&load, &origin, &stream);
	measure_in_turn(kinds, ARRAY_LEN(kinds), &load, report_pick(1, 5), cost);
	report_row(&(struct report_row){ "R1", WHAT, "CPU-s/GB", cost[0], subject_name(kinds[1]),
	    cost[1], GOAL_TIMES_MOST, 1.5, 0 });
	for (size_t i = 2; i < ARRAY_LEN(kinds); i++) {
		report_row(&(struct report_row){ "R1", WHAT, "CPU-s/GB", cost[0],
		    subject_name(kinds[i]), cost[i], GOAL_NONE, 0, 0 });
		if (isnan(best) || cost[i] < best) {
			best = cost[i];
			best_name = subject_name(kinds[i]);
		}
	}
	report_row(&(struct report_row){ "R1", WHAT ", best of the others", "CPU-s/GB", cost[0],
	    best_name, best, GOAL_TIMES_LESS, 3, 0 });
	report_row(&(struct report_row){ "R1", "connections at the provider for 8 viewers", "",
	    measure_upstreams(SUBJECT_MASTHEAD, &load), subject_name(SUBJECT_NGINX),
	    measure_upstreams(SUBJECT_NGINX, &load), GOAL_AT_MOST, 1, 1 });
	return report_status();
}
