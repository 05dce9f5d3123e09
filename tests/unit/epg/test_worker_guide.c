#include "epg/workers.h"

#include "base/buf.h"
#include "tests/unit/epg/guides.h"
#include "tests/unit/epg/lists.h"
#include "worker.h"

/* As the first ones of the worker's: three new files, three old ones, what is wanted. */
#define FIXED 7

struct run {
	struct guide_files made, old;
	const char *wanted;
	int listings[4];
	int listings_count;
	struct buf out;
};

/* Runs the worker; what it said goes to r->out. */
static int
run(struct run *r, const char *const *args)
{
	int fds[FIXED + 4] = { r->made.xml, r->made.gzip, r->made.index, r->old.xml, r->old.gzip,
		r->old.index, unit_memory_file(r->wanted) };
	int status;

	for (int i = 0; i < r->listings_count; i++)
		fds[FIXED + i] = r->listings[i];
	buf_init(&r->out, 100000);
	status = worker_run(guide_worker, "guide", args, fds, FIXED + r->listings_count, &r->out);
	(void)close(fds[FIXED - 1]);
	return status;
}

static int
listings_of(const char *id, const char *name, const char *programmes)
{
	int fd = unit_memory_file("");
	struct listings_writer *w = list_writer(fd);

	if (id[0] != '\0') {
		list_add_channel(w, id, name, NULL);
		list_add(w, id, programmes);
	}
	list_add_channel(w, "both.uk", "Both", NULL);
	list_add(w, "both.uk", "0-60 Both, 120-180 Both");
	list_end(w);
	return fd;
}

static void
run_begin(struct run *r, const char *wanted)
{
	*r = (struct run){ .made = guide_files_new(), .old = guide_files_new(), .wanted = wanted };
	r->listings[0] = listings_of("one.uk", "One UK", "0-60 A & B, 60-120 C");
	r->listings[1] = listings_of("two.uk", "Two UK", "60-120 X");
	r->listings_count = 2;
}

static void
run_end(struct run *r)
{
	guide_files_close(&r->made);
	guide_files_close(&r->old);
	for (int i = 0; i < r->listings_count; i++)
		(void)close(r->listings[i]);
	buf_release(&r->out);
}

/* 2024-01-01 00:30; an hour before, three ahead. */
#define WINDOW "now=1704069000", "past=3600", "ahead=9000"

#define WANTED                                       \
	"a1.masthead\t1\t0\tone.uk\tOne\thttp://l\n" \
	"a2.masthead\t2\t3600\tTWO.uk\tTwo\t\n"      \
	"a3.masthead\t3\t0\t\tThree 02:15\t\n"       \
	"a4.masthead\t4\t0\tnone.uk\tFour\t\n"

static const char *const usual[] = { WINDOW, "fill=1", "block=7200", "events=1", "zone=UTC",
	"shift=0", "shift=-3600", NULL };

#define PROGRAMME(id, from, to, title)                                     \
	"<programme start=\"20240101" from "00 +0000\" stop=\"20240101" to \
	"00 +0000\" channel=\"" id ".masthead\">\n<title>" title "</title>\n</programme>\n"

static const char expected[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<tv generator-info-name=\"Masthead\">\n"
    "<channel id=\"a1.masthead\">\n<display-name>1 One</display-name>\n"
    "<display-name>1</display-name>\n<display-name>One</display-name>\n"
    "<display-name>One UK</display-name>\n<icon src=\"http://l\"/>\n</channel>\n"
    "<channel id=\"a2.masthead\">\n<display-name>2 Two</display-name>\n"
    "<display-name>2</display-name>\n<display-name>Two</display-name>\n"
    "<display-name>Two UK</display-name>\n</channel>\n"
    "<channel id=\"a3.masthead\">\n<display-name>3 Three 02:15</display-name>\n"
    "<display-name>3</display-name>\n<display-name>Three 02:15</display-name>\n</channel>\n"
    "<channel id=\"a4.masthead\">\n<display-name>4 Four</display-name>\n"
    "<display-name>4</display-name>\n<display-name>Four</display-name>\n</channel>\n"
    /* clang-format off */
    PROGRAMME("a1", "0000", "0100", "A &amp; B")
    PROGRAMME("a1", "0100", "0200", "C")
    PROGRAMME("a2", "0100", "0200", "X")
    "<programme start=\"20231231220000 +0000\" stop=\"20240101000000 +0000\""
    " channel=\"a3.masthead\">\n<title>Three 02:15</title>\n</programme>\n"
    PROGRAMME("a3", "0000", "0200", "Three 02:15")
    PROGRAMME("a3", "0200", "0215", "Three 02:15")
    PROGRAMME("a3", "0215", "0515", "Three")
    "<programme start=\"20231231220000 +0000\" stop=\"20240101000000 +0000\""
    " channel=\"a4.masthead\">\n<title>Four</title>\n</programme>\n"
    PROGRAMME("a4", "0000", "0200", "Four")
    PROGRAMME("a4", "0200", "0400", "Four")
    "<!-- ";
/* clang-format on */

START_TEST(listings_become_a_guide)
{
	struct guide_index *index;
	struct run r;
	char *xml;

	run_begin(&r, WANTED);
	ck_assert_int_eq(run(&r, usual), 0);
	ck_assert_msg(strstr(r.out.data,
			  "channels=4;programmes=10;filled=0;madeup=2;empty=0;reused=0;") != NULL &&
		strstr(r.out.data, ";last=1704086100;same=0;") != NULL,
	    "%s", r.out.data);
	xml = unit_file_text(r.made.xml, NULL);
	ck_assert_ptr_nonnull(strstr(xml, "<!-- "));
	strstr(xml, "<!-- ")[5] = '\0';
	ck_assert_str_eq(xml, expected);
	expect_valid(r.made.xml);
	index = guide_open(&r.made);
	guide_index_unref(index);
	free(xml);
	run_end(&r);
}
END_TEST

START_TEST(the_next_run_uses_the_last_ones_pieces)
{
	struct guide_files made;
	struct run r;

	run_begin(&r, WANTED);
	ck_assert_int_eq(run(&r, usual), 0);
	buf_release(&r.out);
	made = r.old;
	r.old = r.made;
	r.made = made;
	/* One more channel: the others are what they were. */
	r.wanted = WANTED "a5.masthead\t5\t0\tone.uk\tFive\t\n";
	ck_assert_int_eq(run(&r, usual), 0);
	ck_assert_msg(strstr(r.out.data, ";reused=4;") != NULL, "%s", r.out.data);
	ck_assert_ptr_nonnull(strstr(r.out.data, ";same=0;"));
	buf_release(&r.out);
	guide_files_close(&r.made);
	r.made = guide_files_new();
	r.wanted = WANTED;
	ck_assert_int_eq(run(&r, usual), 0);
	ck_assert_msg(strstr(r.out.data, ";reused=4;") != NULL, "%s", r.out.data);
	ck_assert_ptr_nonnull(strstr(r.out.data, ";same=1;"));
	run_end(&r);
}
END_TEST

START_TEST(a_last_guide_that_is_broken_is_no_loss)
{
	struct run r;

	run_begin(&r, WANTED);
	(void)close(r.old.index);
	r.old.index = unit_memory_file("rubbish");
	ck_assert_int_eq(run(&r, usual), 0);
	ck_assert_msg(
	    strstr(r.out.data, "0: the last guide is not used: not a whole guide index;") != NULL,
	    "%s", r.out.data);
	run_end(&r);
}
END_TEST

START_TEST(gaps_are_filled_only_when_asked_for)
{
	static const char *const fill[] = { WINDOW, "fill=1", "shift=0", "shift=3600", NULL };
	static const char *const first[] = { WINDOW, "fill=0", "shift=0", "shift=3600", NULL };
	struct run r;

	run_begin(&r, "b.masthead\t\t0\tboth.uk\tBoth\t\n");
	ck_assert_int_eq(run(&r, fill), 0);
	ck_assert_msg(strstr(r.out.data, ";programmes=3;filled=1;") != NULL, "%s", r.out.data);
	buf_release(&r.out);
	guide_files_close(&r.made);
	r.made = guide_files_new();
	ck_assert_int_eq(run(&r, first), 0);
	ck_assert_msg(strstr(r.out.data, ";programmes=2;filled=0;") != NULL, "%s", r.out.data);
	run_end(&r);
}
END_TEST

START_TEST(all_channels_come_under_their_own_ids)
{
	static const char *const all[] = { WINDOW, "all=1", "gzip=0", "index=0", "shift=0",
		"shift=0", NULL };
	struct run r;
	size_t gzip;
	char *xml;

	run_begin(&r, "");
	ck_assert_int_eq(run(&r, all), 0);
	ck_assert_msg(strstr(r.out.data, "channels=3;programmes=5;filled=0;madeup=0;empty=0;") !=
		NULL,
	    "%s", r.out.data);
	ck_assert_ptr_nonnull(strstr(r.out.data, ";gzip_bytes=0;"));
	xml = unit_file_text(r.made.xml, NULL);
	ck_assert_ptr_nonnull(strstr(xml,
	    "<channel id=\"one.uk\">\n<display-name>One UK</display-name>\n</channel>\n"
	    "<channel id=\"both.uk\">\n<display-name>Both</display-name>\n</channel>\n"
	    "<channel id=\"two.uk\">\n<display-name>Two UK</display-name>\n</channel>\n"));
	expect_valid(r.made.xml);
	free(xml);
	free(unit_file_text(r.made.gzip, &gzip));
	ck_assert_uint_eq(gzip, 0);
	free(unit_file_text(r.made.index, &gzip));
	ck_assert_uint_eq(gzip, 0);
	run_end(&r);
}
END_TEST

START_TEST(of_all_channels_those_that_are_wanted_come)
{
	static const char *const all[] = { WINDOW, "all=1", "gzip=0", "index=0", "shift=0",
		"shift=0", NULL };
	struct run r;
	char *xml;

	run_begin(&r, "x\t\t0\tTWO.UK\t\t\ny\t\t0\tnone.uk\t\t\n");
	ck_assert_int_eq(run(&r, all), 0);
	ck_assert_msg(strstr(r.out.data, "channels=1;programmes=1;") != NULL, "%s", r.out.data);
	xml = unit_file_text(r.made.xml, NULL);
	ck_assert_ptr_nonnull(strstr(xml, "<channel id=\"two.uk\">\n"));
	free(xml);
	run_end(&r);
}
END_TEST

START_TEST(listings_that_are_not_there_yet_are_none)
{
	struct run r;

	run_begin(&r, WANTED);
	(void)close(r.listings[0]);
	r.listings[0] = unit_memory_file("");
	ck_assert_int_eq(run(&r, usual), 0);
	/* The second's shift is still its own. */
	ck_assert_msg(strstr(r.out.data, "channels=4;programmes=11;filled=0;madeup=3;") != NULL,
	    "%s", r.out.data);
	run_end(&r);
}
END_TEST

START_TEST(a_time_in_a_name_is_of_the_zone_that_was_given)
{
	static const char *const tokyo[] = { WINDOW, "block=7200", "events=1", "zone=Asia/Tokyo",
		NULL };
	struct run r;
	char *xml;

	run_begin(&r, "a.masthead\t\t0\t\tA v B 11:15\t\n");
	r.listings_count = 0;
	ck_assert_int_eq(run(&r, tokyo), 0);
	xml = unit_file_text(r.made.xml, NULL);
	ck_assert_ptr_nonnull(strstr(xml, PROGRAMME("a", "0215", "0515", "A v B")));
	free(xml);
	run_end(&r);
}
END_TEST

START_TEST(made_up_guides_are_bounded)
{
	static const char *const blocks[] = { WINDOW, "block=7200", NULL };
	struct buf wanted = BUF_INIT(1000000);
	struct run r;

	for (int i = 0; i < GUIDE_MADEUP_MAX + 10; i++)
		buf_printf(&wanted, "%d.masthead\t%d\t0\t\tN\t\n", i, i);
	run_begin(&r, wanted.data);
	r.listings_count = 0;
	ck_assert_int_eq(run(&r, blocks), 0);
	ck_assert_msg(strstr(r.out.data, ";madeup=5000;empty=10;") != NULL, "%s", r.out.data);
	ck_assert_ptr_nonnull(strstr(r.out.data, "0: more channels have no guide than"));
	run_end(&r);
	buf_release(&wanted);
}
END_TEST

static const struct {
	const char *arg, *wanted, *said;
} refused[] = {
	{ "ahaed=5", "", "failed: 'ahaed=5' is no argument of worker guide;" },
	{ "past=-1", "", "failed: 'past=-1' is no argument of worker guide;" },
	{ "fill=2", "", "failed: 'fill=2' is no argument of worker guide;" },
	{ "shift=9999999", "", "failed: 'shift=9999999' is no argument of worker guide;" },
	{ "zone=No/Where", "", "failed: there is no time zone 'No/Where' here" },
	{ "fill=1", "x\n", "failed: the channels that are wanted: " },
};

START_TEST(says_what_is_wrong)
{
	const char *const args[] = { WINDOW, refused[_i].arg, NULL };
	struct run r;

	run_begin(&r, refused[_i].wanted);
	ck_assert_int_ne(run(&r, args), 0);
	ck_assert_msg(strstr(r.out.data, refused[_i].said) != NULL, "%s", r.out.data);
	run_end(&r);
}
END_TEST

START_TEST(broken_listings_are_named)
{
	struct run r;

	run_begin(&r, WANTED);
	(void)close(r.listings[1]);
	r.listings[1] = unit_memory_file("rubbish");
	ck_assert_int_ne(run(&r, usual), 0);
	ck_assert_msg(strstr(r.out.data, "failed: listings 2: not whole listings;") != NULL, "%s",
	    r.out.data);
	run_end(&r);
}
END_TEST

UNIT_MAIN("worker_guide", UNIT_TEST(listings_become_a_guide),
    UNIT_TEST(the_next_run_uses_the_last_ones_pieces),
    UNIT_TEST(a_last_guide_that_is_broken_is_no_loss),
    UNIT_TEST(gaps_are_filled_only_when_asked_for),
    UNIT_TEST(all_channels_come_under_their_own_ids),
    UNIT_TEST(of_all_channels_those_that_are_wanted_come),
    UNIT_TEST(listings_that_are_not_there_yet_are_none), UNIT_TEST(made_up_guides_are_bounded),
    UNIT_TEST(a_time_in_a_name_is_of_the_zone_that_was_given),
    UNIT_ROWS(says_what_is_wrong, ARRAY_LEN(refused)), UNIT_TEST(broken_listings_are_named))
