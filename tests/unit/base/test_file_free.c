#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/list.h"
#include "tests/unit/unit.h"

#define LARGE (4 << 20)
#define SMALL 4096

static char folder[] = "/tmp/masthead-free-XXXXXX";

static void
enter(void)
{
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(chdir(folder), 0);
	file_free_by_thread();
}

static void
leave(void)
{
	(void)unlink("a");
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(rmdir(folder), 0);
}

static void
begin(struct file_save *save, off_t size)
{
	struct err err = ERR_INIT;

	ck_assert_int_eq(file_begin(save, "a", 0600, &err), 0);
	ck_assert_int_eq(ftruncate(save->fd, size), 0);
}

static void
put(off_t size)
{
	struct file_save save;
	struct err err = ERR_INIT;

	begin(&save, size);
	ck_assert_int_eq(file_replace(&save, &err), 0);
}

/* How many the thread has had to free since the last time. */
static uint64_t
freed(void)
{
	static uint64_t before;
	struct file_syncs syncs;
	uint64_t n;

	file_settle();
	file_get_syncs(&syncs);
	n = syncs.freed - before;
	before = syncs.freed;
	return n;
}

START_TEST(large_files_that_are_replaced_or_dropped_are_the_threads)
{
	struct file_save save;

	enter();
	put(LARGE);
	ck_assert_uint_eq(freed(), 0);
	put(SMALL);
	ck_assert_uint_eq(freed(), 1);
	put(LARGE);
	ck_assert_uint_eq(freed(), 0);
	begin(&save, LARGE);
	file_abort(&save);
	ck_assert_uint_eq(freed(), 1);
	begin(&save, SMALL);
	file_abort(&save);
	ck_assert_uint_eq(freed(), 0);
	ck_assert_int_eq(access("a", F_OK), 0);
	leave();
}
END_TEST

START_TEST(a_descriptor_is_the_threads_when_its_file_has_no_name)
{
	int fd, other;

	enter();
	put(LARGE);
	fd = open("a", O_RDONLY | O_CLOEXEC);
	other = open("a", O_RDONLY | O_CLOEXEC);
	file_close(other);
	ck_assert_uint_eq(freed(), 0);
	ck_assert_int_eq(unlink("a"), 0);
	file_close(fd);
	ck_assert_uint_eq(freed(), 1);
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
	leave();
}
END_TEST

START_TEST(a_large_mapping_is_the_threads)
{
	struct err err = ERR_INIT;
	struct file_map map;
	unsigned char there;
	void *data;
	int fd;

	enter();
	put(LARGE);
	fd = open("a", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(file_map_fd(&map, fd, &err), 0);
	(void)close(fd);
	data = (void *)(uintptr_t)map.data;
	file_map_close(&map);
	ck_assert_ptr_null(map.data);
	ck_assert_uint_eq(freed(), 1);
	ck_assert_int_eq(mincore(data, 1, &there), -1);
	ck_assert_int_eq(errno, ENOMEM);
	leave();
}
END_TEST

/* More at once than the thread can have waiting: what it cannot take is done all the same. */
START_TEST(none_is_forgotten_when_they_are_many)
{
	struct file_syncs syncs;
	int fds[300];

	enter();
	put(LARGE);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		fds[i] = open("a", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(unlink("a"), 0);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		file_close(fds[i]);
	file_settle();
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		ck_assert_int_eq(fcntl(fds[i], F_GETFD), -1);
	file_get_syncs(&syncs);
	ck_assert_uint_le(syncs.freed, ARRAY_LEN(fds));
	leave();
}
END_TEST

UNIT_MAIN("file_free", UNIT_TEST(large_files_that_are_replaced_or_dropped_are_the_threads),
    UNIT_TEST(a_descriptor_is_the_threads_when_its_file_has_no_name),
    UNIT_TEST(a_large_mapping_is_the_threads), UNIT_TEST(none_is_forgotten_when_they_are_many))
