#include "playlist/lineup.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/file.h"
#include "playlist/lineup_format.h"
#include "tests/unit/playlist/lists.h"

#define NOW 1700000000
#define DAY 86400

/* "number name" of each channel, in order. */
static void
show_numbers(struct buf *out, const struct lineup *l)
{
	for (uint32_t i = 0; i < lineup_count(l); i++) {
		struct lineup_channel channel;
		char number[24];

		lineup_get(l, i, &channel);
		ck_assert_uint_eq(channel.index, i);
		lineup_number_text(&channel, number);
		buf_printf(out, "%s%s %s", i > 0 ? ", " : "", number, channel.name);
	}
}

static const struct {
	const char *label;
	const char *chno[8]; /* of the channels A, B, ... */
	const char *want;
} numberings[] = {
	{ "none: in playlist order", { "", "", "" }, "1 A, 2 B, 3 C" },
	{ "respected, gaps filled", { "3", "", "1", "" }, "1 C, 2 B, 3 A, 4 D" },
	{ "doubles: the first has it", { "5", "5", "", "5" }, "1 B, 2 C, 3 D, 5 A" },
	{ "with a minor part", { "5.1", "5.2", "5", "" }, "1 D, 5 C, 5.1 A, 5.2 B" },
	{ "written loosely", { "05", " 6 ", "7-1", "8.0" }, "5 A, 6 B, 7.1 C, 8 D" },
	{ "not numbers", { "0", "x", "1.", ".1", "1.2.3", "-1", "100000000" },
	    "1 A, 2 B, 3 C, 4 D, 5 E, 6 F, 7 G" },
	{ "a minor part that is too large", { "1.10000", "1.9999" }, "1 A, 1.9999 B" },
	{ "the largest", { "99999999", "" }, "1 B, 99999999 A" },
};

START_TEST(numbers_follow_the_playlist)
{
	struct buf list = BUF_INIT(10000), out = BUF_INIT(1000);
	struct lineup *l;

	for (int i = 0; i < 8 && numberings[_i].chno[i] != NULL; i++)
		buf_printf(&list, "#EXTINF:-1 tvg-chno=\"%s\",%c\nhttp://h/%d\n",
		    numberings[_i].chno[i], 'A' + i, i);
	l = list_lineup(list.data, NULL, NOW, NULL);
	show_numbers(&out, l);
	ck_assert_msg(strcmp(out.data, numberings[_i].want) == 0, "%s: %s", numberings[_i].label,
	    out.data);
	lineup_unref(l);
	buf_release(&list);
	buf_release(&out);
}
END_TEST

static const struct {
	const char *number, *name; /* NULL: there is none */
} findings[] = {
	{ "1", "One" },
	{ "5.1", "Five one" },
	{ "5.10", "Five ten" },
	{ "5", NULL },
	{ "5.2", NULL },
	{ "01", NULL },
	{ "1.0", NULL },
	{ "5.01", NULL },
	{ "1 ", NULL },
	{ " 1", NULL },
	{ "", NULL },
	{ "1.", NULL },
	{ "1-1", NULL },
	{ "+1", NULL },
	{ "0", NULL },
	{ "99999999999999999999", NULL },
	{ "2", "Two" },
	{ "3", NULL },
};

static const char finding_list[] = "#EXTINF:-1 tvg-chno=\"5.1\",Five one\nhttp://h/51\n"
				   "#EXTINF:-1 tvg-chno=\"5.10\",Five ten\nhttp://h/510\n"
				   "#EXTINF:-1,One\nhttp://h/1\n#EXTINF:-1,Two\nhttp://h/2\n";

START_TEST(finds_a_number_only_as_it_is_written)
{
	struct lineup *l = list_lineup(finding_list, NULL, NOW, NULL);
	struct lineup_channel channel, by_id;
	_Bool found = lineup_find_number(l, findings[_i].number, &channel);

	ck_assert_msg(found == (findings[_i].name != NULL), "'%s'", findings[_i].number);
	if (found) {
		ck_assert_str_eq(channel.name, findings[_i].name);
		ck_assert(lineup_find_id(l, channel.id, &by_id));
		ck_assert_uint_eq(by_id.index, channel.index);
	}
	ck_assert(!lineup_find_id(l, 1, &by_id));
	lineup_unref(l);
}
END_TEST

START_TEST(a_channel_has_what_its_entry_has)
{
	static const char list[] =
	    "#EXTINF:-1 tvg-id=\"one.uk\" tvg-logo=\"http://l/1.png\" group-title=\"News\" "
	    "radio=\"1\" x=\"y\",One\nhttp://h/1.ts|User-Agent=A&X-B=c\nhttp://h/two.ts\n";
	struct lineup *l = list_lineup(list, NULL, NOW, NULL);
	struct lineup_channel channel;
	struct lineup_stream stream;

	ck_assert_uint_eq(lineup_count(l), 2);
	lineup_get(l, 0, &channel);
	ck_assert_str_eq(channel.name, "One");
	ck_assert_str_eq(channel.guide_id, "one.uk");
	ck_assert_str_eq(channel.logo, "http://l/1.png");
	ck_assert_str_eq(channel.group, "News");
	ck_assert(channel.radio);
	ck_assert_uint_eq(channel.stream_count, 1);
	ck_assert_mem_eq(channel.attrs,
	    "tvg-id\0one.uk\0tvg-logo\0http://l/1.png\0group-title\0News\0radio\0001\0x\0y\0", 67);
	lineup_get_stream(l, &channel, 0, &stream);
	ck_assert_str_eq(stream.source, "list");
	ck_assert_str_eq(stream.url, "http://h/1.ts");
	ck_assert_str_eq(stream.user_agent, "A");
	ck_assert_str_eq(stream.headers, "X-B: c\n");
	lineup_get(l, 1, &channel);
	ck_assert_str_eq(channel.guide_id, "");
	ck_assert_str_eq(channel.attrs, "");
	ck_assert(!channel.radio);
	lineup_get_stream(l, &channel, 0, &stream);
	ck_assert_str_eq(stream.user_agent, "");
	ck_assert_str_eq(stream.headers, "");
	lineup_unref(l);
}
END_TEST

START_TEST(ids_are_texts_of_sixteen_digits)
{
	static const char *const bad[] = { "", "0123456789abcde", "0123456789abcdef0",
		"0123456789ABCDEF", "0123456789abcdeg", "0x23456789abcdef" };
	char text[17];
	uint64_t id;

	lineup_id_text(UINT64_C(0x00ab), text);
	ck_assert_str_eq(text, "00000000000000ab");
	ck_assert(lineup_id_parse(text, &id));
	ck_assert_uint_eq(id, 0xab);
	ck_assert(lineup_id_parse("ffffffffffffffff", &id));
	ck_assert_uint_eq(id, UINT64_MAX);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		ck_assert_msg(!lineup_id_parse(bad[i], &id), "%s", bad[i]);
}
END_TEST

START_TEST(several_sources_stand_behind_one_another)
{
	struct catalogue *a = list_catalogue("#EXTINF:-1,A\nhttp://h/1\n"),
			 *b = list_catalogue("#EXTINF:-1 tvg-chno=\"1\",B\nhttp://h/1\n");
	const struct lineup_source both[] = { { "a", a }, { "b", b } };
	struct buf out = BUF_INIT(1000);
	struct lineup_result result;
	struct lineup *l, *only_b;
	struct lineup_channel one, two;
	int fd = unit_memory_file("");

	ck_assert_int_eq(lineup_build(fd, both, 2, NULL, NOW, &result, NULL), 0);
	ck_assert_int_eq(lineup_load(&l, fd, NULL), 0);
	show_numbers(&out, l);
	ck_assert_str_eq(out.data, "1 B, 2 A");
	lineup_get(l, 0, &one);
	lineup_get(l, 1, &two);
	/* The same address in two sources is not the same thing. */
	ck_assert_uint_ne(one.id, two.id);
	close(fd);
	/* A source that is missing for once comes back with what it had. */
	fd = unit_memory_file("");
	ck_assert_int_eq(lineup_build(fd, &both[1], 1, l, NOW, &result, NULL), 0);
	ck_assert_uint_eq(result.kept, 1);
	ck_assert_uint_eq(result.gone, 1);
	ck_assert_int_eq(lineup_load(&only_b, fd, NULL), 0);
	close(fd);
	lineup_unref(l);
	fd = unit_memory_file("");
	ck_assert_int_eq(lineup_build(fd, both, 2, only_b, NOW, &result, NULL), 0);
	ck_assert_uint_eq(result.kept, 2);
	ck_assert_int_eq(lineup_load(&l, fd, NULL), 0);
	buf_clear(&out);
	show_numbers(&out, l);
	ck_assert_str_eq(out.data, "1 B, 2 A");
	close(fd);
	lineup_unref(l);
	lineup_unref(only_b);
	catalogue_close(a);
	catalogue_close(b);
	buf_release(&out);
}
END_TEST

START_TEST(equal_lineups_have_equal_tags)
{
	static const char list[] = "#EXTINF:-1,A\nhttp://h/1\n#EXTINF:-1,B\nhttp://h/2\n";
	struct lineup *a = list_lineup(list, NULL, NOW, NULL),
		      *b = list_lineup(list, a, NOW + 5, NULL),
		      *c = list_lineup("#EXTINF:-1,A\nhttp://h/1\n#EXTINF:-1,C\nhttp://h/2\n", b,
			  NOW + 9, NULL);

	ck_assert_uint_eq(lineup_tag(a), lineup_tag(b));
	ck_assert_uint_ne(lineup_tag(a), lineup_tag(c));
	lineup_unref(a);
	lineup_unref(b);
	lineup_unref(c);
}
END_TEST

START_TEST(a_gone_channel_is_remembered_for_its_time)
{
	static const char both[] = "#EXTINF:-1,A\nhttp://h/1\n#EXTINF:-1,B\nhttp://h/2\n",
			  only[] = "#EXTINF:-1,B\nhttp://h/2\n",
			  other[] = "#EXTINF:-1,B\nhttp://h/2\n#EXTINF:-1,C\nhttp://h/3\n";
	struct buf out = BUF_INIT(1000);
	struct lineup_result result;
	struct lineup *first = list_lineup(both, NULL, NOW, NULL), *second, *third;

	second = list_lineup(only, first, NOW + DAY, &result);
	ck_assert_uint_eq(result.channels, 1);
	ck_assert_uint_eq(result.kept, 1);
	ck_assert_uint_eq(result.gone, 1);
	show_numbers(&out, second);
	ck_assert_str_eq(out.data, "2 B");

	/* Its number is not given away. */
	third = list_lineup(other, second, NOW + 80 * DAY, &result);
	ck_assert_uint_eq(result.added, 1);
	ck_assert_uint_eq(result.gone, 0);
	buf_clear(&out);
	show_numbers(&out, third);
	ck_assert_str_eq(out.data, "2 B, 3 C");
	lineup_unref(second);

	second = list_lineup(both, third, NOW + 89 * DAY, &result);
	ck_assert_uint_eq(result.kept, 2);
	buf_clear(&out);
	show_numbers(&out, second);
	ck_assert_str_eq(out.data, "1 A, 2 B");
	lineup_unref(second);

	/* It was last seen on the first day. */
	second = list_lineup(only, third, NOW + (LINEUP_GONE_DAYS + 1) * DAY, &result);
	lineup_unref(third);
	third = list_lineup(other, second, NOW + (LINEUP_GONE_DAYS + 2) * DAY, &result);
	buf_clear(&out);
	show_numbers(&out, third);
	ck_assert_str_eq(out.data, "2 B, 3 C");
	lineup_unref(second);
	second = list_lineup("#EXTINF:-1,B\nhttp://h/2\n#EXTINF:-1,D\nhttp://h/4\n", third,
	    NOW + (LINEUP_GONE_DAYS + 3) * DAY, &result);
	buf_clear(&out);
	show_numbers(&out, second);
	ck_assert_str_eq(out.data, "1 D, 2 B");
	lineup_unref(first);
	lineup_unref(second);
	lineup_unref(third);
	buf_release(&out);
}
END_TEST

/* A gateway that stood still for long, or had a wrong clock, forgets nothing for that. */
START_TEST(a_channel_is_gone_from_when_it_is_missed)
{
	static const char both[] = "#EXTINF:-1,A\nhttp://h/1\n#EXTINF:-1,B\nhttp://h/2\n";
	struct buf out = BUF_INIT(1000);
	struct lineup *first = list_lineup(both, NULL, DAY, NULL),
		      *second = list_lineup("#EXTINF:-1,B\nhttp://h/2\n#EXTINF:-1,C\nhttp://h/3\n",
			  first, NOW, NULL),
		      *third = list_lineup(both, second, NOW + DAY, NULL);

	show_numbers(&out, second);
	ck_assert_str_eq(out.data, "2 B, 3 C");
	buf_clear(&out);
	show_numbers(&out, third);
	ck_assert_str_eq(out.data, "1 A, 2 B");
	lineup_unref(first);
	lineup_unref(second);
	lineup_unref(third);
	buf_release(&out);
}
END_TEST

START_TEST(a_playlist_may_ask_for_a_gone_channels_number)
{
	struct buf out = BUF_INIT(1000);
	struct lineup *first = list_lineup("#EXTINF:-1,A\nhttp://h/1\n#EXTINF:-1,B\nhttp://h/2\n",
			  NULL, NOW, NULL),
		      *second = list_lineup("#EXTINF:-1,B\nhttp://h/2\n"
					    "#EXTINF:-1 tvg-chno=\"1\",C\nhttp://h/3\n",
			  first, NOW, NULL),
		      *third = list_lineup("#EXTINF:-1,A\nhttp://h/1\n#EXTINF:-1,B\nhttp://h/2\n"
					   "#EXTINF:-1 tvg-chno=\"1\",C\nhttp://h/3\n",
			  second, NOW, NULL);
	struct lineup_channel before, after;

	show_numbers(&out, second);
	ck_assert_str_eq(out.data, "1 C, 2 B");
	/* And keeps it when that one is back. */
	buf_clear(&out);
	show_numbers(&out, third);
	ck_assert_str_eq(out.data, "1 C, 2 B, 3 A");
	ck_assert(lineup_find_number(first, "1", &before));
	ck_assert(lineup_find_number(third, "3", &after));
	ck_assert_uint_eq(before.id, after.id);
	lineup_unref(first);
	lineup_unref(second);
	lineup_unref(third);
	buf_release(&out);
}
END_TEST

START_TEST(a_number_that_was_given_stays)
{
	struct buf out = BUF_INIT(1000);
	struct lineup *first = list_lineup("#EXTINF:-1,A\nhttp://h/1\n", NULL, NOW, NULL),
		      *second = list_lineup("#EXTINF:-1 tvg-chno=\"1\",B\nhttp://h/2\n"
					    "#EXTINF:-1 tvg-chno=\"9\",A\nhttp://h/1\n",
			  first, NOW, NULL);

	show_numbers(&out, second);
	ck_assert_str_eq(out.data, "1 A, 2 B");
	lineup_unref(first);
	lineup_unref(second);
	buf_release(&out);
}
END_TEST

START_TEST(ids_are_the_same_when_all_else_was_lost)
{
	static const char list[] = "#EXTINF:-1 tvg-id=\"a\",A\nhttp://h/live/u/p/1.ts\n"
				   "#EXTINF:-1 tvg-id=\"a\",A HD\nhttp://h/live/u/p/2.ts\n"
				   "#EXTINF:-1 group-title=\"X\",C\nhttp://h/live/u/p/3.ts\n"
				   "#EXTINF:-1 group-title=\"Y\",C\nhttp://h/live/u/p/3.ts\n",
			  later[] = "#EXTINF:-1 group-title=\"Y\",C\nhttp://k/live/x/y/3.ts\n"
				    "#EXTINF:-1 tvg-id=\"a\",A HD\nhttp://k/live/x/y/2.ts\n"
				    "#EXTINF:-1 group-title=\"X\",C\nhttp://k/live/x/y/3.ts\n"
				    "#EXTINF:-1 tvg-id=\"a\",A\nhttp://k/live/x/y/1.ts\n";
	struct lineup *a = list_lineup(list, NULL, NOW, NULL),
		      *b = list_lineup(later, NULL, NOW, NULL);
	static const uint32_t place[] = { 3, 1, 2, 0 };

	for (uint32_t i = 0; i < 4; i++) {
		struct lineup_channel x, y;

		lineup_get(a, i, &x);
		lineup_get(b, place[i], &y);
		ck_assert_uint_eq(x.id, y.id);
	}
	lineup_unref(a);
	lineup_unref(b);
}
END_TEST

/* Else one source could make the lineup of all too large, by its numbers alone. */
START_TEST(what_entries_share_is_kept_once_whatever_their_numbers)
{
	struct buf list = BUF_INIT(1 << 20);
	struct stat st;
	int fd;

	for (unsigned i = 0; i < 1000; i++) {
		if (i % 500 == 0)
			buf_printf(&list, "#EXTGRP:%04000u\n", i);
		buf_printf(&list, "#EXTINF:-1 tvg-chno=\"%u\",A\nhttp://h/%u\n",
		    i % 500 * 2 + i / 500 + 1, i);
	}
	fd = list_lineup_file(list.data, NULL, NOW, NULL);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_int_lt(st.st_size, 1 << 20);
	close(fd);
	buf_release(&list);
}
END_TEST

/* A list of one line over and over costs no more than any other of its length. */
START_TEST(many_doubles_take_no_time)
{
	const uint32_t count = 100000;
	struct buf list = BUF_INIT(1 << 23);
	struct lineup_result result;
	struct lineup *first, *second;

	for (uint32_t i = 0; i < count; i++)
		buf_str(&list, "#EXTINF:-1,A\nhttp://h/1\n");
	first = list_lineup(list.data, NULL, NOW, &result);
	ck_assert_uint_eq(result.added, count);
	buf_str(&list, "#EXTINF:-1,A\nhttp://h/1\n#EXTINF:-1,A\nhttp://h/1\n");
	second = list_lineup(list.data, first, NOW, &result);
	ck_assert_uint_eq(result.kept, count);
	ck_assert_uint_eq(lineup_count(second), count + 2);
	lineup_unref(first);
	lineup_unref(second);
	buf_release(&list);
}
END_TEST

START_TEST(an_empty_lineup_is_a_lineup)
{
	struct lineup *l = list_lineup("", NULL, NOW, NULL);
	struct lineup_channel channel;

	ck_assert_uint_eq(lineup_count(l), 0);
	ck_assert(!lineup_find_number(l, "1", &channel));
	ck_assert(!lineup_find_id(l, 0, &channel));
	ck_assert_ptr_eq(lineup_ref(l), l);
	lineup_unref(l);
	lineup_unref(l);
	lineup_unref(NULL);
}
END_TEST

START_TEST(checking_goes_in_steps)
{
	int fd = list_lineup_file(finding_list, NULL, NOW, NULL);
	struct lineup *l;

	ck_assert_int_eq(lineup_open(&l, fd, NULL), 0);
	ck_assert_int_eq(lineup_check(l, 1, NULL), 1);
	ck_assert_int_eq(lineup_check(l, 2, NULL), 1);
	ck_assert_int_eq(lineup_check(l, 1, NULL), 0);
	lineup_unref(l);
	close(fd);
}
END_TEST

/* Everything that the gateway may ask of a lineup. */
static void
read_all(const struct lineup *l)
{
	struct lineup_channel channel, found;
	struct lineup_stream stream;
	size_t bytes = 0;
	char number[24];

	(void)lineup_tag(l);
	for (uint32_t i = 0; i < lineup_count(l); i++) {
		lineup_get(l, i, &channel);
		bytes += strlen(channel.name) + strlen(channel.guide_id) + strlen(channel.logo) +
		    strlen(channel.group);
		for (const char *p = channel.attrs; *p != '\0'; p += strlen(p) + 1)
			p += strlen(p) + 1;
		for (uint32_t k = 0; k < channel.stream_count && k < LINEUP_STREAMS_MAX; k++) {
			lineup_get_stream(l, &channel, k, &stream);
			bytes += strlen(stream.source) + strlen(stream.url) +
			    strlen(stream.user_agent) + strlen(stream.headers);
		}
		lineup_number_text(&channel, number);
		(void)lineup_find_number(l, number, &found);
		(void)lineup_find_id(l, channel.id, &found);
	}
	ck_assert_uint_lt(bytes, 1u << 20);
}

/* Also as the previous one of a build, which reads what the gateway does not. */
static void
try_file(int fd)
{
	struct lineup *l, *next;

	if (lineup_load(&l, fd, NULL) < 0)
		return;
	read_all(l);
	next = list_lineup(finding_list, l, NOW, NULL);
	ck_assert_uint_eq(lineup_count(next), 4);
	read_all(next);
	lineup_unref(next);
	lineup_unref(l);
}

START_TEST(a_hostile_file_is_read_inside_its_bounds)
{
	static const unsigned char values[] = { 0x00, 0x01, 0x80, 0xff };
	int fd = list_lineup_file(finding_list, NULL, NOW, NULL), copy = unit_memory_file("");
	size_t len;
	char *data = unit_file_text(fd, &len);

	for (off_t cut = 0; cut < (off_t)len; cut += 7) {
		ck_assert_int_eq(ftruncate(copy, 0), 0);
		ck_assert_int_eq(pwrite(copy, data, (size_t)cut, 0), cut);
		try_file(copy);
	}
	for (off_t at = 0; at < (off_t)len; at++) {
		ck_assert_int_eq(pwrite(copy, data, len, 0), (ssize_t)len);
		ck_assert_int_eq(pwrite(copy, &values[at % 4], 1, at), 1);
		try_file(copy);
		ck_assert_int_eq(pwrite(copy, &values[(at + 2) % 4], 1, at), 1);
		try_file(copy);
	}
	free(data);
	close(fd);
	close(copy);
}
END_TEST

/* A hijacked worker may write whatever a file can hold. */
static struct lineup_header
header_of(int fd)
{
	struct lineup_header h;

	ck_assert_int_eq(pread(fd, &h, sizeof(h), 0), sizeof(h));
	return h;
}

START_TEST(a_file_that_remembers_more_than_there_can_be_is_refused)
{
	int fd = list_lineup_file(finding_list, NULL, NOW, NULL);
	struct lineup_header h = header_of(fd);
	struct lineup *l;

	/* As many as a worker may write: the next build had no memory for them, for ever. */
	h.known.len = UINT64_C(70000000) * sizeof(struct lineup_known);
	ck_assert_int_eq(ftruncate(fd, (off_t)(h.known.offset + h.known.len)), 0);
	ck_assert_int_eq(pwrite(fd, &h, sizeof(h), 0), sizeof(h));
	ck_assert_int_eq(lineup_load(&l, fd, NULL), -EBADMSG);
	close(fd);
}
END_TEST

/* The gateway copies, measures and prints texts on its loop. */
START_TEST(a_text_without_an_end_in_sight_is_refused)
{
	static char text[SNAPSHOT_TEXT_MAX + 1];
	static const char tail[SNAPSHOT_TAIL];
	int fd = list_lineup_file(finding_list, NULL, NOW, NULL);
	struct lineup_header h = header_of(fd);
	off_t end = lseek(fd, 0, SEEK_END);
	uint64_t before = h.blob.len;
	struct lineup *l;

	memset(text, 'x', sizeof(text));
	/* The tables move into the blob: all that counts is where texts end. */
	for (size_t len = SNAPSHOT_TEXT_MAX; len <= SNAPSHOT_TEXT_MAX + 1; len++) {
		ck_assert_int_eq(ftruncate(fd, end), 0);
		ck_assert_int_eq(pwrite(fd, tail, 1, end), 1);
		ck_assert_int_eq(pwrite(fd, text, len, end + 1), (ssize_t)len);
		ck_assert_int_eq(pwrite(fd, tail, sizeof(tail), end + 1 + (off_t)len),
		    sizeof(tail));
		h.blob.len = (uint64_t)end + 1 + len + sizeof(tail) - h.blob.offset;
		ck_assert_uint_gt(h.blob.len, before);
		ck_assert_int_eq(pwrite(fd, &h, sizeof(h), 0), sizeof(h));
		if (len <= SNAPSHOT_TEXT_MAX) {
			ck_assert_int_eq(lineup_load(&l, fd, NULL), 0);
			lineup_unref(l);
		} else {
			ck_assert_int_eq(lineup_load(&l, fd, NULL), -EBADMSG);
		}
	}
	close(fd);
}
END_TEST

START_TEST(a_file_that_changes_after_the_check_is_read_inside_its_bounds)
{
	int fd = list_lineup_file(finding_list, NULL, NOW, NULL);
	uint32_t state = 1;
	struct lineup *l;
	size_t len;
	char *data = unit_file_text(fd, &len);

	ck_assert_int_eq(lineup_load(&l, fd, NULL), 0);
	for (int round = 0; round < 200; round++) {
		for (off_t i = 0; i < (off_t)len; i++) {
			state = state * 1664525 + 1013904223;
			data[i] = (char)(round % 2 == 0 ? state >> 24 : 0xff);
		}
		ck_assert_int_eq(pwrite(fd, data, len, 0), (ssize_t)len);
		read_all(l);
	}
	lineup_unref(l);
	free(data);
	close(fd);
}
END_TEST

START_TEST(a_real_list_becomes_a_lineup)
{
	struct lineup_channel channel;
	struct lineup *l;
	char *text;

	if (file_load("../shared/data/matching/playlist.m3u", 1 << 24, &text, NULL, NULL) < 0)
		return;
	l = list_lineup(text, NULL, NOW, NULL);
	ck_assert_uint_gt(lineup_count(l), 1000);
	for (uint32_t i = 0; i < lineup_count(l); i++) {
		lineup_get(l, i, &channel);
		ck_assert_uint_eq(channel.major, i + 1);
	}
	lineup_unref(l);
	free(text);
}
END_TEST

UNIT_MAIN("lineup", UNIT_ROWS(numbers_follow_the_playlist, ARRAY_LEN(numberings)),
    UNIT_ROWS(finds_a_number_only_as_it_is_written, ARRAY_LEN(findings)),
    UNIT_TEST(a_channel_has_what_its_entry_has), UNIT_TEST(ids_are_texts_of_sixteen_digits),
    UNIT_TEST(several_sources_stand_behind_one_another), UNIT_TEST(equal_lineups_have_equal_tags),
    UNIT_TEST(a_gone_channel_is_remembered_for_its_time),
    UNIT_TEST(a_channel_is_gone_from_when_it_is_missed),
    UNIT_TEST(a_playlist_may_ask_for_a_gone_channels_number),
    UNIT_TEST(a_number_that_was_given_stays), UNIT_TEST(ids_are_the_same_when_all_else_was_lost),
    UNIT_TEST(what_entries_share_is_kept_once_whatever_their_numbers),
    UNIT_TEST(many_doubles_take_no_time), UNIT_TEST(an_empty_lineup_is_a_lineup),
    UNIT_TEST(checking_goes_in_steps), UNIT_TEST(a_hostile_file_is_read_inside_its_bounds),
    UNIT_TEST(a_file_that_remembers_more_than_there_can_be_is_refused),
    UNIT_TEST(a_text_without_an_end_in_sight_is_refused),
    UNIT_TEST(a_file_that_changes_after_the_check_is_read_inside_its_bounds),
    UNIT_TEST(a_real_list_becomes_a_lineup))
