#include "transcode/pace.h"

#include "unit.h"

#define MS UINT64_C(1000000)

START_TEST(the_first_step_is_due_at_once_and_the_others_after_it)
{
	struct pace pace = { 0 };

	ck_assert_uint_eq(pace_due(&pace, 0, 5000 * MS), 5000 * MS);
	ck_assert_uint_eq(pace_due(&pace, 40 * MS, 5001 * MS), 5040 * MS);
	ck_assert_uint_eq(pace_due(&pace, 80 * MS, 5079 * MS), 5080 * MS);
}
END_TEST

START_TEST(a_short_delay_is_made_up_for)
{
	struct pace pace = { 0 };

	pace_due(&pace, 0, 0);
	ck_assert_uint_eq(pace_due(&pace, 40 * MS, (40 + PACE_LATE_MS) * MS), 40 * MS);
	ck_assert_uint_eq(pace_due(&pace, 80 * MS, (40 + PACE_LATE_MS) * MS), 80 * MS);
}
END_TEST

START_TEST(after_a_long_delay_time_goes_on_from_there)
{
	struct pace pace = { 0 };

	pace_due(&pace, 0, 0);
	ck_assert_uint_eq(pace_due(&pace, 40 * MS, 9000 * MS), 9000 * MS);
	ck_assert_uint_eq(pace_due(&pace, 80 * MS, 9001 * MS), 9040 * MS);
}
END_TEST

UNIT_MAIN("pace", UNIT_TEST(the_first_step_is_due_at_once_and_the_others_after_it),
    UNIT_TEST(a_short_delay_is_made_up_for), UNIT_TEST(after_a_long_delay_time_goes_on_from_there))
