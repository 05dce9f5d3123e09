/*
 * Landlock by raw system calls: Debian 12's headers know it only as of Linux
 * 5.19. A ruleset that handles every right of the running kernel's ABI and
 * allows none of them (Documentation/userspace-api/landlock.rst).
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "base/sandbox_layers.h"

/* The same numbers on every architecture. */
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_restrict_self  446
#endif

#define CREATE_RULESET_VERSION 1u

/* struct landlock_ruleset_attr; a kernel takes as much of it as its ABI knows. */
struct ruleset_attr {
	uint64_t handled_access_fs;  /* ABI 1 */
	uint64_t handled_access_net; /* ABI 4, Linux 6.7 */
	uint64_t scoped;             /* ABI 6, Linux 6.12 */
};

#define BITS(n) ((UINT64_C(1) << (n)) - 1)

/* What the ABI added, as counts of rights from bit 0. */
static void
handle_all(long abi, struct ruleset_attr *attr, size_t *size)
{
	unsigned fs = 13; /* EXECUTE to MAKE_SYM */

	if (abi >= 2)
		fs = 14; /* REFER */
	if (abi >= 3)
		fs = 15; /* TRUNCATE */
	if (abi >= 5)
		fs = 16; /* IOCTL_DEV */
	*attr = (struct ruleset_attr){ .handled_access_fs = BITS(fs) };
	*size = offsetof(struct ruleset_attr, handled_access_net);
	if (abi >= 4) {
		attr->handled_access_net = BITS(2); /* BIND_TCP, CONNECT_TCP */
		*size = offsetof(struct ruleset_attr, scoped);
	}
	if (abi >= 6) {
		attr->scoped = BITS(2); /* ABSTRACT_UNIX_SOCKET, SIGNAL */
		*size = sizeof(*attr);
	}
}

/* ENOSYS: older; EOPNOTSUPP: switched off at boot; EPERM: a container's filter. */
static int
refused(const char *what, struct err *err)
{
	if (errno == ENOSYS || errno == EOPNOTSUPP || errno == EPERM)
		return 0;
	return err_sys(err, "landlock: %s", what);
}

int
sandbox_landlock(struct err *err)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);
	struct ruleset_attr attr;
	size_t size;
	int fd, rc = 1;

	if (abi == -1)
		return refused("ask for its version", err);
	handle_all(abi, &attr, &size);
	fd = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
	if (fd == -1)
		return refused("create a ruleset", err);
	if (syscall(SYS_landlock_restrict_self, fd, 0) == -1)
		rc = refused("restrict", err);
	(void)close(fd);
	return rc;
}
