/* One source of ten has changed: all workers' CPU time, against a gateway with only that one. */
#include <stdint.h>

#include "bench/lib/guide.h"
#include "bench/lib/proc.h"
#include "bench/lib/report.h"
#include "bench/lib/subject.h"

#define CLAIM   "E6"
#define SOURCES 10

/* Puts another content in place of the last source's, and waits until it is in the guide. */
static double
change_seconds(const struct subject *s, const char *path, const char *content)
{
	uint64_t before = proc_children_cpu_ns(s->pid);

	guide_replace(s, path, content);
	guide_settle(s);
	return (double)(proc_children_cpu_ns(s->pid) - before) / 1e9;
}

static double
measure(const struct subject_options *options, unsigned megabytes, unsigned rounds)
{
	const char *last = options->guides[options->guide_count - 1];
	static unsigned seed = 100; /* each content is a new one */
	struct subject subject;
	double values[5];

	guide_start(&subject, options);
	for (unsigned i = 0; i < rounds; i++)
		values[i] = change_seconds(&subject, last,
		    guide_make("new.xml", megabytes, seed++));
	subject_stop(&subject);
	return report_median(values, rounds);
}

int
main(int argc, char **argv)
{
	const char *guides[SOURCES];
	struct subject_options all = { .guides = guides, .guide_count = SOURCES };
	struct subject_options one = { .guides = guides + SOURCES - 1, .guide_count = 1 };
	unsigned megabytes, rounds;
	double ours, alone;

	report_init(argc, argv);
	megabytes = report_pick(3, 48);
	rounds = report_pick(1, 3);
	guide_make_many(guides, SOURCES, megabytes);
	all.playlist = one.playlist = guide_playlist(200);
	alone = measure(&one, megabytes, rounds);
	ours = measure(&all, megabytes, rounds);
	report_row(&(struct report_row){ CLAIM, "1 of 10 sources changed, CPU", "s", ours,
	    "that source alone", alone, GOAL_TIMES_MOST, 1.3, 0 });
	return report_status();
}
