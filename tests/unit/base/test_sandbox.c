#include "base/sandbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
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

#include "base/err.h"
#include "base/wire.h"
#include "unit.h"

#if defined(__SANITIZE_ADDRESS__)
#define UNDER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNDER_ASAN 1
#endif
#endif
#ifndef UNDER_ASAN
#define UNDER_ASAN 0
#endif

/* -- a process in a jail ------------------------------------------------------ */

/* Exit statuses of the child, beside what its job returns. */
#define NOT_SET_UP 120
#define NOT_JAILED 121

static const struct sandbox_limits no_files = { 0 };
static const struct sandbox_limits one_mib = { .file = 1 << 20 };

struct jail {
	unsigned allow;
	const struct sandbox_limits *limits;
	int job_fd; /* becomes WIRE_FD_FIRST; -1: none */
	int (*before)(const void *arg);
	int (*job)(const void *arg); /* its result is the exit status */
	const void *arg;
};

_Noreturn static void
run_child(const struct jail *jail, int wire)
{
	const int fds[] = { wire, jail->job_fd };
	int rc;

	if (sandbox_keep_fds(fds, jail->job_fd == -1 ? 1 : 2, WIRE_FD) < 0)
		_exit(NOT_SET_UP);
	if (jail->before != NULL && jail->before(jail->arg) != 0)
		_exit(NOT_SET_UP);
	rc = sandbox_enter(jail->allow, jail->limits, NULL);
	if (rc < 0)
		_exit(NOT_JAILED);
	if (wire_hello(WIRE_FD, (unsigned)rc) < 0)
		_exit(NOT_JAILED);
	_exit(jail->job(jail->arg));
}

/* Its wait status; *level, when not NULL, is what its hello said. */
static int
run(const struct jail *jail, unsigned *level)
{
	unsigned char hello[WIRE_HEAD_MAX + 1] = { 0 };
	int pair[2], status;
	pid_t pid;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	pid = fork();
	ck_assert_int_ne(pid, -1);
	if (pid == 0)
		run_child(jail, pair[1]);
	close(pair[1]);
	ck_assert_int_ne(recv(pair[0], hello, sizeof(hello), MSG_WAITALL), -1);
	if (level != NULL)
		*level = hello[WIRE_HEAD_MAX];
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	close(pair[0]);
	return status;
}

static int
do_nothing(const void *arg)
{
	(void)arg;
	return 0;
}

/* What this machine can hold. */
static unsigned
full_level(void)
{
	const struct jail jail = { .limits = &no_files, .job_fd = -1, .job = do_nothing };
	unsigned level;

	ck_assert_int_eq(run(&jail, &level), 0);
	return level;
}

/* -- what is forbidden -------------------------------------------------------- */

#define PARENT LONG_MIN /* stands for the parent's pid */
#define KILLED 0

static const struct sockaddr_in loopback = { .sin_family = AF_INET };
static char page[4096] __attribute__((aligned(4096)));
static struct stat stat_buf;
static char *const no_args[] = { NULL };
static const struct {
	uint64_t flags, mode, resolve;
} how = { 0, 0, 0 };

#define PASSWD (long)"/etc/passwd"
#define RW     (PROT_READ | PROT_WRITE)
#define ANON   (MAP_PRIVATE | MAP_ANONYMOUS)

/* System calls, each from a process of its own, and the errno or KILLED. */
static const struct {
	const char *label;
	long nr, args[6];
	int expect;
} forbidden[] = {
	/* files */
	{ "open a file", SYS_openat, { AT_FDCWD, PASSWD, O_RDONLY }, EACCES },
	{ "create a file", SYS_openat, { AT_FDCWD, (long)"/tmp/x", O_CREAT | O_RDWR }, EACCES },
	{ "open a tty", SYS_openat, { AT_FDCWD, (long)"/dev/tty", O_RDWR }, EACCES },
	{ "openat2", SYS_openat2, { AT_FDCWD, PASSWD, (long)&how, sizeof(how) }, EACCES },
	{ "stat", SYS_newfstatat, { AT_FDCWD, PASSWD, (long)&stat_buf, 0 }, EACCES },
	{ "stat, dressed as fstat", SYS_newfstatat,
	    { AT_FDCWD, PASSWD, (long)&stat_buf, AT_EMPTY_PATH }, EACCES },
	{ "statx", SYS_statx, { AT_FDCWD, PASSWD, 0, 0, (long)page }, EACCES },
	{ "access", SYS_faccessat, { AT_FDCWD, PASSWD, R_OK }, EACCES },
	{ "readlink", SYS_readlinkat, { AT_FDCWD, (long)"/proc/self/exe", (long)page, 100 },
	    EACCES },
	{ "unlink", SYS_unlinkat, { AT_FDCWD, (long)"/tmp/no-such", 0 }, KILLED },
	{ "mkdir", SYS_mkdirat, { AT_FDCWD, (long)"/tmp/no/such", 0700 }, KILLED },
	{ "link", SYS_linkat, { AT_FDCWD, (long)"/no/a", AT_FDCWD, (long)"/no/b", 0 }, KILLED },
	{ "symlink", SYS_symlinkat, { (long)"a", AT_FDCWD, (long)"/no/such/b" }, KILLED },
	{ "rename", SYS_renameat2, { AT_FDCWD, (long)"/no/a", AT_FDCWD, (long)"/no/b", 0 },
	    KILLED },
	{ "truncate", SYS_truncate, { (long)"/no/such", 0 }, KILLED },
	{ "ftruncate", SYS_ftruncate, { WIRE_FD, 0 }, KILLED },
	{ "fallocate", SYS_fallocate, { WIRE_FD, 0, 0, 1 }, KILLED },
	{ "list a folder", SYS_getdents64, { 0, (long)page, sizeof(page) }, KILLED },
	{ "chdir", SYS_chdir, { (long)"/" }, KILLED },
	{ "chroot", SYS_chroot, { (long)"/" }, KILLED },
	{ "chmod", SYS_fchmodat, { AT_FDCWD, (long)"/no/such", 0 }, KILLED },
	{ "mount", SYS_mount, { 0, 0, 0, 0, 0 }, KILLED },
	{ "umount", SYS_umount2, { (long)"/no/such", 0 }, KILLED },
	{ "pivot_root", SYS_pivot_root, { 0, 0 }, KILLED },
	{ "inotify", SYS_inotify_init1, { 0 }, KILLED },
	{ "open_by_handle_at", SYS_open_by_handle_at, { AT_FDCWD, 0, 0 }, KILLED },
	{ "change the mode of a shared descriptor", SYS_fcntl, { WIRE_FD, F_SETFL, O_NONBLOCK },
	    EACCES },
	{ "duplicate a descriptor", SYS_fcntl, { WIRE_FD, F_DUPFD, 0 }, EACCES },
	{ "dup", SYS_dup, { WIRE_FD }, KILLED },
	{ "type into a terminal", SYS_ioctl, { 0, 0x5412 /* TIOCSTI */, (long)"x" }, ENOTTY },
	/* network */
	{ "socket", SYS_socket, { AF_INET, SOCK_STREAM, 0 }, EACCES },
	{ "socketpair", SYS_socketpair, { AF_UNIX, SOCK_STREAM, 0, (long)page }, KILLED },
	{ "connect", SYS_connect, { WIRE_FD, (long)&loopback, sizeof(loopback) }, KILLED },
	{ "bind", SYS_bind, { WIRE_FD, (long)&loopback, sizeof(loopback) }, KILLED },
	{ "listen", SYS_listen, { WIRE_FD, 1 }, KILLED },
	{ "accept", SYS_accept4, { WIRE_FD, 0, 0, 0 }, KILLED },
	{ "send to an address", SYS_sendto,
	    { WIRE_FD, (long)page, 1, 0, (long)&loopback, sizeof(loopback) }, KILLED },
	{ "pass a descriptor on", SYS_sendmsg, { WIRE_FD, 0, 0 }, KILLED },
	{ "take a descriptor in", SYS_recvmsg, { WIRE_FD, 0, 0 }, KILLED },
	/* processes */
	{ "fork", SYS_clone, { SIGCHLD, 0, 0, 0, 0 }, KILLED },
	{ "vfork", SYS_clone, { CLONE_VFORK | CLONE_VM | SIGCHLD, 0, 0, 0, 0 }, KILLED },
	{ "clone3", SYS_clone3, { 0, 0 }, KILLED },
	{ "exec", SYS_execve, { (long)"/bin/true", (long)no_args, (long)no_args }, KILLED },
	{ "exec a descriptor", SYS_execveat, { 0, (long)"", (long)no_args, 0, AT_EMPTY_PATH },
	    KILLED },
	{ "memfd for a program", SYS_memfd_create, { (long)"x", 0 }, KILLED },
	{ "kill the parent", SYS_kill, { PARENT, 0 }, KILLED },
	{ "tgkill the parent", SYS_tgkill, { PARENT, PARENT, 0 }, KILLED },
	{ "signal with a value", SYS_rt_sigqueueinfo, { PARENT, 0, 0 }, KILLED },
	{ "ptrace the parent", SYS_ptrace, { PTRACE_ATTACH, PARENT, 0, 0 }, KILLED },
	{ "read the parent's memory", SYS_process_vm_readv, { PARENT, 0, 0, 0, 0, 0 }, KILLED },
	{ "write the parent's memory", SYS_process_vm_writev, { PARENT, 0, 0, 0, 0, 0 }, KILLED },
	{ "pidfd_open", SYS_pidfd_open, { PARENT, 0 }, KILLED },
	{ "pidfd_getfd", SYS_pidfd_getfd, { 0, 0, 0 }, KILLED },
	{ "raise the limits", SYS_prlimit64, { 0, RLIMIT_NOFILE, 0, 0 }, KILLED },
	{ "setpriority", SYS_setpriority, { PRIO_PROCESS, 0, -5 }, KILLED },
	{ "no parent-death signal", SYS_prctl, { PR_SET_PDEATHSIG, 0 }, KILLED },
	{ "name a thread, alone", SYS_prctl, { PR_SET_NAME, (long)"x" }, KILLED },
	/* memory */
	{ "map code", SYS_mmap, { 0, 4096, PROT_READ | PROT_EXEC, ANON, -1, 0 }, KILLED },
	{ "map shared and writable", SYS_mmap, { 0, 4096, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0 },
	    KILLED },
	{ "make data executable", SYS_mprotect, { (long)page, 4096, PROT_READ | PROT_EXEC },
	    KILLED },
	{ "make data executable, with a key", SYS_pkey_mprotect,
	    { (long)page, 4096, PROT_READ | PROT_EXEC, -1 }, KILLED },
	{ "personality", SYS_personality, { 0x0400000 /* READ_IMPLIES_EXEC */ }, KILLED },
	{ "userfaultfd", SYS_userfaultfd, { 0 }, KILLED },
	{ "shmget", SYS_shmget, { 0, 4096, 0 }, KILLED },
	/* identity, kernel */
	{ "setuid", SYS_setuid, { 0 }, KILLED },
	{ "setresgid", SYS_setresgid, { 0, 0, 0 }, KILLED },
	{ "capset", SYS_capset, { 0, 0 }, KILLED },
	{ "unshare", SYS_unshare, { CLONE_NEWUSER }, KILLED },
	{ "setns", SYS_setns, { 0, 0 }, KILLED },
	{ "bpf", SYS_bpf, { 0, 0, 0 }, KILLED },
	{ "io_uring", SYS_io_uring_setup, { 1, 0 }, KILLED },
	{ "keyctl", SYS_keyctl, { 0, 0, 0 }, KILLED },
	{ "add_key", SYS_add_key, { 0, 0, 0, 0, 0 }, KILLED },
	{ "perf_event_open", SYS_perf_event_open, { 0, 0, -1, -1, 0 }, KILLED },
	{ "another filter", SYS_seccomp, { 99, 0, 0 }, KILLED },
	{ "reboot", SYS_reboot, { 0, 0, 0, 0 }, KILLED },
	{ "init_module", SYS_init_module, { 0, 0, 0 }, KILLED },
	{ "kexec_load", SYS_kexec_load, { 0, 0, 0, ~0L }, KILLED },
	{ "settimeofday", SYS_settimeofday, { 0, 0 }, KILLED },
	{ "sethostname", SYS_sethostname, { 0, 0 }, KILLED },
	{ "syslog", SYS_syslog, { 3, 0, 0 }, KILLED },
	{ "epoll", SYS_epoll_create1, { 0 }, KILLED },
	{ "timer_create", SYS_timer_create, { 0, 0, 0 }, KILLED },
	{ "a number that no call has", 4000, { 0 }, KILLED },
#if defined(__x86_64__)
	{ "open, the old call", SYS_open, { PASSWD, O_RDONLY, 0 }, EACCES },
	{ "fork, the old call", SYS_fork, { 0 }, KILLED },
	{ "vfork, the old call", SYS_vfork, { 0 }, KILLED },
	{ "x32's getpid", 0x40000000 | SYS_getpid, { 0 }, KILLED },
#endif
};

static int
try_call(const void *arg)
{
	const size_t row = *(const int *)arg;
	long a[6];
	long rc;

	for (size_t i = 0; i < ARRAY_LEN(a); i++)
		a[i] = forbidden[row].args[i] == PARENT ? getppid() : forbidden[row].args[i];
	rc = syscall(forbidden[row].nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	/* A fork that worked goes no further. */
	return rc == -1 ? errno : NOT_SET_UP;
}

static void
check_forbidden(int row, unsigned allow)
{
	const struct jail jail = { .allow = allow,
		.limits = &one_mib,
		.job_fd = -1,
		.job = try_call,
		.arg = &row };
	int status = run(&jail, NULL);

	if (forbidden[row].expect == KILLED)
		ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS, "%s: status %#x",
		    forbidden[row].label, (unsigned)status);
	else
		ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == forbidden[row].expect,
		    "%s: status %#x", forbidden[row].label, (unsigned)status);
}

START_TEST(a_forbidden_call_is_refused_or_the_end)
{
	if ((full_level() & SANDBOX_HAS_SECCOMP) != 0)
		check_forbidden(_i, SANDBOX_COMPUTE);
}
END_TEST

/* Those that a flag allows are allowed in no other form. */
static const char *const also_with_every_flag[] = { "open a file", "fork", "vfork", "exec",
	"map code", "make data executable", "kill the parent", "no parent-death signal",
	"stat, dressed as fstat", "socket", "unlink" };

START_TEST(flags_open_nothing_else)
{
	if ((full_level() & SANDBOX_HAS_SECCOMP) == 0)
		return;
	for (size_t i = 0; i < ARRAY_LEN(forbidden); i++)
		if (strcmp(forbidden[i].label, also_with_every_flag[_i]) == 0) {
			check_forbidden((int)i, SANDBOX_THREADS | SANDBOX_MAP_OUTPUT);
			return;
		}
	ck_abort_msg("no such row: %s", also_with_every_flag[_i]);
}
END_TEST

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

	ck_assert_int_eq(run(&jail, NULL), 0);
	jail.job = work_with_memory;
	ck_assert_int_eq(run(&jail, NULL), 0);
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

	ck_assert_int_eq(run(&jail, NULL), 0);
	jail.allow = SANDBOX_COMPUTE;
	if ((full_level() & SANDBOX_HAS_SECCOMP) != 0)
		ck_assert_int_eq(WTERMSIG(run(&jail, NULL)), SIGSYS);
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

	ck_assert_int_eq(run(&jail, NULL), 0);
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
	int status = run(&jail, NULL);

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

	ck_assert_int_eq(run(&jail, NULL), 0);
	ck_assert_int_eq(fstat(jail.job_fd, &st), 0);
	ck_assert_int_eq(st.st_size, 1 << 20);
	close(jail.job_fd);
}
END_TEST

static int
take_memory(const void *arg)
{
	void *p = malloc(512u << 20);

	(void)arg;
	return p == NULL && errno == ENOMEM ? 0 : 1;
}

START_TEST(memory_ends_at_its_limit)
{
	const struct sandbox_limits limits = { .memory = 256u << 20 };
	const struct jail jail = { .limits = &limits, .job_fd = -1, .job = take_memory };

	if (!UNDER_ASAN)
		ck_assert_int_eq(run(&jail, NULL), 0);
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
	int status = run(&jail, NULL);

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
		.job = do_nothing,
		.arg = k };
	unsigned level = 0;

	ck_assert_int_eq(run(&jail, &level), 0);
	ck_assert_uint_eq(level, k->level & full_level());
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

	if (_i == 1 || (full_level() & SANDBOX_HAS_LANDLOCK) != 0)
		ck_assert_int_eq(run(&jail, NULL), 0);
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

		_exit(run(&jail, NULL));
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
	unsigned char result = NOT_SET_UP;
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
				_exit(NOT_SET_UP);
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

/* -- the page for people ------------------------------------------------------ */

static char *
load(const char *path)
{
	char *text = NULL;
	FILE *f = fopen(path, "r");
	size_t cap = 0;

	if (f == NULL)
		return NULL;
	ck_assert_int_gt(getdelim(&text, &cap, '\0', f), 0);
	fclose(f);
	return text;
}

/* Where the tests run from the root of the sources, as make does. */
START_TEST(the_page_about_the_jail_names_every_call_of_the_tables)
{
	static const char mark[] = "SCMP_SYS(";
	char *code = load("base/sandbox_seccomp.c"), *docs = load("docs/privsep.md");
	unsigned count = 0;

	for (char *p = code; docs != NULL && p != NULL && (p = strstr(p, mark)) != NULL;) {
		char name[64];

		p += strlen(mark);
		snprintf(name, sizeof(name), "`%.*s`", (int)strcspn(p, ")"), p);
		ck_assert_msg(strstr(docs, name) != NULL, "docs/privsep.md: no %s", name);
		count++;
	}
	ck_assert(docs == NULL || code == NULL || count > 40);
	free(code);
	free(docs);
}
END_TEST

UNIT_MAIN("sandbox", UNIT_ROWS(a_forbidden_call_is_refused_or_the_end, ARRAY_LEN(forbidden)),
    UNIT_ROWS(flags_open_nothing_else, ARRAY_LEN(also_with_every_flag)),
    UNIT_TEST(a_job_has_its_files_its_memory_and_the_clock),
    UNIT_TEST(threads_where_they_are_allowed), UNIT_TEST(a_mapped_output_where_it_is_allowed),
    UNIT_TEST(an_abort_is_seen_as_one), UNIT_TEST(a_file_does_not_grow_beyond_its_limit),
    UNIT_TEST(memory_ends_at_its_limit), UNIT_TEST(processor_time_ends_at_its_limit),
    UNIT_ROWS(a_kernel_that_lacks_a_layer_gets_the_others, LEVEL_KERNELS),
    UNIT_ROWS(without_seccomp_the_other_layers_still_hold, 2),
    UNIT_TEST(a_worker_dies_with_its_parent),
    UNIT_TEST(a_worker_whose_parent_went_first_does_not_start),
    UNIT_ROWS(only_the_listed_descriptors_remain_in_their_order, ARRAY_LEN(kept)),
    UNIT_TEST(bad_lists_of_descriptors_are_refused),
    UNIT_TEST(the_page_about_the_jail_names_every_call_of_the_tables))
