/*
 * R2: the CPU for each byte when there is always more to send: a channel of 500 Mbps
 * to eight viewers, with send and with sendfile, beside loops that do nothing but
 * that call from memory (their bytes come from nowhere: ours are also received,
 * scanned and stored, an eighth of what is sent).
 *
 * Not faster, because a relay does not hold its source back: viewers that cannot
 * follow would be skipped, and the figure would count bytes that nobody had.
 */
#include "base/list.h"
#include "bench/lib/measure.h"
#include "bench/lib/origin.h"
#include "bench/lib/report.h"

#define RATE 500000000u

int
main(int argc, char **argv)
{
	static const struct {
		const char *what;
		enum subject_kind kinds[2];
		unsigned sendfile_from;
		double goal;
	} modes[] = {
		{ "500 Mbps to 8, send", { SUBJECT_MASTHEAD, SUBJECT_BARE_SEND }, 0, 1.25 },
		{ "500 Mbps to 8, sendfile", { SUBJECT_MASTHEAD, SUBJECT_BARE_SENDFILE }, 1, 1.35 },
	};
	struct origin origin;
	struct origin_stream stream;
	struct measure_load load;
	double cost[2];

	report_init(argc, argv);
	measure_origin(&origin);
	measure_paced(&load, &origin, &stream);
	stream.bulk = 1;
	ts_stream_init(&stream.ts, TS_H264, RATE);
	load.seconds = report_pick(1, 3);
	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		load.options.sendfile_from = modes[i].sendfile_from;
		load.options.never_sendfile = modes[i].sendfile_from == 0;
		measure_in_turn(modes[i].kinds, 2, &load, report_pick(1, 5), cost);
		report_row(&(struct report_row){ "R2", modes[i].what, "CPU-s/GB", cost[0],
		    subject_name(modes[i].kinds[1]), cost[1], GOAL_TIMES_MOST, modes[i].goal, 0 });
	}
	return report_status();
}
