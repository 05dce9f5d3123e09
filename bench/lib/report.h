/*
 * A benchmark's program: its options, its arithmetic, and the lines it adds to the
 * table. A line is tab-separated: claim, what, ours, reference, ratio, goal, verdict.
 *
 * Verdicts: "ok"; "miss" for a time that is over its goal (the machine may be
 * busy: never an error); "FAIL" for a count that is (exit status 1); "-" where
 * there is no goal or the reference is not installed.
 */
#ifndef BENCH_LIB_REPORT_H
#define BENCH_LIB_REPORT_H

#include <stddef.h>
#include <stdint.h>

enum report_goal {
	GOAL_NONE,
	GOAL_AT_MOST,    /* ours <= goal */
	GOAL_AT_LEAST,   /* ours >= goal */
	GOAL_TIMES_MOST, /* ours <= goal * reference */
	GOAL_TIMES_LESS  /* ours * goal <= reference */
};

struct report_row {
	const char *claim, *what, *unit;
	double ours;
	const char *reference_name; /* NULL: there is none */
	double reference;           /* NAN: not installed */
	enum report_goal kind;
	double goal;
	_Bool count; /* a count, which gates; else a time, which does not */
};

/* Takes --quick; anything else is a usage error. Call it first. */
void report_init(int argc, char **argv);
_Bool report_quick(void);
/* `full`, or `quick` under --quick. */
unsigned report_pick(unsigned quick, unsigned full);

void report_row(const struct report_row *row);
/* A line without a result, and why. */
void report_skip(const char *claim, const char *what, const char *why);
/* What main returns: 1 if a count failed. */
int report_status(void);

/* Sorts the values. NAN of none. */
double report_median(double *values, size_t count);
/* The value that this share of the values does not exceed. Sorts them. */
double report_quantile(double *values, size_t count, double share);

#endif
