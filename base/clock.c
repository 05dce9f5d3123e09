#include "base/clock.h"

static uint64_t
system_mono_us(void *arg)
{
	struct timespec ts;

	(void)arg;
	/* Goes on while the machine sleeps: what was due then is due when it wakes. */
	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static time_t
system_wall(void *arg)
{
	(void)arg;
	return time(NULL);
}

const struct clock clock_system = { system_mono_us, system_wall, NULL };

uint64_t
clock_us(const struct clock *c)
{
	return c->mono_us(c->arg);
}

uint64_t
clock_ms(const struct clock *c)
{
	return c->mono_us(c->arg) / 1000;
}

time_t
clock_wall(const struct clock *c)
{
	return c->wall(c->arg);
}

uint64_t
clock_backoff(uint64_t first_ms, uint64_t max_ms, unsigned failures)
{
	uint64_t ms = first_ms;

	for (unsigned i = 1; i < failures && ms < max_ms; i++)
		ms *= 2;
	return ms < max_ms ? ms : max_ms;
}
