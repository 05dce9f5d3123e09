/* The system calls of the jail: one by one, and each in a process of its own. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "tests/unit/base/jail.h"
#include "unit.h"

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
	return rc == -1 ? errno : JAIL_NOT_SET_UP;
}

static void
check_forbidden(int row, unsigned allow)
{
	const struct jail jail = { .allow = allow,
		.limits = &one_mib,
		.job_fd = -1,
		.job = try_call,
		.arg = &row };
	int status = jail_run(&jail, NULL);

	if (forbidden[row].expect == KILLED)
		ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS, "%s: status %#x",
		    forbidden[row].label, (unsigned)status);
	else
		ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == forbidden[row].expect,
		    "%s: status %#x", forbidden[row].label, (unsigned)status);
}

START_TEST(a_forbidden_call_is_refused_or_the_end)
{
	if ((jail_full_level() & SANDBOX_HAS_SECCOMP) != 0)
		check_forbidden(_i, SANDBOX_COMPUTE);
}
END_TEST

/* Those that a flag allows are allowed in no other form. */
static const char *const also_with_every_flag[] = { "open a file", "fork", "vfork", "exec",
	"map code", "make data executable", "kill the parent", "no parent-death signal",
	"stat, dressed as fstat", "socket", "unlink" };

START_TEST(flags_open_nothing_else)
{
	if ((jail_full_level() & SANDBOX_HAS_SECCOMP) == 0)
		return;
	for (size_t i = 0; i < ARRAY_LEN(forbidden); i++)
		if (strcmp(forbidden[i].label, also_with_every_flag[_i]) == 0) {
			check_forbidden((int)i, SANDBOX_THREADS | SANDBOX_MAP_OUTPUT);
			return;
		}
	ck_abort_msg("no such row: %s", also_with_every_flag[_i]);
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

UNIT_MAIN("sandbox_calls", UNIT_ROWS(a_forbidden_call_is_refused_or_the_end, ARRAY_LEN(forbidden)),
    UNIT_ROWS(flags_open_nothing_else, ARRAY_LEN(also_with_every_flag)),
    UNIT_TEST(the_page_about_the_jail_names_every_call_of_the_tables))
