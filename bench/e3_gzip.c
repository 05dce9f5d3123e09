/* One channel in ten of a compressed guide, against inflating it and no more. */
#include <stddef.h>

#include "bench/lib/child.h"
#include "bench/lib/guide.h"
#include "bench/lib/report.h"
#include "bench/lib/subject.h"

#define CLAIM "E3"

int
main(int argc, char **argv)
{
	const char *guide, *wanted;
	struct guide_cost costs[2];

	report_init(argc, argv);
	guide = guide_compress(guide_make("guide.xml", report_pick(24, 244), 1));
	wanted = guide_wanted(10);

	const char *const ours[] = { subject_binary(), "guide", "--wanted", wanted, "-o",
		bench_path("out.xml"), guide, NULL };
	const char *const inflate[] = { bench_program("inflate"), guide, NULL };
	const char *const *const runs[] = { ours, inflate };

	guide_run_in_turn(runs, 2, report_pick(1, 7), costs);
	report_row(&(struct report_row){ CLAIM, "gzip, 1 channel of 10 kept, CPU", "s",
	    costs[0].cpu_s, "inflate alone", costs[1].cpu_s, GOAL_TIMES_MOST, 1.5, 0 });
	report_row(&(struct report_row){ CLAIM, "gzip, 1 channel of 10 kept, time", "s",
	    costs[0].wall_s, "inflate alone", costs[1].wall_s, GOAL_NONE, 0, 0 });
	return report_status();
}
