/*
 * Z1: from connecting to the first byte of a channel that is running.
 */
#include "bench/lib/child.h"
#include "bench/lib/client.h"
#include "bench/lib/measure.h"
#include "bench/lib/origin.h"
#include "bench/lib/report.h"
#include "bench/lib/sink.h"

#define VISITS_MAX 500

static double
first_byte_p99(const struct subject *subject, unsigned visits)
{
	static double ms[VISITS_MAX];
	struct visit visit;

	for (unsigned i = 0; i < visits; i++) {
		if (!client_visit(subject, subject->path, NULL, 1, 5000, &visit))
			bench_die("%s: visit %u: status %d", subject->name, i, visit.status);
		ms[i] = (double)(visit.first_ns - visit.request_ns) / 1e6;
	}
	return report_quantile(ms, visits, 0.99);
}

int
main(int argc, char **argv)
{
	const struct place place = { 0 };
	unsigned visits;
	struct origin origin;
	struct origin_stream stream;
	struct measure_load load;
	struct subject subject, direct;
	struct sink keeper;
	double ours;

	report_init(argc, argv);
	visits = report_pick(100, VISITS_MAX);
	measure_origin(&origin);
	measure_paced(&load, &origin, &stream);
	(void)subject_start(&subject, SUBJECT_MASTHEAD, &load.options);
	(void)subject_start(&direct, SUBJECT_DIRECT, &load.options);
	sink_start(&keeper, &place, &subject, subject.path, 1, NULL);
	if (!sink_wait(&keeper, 1 << 20, 15000))
		bench_die("the channel does not start");
	ours = first_byte_p99(&subject, visits);
	report_row(&(struct report_row){ "Z1", "warm channel, first byte, p99", "ms", ours,
	    subject_name(SUBJECT_DIRECT), first_byte_p99(&direct, visits), GOAL_AT_MOST, 10, 0 });
	sink_stop(&keeper);
	subject_stop(&subject);
	return report_status();
}
