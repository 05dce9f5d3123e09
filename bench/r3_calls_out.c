/*
 * R3: all system calls that the relay makes for a megabyte that leaves, one
 * 20 Mbps channel to eight viewers.
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
	measure_calls(SUBJECT_MASTHEAD, &load, &ours);
	measure_calls(SUBJECT_BARE_RELAY, &load, &bare);
	report_row(&(struct report_row){ "R3", "20 Mbps to 8, out", "calls/MB", ours.per_mb_out,
	    subject_name(SUBJECT_BARE_RELAY), bare.per_mb_out, GOAL_AT_MOST, 40, 1 });
	return report_status();
}
