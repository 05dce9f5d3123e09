#include "gateway/steady.h"

#include <stdlib.h>

static uint64_t
mono_us(void *arg)
{
	const struct steady *s = arg;

	return clock_us(s->of);
}

static _Bool
is_near(time_t a, time_t b)
{
	return llabs((long long)(a - b)) <= STEADY_LEAP_S;
}

static time_t
wall(void *arg)
{
	struct steady *s = arg;
	uint64_t now_ms = clock_ms(s->of);
	time_t mono = (time_t)(now_ms / 1000), ahead = clock_wall(s->of) - mono;
	_Bool lasts;

	lasts = s->since_ms != 0 && is_near(ahead, s->doubted) &&
	    now_ms - s->since_ms >= STEADY_DOUBT_MS;
	if (lasts || is_near(ahead, s->ahead) || s->ahead + mono < STEADY_FIRST) {
		s->since_ms = 0;
		s->ahead = ahead;
	} else if (s->since_ms == 0 || !is_near(ahead, s->doubted)) {
		s->since_ms = now_ms != 0 ? now_ms : 1;
		s->doubted = ahead;
	}
	return s->ahead + mono;
}

void
steady_init(struct steady *s, const struct clock *of)
{
	*s = (struct steady){ .clock = { mono_us, wall, s }, .of = of };
	s->ahead = clock_wall(of) - (time_t)(clock_ms(of) / 1000);
}
