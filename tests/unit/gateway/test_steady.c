#include "gateway/steady.h"

#include "unit.h"

#define YEAR   (365 * 86400)
#define MINUTE UINT64_C(60000)
#define HOUR   (60 * MINUTE)

static uint64_t now_ms;
static time_t ahead; /* of the machine's wall clock before its monotonic one */

static uint64_t
mono_us(void *arg)
{
	(void)arg;
	return now_ms * 1000;
}

static time_t
wall(void *arg)
{
	(void)arg;
	return ahead + (time_t)(now_ms / 1000);
}

static const struct clock machine = { mono_us, wall, NULL };

/* After so much time the machine's clock has leapt by so many seconds; we believe that. */
struct step {
	uint64_t after_ms;
	time_t leap, believed; /* less the monotonic time and START */
};

#define START 1700000000

static const struct {
	const char *name;
	struct step steps[6];
} walks[] = {
	{ "it follows small steps", { { MINUTE, 1, 1 }, { MINUTE, -3600, -3599 } } },
	{ "a leap ahead and back",
	    { { MINUTE, YEAR, 0 }, { 59 * MINUTE, 0, 0 }, { 0, -YEAR, 0 }, { HOUR, 0, 0 } } },
	{ "a leap back and ahead", { { MINUTE, -YEAR, 0 }, { MINUTE, YEAR, 0 } } },
	{ "a leap that lasts",
	    { { MINUTE, YEAR, 0 }, { 59 * MINUTE, 0, 0 }, { MINUTE, 0, YEAR } } },
	{ "and its way back",
	    { { 0, YEAR, 0 }, { HOUR, 0, YEAR }, { MINUTE, -YEAR, YEAR }, { HOUR, 0, 0 } } },
	{ "another leap is another doubt",
	    { { 0, YEAR, 0 }, { 40 * MINUTE, YEAR, 0 }, { 40 * MINUTE, 0, 0 },
		{ 20 * MINUTE, 0, 2 * YEAR } } },
	{ "half a day is no leap", { { 0, STEADY_LEAP_S, STEADY_LEAP_S } } },
};

START_TEST(it_does_not_fall_for_leaps)
{
	struct steady s;

	now_ms = 5000;
	ahead = START + 300 * 86400;
	steady_init(&s, &machine);
	ck_assert_int_eq(clock_wall(&s.clock), ahead + 5);
	for (size_t i = 0; i < ARRAY_LEN(walks[_i].steps); i++) {
		const struct step *step = &walks[_i].steps[i];

		if (step->after_ms == 0 && step->leap == 0)
			break;
		now_ms += step->after_ms;
		ahead += step->leap;
		ck_assert_msg(clock_wall(&s.clock) ==
			START + 300 * 86400 + step->believed + (time_t)(now_ms / 1000),
		    "%s: step %zu", walks[_i].name, i);
	}
	ck_assert_uint_eq(clock_ms(&s.clock), now_ms);
}
END_TEST

START_TEST(a_clock_that_was_never_set_is_corrected_at_once)
{
	struct steady s;

	now_ms = 10000;
	ahead = 0;
	steady_init(&s, &machine);
	ck_assert_int_eq(clock_wall(&s.clock), 10);
	ahead = START + YEAR;
	ck_assert_int_eq(clock_wall(&s.clock), ahead + 10);
}
END_TEST

UNIT_MAIN("steady", UNIT_ROWS(it_does_not_fall_for_leaps, ARRAY_LEN(walks)),
    UNIT_TEST(a_clock_that_was_never_set_is_corrected_at_once))
