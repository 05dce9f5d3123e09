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

	(void)guide_compare(
	    &(struct guide_match){ CLAIM, "4 MB, all kept", ours, "tv_sort", tv_sort, 1, 0, 0 });
}

int
main(int argc, char **argv)
{
	const char *guide, *binary = subject_binary();

	report_init(argc, argv);
	guide = guide_make("guide.xml", report_pick(24, 244), 1);

	const char *const ours[] = { binary, "guide", "-o", bench_path("out.xml"), guide, NULL };
	const char *const xmllint[] = { "xmllint", "--sax", "--noout", guide, NULL };

	(void)guide_compare(&(struct guide_match){ CLAIM, "all kept and written", ours,
	    "xmllint --sax", xmllint, report_pick(1, 5), 1.4, 1.4 });
	compare_tv_sort(binary);
	return report_status();
}
