#include "epg/guide_copy.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "base/err.h"
#include "unit.h"

static const char guide[] =
    "\xef\xbb\xbf<?xml version=\"1.0\"?>\n<!DOCTYPE tv SYSTEM \"xmltv.dtd\">\n"
    "<tv generator-info-name=\"x\">\n<channel id=\"1\"><display-name>One"
    "</display-name></channel>\n<channels/><programme start=\"1\" channel=\"1\">"
    "<title>A &lt; B</title></programme><programmes/>\n"
    "<programme\tstart=\"2\" channel=\"1\"><title/></programme></tv>\n\n";

static unsigned char packed[4096];

/* gzip of `text`, as `members` members one after another. */
static size_t
gzip(const char *text, size_t len, int members)
{
	size_t done = 0, out = 0;

	for (int i = 0; i < members; i++) {
		size_t n = i == members - 1 ? len - done : len / (size_t)members;
		z_stream z = { 0 };
		char copy[1024];

		memcpy(copy, text + done, n);
		ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, 0), Z_OK);
		z.next_in = (Bytef *)copy;
		z.avail_in = (unsigned)n;
		z.next_out = packed + out;
		z.avail_out = (unsigned)(sizeof(packed) - out);
		ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
		out = sizeof(packed) - z.avail_out;
		deflateEnd(&z);
		done += n;
	}
	return out;
}

/* Feeds in steps; on success the files' content and the counts are as expected of `guide`. */
static int
copy_in_steps(const void *data, size_t len, size_t step, struct err *err)
{
	int xml = memfd_create("xml", 0), gz = memfd_create("gz", 0), rc = 0;
	struct guide_copy *g = guide_copy_new(&guide_limits_default, xml, gz);
	char back[2048];

	for (size_t at = 0; rc == 0 && at < len; at += step)
		rc = guide_copy_feed(g, (const char *)data + at, len - at < step ? len - at : step,
		    err);
	if (rc == 0)
		rc = guide_copy_finish(g, err);
	if (rc == 0) {
		gzFile file;

		ck_assert_uint_eq(guide_copy_counts(g)->channels, 1);
		ck_assert_uint_eq(guide_copy_counts(g)->programmes, 2);
		ck_assert_int_eq(pread(xml, back, sizeof(back), 0), sizeof(guide) - 1);
		ck_assert_mem_eq(back, guide, sizeof(guide) - 1);
		lseek(gz, 0, SEEK_SET);
		file = gzdopen(dup(gz), "rb");
		ck_assert_int_eq(gzread(file, back, sizeof(back)), sizeof(guide) - 1);
		ck_assert_mem_eq(back, guide, sizeof(guide) - 1);
		gzclose(file);
	}
	guide_copy_free(g);
	close(xml);
	close(gz);
	return rc;
}

START_TEST(copies_plain_text_at_every_cut)
{
	for (size_t step = 1; step < sizeof(guide); step++) {
		struct err err = ERR_INIT;

		ck_assert_msg(copy_in_steps(guide, sizeof(guide) - 1, step, &err) == 0,
		    "step %zu: %s", step, err.text);
	}
}
END_TEST

START_TEST(copies_gzip_at_every_cut)
{
	size_t len = gzip(guide, sizeof(guide) - 1, _i + 1);

	for (size_t step = 1; step <= len; step++) {
		struct err err = ERR_INIT;

		ck_assert_msg(copy_in_steps(packed, len, step, &err) == 0, "step %zu: %s", step,
		    err.text);
	}
}
END_TEST

START_TEST(refuses_every_truncation)
{
	size_t len = gzip(guide, sizeof(guide) - 1, 1);

	for (size_t cut = 0; cut < len; cut++) {
		struct err err = ERR_INIT;

		ck_assert_int_eq(copy_in_steps(packed, cut, 7, &err), -EBADMSG);
	}
	/* "</tv>" and the two newlines end it; only the newlines may be missing. */
	for (size_t cut = 0; cut < sizeof(guide) - 1 - 2; cut++) {
		struct err err = ERR_INIT;

		ck_assert_int_eq(copy_in_steps(guide, cut, 7, &err), -EBADMSG);
	}
}
END_TEST

static const struct {
	const char *text, *error;
} bad[] = {
	{ "<html><body>login</body></html>", "is not XMLTV: it has no <tv>" },
	{ "<tvshow></tvshow>", "is not XMLTV: it has no <tv>" },
	{ "{\"error\":1}", "is not XMLTV: it has no <tv>" },
	{ "<tv></tv", "is cut short: it does not end with </tv>" },
	{ "\x1f\x8b rubbish", "broken gzip data: unknown compression method" },
};

START_TEST(says_what_is_wrong)
{
	struct err err = ERR_INIT;

	ck_assert_int_eq(copy_in_steps(bad[_i].text, strlen(bad[_i].text), 5, &err), -EBADMSG);
	ck_assert_str_eq(err.text, bad[_i].error);
}
END_TEST

START_TEST(stops_a_bomb)
{
	struct guide_limits limits = guide_limits_default;
	int xml = memfd_create("xml", 0), gz = memfd_create("gz", 0), rc;
	struct guide_copy *g;
	struct err err = ERR_INIT;
	z_stream z = { 0 };
	static unsigned char blanks[1 << 20], out[1 << 16];

	limits.input.ratio_free = 100000;
	g = guide_copy_new(&limits, xml, gz);
	memset(blanks, ' ', sizeof(blanks));
	memcpy(blanks, "<tv>", 4);
	ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, 0), Z_OK);
	z.next_in = blanks;
	z.avail_in = sizeof(blanks);
	z.next_out = out;
	z.avail_out = sizeof(out);
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	rc = guide_copy_feed(g, out, sizeof(out) - z.avail_out, &err);
	ck_assert_int_eq(rc, -EFBIG);
	ck_assert_str_eq(err.text, "gzip: more than 200 times its size");
	deflateEnd(&z);
	guide_copy_free(g);
	close(xml);
	close(gz);
}
END_TEST

UNIT_MAIN("guide_copy", UNIT_TEST(copies_plain_text_at_every_cut),
    UNIT_ROWS(copies_gzip_at_every_cut, 2), UNIT_TEST(refuses_every_truncation),
    UNIT_ROWS(says_what_is_wrong, ARRAY_LEN(bad)), UNIT_TEST(stops_a_bomb))
