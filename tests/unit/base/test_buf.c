#include "base/buf.h"

#include <errno.h>
#include <string.h>

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

START_TEST(xml_escapes_and_drops_what_xml_forbids)
{
	struct buf b = BUF_INIT(200);

	buf_xml(&b, "a<b>&\"c\" 'd'\x01\x0b\te");
	ck_assert_str_eq(b.data, "a&lt;b&gt;&amp;&quot;c&quot; &apos;d&apos;\te");
	buf_release(&b);
}
END_TEST

UNIT_MAIN("buf", UNIT_TEST(keeps_a_nul_behind_the_bytes),
    UNIT_TEST(never_passes_its_limit_and_keeps_the_error), UNIT_TEST(take_hands_the_memory_over),
    UNIT_TEST(xml_escapes_and_drops_what_xml_forbids))
