/*
 * Guides to measure with, and what a command costs that reads one.
 */
#ifndef BENCH_LIB_GUIDE_H
#define BENCH_LIB_GUIDE_H

#define GUIDE_CHANNELS   2000
#define GUIDE_START      1704067200 /* of its first programmes; a constant */
#define GUIDE_START_TEXT "1704067200"

/* A generated guide of so many megabytes (guide_gen), in this run's folder; the path lives on. */
const char *guide_make(const char *name, unsigned megabytes);
/* The same file, compressed by gzip. */
const char *guide_compress(const char *path);
/* A list of guide ids: every `step`th channel's. */
const char *guide_wanted(unsigned step);

struct guide_cost {
	double cpu_s, wall_s;
	double rss; /* the largest resident size of any process of it, bytes */
};
/* Runs a program to its end, which must be good; output goes to a file, written and dropped. */
void guide_run(const char *const *argv, struct guide_cost *ret);
/* Several in turn, `rounds` times; medians of each. */
void guide_run_in_turn(const char *const *const *argvs, unsigned count, unsigned rounds,
    struct guide_cost *ret);

#endif
