/*
 * One channel in ten of a guide, against a parse of all of it that keeps nothing; beside them
 * what others need that people use for it.
 */
#include <math.h>
#include <stddef.h>
#include <stdlib.h>

#include "bench/lib/child.h"
#include "bench/lib/guide.h"
#include "bench/lib/report.h"
#include "bench/lib/subject.h"

#define CLAIM "E1"

/* Python's lxml, the way that it is used for large guides. */
static const char lxml_program[] = "import sys\n"
				   "from lxml import etree\n"
				   "wanted = set(open(sys.argv[2]).read().split())\n"
				   "kept = 0\n"
				   "for _, e in etree.iterparse(sys.argv[1], tag='programme'):\n"
				   "    if e.get('channel') in wanted:\n"
				   "        kept += len(etree.tostring(e))\n"
				   "    e.clear()\n"
				   "    while e.getprevious() is not None:\n"
				   "        del e.getparent()[0]\n"
				   "print(kept)\n";

static double
lxml_seconds(const char *guide, const char *wanted)
{
	const char *const probe[] = { "/usr/bin/python3", "-c", "import lxml", NULL };
	const char *const argv[] = { "/usr/bin/python3", "-c", lxml_program, guide, wanted, NULL };
	struct guide_cost cost;

	if (report_quick() || child_run(probe) != 0)
		return NAN;
	guide_run(argv, &cost);
	return cost.cpu_s;
}

int
main(int argc, char **argv)
{
	const char *guide, *wanted, *binary = subject_binary();
	double ours_s;

	report_init(argc, argv);
	guide = guide_make("guide.xml", report_pick(24, 244), 1);
	wanted = guide_wanted(10);

	const char *const ours[] = { binary, "guide", "--wanted", wanted, "-o",
		bench_path("out.xml"), guide, NULL };
	const char *const xmllint[] = { "xmllint", "--sax", "--noout", guide, NULL };

	ours_s = guide_compare(&(struct guide_match){ CLAIM, "1 channel of 10 kept", ours,
	    "xmllint --sax", xmllint, report_pick(1, 7), 0.40, 0.40 });
	report_row(&(struct report_row){ CLAIM, "1 channel of 10 kept, CPU", "s", ours_s,
	    "lxml iterparse", lxml_seconds(guide, wanted), GOAL_NONE, 0, 0 });
	return report_status();
}
