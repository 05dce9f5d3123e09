#include "epg/wanted.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "unit.h"

static int
load(struct wanted **ret, const char *text, size_t len, struct err *err)
{
	int fd = unit_memory_file(""), rc;

	ck_assert_int_eq(write(fd, text, len), (ssize_t)len);
	rc = wanted_load(ret, fd, err);
	close(fd);
	return rc;
}

static struct wanted *
wanted(const char *text)
{
	struct err err = ERR_INIT;
	struct wanted *w;

	ck_assert_msg(load(&w, text, strlen(text), &err) == 0, "%s", err.text);
	return w;
}

START_TEST(what_is_wanted_is_read)
{
	struct wanted *w = wanted("00aa.masthead\t5.1\t-3600\tbbc1.uk\tBBC One\thttp://l/1\n"
				  "b\t\t0\t\t\t\n"
				  "C-9\t7\t1209600\t\xc3\x84\tA\\tB\\nC\\\\D\t\n");
	struct wanted_channel c;

	ck_assert_uint_eq(wanted_count(w), 3);
	wanted_get(w, 0, &c);
	ck_assert_str_eq(c.id, "00aa.masthead");
	ck_assert_str_eq(c.number, "5.1");
	ck_assert_int_eq(c.shift_s, -3600);
	ck_assert_str_eq(c.guide_id, "bbc1.uk");
	ck_assert_str_eq(c.name, "BBC One");
	ck_assert_str_eq(c.logo, "http://l/1");
	wanted_get(w, 1, &c);
	ck_assert_str_eq(c.id, "b");
	ck_assert_str_eq(c.number, "");
	ck_assert_str_eq(c.guide_id, "");
	ck_assert_str_eq(c.logo, "");
	wanted_get(w, 2, &c);
	ck_assert_int_eq(c.shift_s, WANTED_SHIFT_MAX);
	ck_assert_str_eq(c.name, "A\tB\nC\\D");
	wanted_free(w);
}
END_TEST

START_TEST(a_guide_id_is_wanted_without_regard_to_case_and_blanks)
{
	static const char *const has[] = { "BBC1.uk", "bbc1.UK", " BBC1.uk\t\r\n",
		"\xc3\xa4"
		"rger",
		"\xc3\x84RGER", "\xd0\x9f\xd0\x95\xd0\xa0\xd0\x92",
		"\xd0\xbf\xd0\xb5\xd1\x80\xd0\xb2" };
	static const char *const has_not[] = { "", " ", "BBC1", "BBC1.uk.", "BBC 1.uk", "arger",
		"\xe4rger", "1" };
	struct wanted *w = wanted(
	    "1\t\t0\t bbc1.Uk \t\t\n2\t\t0\t\t\t\n"
	    "3\t\t0\t\xc3\x84rger\t\t\n4\t\t0\t\xd0\x9f\xd0\xb5\xd1\x80\xd0\xb2\t\t\n");

	for (size_t i = 0; i < ARRAY_LEN(has); i++)
		ck_assert_msg(wanted_has(w, has[i], strlen(has[i])), "%s", has[i]);
	for (size_t i = 0; i < ARRAY_LEN(has_not); i++)
		ck_assert_msg(!wanted_has(w, has_not[i], strlen(has_not[i])), "%s", has_not[i]);
	wanted_free(w);
}
END_TEST

START_TEST(an_empty_file_wants_nothing)
{
	struct wanted *w = wanted("");

	ck_assert_uint_eq(wanted_count(w), 0);
	ck_assert(!wanted_has(w, "a", 1));
	wanted_free(w);
	wanted_free(NULL);
}
END_TEST

/* Keys of long ids differ wherever the ids do, and only there. */
START_TEST(a_long_id_has_a_key_of_all_of_it)
{
	char a[3000], b[3000];

	for (size_t len = 1; len < sizeof(a); len += 61) {
		memset(a, 'a', len);
		memset(b, 'A', len);
		ck_assert_uint_eq(wanted_key(a, len), wanted_key(b, len));
		ck_assert_uint_ne(wanted_key(a, len), wanted_key(a, len - 1));
		for (size_t at = 0; at < len; at += 37) {
			b[at] = 'b';
			ck_assert_uint_ne(wanted_key(a, len), wanted_key(b, len));
			b[at] = 'a';
		}
	}
}
END_TEST

static const struct {
	const char *text, *error;
} wrong[] = {
	{ "a\t\t0\t\t\t", "line 1 of what is wanted: it is cut short" },
	{ "a\t\t0\t\t\t\nb", "line 2 of what is wanted: it is cut short" },
	{ "\n", "line 1 of what is wanted: fewer than 6 fields" },
	{ "a\t1\t0\tx\n", "line 1 of what is wanted: fewer than 6 fields" },
	{ "\t\t0\t\t\t\n", "line 1 of what is wanted: field 1 is not what it should be" },
	{ "a b\t\t0\t\t\t\n", "line 1 of what is wanted: field 1 is not what it should be" },
	{ "a\"\t\t0\t\t\t\n", "line 1 of what is wanted: field 1 is not what it should be" },
	{ "a_b\t\t0\t\t\t\n", "line 1 of what is wanted: field 1 is not what it should be" },
	{ "a\t\xff\t0\t\t\t\n", "line 1 of what is wanted: field 2 is not what it should be" },
	{ "a\t\t\t\t\t\n", "line 1 of what is wanted: field 3 is not what it should be" },
	{ "a\t\t-\t\t\t\n", "line 1 of what is wanted: field 3 is not what it should be" },
	{ "a\t\t1h\t\t\t\n", "line 1 of what is wanted: field 3 is not what it should be" },
	{ "a\t\t1209601\t\t\t\n", "line 1 of what is wanted: field 3 is not what it should be" },
	{ "a\t\t-99999999999999999999\t\t\t\n",
	    "line 1 of what is wanted: field 3 is not what it should be" },
	{ "a\t\t0\t\\x\t\t\n", "line 1 of what is wanted: field 4 is not what it should be" },
	{ "a\t\t0\t\tA\\\t\n", "line 1 of what is wanted: field 5 is not what it should be" },
	{ "a\t\t0\t\tA\t\xc3\n", "line 1 of what is wanted: field 6 is not what it should be" },
	{ "a\t\t0\t\tA\tB\tC\n", "line 1 of what is wanted: field 6 is not what it should be" },
};

START_TEST(a_wrong_line_is_named)
{
	struct err err = ERR_INIT;
	struct wanted *w;

	ck_assert_int_eq(load(&w, wrong[_i].text, strlen(wrong[_i].text), &err), -EBADMSG);
	ck_assert_str_eq(err.text, wrong[_i].error);
	ck_assert_ptr_null(w);
}
END_TEST

/* Any byte another: read or refused, and every text that was read has an end. */
START_TEST(a_hostile_file_is_read_or_refused)
{
	static const char good[] = "00aa\t5.1\t-3600\tb\tB\\tC\thttp\nb\t\t0\t\xc3\xa4\t\t\n";
	char text[sizeof(good)];

	for (size_t at = 0; at < sizeof(good) - 1; at++) {
		for (unsigned value = 0; value < 256; value++) {
			struct wanted_channel c;
			struct wanted *w;

			memcpy(text, good, sizeof(text));
			text[at] = (char)value;
			if (load(&w, text, sizeof(good) - 1, NULL) < 0)
				continue;
			for (uint32_t i = 0; i < wanted_count(w); i++) {
				wanted_get(w, i, &c);
				ck_assert(strlen(c.id) + strlen(c.number) + strlen(c.guide_id) +
					strlen(c.name) + strlen(c.logo) <
				    sizeof(good));
			}
			wanted_free(w);
		}
	}
}
END_TEST

START_TEST(many_channels_are_read)
{
	struct buf text = BUF_INIT(100u << 20);
	struct wanted_channel c;
	struct wanted *w;

	for (int i = 0; i < 100000; i++)
		buf_printf(&text, "%x.masthead\t%d\t%d\tid%d\tChannel\t\n", i, i, i % 100 - 50, i);
	w = wanted(text.data);
	ck_assert_uint_eq(wanted_count(w), 100000);
	wanted_get(w, 99999, &c);
	ck_assert_str_eq(c.guide_id, "id99999");
	ck_assert(wanted_has(w, "ID54321", 7));
	ck_assert(!wanted_has(w, "id100000", 8));
	wanted_free(w);
	buf_release(&text);
}
END_TEST

UNIT_MAIN("wanted", UNIT_TEST(what_is_wanted_is_read),
    UNIT_TEST(a_guide_id_is_wanted_without_regard_to_case_and_blanks),
    UNIT_TEST(an_empty_file_wants_nothing), UNIT_TEST(a_long_id_has_a_key_of_all_of_it),
    UNIT_ROWS(a_wrong_line_is_named, ARRAY_LEN(wrong)),
    UNIT_TEST(a_hostile_file_is_read_or_refused), UNIT_TEST(many_channels_are_read))
