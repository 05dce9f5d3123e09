/*
 * R10: one viewer of eight reads nothing while the window goes by three times. The
 * other seven lose nothing.
 */
#include "bench/lib/child.h"
#include "bench/lib/measure.h"
#include "bench/lib/origin.h"
#include "bench/lib/report.h"
#include "bench/lib/sink.h"

#define CLIENTS    8
#define WINDOW_MIB 4
#define WINDOW     ((uint64_t)WINDOW_MIB << 20)
#define WRAPS      3

int
main(int argc, char **argv)
{
	const struct place place = { 0 };
	uint64_t harm = 0, least = UINT64_MAX, until;
	struct origin origin;
	struct origin_stream stream = { 0 };
	struct subject_options options = { .origin = &origin,
		.streams = &stream,
		.stream_count = 1,
		.window_mib = WINDOW_MIB };
	struct subject subject;
	struct sink sink;

	report_init(argc, argv);
	measure_origin(&origin);
	ts_stream_init(&stream.ts, TS_H264, 40000000);
	(void)subject_start(&subject, SUBJECT_MASTHEAD, &options);
	sink_start(&sink, &place, &subject, subject.path, CLIENTS, &stream.ts);
	if (!sink_wait(&sink, 1 << 20, 15000))
		bench_die("not all clients received anything");
	sink.shared->client[0].hold = 1;
	until = sink.shared->client[1].bytes + WRAPS * WINDOW;
	for (int ms = 0; sink.shared->client[1].bytes < until; ms += 10) {
		if (ms > 30000)
			bench_die("the viewers beside a stalled one receive nothing");
		bench_sleep_ms(10);
	}
	for (unsigned i = 1; i < CLIENTS; i++) {
		const struct sink_client *c = &sink.shared->client[i];

		harm += c->lost + c->corrupt + c->jumps + c->bad_starts;
		if (c->bytes < least)
			least = c->bytes;
	}
	if (least + (1 << 20) < until)
		harm += (until - least) / TS_PACKET;
	sink_stop(&sink);
	subject_stop(&subject);
	report_row(&(struct report_row){ "R10", "one of 8 stalled, lost by the others", "B",
	    (double)(harm * TS_PACKET), NULL, 0, GOAL_AT_MOST, 0, 1 });
	return report_status();
}
