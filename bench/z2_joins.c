/*
 * Z2: what 1,000 viewers get first who join running channels at any moment: PAT,
 * PMT, and a random access point, whatever marks one in the stream; and then every
 * packet in order.
 */
#include <stdio.h>

#include "base/list.h"
#include "bench/lib/child.h"
#include "bench/lib/client.h"
#include "bench/lib/measure.h"
#include "bench/lib/origin.h"
#include "bench/lib/report.h"
#include "bench/lib/sink.h"

#define JOINS 1000
#define RATE  4000000u

int
main(int argc, char **argv)
{
	static const struct {
		enum ts_codec codec;
		_Bool rai;
	} sources[] = { { TS_H264, 1 }, { TS_H264, 0 }, { TS_H264_OPEN, 0 }, { TS_HEVC, 0 },
		{ TS_MPEG2, 0 } };
	const struct place place = { 0 };
	struct origin origin;
	struct origin_stream streams[ARRAY_LEN(sources)] = { 0 };
	struct subject_options options = { .origin = &origin,
		.streams = streams,
		.stream_count = ARRAY_LEN(sources) };
	struct sink keepers[ARRAY_LEN(sources)];
	struct subject subject;
	unsigned good = 0;
	char path[32];

	report_init(argc, argv);
	measure_origin(&origin);
	for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
		ts_stream_init(&streams[i].ts, sources[i].codec, RATE);
		streams[i].ts.rai = sources[i].rai;
	}
	(void)subject_start(&subject, SUBJECT_MASTHEAD, &options);
	for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
		(void)snprintf(path, sizeof(path), "/auto/v%zu", i + 1);
		sink_start(&keepers[i], &place, &subject, path, 1, NULL);
		if (!sink_wait(&keepers[i], 256 << 10, 15000))
			bench_die("%s, random_access_indicator %d: does not start",
			    ts_codec_name(sources[i].codec), (int)sources[i].rai);
	}
	for (unsigned join = 0; join < JOINS; join++) {
		size_t i = join % ARRAY_LEN(sources);
		struct visit v;

		(void)snprintf(path, sizeof(path), "/auto/v%zu", i + 1);
		if (client_visit(&subject, path, &streams[i].ts, 32 << 10, 5000, &v) &&
		    v.rap_ns != 0 && v.check.bad_starts + v.check.corrupt + v.check.jumps == 0)
			good++;
		else
			fprintf(stderr,
			    "z2_joins: %s, random_access_indicator %d: status %d, %llu"
			    " bytes, bad starts %llu, corrupt %llu, jumps %llu\n",
			    ts_codec_name(sources[i].codec), (int)sources[i].rai, v.status,
			    (unsigned long long)v.body, (unsigned long long)v.check.bad_starts,
			    (unsigned long long)v.check.corrupt, (unsigned long long)v.check.jumps);
	}
	for (size_t i = 0; i < ARRAY_LEN(sources); i++)
		sink_stop(&keepers[i]);
	subject_stop(&subject);
	report_row(&(struct report_row){ "Z2", "1,000 joins that start PAT, PMT, RAP", "%",
	    100.0 * good / JOINS, NULL, 0, GOAL_AT_LEAST, 100, 1 });
	return report_status();
}
