/* The largest resident size of any process that reads and merges a guide, by the guide's size. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "bench/lib/child.h"
#include "bench/lib/guide.h"
#include "bench/lib/report.h"
#include "bench/lib/subject.h"

#define CLAIM "E4"
#define MIB   1048576.0

/* "programme" start tags in a file. */
static double
count_programmes(const char *path)
{
	static char line[1 << 16];
	FILE *f = fopen(path, "re");
	double count = 0;

	if (f == NULL)
		bench_die("%s cannot be read", path);
	while (fgets(line, sizeof(line), f) != NULL)
		count += strncmp(line, "<programme ", 11) == 0;
	(void)fclose(f);
	return count;
}

static void
measure(unsigned megabytes, unsigned step)
{
	const char *out = bench_path("out.xml"), *guide = guide_make("guide.xml", megabytes, 1);
	const char *const argv[] = { subject_binary(), "guide", "--wanted", guide_wanted(step),
		"-o", out, guide, NULL };
	struct guide_cost cost;
	double kept;
	char what[80];

	guide_run(argv, &cost);
	kept = count_programmes(out);
	snprintf(what, sizeof(what), "%u MB, 1 channel of %u kept: peak", megabytes, step);
	report_row(&(struct report_row){ CLAIM, what, "MiB", cost.rss / MIB, NULL, 0, GOAL_AT_MOST,
	    16 + 24 * kept / MIB, 1 });
}

int
main(int argc, char **argv)
{
	report_init(argc, argv);
	measure(report_pick(24, 244), 10);
	measure(report_pick(72, 1000), 10);
	measure(report_pick(72, 800), 1);
	return report_status();
}
