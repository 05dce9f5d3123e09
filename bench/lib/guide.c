#include "bench/lib/guide.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "bench/lib/child.h"
#include "bench/lib/client.h"
#include "bench/lib/report.h"
#include "bench/lib/subject.h"

#define HOUR       3600
#define ROUNDS_MAX 7
#define LIST_MAX   (8u << 20)
#define WAIT_S     300
#define QUIET_MS   3500 /* a watched file is left alone until it has rested for 2 s */

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
guide_make(const char *name, unsigned megabytes, unsigned seed)
{
	const char *program = bench_program("guide_gen");
	char *path = bench_path(name), size[16], channels[16], start[24], seeds[16];

	snprintf(size, sizeof(size), "%u", megabytes);
	snprintf(channels, sizeof(channels), "%u", GUIDE_CHANNELS);
	snprintf(start, sizeof(start), "%lld", (long long)(time(NULL) / HOUR * HOUR - 2 * HOUR));
	snprintf(seeds, sizeof(seeds), "%u", seed);

	const char *const argv[] = { program, size, channels, start, seeds, NULL };

	run_to(path, argv);
	return path;
}

void
guide_make_many(const char **ret, unsigned count, unsigned megabytes)
{
	char name[32];

	for (unsigned i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "g%u.xml", i);
		ret[i] = guide_make(name, megabytes, i + 1);
	}
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

/* The text as a file of this run; released. */
static const char *
write_list(const char *form, unsigned number, struct buf *text)
{
	char name[40];
	const char *path;

	snprintf(name, sizeof(name), "%s-%u", form, number);
	if (buf_status(text) < 0)
		bench_die("out of memory");
	path = bench_write(name, text->data);
	buf_release(text);
	return path;
}

const char *
guide_wanted(unsigned step)
{
	struct buf text = BUF_INIT(LIST_MAX);

	for (unsigned i = 0; i < GUIDE_CHANNELS; i += step)
		buf_printf(&text, "chan%u.example\n", i);
	return write_list("wanted", step, &text);
}

const char *
guide_playlist(unsigned channels)
{
	struct buf text = BUF_INIT(LIST_MAX);

	buf_str(&text, "#EXTM3U\n");
	for (unsigned i = 0; i < channels; i++)
		buf_printf(&text,
		    "#EXTINF:-1 tvg-id=\"chan%u.example\",Channel %u\nhttp://127.0.0.1:9/%u\n", i,
		    i, i);
	return write_list("list", channels, &text);
}

/* Waits until a metric has at least that value. */
static void
await(const struct subject *s, const char *metric, double at_least)
{
	uint64_t deadline = bench_now_ns() + WAIT_S * UINT64_C(1000000000);

	while (!(client_metric(s, metric) >= at_least)) {
		if (bench_now_ns() > deadline)
			bench_die("%s does not reach %g", metric, at_least);
		bench_sleep_ms(50);
	}
}

void
guide_settle(const struct subject *s)
{
	for (unsigned quiet_ms = 0, ms = 0; quiet_ms < QUIET_MS; ms += 50) {
		if (ms > WAIT_S * 1000)
			bench_die("workers run and run");
		bench_sleep_ms(50);
		quiet_ms = client_metric(s, "masthead_workers") > 0 ? 0 : quiet_ms + 50;
	}
}

void
guide_replace(const struct subject *s, const char *path, const char *content)
{
	double builds = client_metric(s, "masthead_guide_builds_total");

	if (rename(content, path) == -1)
		bench_die("%s: %s", content, strerror(errno));
	await(s, "masthead_guide_builds_total", builds + 1);
}

void
guide_start(struct subject *s, const struct subject_options *options)
{
	if (!subject_start(s, SUBJECT_MASTHEAD, options))
		bench_die("masthead: not installed");
	await(s, "masthead_guide_programmes", 1);
	guide_settle(s);
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

/* `values` are ours, and the rival's. Returns the median of ours. */
static double
report_medians(const struct guide_match *m, const char *kind, double values[2][ROUNDS_MAX],
    double goal)
{
	double ours = report_median(values[0], m->rounds);
	char what[80];

	snprintf(what, sizeof(what), "%s, %s", m->what, kind);
	report_row(&(struct report_row){ m->claim, what, "s", ours, m->rival_name,
	    report_median(values[1], m->rounds), goal > 0 ? GOAL_TIMES_MOST : GOAL_NONE, goal, 0 });
	return ours;
}

double
guide_compare(const struct guide_match *m)
{
	double cpu_s[2][ROUNDS_MAX], wall_s[2][ROUNDS_MAX], ours;

	if (m->rounds > ROUNDS_MAX)
		bench_die("%s: more than %d rounds", m->what, ROUNDS_MAX);
	for (unsigned r = 0; r < m->rounds; r++) {
		for (unsigned i = 0; i < 2; i++) {
			struct guide_cost cost;

			guide_run(i == 0 ? m->ours : m->rival, &cost);
			cpu_s[i][r] = cost.cpu_s;
			wall_s[i][r] = cost.wall_s;
		}
	}
	ours = report_medians(m, "CPU", cpu_s, m->cpu_goal);
	(void)report_medians(m, "time", wall_s, m->time_goal);
	return ours;
}
