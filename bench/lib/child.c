#include "bench/lib/child.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/lib/net.h"

#define CHILDREN_MAX 64

static pid_t children[CHILDREN_MAX];
static pid_t owner; /* the process whose exit cleans up */
static char *dir;

void
bench_die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fprintf(stderr, "%s: ", program_invocation_short_name);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	if (getpid() == owner || owner == 0)
		exit(2);
	_exit(2);
}

uint64_t
bench_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

void
bench_sleep_ms(unsigned ms)
{
	struct timespec ts = { ms / 1000, (long)(ms % 1000) * 1000000 };

	while (nanosleep(&ts, &ts) == -1 && errno == EINTR)
		;
}

void *
bench_alloc(size_t size)
{
	void *p = calloc(1, size);

	if (p == NULL)
		bench_die("no memory");
	return p;
}

void *
bench_share(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		bench_die("no shared memory: %s", strerror(errno));
	return p;
}

static void
bench_clean(void)
{
	const char *const argv[] = { "rm", "-rf", dir, NULL };

	if (getpid() != owner)
		return;
	for (int i = 0; i < CHILDREN_MAX; i++)
		child_stop(children[i]);
	if (dir != NULL)
		child_run(argv);
}

/* The loads of a benchmark are many; being asked to end must end them too. */
static void
bench_on_signal(int sig)
{
	(void)sig;
	exit(2);
}

static void
child_signal(int sig, void (*handler)(int))
{
	const struct sigaction action = { .sa_handler = handler };

	(void)sigaction(sig, &action, NULL);
}

static void
bench_own(void)
{
	if (owner != 0)
		return;
	owner = getpid();
	atexit(bench_clean);
	child_signal(SIGTERM, bench_on_signal);
	child_signal(SIGINT, bench_on_signal);
	child_signal(SIGPIPE, SIG_IGN);
}

const char *
bench_dir(void)
{
	static char template[] = "/tmp/masthead-bench-XXXXXX";

	if (dir == NULL) {
		bench_own();
		dir = mkdtemp(template);
		/* Icecast gives root up and still has to read its configuration. */
		if (dir == NULL || chmod(dir, 0755) == -1)
			bench_die("no folder in /tmp: %s", strerror(errno));
	}
	return dir;
}

char *
bench_path(const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", bench_dir(), name) == -1)
		bench_die("no memory");
	return path;
}

const char *
bench_program(const char *name)
{
	char *self = realpath("/proc/self/exe", NULL), *path;

	if (self == NULL ||
	    asprintf(&path, "%.*s/%s", (int)(strrchr(self, '/') - self), self, name) == -1)
		bench_die("out of memory");
	free(self);
	return path;
}

char *
bench_write(const char *name, const char *text)
{
	char *path = bench_path(name);
	FILE *f = fopen(path, "we");

	if (f == NULL || fputs(text, f) == EOF || fclose(f) != 0)
		bench_die("%s: %s", path, strerror(errno));
	return path;
}

/* CPU 0 is the subject's, as far as this process may choose. */
static void
child_pin(_Bool subject)
{
	cpu_set_t all, mine;
	int first = -1;

	if (sched_getaffinity(0, sizeof(all), &all) == -1 || CPU_COUNT(&all) < 2)
		return;
	CPU_ZERO(&mine);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		if (first == -1)
			first = cpu;
		if ((cpu == first) == subject)
			CPU_SET(cpu, &mine);
	}
	(void)sched_setaffinity(0, sizeof(mine), &mine);
}

pid_t
child_fork(const struct place *place)
{
	pid_t pid, parent = getpid();

	bench_own();
	fflush(NULL);
	pid = fork();
	if (pid == -1)
		bench_die("fork: %s", strerror(errno));
	if (pid == 0) {
		child_signal(SIGTERM, SIG_DFL);
		child_signal(SIGINT, SIG_DFL);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(2);
		child_pin(place->subject);
		if (place->netns != NULL)
			net_enter(place->netns);
		return 0;
	}
	for (int i = 0; i < CHILDREN_MAX; i++) {
		if (children[i] == 0) {
			children[i] = pid;
			return pid;
		}
	}
	kill(pid, SIGKILL);
	bench_die("more than %d processes at a time", CHILDREN_MAX);
}

/* argv as exec wants it: the strings are not written to. */
static _Noreturn void
child_become(const char *const *argv)
{
	char *const *args;

	memcpy(&args, &argv, sizeof(args));
	execvp(argv[0], args);
	fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

pid_t
child_exec(const struct place *place, const char *const *argv, int out, const char *log)
{
	char *path = bench_path(log);
	pid_t pid = child_fork(place);
	int fd;

	if (pid == 0) {
		fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0644);
		dup2(fd, STDERR_FILENO);
		dup2(out == -1 ? fd : out, STDOUT_FILENO);
		child_signal(SIGPIPE, SIG_DFL);
		child_become(argv);
	}
	free(path);
	return pid;
}

int
child_run(const char *const *argv)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		child_become(argv);
	if (pid == -1 || waitpid(pid, &status, 0) == -1 || !WIFEXITED(status))
		return 127;
	return WEXITSTATUS(status);
}

static void
child_forget(pid_t pid)
{
	for (int i = 0; i < CHILDREN_MAX; i++) {
		if (children[i] == pid)
			children[i] = 0;
	}
}

int
child_wait(pid_t pid, unsigned timeout_ms)
{
	int status;

	for (unsigned ms = 0; ms <= timeout_ms; ms += 5) {
		if (waitpid(pid, &status, WNOHANG) == pid) {
			child_forget(pid);
			return status;
		}
		bench_sleep_ms(5);
	}
	return -1;
}

void
child_stop(pid_t pid)
{
	if (pid <= 0)
		return;
	kill(pid, SIGTERM);
	if (child_wait(pid, 5000) != -1)
		return;
	kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	child_forget(pid);
}

_Bool
child_alive(pid_t pid)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	    info.si_pid == 0;
}

void
child_show_log(const char *log)
{
	char *path = bench_path(log);
	const char *const argv[] = { "tail", "-n", "20", path, NULL };

	fflush(NULL);
	if (dup2(STDERR_FILENO, STDOUT_FILENO) != -1)
		child_run(argv);
	free(path);
}

_Bool
child_installed(const char *program)
{
	const char *path = getenv("PATH");
	char *try;
	_Bool found = 0;

	/* Daemons live in folders that are not on everybody's PATH. */
	if (path == NULL || strstr(path, "/usr/sbin") == NULL) {
		if (asprintf(&try, "%s:/usr/sbin:/sbin", path == NULL ? "/usr/bin:/bin" : path) ==
		    -1)
			bench_die("no memory");
		setenv("PATH", try, 1);
		free(try);
		path = getenv("PATH");
	}
	for (const char *p = path; !found && p != NULL && *p != '\0';) {
		size_t len = strcspn(p, ":");

		if (asprintf(&try, "%.*s/%s", (int)len, p, program) == -1)
			bench_die("no memory");
		found = access(try, X_OK) == 0;
		free(try);
		p += len + (p[len] == ':');
	}
	return found;
}
