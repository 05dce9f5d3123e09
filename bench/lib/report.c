#include "bench/lib/report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/lib/child.h"

static _Bool is_quick, failed;

void
report_init(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--quick") != 0)
			bench_die("usage: %s [--quick]", argv[0]);
		is_quick = 1;
	}
}

_Bool
report_quick(void)
{
	return is_quick;
}

unsigned
report_pick(unsigned quick, unsigned full)
{
	return is_quick ? quick : full;
}

/* Three significant digits, and whole numbers as such. */
static const char *
report_number(char out[32], double value)
{
	double size = fabs(value);
	int decimals = value == floor(value) || size >= 100 ? 0
	    : size >= 10                                    ? 1
	    : size >= 1                                     ? 2
							    : 3;

	(void)snprintf(out, 32, "%.*f", decimals, value);
	return out;
}

static void
report_goal_text(char out[64], const struct report_row *row)
{
	char number[32];

	report_number(number, row->goal);
	switch (row->kind) {
	case GOAL_NONE: (void)snprintf(out, 64, "-"); break;
	case GOAL_AT_MOST: (void)snprintf(out, 64, "<= %s", number); break;
	case GOAL_AT_LEAST: (void)snprintf(out, 64, ">= %s", number); break;
	case GOAL_TIMES_MOST: (void)snprintf(out, 64, "<= %s x", number); break;
	case GOAL_TIMES_LESS: (void)snprintf(out, 64, "%s x less", number); break;
	}
}

static const char *
report_verdict(const struct report_row *row)
{
	_Bool ok = 0, relative = row->kind == GOAL_TIMES_MOST || row->kind == GOAL_TIMES_LESS;

	if (row->kind == GOAL_NONE || (relative && isnan(row->reference)))
		return "-";
	switch (row->kind) {
	case GOAL_NONE: break;
	case GOAL_AT_MOST: ok = row->ours <= row->goal; break;
	case GOAL_AT_LEAST: ok = row->ours >= row->goal; break;
	case GOAL_TIMES_MOST: ok = row->ours <= row->goal * row->reference; break;
	case GOAL_TIMES_LESS: ok = row->ours * row->goal <= row->reference; break;
	}
	if (ok)
		return "ok";
	failed = failed || row->count;
	return row->count ? "FAIL" : "miss";
}

void
report_row(const struct report_row *row)
{
	char ours[32], reference[96] = "-", ratio[32] = "-", number[32], goal[64];

	report_number(ours, row->ours);
	if (row->reference_name != NULL && isnan(row->reference)) {
		(void)snprintf(reference, sizeof(reference), "%s: not installed",
		    row->reference_name);
	} else if (row->reference_name != NULL) {
		(void)snprintf(reference, sizeof(reference), "%s: %s", row->reference_name,
		    report_number(number, row->reference));
		if (row->reference > 0)
			report_number(ratio, row->ours / row->reference);
	}
	report_goal_text(goal, row);
	printf("%s\t%s\t%s%s%s\t%s\t%s\t%s\t%s\n", row->claim, row->what, ours,
	    *row->unit == '\0' ? "" : " ", row->unit, reference, ratio, goal, report_verdict(row));
	fflush(stdout);
}

void
report_skip(const char *claim, const char *what, const char *why)
{
	printf("%s\t%s\t-\t%s\t-\t-\t-\n", claim, what, why);
	fflush(stdout);
}

int
report_status(void)
{
	return failed;
}

static int
report_order(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

double
report_quantile(double *values, size_t count, double share)
{
	size_t at;

	if (count == 0)
		return NAN;
	qsort(values, count, sizeof(*values), report_order);
	at = (size_t)ceil(share * (double)count);
	return values[at == 0 ? 0 : at - 1];
}

double
report_median(double *values, size_t count)
{
	return report_quantile(values, count, 0.5);
}
