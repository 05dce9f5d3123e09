#include "transcode/tone.h"

#include "unit.h"

static struct tone tone;
static int16_t second[TONE_RATE], part[TONE_RATE];

/* How often the wave goes up through zero in the sounding part of a second. */
static unsigned
count_periods(unsigned number)
{
	unsigned count = 0;

	tone_init(&tone, number);
	tone_read(&tone, 0, second, TONE_RATE);
	for (size_t i = 1; i < TONE_RATE; i++)
		count += second[i - 1] <= 0 && second[i] > 0;
	return count;
}

START_TEST(pitch_tells_the_channel)
{
	ck_assert_uint_eq(count_periods(1), 440 * 9 / 10);
	ck_assert_uint_eq(count_periods(13), 220 * 9 / 10);
	ck_assert_uint_ne(count_periods(1), count_periods(2));
	ck_assert_uint_eq(count_periods(1), count_periods(25));
}
END_TEST

START_TEST(is_silent_for_the_last_tenth_of_each_second)
{
	tone_init(&tone, 1);
	tone_read(&tone, TONE_RATE * 100000ull, second, TONE_RATE);
	for (unsigned i = 0; i < TONE_RATE; i++) {
		ck_assert_int_eq(tone_is_silent(i), i >= TONE_RATE * 9 / 10);
		if (i >= TONE_RATE * 9 / 10)
			ck_assert_int_eq(second[i], 0);
	}
}
END_TEST

START_TEST(has_no_click_at_an_edge)
{
	tone_init(&tone, 24);
	tone_read(&tone, 0, second, TONE_RATE);
	for (unsigned i = 0; i < TONE_RATE; i++) {
		int before = second[(i + TONE_RATE - 1) % TONE_RATE];

		/* The steepest a sine of this pitch and level is. */
		ck_assert_int_le(abs(second[i] - before), 8000 * 6.2832 * 831 / TONE_RATE + 2);
	}
}
END_TEST

START_TEST(is_the_same_however_it_is_cut)
{
	tone_init(&tone, 5);
	tone_read(&tone, 0, second, TONE_RATE);
	for (size_t at = 0; at < TONE_RATE; at += 1152) {
		size_t count = TONE_RATE - at < 1152 ? TONE_RATE - at : 1152;

		tone_read(&tone, at, part + at, count);
	}
	ck_assert_mem_eq(part, second, sizeof(second));
}
END_TEST

UNIT_MAIN("tone", UNIT_TEST(pitch_tells_the_channel),
    UNIT_TEST(is_silent_for_the_last_tenth_of_each_second), UNIT_TEST(has_no_click_at_an_edge),
    UNIT_TEST(is_the_same_however_it_is_cut))
