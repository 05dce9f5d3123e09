/*
 * Guides to measure with, and what a command costs that reads one.
 */
#ifndef BENCH_LIB_GUIDE_H
#define BENCH_LIB_GUIDE_H

#include <stddef.h>

struct subject;
struct subject_options;

#define GUIDE_CHANNELS 2000u

/*
 * A generated guide of so many megabytes from two hours ago on (guide_gen), in this run's folder;
 * the path lives on. Another seed gives other programmes for the same channels.
 */
const char *guide_make(const char *name, unsigned megabytes, unsigned seed);
/* The same file, compressed by gzip. */
const char *guide_compress(const char *path);
/* A list of guide ids: every `step`th channel's. */
const char *guide_wanted(unsigned step);

/* A playlist of that many channels that want those of the guides. */
const char *guide_playlist(unsigned channels);
/* Starts a gateway and waits until it has made its guide. */
void guide_start(struct subject *s, const struct subject_options *options);
/* Waits until no worker has run for a while: all that changed has been taken up. */
void guide_settle(const struct subject *s);
/* Waits until a metric has at least that value. */
void guide_wait(const struct subject *s, const char *metric, double at_least);

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
