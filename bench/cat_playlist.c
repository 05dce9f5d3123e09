/*
 * A playlist of 370,000 entries: how fast the worker reads it, by how much the
 * gateway grows with its lineup, and how long the loop stands still when a new
 * lineup takes the place of the old one.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/wire.h"
#include "bench/lib/child.h"
#include "bench/lib/client.h"
#include "bench/lib/proc.h"
#include "bench/lib/report.h"
#include "bench/lib/subject.h"

#define ENTRIES "370000"
#define CLAIM   "CAT"
#define MB      1e6
#define MIB     1048576.0
#define WAIT_MS 120000
#define POLL_MS 50

static const struct place load_place, subject_place = { .subject = 1 };

/* A playlist of so many entries; its path is the caller's. */
static char *
make_playlist(const char *name, const char *entries)
{
	char *path = bench_path(name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	const char *const argv[] = { bench_program("catalogue_gen"), entries, NULL };

	if (fd == -1)
		bench_die("%s: %s", path, strerror(errno));
	if (child_wait(child_exec(&load_place, argv, fd, "catalogue_gen.log"), WAIT_MS) != 0) {
		child_show_log("catalogue_gen.log");
		bench_die("%s does not make a playlist", argv[0]);
	}
	(void)close(fd);
	return path;
}

/* What the worker says until it has no more to say. */
static void
drain(int fd)
{
	char text[4096];
	ssize_t n;

	do
		n = read(fd, text, sizeof(text));
	while (n > 0 || (n < 0 && errno == EINTR));
}

/* The playlist's own address, which the worker reads from a descriptor. */
static int
address_fd(void)
{
	static const char address[] = "file:/bench.m3u";
	int fd = memfd_create("address", MFD_CLOEXEC);

	if (fd == -1 || write(fd, address, strlen(address)) == -1 || lseek(fd, 0, SEEK_SET) == -1)
		_exit(2);
	return fd;
}

static _Noreturn void
become_worker(const char *binary, const char *playlist, const char *snapshot, int wire)
{
	int in = open(playlist, O_RDONLY), out = open(snapshot, O_RDWR | O_CREAT | O_TRUNC, 0644);
	/* Out of the way of the numbers that they are to have. */
	int high[4] = { fcntl(wire, F_DUPFD_CLOEXEC, 20), fcntl(in, F_DUPFD_CLOEXEC, 20),
		fcntl(out, F_DUPFD_CLOEXEC, 20), fcntl(address_fd(), F_DUPFD_CLOEXEC, 20) };

	for (int i = 0; i < 4; i++) {
		if (dup2(high[i], WIRE_FD + i) == -1)
			_exit(2);
	}
	execl(binary, binary, "worker", "catalogue", (char *)NULL);
	_exit(127);
}

/* CPU seconds of the catalogue worker for a playlist. */
static double
worker_seconds(const char *playlist)
{
	char *binary = subject_binary(), *snapshot = bench_path("catalogue.snapshot");
	struct rusage before, after;
	int pair[2], status;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1)
		bench_die("socketpair: %s", strerror(errno));
	(void)getrusage(RUSAGE_CHILDREN, &before);
	pid = child_fork(&subject_place);
	if (pid == 0)
		become_worker(binary, playlist, snapshot, pair[1]);
	(void)close(pair[1]);
	drain(pair[0]);
	(void)close(pair[0]);
	status = child_wait(pid, WAIT_MS);
	if (status != 0)
		bench_die("the catalogue worker ended with status %#x", (unsigned)status);
	(void)getrusage(RUSAGE_CHILDREN, &after);
	free(binary);
	free(snapshot);
	return (double)(after.ru_utime.tv_sec - before.ru_utime.tv_sec) +
	    (double)(after.ru_stime.tv_sec - before.ru_stime.tv_sec) +
	    (double)(after.ru_utime.tv_usec - before.ru_utime.tv_usec + after.ru_stime.tv_usec -
		before.ru_stime.tv_usec) /
	    1e6;
}

static void
wait_metric(const struct subject *s, const char *name, double at_least)
{
	for (int ms = 0; !(client_metric(s, name) >= at_least); ms += POLL_MS) {
		if (ms > WAIT_MS)
			bench_die("%s does not reach %g", name, at_least);
		bench_sleep_ms(POLL_MS);
	}
}

static double
megabytes_per_second(const char *playlist)
{
	double values[5];
	unsigned rounds = report_pick(1, 5);
	struct stat st;

	if (stat(playlist, &st) == -1)
		bench_die("%s: %s", playlist, strerror(errno));
	for (unsigned i = 0; i < rounds; i++)
		values[i] = (double)st.st_size / MB / worker_seconds(playlist);
	return report_median(values, rounds);
}

/* Resident MiB of a gateway that has had its lineup for a moment. */
static double
gateway_memory(const char *playlist, double channels, struct subject *subject)
{
	struct subject_options options = { .playlist = playlist };
	struct proc_memory memory;

	(void)subject_start(subject, SUBJECT_MASTHEAD, &options);
	wait_metric(subject, "masthead_lineup_channels", channels);
	wait_metric(subject, "masthead_lineup_builds_total", 1);
	proc_memory(subject->pid, &memory);
	return (double)memory.rss / MIB;
}

int
main(int argc, char **argv)
{
	struct subject subject;
	char *large, *small;
	double few, many;

	report_init(argc, argv);
	large = make_playlist("large.m3u", ENTRIES);
	small = make_playlist("small.m3u", "10");
	report_row(&(struct report_row){ CLAIM, ENTRIES " entries, worker", "MB/s",
	    megabytes_per_second(large), NULL, 0, GOAL_AT_LEAST, 100, 0 });
	few = gateway_memory(small, 1, &subject);
	subject_stop(&subject);
	many = gateway_memory(large, strtod(ENTRIES, NULL), &subject);
	report_row(&(struct report_row){ CLAIM, ENTRIES " entries, gateway grows by", "MiB",
	    many - few, NULL, 0, GOAL_AT_MOST, 10, 1 });
	report_row(&(struct report_row){ CLAIM, ENTRIES " entries, longest turn of the loop", "ms",
	    client_metric(&subject, "masthead_lineup_longest_turn_seconds") * 1e3, NULL, 0,
	    GOAL_AT_MOST, 5, 0 });
	subject_stop(&subject);
	free(large);
	free(small);
	return report_status();
}
