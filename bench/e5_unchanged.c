/* Ten sources are read again and none has changed: what is parsed, and what is written. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/lib/child.h"
#include "bench/lib/client.h"
#include "bench/lib/guide.h"
#include "bench/lib/report.h"
#include "bench/lib/subject.h"

#define CLAIM   "E5"
#define SOURCES 10

/* The same bytes in a new file. */
static void
write_again(const char *path)
{
	char *copy;

	if (asprintf(&copy, "%s.new", path) == -1)
		bench_die("out of memory");
	const char *const cp[] = { "cp", path, copy, NULL };
	if (child_run(cp) != 0 || rename(copy, path) == -1)
		bench_die("%s: %s", path, strerror(errno));
	free(copy);
}

static void
look(const char *path, struct stat *ret)
{
	if (stat(path, ret) == -1)
		bench_die("%s: %s", path, strerror(errno));
}

/* The sum over all sources. */
static double
sum(const struct subject *s, const char *metric)
{
	double total = 0;
	char name[100];

	for (unsigned i = 0; i < SOURCES; i++) {
		snprintf(name, sizeof(name), "%s{guide=\"g%u\"}", metric, i);
		total += client_metric(s, name);
	}
	return total;
}

int
main(int argc, char **argv)
{
	static const char *const outputs[] = { "data/guide/guide.xml", "data/guide/guide.xml.gz",
		"data/guide/guide.idx" };
	const char *guides[SOURCES];
	struct subject_options options = { .guides = guides, .guide_count = SOURCES };
	struct subject subject;
	struct stat before[3], after[3];
	double parsed, refreshed;
	unsigned written = 0;

	report_init(argc, argv);
	guide_make_many(guides, SOURCES, report_pick(3, 24));
	options.playlist = guide_playlist(200);
	guide_start(&subject, &options);
	for (unsigned i = 0; i < 3; i++)
		look(bench_path(outputs[i]), &before[i]);
	parsed = sum(&subject, "masthead_guide_source_read_bytes_total");
	refreshed = sum(&subject, "masthead_guide_source_refreshes_total");
	for (unsigned i = 0; i < SOURCES; i++)
		write_again(guides[i]);
	while (sum(&subject, "masthead_guide_source_refreshes_total") < refreshed + SOURCES)
		bench_sleep_ms(50);
	guide_settle(&subject);
	for (unsigned i = 0; i < 3; i++) {
		look(bench_path(outputs[i]), &after[i]);
		written += after[i].st_ino != before[i].st_ino ||
		    after[i].st_mtim.tv_sec != before[i].st_mtim.tv_sec ||
		    after[i].st_mtim.tv_nsec != before[i].st_mtim.tv_nsec;
	}
	report_row(&(struct report_row){ CLAIM, "10 sources refreshed, unchanged: parsed", "B",
	    sum(&subject, "masthead_guide_source_read_bytes_total") - parsed, NULL, 0, GOAL_AT_MOST,
	    0, 1 });
	report_row(&(struct report_row){ CLAIM, "10 sources refreshed, unchanged: written", "files",
	    written, NULL, 0, GOAL_AT_MOST, 0, 1 });
	subject_stop(&subject);
	return report_status();
}
