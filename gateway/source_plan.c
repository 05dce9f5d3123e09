/*
 * When a source is refreshed next. Its timer goes by the monotonic clock.
 */
#include <event2/event.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/loop.h"
#include "gateway/source_parts.h"

#define RETRY_FIRST_MS  15000
#define RETRY_MAX_MS    (15 * 60 * 1000)
/* A refresh by the clock is up to so much later, so that not all call in the same second. */
#define CLOCK_SPREAD_MS (10 * 60 * 1000)

void
source_plan(struct source *s, uint64_t in_ms)
{
	s->due_ms = clock_ms(s->deps.clock) + in_ms;
	(void)loop_after(s->timer, in_ms);
}

/* Below `max`. Too early after boot there are no dice: 0. */
static uint64_t
roll(uint64_t max)
{
	uint64_t dice;

	if (getrandom(&dice, sizeof(dice), GRND_NONBLOCK) != (ssize_t)sizeof(dice))
		return 0;
	return dice % max;
}

/* Up to a tenth earlier, so that many gateways do not call a provider in step. */
static uint64_t
with_jitter(uint64_t ms)
{
	return ms - roll(ms / 10 + 1);
}

/*
 * Until that minute of the day comes next. The timer goes by the monotonic clock: a wall
 * clock that jumps meanwhile means that it goes off at another time for once.
 */
static uint64_t
until_minute(const struct source *s)
{
	time_t now = clock_wall(s->deps.clock), then;
	struct tm tm;

	if (localtime_r(&now, &tm) == NULL)
		return 0;
	tm.tm_hour = s->refresh_minute / 60;
	tm.tm_min = s->refresh_minute % 60;
	tm.tm_sec = 0;
	tm.tm_isdst = -1;
	then = mktime(&tm);
	if (then <= now) {
		tm.tm_mday++;
		tm.tm_isdst = -1;
		then = mktime(&tm);
	}
	return then > now ? (uint64_t)(then - now) * 1000 : 0;
}

/* By the config; 0: none is to be. */
static uint64_t
until_refresh(const struct source *s)
{
	if (s->refresh_minute >= 0)
		return until_minute(s) + roll(CLOCK_SPREAD_MS) + 1;
	return with_jitter(s->refresh_ms);
}

void
source_plan_next(struct source *s)
{
	uint64_t retry, refresh = until_refresh(s);

	s->due_ms = 0;
	event_del(s->timer);
	if (s->failures == 0) {
		if (refresh > 0)
			source_plan(s, refresh);
		return;
	}
	retry = clock_backoff(RETRY_FIRST_MS, RETRY_MAX_MS, s->failures);
	if (s->refresh_ms > 0 && retry > s->refresh_ms)
		retry = s->refresh_ms;
	source_plan(s, with_jitter(retry));
}
