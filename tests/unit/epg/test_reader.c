#include "epg/reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "entries.h"

static const char guide[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<!DOCTYPE tv SYSTEM \"xmltv.dtd\">\n"
    "<tv generator-info-name=\"x\">\n"
    "  <channel id=\"one.tv\">\n"
    "    <display-name lang=\"en\">One &amp; Only</display-name>\n"
    "    <icon src='1.png?a=1&amp;b=2' />\n"
    "  </channel>\n"
    "  <programme start=\"20240101120000 +0100\" stop=\"20240101130000 +0100\" channel=\" one.tv "
    "\">\n"
    "    <title lang=\"en\">News &lt;live&gt;</title>\n"
    "    <desc>Two\n      lines,  &#233;t&#xe9; <![CDATA[& <more>]]></desc>\n"
    "    <!-- <title>no</title> -->\n"
    "    <credits><actor role=\"r\">A<image>i</image></actor></credits>\n"
    "    <live/><foo bar='1'/>\n"
    "  </programme>\n"
    "  <programme start=\"20240101130000 +0100\" "
    "channel=\"one.tv\"><title>Bad</titel></programme>\n"
    "  <programme start=\"20240101140000 +0100\" channel=\"one.tv\" clumpidx=\"0/1\"><title>Good"
    "</title></programme>\n"
    "  <programme start=\"soon\" channel=\"one.tv\"><title>When?</title></programme>\n"
    "  <programme start=\"2024\"><title>Where?</title></programme>\n"
    "  <programme start=\"20240101150000\" stop=\"later\" channel=\"one.tv\" extra=\"1\"/>\n"
    "</tv>\n";

static const char guide_entries[] = "channel id='one.tv'\n"
				    " display-name lang='en' =='One & Only'\n"
				    " icon src='1.png?a=1&b=2'\n"
				    "programme id='one.tv' 1704106800 to 1704110400\n"
				    " title lang='en' =='News <live>'\n"
				    " desc =='Two lines, \xc3\xa9t\xc3\xa9 & <more>'\n"
				    " credits\n"
				    "  actor role='r' =='A'\n"
				    "   image =='i'\n"
				    "programme id='one.tv' 1704114000 to 0 clumpidx='0/1'\n"
				    " title =='Good'\n"
				    "programme id='one.tv' 1704121200 to 0\n";

static const char guide_notes[] =
    "16: a programme is left out: </titel> stands where </title> should\n"
    "18: a programme without a start that can be read\n"
    "19: a programme without a channel\n";

START_TEST(reads_a_guide_at_every_cut)
{
	struct entries all;

	entries_init(&all);
	for (size_t step = 1; step <= sizeof(guide); step += step < 80 ? 1 : 37) {
		ck_assert_int_eq(entries_read(&all, guide, sizeof(guide) - 1, step), 0);
		ck_assert_str_eq(all.text.data, guide_entries);
		ck_assert_str_eq(all.notes.data, guide_notes);
	}
	ck_assert_uint_eq(all.counts.packed, sizeof(guide) - 1);
	ck_assert_uint_eq(all.counts.text.bytes, sizeof(guide) - 1);
	ck_assert_uint_eq(all.counts.text.channels, 1);
	ck_assert_uint_eq(all.counts.text.programmes, 6);
	ck_assert_uint_eq(all.counts.text.broken, 2);
	ck_assert_uint_eq(all.counts.kept, 3);
	ck_assert_uint_eq(all.counts.timeless, 1);
	ck_assert_uint_eq(all.counts.unknown, 3);
	ck_assert(all.counts.text.whole);
	entries_release(&all);
}
END_TEST

START_TEST(a_guide_that_is_cut_short_gives_its_whole_entries)
{
	struct entries all;
	size_t last = 0;

	entries_init(&all);
	for (size_t len = strlen("<?xml"); len < sizeof(guide) - 1; len++) {
		int rc = entries_read(&all, guide, len, len);

		ck_assert(rc == 0 || rc == -EBADMSG);
		ck_assert(len > sizeof(guide) - 3 || !all.counts.text.whole);
		/* A beginning of what all of it gives, and never less than of a shorter one. */
		ck_assert_msg(strncmp(all.text.data, guide_entries, all.text.len) == 0, "%zu: %s",
		    len, all.text.data);
		ck_assert_uint_ge(all.text.len, last);
		last = all.text.len;
	}
	ck_assert_uint_eq(last, strlen(guide_entries));
	entries_release(&all);
}
END_TEST

static _Bool
wants_two(void *arg, const char *id, size_t len)
{
	(void)arg;
	return len == 3 && memcmp(id, "two", 3) == 0;
}

START_TEST(what_nobody_wants_is_not_parsed)
{
	/* The first and the last are no XML at all. */
	static const char text[] =
	    "<tv><programme channel='one'><<a b=><</title></programme>"
	    "<programme start='2024' channel=' two '><title>T</title></programme>"
	    "<channel id='one'/><programme channel='three'></a></b></programme></tv>";
	struct entries all;

	entries_init(&all);
	all.wanted = wants_two;
	ck_assert_int_eq(entries_read(&all, text, strlen(text), 5), 0);
	ck_assert_str_eq(all.text.data,
	    "programme id='two' 1704067200 to 0\n title =='T'\nchannel id='one'\n");
	ck_assert_str_eq(all.notes.data, "");
	ck_assert_uint_eq(all.counts.text.broken, 0);
	ck_assert_uint_eq(all.counts.text.programmes, 3);
	ck_assert_uint_eq(all.counts.kept, 1);
	ck_assert_uint_lt(all.counts.parsed, 100);
	entries_release(&all);
}
END_TEST

/* -- packed and in other encodings ------------------------------------------------- */

START_TEST(reads_gzip_at_every_cut)
{
	static unsigned char packed[4096];
	z_stream z = { 0 };
	struct entries all;
	size_t len;

	ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, 0), Z_OK);
	z.next_in = (Bytef *)(uintptr_t)guide;
	z.avail_in = sizeof(guide) - 1;
	z.next_out = packed;
	z.avail_out = sizeof(packed);
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	len = sizeof(packed) - z.avail_out;
	deflateEnd(&z);
	entries_init(&all);
	for (size_t step = 1; step <= len; step += 7) {
		ck_assert_int_eq(entries_read(&all, (const char *)packed, len, step), 0);
		ck_assert_str_eq(all.text.data, guide_entries);
	}
	ck_assert_uint_eq(all.counts.packed, len);
	/* A cut one gives what it has, once it is known to be a guide. */
	ck_assert_int_eq(entries_read(&all, (const char *)packed, len - 20, 100), 0);
	ck_assert_uint_gt(all.text.len, 0);
	ck_assert_msg(strncmp(guide_entries, all.text.data, all.text.len) == 0, "%s",
	    all.text.data);
	ck_assert(!all.counts.text.whole);
	ck_assert_int_eq(entries_read(&all, (const char *)packed, len - 1, 100), 0);
	ck_assert_str_eq(all.text.data, guide_entries);
	ck_assert(!all.counts.text.whole);
	ck_assert_int_eq(entries_read(&all, (const char *)packed, 20, 100), -EBADMSG);
	ck_assert_str_eq(all.err.text, "the gzip data was cut off");
	entries_release(&all);
}
END_TEST

START_TEST(reads_utf16_and_latin1)
{
	static char wide[2 * sizeof(guide)];
	static const char latin[] = "<?xml version='1.0' encoding='ISO-8859-1'?><tv>"
				    "<channel id='\xe9'><display-name>\xc9t\xe9</display-name>"
				    "</channel></tv>";
	struct entries all;

	entries_init(&all);
	wide[0] = (char)0xff;
	wide[1] = (char)0xfe;
	for (size_t i = 0; i < sizeof(guide) - 1; i++)
		wide[2 * i + 2] = guide[i];
	ck_assert_int_eq(entries_read(&all, wide, 2 * sizeof(guide), 11), 0);
	ck_assert_str_eq(all.text.data, guide_entries);
	ck_assert_int_eq(entries_read(&all, latin, strlen(latin), 3), 0);
	ck_assert_str_eq(all.text.data,
	    "channel id='\xc3\xa9'\n display-name =='\xc3\x89t\xc3\xa9'\n");
	entries_release(&all);
}
END_TEST

/* -- entries that cost themselves -------------------------------------------------- */

#define START     "<programme start='2024' channel='c'>"
#define TAGS4     "<a><a><a><a>"
#define ATTRS8(x) " a" x "='' b" x "='' c" x "='' d" x "='' e" x "='' f" x "='' g" x "='' h" x "=''"

static const struct {
	const char *entry, *note; /* NULL: it is taken */
} costs[] = {
	{ START "<title>x</title></programme>", NULL },
	{ START "</title></programme>", "</title> stands where </programme> should" },
	{ START "<title></programme>", "</programme> stands where </title> should" },
	{ START "<title a='1' a='2'/></programme>", "Attribute a redefined" },
	{ START "<title a=1/></programme>", "AttValue: \" or ' expected" },
	{ START "<title a/></programme>", "Specification mandates value for attribute a" },
	{ START "<title a='1'b='2'/></programme>", "attributes construct error" },
	{ START "<title><b x='1'></title></programme>", "</title> stands where </b> should" },
	{ START "<title>a]]>b</title></programme>", NULL }, /* the prefilter's */
	{ START "<title>AT&T &nbsp; &foo;</title></programme>", NULL },
	{ "<channel><display-name>x</display-name></channel>", "it has no channel's id" },
	{ "<channel id=' '/>", "it has no channel's id" },
	{ START "<x:title y:z='1' xmlns:q='r' q:s='t'/></programme>", NULL },
	/* 16 within the entry's own are one too many. */
	{ START TAGS4 TAGS4 TAGS4
	    "<a><a><a></a></a></a></a></a></a></a></a></a></a></a></a></a></a>"
	    "</a></programme>",
	    NULL },
	{ START TAGS4 TAGS4 TAGS4 TAGS4
	    "</a></a></a></a></a></a></a></a></a></a></a></a></a></a></a>"
	    "</a></programme>",
	    "its elements are nested too deep" },
	{ START "<b" ATTRS8("1") ATTRS8("2") ATTRS8("3") ATTRS8("4") "/></programme>", NULL },
	{ START "<b" ATTRS8("1") ATTRS8("2") ATTRS8("3") ATTRS8("4") " i=''/></programme>",
	    "an element has too many attributes" },
	{ START "<b i=\"\n\"" ATTRS8("1") ATTRS8("2") ATTRS8("3") ATTRS8("4") "/></programme>",
	    "an element has too many attributes" },
};

START_TEST(a_broken_entry_costs_itself)
{
	struct buf in = BUF_INIT(1u << 16), expected = BUF_INIT(1u << 16);
	const char *note = costs[_i].note;
	struct entries all;

	entries_init(&all);
	buf_printf(&in, "<tv>\n<channel id='before'/>\n%s\n<channel id='after'/></tv>",
	    costs[_i].entry);
	for (size_t step = 1; step < 60; step += 13) {
		ck_assert_int_eq(entries_read(&all, in.data, in.len, step), 0);
		ck_assert_ptr_nonnull(strstr(all.text.data, "channel id='before'\n"));
		ck_assert_ptr_nonnull(strstr(all.text.data, "channel id='after'\n"));
		ck_assert_msg((strstr(all.text.data, "programme") != NULL) == (note == NULL),
		    "%s%s", all.text.data, all.notes.data);
		ck_assert_uint_eq(all.counts.text.broken, note != NULL);
		if (note != NULL)
			ck_assert_msg(strstr(all.notes.data, note) != NULL, "%s", all.notes.data);
		if (note != NULL)
			ck_assert_str_eq(strchr(all.notes.data, ':') - 1, all.notes.data);
	}
	entries_release(&all);
	buf_release(&in);
	buf_release(&expected);
}
END_TEST

START_TEST(a_note_tells_the_line_of_the_mistake)
{
	static const char text[] = "<tv>\n<programme start='2024' channel='c'>\n<title>a</title>\n"
				   "<desc>b\n</descr>\n</programme></tv>";
	struct entries all;

	entries_init(&all);
	ck_assert_int_eq(entries_read(&all, text, strlen(text), 9), 0);
	ck_assert_str_eq(all.notes.data,
	    "5: a programme is left out: </descr> stands where </desc> should\n");
	entries_release(&all);
}
END_TEST

/* Local times of the night in which 3:00 is 2:00 again: START-STOP, and what is made of them. */
static const struct {
	const char *times, *utc;
} autumn[] = {
	{ "0130- 0200- 0230- 0200- 0230- 0300-",
	    "2330-0000 0000-0000 0030-0000 0100-0000 0130-0000 0200-0000 " },
	{ "0130-0230 0230-0200 0200-0230 0230-0300", "2330-0030 0030-0100 0100-0130 0130-0200 " },
	{ "0200-0300 0300-0400", "0000-0200 0200-0300 " },
	{ "0300- 0230- 0200-", "0200-0000 0030-0000 0000-0000 " },
};

static int
add_times(void *arg, struct xmltv_entry *e, struct err *err)
{
	char start[XMLTIME_SIZE], stop[XMLTIME_SIZE];

	(void)err;
	xmltime_format(e->start, start);
	xmltime_format(e->stop, stop);
	buf_printf(arg, "%.4s-%.4s ", start + 8, stop + 8);
	return 0;
}

START_TEST(an_hour_that_comes_twice_goes_by_the_order)
{
	const struct reader_events events = { .entry = add_times, .note = entries_on_note };
	const struct xmltime_rules times = { .zoned = 1 };
	struct buf text = BUF_INIT(4096), out = BUF_INIT(4096);
	struct reader *r;

	if (access("/usr/share/zoneinfo/Europe/Berlin", R_OK) != 0)
		return;
	ck_assert_int_eq(xmltime_set_zone("Europe/Berlin", NULL), 0);
	ck_assert_ptr_nonnull(libxml_load(NULL));
	buf_str(&text, "<tv>");
	for (const char *p = autumn[_i].times; *p != '\0'; p += strcspn(p, " "), p += *p == ' ') {
		size_t stop = strcspn(p, " ") - 5;

		buf_printf(&text, "<programme channel='a' start='20261025%.4s'", p);
		if (stop > 0)
			buf_printf(&text, " stop='20261025%.4s'", p + 5);
		buf_str(&text, "></programme>");
	}
	buf_str(&text, "</tv>");
	r = reader_new(&reader_limits_default, &times, &events, &out);
	ck_assert_int_eq(reader_feed(r, text.data, text.len, NULL), 0);
	ck_assert_int_eq(reader_finish(r, NULL), 0);
	ck_assert_str_eq(out.data, autumn[_i].utc);
	reader_free(r);
	buf_release(&text);
	buf_release(&out);
}
END_TEST

START_TEST(the_line_is_told_behind_many_line_feeds)
{
	struct buf text = BUF_INIT(1u << 20);
	struct entries all;

	buf_str(&text, "<tv>");
	for (int i = 0; i < 100000; i++)
		buf_char(&text, '\n');
	buf_str(&text, "<programme channel='c'></programme></tv>");
	entries_init(&all);
	ck_assert_int_eq(entries_read(&all, text.data, text.len, text.len), 0);
	ck_assert_str_eq(all.notes.data, "100001: a programme without a start that can be read\n");
	entries_release(&all);
	buf_release(&text);
}
END_TEST

/* A programme of so many elements, and then some more that no guide has. */
static void
read_many(struct entries *all, const struct reader_limits *limits, int count, const char *more)
{
	struct buf in = BUF_INIT(1u << 16);

	buf_str(&in, "<tv>" START);
	for (int i = 0; i < count; i++)
		buf_str(&in, "<category>c</category>");
	buf_printf(&in, "%s</programme></tv>", more);
	ck_assert_int_eq(entries_read_with(all, limits, in.data, in.len, 50), 0);
	buf_release(&in);
}

START_TEST(an_entry_of_too_many_elements_is_left_out)
{
	struct reader_limits limits = reader_limits_default;
	struct entries all;

	entries_init(&all);
	limits.nodes_max = 10;
	for (int i = 0; i < 12; i++) {
		read_many(&all, &limits, i, "<a/><b/>");
		ck_assert_uint_eq(all.counts.kept, i <= 10);
	}
	read_many(&all, &limits, 11, "");
	ck_assert_str_eq(all.notes.data, "1: a programme is left out: it has too many elements\n");
	entries_release(&all);
}
END_TEST

static int
stop_at_second(void *arg, struct xmltv_entry *e, struct err *err)
{
	(void)e;
	return ++*(int *)arg == 2 ? err_set(err, ECANCELED, "enough") : 0;
}

static void
no_note(void *arg, uint32_t line, const char *text)
{
	(void)arg;
	(void)line;
	(void)text;
}

START_TEST(stops_when_the_callback_says_so)
{
	const struct reader_events events = { NULL, stop_at_second, no_note };
	const struct xmltime_rules times = { 0 };
	struct err err = ERR_INIT;
	int calls = 0;
	struct reader *r;

	ck_assert_ptr_nonnull(libxml_load(NULL));
	r = reader_new(&reader_limits_default, &times, &events, &calls);
	ck_assert_int_eq(reader_feed(r, guide, sizeof(guide) - 1, &err), -ECANCELED);
	ck_assert_str_eq(err.text, "enough");
	ck_assert_int_eq(calls, 2);
	reader_free(r);
}
END_TEST

/* -- bombs ------------------------------------------------------------------------- */

/*
 * What is hostile in how it goes on: entries of 60 KB, and of 1 MB, which are the largest that
 * are looked at; 4 MB of them.
 */
static const struct {
	const char *label, *open, *again, *close; /* %u: a number that is never the same */
	int rc;
} bombs[] = {
	{ "elements that never end", START, "<a>", "", 0 },
	{ "names that differ", START, "<n%u/>", "</programme>", 0 },
	{ "names that differ, for libxml2", START "<x:y/>", "<n%u/>", "</programme>", 0 },
	{ "attributes", START "<a", " n%u=''", "/></programme>", 0 },
	{ "attributes, for libxml2", START "<a x:y='1'", " n%u=''", "/></programme>", 0 },
	{ "attributes of many elements", START "<x:y/>", "<a a='' b='' c='' d='' e='' f=''/>",
	    "</programme>", 0 },
	{ "name spaces", START "<a", " xmlns:n%u=''", "/></programme>", 0 },
	{ "channels that libxml2 refuses", "", "<channel id='a' id='b'/>", "", 0 },
	{ "channels without an id", "", "<channel id=''/>", "", 0 },
	{ "one mistake after the other", START, "<a b b b>", "</programme>", 0 },
	{ "one bad value after the other", START, "<a b='&#0;'>", "</programme>", 0 },
	{ "text between elements", START "<credits><actor>aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    "<url>u</url>b", "</actor></credits></programme>", 0 },
	{ "text between elements, for libxml2",
	    START "<x:y/><credits><actor>aaaaaaaaaaaaaaaaaaaaaaa", "<url>u</url>b",
	    "</actor></credits></programme>", 0 },
	{ "references", START "<title>", "&#38;", "</title></programme>", 0 },
	{ "references in a value", START "<x:y/><title lang='", "&#38;&amp;", "'/></programme>",
	    0 },
	{ "ampersands in a text", START "<title>", "&", "</title></programme>", -EFBIG },
	{ "ampersands in a value", START "<a b='", "&", "'/></programme>", -EFBIG },
	{ "comments", START, "<!--", "</programme>", 0 },
	{ "brackets", START "<title>", "]]>", "</title></programme>", 0 },
	{ "quotes", START "<a b=\"", "' <", "\"/></programme>", 0 },
	{ "less-thans", START, "<", "</programme>", 0 },
	{ "blanks", START "<title>a", " ", "</title></programme>", 0 },
	{ "wide characters", START "<x:y/><title>a", "\xe2\x82\xac", "</title></programme>", 0 },
};

static void
add_numbered(struct buf *out, const char *text)
{
	static unsigned n;
	const char *number = strstr(text, "%u");

	if (number == NULL) {
		buf_str(out, text);
		return;
	}
	buf_add(out, text, (size_t)(number - text));
	buf_printf(out, "%u%s", n++, number + 2);
}

static void
make_bomb(struct buf *out, size_t row, size_t entry)
{
	buf_clear(out);
	buf_str(out, "<tv>");
	while (out->len < (4u << 20)) {
		size_t from = out->len;

		buf_str(out, bombs[row].open);
		while (out->len - from < entry - 200)
			add_numbered(out, bombs[row].again);
		buf_str(out, bombs[row].close);
	}
	buf_str(out, "</tv>");
}

#ifdef __SANITIZE_ADDRESS__
#define BOMB_S 10
#else
#define BOMB_S 2
#endif

START_TEST(a_bomb_takes_no_more_time_than_its_size_is_worth)
{
	static const size_t sizes[] = { 60000, 1000000 };
	struct buf in = BUF_INIT(16u << 20);
	struct entries all;

	entries_init(&all);
	all.notes.max = 64u << 20;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		double before;
		int rc;

		make_bomb(&in, (size_t)_i, sizes[i]);
		before = unit_cpu_s();
		rc = entries_read(&all, in.data, in.len, 64u << 10);
		ck_assert_msg(unit_cpu_s() - before < BOMB_S, "%s: %g s", bombs[_i].label,
		    unit_cpu_s() - before);
		ck_assert_msg(rc == 0 || rc == bombs[_i].rc, "%s: %d %s", bombs[_i].label, rc,
		    all.err.text);
		if (getenv("BOMBS") != NULL)
			printf("%-40s %7zu %.3f s, %d %s\n", bombs[_i].label, sizes[i],
			    unit_cpu_s() - before, rc, all.err.text);
	}
	entries_release(&all);
	buf_release(&in);
}
END_TEST

static const struct {
	const char *text, *error;
} refused[] = {
	{ "<!DOCTYPE tv [<!ENTITY a '0123456789'><!ENTITY b '&a;&a;&a;'>]><tv>&b;</tv>",
	    "its DTD declares the entity 'a', which is no single character" },
	{ "<!DOCTYPE tv [<!ENTITY a SYSTEM 'file:///etc/hostname'>]><tv>&a;</tv>",
	    "its DTD declares the entity 'a', which is no single character" },
	{ "<channel id='a'/>", "not XMLTV: it begins with <channel>, not with <tv>" },
};

START_TEST(what_is_no_guide_is_refused)
{
	struct entries all;

	entries_init(&all);
	ck_assert_int_eq(entries_read(&all, refused[_i].text, strlen(refused[_i].text), 7),
	    -EBADMSG);
	ck_assert_str_eq(all.err.text, refused[_i].error);
	entries_release(&all);
}
END_TEST

UNIT_MAIN("reader", UNIT_TEST(reads_a_guide_at_every_cut),
    UNIT_TEST(a_guide_that_is_cut_short_gives_its_whole_entries),
    UNIT_TEST(what_nobody_wants_is_not_parsed), UNIT_TEST(reads_gzip_at_every_cut),
    UNIT_TEST(reads_utf16_and_latin1), UNIT_ROWS(a_broken_entry_costs_itself, ARRAY_LEN(costs)),
    UNIT_TEST(a_note_tells_the_line_of_the_mistake),
    UNIT_TEST(the_line_is_told_behind_many_line_feeds),
    UNIT_ROWS(an_hour_that_comes_twice_goes_by_the_order, ARRAY_LEN(autumn)),
    UNIT_TEST(an_entry_of_too_many_elements_is_left_out),
    UNIT_TEST(stops_when_the_callback_says_so),
    UNIT_ROWS(a_bomb_takes_no_more_time_than_its_size_is_worth, ARRAY_LEN(bombs)),
    UNIT_ROWS(what_is_no_guide_is_refused, ARRAY_LEN(refused)))
