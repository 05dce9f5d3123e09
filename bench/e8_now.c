/* What is on now, and which programmes have a word in their titles, out of half a million. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "bench/lib/child.h"
#include "bench/lib/client.h"
#include "bench/lib/guide.h"
#include "bench/lib/report.h"
#include "bench/lib/subject.h"

#define CLAIM     "E8"
#define ROUNDS    400
#define REPLY_MAX (4u << 20)

/* The 99th percentile of a request's time, connecting included. */
static double
request_ms(const struct subject *s, const char *pattern, unsigned rounds)
{
	static double values[ROUNDS];
	char path[160];

	for (unsigned i = 0; i < rounds; i++) {
		struct buf body = BUF_INIT(REPLY_MAX);
		uint64_t began = bench_now_ns();

		/* The pattern is one of those below. */
		snprintf(path, sizeof(path), "%s%u", pattern, i * 37 % GUIDE_CHANNELS + 1);
		if (client_get(s, path, &body) != 200)
			bench_die("%s: not 200", path);
		values[i] = (double)(bench_now_ns() - began) / 1e6;
		if (strstr(body.data, "\"title\":\"") == NULL)
			bench_die("%s: no programme", path);
		buf_release(&body);
	}
	return report_quantile(values, rounds, 0.99);
}

int
main(int argc, char **argv)
{
	const char *guide;
	struct subject_options options = { .guides = &guide, .guide_count = 1 };
	struct subject subject;
	double programmes;
	char what[80];

	report_init(argc, argv);
	guide = guide_make("guide.xml", report_pick(24, 360), 1);
	options.playlist = guide_playlist(GUIDE_CHANNELS);
	guide_start(&subject, &options);
	programmes = client_metric(&subject, "masthead_guide_programmes");
	snprintf(what, sizeof(what), "now on one channel, %.0f programmes, p99", programmes);
	report_row(&(struct report_row){ CLAIM, what, "ms",
	    request_ms(&subject, "/api/v1/guide/now?channel=", report_pick(100, ROUNDS)), NULL, 0,
	    GOAL_AT_MOST, 1, 0 });
	snprintf(what, sizeof(what), "a word in %.0f titles, p99", programmes);
	report_row(&(struct report_row){ CLAIM, what, "ms",
	    request_ms(&subject,
		"/api/v1/guide/search?limit=50&q=winter%20storm%20&from=", report_pick(20, 100)),
	    NULL, 0, GOAL_AT_MOST, 50, 0 });
	subject_stop(&subject);
	return report_status();
}
