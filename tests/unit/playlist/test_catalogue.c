#include "playlist/catalogue.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "playlist/m3u.h"
#include "unit.h"

static int
add_entry(const struct m3u_entry *entry, void *arg)
{
	return catalogue_add(arg, entry, NULL);
}

/* The snapshot of a playlist. */
static int
snapshot_of(const char *list)
{
	int fd = unit_memory_file("");
	struct catalogue_writer *w = catalogue_writer_new(fd);
	struct m3u_reader *r = m3u_reader_new(&m3u_limits_default, add_entry, NULL, w);

	ck_assert_int_eq(m3u_reader_feed(r, list, strlen(list), NULL), 0);
	ck_assert_int_eq(m3u_reader_finish(r, NULL), 0);
	ck_assert_int_eq(catalogue_finish(w, m3u_reader_header(r)->guide_url, NULL), 0);
	m3u_reader_free(r);
	catalogue_writer_free(w);
	return fd;
}

static const char list[] =
    "#EXTM3U url-tvg=\"http://g/x.xml\"\n"
    "#EXTINF:-1 tvg-id=\"a\" tvg-name=\"A\" tvg-logo=\"http://l/a.png\" tvg-chno=\"5.1\" "
    "group-title=\"News\" catchup=\"default\" radio=\"true\",One\n"
    "#EXTVLCOPT:http-user-agent=VLC/3\n#EXTVLCOPT:http-referrer=http://r/\nhttp://h/1\n"
    "#EXTINF:-1 tvg-id=\"\" tvg-name=\"Two\",Two\n#EXTGRP:Old\nhttp://h/2\n"
    "#EXTINF:-1,Three\n#EXTGRP:Old\nhttp://h/3\nhttp://h/four.ts\n";

static void
show(struct buf *out, const struct catalogue *c)
{
	for (uint32_t i = 0; i < catalogue_count(c); i++) {
		struct catalogue_entry e;

		catalogue_get(c, i, &e);
		buf_printf(out, "%u: %s -> %s|%s|%s|%s|%s|%s|%s|%s|%s|%d", e.line, e.name, e.url,
		    e.tvg_id, e.tvg_name, e.logo, e.chno, e.group, e.directives, e.headers,
		    e.user_agent, e.radio);
		for (const char *p = e.attrs; *p != '\0';) {
			buf_printf(out, " %s=", p);
			p += strlen(p) + 1;
			buf_str(out, p);
			p += strlen(p) + 1;
		}
		buf_char(out, '\n');
	}
}

START_TEST(keeps_everything_of_an_entry)
{
	struct buf out = BUF_INIT(10000);
	struct catalogue *c;
	int fd = snapshot_of(list);

	ck_assert_int_eq(catalogue_open(&c, fd, NULL), 0);
	ck_assert_str_eq(catalogue_guide_url(c), "http://g/x.xml");
	show(&out, c);
	ck_assert_str_eq(out.data,
	    "5: One -> http://h/1|a|A|http://l/a.png|5.1|News|#EXTVLCOPT:http-user-agent=VLC/3\n"
	    "#EXTVLCOPT:http-referrer=http://r/\n|Referer: http://r/\n|VLC/3|1 tvg-id=a tvg-name=A "
	    "tvg-logo=http://l/a.png tvg-chno=5.1 group-title=News catchup=default radio=true\n"
	    "8: Two -> http://h/2||Two|||Old||||0 tvg-id= tvg-name=Two\n"
	    "11: Three -> http://h/3|||||Old||||0\n"
	    "12: four.ts -> http://h/four.ts|||||||||0\n");
	catalogue_close(c);
	close(fd);
	buf_release(&out);
}
END_TEST

START_TEST(an_empty_catalogue_is_whole)
{
	int fd = unit_memory_file("");
	struct catalogue_writer *w = catalogue_writer_new(fd);
	struct catalogue *c;

	ck_assert_int_eq(catalogue_finish(w, "", NULL), 0);
	ck_assert_int_eq(catalogue_open(&c, fd, NULL), 0);
	ck_assert_uint_eq(catalogue_count(c), 0);
	ck_assert_str_eq(catalogue_guide_url(c), "");
	catalogue_close(c);
	catalogue_writer_free(w);
	close(fd);
}
END_TEST

START_TEST(a_file_that_is_not_finished_is_not_opened)
{
	int fd = unit_memory_file("");
	struct catalogue_writer *w = catalogue_writer_new(fd);
	struct m3u_reader *r = m3u_reader_new(&m3u_limits_default, add_entry, NULL, w);
	struct err err = ERR_INIT;
	struct catalogue *c;

	ck_assert_int_eq(catalogue_open(&c, fd, &err), -EBADMSG);
	ck_assert_str_eq(err.text, "not a whole catalogue");
	for (int i = 0; i < 40000; i++)
		ck_assert_int_eq(m3u_reader_feed(r, "http://h/0123456789\n", 20, NULL), 0);
	ck_assert_int_eq(catalogue_open(&c, fd, &err), -EBADMSG);
	ck_assert_ptr_null(c);
	m3u_reader_free(r);
	catalogue_writer_free(w);
	close(fd);
}
END_TEST

START_TEST(a_full_disk_is_said)
{
	int fd = memfd_create("full", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct catalogue_writer *w = catalogue_writer_new(fd);
	struct err err = ERR_INIT;

	ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW), 0);
	ck_assert_int_lt(catalogue_finish(w, "http://g/", &err), 0);
	ck_assert_ptr_nonnull(strstr(err.text, "write the snapshot: "));
	catalogue_writer_free(w);
	close(fd);
}
END_TEST

/* Cut anywhere, or with any one byte another: opened or not, nothing is read outside. */
START_TEST(a_hostile_file_is_read_inside_its_bounds)
{
	static const unsigned char values[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
	int fd = snapshot_of(list), copy = unit_memory_file("");
	size_t size;
	char *data = unit_file_text(fd, &size);

	for (off_t len = 0; len < (off_t)size; len++) {
		struct catalogue *c;

		ck_assert_int_eq(pwrite(copy, data, size, 0), (ssize_t)size);
		ck_assert_int_eq(ftruncate(copy, len), 0);
		ck_assert_int_eq(catalogue_open(&c, copy, NULL), -EBADMSG);
	}
	for (off_t at = 0; at < (off_t)size; at++) {
		for (size_t k = 0; k < sizeof(values); k++) {
			struct buf out = BUF_INIT(100000);
			struct catalogue *c;

			ck_assert_int_eq(pwrite(copy, data, size, 0), (ssize_t)size);
			ck_assert_int_eq(pwrite(copy, &values[k], 1, at), 1);
			if (catalogue_open(&c, copy, NULL) == 0) {
				show(&out, c);
				ck_assert_ptr_nonnull(catalogue_guide_url(c));
				catalogue_close(c);
			}
			buf_release(&out);
		}
	}
	free(data);
	close(fd);
	close(copy);
}
END_TEST

UNIT_MAIN("catalogue", UNIT_TEST(keeps_everything_of_an_entry),
    UNIT_TEST(an_empty_catalogue_is_whole), UNIT_TEST(a_file_that_is_not_finished_is_not_opened),
    UNIT_TEST(a_full_disk_is_said), UNIT_TEST(a_hostile_file_is_read_inside_its_bounds))
