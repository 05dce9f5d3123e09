/* R5 while a large guide is read and merged: what viewers notice of it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bench/lib/child.h"
#include "bench/lib/client.h"
#include "bench/lib/guide.h"
#include "bench/lib/measure.h"
#include "bench/lib/origin.h"
#include "bench/lib/report.h"
#include "bench/lib/sink.h"

#define CLIENTS   8
#define SETTLE_MS 1500 /* viewers start in the past and catch up first */
#define MBPS      20

/* A guide that no other content is like: it is read whole. */
static void
change_guide(const char *path, unsigned megabytes, unsigned seed)
{
	if (rename(guide_make("new.xml", megabytes, seed), path) == -1)
		bench_die("%s: %s", path, strerror(errno));
}

static double
latency_p99(enum subject_kind kind, const struct measure_load *load, unsigned megabytes)
{
	const struct place place = { 0 };
	struct subject subject;
	struct sink sink;
	double ms;

	(void)subject_start(&subject, kind, &load->options);
	if (kind == SUBJECT_MASTHEAD) {
		guide_wait(&subject, "masthead_guide_programmes", 1);
		guide_settle(&subject);
	}
	sink_start(&sink, &place, &subject, subject.path, CLIENTS, &load->options.streams[0].ts);
	if (!sink_wait(&sink, 64 << 10, 15000))
		bench_die("%s: not all clients received anything", subject.name);
	bench_sleep_ms(SETTLE_MS);
	if (kind == SUBJECT_MASTHEAD) {
		double builds = client_metric(&subject, "masthead_guide_builds_total");

		change_guide(load->options.guides[0], megabytes, 2);
		guide_wait(&subject, "masthead_workers", 1);
		sink_measure(&sink);
		guide_wait(&subject, "masthead_guide_builds_total", builds + 1);
	} else {
		sink_measure(&sink);
		bench_sleep_ms(load->seconds * 1000);
	}
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
	struct origin origin;
	struct origin_stream stream;
	struct measure_load load;
	const char *guide;
	unsigned megabytes;
	double ours, direct, added;
	char what[80];

	report_init(argc, argv);
	megabytes = report_pick(72, 1000);
	guide = guide_make("guide.xml", megabytes, 1);
	measure_origin(&origin);
	measure_paced(&load, &origin, &stream);
	load.options.guides = &guide;
	load.options.guide_count = 1;
	ts_stream_init(&stream.ts, TS_H264, MBPS * UINT64_C(1000000));
	ours = latency_p99(SUBJECT_MASTHEAD, &load, megabytes);
	direct = latency_p99(SUBJECT_DIRECT, &load, megabytes);
	added = ours > direct ? ours - direct : 0;
	snprintf(what, sizeof(what), "20 Mbps while %u MB of guide are merged, added, p99",
	    megabytes);
	report_row(&(struct report_row){ "E9", what, "ms", added, subject_name(SUBJECT_DIRECT),
	    direct, GOAL_AT_MOST, 50, 0 });
	return report_status();
}
