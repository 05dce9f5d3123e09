#include "epg/listings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "epg/listings_format.h"
#include "epg/listings_parts.h"
#include "tests/unit/epg/lists.h"

#define T0 LIST_T0

/* A length of 0: none, else so many minutes. */
static void
add_long(struct listings_writer *w, const char *id, int64_t start, int64_t stop, const char *title,
    unsigned length)
{
	struct xmltv_entry e;
	char text[16];

	entry_begin(&e, XMLTV_PROGRAMME, id);
	e.start = start;
	e.stop = stop;
	entry_add(&e, XMLTV_TITLE, 1, title);
	if (length > 0) {
		(void)snprintf(text, sizeof(text), "%u", length);
		entry_add(&e, XMLTV_LENGTH, 1, text)->attrs[0] = entry_keep(&e, "minutes");
	}
	list_put(w, &e);
}

/* A line for each channel, and one for each programme: times from T0 in minutes. */
static void
show(struct buf *out, const struct listings *l)
{
	for (uint32_t i = 0; i < listings_channel_count(l); i++) {
		struct listings_channel c;

		listings_get_channel(l, i, &c);
		buf_printf(out, "[%s] %s", c.id, c.xml);
		if (c.xml[0] == '\0')
			buf_char(out, '\n');
		for (uint32_t k = 0; k < c.count; k++) {
			struct listings_programme p;

			listings_get_programme(l, c.first + k, &p);
			buf_printf(out, "%ld-%ld%.*s %.*s", (long)((p.start - T0) / 60),
			    (long)((p.stop - T0) / 60), (int)p.attrs_len, p.attrs, (int)p.body_len,
			    p.body);
		}
	}
}

static void
ck_shows(int fd, const char *expected)
{
	struct buf out = BUF_INIT(1u << 20);
	struct listings *l = list_open(fd);

	show(&out, l);
	ck_assert_str_eq(out.data, expected);
	listings_close(l);
	buf_release(&out);
	close(fd);
}

START_TEST(empty_listings_are_whole)
{
	int fd = unit_memory_file("");
	struct listings_counts counts = list_end(list_writer(fd));
	struct listings_channel c;
	struct listings *l = list_open(fd);

	ck_assert_uint_eq(listings_channel_count(l), 0);
	ck_assert(!listings_find(l, "a", &c));
	ck_assert_uint_eq(counts.channels + counts.programmes, 0);
	ck_assert_int_eq(counts.first + counts.last, 0);
	listings_close(l);
	close(fd);
}
END_TEST

START_TEST(what_was_added_is_read)
{
	int fd = unit_memory_file("");
	struct listings_writer *w = list_writer(fd);
	struct listings_counts counts;
	struct xmltv_entry e;

	list_add_programme(w, "late.tv", T0 + 3600, T0 + 7200, "Before its <channel>");
	list_add_channel(w, "one.tv", "One & only", "http://i/1.png");
	list_add_channel(w, "late.tv", "Late", NULL);
	list_add_programme(w, "one.tv", T0, T0 + 1800, "A");
	entry_begin(&e, XMLTV_PROGRAMME, "one.tv");
	e.start = T0 + 1800;
	e.stop = T0 + 3600;
	e.attrs[4] = entry_keep(&e, "0/\"1");
	list_put(w, &e);
	counts = list_end(w);
	ck_assert_uint_eq(counts.channels, 2);
	ck_assert_uint_eq(counts.programmes, 3);
	ck_assert_int_eq(counts.first, T0);
	ck_assert_int_eq(counts.last, T0 + 7200);
	ck_shows(fd,
	    "[late.tv] <display-name>Late</display-name>\n"
	    "60-120 <title>Before its &lt;channel&gt;</title>\n"
	    "[one.tv] <display-name>One &amp; only</display-name>\n"
	    "<icon src=\"http://i/1.png\"/>\n"
	    "0-30 <title>A</title>\n"
	    "30-60 clumpidx=\"0/&quot;1\" <title></title>\n");
}
END_TEST

START_TEST(channels_of_one_id_are_one)
{
	int fd = unit_memory_file("");
	struct listings_writer *w = list_writer(fd);

	list_add_channel(w, "A.tv", "One", "http://i/1.png");
	list_add_channel(w, "b.tv", "Bee", NULL);
	list_add_channel(w, "a.TV", "One", "http://i/1.png");
	list_add_channel(w, " a.tv ", "Uno", "http://i/2.png");
	list_add_channel(w, "b.tv", "Biene", NULL);
	list_add_channel(w, "\xc3\x84.tv", "Umlaut", NULL);
	list_add_channel(w, "\xc3\xa4.TV", "Umlaut", NULL);
	list_add_programme(w, "a.tv", T0, T0 + 60, "T");
	ck_assert_uint_eq(list_end(w).channels, 3);
	ck_shows(fd,
	    "[A.tv] <display-name>One</display-name>\n<display-name>Uno</display-name>\n"
	    "<icon src=\"http://i/1.png\"/>\n<icon src=\"http://i/2.png\"/>\n"
	    "0-1 <title>T</title>\n"
	    "[b.tv] <display-name>Bee</display-name>\n<display-name>Biene</display-name>\n"
	    "[\xc3\x84.tv] <display-name>Umlaut</display-name>\n");
}
END_TEST

/* Each is compared with all that is known, and leaves behind what was: both have an end. */
START_TEST(a_channel_of_many_parts_is_the_first_of_them)
{
	enum { CHANNELS = 40, PARTS = 80 };
	int fd = unit_memory_file("");
	struct listings_writer *w = list_writer(fd);
	struct listings *l;
	char id[16], name[1000];

	for (int i = 0; i < PARTS; i++) {
		for (int k = 0; k < CHANNELS; k++) {
			snprintf(id, sizeof(id), "%d.tv", k);
			snprintf(name, sizeof(name), i == 0 ? "%0900d" : "%d", i);
			list_add_channel(w, id, name, NULL);
		}
	}
	ck_assert_uint_eq(list_end(w).channels, CHANNELS);
	l = list_open(fd);
	for (int k = 0; k < CHANNELS; k++) {
		struct listings_channel c;
		size_t lines = 0;

		snprintf(id, sizeof(id), "%d.tv", k);
		ck_assert(listings_find(l, id, &c));
		ck_assert_str_eq(c.id, id);
		for (const char *p = c.xml; (p = strchr(p, '\n')) != NULL; p++)
			lines++;
		ck_assert_uint_eq(lines, 64);
		ck_assert_ptr_nonnull(strstr(c.xml, "<display-name>63</display-name>\n"));
	}
	listings_close(l);
	close(fd);
}
END_TEST

START_TEST(a_channel_is_found_without_regard_to_case_and_blanks)
{
	static const char *const known[] = { "BBC1.uk", "bbc1.UK", " BBC1.uk\t" };
	static const char *const unknown[] = { "BBC1", "BBC1.uk.", "", "x" };
	int fd = unit_memory_file("");
	struct listings_writer *w = list_writer(fd);
	struct listings_channel c;
	struct listings *l;

	list_add_channel(w, "x.tv", "X", NULL);
	list_add_channel(w, "BBC1.uk", "BBC One", NULL);
	list_end(w);
	l = list_open(fd);
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		ck_assert_msg(listings_find(l, known[i], &c), "%s", known[i]);
		ck_assert_str_eq(c.id, "BBC1.uk");
	}
	for (size_t i = 0; i < ARRAY_LEN(unknown); i++)
		ck_assert_msg(!listings_find(l, unknown[i], &c), "%s", unknown[i]);
	listings_close(l);
	close(fd);
}
END_TEST

/* -- settling ------------------------------------------------------------------ */

struct given {
	long start, stop; /* minutes from T0; a stop of -1: none */
	unsigned length;
	const char *title; /* NULL: no more */
};
static const struct {
	const char *label;
	struct given given[4];
	const char *shows;
	unsigned duplicates, clipped, dull;
} settled[] = {
	{ "as they are", { { 0, 30, 0, "a" }, { 30, 60, 0, "b" } }, "0-30 a, 30-60 b, ", 0, 0, 0 },
	{ "a hole stays", { { 0, 30, 0, "a" }, { 45, 60, 0, "b" } }, "0-30 a, 45-60 b, ", 0, 0, 0 },
	{ "out of order", { { 60, 90, 0, "b" }, { 0, 30, 0, "a" } }, "0-30 a, 60-90 b, ", 0, 0, 0 },
	{ "no stop: the next start", { { 0, -1, 0, "a" }, { 45, 60, 0, "b" } }, "0-45 a, 45-60 b, ",
	    0, 0, 0 },
	{ "no stop, the next too far away: an hour", { { 0, -1, 0, "a" }, { 361, 370, 0, "b" } },
	    "0-60 a, 361-370 b, ", 0, 0, 0 },
	{ "no stop, the next just near enough", { { 0, -1, 0, "a" }, { 360, 370, 0, "b" } },
	    "0-360 a, 360-370 b, ", 0, 0, 0 },
	{ "no stop, the next too far away: <length>", { { 0, -1, 95, "a" }, { 361, 370, 0, "b" } },
	    "0-95 a, 361-370 b, ", 0, 0, 0 },
	{ "no stop, the next start before <length>", { { 0, -1, 95, "a" }, { 90, 99, 0, "b" } },
	    "0-90 a, 90-99 b, ", 0, 0, 0 },
	{ "no stop, the last: <length>", { { 0, -1, 20, "a" } }, "0-20 a, ", 0, 0, 0 },
	{ "no stop, the last: an hour", { { 0, -1, 0, "a" } }, "0-60 a, ", 0, 0, 0 },
	{ "a <length> of more than a day is none", { { 0, -1, 1441, "a" } }, "0-60 a, ", 0, 0, 0 },
	{ "a long <length> ends where the next begins",
	    { { 0, -1, 1440, "a" }, { 400, 410, 0, "b" } }, "0-400 a, 400-410 b, ", 0, 1, 0 },
	{ "stop is start", { { 0, 0, 0, "a" }, { 10, 20, 0, "b" } }, "0-10 a, 10-20 b, ", 0, 0, 0 },
	{ "stop before start", { { 30, 10, 0, "a" } }, "30-90 a, ", 0, 0, 0 },
	{ "a day is possible", { { 0, 1440, 0, "a" } }, "0-1440 a, ", 0, 0, 0 },
	{ "more than a day is not", { { 0, 1441, 0, "a" }, { 50, 60, 0, "b" } },
	    "0-50 a, 50-60 b, ", 0, 0, 0 },
	{ "what overlaps ends earlier", { { 0, 40, 0, "a" }, { 30, 60, 0, "b" } },
	    "0-30 a, 30-60 b, ", 0, 1, 0 },
	{ "also when the next lies within", { { 0, 90, 0, "a" }, { 30, 60, 0, "b" } },
	    "0-30 a, 30-60 b, ", 0, 1, 0 },
	{ "of one start the richer stays",
	    { { 0, 30, 0, "a" }, { 0, 20, 0, "richer" }, { 0, 40, 0, "b" } }, "0-20 richer, ", 2, 0,
	    0 },
	{ "the richer has no stop", { { 0, 30, 0, "a" }, { 0, -1, 0, "richer" } }, "0-60 richer, ",
	    1, 0, 0 },
	{ "a time before 1970", { { -T0 / 60 - 5, 0, 0, "a" }, { 0, 9, 0, "b" } }, "0-9 b, ", 0, 0,
	    1 },
	{ "a time after 2105", { { 80000000, 80000009, 0, "a" } }, "", 0, 0, 1 },
};

START_TEST(times_are_settled)
{
	int fd = unit_memory_file("");
	struct listings_writer *w = list_writer(fd);
	struct buf out = BUF_INIT(10000);
	struct listings_channel c = { .count = 0 };
	struct listings_counts counts;
	struct listings *l;

	for (const struct given *g = settled[_i].given; g->title != NULL; g++)
		add_long(w, "a", T0 + g->start * 60, g->stop == -1 ? 0 : T0 + g->stop * 60,
		    g->title, g->length);
	counts = list_end(w);
	l = list_open(fd);
	(void)listings_find(l, "a", &c);
	for (uint32_t i = 0; i < c.count; i++) {
		struct listings_programme p;
		const char *title, *end;

		listings_get_programme(l, c.first + i, &p);
		title = p.body + strlen("<title>");
		end = memchr(title, '<', 100);
		buf_printf(&out, "%ld-%ld %.*s, ", (long)(p.start - T0) / 60,
		    (long)(p.stop - T0) / 60, (int)(end - title), title);
	}
	ck_assert_msg(strcmp(out.data, settled[_i].shows) == 0, "%s: %s", settled[_i].label,
	    out.data);
	ck_assert_msg(counts.duplicates == settled[_i].duplicates &&
		counts.clipped == settled[_i].clipped && counts.dull == settled[_i].dull,
	    "%s: %lu %lu %lu", settled[_i].label, (unsigned long)counts.duplicates,
	    (unsigned long)counts.clipped, (unsigned long)counts.dull);
	listings_close(l);
	buf_release(&out);
	close(fd);
}
END_TEST

static const struct {
	const char *text, *units;
	long minutes;
} lengths[] = {
	{ "90", "minutes", 90 },
	{ "120", "seconds", 2 },
	{ "2", "hours", 120 },
	{ "2", "days", 60 },
	{ "2", "", 60 },
	{ "", "hours", 60 },
	{ "0", "hours", 60 },
	{ "1.5", "hours", 60 },
	{ "-3", "hours", 60 },
	{ "9999999999999999999999", "seconds", 60 },
};

START_TEST(a_length_has_units)
{
	int fd = unit_memory_file("");
	struct listings_writer *w = list_writer(fd);
	struct listings_programme p;
	struct xmltv_entry e;
	struct xmltv_node *length;
	struct listings *l;

	entry_begin(&e, XMLTV_PROGRAMME, "a");
	e.start = T0;
	length = entry_add(&e, XMLTV_LENGTH, 1, lengths[_i].text);
	length->attrs[0] = entry_keep(&e, lengths[_i].units);
	list_put(w, &e);
	list_end(w);
	l = list_open(fd);
	listings_get_programme(l, 0, &p);
	ck_assert_int_eq(p.stop - p.start, lengths[_i].minutes * 60);
	listings_close(l);
	close(fd);
}
END_TEST

/* -- orders ---------------------------------------------------------------------- */

#define CHANNELS   97
#define PROGRAMMES 400

/* Some kilobytes now and then, so that the batches are several. */
static void
add_numbered(struct listings_writer *w, unsigned channel, unsigned n)
{
	char id[16], title[3000];

	(void)snprintf(id, sizeof(id), "%u", channel);
	memset(title, 'x', sizeof(title));
	(void)snprintf(title, sizeof(title), "%u %u", channel, n);
	if (n % 8 == 0)
		title[strlen(title)] = ' ';
	title[sizeof(title) - 1] = '\0';
	list_add_programme(w, id, T0 + n * 600, T0 + n * 600 + 600, title);
}

static void
add_all(struct listings_writer *w, int order)
{
	unsigned n;

	for (unsigned i = 0; i < CHANNELS * PROGRAMMES; i++) {
		switch (order) {
		case 0: add_numbered(w, i / PROGRAMMES, i % PROGRAMMES); break;
		case 1: add_numbered(w, i % CHANNELS, i / CHANNELS); break;
		case 2: add_numbered(w, i / PROGRAMMES, PROGRAMMES - 1 - i % PROGRAMMES); break;
		default: /* each once, with big steps between them */
			n = (unsigned)(i * 7919ul % (CHANNELS * PROGRAMMES));
			add_numbered(w, n % CHANNELS, n / CHANNELS);
		}
	}
}

/* By channel, by time, reversed, mixed: what is read is the same. */
START_TEST(the_order_of_a_source_does_not_matter)
{
	int fd = unit_memory_file("");
	struct listings_writer *w = list_writer(fd);
	struct listings_channel c;
	struct listings *l;
	char text[64];

	add_all(w, _i);
	ck_assert_uint_eq(list_end(w).programmes, CHANNELS * PROGRAMMES);
	l = list_open(fd);
	for (unsigned i = 0; i < CHANNELS; i++) {
		(void)snprintf(text, sizeof(text), "%u", i);
		ck_assert(listings_find(l, text, &c));
		ck_assert_uint_eq(c.count, PROGRAMMES);
		for (unsigned k = 0; k < PROGRAMMES; k++) {
			struct listings_programme p;

			listings_get_programme(l, c.first + k, &p);
			ck_assert_int_eq(p.start, T0 + k * 600);
			ck_assert_int_eq(p.stop, T0 + k * 600 + 600);
			(void)snprintf(text, sizeof(text), "<title>%u %u%c", i, k,
			    k % 8 == 0 ? ' ' : '<');
			ck_assert_msg(memcmp(p.body, text, strlen(text)) == 0, "%.40s", p.body);
		}
	}
	listings_close(l);
	close(fd);
}
END_TEST

static uint64_t
key(const struct listings_draft *row)
{
	return (uint64_t)row->group << 32 | row->start;
}

/* Of many sizes and kinds of keys: sorted, and the same rows. */
START_TEST(rows_are_sorted_in_place)
{
	static const uint64_t masks[] = { 0, 1, 0xff00, UINT64_MAX, 0xffffffff,
		UINT64_C(0x300000fff0) };
	static struct listings_draft rows[5000];

	for (size_t count = 0; count <= ARRAY_LEN(rows);
	     count = count < 40 ? count + 1 : count * 3) {
		for (size_t m = 0; m < ARRAY_LEN(masks); m++) {
			uint64_t before = 0, after = 0;

			for (size_t i = 0; i < count; i++) {
				uint64_t k = hash_fnv(HASH_FNV_INIT, &i, sizeof(i)) & masks[m];

				rows[i] = (struct listings_draft){ .start = (uint32_t)k,
					.group = (uint32_t)(k >> 32),
					.place = i };
				before += hash_sip(&rows[i], sizeof(rows[i]));
			}
			listings_sort(rows, count);
			for (size_t i = 0; i < count; i++) {
				after += hash_sip(&rows[i], sizeof(rows[i]));
				ck_assert(i == 0 || key(&rows[i - 1]) <= key(&rows[i]));
			}
			ck_assert_uint_eq(before, after);
		}
	}
}
END_TEST

/* -- files that are not what they should be ----------------------------------------- */

static int
small_listings(void)
{
	int fd = unit_memory_file("");
	struct listings_writer *w = list_writer(fd);

	list_add_channel(w, "a", "A&A", "http://i/");
	list_add_programme(w, "a", T0, T0 + 60, "One \"quoted\"");
	list_add_programme(w, "a", T0 + 60, T0 + 120, "Zw\xc3\xb6lf");
	list_add_channel(w, "b", "B", NULL);
	list_add_programme(w, "b", T0, T0 + 60, "Three");
	list_end(w);
	return fd;
}

START_TEST(a_file_that_is_not_finished_is_not_opened)
{
	int fd = unit_memory_file("");
	struct listings_writer *w = list_writer(fd);
	struct err err = ERR_INIT;
	struct listings *l;

	ck_assert_int_eq(listings_open(&l, fd, &err), -EBADMSG);
	ck_assert_str_eq(err.text, "not whole listings");
	add_all(w, 0);
	ck_assert_int_eq(listings_open(&l, fd, &err), -EBADMSG);
	ck_assert_str_eq(err.text, "not whole listings of this version");
	ck_assert_ptr_null(l);
	listings_writer_free(w);
	close(fd);
}
END_TEST

START_TEST(a_full_disk_is_said)
{
	int fd = memfd_create("full", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct listings_writer *w = list_writer(fd);
	struct listings_counts counts;
	struct err err = ERR_INIT;

	ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW), 0);
	list_add_programme(w, "a", T0, T0 + 60, "A");
	ck_assert_int_lt(listings_writer_finish(w, &counts, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.text, "write the snapshot: "));
	listings_writer_free(w);
	close(fd);
}
END_TEST

/* Whether the text is a sound record, and nothing else. */
static _Bool
is_sound(const char *text)
{
	const char *end = text + strlen(text) + 1;

	return listings_check_record(text, end) == end;
}

/* Every text that comes out can stand in a guide. */
static void
ck_harmless(const struct listings *l)
{
	for (uint32_t i = 0; i < listings_channel_count(l); i++) {
		struct listings_channel c;
		int64_t after = 0;

		listings_get_channel(l, i, &c);
		ck_assert_ptr_eq(listings_check_record(c.xml - 1, c.xml + strlen(c.xml) + 1),
		    c.xml + strlen(c.xml) + 1);
		for (uint32_t k = 0; k < c.count; k++) {
			struct buf record = BUF_INIT(10000);
			struct listings_programme p;

			listings_get_programme(l, c.first + k, &p);
			ck_assert(p.start >= after && p.stop > p.start);
			after = p.stop;
			buf_printf(&record, "p%.*s%.*s", (int)p.attrs_len, p.attrs, (int)p.body_len,
			    p.body);
			ck_assert(is_sound(record.data));
			buf_release(&record);
		}
	}
}

/* Cut anywhere, or with any one byte another: refused, or harmless. */
START_TEST(a_hostile_file_is_refused_or_harmless)
{
	static const char values[] = { 0, 1, '\n', '"', '&', '/', '<', '=', '>', 'a', 'i', 'p', 'x',
		0x7f, (char)0x80, (char)0xc3, (char)0xef, (char)0xff };
	int fd = small_listings(), copy = unit_memory_file(""), opened = 0;
	struct listings *l;
	size_t size;
	char *data = unit_file_text(fd, &size);

	for (off_t len = 0; len < (off_t)size; len++) {
		ck_assert_int_eq(pwrite(copy, data, size, 0), (ssize_t)size);
		ck_assert_int_eq(ftruncate(copy, len), 0);
		ck_assert_int_eq(listings_open(&l, copy, NULL), -EBADMSG);
	}
	ck_assert_int_eq(pwrite(copy, data, size, 0), (ssize_t)size);
	for (off_t at = 0; at < (off_t)size; at++) {
		for (size_t k = 0; k <= ARRAY_LEN(values); k++) {
			char byte = k < ARRAY_LEN(values) ? values[k] : (char)(data[at] ^ 1);

			ck_assert_int_eq(pwrite(copy, &byte, 1, at), 1);
			if (listings_open(&l, copy, NULL) == 0) {
				ck_harmless(l);
				listings_close(l);
				opened++;
			}
		}
		ck_assert_int_eq(pwrite(copy, data + at, 1, at), 1);
	}
	/* Letters for letters, times for times. */
	ck_assert_int_gt(opened, 100);
	free(data);
	close(fd);
	close(copy);
}
END_TEST

/* It costs that programme its text, and whoever asks is told. */
START_TEST(a_broken_text_is_not_given_out)
{
	static const char text[] = "<title>Three</title>";
	int fd = small_listings();
	struct listings_programme p;
	struct listings *l;
	size_t size;
	char *data = unit_file_text(fd, &size), *at = memmem(data, size, text, strlen(text));

	ck_assert_ptr_nonnull(at);
	ck_assert_int_eq(pwrite(fd, "<", 1, at - data + 8), 1);
	l = list_open(fd);
	for (uint32_t i = 0; i < 2; i++) {
		listings_get_programme(l, i, &p);
		ck_assert_uint_eq(listings_broken(l), 0);
	}
	listings_get_programme(l, 2, &p);
	ck_assert_uint_eq(listings_broken(l), 1);
	ck_assert_uint_eq(p.body_len, strlen("<title></title>\n"));
	ck_assert_int_eq(memcmp(p.body, "<title></title>\n", p.body_len), 0);
	listings_close(l);
	free(data);
	close(fd);
}
END_TEST

/* Else a small file would be a guide without end. */
START_TEST(programmes_that_share_a_text_are_refused)
{
	int fd = unit_memory_file("");
	struct listings_writer *w = list_writer(fd);
	struct listings_header header;
	struct err err = ERR_INIT;
	struct listings_row first = { 0 }, row;
	struct listings *l;
	char title[1000];

	memset(title, 'x', sizeof(title));
	title[sizeof(title) - 1] = '\0';
	for (int i = 0; i < 10; i++)
		list_add_programme(w, "a", T0 + i * 60, T0 + (i + 1) * 60, i == 0 ? title : "");
	list_end(w);
	ck_assert_int_eq(pread(fd, &header, sizeof(header), 0), sizeof(header));
	for (off_t i = 0; i < 10; i++) {
		off_t at = (off_t)header.programmes.offset + i * (off_t)sizeof(row);

		ck_assert_int_eq(pread(fd, &row, sizeof(row), at), sizeof(row));
		if (i == 0)
			first = row;
		row.place = first.place;
		row.size = first.size;
		ck_assert_int_eq(pwrite(fd, &row, sizeof(row), at), sizeof(row));
	}
	ck_assert_int_eq(listings_open(&l, fd, &err), -EBADMSG);
	ck_assert_str_eq(err.text, "broken listings: programmes that share their texts");
	close(fd);
}
END_TEST

UNIT_MAIN("listings", UNIT_TEST(empty_listings_are_whole), UNIT_TEST(what_was_added_is_read),
    UNIT_TEST(channels_of_one_id_are_one), UNIT_TEST(a_channel_of_many_parts_is_the_first_of_them),
    UNIT_TEST(a_channel_is_found_without_regard_to_case_and_blanks),
    UNIT_ROWS(times_are_settled, ARRAY_LEN(settled)),
    UNIT_ROWS(a_length_has_units, ARRAY_LEN(lengths)),
    UNIT_ROWS(the_order_of_a_source_does_not_matter, 4), UNIT_TEST(rows_are_sorted_in_place),
    UNIT_TEST(a_file_that_is_not_finished_is_not_opened), UNIT_TEST(a_full_disk_is_said),
    UNIT_TEST(a_hostile_file_is_refused_or_harmless), UNIT_TEST(a_broken_text_is_not_given_out),
    UNIT_TEST(programmes_that_share_a_text_are_refused))
