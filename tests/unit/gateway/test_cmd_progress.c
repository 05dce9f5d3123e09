#include "gateway/cmd_progress.h"

#include <stdint.h>

#include "base/buf.h"
#include "unit.h"

#define KB 1000
#define MB 1000000

static const struct {
	const char *what, *unit;
	uint64_t took_ms, done, total;
	size_t columns;
	const char *want;
	size_t used;
} texts[] = {
	{ "g.xml", NULL, 2000, 3 * MB, 9 * MB, 80, "g.xml: 3.0 MB of 9.0 MB, 1.5 MB/s, 4 s left",
	    43 },
	{ "g.xml", NULL, 1500, 333 * KB, 2 * MB, 80, "g.xml: 333 kB of 2.0 MB, 222 kB/s, 8 s left",
	    43 },
	/* How much there is is not known. */
	{ "-", NULL, 2000, 3 * MB, 0, 80, "-: 3.0 MB, 1.5 MB/s", 19 },
	/* Nothing has come yet; all has; more than was told. */
	{ "g", NULL, 2000, 0, 9 * MB, 80, "g: 0 kB of 9.0 MB, 0 kB/s", 25 },
	{ "g", NULL, 2000, 9 * MB, 9 * MB, 80, "g: 9.0 MB of 9.0 MB, 4.5 MB/s", 29 },
	{ "g", NULL, 2000, 10 * MB, 9 * MB, 80, "g: 10.0 MB of 9.0 MB, 5.0 MB/s", 30 },
	{ "g", NULL, 0, 1 * MB, 0, 80, "g: 1.0 MB, 0 kB/s", 17 },
	{ "merging", "channels", 2000, 500, 2000, 80,
	    "merging: 500 channels of 2000 channels, 250 channels/s, 6 s left", 64 },
	/* The last column stays free; the name is what is cut. */
	{ "http://host/g.xml", NULL, 2000, 3 * MB, 0, 36, "http://host/g.xml: 3.0 MB, 1.5 MB/s",
	    35 },
	{ "http://host/g.xml", NULL, 2000, 3 * MB, 0, 35, "http://host/g.xm: 3.0 MB, 1.5 MB/s",
	    34 },
	{ "http://host/g.xml", NULL, 2000, 3 * MB, 0, 20, "h: 3.0 MB, 1.5 MB/s", 19 },
	{ "http://host/g.xml", NULL, 2000, 3 * MB, 0, 10, ": 3.0 MB,", 9 },
	{ "http://host/g.xml", NULL, 2000, 3 * MB, 0, 1, "", 0 },
	{ "http://host/g.xml", NULL, 2000, 3 * MB, 0, 0, "", 0 },
	/* Columns are not bytes, and no character is cut. */
	{ "f\xc3\xbcnf", NULL, 2000, 3 * MB, 0, 21, "f\xc3\xbc: 3.0 MB, 1.5 MB/s", 20 },
	{ "\xe5\x8f\xb0\xe7\x81\xa3", NULL, 2000, 3 * MB, 0, 22, "\xe5\x8f\xb0: 3.0 MB, 1.5 MB/s",
	    20 },
	{ "a\033[2J\xff", NULL, 2000, 3 * MB, 0, 80, "a\\x1b[2J\\xff: 3.0 MB, 1.5 MB/s", 30 },
	{ "g", NULL, 1000, UINT64_MAX, UINT64_MAX, 100,
	    "g: 18446744073709.6 MB of 18446744073709.6 MB, 18446744073709.6 MB/s", 68 },
};

START_TEST(a_line_has_amount_rate_and_time_left_in_its_columns)
{
	const struct cmd_progress p = { .what = texts[_i].what, .unit = texts[_i].unit };
	struct buf out = BUF_INIT(4096);
	size_t used = cmd_progress_text(&out, &p, texts[_i].took_ms, texts[_i].done,
	    texts[_i].total, texts[_i].columns);

	ck_assert_str_eq(out.data, texts[_i].want);
	ck_assert_uint_eq(used, texts[_i].used);
	buf_release(&out);
}
END_TEST

UNIT_MAIN("cmd_progress",
    UNIT_ROWS(a_line_has_amount_rate_and_time_left_in_its_columns, ARRAY_LEN(texts)))
