/*
 * The jail of a worker. sandbox_enter is the first thing that a worker does, in
 * its only thread; after it the process can use the descriptors that it was given
 * and nothing else. What a library must read from files (time zone, a library of
 * its own) it must have read before.
 *
 * In this order: rlimits, no capabilities, parent-death signal (and a check that
 * the parent still lives), no_new_privs, Landlock (no file system access; no
 * network where the kernel's ABI has it), no new descriptors, seccomp (allow-list;
 * what libraries try in passing gets EACCES or ENOSYS, all else kills the process;
 * docs/privsep.md). Landlock and seccomp are degraded visibly where the kernel
 * lacks them: sandbox_enter returns what holds, the worker reports it in its
 * WIRE_HELLO, and the gateway shows it in its status. EPERM from a container's own
 * filter counts as lacking.
 */
#ifndef BASE_SANDBOX_H
#define BASE_SANDBOX_H

#include <stdint.h>

struct err;

/* What the job may do besides reading, writing and computing. */
enum sandbox_allow {
	SANDBOX_COMPUTE = 0,        /* descriptors that are open already, memory, clock */
	SANDBOX_THREADS = 1 << 0,   /* more threads in this process */
	SANDBOX_MAP_OUTPUT = 1 << 1 /* ftruncate and shared mappings of given descriptors */
};

struct sandbox_limits {
	/*
	 * RLIMIT_AS in bytes; 0, and under AddressSanitizer: none. It counts what is
	 * mapped, not what is touched: the program, its files, a thread's stack (8 MiB)
	 * and malloc's reserve for it (64 MiB).
	 */
	uint64_t memory;
	uint64_t file;  /* RLIMIT_FSIZE in bytes: beyond it is EFBIG. 0: no file may grow */
	unsigned cpu_s; /* RLIMIT_CPU in seconds, then SIGXCPU; 0: none */
};

/* What holds. Bits. */
enum sandbox_level {
	SANDBOX_HAS_FLOOR = 1 << 0, /* all of it but Landlock and seccomp */
	SANDBOX_HAS_LANDLOCK = 1 << 1,
	SANDBOX_HAS_SECCOMP = 1 << 2,
};

/*
 * Returns the level (> 0), or -errno when even the floor cannot be had. -ESRCH:
 * the other end of WIRE_FD has closed, so nobody waits for the result.
 */
int sandbox_enter(unsigned allow, const struct sandbox_limits *limits, struct err *err);
/* "full", "no landlock", "no seccomp", "basic" */
const char *sandbox_level_name(unsigned level);

/*
 * Between fork and exec: closes every descriptor but 0 to 2 and the `count` listed
 * ones (at most SANDBOX_KEEP_MAX), which become `first` (at least 3), first + 1, ...
 * Async-signal-safe. 0 or -errno.
 */
#define SANDBOX_KEEP_MAX 64
int sandbox_keep_fds(const int *fds, unsigned count, int first);

#endif
