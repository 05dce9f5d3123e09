#include "base/sandbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "base/list.h"
#include "base/sandbox_layers.h"
#include "base/wire.h"

#if SANDBOX_UNDER_ASAN
/*
 * LeakSanitizer asks this at exit. Its search starts a process that traces this
 * one, which the jail forbids.
 */
static _Bool jailed;
int __lsan_is_turned_off(void);
int
__lsan_is_turned_off(void)
{
	return jailed;
}
#endif

/* -- the floor: what every kernel since 3.5 has ------------------------------ */

/* `hard` is never above what already holds. */
static int
limit(int resource, const char *name, rlim_t soft, rlim_t hard, struct err *err)
{
	struct rlimit now, then;

	if (getrlimit(resource, &now) == -1)
		return err_sys(err, "read the limit %s", name);
	then.rlim_max = hard < now.rlim_max ? hard : now.rlim_max;
	then.rlim_cur = soft < then.rlim_max ? soft : then.rlim_max;
	if (setrlimit(resource, &then) == -1)
		return err_sys(err, "set the limit %s", name);
	return 0;
}

static int
set_limits(unsigned allow, const struct sandbox_limits *limits, struct err *err)
{
	rlim_t cpu = limits->cpu_s > 0 ? limits->cpu_s : RLIM_INFINITY;
	/* SIGXCPU at the soft limit says why; the hard one is for who ignores it. */
	rlim_t cpu_hard = limits->cpu_s > 0 ? cpu + 1 : RLIM_INFINITY;
	rlim_t memory = limits->memory > 0 && !SANDBOX_UNDER_ASAN ? limits->memory : RLIM_INFINITY;
	rlim_t tasks = (allow & SANDBOX_THREADS) != 0 ? RLIM_INFINITY : 0;
	const struct {
		int resource;
		const char *name;
		rlim_t soft, hard;
	} rows[] = {
		{ RLIMIT_CORE, "RLIMIT_CORE", 0, 0 },
		{ RLIMIT_CPU, "RLIMIT_CPU", cpu, cpu_hard },
		{ RLIMIT_FSIZE, "RLIMIT_FSIZE", limits->file, limits->file },
		{ RLIMIT_AS, "RLIMIT_AS", memory, memory },
		{ RLIMIT_NPROC, "RLIMIT_NPROC", tasks, tasks },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int rc = limit(rows[i].resource, rows[i].name, rows[i].soft, rows[i].hard, err);

		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Root's powers, where the gateway runs as root: this process needs none of them. */
static int
drop_capabilities(struct err *err)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (syscall(SYS_capset, &head, none) == -1)
		return err_sys(err, "drop capabilities");
	return 0;
}

/*
 * The kernel ends this process with its parent. A parent that died before that
 * was asked for has closed its end of the socket.
 */
static int
die_with_parent(struct err *err)
{
	struct pollfd wire = { .fd = WIRE_FD, .events = 0 };

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == -1)
		return err_sys(err, "ask for the parent-death signal");
	if (poll(&wire, 1, 0) == 1 && (wire.revents & POLLHUP) != 0)
		return err_set(err, ESRCH, "the parent has ended");
	return 0;
}

static int
lay_floor(unsigned allow, const struct sandbox_limits *limits, struct err *err)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	int rc;

	/* A write beyond RLIMIT_FSIZE is EFBIG, which the job can report. */
	if (sigaction(SIGXFSZ, &ignore, NULL) == -1)
		return err_sys(err, "ignore SIGXFSZ");
	rc = set_limits(allow, limits, err);
	if (rc == 0)
		rc = drop_capabilities(err);
	if (rc == 0)
		rc = die_with_parent(err);
	if (rc == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		rc = err_sys(err, "set no_new_privs");
	return rc;
}

/*
 * No new descriptors: all below this limit are open. Not a lower one, or poll(2)
 * refuses to look at more than so many. Landlock still needs one for a moment.
 */
static int
seal_descriptors(struct err *err)
{
	return limit(RLIMIT_NOFILE, "RLIMIT_NOFILE", WIRE_FD_FIRST, WIRE_FD_FIRST, err);
}

int
sandbox_enter(unsigned allow, const struct sandbox_limits *limits, struct err *err)
{
	int level = SANDBOX_HAS_FLOOR;
	int rc;

#if SANDBOX_UNDER_ASAN
	jailed = 1;
#endif
	rc = lay_floor(allow, limits, err);
	if (rc < 0)
		goto out;
	rc = sandbox_landlock(err);
	if (rc < 0)
		goto out;
	if (rc > 0)
		level |= SANDBOX_HAS_LANDLOCK;
	rc = seal_descriptors(err);
	if (rc < 0)
		goto out;
	rc = sandbox_seccomp(allow, err);
	if (rc < 0)
		goto out;
	if (rc > 0)
		level |= SANDBOX_HAS_SECCOMP;
out:
	if (rc < 0) {
		err_wrap(err, "jail");
		return rc;
	}
	return level;
}

const char *
sandbox_level_name(unsigned level)
{
	switch (level & (SANDBOX_HAS_LANDLOCK | SANDBOX_HAS_SECCOMP)) {
	case SANDBOX_HAS_LANDLOCK | SANDBOX_HAS_SECCOMP: return "full";
	case SANDBOX_HAS_SECCOMP: return "no landlock";
	case SANDBOX_HAS_LANDLOCK: return "no seccomp";
	default: return "basic";
	}
}

/* -- descriptors, between fork and exec -------------------------------------- */

/* close_range(2) came with Linux 5.9, and old container filters answer EPERM. */
static int
close_listed(unsigned from, unsigned to)
{
	union {
		struct dirent64 entry; /* for its alignment */
		char bytes[1024];
	} buf;
	int dir = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	long n;

	if (dir == -1)
		return -errno;
	while ((n = syscall(SYS_getdents64, dir, buf.bytes, sizeof(buf.bytes))) > 0) {
		for (long at = 0; at < n;) {
			const struct dirent64 *entry = (const void *)(buf.bytes + at);
			unsigned fd = 0;

			at += entry->d_reclen;
			for (const char *c = entry->d_name; *c >= '0' && *c <= '9'; c++)
				fd = fd * 10 + (unsigned)(*c - '0');
			/* "." and ".." read as 0, which is never in the range. */
			if (fd >= from && fd <= to && fd != (unsigned)dir)
				(void)close((int)fd);
		}
	}
	if (n == -1)
		n = -errno;
	(void)close(dir);
	return (int)n;
}

static int
close_between(unsigned from, unsigned to)
{
	if (from > to || syscall(SYS_close_range, from, to, 0) == 0)
		return 0;
	return close_listed(from, to);
}

int
sandbox_keep_fds(const int *fds, unsigned count, int first)
{
	int high[SANDBOX_KEEP_MAX];
	int rc;

	if (count > SANDBOX_KEEP_MAX || first < 3)
		return -EINVAL;
	/* Out of the way first: a wanted one may stand where another belongs. */
	for (unsigned i = 0; i < count; i++) {
		high[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, first + (int)count);
		if (high[i] == -1)
			return -errno;
	}
	for (unsigned i = 0; i < count; i++)
		if (dup2(high[i], first + (int)i) == -1)
			return -errno;
	rc = close_between(3, (unsigned)first - 1);
	if (rc < 0)
		return rc;
	return close_between((unsigned)first + count, UINT_MAX);
}
