/*
 * The system calls of a worker: an allow-list, made with libseccomp. What is not
 * in a table here kills the process.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/err.h"
#include "base/list.h"
#include "base/sandbox.h"
#include "base/sandbox_layers.h"

/* Reading, writing and computing. */
static const int compute[] = {
	SCMP_SYS(read),
	SCMP_SYS(write),
	SCMP_SYS(readv),
	SCMP_SYS(writev),
	SCMP_SYS(pread64),
	SCMP_SYS(pwrite64),
	SCMP_SYS(lseek),
	SCMP_SYS(fstat),
	SCMP_SYS(fsync),
	SCMP_SYS(fdatasync),
	SCMP_SYS(sync_file_range),
	SCMP_SYS(close),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(futex),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_getres),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(nanosleep),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(time),
	SCMP_SYS(getrandom),
	SCMP_SYS(getrusage),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(sched_yield),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
};

/* What a thread of glibc does besides: see also clone in add_conditional. */
static const int threads[] = {
	SCMP_SYS(set_robust_list),
	SCMP_SYS(rseq),
	SCMP_SYS(rt_sigaction),
};

/* What libraries try in passing and take a no for. */
static const int no_access[] = {
	SCMP_SYS(open),
	SCMP_SYS(openat),
	SCMP_SYS(openat2),
	SCMP_SYS(stat),
	SCMP_SYS(lstat),
	SCMP_SYS(statx),
	SCMP_SYS(access),
	SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(getcwd),
	SCMP_SYS(socket),
};

/* Facts about the machine, and its NUMA nodes (x265). */
static const int no_such_call[] = {
	SCMP_SYS(sysinfo),
	SCMP_SYS(get_mempolicy),
};

/* AddressSanitizer's own. */
static const int sanitizer[] = {
	SCMP_SYS(sigaltstack),
	SCMP_SYS(rt_sigaction),
};

/* -- fstat ------------------------------------------------------------------- */

/*
 * fstat(3) of glibc 2.33 to 2.38 is newfstatat(fd, "", AT_EMPTY_PATH). A filter
 * sees no strings, and any other path in it would tell about files that the
 * worker has no business with. So the call traps, and is made as fstat(2) here
 * once the path was seen to be empty.
 */
#if defined(__x86_64__)
#define CALL_ARG(uc, n) ((uc)->uc_mcontext.gregs[(n) == 0 ? REG_RDI : (n) == 1 ? REG_RSI : REG_RDX])
#define CALL_RESULT(uc) ((uc)->uc_mcontext.gregs[REG_RAX])
#elif defined(__aarch64__)
#define CALL_ARG(uc, n) ((uc)->uc_mcontext.regs[n])
#define CALL_RESULT(uc) ((uc)->uc_mcontext.regs[0])
#endif

#ifdef CALL_ARG
static void
on_trapped_fstat(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	int saved = errno;
	long rc = -EACCES;

	(void)sig;
	/* Somebody's kill(2), or the trap of a container's filter: not ours to answer. */
	if (info->si_code <= 0 || info->si_syscall != SYS_newfstatat)
		abort();
	if (*(const char *)CALL_ARG(uc, 1) == '\0') {
		rc = syscall(SYS_fstat, (int)CALL_ARG(uc, 0), (struct stat *)CALL_ARG(uc, 2));
		if (rc == -1)
			rc = -errno;
	}
	CALL_RESULT(uc) = rc;
	errno = saved;
}
#endif

/* 0; the call traps only where its handler knows how to read the registers. */
static int
trap_fstat(scmp_filter_ctx ctx)
{
	const struct scmp_arg_cmp is_fstat = { 3, SCMP_CMP_EQ, AT_EMPTY_PATH, 0 };
	const struct scmp_arg_cmp is_path = { 3, SCMP_CMP_NE, AT_EMPTY_PATH, 0 };
	uint32_t action = SCMP_ACT_ERRNO(EACCES);
	int rc;

#ifdef CALL_ARG
	struct sigaction sa = { .sa_sigaction = on_trapped_fstat, .sa_flags = SA_SIGINFO };

	sigemptyset(&sa.sa_mask);
	if (sigaction(SIGSYS, &sa, NULL) == -1)
		return -errno;
	action = SCMP_ACT_TRAP;
#endif
	rc = seccomp_rule_add_array(ctx, action, SCMP_SYS(newfstatat), 1, &is_fstat);
	if (rc == 0)
		rc = seccomp_rule_add_array(ctx, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(newfstatat), 1,
		    &is_path);
	return rc;
}

/* -- the filter -------------------------------------------------------------- */

static int
add_all(scmp_filter_ctx ctx, uint32_t action, const int *calls, size_t count)
{
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0; i++)
		rc = seccomp_rule_add_array(ctx, action, calls[i], 0, NULL);
	return rc;
}

/* glibc's pthread_create, and musl's, which adds an obsolete flag. */
#define THREAD_FLAGS                                                                        \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | \
	    CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID)

struct conditional {
	unsigned allow; /* bits that the job must have */
	uint32_t action;
	int call;
	unsigned count;
	struct scmp_arg_cmp args[2]; /* argument, comparison, mask or value, value */
};

/* Calls whose arguments decide. Several rows of one call: any of them. */
static int
add_conditional(scmp_filter_ctx ctx, unsigned allow)
{
	const uint32_t yes = SCMP_ACT_ALLOW, no = SCMP_ACT_ERRNO(EACCES);
	const struct conditional rows[] = {
		/*
		 * No memory that can be executed; shared and writable only where asked for.
		 * (mprotect may still make it so: it writes no more than pwrite does.)
		 */
		{ 0, yes, SCMP_SYS(mmap), 2,
		    { { 2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0 },
			{ 3, SCMP_CMP_MASKED_EQ, MAP_TYPE, MAP_PRIVATE } } },
		{ 0, yes, SCMP_SYS(mmap), 1,
		    { { 2, SCMP_CMP_MASKED_EQ, PROT_EXEC | PROT_WRITE, 0 } } },
		{ SANDBOX_MAP_OUTPUT, yes, SCMP_SYS(mmap), 1,
		    { { 2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0 } } },
		{ 0, yes, SCMP_SYS(mprotect), 1, { { 2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0 } } },
		{ SANDBOX_MAP_OUTPUT, yes, SCMP_SYS(ftruncate), 0, { { 0 } } },
		/* send(2) on what is connected already, without an address. */
		{ 0, yes, SCMP_SYS(sendto), 1, { { 4, SCMP_CMP_EQ, 0, 0 } } },
		/* abort(3) */
		{ 0, yes, SCMP_SYS(tgkill), 1, { { 0, SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0 } } },
		/* fdopen(3) asks for the mode; changes would be seen by the other end too. */
		{ 0, yes, SCMP_SYS(fcntl), 1, { { 1, SCMP_CMP_EQ, F_GETFL, 0 } } },
		{ 0, no, SCMP_SYS(fcntl), 1, { { 1, SCMP_CMP_NE, F_GETFL, 0 } } },
		/* isatty(3) */
		{ 0, SCMP_ACT_ERRNO(ENOTTY), SCMP_SYS(ioctl), 0, { { 0 } } },
		/* A filter cannot see into clone3's struct; without it glibc takes clone. */
		{ SANDBOX_THREADS, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0, { { 0 } } },
		{ SANDBOX_THREADS, yes, SCMP_SYS(clone), 1,
		    { { 0, SCMP_CMP_MASKED_EQ, ~(scmp_datum_t)CLONE_DETACHED, THREAD_FLAGS } } },
		{ SANDBOX_THREADS, yes, SCMP_SYS(prctl), 1,
		    { { 0, SCMP_CMP_EQ, PR_SET_NAME, 0 } } },
	};
	int rc = 0;

	for (size_t i = 0; i < ARRAY_LEN(rows) && rc == 0; i++)
		if ((allow & rows[i].allow) == rows[i].allow)
			rc = seccomp_rule_add_array(ctx, rows[i].action, rows[i].call,
			    rows[i].count, rows[i].args);
	return rc;
}

static int
add_rules(scmp_filter_ctx ctx, unsigned allow)
{
	int rc;

	rc = add_all(ctx, SCMP_ACT_ALLOW, compute, ARRAY_LEN(compute));
	if (rc == 0 && (allow & SANDBOX_THREADS) != 0)
		rc = add_all(ctx, SCMP_ACT_ALLOW, threads, ARRAY_LEN(threads));
	if (rc == 0 && SANDBOX_UNDER_ASAN)
		rc = add_all(ctx, SCMP_ACT_ALLOW, sanitizer, ARRAY_LEN(sanitizer));
	if (rc == 0)
		rc = add_all(ctx, SCMP_ACT_ERRNO(EACCES), no_access, ARRAY_LEN(no_access));
	if (rc == 0)
		rc = add_all(ctx, SCMP_ACT_ERRNO(ENOSYS), no_such_call, ARRAY_LEN(no_such_call));
	if (rc == 0)
		rc = add_conditional(ctx, allow);
	if (rc == 0)
		rc = trap_fstat(ctx);
	return rc;
}

/* KILL_PROCESS came with Linux 4.14; before, the thread that did it is killed. */
static scmp_filter_ctx
new_filter(void)
{
	uint32_t kill_it = SCMP_ACT_KILL_PROCESS;
	scmp_filter_ctx ctx = seccomp_init(kill_it);

	if (ctx == NULL) {
		kill_it = SCMP_ACT_KILL_THREAD;
		ctx = seccomp_init(kill_it);
	}
	/* Calls of another ABI (i386, x32) too; and errors of the kernel as they are. */
	if (ctx != NULL &&
	    (seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, kill_it) < 0 ||
		seccomp_attr_set(ctx, SCMP_FLTATR_API_SYSRAWRC, 1) < 0)) {
		seccomp_release(ctx);
		ctx = NULL;
	}
	return ctx;
}

int
sandbox_seccomp(unsigned allow, struct err *err)
{
	scmp_filter_ctx ctx = new_filter();
	int rc;

	if (ctx == NULL)
		return err_set(err, ENOMEM, "seccomp: cannot begin a filter");
	rc = add_rules(ctx, allow);
	if (rc < 0) {
		rc = err_set(err, rc, "seccomp: make the filter: %s", strerror(-rc));
		goto out;
	}
	rc = seccomp_load(ctx);
	/* ENOSYS, EINVAL: a kernel without it; EPERM, EACCES: a container's filter. */
	if (rc == -ENOMEM)
		rc = err_set(err, rc, "seccomp: load the filter: %s", strerror(-rc));
	else
		rc = rc == 0;
out:
	seccomp_release(ctx);
	return rc;
}
