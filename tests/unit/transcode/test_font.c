#include "transcode/font.h"

#include <string.h>

#include "unit.h"

static const struct {
	const char *text;
	uint32_t codes[8]; /* up to the first 0 */
} rows[] = {
	{ "", { 0 } },
	{ "aZ~", { 'a', 'Z', '~' } },
	{ "\303\251\342\202\254\360\237\230\200", { 0xe9, 0x20ac, 0x1f600 } },
	{ "\351t", { FONT_BAD_UTF8, 't' } },
	{ "\303", { FONT_BAD_UTF8 } },
	{ "\342\202", { FONT_BAD_UTF8, FONT_BAD_UTF8 } },
	{ "\300\200", { FONT_BAD_UTF8, FONT_BAD_UTF8 } },
};

START_TEST(steps_through_utf8)
{
	const char *text = rows[_i].text;
	unsigned count = 0;

	for (; rows[_i].codes[count] != 0; count++)
		ck_assert_uint_eq(font_next(&text), rows[_i].codes[count]);
	ck_assert_uint_eq(font_next(&text), 0);
	ck_assert_ptr_eq(text, rows[_i].text + strlen(rows[_i].text));
	ck_assert_uint_eq(font_count(rows[_i].text), count);
}
END_TEST

START_TEST(draws_each_ascii_character_differently)
{
	for (uint32_t a = ' '; a <= '~'; a++) {
		for (uint32_t b = a + 1; b <= '~'; b++)
			ck_assert_msg(memcmp(font_glyph(a), font_glyph(b), FONT_HEIGHT) != 0,
			    "%c and %c", (int)a, (int)b);
	}
}
END_TEST

START_TEST(falls_back_to_letters_without_accents_and_to_a_box)
{
	ck_assert_ptr_eq(font_glyph(0xe9), font_glyph('e'));
	ck_assert_ptr_eq(font_glyph(0xc5), font_glyph('A'));
	ck_assert_ptr_eq(font_glyph(0xff), font_glyph('y'));
	ck_assert_ptr_eq(font_glyph(0xa0), font_glyph(' '));
	ck_assert_ptr_eq(font_glyph(0x20ac), font_glyph(FONT_BAD_UTF8));
	ck_assert_ptr_eq(font_glyph(0x7f), font_glyph(0x1f600));
}
END_TEST

UNIT_MAIN("font", UNIT_ROWS(steps_through_utf8, ARRAY_LEN(rows)),
    UNIT_TEST(draws_each_ascii_character_differently),
    UNIT_TEST(falls_back_to_letters_without_accents_and_to_a_box))
