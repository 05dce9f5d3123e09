#include "epg/guide_index.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>

#include "base/buf.h"
#include "epg/guide_format.h"
#include "epg/guide_text.h"
#include "tests/unit/epg/guides.h"

static const struct guide_write_channel channels[] = {
	{ "b.masthead", "2", "Two", "", "" },
	{ "empty.masthead", "10", "None", "", "" },
	{ "a.masthead", "1", "One", "", "" },
	{ "c.masthead", "", "Three", "", "" },
};

static const struct test_programme programmes[] = {
	{ 0, 0, 1, "",
	    "<title lang=\"de\">\xc3\x84rzte &amp; &#220;ber&#x2013;Mut</title>\n"
	    "<title lang=\"en\">Doctors</title>\n"
	    "<desc>1 &lt; 2 &gt; 0 &quot;q&quot; &apos;a&apos; &bogus; &#xd800; &</desc>\n"
	    "<credits>\n<director>D</director>\n<actor role=\"R > 1\">A1</actor>\n"
	    "<actor>A2<image>http://i</image>\n</actor>\n</credits>\n"
	    "<category lang=\"en\">News</category>\n<category>Talk</category>\n"
	    "<icon src=\"http://h/?a=1&amp;b=2\" width=\"5\"/>\n<new/>\n"
	    "<rating system='x'>\n<value>12</value>\n<icon src=\"http://rating\"/>\n</rating>\n" },
	{ 0, 1, 1, "", "<title>News</title>\n" },
	{ 0, 3, 2, "", "<title>Late News</title>\n" },
	{ 2, 0, 24, "", "<title>NEWS at Caf\xc3\xa9 \xef\xbc\xa1</title>\n" },
	{ 3, 5, 1, "", "<title/>\n" },
	{ 3, 7, 1, "",
	    "<title>The \xe1\xba\x9e"
	    "ch\xc3\xb6ne &lt;b&gt; News</title>\n" },
};

static const struct test_guide guide = { channels, ARRAY_LEN(channels), programmes,
	ARRAY_LEN(programmes) };

static struct guide_files files;
static struct guide_index *guide_idx;

static void
begin(void)
{
	files = guide_files_new();
	(void)guide_write(&guide, &files, NULL, -1);
	guide_idx = guide_open(&files);
}

static void
finish(void)
{
	guide_index_unref(guide_idx);
	guide_files_close(&files);
}

/* -- what is in it ----------------------------------------------------------- */

START_TEST(tells_what_the_guide_is)
{
	struct guide_index_info info;
	struct stat xml, gzip;

	begin();
	guide_index_get_info(guide_idx, &info);
	ck_assert_int_eq(fstat(files.xml, &xml), 0);
	ck_assert_int_eq(fstat(files.gzip, &gzip), 0);
	ck_assert_uint_eq(info.bytes, (uint64_t)xml.st_size);
	ck_assert_uint_eq(info.gzip_bytes, (uint64_t)gzip.st_size);
	ck_assert_uint_eq(info.programmes, ARRAY_LEN(programmes));
	ck_assert_uint_eq(info.channels, ARRAY_LEN(channels));
	ck_assert_int_eq(info.first, NEW_YEAR);
	ck_assert_int_eq(info.last, NEW_YEAR + 24 * 3600);
	ck_assert_uint_ne(info.tag, 0);
	finish();
}
END_TEST

START_TEST(channels_and_programmes_are_where_they_are_in_the_xml)
{
	begin();
	for (uint32_t i = 0; i < ARRAY_LEN(channels); i++) {
		struct guide_index_channel c;
		static const char tag[] = "<channel id=\"";

		guide_index_get_channel(guide_idx, i, &c);
		ck_assert_str_eq(c.id, channels[i].id);
		ck_assert_str_eq(c.number, channels[i].number);
		ck_assert_str_eq(c.name, channels[i].name);
		ck_assert_mem_eq(c.xml, tag, sizeof(tag) - 1);
		ck_assert_mem_eq(c.xml + sizeof(tag) - 1, c.id, strlen(c.id));
		ck_assert_mem_eq(c.xml + c.xml_len - 11, "</channel>\n", 11);
	}
	for (uint32_t i = 0; i < ARRAY_LEN(programmes); i++) {
		struct guide_index_programme p;
		size_t len = strlen(programmes[i].body);

		guide_index_get_programme(guide_idx, i, &p);
		ck_assert_int_eq(p.start, NEW_YEAR + programmes[i].hour * 3600);
		ck_assert_int_eq(p.stop, p.start + programmes[i].hours * 3600);
		ck_assert_uint_eq(p.channel, (unsigned)programmes[i].channel);
		ck_assert_mem_eq(p.xml, "<programme start=\"", 18);
		ck_assert_mem_eq(p.xml + p.xml_len - 13, "</programme>\n", 13);
		ck_assert_mem_eq(p.xml + p.xml_len - 13 - len, programmes[i].body, len);
	}
	finish();
}
END_TEST

static const struct {
	const char *text;
	int channel; /* -1: none */
} finds[] = {
	{ "a.masthead", 2 },
	{ "b.masthead", 0 },
	{ "c.masthead", 3 },
	{ "empty.masthead", 1 },
	{ "1", 2 },
	{ "2", 0 },
	{ "10", 1 },
	{ "3", -1 },
	{ "", -1 },
	{ "A.masthead", -1 },
	{ "zzz", -1 },
};

START_TEST(a_channel_is_found_by_its_id_and_by_its_number)
{
	uint32_t i = 77;

	begin();
	ck_assert_int_eq(guide_index_find(guide_idx, finds[_i].text, &i), finds[_i].channel >= 0);
	if (finds[_i].channel >= 0)
		ck_assert_uint_eq(i, (unsigned)finds[_i].channel);
	finish();
}
END_TEST

static const struct {
	uint32_t channel;
	int64_t when; /* seconds from NEW_YEAR */
	uint32_t programme;
} ats[] = {
	{ 0, -5, 0 }, { 0, 0, 0 }, { 0, 3599, 0 }, { 0, 3600, 1 },
	{ 0, 2 * 3600 + 5, 2 },                     /* in the gap: the one after it */
	{ 0, 5 * 3600 - 1, 2 }, { 0, 5 * 3600, 3 }, /* none */
	{ 1, 0, 3 },                                /* none */
	{ 2, 1000, 3 }, { 3, 0, 4 }, { 3, 6 * 3600, 5 }, { 3, 9 * 3600, 6 }, /* none */
};

START_TEST(now_is_the_first_that_has_not_ended)
{
	struct guide_index_channel c;

	begin();
	guide_index_get_channel(guide_idx, ats[_i].channel, &c);
	ck_assert_uint_eq(guide_index_at(guide_idx, &c, NEW_YEAR + ats[_i].when),
	    ats[_i].programme);
	finish();
}
END_TEST

/* -- texts ------------------------------------------------------------------- */

static const struct {
	const char *element;
	unsigned nth;
	const char *attr;
	const char *text; /* NULL: there is none */
} texts[] = {
	{ "title", 0, NULL,
	    "\xc3\x84rzte & \xc3\x9c"
	    "ber\xe2\x80\x93Mut" },
	{ "title", 1, NULL, "Doctors" },
	{ "title", 2, NULL, NULL },
	{ "title", 1, "lang", "en" },
	{ "desc", 0, NULL, "1 < 2 > 0 \"q\" 'a' &bogus; &#xd800; &" },
	{ "sub-title", 0, NULL, NULL },
	{ "category", 1, NULL, "Talk" },
	{ "category", 0, "lang", "en" },
	{ "category", 1, "lang", NULL },
	{ "icon", 0, "src", "http://h/?a=1&b=2" },
	{ "icon", 0, "width", "5" },
	{ "icon", 1, "src", NULL }, /* the rating's is none of the programme's */
	{ "new", 0, NULL, "" },
	{ "ne", 0, NULL, NULL },
	{ "actor", 0, NULL, NULL },
	{ "credits/actor", 0, NULL, "A1" },
	{ "credits/actor", 0, "role", "R > 1" },
	{ "credits/actor", 1, NULL, "A2" },
	{ "credits/actor", 2, NULL, NULL },
	{ "rating/value", 0, NULL, "12" },
	{ "rating", 0, "system", "x" },
	{ "programme", 0, NULL, NULL },
};

START_TEST(texts_and_attributes_are_found_and_decoded)
{
	struct buf out = BUF_INIT(1000);
	struct guide_index_programme p;
	_Bool found;

	begin();
	guide_index_get_programme(guide_idx, 0, &p);
	found = texts[_i].attr == NULL
	    ? guide_index_text(&p, texts[_i].element, texts[_i].nth, &out)
	    : guide_index_attr(&p, texts[_i].element, texts[_i].nth, texts[_i].attr, &out);
	ck_assert_int_eq(found, texts[_i].text != NULL);
	if (found)
		ck_assert_str_eq(out.data, texts[_i].text);
	buf_release(&out);
	finish();
}
END_TEST

START_TEST(a_span_that_is_cut_anywhere_is_read_safely)
{
	struct guide_index_programme p;

	begin();
	guide_index_get_programme(guide_idx, 0, &p);
	for (size_t len = 0; len <= p.xml_len; len++) {
		/* In memory of its own, so that a sanitizer sees its end. */
		char *copy = malloc(len + (len == 0));
		const struct guide_index_programme cut = { .xml = copy, .xml_len = len };

		memcpy(copy, p.xml, len);
		for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
			struct buf out = BUF_INIT(1000);

			(void)guide_index_text(&cut, texts[i].element, texts[i].nth, &out);
			(void)guide_index_attr(&cut, texts[i].element, texts[i].nth, "src", &out);
			buf_release(&out);
		}
		free(copy);
	}
	finish();
}
END_TEST

static const struct {
	const char *text, *folded;
} folds[] = {
	{ "Plain TITLE 1", "plain title 1" }, { "\xc3\x89t\xc3\xa9", "ete" },
	{ "Stra\xc3\x9f"
	  "e",
	    "strasse" },
	{ "\xce\xa3\xce\xaf\xcf\x83\xcf\x85\xcf\x86\xce\xbf\xcf\x82",
	    "\xcf\x83\xce\xb9\xcf\x83\xcf\x85\xcf\x86\xce\xbf\xcf\x83" },
	{ "\xd0\x99\xd0\xbe\xd0\xb3\xd0\xb0", "\xd0\xb8\xd0\xbe\xd0\xb3\xd0\xb0" },
	{ "\xef\xbc\xa1\xef\xbc\xa2", "ab" }, /* full width */
	{ "a\xcc\x81", "a" },                 /* a mark of its own */
	{ "x\xff\xc3y", "xy" },               /* no UTF-8 */
};

START_TEST(case_and_accents_are_folded)
{
	struct buf out = BUF_INIT(1000);

	guide_fold(&out, folds[_i].text, strlen(folds[_i].text));
	ck_assert_str_eq(out.data, folds[_i].folded);
	buf_release(&out);
}
END_TEST

/* -- searches ---------------------------------------------------------------- */

static const struct {
	const char *words;
	const char *found; /* digits */
} searches[] = {
	{ "news", "1235" },
	{ "NEWS", "1235" },
	{ "  late\tnews ", "2" },
	{ "news late", "2" },
	{ "cafe", "3" },
	{ "caf\xc3\xa9 A", "3" },
	{ "arzte", "0" },
	{ "uber\xe2\x80\x93mut", "0" },
	{ "doctors", "0" },
	{ "doctors arzte", "0" },
	{ "ew", "1235" },
	{ "<b>", "5" },
	{ "ssch\xc3\xb6ne", "5" },
	{ "news nothing", "" },
	{ "", "" },
	{ " ", "" },
};

START_TEST(a_search_finds_all_words_in_any_order)
{
	uint32_t found[10], next = 77;
	size_t n;

	begin();
	n = guide_index_search(guide_idx, searches[_i].words, 0, found, ARRAY_LEN(found), &next);
	ck_assert_uint_eq(n, strlen(searches[_i].found));
	for (size_t i = 0; i < n; i++)
		ck_assert_uint_eq(found[i], (unsigned)(searches[_i].found[i] - '0'));
	ck_assert_uint_eq(next, ARRAY_LEN(programmes));
	finish();
}
END_TEST

START_TEST(a_search_goes_on_where_it_stopped)
{
	uint32_t found[2], next;

	begin();
	ck_assert_uint_eq(guide_index_search(guide_idx, "news", 0, found, 2, &next), 2);
	ck_assert_uint_eq(found[1], 2);
	ck_assert_uint_eq(next, 3);
	ck_assert_uint_eq(guide_index_search(guide_idx, "news", next, found, 2, &next), 2);
	ck_assert_uint_eq(found[1], 5);
	ck_assert_uint_eq(next, ARRAY_LEN(programmes));
	ck_assert_uint_eq(guide_index_search(guide_idx, "news", 100, found, 2, &next), 0);
	ck_assert_uint_eq(next, ARRAY_LEN(programmes));
	finish();
}
END_TEST

/* -- files that are not what they should be ------------------------------------ */

static int
load_copy(const char *index, size_t len, int xml, struct err *err)
{
	int fd = unit_memory_file(""), rc;
	struct guide_index *g;

	ck_assert_int_eq(pwrite(fd, index, len, 0), (ssize_t)len);
	rc = guide_index_load(&g, fd, xml, err);
	if (rc == 0) {
		struct guide_index_programme p;
		struct guide_index_info info;
		uint32_t next, ret[10];
		struct buf out = BUF_INIT(4096);

		/* What is taken can be used. */
		guide_index_get_info(g, &info);
		for (uint32_t i = 0; i < info.programmes; i++) {
			guide_index_get_programme(g, i, &p);
			(void)guide_index_text(&p, "title", 0, &out);
			buf_add(&out, p.xml, p.xml_len);
			buf_clear(&out);
		}
		(void)guide_index_search(g, "news", 0, ret, 10, &next);
		(void)guide_index_find(g, "a.masthead", &next);
		buf_release(&out);
		guide_index_unref(g);
	}
	(void)close(fd);
	return rc;
}

START_TEST(checks_in_slices_of_any_size)
{
	struct err err = ERR_INIT;

	begin();
	for (uint32_t rows = 1; rows < 20; rows++) {
		struct guide_index *g;
		uint32_t turns = 1;

		ck_assert_int_eq(guide_index_open(&g, files.index, files.xml, &err), 0);
		while (guide_index_check(g, rows, &err) == 1)
			turns++;
		ck_assert_int_eq(err.code, 0);
		/* Channels, their ends, their orders, programmes. */
		ck_assert_uint_eq(turns, (4 + 1 + 4 + 6 + rows - 1) / rows);
		guide_index_unref(g);
	}
	finish();
}
END_TEST

START_TEST(every_cut_of_the_index_is_refused)
{
	size_t len;
	char *index;

	begin();
	index = unit_file_text(files.index, &len);
	for (size_t cut = 0; cut < len; cut++)
		ck_assert_int_eq(load_copy(index, cut, files.xml, NULL), -EBADMSG);
	ck_assert_int_eq(load_copy(index, len, files.xml, NULL), 0);
	free(index);
	finish();
}
END_TEST

START_TEST(every_changed_byte_is_refused_or_harmless)
{
	static const unsigned char values[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
	size_t len;
	char *index;

	begin();
	index = unit_file_text(files.index, &len);
	for (size_t at = 0; at < len; at++) {
		char was = index[at];

		for (size_t i = 0; i < sizeof(values); i++) {
			struct err err = ERR_INIT;
			int rc;

			index[at] = (char)values[i];
			rc = load_copy(index, len, files.xml, &err);
			ck_assert(rc == 0 || (rc == -EBADMSG && err.text[0] != '\0'));
		}
		index[at] = was;
	}
	free(index);
	finish();
}
END_TEST

#define IN_HEADER(field)                                         \
	{                                                        \
#field, 0, offsetof(struct guide_header, field), \
		    sizeof(((struct guide_header *)0)->field)    \
	}
#define IN_CHANNEL(field)                                             \
	{                                                             \
#field, 1, offsetof(struct guide_channel_row, field), \
		    sizeof(((struct guide_channel_row *)0)->field)    \
	}
#define IN_ROW(field)                                         \
	{                                                     \
#field, 2, offsetof(struct guide_row, field), \
		    sizeof(((struct guide_row *)0)->field)    \
	}

/* Every field by which something is found: too large a value in the first row is seen. */
static const struct {
	const char *name;
	int table;
	size_t offset, size;
} fields[] = {
	IN_HEADER(magic),
	IN_HEADER(tag),
	IN_HEADER(bytes),
	IN_HEADER(gzip_bytes),
	IN_HEADER(first),
	IN_HEADER(last),
	IN_HEADER(head.offset),
	IN_HEADER(head.len),
	IN_HEADER(head.packed),
	IN_HEADER(head.packed_len),
	IN_HEADER(titles.offset),
	IN_HEADER(titles.len),
	IN_HEADER(texts.offset),
	IN_HEADER(texts.len),
	IN_HEADER(channels.offset),
	IN_HEADER(channels.len),
	IN_HEADER(ids.offset),
	IN_HEADER(ids.len),
	IN_HEADER(numbers.offset),
	IN_HEADER(numbers.len),
	IN_HEADER(programmes.offset),
	IN_HEADER(programmes.len),
	IN_CHANNEL(programmes.offset),
	IN_CHANNEL(programmes.len),
	IN_CHANNEL(programmes.packed),
	IN_CHANNEL(programmes.packed_len),
	IN_CHANNEL(xml),
	IN_CHANNEL(xml_len),
	IN_CHANNEL(id),
	IN_CHANNEL(first),
	IN_CHANNEL(count),
	IN_ROW(start),
	IN_ROW(at),
	IN_ROW(title),
};

START_TEST(a_field_that_points_outside_is_refused)
{
	struct err err = ERR_INIT;
	size_t len, at = fields[_i].offset;
	struct guide_header header;
	char *index;

	begin();
	index = unit_file_text(files.index, &len);
	memcpy(&header, index, sizeof(header));
	if (fields[_i].table == 1)
		at += header.channels.offset;
	else if (fields[_i].table == 2)
		at += header.programmes.offset;
	/* Large, aligned, and no -1 in a signed field. */
	memset(index + at, 0x70, fields[_i].size);
	ck_assert_msg(load_copy(index, len, files.xml, &err) == -EBADMSG, "%s", fields[_i].name);
	free(index);
	finish();
}
END_TEST

START_TEST(another_guides_xml_is_refused)
{
	struct guide_files other = guide_files_new();
	struct test_programme changed[ARRAY_LEN(programmes)];
	const struct test_guide g = { channels, ARRAY_LEN(channels), changed, ARRAY_LEN(changed) };
	struct err err = ERR_INIT;
	struct guide_index *got;

	begin();
	/* Of the same size: only the times differ. */
	memcpy(changed, programmes, sizeof(changed));
	changed[3].hour++;
	(void)guide_write(&g, &other, NULL, -1);
	ck_assert_int_eq(guide_index_load(&got, files.index, other.xml, &err), -EBADMSG);
	ck_assert_str_eq(err.text, "the guide and its index are not of one making");
	ck_assert_ptr_null(got);
	guide_files_close(&other);
	finish();
}
END_TEST

/* -- its speed ----------------------------------------------------------------- */

#define LARGE 500000

START_TEST(half_a_million_titles_are_searched_at_once)
{
	struct guide_files f = guide_files_new();
	const struct guide_write_files to = { f.xml, -1, f.index, NULL, -1, 0 };
	struct guide_writer *w = guide_writer_new(&to, NULL);
	struct guide_write_counts counts;
	struct guide_index_channel c;
	struct guide_index *g;
	uint32_t found[100], next;
	double begun, took;

	ck_assert_int_eq(guide_write_channel(w, &channels[0], NULL), 0);
	ck_assert_int_eq(guide_write_begin(w, NULL), 0);
	for (int i = 0; i < LARGE; i++) {
		char body[100];

		snprintf(body, sizeof(body), "<title>A title like any other %d</title>\n", i);
		ck_assert_int_eq(write_programme(w, i, i + 1, "", body, NULL), 0);
	}
	ck_assert_int_eq(guide_write_finish(w, &counts, NULL), 0);
	guide_writer_free(w);
	g = guide_open(&f);
	begun = unit_cpu_s();
	ck_assert_uint_eq(guide_index_search(g, "title 499999", 0, found, 100, &next), 1);
	took = unit_cpu_s() - begun;
	ck_assert_uint_eq(found[0], 499999);
	/* 50 ms are promised; a sanitizer takes its share. */
	ck_assert_msg(took < 0.5, "%.3f s", took);
	guide_index_get_channel(g, 0, &c);
	begun = unit_cpu_s();
	ck_assert_uint_eq(guide_index_at(g, &c, 123456), 123456);
	took = unit_cpu_s() - begun;
	ck_assert_msg(took < 0.01, "%.4f s", took);
	guide_index_unref(g);
	guide_files_close(&f);
}
END_TEST

UNIT_MAIN("guide_index", UNIT_TEST(tells_what_the_guide_is),
    UNIT_TEST(channels_and_programmes_are_where_they_are_in_the_xml),
    UNIT_ROWS(a_channel_is_found_by_its_id_and_by_its_number, ARRAY_LEN(finds)),
    UNIT_ROWS(now_is_the_first_that_has_not_ended, ARRAY_LEN(ats)),
    UNIT_ROWS(texts_and_attributes_are_found_and_decoded, ARRAY_LEN(texts)),
    UNIT_TEST(a_span_that_is_cut_anywhere_is_read_safely),
    UNIT_ROWS(case_and_accents_are_folded, ARRAY_LEN(folds)),
    UNIT_ROWS(a_search_finds_all_words_in_any_order, ARRAY_LEN(searches)),
    UNIT_TEST(a_search_goes_on_where_it_stopped), UNIT_TEST(checks_in_slices_of_any_size),
    UNIT_TEST(every_cut_of_the_index_is_refused),
    UNIT_TEST(every_changed_byte_is_refused_or_harmless),
    UNIT_ROWS(a_field_that_points_outside_is_refused, ARRAY_LEN(fields)),
    UNIT_TEST(another_guides_xml_is_refused), UNIT_TEST(half_a_million_titles_are_searched_at_once))
