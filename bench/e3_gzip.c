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

	report_init(argc, argv);
	guide = guide_compress(guide_make("guide.xml", report_pick(24, 244), 1));
	wanted = guide_wanted(10);

	const char *const ours[] = { subject_binary(), "guide", "--wanted", wanted, "-o",
		bench_path("out.xml"), guide, NULL };
	const char *const inflate[] = { bench_program("inflate"), guide, NULL };

	(void)guide_compare(&(struct guide_match){ CLAIM, "gzip, 1 channel of 10 kept", ours,
	    "inflate alone", inflate, report_pick(1, 7), 1.5, 0 });
	return report_status();
}
