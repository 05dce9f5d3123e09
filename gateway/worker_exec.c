#include "gateway/worker_exec.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "base/list.h"
#include "base/sandbox.h"
#include "base/wire.h"
#include "gateway/worker.h"

/* ioprio_set(2); the C library has no names for it. */
#define IOPRIO_WHO_PROCESS 1
#define IOPRIO_IDLE        (3 << 13)

/* All that the child needs, made before fork: after it nothing may allocate. */
struct launch {
	const char *exe;
	char **argv;
	char **env;
	int fds[1 + WORKER_FD_MAX]; /* the socket first */
	unsigned fd_count;
	int null_fd;
	int nice;
	_Bool background;
	pid_t parent;
};

/* What of our environment a worker gets: nothing that could hold a secret. */
static const char *const env_names[] = { "TZ", "ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS" };

/* The "NAME=value" of each that is set; the strings stay the environment's. */
static void
pick_env(char **env)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(env_names); i++) {
		size_t len = strlen(env_names[i]);

		for (char **e = environ; e != NULL && *e != NULL; e++) {
			if (strncmp(*e, env_names[i], len) == 0 && (*e)[len] == '=') {
				env[n++] = *e;
				break;
			}
		}
	}
	env[n] = NULL;
}

/* execve takes char *const[], for history's sake: it changes none of them. */
static char *
writable(const char *text)
{
	union {
		const char *in;
		char *out;
	} cast = { .in = text };

	return cast.out;
}

/* masthead worker NAME ARG... NULL; to be freed, without its strings. */
static char **
make_argv(const struct worker_spec *spec)
{
	size_t count = 0, n = 0;
	char **argv;

	while (spec->args != NULL && spec->args[count] != NULL)
		count++;
	argv = calloc(count + 4, sizeof(*argv));
	if (argv == NULL)
		return NULL;
	argv[n++] = writable("masthead");
	argv[n++] = writable("worker");
	argv[n++] = writable(spec->name);
	for (size_t i = 0; i < count; i++)
		argv[n++] = writable(spec->args[i]);
	return argv;
}

/* -- the child, between fork and exec: async-signal-safe calls only ----------- */

/*
 * The loop's handlers would write to a socket that is shared with the gateway.
 * SIGPIPE stays ignored through exec: a reader that went away is EPIPE.
 */
static void
reset_signals(void)
{
	struct sigaction sa = { .sa_handler = SIG_DFL };
	sigset_t none;

	sigemptyset(&sa.sa_mask);
	for (int sig = 1; sig < NSIG; sig++)
		(void)sigaction(sig, &sa, NULL);
	sa.sa_handler = SIG_IGN;
	(void)sigaction(SIGPIPE, &sa, NULL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Where the kernel does not know these, `nice` is what there is. */
static void
stay_behind(void)
{
	const struct sched_param param = { 0 };

	(void)sched_setscheduler(0, SCHED_BATCH, &param);
	(void)syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_IDLE);
}

/* NULL, or what went wrong, with errno. */
static const char *
prepare(const struct launch *l)
{
	int rc;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == -1)
		return "ask for the parent-death signal";
	if (getppid() != l->parent)
		_exit(EXIT_FAILURE);
	/* Not hit by a terminal's ^C: the gateway ends its workers when it drains. */
	if (setpgid(0, 0) == -1)
		return "make a process group";
	errno = 0;
	if (nice(l->nice) == -1 && errno != 0)
		return "lower the priority";
	if (l->background)
		stay_behind();
	if (dup2(l->null_fd, STDIN_FILENO) == -1 || dup2(l->null_fd, STDOUT_FILENO) == -1)
		return "redirect stdin and stdout";
	rc = sandbox_keep_fds(l->fds, l->fd_count, WIRE_FD);
	if (rc < 0) {
		errno = -rc;
		return "pass its descriptors";
	}
	return NULL;
}

_Noreturn static void
run_child(const struct launch *l)
{
	struct err err = ERR_INIT;
	const char *what;
	int wire = l->fds[0];
	char *end;

	reset_signals();
	what = prepare(l);
	if (what == NULL) {
		wire = WIRE_FD;
		execve(l->exe, l->argv, l->env);
		what = "run its program";
	}
	err.code = -errno;
	end = stpcpy(stpcpy(err.text, what), ": ");
	(void)stpcpy(end, strerrordesc_np(-err.code));
	(void)wire_fail(wire, &err);
	_exit(EXIT_FAILURE);
}

/* ----------------------------------------------------------------------------- */

pid_t
worker_exec(const char *exe, const struct worker_spec *spec, int wire_fd, int null_fd,
    struct err *err)
{
	char *env[ARRAY_LEN(env_names) + 1];
	struct launch l = { .exe = exe,
		.env = env,
		.fds = { wire_fd },
		.null_fd = null_fd,
		.nice = spec->nice,
		.background = spec->background,
		.parent = getpid() };
	sigset_t all, before;
	pid_t pid;

	if (spec->fd_count > WORKER_FD_MAX)
		return err_set(err, EINVAL, "%zu descriptors, at most %d can be passed",
		    spec->fd_count, WORKER_FD_MAX);
	if (spec->fd_count > 0)
		memcpy(l.fds + 1, spec->fds, spec->fd_count * sizeof(*l.fds));
	l.fd_count = 1 + (unsigned)spec->fd_count;
	pick_env(env);
	l.argv = make_argv(spec);
	if (l.argv == NULL)
		return err_set(err, ENOMEM, "out of memory");
	/* No handler of ours may run in the child. */
	sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, &before);
	pid = fork();
	if (pid == 0)
		run_child(&l);
	if (pid == -1)
		pid = err_sys(err, "fork");
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	free(l.argv);
	return pid;
}
