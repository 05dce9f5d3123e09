/*
 * R4: the system calls for a megabyte that arrives at 20 Mbps and is stored: all but
 * the sends, the loop's waits included. The window has wrapped before it counts: a new
 * one is filled otherwise.
 */
#include "bench/lib/measure.h"
#include "bench/lib/origin.h"
#include "bench/lib/report.h"

int
main(int argc, char **argv)
{
	struct origin origin;
	struct origin_stream stream;
	struct measure_load load;
	struct measure_calls ours, bare;

	report_init(argc, argv);
	measure_origin(&origin);
	measure_paced(&load, &origin, &stream);
	load.clients = 1;
	load.options.window_mib = 2;
	load.settle_ms = 2000;
	measure_calls(SUBJECT_MASTHEAD, &load, &ours);
	measure_calls(SUBJECT_BARE_RELAY, &load, &bare);
	report_row(&(struct report_row){ "R4", "20 Mbps to 1, in, the loop's waits included",
	    "calls/MB", ours.per_mb_in + ours.waits_per_mb_in, subject_name(SUBJECT_BARE_RELAY),
	    bare.per_mb_in + bare.waits_per_mb_in, GOAL_AT_MOST, 40, 1 });
	return report_status();
}
