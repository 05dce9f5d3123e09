#include "bench/lib/guide.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/lib/child.h"
#include "bench/lib/report.h"

#define ROUNDS_MAX 16
#define RUNS_MAX   8

static const struct place place = { .subject = 1 };

static void
run_to(const char *path, const char *const *argv)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd == -1)
		bench_die("%s: %s", path, strerror(errno));
	if (child_wait(child_exec(&place, argv, fd, "guide.log"), 600000) != 0) {
		child_show_log("guide.log");
		bench_die("%s failed", argv[0]);
	}
	(void)close(fd);
}

const char *
guide_make(const char *name, unsigned megabytes)
{
	char *path = bench_path(name), size[16], channels[16];
	const char *const argv[] = { bench_program("guide_gen"), size, channels, GUIDE_START_TEXT,
		NULL };

	snprintf(size, sizeof(size), "%u", megabytes);
	snprintf(channels, sizeof(channels), "%u", GUIDE_CHANNELS);
	run_to(path, argv);
	return path;
}

const char *
guide_compress(const char *path)
{
	const char *const argv[] = { "gzip", "-6", "-c", path, NULL };
	char *packed;

	if (asprintf(&packed, "%s.gz", path) == -1)
		bench_die("out of memory");
	run_to(packed, argv);
	return packed;
}

const char *
guide_wanted(unsigned step)
{
	char name[32], *path;
	FILE *f;

	snprintf(name, sizeof(name), "wanted-%u", step);
	path = bench_path(name);
	f = fopen(path, "we");
	if (f == NULL)
		bench_die("%s: %s", path, strerror(errno));
	for (unsigned i = 0; i < GUIDE_CHANNELS; i += step)
		fprintf(f, "chan%u.example\n", i);
	if (fclose(f) != 0)
		bench_die("%s: %s", path, strerror(errno));
	return path;
}

static double
seconds(const struct timeval *tv)
{
	return (double)tv->tv_sec + (double)tv->tv_usec / 1e6;
}

/*
 * Forked once more, so that what the kernel adds up of children that have ended is of this
 * command alone: its workers too.
 */
static _Noreturn void
run_and_tell(const char *const *argv, int fd)
{
	struct guide_cost cost;
	uint64_t began = bench_now_ns();
	struct rusage usage;
	int status = child_wait(child_exec(&place, argv, -1, "guide.log"), 600000);

	cost.wall_s = (double)(bench_now_ns() - began) / 1e9;
	(void)getrusage(RUSAGE_CHILDREN, &usage);
	cost.cpu_s = seconds(&usage.ru_utime) + seconds(&usage.ru_stime);
	cost.rss = (double)usage.ru_maxrss * 1024;
	if (status != 0 || write(fd, &cost, sizeof(cost)) != (ssize_t)sizeof(cost))
		_exit(1);
	_exit(0);
}

void
guide_run(const char *const *argv, struct guide_cost *ret)
{
	int pipe_fds[2];
	pid_t pid;

	if (pipe2(pipe_fds, O_CLOEXEC) == -1)
		bench_die("pipe: %s", strerror(errno));
	pid = child_fork(&place);
	if (pid == 0)
		run_and_tell(argv, pipe_fds[1]);
	(void)close(pipe_fds[1]);
	if (read(pipe_fds[0], ret, sizeof(*ret)) != (ssize_t)sizeof(*ret)) {
		child_show_log("guide.log");
		bench_die("%s failed", argv[0]);
	}
	(void)close(pipe_fds[0]);
	(void)child_wait(pid, 10000);
}

void
guide_run_in_turn(const char *const *const *argvs, unsigned count, unsigned rounds,
    struct guide_cost *ret)
{
	struct guide_cost costs[RUNS_MAX][ROUNDS_MAX];
	double values[3][ROUNDS_MAX];

	if (rounds > ROUNDS_MAX)
		rounds = ROUNDS_MAX;
	for (unsigned r = 0; r < rounds; r++) {
		for (unsigned i = 0; i < count; i++)
			guide_run(argvs[i], &costs[i][r]);
	}
	for (unsigned i = 0; i < count; i++) {
		for (unsigned r = 0; r < rounds; r++) {
			values[0][r] = costs[i][r].cpu_s;
			values[1][r] = costs[i][r].wall_s;
			values[2][r] = costs[i][r].rss;
		}
		ret[i].cpu_s = report_median(values[0], rounds);
		ret[i].wall_s = report_median(values[1], rounds);
		ret[i].rss = report_median(values[2], rounds);
	}
}
