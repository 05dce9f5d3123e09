/*
 * How fast something flows: bytes over steps of a quarter of a second, smoothed
 * over about a second. A zeroed struct is ready.
 */
#ifndef GATEWAY_RELAY_RATE_H
#define GATEWAY_RELAY_RATE_H

#include <stdint.h>

#define RATE_STEP_MS 250

struct rate {
	uint64_t since_ms; /* the step at hand began; 0: nothing came yet */
	uint64_t bytes;    /* of that step */
	uint64_t smooth;   /* bytes a second; 0: not known yet */
};

/* True when the rate was taken anew. */
static inline _Bool
rate_add(struct rate *r, uint64_t bytes, uint64_t now_ms)
{
	uint64_t passed = now_ms - r->since_ms, now;

	r->bytes += bytes;
	if (r->since_ms == 0) {
		r->since_ms = now_ms;
		r->bytes = 0;
		return 0;
	}
	if (passed < RATE_STEP_MS)
		return 0;
	now = r->bytes * 1000 / passed;
	/* After a pause the old value says nothing. */
	if (r->smooth == 0 || passed > 8 * RATE_STEP_MS)
		r->smooth = now;
	else
		r->smooth = (r->smooth * 3 + now) / 4;
	r->since_ms = now_ms;
	r->bytes = 0;
	return 1;
}

/* Bytes a second; 0 when nothing has come for long. */
static inline uint64_t
rate_read(const struct rate *r, uint64_t now_ms)
{
	return now_ms - r->since_ms > 8 * RATE_STEP_MS ? 0 : r->smooth;
}

#endif
