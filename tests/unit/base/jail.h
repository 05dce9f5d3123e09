/*
 * A process in a jail, for the tests of base/sandbox.h: a child with a socket on
 * WIRE_FD and one file, which enters the jail and does one job in it.
 */
#ifndef TESTS_UNIT_BASE_JAIL_H
#define TESTS_UNIT_BASE_JAIL_H

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sandbox.h"
#include "base/wire.h"
#include "unit.h"

/* Exit statuses of the child, beside what its job returns. */
#define JAIL_NOT_SET_UP 120
#define JAIL_NOT_JAILED 121

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

_Noreturn static inline void
jail_child(const struct jail *jail, int wire)
{
	const int fds[] = { wire, jail->job_fd };
	int rc;

	if (sandbox_keep_fds(fds, jail->job_fd == -1 ? 1 : 2, WIRE_FD) < 0)
		_exit(JAIL_NOT_SET_UP);
	if (jail->before != NULL && jail->before(jail->arg) != 0)
		_exit(JAIL_NOT_SET_UP);
	rc = sandbox_enter(jail->allow, jail->limits, NULL);
	if (rc < 0)
		_exit(JAIL_NOT_JAILED);
	if (wire_hello(WIRE_FD, (unsigned)rc) < 0)
		_exit(JAIL_NOT_JAILED);
	_exit(jail->job(jail->arg));
}

/* Its wait status; *level, when not NULL, is what its hello said. */
static inline int
jail_run(const struct jail *jail, unsigned *level)
{
	unsigned char hello[WIRE_HEAD_MAX + 1] = { 0 };
	int pair[2], status;
	pid_t pid;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	pid = fork();
	ck_assert_int_ne(pid, -1);
	if (pid == 0)
		jail_child(jail, pair[1]);
	close(pair[1]);
	ck_assert_int_ne(recv(pair[0], hello, sizeof(hello), MSG_WAITALL), -1);
	if (level != NULL)
		*level = hello[WIRE_HEAD_MAX];
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	close(pair[0]);
	return status;
}

static inline int
jail_do_nothing(const void *arg)
{
	(void)arg;
	return 0;
}

/* What this machine can hold. */
static inline unsigned
jail_full_level(void)
{
	const struct jail jail = { .limits = &no_files, .job_fd = -1, .job = jail_do_nothing };
	unsigned level;

	ck_assert_int_eq(jail_run(&jail, &level), 0);
	return level;
}

#endif
