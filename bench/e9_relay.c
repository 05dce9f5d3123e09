/* R5 while a large guide is read and merged: what viewers notice of it. */
#include <stdio.h>

#include "bench/lib/guide.h"
#include "bench/lib/measure.h"
#include "bench/lib/origin.h"
#include "bench/lib/report.h"

#define MBPS 20

#define SMALL 1 /* megabytes of the guide that is there at first */

static const char *guide, *large;

/* The large guide takes the small one's place: read and merged, and waited for. */
static void
change_guide(const struct subject *s)
{
	guide_replace(s, guide, large);
}

int
main(int argc, char **argv)
{
	struct origin origin;
	struct origin_stream stream;
	struct measure_load load;
	unsigned megabytes;
	double ours, direct, added;
	char what[80];

	report_init(argc, argv);
	megabytes = report_pick(72, 1000);
	guide = guide_make("guide.xml", SMALL, 1);
	large = guide_make("large.xml", megabytes, 2);
	measure_origin(&origin);
	measure_paced(&load, &origin, &stream);
	load.options.guides = &guide;
	load.options.guide_count = 1;
	ts_stream_init(&stream.ts, TS_H264, MBPS * UINT64_C(1000000));
	ours = measure_latency_ms(SUBJECT_MASTHEAD, &load, change_guide);
	direct = measure_latency_ms(SUBJECT_DIRECT, &load, NULL);
	added = ours > direct ? ours - direct : 0;
	snprintf(what, sizeof(what), "20 Mbps while %u MB of guide are merged, added, p99",
	    megabytes);
	report_row(&(struct report_row){ "E9", what, "ms", added, subject_name(SUBJECT_DIRECT),
	    direct, GOAL_AT_MOST, 50, 0 });
	return report_status();
}
