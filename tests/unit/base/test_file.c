#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "unit.h"

/* Each test runs in a process of its own, in a folder of its own. */
static void
enter_folder(void)
{
	char dir[] = "/tmp/masthead-file-XXXXXX";

	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
}

static unsigned
count_entries(const char *dir)
{
	DIR *d = opendir(dir);
	unsigned count = 0;

	ck_assert_ptr_nonnull(d);
	while (readdir(d) != NULL)
		count++;
	closedir(d);
	return count - 2; /* . and .. */
}

static int
remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static void
leave_folder(void)
{
	char dir[4096];

	ck_assert_ptr_nonnull(getcwd(dir, sizeof(dir)));
	ck_assert_int_eq(strncmp(dir, "/tmp/masthead-file-", 19), 0);
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(nftw(dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static void
expect_content(const char *path, const char *want)
{
	struct err err = ERR_INIT;
	char *data;
	size_t len;

	ck_assert_msg(file_load(path, 1 << 20, &data, &len, &err) == 0, "%s", err.text);
	ck_assert_uint_eq(len, strlen(want));
	ck_assert_str_eq(data, want);
	free(data);
}

/* -- saving ---------------------------------------------------------------------------- */

/* All the steps of a save. */
static int
save_file(const char *path, const void *data, size_t len, mode_t mode, struct err *err)
{
	struct file_save save;
	int rc = file_begin(&save, path, mode, err);

	if (rc < 0)
		return rc;
	rc = file_write_all(save.fd, data, len, err);
	if (rc == 0)
		return file_commit(&save, err);
	err_wrap(err, "save '%s'", path);
	file_abort(&save);
	return rc;
}

START_TEST(saves_replaces_and_keeps_the_mode)
{
	struct err err = ERR_INIT;
	struct stat st;

	enter_folder();
	ck_assert_int_eq(save_file("a", "one", 3, 0600, &err), 0);
	expect_content("a", "one");
	ck_assert_int_eq(stat("a", &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	ck_assert_int_eq(save_file("./a", "", 0, 0600, &err), 0);
	expect_content("a", "");
	ck_assert_uint_eq(count_entries("."), 1);
	leave_folder();
}
END_TEST

START_TEST(a_save_in_steps_shows_only_at_the_commit)
{
	struct file_save one, two;
	struct err err = ERR_INIT;

	enter_folder();
	ck_assert_int_eq(save_file("a", "old", 3, 0600, &err), 0);
	ck_assert_int_eq(file_begin(&one, "a", 0600, &err), 0);
	ck_assert_int_eq(file_begin(&two, "a", 0600, &err), 0);
	ck_assert_int_eq(file_write_all(one.fd, "first", 5, &err), 0);
	ck_assert_int_eq(file_write_all(two.fd, "second", 6, &err), 0);
	expect_content("a", "old");
	ck_assert_int_eq(file_commit(&one, &err), 0);
	expect_content("a", "first");
	ck_assert_int_eq(one.fd, -1);
	ck_assert_ptr_null(one.path);
	file_abort(&two);
	file_abort(&two);
	expect_content("a", "first");
	ck_assert_uint_eq(count_entries("."), 1);
	leave_folder();
}
END_TEST

START_TEST(a_replaced_file_is_the_new_one_or_the_old_one)
{
	struct file_save save;
	struct err err = ERR_INIT;

	enter_folder();
	ck_assert_int_eq(save_file("a", "old", 3, 0600, &err), 0);
	ck_assert_int_eq(file_begin(&save, "a", 0600, &err), 0);
	ck_assert_int_eq(file_write_all(save.fd, "new", 3, &err), 0);
	expect_content("a", "old");
	ck_assert_int_eq(file_replace(&save, &err), 0);
	expect_content("a", "new");
	ck_assert_int_eq(save.fd, -1);
	ck_assert_int_eq(file_begin(&save, "a", 0600, &err), 0);
	file_sweep(".");
	ck_assert_int_eq(file_replace(&save, &err), -ENOENT);
	ck_assert_int_eq(save.fd, -1);
	expect_content("a", "new");
	ck_assert_uint_eq(count_entries("."), 1);
	leave_folder();
}
END_TEST

START_TEST(failures_name_the_file_and_leave_nothing)
{
	struct err err = ERR_INIT;

	enter_folder();
	ck_assert_int_eq(save_file("no/such/a", "x", 1, 0600, &err), -ENOENT);
	ck_assert_str_eq(err.text, "save 'no/such/a': create: No such file or directory");
	/* A folder in the way of the rename. */
	ck_assert_int_eq(mkdir("dir", 0700), 0);
	ck_assert_int_eq(save_file("dir", "x", 1, 0600, &err), -EISDIR);
	ck_assert_str_eq(err.text, "save 'dir': rename: Is a directory");
	ck_assert_uint_eq(count_entries("."), 1);
	leave_folder();
}
END_TEST

/* As when the disk is full: a part of it is written, then no more. */
START_TEST(a_disk_that_fills_up_leaves_the_old_content)
{
	static char big[65536];
	struct rlimit limit = { 16384, 16384 };
	struct err err = ERR_INIT;

	enter_folder();
	memset(big, 'x', sizeof(big));
	ck_assert_int_eq(save_file("a", "old", 3, 0600, &err), 0);
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_int_eq(save_file("a", big, sizeof(big), 0600, &err), -EFBIG);
	ck_assert_str_eq(err.text, "save 'a': write: File too large");
	expect_content("a", "old");
	ck_assert_uint_eq(count_entries("."), 1);
	ck_assert_int_eq(save_file("a", big, 16384, 0600, &err), 0);
	leave_folder();
}
END_TEST

/* A real one, where this process may have a mount namespace. */
START_TEST(a_full_file_system_leaves_the_old_content)
{
	static char big[262144];
	struct err err = ERR_INIT;

	enter_folder();
	ck_assert_int_eq(mkdir("small", 0700), 0);
	if ((unshare(CLONE_NEWNS) == -1 && unshare(CLONE_NEWUSER | CLONE_NEWNS) == -1) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
	    mount("none", "small", "tmpfs", 0, "size=128k") == -1) {
		leave_folder();
		return;
	}
	memset(big, 'x', sizeof(big));
	ck_assert_int_eq(save_file("small/a", "old", 3, 0600, &err), 0);
	ck_assert_int_eq(save_file("small/a", big, sizeof(big), 0600, &err), -ENOSPC);
	ck_assert_str_eq(err.text, "save 'small/a': write: No space left on device");
	expect_content("small/a", "old");
	ck_assert_uint_eq(count_entries("small"), 1);
	ck_assert_int_eq(save_file("small/a", "new", 3, 0600, &err), 0);
	expect_content("small/a", "new");
	ck_assert_int_eq(umount("small"), 0);
	leave_folder();
}
END_TEST

/* Saves one content after the other until the alarm kills it, at whatever moment that is. */
static void
save_until_killed(size_t len, suseconds_t delay_us)
{
	const struct itimerval after = { .it_value.tv_usec = delay_us };
	char *text = malloc(len);
	char c = 'a';

	signal(SIGALRM, SIG_DFL); /* Check has a handler for it */
	if (text == NULL || setitimer(ITIMER_REAL, &after, NULL) == -1)
		_exit(1);
	for (;; c = c == 'z' ? 'a' : (char)(c + 1)) {
		memset(text, c, len);
		if (save_file("a", text, len, 0600, NULL) < 0)
			_exit(1);
	}
}

START_TEST(a_kill_at_any_moment_leaves_a_whole_file)
{
	size_t len = 300000, got;
	struct err err = ERR_INIT;
	unsigned changes = 0;
	char last = 0, *data;
	int status;

	enter_folder();
	/* A busy disk may not take one save in the time of the first rounds. */
	for (suseconds_t round = 0; round < 40 || (changes < 2 && round < 300); round++) {
		pid_t pid = fork();

		if (pid == 0)
			save_until_killed(len, 1000 + round * 331);
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM);
		if (access("a", F_OK) == -1)
			continue; /* not one save was done yet */
		ck_assert_msg(file_load("a", 1 << 20, &data, &got, &err) == 0, "%s", err.text);
		ck_assert_uint_eq(got, len);
		ck_assert_mem_eq(data, data + 1, len - 1);
		changes += data[0] != last;
		last = data[0];
		free(data);
	}
	ck_assert_uint_gt(changes, 1);
	file_sweep(".");
	ck_assert_uint_eq(count_entries("."), 1);
	leave_folder();
}
END_TEST

START_TEST(folders_of_replaced_files_are_synced_by_a_thread)
{
	struct file_syncs before, after;
	struct file_save save;
	struct err err = ERR_INIT;

	enter_folder();
	file_get_syncs(&before);
	ck_assert_int_eq(mkdir("sub", 0700), 0);
	for (unsigned i = 0; i < 50; i++) {
		ck_assert_int_eq(file_begin(&save, i % 2 == 0 ? "a" : "sub/a", 0600, &err), 0);
		ck_assert_int_eq(file_replace(&save, &err), 0);
	}
	file_settle();
	file_get_syncs(&after);
	/* Those that came while one waited are one. */
	ck_assert_uint_ge(after.done - before.done, 2);
	ck_assert_uint_le(after.done - before.done, 50);
	ck_assert_uint_eq(after.failed, before.failed);
	leave_folder();
}
END_TEST

START_TEST(a_sweep_takes_only_temporary_files)
{
	struct file_save save;
	struct err err = ERR_INIT;

	enter_folder();
	ck_assert_int_eq(save_file("a", "x", 1, 0600, &err), 0);
	ck_assert_int_eq(save_file("b.tmp", "x", 1, 0600, &err), 0);
	ck_assert_int_eq(file_begin(&save, "c", 0600, &err), 0);
	ck_assert_uint_eq(count_entries("."), 3);
	file_sweep(".");
	file_sweep("no such folder");
	ck_assert_uint_eq(count_entries("."), 2);
	/* What was swept away under a save cannot become the file. */
	ck_assert_int_eq(file_commit(&save, &err), -ENOENT);
	ck_assert_uint_eq(count_entries("."), 2);
	leave_folder();
}
END_TEST

/* -- loading --------------------------------------------------------------------------- */

START_TEST(loads_up_to_the_limit)
{
	static char text[10000];
	struct err err = ERR_INIT;
	char *data = NULL;
	size_t len;

	enter_folder();
	memset(text, 'x', sizeof(text));
	for (size_t size = 4090; size < 4100; size++) {
		ck_assert_int_eq(save_file("a", text, size, 0600, &err), 0);
		ck_assert_int_eq(file_load("a", size, &data, &len, &err), 0);
		ck_assert_uint_eq(len, size);
		ck_assert_uint_eq(strlen(data), size);
		free(data);
		ck_assert_int_eq(file_load("a", size - 1, &data, &len, &err), -EFBIG);
	}
	ck_assert_str_eq(err.text, "'a': larger than 4098 bytes");
	ck_assert_int_eq(file_load("b", 1, &data, NULL, &err), -ENOENT);
	ck_assert_str_eq(err.text, "'b': No such file or directory");
	ck_assert_int_eq(file_load(".", 1, &data, NULL, &err), -EISDIR);
	ck_assert_int_eq(file_load("/dev/zero", 1 << 16, &data, NULL, &err), -EFBIG);
	leave_folder();
}
END_TEST

START_TEST(writes_all_to_a_pipe_that_takes_little)
{
	static char text[300000], got[300000];
	struct err err = ERR_INIT;
	int pipes[2], status;
	size_t have = 0;
	pid_t pid;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 7);
	ck_assert_int_eq(pipe(pipes), 0);
	pid = fork();
	if (pid == 0)
		_exit(file_write_all(pipes[1], text, sizeof(text), NULL) == 0 ? 0 : 1);
	(void)close(pipes[1]);
	for (ssize_t n = 1; n > 0; have += (size_t)n)
		n = read(pipes[0], got + have, sizeof(got) - have);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_uint_eq(have, sizeof(text));
	ck_assert_mem_eq(got, text, sizeof(text));
	ck_assert_int_eq(file_write_all(-1, "x", 1, &err), -EBADF);
	ck_assert_int_eq(file_write_all(-1, "x", 0, &err), 0);
}
END_TEST

/* -- folders ---------------------------------------------------------------------------- */

static const struct {
	const char *path;
	int rc;
	const char *text;
} folders[] = {
	{ "x", 0, "" },
	{ "x/y//z/", 0, "" },
	{ "./x/../y", 0, "" },
	{ ".", 0, "" },
	{ "/", 0, "" },
	{ "/tmp", 0, "" },
	{ "file", -ENOTDIR, "'file' is not a folder" },
	{ "file/x", -ENOTDIR, "make folder 'file/x': Not a directory" },
	{ "", -ENOENT, "folder '': No such file or directory" },
	{ "/proc/none/x", -ENOENT, "make folder '/proc/none': No such file or directory" },
};

START_TEST(makes_folders)
{
	struct err err = ERR_INIT;
	struct stat st;

	enter_folder();
	umask(0);
	ck_assert_int_eq(save_file("file", "", 0, 0600, &err), 0);
	ck_assert_int_eq(file_make_dir(folders[_i].path, &err), folders[_i].rc);
	ck_assert_str_eq(err.text, folders[_i].text);
	if (folders[_i].rc == 0) {
		ck_assert_int_eq(stat(folders[_i].path, &st), 0);
		ck_assert(S_ISDIR(st.st_mode));
		ck_assert_int_eq(file_make_dir(folders[_i].path, &err), 0);
	}
	if (_i == 1)
		ck_assert_uint_eq(st.st_mode & 0777, 0700);
	leave_folder();
}
END_TEST

/* -- mapping ---------------------------------------------------------------------------- */

static int
map_path(struct file_map *map, const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc = file_map_fd(map, fd, err);

	(void)close(fd);
	return rc;
}

START_TEST(a_mapping_outlives_its_file)
{
	struct file_map map = FILE_MAP_INIT;
	struct err err = ERR_INIT;
	size_t len = 3 * 4096 + 100;
	char *text = malloc(len);

	enter_folder();
	ck_assert_ptr_nonnull(text);
	memset(text, 'm', len);
	ck_assert_int_eq(save_file("a", text, len, 0600, &err), 0);
	ck_assert_int_eq(map_path(&map, "a", &err), 0);
	ck_assert_uint_eq(map.len, len);
	ck_assert_int_eq(save_file("a", "new", 3, 0600, &err), 0);
	ck_assert_int_eq(unlink("a"), 0);
	ck_assert_mem_eq(map.data, text, len);
	/* Pages that were given back are there again when they are touched. */
	file_map_drop(&map, 0, len);
	file_map_drop(&map, 1, 2);
	file_map_drop(&map, 4096, 4096);
	file_map_drop(&map, len, 0);
	ck_assert_mem_eq(map.data, text, len);
	file_map_close(&map);
	ck_assert_ptr_null(map.data);
	file_map_close(&map);
	free(text);
	leave_folder();
}
END_TEST

START_TEST(only_regular_files_are_mapped)
{
	struct file_map map;
	struct err err = ERR_INIT;

	enter_folder();
	ck_assert_int_eq(save_file("empty", "", 0, 0600, &err), 0);
	ck_assert_int_eq(map_path(&map, "empty", &err), 0);
	ck_assert_ptr_null(map.data);
	ck_assert_uint_eq(map.len, 0);
	file_map_drop(&map, 0, 0);
	ck_assert_int_eq(map_path(&map, ".", &err), -EINVAL);
	ck_assert_str_eq(err.text, "not a regular file");
	ck_assert_int_eq(file_map_fd(&map, -1, &err), -EBADF);
	leave_folder();
}
END_TEST

UNIT_MAIN("file", UNIT_TEST(saves_replaces_and_keeps_the_mode),
    UNIT_TEST(a_save_in_steps_shows_only_at_the_commit),
    UNIT_TEST(a_replaced_file_is_the_new_one_or_the_old_one),
    UNIT_TEST(failures_name_the_file_and_leave_nothing),
    UNIT_TEST(a_disk_that_fills_up_leaves_the_old_content),
    UNIT_TEST(a_full_file_system_leaves_the_old_content),
    UNIT_TEST(a_kill_at_any_moment_leaves_a_whole_file),
    UNIT_TEST(folders_of_replaced_files_are_synced_by_a_thread),
    UNIT_TEST(a_sweep_takes_only_temporary_files), UNIT_TEST(loads_up_to_the_limit),
    UNIT_TEST(writes_all_to_a_pipe_that_takes_little), UNIT_ROWS(makes_folders, ARRAY_LEN(folders)),
    UNIT_TEST(a_mapping_outlives_its_file), UNIT_TEST(only_regular_files_are_mapped))
