#include <stdio.h>

#include "playlist/lineup.h"
#include "tests/unit/playlist/lists.h"

/* What a lineup of this playlist wants, as text. */
static struct lineup_wanted
wanted_of(const char *list, char *text, size_t size)
{
	struct lineup *l = list_lineup(list, NULL, 1000000, NULL);
	struct lineup_wanted wanted;
	struct err err = ERR_INIT;
	int fd = unit_memory_file("");
	ssize_t n;

	ck_assert_msg(lineup_write_wanted(fd, l, &wanted, &err) == 0, "%s", err.text);
	n = pread(fd, text, size - 1, 0);
	ck_assert_int_ge(n, 0);
	text[n] = '\0';
	close(fd);
	lineup_unref(l);
	ck_assert_uint_ne(wanted.ids, 0);
	ck_assert_uint_ne(wanted.text, 0);
	return wanted;
}

static const struct {
	const char *attrs, *name, *line; /* the line without the id */
} rows[] = {
	{ "tvg-id=\"bbc1.uk\"", "BBC One", "\t1\t0\tbbc1.uk\tBBC One\t\n" },
	{ "", "No guide", "\t1\t0\t\tNo guide\t\n" },
	{ "tvg-chno=\"5.1\" tvg-logo=\"http://l/1.png\"", "A", "\t5.1\t0\t\tA\thttp://l/1.png\n" },
	{ "tvg-shift=\"+1\"", "A", "\t1\t3600\t\tA\t\n" },
	{ "tvg-shift=\"-2.5\"", "A", "\t1\t-9000\t\tA\t\n" },
	{ "TVG-SHIFT=\"0.5\"", "A", "\t1\t1800\t\tA\t\n" },
	{ "tvg-shift=\"336\"", "A", "\t1\t1209600\t\tA\t\n" },
	{ "tvg-shift=\"337\"", "A", "\t1\t0\t\tA\t\n" },
	{ "tvg-shift=\"1e2\"", "A", "\t1\t0\t\tA\t\n" },
	{ "tvg-shift=\"0x10\"", "A", "\t1\t0\t\tA\t\n" },
	{ "tvg-shift=\"nan\"", "A", "\t1\t0\t\tA\t\n" },
	{ "tvg-shift=\"--1\"", "A", "\t1\t0\t\tA\t\n" },
	{ "tvg-shift=\"\"", "A", "\t1\t0\t\tA\t\n" },
	{ "tvg-id=\"a\\b\"", "C:\\new", "\t1\t0\ta\\\\b\tC:\\\\new\t\n" },
};

START_TEST(a_channel_is_a_line)
{
	char list[512], text[512];

	snprintf(list, sizeof(list), "#EXTINF:-1 %s,%s\nhttp://h/1\n", rows[_i].attrs,
	    rows[_i].name);
	wanted_of(list, text, sizeof(text));
	ck_assert_int_eq(strspn(text, "0123456789abcdef"), 16);
	ck_assert_int_eq(strncmp(text + 16, ".masthead", 9), 0);
	ck_assert_str_eq(text + 25, rows[_i].line);
}
END_TEST

#define ONE "#EXTINF:-1 tvg-id=\"one\",One\nhttp://h/1\n"
#define TWO "#EXTINF:-1 tvg-id=\"two\",Two\nhttp://h/2\n"

START_TEST(the_hash_of_the_ids_is_that_of_their_set)
{
	char text[2048];
	struct lineup_wanted both = wanted_of(ONE TWO, text, sizeof(text)), other;

	other = wanted_of(TWO ONE, text, sizeof(text));
	ck_assert_uint_eq(other.ids, both.ids);
	ck_assert_uint_ne(other.text, both.text);
	other = wanted_of(ONE TWO "#EXTINF:-1 tvg-id=\" TWO \",Again\nhttp://h/3\n"
				  "#EXTINF:-1,None\nhttp://h/4\n",
	    text, sizeof(text));
	ck_assert_uint_eq(other.ids, both.ids);
	ck_assert_uint_ne(wanted_of(ONE, text, sizeof(text)).ids, both.ids);
	/* What the guide does not show is no difference. */
	other = wanted_of("#EXTINF:-1 tvg-id=\"one\" group-title=\"G\",One\nhttp://h/1\n" TWO, text,
	    sizeof(text));
	ck_assert_uint_eq(other.text, both.text);
	ck_assert_uint_eq(wanted_of(ONE TWO, text, sizeof(text)).text, both.text);
}
END_TEST

START_TEST(a_lineup_of_nothing_wants_nothing)
{
	char text[16];

	wanted_of("#EXTM3U\n", text, sizeof(text));
	ck_assert_str_eq(text, "");
}
END_TEST

UNIT_MAIN("lineup_wanted", UNIT_ROWS(a_channel_is_a_line, ARRAY_LEN(rows)),
    UNIT_TEST(the_hash_of_the_ids_is_that_of_their_set),
    UNIT_TEST(a_lineup_of_nothing_wants_nothing))
