/*
 * Every channel of a guide, merged and written, against a parse of it that keeps nothing;
 * beside them XMLTV's own tools on a smaller one.
 */
#include <math.h>
#include <stddef.h>

#include "bench/lib/child.h"
#include "bench/lib/guide.h"
#include "bench/lib/report.h"
#include "bench/lib/subject.h"

#define CLAIM "E2"
#define SMALL 4 /* megabytes for tv_sort, which takes seconds for each */

static void
compare_tv_sort(const char *binary)
{
	const char *guide, *out = bench_path("small-out.xml");
	struct guide_cost costs[2];

	if (report_quick())
		return;
	if (!child_installed("tv_sort")) {
		report_skip(CLAIM, "all kept, CPU", "tv_sort is not installed");
		return;
	}
	guide = guide_make("small.xml", SMALL, 1);

	const char *const ours[] = { binary, "guide", "-o", out, guide, NULL };
	const char *const tv_sort[] = { "tv_sort", "--output", bench_path("tv_sort.xml"), guide,
		NULL };
	const char *const *const runs[] = { ours, tv_sort };

	guide_run_in_turn(runs, 2, 1, costs);
	report_row(&(struct report_row){ CLAIM, "4 MB, all kept, CPU", "s", costs[0].cpu_s,
	    "tv_sort", costs[1].cpu_s, GOAL_NONE, 0, 0 });
}

int
main(int argc, char **argv)
{
	const char *guide, *binary = subject_binary();
	struct guide_cost costs[2];

	report_init(argc, argv);
	guide = guide_make("guide.xml", report_pick(24, 244), 1);

	const char *const ours[] = { binary, "guide", "-o", bench_path("out.xml"), guide, NULL };
	const char *const xmllint[] = { "xmllint", "--sax", "--noout", guide, NULL };
	const char *const *const runs[] = { ours, xmllint };

	guide_run_in_turn(runs, 2, report_pick(1, 5), costs);
	report_row(&(struct report_row){ CLAIM, "all kept and written, CPU", "s", costs[0].cpu_s,
	    "xmllint --sax", costs[1].cpu_s, GOAL_TIMES_MOST, 1.4, 0 });
	report_row(&(struct report_row){ CLAIM, "all kept and written, time", "s", costs[0].wall_s,
	    "xmllint --sax", costs[1].wall_s, GOAL_TIMES_MOST, 1.4, 0 });
	compare_tv_sort(binary);
	return report_status();
}
