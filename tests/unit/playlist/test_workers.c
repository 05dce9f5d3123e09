#include "playlist/workers.h"

#include <errno.h>
#include <stdio.h>
#include <zlib.h>

#include "base/buf.h"
#include "tests/unit/playlist/lists.h"
#include "worker.h"

static int
file_with(const void *data, size_t len)
{
	int fd = unit_memory_file("");

	ck_assert_int_eq(write(fd, data, len), (ssize_t)len);
	return fd;
}

static int
catalogue_of(const void *data, size_t len, int out_fd, struct buf *out)
{
	static const char base[] = "http://h/lists/a.m3u?password=x";
	static const char *const none[] = { NULL };
	int fds[] = { file_with(data, len), out_fd, file_with(base, sizeof(base) - 1) };
	int status = worker_run(catalogue_worker, "catalogue", none, fds, 3, out);

	(void)close(fds[0]);
	(void)close(fds[2]);
	return status;
}

#define TEXT(t) (t), sizeof(t) - 1

static const char good[] = "#EXTM3U url-tvg=\"/guide.xml\"\n#EXTINF:-1,A\na b.ts\n"
			   "#EXTINF:-1,B\nplugin://x/\n#EXTINF:-1,C\nhttp://k/c.ts\n";

static void
check_good(int fd)
{
	struct catalogue_entry e;
	struct catalogue *c;

	ck_assert_int_eq(catalogue_open(&c, fd, NULL), 0);
	ck_assert_uint_eq(catalogue_count(c), 2);
	catalogue_get(c, 0, &e);
	ck_assert_str_eq(e.url, "http://h/lists/a%20b.ts");
	catalogue_get(c, 1, &e);
	ck_assert_str_eq(e.url, "http://k/c.ts");
	ck_assert_str_eq(catalogue_guide_url(c), "http://h/guide.xml");
	catalogue_close(c);
}

START_TEST(a_playlist_becomes_a_catalogue)
{
	struct buf out = BUF_INIT(10000);
	int fd = unit_memory_file("");

	ck_assert_int_eq(catalogue_of(TEXT(good), fd, &out), 0);
	ck_assert_str_eq(out.data,
	    "hello;5: a plugin:// address, which only Kodi understands;entries=2;bytes=101;"
	    "skipped=1;");
	check_good(fd);
	(void)close(fd);
	buf_release(&out);
}
END_TEST

START_TEST(a_playlist_may_be_gzip)
{
	struct buf out = BUF_INIT(10000);
	unsigned char packed[1000];
	z_stream z = { .next_out = packed, .avail_out = sizeof(packed) };
	char plain[sizeof(good)];
	int fd = unit_memory_file("");

	memcpy(plain, good, sizeof(good));
	z.next_in = (unsigned char *)plain;
	z.avail_in = sizeof(good) - 1;
	ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	ck_assert_int_eq(catalogue_of(packed, z.total_out, fd, &out), 0);
	check_good(fd);
	(void)close(fd);
	fd = unit_memory_file("");
	buf_clear(&out);
	ck_assert_int_eq(catalogue_of(packed, z.total_out - 1, fd, &out), 1);
	ck_assert_str_eq(out.data,
	    "hello;5: a plugin:// address, which only Kodi understands;"
	    "failed: the gzip data was cut off;");
	(void)close(fd);
	buf_release(&out);
}
END_TEST

static const struct {
	const char *text;
	size_t len;
	const char *said;
} bad[] = {
	{ TEXT(""), "hello;failed: the playlist is empty;" },
	{ TEXT("<html>"), "hello;failed: not an M3U playlist but a web page (HTML);" },
	{ TEXT("\0\0\0\0"), "hello;failed: the playlist is empty;" },
	{ TEXT("#EXTM3U\n"), "hello;failed: the playlist has no entries;" },
	{ TEXT("plugin://a/\n"),
	    "hello;1: a plugin:// address, which only Kodi understands;"
	    "failed: the playlist has no entry that can be used;" },
};

START_TEST(what_is_no_playlist_is_said)
{
	struct buf out = BUF_INIT(10000);
	int fd = unit_memory_file("");
	struct catalogue *c;

	ck_assert_int_eq(catalogue_of(bad[_i].text, bad[_i].len, fd, &out), 1);
	ck_assert_str_eq(out.data, bad[_i].said);
	ck_assert_int_eq(catalogue_open(&c, fd, NULL), -EBADMSG);
	(void)close(fd);
	buf_release(&out);
}
END_TEST

START_TEST(complaints_are_counted_when_they_are_too_many_to_tell)
{
	struct buf list = BUF_INIT(100000), out = BUF_INIT(100000);
	int fd = unit_memory_file("");
	unsigned notes = 0;

	buf_str(&list, "#EXTM3U\n#EXTINF:-1,A\nhttp://h/1\n");
	for (int i = 0; i < 1000; i++)
		buf_str(&list, "what is this\n");
	ck_assert_int_eq(catalogue_of(list.data, list.len, fd, &out), 0);
	for (const char *p = out.data; (p = strstr(p, "neither")) != NULL; p++)
		notes++;
	ck_assert_uint_eq(notes, 100);
	ck_assert_ptr_nonnull(strstr(out.data, "entries=1;"));
	ck_assert_ptr_nonnull(strstr(out.data, "skipped=1000;"));
	(void)close(fd);
	buf_release(&list);
	buf_release(&out);
}
END_TEST

/* The file of a catalogue of a playlist. */
static int
catalogue_file(const char *list)
{
	struct buf out = BUF_INIT(10000);
	int fd = unit_memory_file("");

	ck_assert_int_eq(catalogue_of(list, strlen(list), fd, &out), 0);
	buf_release(&out);
	return fd;
}

/* All that a lineup worker said, but for the hashes at its end. */
static void
assert_heard(const struct buf *out, const char *expected)
{
	const char *hashes = strstr(out->data, "wanted=");

	ck_assert_msg(hashes != NULL && strlen(expected) == (size_t)(hashes - out->data) &&
		strncmp(out->data, expected, strlen(expected)) == 0,
	    "%s", out->data);
}

START_TEST(catalogues_become_a_lineup_and_that_the_next)
{
	static const char *const args[] = { "a", "b", NULL };
	int first = unit_memory_file(""), second = unit_memory_file(""),
	    empty = unit_memory_file("");
	int one = catalogue_file("#EXTINF:-1,A\nhttp://h/1\n#EXTINF:-1,B\nhttp://h/2\n");
	int two = catalogue_file("#EXTINF:-1 tvg-id=\"c.uk\",C\nhttp://h/1\n"), fewer, fds[5];
	char wanted[256] = "";
	struct buf out = BUF_INIT(10000);
	struct lineup_channel channel;
	struct lineup *l;

	fds[0] = first;
	fds[1] = empty;
	fds[2] = unit_memory_file("");
	fds[3] = one;
	fds[4] = two;
	ck_assert_int_eq(worker_run(lineup_worker, "lineup", args, fds, 5, &out), 0);
	assert_heard(&out, "hello;channels=3;kept=0;added=3;gone=0;");
	ck_assert_int_gt(pread(fds[2], wanted, sizeof(wanted) - 1, 0), 0);
	ck_assert_ptr_nonnull(strstr(wanted, ".masthead\t1\t0\t\tA\t\n"));
	ck_assert_ptr_nonnull(strstr(wanted, ".masthead\t3\t0\tc.uk\tC\t\n"));
	fewer = catalogue_file("#EXTINF:-1,B\nhttp://h/2\n");
	fds[0] = second;
	fds[1] = first;
	fds[3] = fewer;
	ck_assert_int_eq(ftruncate(fds[2], 0), 0);
	ck_assert_int_eq(lseek(fds[2], 0, SEEK_SET), 0);
	buf_clear(&out);
	ck_assert_int_eq(worker_run(lineup_worker, "lineup", args, fds, 5, &out), 0);
	assert_heard(&out, "hello;channels=2;kept=2;added=0;gone=1;");
	ck_assert_int_eq(lineup_load(&l, second, NULL), 0);
	ck_assert(lineup_find_number(l, "3", &channel));
	ck_assert_str_eq(channel.name, "C");
	lineup_unref(l);
	for (size_t i = 0; i < 5; i++)
		(void)close(fds[i]);
	(void)close(empty);
	(void)close(one);
	buf_release(&out);
}
END_TEST

START_TEST(a_previous_lineup_that_is_broken_costs_no_channel)
{
	static const char *const args[] = { "a", NULL };
	int fds[] = { unit_memory_file(""), file_with(TEXT("not a lineup at all")),
		unit_memory_file(""), catalogue_file("#EXTINF:-1,A\nhttp://h/1\n") };
	struct buf out = BUF_INIT(10000);

	ck_assert_int_eq(worker_run(lineup_worker, "lineup", args, fds, 4, &out), 0);
	assert_heard(&out,
	    "hello;0: the previous lineup is not used: not a whole lineup;"
	    "channels=1;kept=0;added=1;gone=0;");
	for (size_t i = 0; i < 4; i++)
		(void)close(fds[i]);
	buf_release(&out);
}
END_TEST

START_TEST(a_catalogue_that_is_broken_is_named)
{
	static const char *const args[] = { "acme", NULL };
	int fds[] = { unit_memory_file(""), unit_memory_file(""), unit_memory_file(""),
		file_with(TEXT("not a catalogue")) };
	struct buf out = BUF_INIT(10000);

	ck_assert_int_eq(worker_run(lineup_worker, "lineup", args, fds, 4, &out), 1);
	ck_assert_str_eq(out.data, "hello;failed: catalogue of 'acme': not a whole catalogue;");
	for (size_t i = 0; i < 4; i++)
		(void)close(fds[i]);
	buf_release(&out);
}
END_TEST

UNIT_MAIN("workers", UNIT_TEST(a_playlist_becomes_a_catalogue), UNIT_TEST(a_playlist_may_be_gzip),
    UNIT_ROWS(what_is_no_playlist_is_said, ARRAY_LEN(bad)),
    UNIT_TEST(complaints_are_counted_when_they_are_too_many_to_tell),
    UNIT_TEST(catalogues_become_a_lineup_and_that_the_next),
    UNIT_TEST(a_previous_lineup_that_is_broken_costs_no_channel),
    UNIT_TEST(a_catalogue_that_is_broken_is_named))
