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
/* `count` different ones, "g0.xml" and on. */
void guide_make_many(const char **ret, unsigned count, unsigned megabytes);
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
/* Puts a file in a source's place, and waits until it is in the guide. */
void guide_replace(const struct subject *s, const char *path, const char *content);

struct guide_cost {
	double cpu_s, wall_s;
	double rss; /* the largest resident size of any process of it, bytes */
};
/* Runs a program to its end, which must be good; output goes to a file, written and dropped. */
void guide_run(const char *const *argv, struct guide_cost *ret);

/* Ours against a program that does the same, or a part of it. */
struct guide_match {
	const char *claim, *what;
	const char *const *ours;
	const char *rival_name;
	const char *const *rival;
	unsigned rounds;            /* of both in turn, 7 at most */
	double cpu_goal, time_goal; /* most, as a multiple of the rival's; 0: none */
};
/* Adds a line of CPU time and one of time, both medians. Returns our CPU time in seconds. */
double guide_compare(const struct guide_match *m);

#endif
