/*
 * Time as a parameter, so that a test can make ten minutes pass in no time.
 *
 * Intervals and deadlines use the monotonic clock; the wall clock is only for
 * what a person or a file sees (a log line, a guide, an HTTP date).
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

struct clock {
	uint64_t (*mono_us)(void *arg); /* microseconds since some fixed moment; never back */
	time_t (*wall)(void *arg);      /* seconds since 1970 UTC; may jump */
	void *arg;
};

/* The machine's clocks. */
extern const struct clock clock_system;

uint64_t clock_us(const struct clock *c);
uint64_t clock_ms(const struct clock *c);
time_t clock_wall(const struct clock *c);

/*
 * How long to wait after so many failures in a row (at least 1): `first_ms`, twice as long
 * each time, and `max_ms` at most.
 */
uint64_t clock_backoff(uint64_t first_ms, uint64_t max_ms, unsigned failures);

#endif
