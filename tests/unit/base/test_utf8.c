#include "base/utf8.h"

#include <string.h>

#include "unit.h"

static const struct {
	const char *bytes;
	size_t len;
} rows[] = {
	{ "a", 1 },
	{ "\x7f", 1 },
	{ "\xc2\x80", 2 },
	{ "\xdf\xbf", 2 },
	{ "\xe0\xa0\x80", 3 },
	{ "\xed\x9f\xbf", 3 },
	{ "\xee\x80\x80", 3 },
	{ "\xf0\x90\x80\x80", 4 },
	{ "\xf4\x8f\xbf\xbf", 4 },
	{ "\x80", 0 },
	{ "\xc0\x80", 0 },
	{ "\xc1\xbf", 0 },
	{ "\xc2", 0 },
	{ "\xc2\x41", 0 },
	{ "\xe0\x9f\xbf", 0 },
	{ "\xed\xa0\x80", 0 },
	{ "\xe2\x82", 0 },
	{ "\xe2\x82\x41", 0 },
	{ "\xf0\x8f\xbf\xbf", 0 },
	{ "\xf4\x90\x80\x80", 0 },
	{ "\xf5\x80\x80\x80", 0 },
	{ "\xf0\x90\x80", 0 },
	{ "\xff", 0 },
};

START_TEST(knows_a_character)
{
	const char *p = rows[_i].bytes;

	ck_assert_uint_eq(utf8_char(p, p + strlen(p)), rows[_i].len);
}
END_TEST

UNIT_MAIN("utf8", UNIT_ROWS(knows_a_character, ARRAY_LEN(rows)))
