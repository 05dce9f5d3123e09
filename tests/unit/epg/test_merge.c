#include "epg/merge.h"

#include <errno.h>

#include "base/buf.h"
#include "tests/unit/epg/lists.h"

#define ID          "one.uk"
#define SOURCES_MAX 3

/* Minutes since LIST_T0, as in lists.h; what a source gives is told by its place. */
static const struct row {
	const char *sources[SOURCES_MAX]; /* NULL: it has no such channel */
	_Bool fill;
	int from, to;
	const char *expected;
	unsigned filled;
} rows[] = {
	/* The first that has any is the only one. */
	{ { "0-60 A, 60-90 B", "0-200 X" }, 0, 0, 600, "0 0-60 A;0 60-90 B;", 0 },
	{ { NULL, "0-200 X" }, 0, 0, 600, "1 0-200 X;", 0 },
	{ { "", "0-200 X" }, 0, 0, 600, "1 0-200 X;", 0 },
	{ { "700-800 A", "0-200 X" }, 0, 0, 600, "1 0-200 X;", 0 },
	{ { NULL, NULL }, 0, 0, 600, "", 0 },
	/* What crosses an edge of the window is kept whole. */
	{ { "-60-0 A, -10-5 B, 5-10 C, 590-700 D, 700-800 E" }, 0, 0, 600,
	    "0 -10-5 B;0 5-10 C;0 590-700 D;", 0 },
	{ { "0-60 A, 600-660 B" }, 0, 60, 600, "", 0 },
	/* Gaps. */
	{ { "0-60 A, 120-180 B", "60-120 X" }, 1, 0, 180, "0 0-60 A;1 60-120 X;0 120-180 B;", 1 },
	{ { "0-60 A, 120-180 B", "60-120 X" }, 0, 0, 180, "0 0-60 A;0 120-180 B;", 0 },
	{ { "0-60 A, 120-180 B", "30-100 X, 100-150 Y" }, 1, 0, 180,
	    "0 0-60 A;1 100-120 Y;0 120-180 B;", 1 },
	{ { "0-60 A, 120-180 B", "0-300 X" }, 1, 0, 180, "0 0-60 A;0 120-180 B;", 0 },
	/* A hole of less than five minutes is none; nor is what fits only so much. */
	{ { "0-60 A, 64-180 B", "60-64 X" }, 1, 0, 180, "0 0-60 A;0 64-180 B;", 0 },
	{ { "0-60 A, 65-180 B", "60-65 X" }, 1, 0, 180, "0 0-60 A;1 60-65 X;0 65-180 B;", 1 },
	{ { "0-60 A, 120-180 B", "60-117 X, 117-150 Y" }, 1, 0, 180,
	    "0 0-60 A;1 60-117 X;0 120-180 B;", 1 },
	{ { "0-60 A, 120-180 B", "60-62 X, 62-120 Y" }, 1, 0, 180,
	    "0 0-60 A;1 60-62 X;1 62-120 Y;0 120-180 B;", 2 },
	/* Before the first and after the last. */
	{ { "60-120 A", "-30-30 W, 30-60 X, 120-170 Y, 170-300 Z, 300-310 N" }, 1, 0, 180,
	    "1 -30-30 W;1 30-60 X;0 60-120 A;1 120-170 Y;1 170-300 Z;", 4 },
	{ { "60-120 A", "-30-90 W" }, 1, 0, 180, "1 -30-60 W;0 60-120 A;", 1 },
	/* A third fills what the second leaves. */
	{ { "0-60 A, 180-240 B", "60-90 X", "60-100 P, 100-120 Q, 120-200 R" }, 1, 0, 240,
	    "0 0-60 A;1 60-90 X;2 100-120 Q;2 120-180 R;0 180-240 B;", 3 },
	{ { "0-60 A", NULL, "60-100 P" }, 1, 0, 240, "0 0-60 A;2 60-100 P;", 1 },
	{ { "", "60-100 P", "0-60 Q, 100-240 R" }, 1, 0, 240, "2 0-60 Q;1 60-100 P;2 100-240 R;",
	    2 },
};

struct merged {
	struct buf out;
	int stop_after; /* 0: never */
};

static int
tell(void *arg, unsigned source, const struct listings_programme *p)
{
	struct merged *m = arg;

	ck_assert_int_gt(p->body_len, 16);
	buf_printf(&m->out, "%u %ld-%ld %.*s;", source, (long)(p->start - LIST_T0) / 60,
	    (long)(p->stop - LIST_T0) / 60, (int)p->body_len - 16, p->body + 7);
	return m->stop_after > 0 && --m->stop_after == 0 ? -EINTR : 0;
}

static struct listings *
source_of(const char *programmes)
{
	int fd = unit_memory_file("");
	struct listings_writer *w = list_writer(fd);

	list_add_channel(w, "other", "Other", NULL);
	list_add(w, "other", "0-1000 Other");
	if (programmes != NULL) {
		list_add_channel(w, " ONE.uk ", "One", NULL);
		list_add(w, ID, programmes);
	}
	list_end(w);
	/* Its file stays open, for as long as the test's process. */
	return list_open(fd);
}

static void
merge_row(const struct row *row, int32_t source_shift, int32_t shift, int rc, struct merged *m,
    struct merge_counts *counts)
{
	struct merge_source sources[SOURCES_MAX];
	const struct merge_settings settings = { sources, SOURCES_MAX, LIST_T0 + row->from * 60,
		LIST_T0 + row->to * 60, row->fill, 300 };
	struct listings *listings[SOURCES_MAX];

	for (int i = 0; i < SOURCES_MAX; i++) {
		listings[i] = source_of(row->sources[i]);
		sources[i] = (struct merge_source){ listings[i], source_shift };
	}
	buf_init(&m->out, 10000);
	ck_assert_int_eq(merge_channel(&settings, ID, shift, tell, m, counts), rc);
	for (int i = 0; i < SOURCES_MAX; i++)
		listings_close(listings[i]);
}

START_TEST(sources_become_one_channel)
{
	struct merged m = { .stop_after = 0 };
	struct merge_counts counts;
	size_t given = 0;

	merge_row(&rows[_i], 0, 0, 0, &m, &counts);
	ck_assert_str_eq(m.out.data, rows[_i].expected);
	for (const char *p = rows[_i].expected; *p != '\0'; p++)
		given += *p == ';';
	ck_assert_uint_eq(counts.programmes, given);
	ck_assert_uint_eq(counts.filled, rows[_i].filled);
	buf_release(&m.out);
}
END_TEST

START_TEST(times_are_shifted_before_the_window_is_looked_at)
{
	const struct row row = { { "0-60 A, 60-120 B", "0-500 X" }, 0, 90, 600, "", 0 };
	struct merged m = { .stop_after = 0 };
	struct merge_counts counts;

	merge_row(&row, 3600, -1800, 0, &m, &counts);
	ck_assert_str_eq(m.out.data, "0 90-150 B;");
	buf_release(&m.out);
	merge_row(&row, -3600, -1800, 0, &m, &counts);
	ck_assert_str_eq(m.out.data, "1 -90-410 X;");
	buf_release(&m.out);
}
END_TEST

START_TEST(a_callback_that_fails_ends_it)
{
	const struct row row = { { "0-60 A, 120-180 B", "60-120 X" }, 1, 0, 600, "", 0 };

	for (int after = 1; after <= 3; after++) {
		struct merged m = { .stop_after = after };
		struct merge_counts counts;

		merge_row(&row, 0, 0, -EINTR, &m, &counts);
		ck_assert_uint_eq(counts.programmes, (unsigned)after);
		buf_release(&m.out);
	}
}
END_TEST

/* Any listings: what comes out is sorted, apart, in the window, and the first source's whole. */
START_TEST(what_comes_out_never_overlaps)
{
	uint32_t seed = (uint32_t)_i * 7919 + 1;
	char texts[SOURCES_MAX][4000];
	struct row row = { .fill = 1, .from = 200, .to = 1000 };
	struct merged m = { .stop_after = 0 };
	struct merge_counts counts;
	long last = -1000;
	unsigned first = 0, given = 0;

	for (int i = 0; i < SOURCES_MAX; i++) {
		long at = 0;
		size_t len = 0;

		texts[i][0] = '\0';
		while (at < 1200) {
			long start = at + (long)((seed = seed * 1664525 + 1013904223) >> 26);

			at = start + 1 + (long)((seed = seed * 1664525 + 1013904223) >> 26);
			len += (size_t)snprintf(texts[i] + len, sizeof(texts[i]) - len,
			    "%ld-%ld P,", start, at);
			first += i == 0 && start < row.to && at > row.from;
		}
		texts[i][len - 1] = '\0';
		row.sources[i] = texts[i];
	}
	merge_row(&row, 0, 0, 0, &m, &counts);
	for (const char *p = m.out.data; *p != '\0'; p = strchr(p, ';') + 1) {
		unsigned source;
		long start, stop;

		ck_assert_int_eq(sscanf(p, "%u %ld-%ld P;", &source, &start, &stop), 3);
		ck_assert_int_ge(start, last);
		ck_assert_int_gt(stop, start);
		ck_assert(start < row.to && stop > row.from);
		last = stop;
		given += source == 0;
	}
	ck_assert_uint_eq(given, first);
	ck_assert_uint_eq(counts.filled, counts.programmes - first);
	buf_release(&m.out);
}
END_TEST

UNIT_MAIN("merge", UNIT_ROWS(sources_become_one_channel, ARRAY_LEN(rows)),
    UNIT_TEST(times_are_shifted_before_the_window_is_looked_at),
    UNIT_TEST(a_callback_that_fails_ends_it), UNIT_ROWS(what_comes_out_never_overlaps, 100))
