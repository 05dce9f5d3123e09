/*
 * A wall clock that does not fall for a jump of the machine's: when that leaps by more than
 * STEADY_LEAP_S, it goes on as if nothing had happened, until the leap has lasted for
 * STEADY_DOUBT_MS. A guide is a window around now, and a clock that is a year wrong for a
 * minute must not empty it.
 *
 * A clock that was plainly never set (before STEADY_FIRST) is corrected at once.
 */
#ifndef GATEWAY_STEADY_H
#define GATEWAY_STEADY_H

#include "base/clock.h"

#define STEADY_LEAP_S   (12 * 3600)
#define STEADY_DOUBT_MS (60 * 60 * 1000)
#define STEADY_FIRST    1704067200 /* 2024 */

struct steady {
	struct clock clock; /* this is the steady one; its monotonic part is that of `of` */
	const struct clock *of;
	time_t ahead;      /* what is believed: the wall clock less the monotonic one */
	time_t doubted;    /* what it has leapt to */
	uint64_t since_ms; /* and when; 0: it has not */
};

void steady_init(struct steady *s, const struct clock *of);

#endif
