#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "epg/listings.h"
#include "epg/workers.h"
#include "unit.h"
#include "worker.h"

#define T0 INT64_C(1704110400) /* 2024-01-01 12:00 UTC */

/* Runs the worker over these; its listings are at *ret_fd. */
static int
run(const char *guide, const char *wanted, const char *rules, const char *const *args, int *ret_fd,
    struct buf *out)
{
	int fds[4] = { unit_memory_file(guide), unit_memory_file(""), unit_memory_file(wanted),
		unit_memory_file(rules) };
	int status = worker_run(listings_worker, "listings", args, fds, 4, out);

	(void)close(fds[0]);
	(void)close(fds[2]);
	(void)close(fds[3]);
	*ret_fd = fds[1];
	return status;
}

/* A line a programme: channel, times from T0 in minutes, children. */
static void
ck_holds(int fd, const char *expected)
{
	struct buf out = BUF_INIT(100000);
	struct listings *l;

	ck_assert_int_eq(listings_open(&l, fd, NULL), 0);
	for (uint32_t i = 0; i < listings_channel_count(l); i++) {
		struct listings_channel c;

		listings_get_channel(l, i, &c);
		for (uint32_t k = 0; k < c.count; k++) {
			struct listings_programme p;

			listings_get_programme(l, c.first + k, &p);
			buf_printf(&out, "%s %ld-%ld %.*s", c.id, (long)(p.start - T0) / 60,
			    (long)(p.stop - T0) / 60, (int)p.body_len, p.body);
		}
	}
	ck_assert_str_eq(out.data, expected);
	listings_close(l);
	buf_release(&out);
	close(fd);
}

static const char guide[] =
    "<?xml version=\"1.0\"?>\n<tv>\n"
    "<channel id=\"a.tv\"><display-name>A</display-name></channel>\n"
    "<channel id=\"b.tv\"><display-name>B</display-name></channel>\n"
    "<programme start=\"20240101120000 +0000\" stop=\"20240101123000 +0000\" channel=\"a.tv\">"
    "<title>One & only</title><category>Spielfilm</category></programme>\n"
    "<programme start=\"20240101120000 +0000\" channel=\"b.tv\"><title>Bee</title></programme>\n"
    "<programme start=\"20240101122000\" stop=\"20240101130000\" channel=\"A.TV\">"
    "<title>Two</title><unheard/></programme>\n"
    "<programme start=\"20240101122000\" channel=\"a.tv\"><title>2</title></programme>\n"
    "<programme start=\"soon\" channel=\"a.tv\"><title>Never</title></programme>\n"
    "<programme start=\"20240101140000\" channel=\"a.tv\"><title>Bad</desc></programme>\n"
    "</tv>\n";

#define WANTED_A "1.masthead\t1\t0\ta.tv\tA\t\n"

START_TEST(a_guide_becomes_listings)
{
	static const char *const none[] = { NULL };
	struct buf out = BUF_INIT(10000);
	int fd;

	ck_assert_int_eq(run(guide, WANTED_A, "kinds\n", none, &fd, &out), 0);
	ck_assert_str_eq(out.data,
	    "hello;9: a programme without a start that can be read;"
	    "10: a programme is left out: </desc> stands where </title> should;"
	    "bytes=731;parsed=609;channels=2;programmes=6;kept=2;broken=1;mended=1;unknown=1;"
	    "timeless=1;duplicates=1;clipped=1;whole=1;last=1704114000;");
	ck_holds(fd,
	    "a.tv 0-20 <title>One &amp; only</title>\n<category>Spielfilm</category>\n"
	    "<category>Movie</category>\n"
	    "a.tv 20-60 <title>Two</title>\n");
	buf_release(&out);
}
END_TEST

START_TEST(all_channels_are_kept_when_asked_for)
{
	static const char *const args[] = { "all=1", NULL };
	struct buf out = BUF_INIT(10000);
	int fd;

	ck_assert_int_eq(run(guide, "this is not read", "drop title /two|one/", args, &fd, &out),
	    0);
	ck_holds(fd, "a.tv 20-80 <title>2</title>\nb.tv 0-60 <title>Bee</title>\n");
	buf_release(&out);
}
END_TEST

START_TEST(times_are_meant_as_the_arguments_say)
{
	static const char *const zone[] = { "zone=Europe/Berlin", NULL };
	static const char *const ignore[] = { "zone=Europe/Berlin", "offsets=ignore", NULL };
	static const char *const use[] = { "zone=Europe/Berlin", "offsets=use", "past=999999999",
		NULL };
	struct buf out = BUF_INIT(10000);
	int fd;

	ck_assert_int_eq(run(guide, WANTED_A, "drop title /one/", zone, &fd, &out), 0);
	ck_holds(fd, "a.tv -40-0 <title>Two</title>\n");
	ck_assert_int_eq(
	    run(guide, WANTED_A, "drop title /two|2/\nwithout category", ignore, &fd, &out), 0);
	ck_holds(fd, "a.tv -60--30 <title>One &amp; only</title>\n");
	ck_assert_int_eq(
	    run(guide, WANTED_A, "drop title /two|2/\nwithout category", use, &fd, &out), 0);
	ck_holds(fd, "a.tv 0-30 <title>One &amp; only</title>\n");
	buf_release(&out);
}
END_TEST

/* By its stop; without one it may have lasted a day. */
START_TEST(what_is_long_over_is_not_kept)
{
	static const char *const args[] = { "past=7200", "all=1", NULL };
	static const int hours[] = { -30, -25, -23, -4, -1, 5 };
	struct buf xml = BUF_INIT(10000), out = BUF_INIT(10000);
	char start[32], stop[32];
	time_t now = time(NULL);
	struct tm tm;
	int fd;

	buf_str(&xml, "<tv>");
	for (size_t i = 0; i < ARRAY_LEN(hours); i++) {
		time_t t = now + hours[i] * 3600;

		(void)strftime(start, sizeof(start), "%Y%m%d%H%M%S", gmtime_r(&t, &tm));
		t += 3600;
		(void)strftime(stop, sizeof(stop), "%Y%m%d%H%M%S", gmtime_r(&t, &tm));
		buf_printf(&xml,
		    "<programme start=\"%s\" stop=\"%s\" "
		    "channel=\"a\"><title>%d</title></programme>"
		    "<programme start=\"%s\" channel=\"b\"><title>%d</title></programme>",
		    start, stop, hours[i], start, hours[i]);
	}
	buf_str(&xml, "</tv>");
	ck_assert_int_eq(run(xml.data, "", "", args, &fd, &out), 0);
	ck_assert_msg(strstr(out.data, ";programmes=12;kept=7;") != NULL, "%s", out.data);
	close(fd);
	buf_release(&xml);
	buf_release(&out);
}
END_TEST

/* At most 100 complaints are told, and patterns that gave up. */
START_TEST(complaints_are_told)
{
	static const char *const args[] = { "all=1", NULL };
	struct buf xml = BUF_INIT(100000), out = BUF_INIT(100000);
	unsigned notes = 0;
	int fd;

	buf_str(&xml, "<tv>\n");
	for (int i = 0; i < 200; i++)
		buf_str(&xml,
		    "<programme start=\"20240101120000\" channel=\"a\"><title>A</desc>"
		    "</programme>\n");
	buf_str(&xml,
	    "<programme start=\"20240101120000\" channel=\"a\"><title>"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!</title></programme></tv>");
	ck_assert_int_eq(run(xml.data, "", "drop title /^(a+)+$/", args, &fd, &out), 0);
	for (const char *p = strchr(out.data, ';'); (p = strstr(p + 1, ": ")) != NULL;)
		notes++;
	ck_assert_msg(strstr(out.data, ";broken=200;") != NULL, "%s", out.data);
	ck_assert_msg(strstr(out.data, "0: a pattern of the rules took too long") != NULL, "%s",
	    out.data);
	ck_assert_uint_ge(notes, 101);
	ck_assert_ptr_nonnull(strstr(out.data, ";101: "));
	ck_assert_ptr_null(strstr(out.data, ";102: "));
	close(fd);
	buf_release(&xml);
	buf_release(&out);
}
END_TEST

static const struct {
	const char *guide, *wanted, *rules, *args[3], *said;
} bad[] = {
	{ "<tv/>", "", "", { "zone=Nowhere/Land" }, "failed: " },
	{ "<tv/>", "", "", { "zone" }, "failed: 'zone' is no argument of worker listings;" },
	{ "<tv/>", "", "", { "past=-1" }, "failed: 'past=-1' is no argument of worker listings;" },
	{ "<tv/>", "", "", { "past=" }, "failed: 'past=' is no argument of worker listings;" },
	{ "<tv/>", "", "", { "offsets=on" },
	    "failed: 'offsets=on' is no argument of worker listings;" },
	{ "<tv/>", "", "", { "all=yes" }, "failed: 'all=yes' is no argument of worker listings;" },
	{ "<tv/>", "x\n", "", { "all=0" },
	    "hello;failed: line 1 of what is wanted: fewer than 6 fields;" },
	{ "<tv/>", "", "\nkinds", { NULL },
	    "hello;failed: rule 1: it begins with none of drop, replace, category, set, without, "
	    "repeats;" },
	{ "<html></html>", "", "", { NULL }, "hello;failed: " },
	{ "", "", "", { NULL }, "hello;failed: " },
};

START_TEST(what_cannot_be_done_is_said)
{
	struct buf out = BUF_INIT(10000);
	struct listings *l;
	int fd;

	ck_assert_int_eq(run(bad[_i].guide, bad[_i].wanted, bad[_i].rules, bad[_i].args, &fd, &out),
	    1);
	ck_assert_msg(strncmp(out.data, bad[_i].said, strlen(bad[_i].said)) == 0, "%s", out.data);
	ck_assert_int_lt(listings_open(&l, fd, NULL), 0);
	close(fd);
	buf_release(&out);
}
END_TEST

UNIT_MAIN("worker_listings", UNIT_TEST(a_guide_becomes_listings),
    UNIT_TEST(all_channels_are_kept_when_asked_for),
    UNIT_TEST(times_are_meant_as_the_arguments_say), UNIT_TEST(what_is_long_over_is_not_kept),
    UNIT_TEST(complaints_are_told), UNIT_ROWS(what_cannot_be_done_is_said, ARRAY_LEN(bad)))
