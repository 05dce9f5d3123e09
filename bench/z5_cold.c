/*
 * Z5: a channel that nobody watches yet. The viewer has the first random access
 * point so long after the provider would have sent it to the viewer itself, wherever in
 * its stream that comes and however long the provider takes to answer.
 */
#include <stdio.h>

#include "bench/lib/child.h"
#include "bench/lib/client.h"
#include "bench/lib/measure.h"
#include "bench/lib/origin.h"
#include "bench/lib/report.h"

#define CHANNELS_MAX 40

static double
cold_worst(const struct subject *subject, const struct origin_stream *streams, unsigned count)
{
	static double ms[CHANNELS_MAX];
	char path[ORIGIN_PATH_MAX];
	struct visit v;

	for (unsigned i = 0; i < count; i++) {
		if (subject->kind == SUBJECT_DIRECT)
			origin_path(path, &streams[i], i + 1);
		else
			(void)snprintf(path, sizeof(path), "/auto/v%u", i + 1);
		if (!client_visit(subject, path, &streams[i].ts, 0, 10000, &v))
			bench_die("%s%s: status %d, %llu bytes, no random access point",
			    subject->name, path, v.status, (unsigned long long)v.body);
		ms[i] = (double)(v.rap_ns - v.request_ns) / 1e6 - streams[i].delay_ms -
		    streams[i].phase_ms;
	}
	return report_quantile(ms, count, 1);
}

int
main(int argc, char **argv)
{
	struct origin origin;
	static struct origin_stream streams[CHANNELS_MAX];
	struct subject_options options = { .origin = &origin,
		.streams = streams,
		.stream_count = CHANNELS_MAX,
		.linger_ms = 1000 };
	struct subject subject, direct;
	unsigned count;
	double ours;

	report_init(argc, argv);
	count = report_pick(10, CHANNELS_MAX);
	measure_origin(&origin);
	for (unsigned i = 0; i < CHANNELS_MAX; i++) {
		ts_stream_init(&streams[i].ts, i % 2 == 0 ? TS_H264 : TS_MPEG2, 8000000);
		streams[i].ts.rai = i % 3 == 0;
		streams[i].phase_ms = i * 7 % TS_FPS * (1000 / TS_FPS);
		streams[i].delay_ms = i * 31 % 200;
	}
	(void)subject_start(&subject, SUBJECT_MASTHEAD, &options);
	(void)subject_start(&direct, SUBJECT_DIRECT, &options);
	ours = cold_worst(&subject, streams, count);
	report_row(&(struct report_row){ "Z5", "cold channel, over the provider's first RAP, worst",
	    "ms", ours, subject_name(SUBJECT_DIRECT), cold_worst(&direct, streams, count),
	    GOAL_AT_MOST, 100, 0 });
	subject_stop(&subject);
	return report_status();
}
