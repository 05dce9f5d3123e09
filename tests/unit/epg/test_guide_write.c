#include "epg/guide_write.h"

#include <errno.h>
#include <fcntl.h>

#include "base/buf.h"
#include "tests/unit/epg/guides.h"

static const struct guide_write_channel channels[] = {
	{ "00000000000000a1.masthead", "1", "One & Only", "http://l/1.png?a=1&b=2",
	    "<display-name>one.uk</display-name>\n"
	    "<display-name lang=\"en\">One &amp; Only</display-name>\n"
	    "<display-name>1</display-name>\n"
	    "<icon src=\"http://source/1.png\"/>\n"
	    "<url>http://one.example</url>\n" },
	{ "00000000000000a2.masthead", "2.1", "Two", "",
	    "<display-name>TWO</display-name>\n"
	    "<icon src=\"http://source/2.png\" width=\"10\"/>\n" },
	{ "00000000000000a3.masthead", "", "", "", "" },
	{ "00000000000000a4.masthead", "4", "", "", "" },
	{ "00000000000000a5.masthead", "", "Five", "", "" },
};

static const struct test_programme programmes[] = {
	{ 0, 0, 1, "", "<title lang=\"en\">A &amp; B</title>\n<desc>First.</desc>\n" },
	{ 0, 1, 2, " clumpidx=\"0/2\"", "<title>C</title>\n<category>News</category>\n" },
	{ 1, 0, 5, "", "<title>D</title>\n" },
	{ 4, 7, 1, "", "<title/>\n" },
};

static const struct test_guide guide = { channels, ARRAY_LEN(channels), programmes,
	ARRAY_LEN(programmes) };

static const char expected[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<tv generator-info-name=\"Masthead\">\n"
    "<channel id=\"00000000000000a1.masthead\">\n"
    "<display-name>1 One &amp; Only</display-name>\n"
    "<display-name>1</display-name>\n"
    "<display-name>One &amp; Only</display-name>\n"
    "<display-name>one.uk</display-name>\n"
    "<icon src=\"http://l/1.png?a=1&amp;b=2\"/>\n"
    "<url>http://one.example</url>\n"
    "</channel>\n"
    "<channel id=\"00000000000000a2.masthead\">\n"
    "<display-name>2.1 Two</display-name>\n"
    "<display-name>2.1</display-name>\n"
    "<display-name>Two</display-name>\n"
    "<display-name>TWO</display-name>\n"
    "<icon src=\"http://source/2.png\" width=\"10\"/>\n"
    "</channel>\n"
    "<channel id=\"00000000000000a3.masthead\">\n"
    "<display-name>00000000000000a3.masthead</display-name>\n"
    "</channel>\n"
    "<channel id=\"00000000000000a4.masthead\">\n"
    "<display-name>4</display-name>\n"
    "</channel>\n"
    "<channel id=\"00000000000000a5.masthead\">\n"
    "<display-name>Five</display-name>\n"
    "</channel>\n"
    "<programme start=\"20240101000000 +0000\" stop=\"20240101010000 +0000\""
    " channel=\"00000000000000a1.masthead\">\n"
    "<title lang=\"en\">A &amp; B</title>\n<desc>First.</desc>\n"
    "</programme>\n"
    "<programme start=\"20240101010000 +0000\" stop=\"20240101030000 +0000\""
    " channel=\"00000000000000a1.masthead\" clumpidx=\"0/2\">\n"
    "<title>C</title>\n<category>News</category>\n"
    "</programme>\n"
    "<programme start=\"20240101000000 +0000\" stop=\"20240101050000 +0000\""
    " channel=\"00000000000000a2.masthead\">\n"
    "<title>D</title>\n"
    "</programme>\n"
    "<programme start=\"20240101070000 +0000\" stop=\"20240101080000 +0000\""
    " channel=\"00000000000000a5.masthead\">\n"
    "<title/>\n"
    "</programme>\n"
    "<!-- ";

static const char end[] = " -->\n</tv>\n";

/* Inflates as readers do that stop at the end of the first member: it must be the end of all. */
static char *
gunzip(const char *packed, size_t len, size_t max, size_t *ret_len)
{
	char *text = malloc(max + 1), *copy = malloc(len);
	z_stream z = { .avail_in = (unsigned)len,
		.next_out = (unsigned char *)text,
		.avail_out = (unsigned)max };

	memcpy(copy, packed, len);
	z.next_in = (unsigned char *)copy;
	ck_assert_int_eq(inflateInit2(&z, 15 + 16), Z_OK);
	ck_assert_int_eq(inflate(&z, Z_FINISH), Z_STREAM_END);
	ck_assert_uint_eq(z.avail_in, 0);
	*ret_len = z.total_out;
	ck_assert_int_eq(inflateEnd(&z), Z_OK);
	free(copy);
	return text;
}

static void
expect_same_bytes(int a, int b)
{
	size_t a_len, b_len;
	char *a_text = unit_file_text(a, &a_len), *b_text = unit_file_text(b, &b_len);

	ck_assert_uint_gt(a_len, 0);
	ck_assert_uint_eq(a_len, b_len);
	ck_assert_mem_eq(a_text, b_text, a_len);
	free(a_text);
	free(b_text);
}

static void
expect_gzip_is_xml(const struct guide_files *f)
{
	size_t xml_len, packed_len, len;
	char *xml = unit_file_text(f->xml, &xml_len),
	     *packed = unit_file_text(f->gzip, &packed_len);
	char *text = gunzip(packed, packed_len, xml_len + 1, &len);

	ck_assert_uint_eq(len, xml_len);
	ck_assert_mem_eq(text, xml, xml_len);
	free(xml);
	free(packed);
	free(text);
}

START_TEST(writes_a_line_for_each_element_and_the_tag_at_the_end)
{
	struct guide_files f = guide_files_new();
	struct guide_write_counts counts = guide_write(&guide, &f, NULL, -1);
	size_t len, size = sizeof(expected) - 1;
	char *xml = unit_file_text(f.xml, &len);

	ck_assert_uint_eq(len, size + 16 + sizeof(end) - 1);
	ck_assert_str_eq(xml + size + 16, end);
	xml[size] = '\0';
	ck_assert_str_eq(xml, expected);
	ck_assert_uint_eq(counts.bytes, len);
	ck_assert_uint_eq(counts.channels, ARRAY_LEN(channels));
	ck_assert_uint_eq(counts.programmes, ARRAY_LEN(programmes));
	ck_assert_int_eq(counts.last, NEW_YEAR + 8 * 3600);
	ck_assert_uint_eq(counts.reused, 0);
	ck_assert(!counts.same);
	expect_gzip_is_xml(&f);
	free(xml);
	guide_files_close(&f);
}
END_TEST

START_TEST(a_guide_of_nothing_is_a_guide)
{
	struct guide_files f = guide_files_new();
	const struct test_guide none = { NULL, 0, NULL, 0 };
	struct guide_write_counts counts = guide_write(&none, &f, NULL, -1);
	struct guide_index *index = guide_open(&f);

	ck_assert_uint_eq(counts.channels, 0);
	ck_assert_int_eq(counts.last, 0);
	expect_gzip_is_xml(&f);
	guide_index_unref(index);
	guide_files_close(&f);
}
END_TEST

START_TEST(only_what_is_wanted_is_written)
{
	struct guide_files f = guide_files_new(), plain = guide_files_new();
	const struct guide_files only = { plain.xml, -1, -1 };

	(void)guide_write(&guide, &f, NULL, -1);
	ck_assert_uint_eq(guide_write(&guide, &only, NULL, -1).gzip_bytes, 0);
	expect_same_bytes(f.xml, plain.xml);
	guide_files_close(&f);
	guide_files_close(&plain);
}
END_TEST

/* -- pieces ------------------------------------------------------------------ */

#define MANY        20
#define PER_CHANNEL 60

static char many_ids[MANY][32];
static struct guide_write_channel many_channels[MANY];
static struct test_programme many_programmes[MANY * PER_CHANNEL];
static char bodies[2][PER_CHANNEL][9000];

/* Channels from a few hundred bytes to half a megabyte, around the buffer's size too. */
static struct test_guide
many(int changed)
{
	for (int i = 0; i < MANY; i++) {
		snprintf(many_ids[i], sizeof(many_ids[i]), "%d.masthead", i);
		many_channels[i] = (struct guide_write_channel){ many_ids[i], "", "N", "", "" };
		for (int k = 0; k < PER_CHANNEL; k++)
			many_programmes[i * PER_CHANNEL + k] = (struct test_programme){ i, k, 1, "",
				bodies[i == changed][(i * 7 + k * (i % 3)) % PER_CHANNEL] };
	}
	for (int b = 0; b < 2; b++) {
		for (int k = 0; k < PER_CHANNEL; k++) {
			size_t len = (size_t)(k * 150);
			int n = snprintf(bodies[b][k], 100, "<title>%d of %d</title>\n<desc>", k,
			    b);

			for (size_t j = 0; j < len; j++)
				bodies[b][k][(size_t)n + j] = (char)('a' + (j * j + j / 7) % 26);
			snprintf(bodies[b][k] + n + len, 20, "</desc>\n");
		}
	}
	return (struct test_guide){ many_channels, MANY, many_programmes, MANY * PER_CHANNEL };
}

START_TEST(the_pieces_of_unchanged_channels_are_copied)
{
	struct guide_files old = guide_files_new(), new = guide_files_new();
	struct test_guide g = many(-1);
	struct guide_index *old_index, *index;
	struct guide_write_counts counts = guide_write(&g, &old, NULL, -1);
	char *old_gzip = unit_file_text(old.gzip, NULL), *gzip;

	ck_assert_uint_eq(counts.reused, 0);
	expect_gzip_is_xml(&old);
	old_index = guide_open(&old);
	g = many(5);
	counts = guide_write(&g, &new, old_index, old.gzip);
	ck_assert_uint_eq(counts.reused, MANY - 1);
	ck_assert(!counts.same);
	expect_gzip_is_xml(&new);
	gzip = unit_file_text(new.gzip, NULL);
	index = guide_open(&new);
	for (uint32_t i = 0; i < MANY; i++) {
		struct guide_index_channel a, b;

		guide_index_get_channel(old_index, i, &a);
		guide_index_get_channel(index, i, &b);
		ck_assert_uint_eq(a.digest == b.digest, i != 5);
		if (i == 5)
			continue;
		ck_assert_uint_eq(a.piece_len, b.piece_len);
		ck_assert_mem_eq(old_gzip + a.piece, gzip + b.piece, a.piece_len);
	}
	free(gzip);
	free(old_gzip);
	guide_index_unref(index);
	guide_index_unref(old_index);
	guide_files_close(&old);
	guide_files_close(&new);
}
END_TEST

START_TEST(a_piece_is_raw_deflate_of_the_channels_programmes)
{
	struct guide_files f = guide_files_new();
	struct test_guide g = many(-1);
	struct guide_index *index;
	char *gzip;

	(void)guide_write(&g, &f, NULL, -1);
	gzip = unit_file_text(f.gzip, NULL);
	index = guide_open(&f);
	for (uint32_t i = 0; i < MANY; i++) {
		struct guide_index_channel c;
		struct guide_index_programme p;
		z_stream z = { 0 };
		unsigned char *text;

		guide_index_get_channel(index, i, &c);
		guide_index_get_programme(index, c.first, &p);
		text = malloc(c.xml_bytes + 1);
		ck_assert_int_eq(inflateInit2(&z, -15), Z_OK);
		z.next_in = (unsigned char *)gzip + c.piece;
		z.avail_in = (unsigned)c.piece_len;
		z.next_out = text;
		z.avail_out = (unsigned)c.xml_bytes + 1;
		ck_assert_int_eq(inflate(&z, Z_SYNC_FLUSH), Z_OK);
		ck_assert_uint_eq(z.avail_in, 0);
		ck_assert_uint_eq(z.total_out, c.xml_bytes);
		ck_assert_mem_eq(text, p.xml, c.xml_bytes);
		ck_assert_uint_eq(crc32(0, text, (unsigned)c.xml_bytes), c.crc);
		ck_assert_int_eq(inflateEnd(&z), Z_OK);
		free(text);
	}
	free(gzip);
	guide_index_unref(index);
	guide_files_close(&f);
}
END_TEST

START_TEST(the_same_guide_is_told)
{
	struct guide_files old = guide_files_new(), new = guide_files_new();
	struct guide_index *old_index;
	struct guide_write_counts counts;

	(void)guide_write(&guide, &old, NULL, -1);
	old_index = guide_open(&old);
	counts = guide_write(&guide, &new, old_index, old.gzip);
	ck_assert(counts.same);
	ck_assert_uint_eq(counts.reused, 3); /* those that have programmes */
	expect_same_bytes(old.gzip, new.gzip);
	guide_index_unref(old_index);
	guide_files_close(&old);
	guide_files_close(&new);
}
END_TEST

START_TEST(a_gzip_that_is_not_the_indexs_is_not_used)
{
	struct guide_files old = guide_files_new();
	struct guide_index *old_index;
	size_t len;
	char *gzip;

	(void)guide_write(&guide, &old, NULL, -1);
	old_index = guide_open(&old);
	gzip = unit_file_text(old.gzip, &len);
	for (int how = 0; how < 4; how++) {
		struct guide_files new = guide_files_new();
		struct guide_write_counts counts;
		int other = how == 0 ? -1 : unit_memory_file("");

		gzip[len - 5] ^= how == 2; /* the check sum */
		if (how > 0)
			ck_assert_int_ne(pwrite(other, gzip, how == 1 ? len - 1 : len, 0), -1);
		if (how == 3)
			ck_assert_int_eq(ftruncate(other, 0), 0);
		counts = guide_write(&guide, &new, old_index, other);
		ck_assert_uint_eq(counts.reused, 0);
		ck_assert(!counts.same);
		expect_gzip_is_xml(&new);
		if (other != -1)
			(void)close(other);
		guide_files_close(&new);
	}
	free(gzip);
	guide_index_unref(old_index);
	guide_files_close(&old);
}
END_TEST

/* -- what it refuses --------------------------------------------------------- */

START_TEST(what_cannot_be_in_a_guide_is_refused)
{
	const struct guide_write_channel nameless = { "", "1", "One", "", "" };
	struct guide_files f = guide_files_new();
	const struct guide_write_files files = { f.xml, f.gzip, f.index, NULL, -1, 0 };
	struct guide_writer *w = guide_writer_new(&files, NULL);
	struct err err = ERR_INIT;

	ck_assert_int_eq(guide_write_channel(w, &nameless, &err), -EINVAL);
	ck_assert_int_eq(guide_write_channel(w, &channels[0], &err), 0);
	ck_assert_int_eq(guide_write_begin(w, &err), 0);
	ck_assert_int_eq(write_programme(w, 5, 5, "", "", &err), -ERANGE);
	ck_assert_int_eq(write_programme(w, -1, 5, "", "", &err), -ERANGE);
	ck_assert_int_eq(write_programme(w, 1, INT64_C(1) << 32, "", "", &err), -ERANGE);
	ck_assert_int_eq(guide_write_begin(w, &err), -EINVAL);
	guide_writer_free(w);
	guide_files_close(&f);
}
END_TEST

START_TEST(a_guide_beyond_its_size_is_an_error)
{
	static const char body[] = "<title>As long as it is</title>\n";
	int xml = unit_memory_file("");
	const struct guide_write_files files = { xml, -1, -1, NULL, -1, 1u << 20 };
	const struct guide_write_channel channel = { "a", "1", "A", "", "" };
	struct listings_programme p = { .attrs = "", .body = body, .body_len = sizeof(body) - 1 };
	struct err err = ERR_INIT;
	struct guide_writer *w = guide_writer_new(&files, &err);
	struct stat st;
	int rc = 0;

	ck_assert_int_eq(guide_write_channel(w, &channel, &err), 0);
	ck_assert_int_eq(guide_write_begin(w, &err), 0);
	for (p.start = 0; rc == 0 && p.start < 20000 * 60; p.start += 60) {
		p.stop = p.start + 60;
		rc = guide_write_programme(w, &p, &err);
	}
	ck_assert_int_eq(rc, -EFBIG);
	ck_assert_str_eq(err.text,
	    "guide.xml would be more than 1 MiB: keep fewer channels in the "
	    "lineup, or fewer days in the guide");
	guide_writer_free(w);
	ck_assert_int_eq(fstat(xml, &st), 0);
	ck_assert_int_le(st.st_size, 1 << 20);
	(void)close(xml);
}
END_TEST

START_TEST(a_name_that_is_too_long_is_cut_between_characters)
{
	static char name[100001];
	const struct guide_write_channel c = { "x", "1", name, "", "" };
	const struct test_guide g = { &c, 1, NULL, 0 };
	struct guide_files f = guide_files_new();
	struct guide_index_channel got;
	struct guide_index *index;

	/* Two bytes each behind the first. */
	name[0] = 'x';
	for (size_t i = 1; i + 1 < sizeof(name); i++)
		name[i] = i % 2 == 1 ? '\xc3' : '\xa9';
	(void)guide_write(&g, &f, NULL, -1);
	index = guide_open(&f);
	guide_index_get_channel(index, 0, &got);
	ck_assert_uint_eq(strlen(got.name), 4095);
	ck_assert_int_eq((unsigned char)got.name[4094], 0xa9);
	expect_gzip_is_xml(&f);
	guide_index_unref(index);
	guide_files_close(&f);
}
END_TEST

START_TEST(a_full_disk_is_an_error)
{
	struct guide_files f = guide_files_new();
	struct guide_write_files files = { f.xml, f.gzip, f.index, NULL, -1, 0 };
	struct test_guide g = many(-1);

	for (int i = 0; i < 3; i++) {
		int full = open("/dev/full", O_RDWR | O_CLOEXEC);
		struct guide_write_counts counts;
		struct err err = ERR_INIT;
		struct guide_writer *w;
		int rc = 0;

		files.xml = i == 0 ? full : unit_memory_file("");
		files.gzip = i == 1 ? full : f.gzip;
		files.index = i == 2 ? full : f.index;
		w = guide_writer_new(&files, &err);
		write_channels(w, &g);
		for (int k = 0; k < MANY && rc == 0; k++) {
			rc = guide_write_begin(w, &err);
			for (int m = 0; m < PER_CHANNEL && rc == 0; m++) {
				const char *body = many_programmes[k * PER_CHANNEL + m].body;

				rc = write_programme(w, m, m + 1, "", body, &err);
			}
		}
		if (rc == 0)
			rc = guide_write_finish(w, &counts, &err);
		ck_assert_int_eq(rc, -ENOSPC);
		ck_assert_str_ne(err.text, "");
		guide_writer_free(w);
		(void)close(files.xml);
		if (i > 0)
			(void)close(full);
	}
	guide_files_close(&f);
}
END_TEST

/* -- the judge: a validating parser ------------------------------------------- */

START_TEST(what_is_written_is_valid_by_the_dtd)
{
	struct guide_files f = guide_files_new();

	(void)guide_write(&guide, &f, NULL, -1);
	expect_valid(f.xml);
	guide_files_close(&f);
}
END_TEST

UNIT_MAIN("guide_write", UNIT_TEST(writes_a_line_for_each_element_and_the_tag_at_the_end),
    UNIT_TEST(a_guide_of_nothing_is_a_guide), UNIT_TEST(only_what_is_wanted_is_written),
    UNIT_TEST(the_pieces_of_unchanged_channels_are_copied),
    UNIT_TEST(a_piece_is_raw_deflate_of_the_channels_programmes), UNIT_TEST(the_same_guide_is_told),
    UNIT_TEST(a_gzip_that_is_not_the_indexs_is_not_used),
    UNIT_TEST(what_cannot_be_in_a_guide_is_refused), UNIT_TEST(a_guide_beyond_its_size_is_an_error),
    UNIT_TEST(a_name_that_is_too_long_is_cut_between_characters),
    UNIT_TEST(a_full_disk_is_an_error), UNIT_TEST(what_is_written_is_valid_by_the_dtd))
