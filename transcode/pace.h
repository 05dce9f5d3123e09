/*
 * Real time for something that counts its own: when each step is due, from the
 * moment of the first. Steps that come late are made up for without a wait, but
 * not more than PACE_LATE_MS of them: after a longer hold-up (nobody read, the
 * machine slept) time goes on from there instead of in a burst.
 */
#ifndef TRANSCODE_PACE_H
#define TRANSCODE_PACE_H

#include <stdint.h>

#define PACE_LATE_MS 1000

struct pace {
	_Bool started;
	uint64_t zero_ns; /* the clock's time at step time 0 */
};

/* The moment at which what belongs to `at_ns` is due, when it is `now_ns` now. */
uint64_t pace_due(struct pace *pace, uint64_t at_ns, uint64_t now_ns);
/* Sleeps (CLOCK_MONOTONIC) until then. */
void pace_wait(struct pace *pace, uint64_t at_ns);

#endif
