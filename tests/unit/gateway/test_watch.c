#include "gateway/watch.h"

#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "tests/unit/gateway/world.h"

static struct event_base *base;
static struct watch *watch;
static unsigned told;

static void
on_changed(void *arg)
{
	(void)arg;
	told++;
	event_base_loopbreak(base);
}

static void
open_world(const char *watched)
{
	struct err err = ERR_INIT;

	make_dir();
	ck_assert_int_eq(mkdir(in_dir("in"), 0700), 0);
	ck_assert_int_eq(mkdir(in_dir("other"), 0700), 0);
	base = event_base_new();
	watch = watch_new(base, in_dir(watched), on_changed, NULL, &err);
	ck_assert_msg(watch != NULL, "%s", err.text);
}

static void
close_world(void)
{
	watch_free(watch);
	event_base_free(base);
	remove_dir();
}

static void
write_file(const char *name)
{
	ck_assert_int_eq(unit_write_file(in_dir(name), "text", 4), 0);
}

/* Until it is told; how long that took. */
static uint64_t
await(void)
{
	uint64_t began = clock_ms(&clock_system);
	unsigned before = told;

	while (told == before)
		ck_assert_int_eq(event_base_dispatch(base), 0);
	return clock_ms(&clock_system) - began;
}

/* Nothing that was done so far is to be told. */
static void
expect_nothing(void)
{
	const struct timeval quiet = { (WATCH_STILL_MS + 500) / 1000,
		(WATCH_STILL_MS + 500) % 1000 * 1000 };
	unsigned before = told;

	ck_assert_int_eq(event_base_loopexit(base, &quiet), 0);
	ck_assert_int_eq(event_base_dispatch(base), 0);
	ck_assert_uint_eq(told, before);
}

START_TEST(a_file_that_is_written_moved_or_replaced_is_told_once)
{
	open_world("in/guide.xml");
	write_file("in/guide.xml");
	ck_assert_uint_ge(await(), WATCH_STILL_MS);
	write_file("in/guide.new");
	ck_assert_int_eq(rename(in_dir("in/guide.new"), in_dir("in/guide.xml")), 0);
	await();
	write_file("in/other.xml");
	ck_assert_int_eq(unlink(in_dir("in/guide.xml")), 0);
	expect_nothing();
	ck_assert_uint_eq(told, 2);
	close_world();
}
END_TEST

static int slow_fd;
static unsigned pieces;

static void
write_piece(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	ck_assert_int_eq(write(slow_fd, "piece", 5), 5);
	if (++pieces == 6) {
		close(slow_fd);
		event_del(arg);
	}
}

/* As WebGrab+Plus does it: into the file that is there, a bit every second. */
START_TEST(a_file_that_is_being_written_in_place_is_waited_for)
{
	const struct timeval every = { 0, 600000 };
	struct event *writer;
	struct stat st;

	open_world("in/guide.xml");
	write_file("in/guide.xml");
	slow_fd = open(in_dir("in/guide.xml"), O_WRONLY | O_TRUNC | O_CLOEXEC);
	writer = event_new(base, -1, EV_PERSIST, write_piece, event_self_cbarg());
	event_add(writer, &every);
	await();
	ck_assert_int_eq(stat(in_dir("in/guide.xml"), &st), 0);
	ck_assert_int_eq(st.st_size, 30);
	ck_assert_uint_eq(told, 1);
	event_free(writer);
	close_world();
}
END_TEST

START_TEST(where_a_link_leads_is_watched)
{
	open_world("in/guide.xml");
	write_file("other/real.xml");
	ck_assert_int_eq(symlink(in_dir("other/real.xml"), in_dir("in/guide.xml")), 0);
	watch_renew(watch);
	write_file("other/real.xml");
	await();
	close_world();
}
END_TEST

START_TEST(a_folder_that_comes_later_is_found)
{
	open_world("later/guide.xml");
	ck_assert_int_eq(mkdir(in_dir("later"), 0700), 0);
	watch_renew(watch);
	write_file("later/guide.xml");
	await();
	/* And one that goes and comes again. */
	ck_assert_int_eq(unlink(in_dir("later/guide.xml")), 0);
	ck_assert_int_eq(rmdir(in_dir("later")), 0);
	ck_assert_int_eq(mkdir(in_dir("later"), 0700), 0);
	watch_renew(watch);
	write_file("later/guide.xml");
	await();
	close_world();
}
END_TEST

UNIT_MAIN("watch", UNIT_TEST(a_file_that_is_written_moved_or_replaced_is_told_once),
    UNIT_TEST(a_file_that_is_being_written_in_place_is_waited_for),
    UNIT_TEST(where_a_link_leads_is_watched), UNIT_TEST(a_folder_that_comes_later_is_found))
