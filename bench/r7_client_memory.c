/*
 * R7: private memory for each of 1,000 viewers of one channel.
 */
#include "bench/lib/child.h"
#include "bench/lib/measure.h"
#include "bench/lib/origin.h"
#include "bench/lib/report.h"
#include "bench/lib/sink.h"

#define CLIENTS 1000

static double
bytes_per_client(enum subject_kind kind, const struct subject_options *options)
{
	const struct place place = { 0 };
	struct proc_memory before, after;
	struct subject subject;
	struct sink one, many;

	if (!subject_start(&subject, kind, options))
		return __builtin_nan("");
	sink_start(&one, &place, &subject, subject.path, 1, NULL);
	if (!sink_wait(&one, 128 << 10, 15000))
		bench_die("%s: the first client received nothing", subject.name);
	proc_memory(subject.pid, &before);
	sink_start(&many, &place, &subject, subject.path, CLIENTS, NULL);
	if (!sink_wait(&many, 128 << 10, 60000))
		bench_die("%s: not all of %d clients received anything", subject.name, CLIENTS);
	proc_memory(subject.pid, &after);
	sink_stop(&many);
	sink_stop(&one);
	subject_stop(&subject);
	return ((double)after.anon - (double)before.anon) / CLIENTS;
}

int
main(int argc, char **argv)
{
	struct origin origin;
	struct origin_stream stream = { 0 };
	struct subject_options options = { .origin = &origin,
		.streams = &stream,
		.stream_count = 1 };
	double ours, nginx;

	report_init(argc, argv);
	measure_origin(&origin);
	ts_stream_init(&stream.ts, TS_H264, 500000);
	ours = bytes_per_client(SUBJECT_MASTHEAD, &options);
	nginx = bytes_per_client(SUBJECT_NGINX, &options);
	report_row(&(struct report_row){ "R7", "1,000 viewers, memory of each", "B", ours,
	    subject_name(SUBJECT_NGINX), nginx, GOAL_AT_MOST, 1024, 1 });
	return report_status();
}
