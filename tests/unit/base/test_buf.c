#include "base/buf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "unit.h"

START_TEST(keeps_a_nul_behind_the_bytes)
{
	struct buf b = BUF_INIT(100);

	ck_assert_str_eq(b.data, "");
	buf_str(&b, "one");
	buf_printf(&b, " %d", 2);
	buf_char(&b, '!');
	ck_assert_str_eq(b.data, "one 2!");
	ck_assert_uint_eq(b.len, 6);
	buf_drop(&b, 4);
	ck_assert_str_eq(b.data, "2!");
	buf_truncate(&b, 1);
	ck_assert_str_eq(b.data, "2");
	buf_release(&b);
	ck_assert_str_eq(b.data, "");
}
END_TEST

START_TEST(never_passes_its_limit_and_keeps_the_error)
{
	struct buf b = BUF_INIT(8);
	size_t len;

	buf_str(&b, "12345678");
	ck_assert_int_eq(buf_status(&b), 0);
	buf_char(&b, '9');
	ck_assert_int_eq(buf_status(&b), -EMSGSIZE);
	buf_printf(&b, "%s", "");
	ck_assert_str_eq(b.data, "12345678");
	ck_assert_ptr_null(buf_take(&b, &len));
	ck_assert_int_eq(buf_status(&b), 0);
	buf_printf(&b, "%s", "too long for eight");
	ck_assert_int_eq(buf_status(&b), -EMSGSIZE);
	buf_release(&b);
}
END_TEST

START_TEST(take_hands_the_memory_over)
{
	struct buf b = BUF_INIT(100);
	size_t len = 99;
	char *text = buf_take(&b, &len);

	ck_assert_str_eq(text, "");
	ck_assert_uint_eq(len, 0);
	free(text);
	buf_printf(&b, "%0*d", 90, 7);
	text = buf_take(&b, &len);
	ck_assert_uint_eq(len, 90);
	ck_assert_uint_eq(strlen(text), 90);
	ck_assert_uint_eq(b.len, 0);
	free(text);
}
END_TEST

static const struct {
	const char *label, *text, *xml, *visible;
} encodings[] = {
	{ "well-formed", "\xc3\xa9\xf0\x9f\x93\xba", "\xc3\xa9\xf0\x9f\x93\xba",
	    "\xc3\xa9\xf0\x9f\x93\xba" },
	{ "a C1 control as one byte",
	    "a\x9b"
	    "b",
	    "ab", "a\\x9bb" },
	{ "a C1 control",
	    "a\xc2\x9b"
	    "b",
	    "a\xc2\x9b"
	    "b",
	    "a\\xc2\\x9bb" },
	{ "a surrogate", "a\xed\xa0\x80", "a", "a\\xed\\xa0\\x80" },
	{ "U+FFFE and U+FFFF", "a\xef\xbf\xbe\xef\xbf\xbf", "a", "a\xef\xbf\xbe\xef\xbf\xbf" },
	{ "U+FFFD", "a\xef\xbf\xbd", "a\xef\xbf\xbd", "a\xef\xbf\xbd" },
	{ "cut off", "a\xc3", "a", "a\\xc3" },
	{ "a line separator", "a\xe2\x80\xa8", "a\xe2\x80\xa8", "a\\xe2\\x80\\xa8" },
	{ "delete and a newline", "a\x7f\n", "a\x7f\n", "a\\x7f\\x0a" },
};

START_TEST(what_is_not_text_is_left_out_or_shown)
{
	struct buf b = BUF_INIT(200);

	buf_xml(&b, encodings[_i].text);
	ck_assert_msg(strcmp(b.data, encodings[_i].xml) == 0, "%s: '%s'", encodings[_i].label,
	    b.data);
	buf_clear(&b);
	buf_visible(&b, encodings[_i].text);
	ck_assert_msg(strcmp(b.data, encodings[_i].visible) == 0, "%s: '%s'", encodings[_i].label,
	    b.data);
	buf_release(&b);
}
END_TEST

/* As a text of 2 GiB, which is more than printf(3) can count; this one is quicker. */
START_TEST(what_printf_refuses_is_an_error)
{
	static const wchar_t no_character[] = { 0x7fffffff, 0 };
	struct buf b = BUF_INIT(100);

	buf_str(&b, "kept");
	buf_printf(&b, "%ls", no_character);
	ck_assert_int_eq(buf_status(&b), -EMSGSIZE);
	ck_assert_str_eq(b.data, "kept");
	buf_release(&b);
}
END_TEST

START_TEST(xml_escapes_and_drops_what_xml_forbids)
{
	struct buf b = BUF_INIT(200);

	buf_xml(&b, "a<b>&\"c\" 'd'\x01\x0b\te");
	ck_assert_str_eq(b.data, "a&lt;b&gt;&amp;&quot;c&quot; &apos;d&apos;\te");
	buf_release(&b);
}
END_TEST

static const struct {
	double value;
	const char *text;
} reals[] = {
	{ 0, "0" },
	{ 0.1, "0.1" },
	{ 44 / 1e3, "0.044" },
	{ 0.1 + 0.2, "0.30000000000000004" },
	{ -1.5, "-1.5" },
	{ 1e300, "1e+300" },
	{ 1.0 / 3, "0.33333333333333331" },
};

START_TEST(a_number_is_short_where_that_is_the_same_number)
{
	struct buf b = BUF_INIT(200);

	buf_real(&b, reals[_i].value);
	ck_assert_str_eq(b.data, reals[_i].text);
	ck_assert(strtod(b.data, NULL) == reals[_i].value);
	buf_release(&b);
}
END_TEST

UNIT_MAIN("buf", UNIT_TEST(keeps_a_nul_behind_the_bytes),
    UNIT_TEST(never_passes_its_limit_and_keeps_the_error), UNIT_TEST(take_hands_the_memory_over),
    UNIT_TEST(what_printf_refuses_is_an_error), UNIT_TEST(xml_escapes_and_drops_what_xml_forbids),
    UNIT_ROWS(what_is_not_text_is_left_out_or_shown, ARRAY_LEN(encodings)),
    UNIT_ROWS(a_number_is_short_where_that_is_the_same_number, ARRAY_LEN(reals)))
