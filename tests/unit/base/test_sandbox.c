#include "base/sandbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/sandbox_layers.h"
#include "base/wire.h"
#include "tests/unit/base/jail.h"
#include "unit.h"

/* -- what works --------------------------------------------------------------- */

static int
compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(uint64_t));
}

/* Each step has its number, which is the exit status when it fails. */
static int
work_with_files(const void *arg)
{
	const int fd = WIRE_FD_FIRST;
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	struct timespec ts = { 0, 1000 };
	struct stat st;
	char text[16] = "";
	void *map;

	(void)arg;
	if (write(fd, "0123456789", 10) != 10 || fsync(fd) != 0)
		return 1;
	if (fstat(fd, &st) != 0 || st.st_size != 10 || !S_ISREG(st.st_mode))
		return 2;
	if (fstat(99, &st) != -1 || errno != EBADF)
		return 3;
	if (lseek(fd, 4, SEEK_SET) != 4 || read(fd, text, 3) != 3 || strcmp(text, "456") != 0)
		return 4;
	if (pread(fd, text, 1, 9) != 1 || text[0] != '9' || pwrite(fd, "x", 1, 0) != 1)
		return 5;
	map = mmap(NULL, 10, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED || memcmp(map, "x12", 3) != 0 || munmap(map, 10) != 0)
		return 6;
	if (poll(&poll_fd, 1, 0) != 1 || nanosleep(&ts, NULL) != 0)
		return 7;
	return clock_gettime(CLOCK_MONOTONIC, &ts) == 0 && time(NULL) > 0 ? 0 : 8;
}

static int
work_with_memory(const void *arg)
{
	const size_t count = 200000;
	uint64_t *numbers = calloc(count, sizeof(*numbers)), *more;
	const time_t now = time(NULL);
	struct tm tm;
	char text[64];
	FILE *f;

	(void)arg;
	if (numbers == NULL || getrandom(numbers, 256, 0) != 256)
		return 11;
	for (size_t i = 0; i < count; i++)
		numbers[i] += i * 2654435761u;
	qsort(numbers, count, sizeof(*numbers), compare);
	more = realloc(numbers, 64u << 20);
	if (more == NULL)
		return 12;
	free(more);
	if (snprintf(text, sizeof(text), "%.3f", 1.5) != 5 || localtime_r(&now, &tm) == NULL)
		return 13;
	f = fdopen(WIRE_FD_FIRST, "r+");
	if (f == NULL || fseek(f, 0, SEEK_END) != 0 || fputs("end", f) == EOF || fclose(f) != 0)
		return 14;
	return 0;
}

static int
open_temp(void)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	ck_assert_int_ne(fd, -1);
	return fd;
}

START_TEST(a_job_has_its_files_its_memory_and_the_clock)
{
	struct jail jail = { .limits = &one_mib, .job_fd = open_temp(), .job = work_with_files };

	ck_assert_int_eq(jail_run(&jail, NULL), 0);
	jail.job = work_with_memory;
	ck_assert_int_eq(jail_run(&jail, NULL), 0);
	close(jail.job_fd);
}
END_TEST

static void *
thread(void *arg)
{
	prctl(PR_SET_NAME, "test");
	*(int *)arg = 1;
	return arg;
}

static int
start_threads(const void *arg)
{
	for (int i = 0; i < 20; i++) {
		pthread_t id;
		int ran = 0, rc = pthread_create(&id, NULL, thread, &ran);

		if (rc != 0)
			return rc;
		if (pthread_join(id, NULL) != 0 || !ran)
			return 99;
	}
	(void)arg;
	return 0;
}

START_TEST(threads_where_they_are_allowed)
{
	struct jail jail = { .allow = SANDBOX_THREADS,
		.limits = &no_files,
		.job_fd = -1,
		.job = start_threads };

	ck_assert_int_eq(jail_run(&jail, NULL), 0);
	jail.allow = SANDBOX_COMPUTE;
	if ((jail_full_level() & SANDBOX_HAS_SECCOMP) != 0)
		ck_assert_int_eq(WTERMSIG(jail_run(&jail, NULL)), SIGSYS);
}
END_TEST

static int
map_output(const void *arg)
{
	char *map;

	(void)arg;
	if (ftruncate(WIRE_FD_FIRST, 8192) != 0)
		return 1;
	map = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, WIRE_FD_FIRST, 0);
	if (map == MAP_FAILED)
		return 2;
	map[8191] = 'x';
	/* The limit of the file holds here too. */
	return ftruncate(WIRE_FD_FIRST, (1 << 20) + 1) == -1 && errno == EFBIG ? 0 : 3;
}

START_TEST(a_mapped_output_where_it_is_allowed)
{
	const struct jail jail = { .allow = SANDBOX_MAP_OUTPUT,
		.limits = &one_mib,
		.job_fd = open_temp(),
		.job = map_output };
	char last = 0;

	ck_assert_int_eq(jail_run(&jail, NULL), 0);
	ck_assert_int_eq(pread(jail.job_fd, &last, 1, 8191), 1);
	ck_assert_int_eq(last, 'x');
	close(jail.job_fd);
}
END_TEST

static int
call_abort(const void *arg)
{
	(void)arg;
	abort();
}

START_TEST(an_abort_is_seen_as_one)
{
	const struct jail jail = { .limits = &no_files, .job_fd = -1, .job = call_abort };
	int status = jail_run(&jail, NULL);

	ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "%#x", (unsigned)status);
}
END_TEST

/* -- the limits --------------------------------------------------------------- */

static int
write_two_mib(const void *arg)
{
	static const char block[64 << 10];
	size_t total = 0;
	ssize_t n;

	(void)arg;
	while (total < 2u << 20 && (n = write(WIRE_FD_FIRST, block, sizeof(block))) > 0)
		total += (size_t)n;
	return total == 1u << 20 && errno == EFBIG ? 0 : 1;
}

START_TEST(a_file_does_not_grow_beyond_its_limit)
{
	const struct jail jail = { .limits = &one_mib,
		.job_fd = open_temp(),
		.job = write_two_mib };
	struct stat st;

	ck_assert_int_eq(jail_run(&jail, NULL), 0);
	ck_assert_int_eq(fstat(jail.job_fd, &st), 0);
	ck_assert_int_eq(st.st_size, 1 << 20);
	close(jail.job_fd);
}
END_TEST

static int
take_memory(const void *arg)
{
	void *p = mmap(NULL, 512u << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)arg;
	return p == MAP_FAILED && errno == ENOMEM ? 0 : 1;
}

START_TEST(memory_ends_at_its_limit)
{
	const struct sandbox_limits limits = { .memory = 256u << 20 };
	const struct jail jail = { .limits = &limits, .job_fd = -1, .job = take_memory };

	if (!SANDBOX_UNDER_ASAN)
		ck_assert_int_eq(jail_run(&jail, NULL), 0);
}
END_TEST

static int
spin(const void *arg)
{
	volatile unsigned n = 0;

	(void)arg;
	while (n < UINT_MAX)
		n = (n + 1) % UINT_MAX;
	return 1;
}

START_TEST(processor_time_ends_at_its_limit)
{
	const struct sandbox_limits limits = { .cpu_s = 1 };
	const struct jail jail = { .limits = &limits, .job_fd = -1, .job = spin };
	int status = jail_run(&jail, NULL);

	ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU, "%#x", (unsigned)status);
}
END_TEST

/* -- kernels and containers that lack a layer ---------------------------------- */

enum lacks { LACKS_LANDLOCK = 1, LACKS_SECCOMP_CALL = 2, LACKS_SECCOMP = 4, LACKS_CLOSE_RANGE = 8 };

struct kernel {
	unsigned lacks;
	unsigned error;
	unsigned level;
	const char *name;
};

static const struct kernel kernels[] = {
	{ 0, 0, SANDBOX_HAS_FLOOR | SANDBOX_HAS_LANDLOCK | SANDBOX_HAS_SECCOMP, "full" },
	{ LACKS_LANDLOCK, ENOSYS, SANDBOX_HAS_FLOOR | SANDBOX_HAS_SECCOMP, "no landlock" },
	{ LACKS_LANDLOCK, EPERM, SANDBOX_HAS_FLOOR | SANDBOX_HAS_SECCOMP, "no landlock" },
	{ LACKS_LANDLOCK, EOPNOTSUPP, SANDBOX_HAS_FLOOR | SANDBOX_HAS_SECCOMP, "no landlock" },
	/* before Linux 3.17 there was only prctl */
	{ LACKS_SECCOMP_CALL, ENOSYS,
	    SANDBOX_HAS_FLOOR | SANDBOX_HAS_LANDLOCK | SANDBOX_HAS_SECCOMP, "full" },
	{ LACKS_SECCOMP_CALL | LACKS_SECCOMP, ENOSYS, SANDBOX_HAS_FLOOR | SANDBOX_HAS_LANDLOCK,
	    "no seccomp" },
	{ LACKS_SECCOMP_CALL | LACKS_SECCOMP, EPERM, SANDBOX_HAS_FLOOR | SANDBOX_HAS_LANDLOCK,
	    "no seccomp" },
	{ LACKS_SECCOMP_CALL | LACKS_SECCOMP, EINVAL, SANDBOX_HAS_FLOOR | SANDBOX_HAS_LANDLOCK,
	    "no seccomp" },
	{ LACKS_LANDLOCK | LACKS_SECCOMP_CALL | LACKS_SECCOMP, ENOSYS, SANDBOX_HAS_FLOOR, "basic" },
	{ LACKS_LANDLOCK | LACKS_SECCOMP_CALL | LACKS_SECCOMP, EPERM, SANDBOX_HAS_FLOOR, "basic" },
	{ LACKS_CLOSE_RANGE, ENOSYS, 0, "" },
	{ LACKS_CLOSE_RANGE, EPERM, 0, "" },
};
#define LEVEL_KERNELS (ARRAY_LEN(kernels) - 2) /* the others are about descriptors */

/* A filter under which the calls fail as there. Raw, to be there before libseccomp looks. */
static int
become(const void *arg)
{
	const struct kernel *k = arg;
	const struct {
		unsigned bit;
		uint32_t nr;
	} calls[] = { { LACKS_LANDLOCK, 444 }, { LACKS_LANDLOCK, 446 },
		{ LACKS_SECCOMP_CALL, SYS_seccomp }, { LACKS_CLOSE_RANGE, SYS_close_range } };
	struct sock_filter code[20];
	struct sock_fprog program = { .filter = code };
	unsigned short n = 0;

	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
	    offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
		if ((k->lacks & calls[i].bit) == 0)
			continue;
		code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls[i].nr, 0,
		    1);
		code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
		    SECCOMP_RET_ERRNO | k->error);
	}
	if ((k->lacks & LACKS_SECCOMP) != 0) {
		code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prctl, 0,
		    3);
		code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, args[0]));
		code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PR_SET_SECCOMP,
		    0, 1);
		code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
		    SECCOMP_RET_ERRNO | k->error);
	}
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	program.len = n;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

START_TEST(a_kernel_that_lacks_a_layer_gets_the_others)
{
	const struct kernel *k = &kernels[_i];
	const struct jail jail = { .limits = &no_files,
		.job_fd = -1,
		.before = become,
		.job = jail_do_nothing,
		.arg = k };
	unsigned level = 0;

	ck_assert_int_eq(jail_run(&jail, &level), 0);
	ck_assert_uint_eq(level, k->level & jail_full_level());
	if (level == k->level)
		ck_assert_str_eq(sandbox_level_name(level), k->name);
}
END_TEST

/* What holds without seccomp; 0, or the number of the act that passed. */
static int
act_without_seccomp(const void *arg)
{
	const struct kernel *k = arg;
	const _Bool landlock = (k->lacks & LACKS_LANDLOCK) == 0;

	if (open("/etc/passwd", O_RDONLY) != -1 || errno != EMFILE)
		return 1;
	if (socket(AF_INET, SOCK_STREAM, 0) != -1 || errno != EMFILE)
		return 2;
	if (dup(0) != -1 || errno != EMFILE)
		return 3;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return 4;
	if (syscall(SYS_sethostname, "x", -1L) != -1 || errno != EPERM)
		return 5;
	if (landlock && (mkdir("/tmp/no-such-folder-of-masthead", 0700) != -1 || errno != EACCES))
		return 6;
	if (landlock && (ptrace(PTRACE_ATTACH, getppid(), 0, 0) != -1 || errno != EPERM))
		return 7;
	return 0;
}

START_TEST(without_seccomp_the_other_layers_still_hold)
{
	const struct kernel without[] = {
		{ .lacks = LACKS_SECCOMP_CALL | LACKS_SECCOMP, .error = EPERM },
		{ .lacks = LACKS_LANDLOCK | LACKS_SECCOMP_CALL | LACKS_SECCOMP, .error = EPERM },
	};
	const struct jail jail = { .limits = &no_files,
		.job_fd = -1,
		.before = become,
		.job = act_without_seccomp,
		.arg = &without[_i] };

	if (_i == 1 || (jail_full_level() & SANDBOX_HAS_LANDLOCK) != 0)
		ck_assert_int_eq(jail_run(&jail, NULL), 0);
}
END_TEST

/* -- the parent --------------------------------------------------------------- */

static int
tell_and_stay(const void *arg)
{
	(void)arg;
	if (write(WIRE_FD_FIRST, "r", 1) != 1)
		return 1;
	for (;;)
		(void)poll(NULL, 0, -1);
}

START_TEST(a_worker_dies_with_its_parent)
{
	int out[2], status;
	pid_t middle;
	char c;

	ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
	middle = fork();
	ck_assert_int_ne(middle, -1);
	if (middle == 0) {
		const struct jail jail = { .limits = &no_files,
			.job_fd = out[1],
			.job = tell_and_stay };

		_exit(jail_run(&jail, NULL));
	}
	close(out[1]);
	ck_assert_int_eq(read(out[0], &c, 1), 1);
	ck_assert_int_eq(kill(middle, SIGKILL), 0);
	ck_assert_int_eq(waitpid(middle, &status, 0), middle);
	/* The worker holds the other end; it closes when the worker ends. */
	ck_assert_int_eq(read(out[0], &c, 1), 0);
	close(out[0]);
}
END_TEST

/* Jails itself once its parent has gone, and writes how that went. */
_Noreturn static void
enter_late(int wire, int gone, int out)
{
	const int fds[] = { wire, gone, out };
	unsigned char result = JAIL_NOT_SET_UP;
	char c;

	if (sandbox_keep_fds(fds, ARRAY_LEN(fds), WIRE_FD) == 0 && read(WIRE_FD_FIRST, &c, 1) == 0)
		result = (unsigned char)-sandbox_enter(SANDBOX_COMPUTE, &no_files, NULL);
	_exit(write(WIRE_FD_FIRST + 1, &result, 1) != 1);
}

START_TEST(a_worker_whose_parent_went_first_does_not_start)
{
	unsigned char result = 0;
	int out[2], status;
	pid_t middle;

	ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
	middle = fork();
	ck_assert_int_ne(middle, -1);
	if (middle == 0) {
		int pair[2], gone[2];

		if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1 || pipe(gone) == -1)
			_exit(1);
		if (fork() == 0)
			enter_late(pair[1], gone[0], out[1]);
		/* At exit the kernel would close the two in any order. */
		close(pair[0]);
		_exit(0);
	}
	close(out[1]);
	ck_assert_int_eq(waitpid(middle, &status, 0), middle);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(read(out[0], &result, 1), 1);
	ck_assert_int_eq(result, ESRCH);
	close(out[0]);
}
END_TEST

/* -- descriptors -------------------------------------------------------------- */

static ino_t
inode(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? st.st_ino : 0;
}

/* How many descriptors are open; -1: one of them is at `limit` or above. */
static int
count_fds(int limit)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	int count = 0;

	if (dir == NULL)
		return -2;
	while ((entry = readdir(dir)) != NULL) {
		int fd = entry->d_name[0] == '.' ? -1 : (int)strtol(entry->d_name, NULL, 10);

		if (fd == -1 || fd == dirfd(dir))
			continue;
		if (fd >= limit)
			count = INT_MIN / 2;
		count++;
	}
	closedir(dir);
	return count < 0 ? -1 : count;
}

/* Descriptors 3 to 9 are files of their own, 700 too; a row is which are kept, in its order. */
static const struct {
	int first;
	unsigned count;
	int fds[4];
} kept[] = {
	{ 3, 0, { 0 } },
	{ 3, 1, { 3 } },
	{ 3, 3, { 5, 3, 4 } },
	{ 3, 3, { 4, 5, 3 } },
	{ 3, 3, { 9, 700, 4 } },
	{ 3, 4, { 8, 8, 3, 8 } },
	{ 6, 2, { 3, 6 } },
	{ 6, 3, { 8, 7, 6 } },
};

static int
keep_and_look(size_t row)
{
	ino_t inodes[4];

	for (int fd = 3; fd <= 9; fd++) {
		int temp = memfd_create("test", MFD_CLOEXEC);

		if (temp != fd && (dup3(temp, fd, O_CLOEXEC) == -1 || close(temp) == -1))
			return 1;
	}
	if (dup2(9, 700) == -1)
		return 2;
	for (unsigned i = 0; i < kept[row].count; i++)
		inodes[i] = inode(kept[row].fds[i]);
	if (sandbox_keep_fds(kept[row].fds, kept[row].count, kept[row].first) != 0)
		return 3;
	for (unsigned i = 0; i < kept[row].count; i++) {
		int fd = kept[row].first + (int)i;

		if (inode(fd) != inodes[i] || fcntl(fd, F_GETFD) != 0)
			return 4;
	}
	return count_fds(kept[row].first + (int)kept[row].count) == 3 + (int)kept[row].count ? 0
											     : 5;
}

START_TEST(only_the_listed_descriptors_remain_in_their_order)
{
	for (size_t k = LEVEL_KERNELS - 1; k < ARRAY_LEN(kernels); k++) {
		pid_t pid = fork();
		int status;

		ck_assert_int_ne(pid, -1);
		if (pid == 0) {
			(void)close_range(3, 699, 0);
			if (k >= LEVEL_KERNELS && become(&kernels[k]) != 0)
				_exit(JAIL_NOT_SET_UP);
			_exit(keep_and_look((size_t)_i));
		}
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_msg(status == 0, "kernel %zu: status %#x", k, (unsigned)status);
	}
}
END_TEST

START_TEST(bad_lists_of_descriptors_are_refused)
{
	const int fds[SANDBOX_KEEP_MAX + 1] = { 999 };

	ck_assert_int_eq(sandbox_keep_fds(fds, SANDBOX_KEEP_MAX + 1, 3), -EINVAL);
	ck_assert_int_eq(sandbox_keep_fds(fds, 1, 2), -EINVAL);
	ck_assert_int_eq(sandbox_keep_fds(fds, 1, 3), -EBADF);
}
END_TEST

UNIT_MAIN("sandbox", UNIT_TEST(a_job_has_its_files_its_memory_and_the_clock),
    UNIT_TEST(threads_where_they_are_allowed), UNIT_TEST(a_mapped_output_where_it_is_allowed),
    UNIT_TEST(an_abort_is_seen_as_one), UNIT_TEST(a_file_does_not_grow_beyond_its_limit),
    UNIT_TEST(memory_ends_at_its_limit), UNIT_TEST(processor_time_ends_at_its_limit),
    UNIT_ROWS(a_kernel_that_lacks_a_layer_gets_the_others, LEVEL_KERNELS),
    UNIT_ROWS(without_seccomp_the_other_layers_still_hold, 2),
    UNIT_TEST(a_worker_dies_with_its_parent),
    UNIT_TEST(a_worker_whose_parent_went_first_does_not_start),
    UNIT_ROWS(only_the_listed_descriptors_remain_in_their_order, ARRAY_LEN(kept)),
    UNIT_TEST(bad_lists_of_descriptors_are_refused))
