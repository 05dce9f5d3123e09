#include "bench/lib/proc.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/lib/child.h"

#define FDS_MAX 4096

static uint64_t
proc_task_cpu_ns(pid_t pid, const char *task)
{
	char path[300];
	uint64_t ns = 0;
	unsigned child;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%s/schedstat", (int)pid, task);
	f = fopen(path, "re");
	if (f == NULL)
		return 0; /* it has ended meanwhile */
	if (fscanf(f, "%" SCNu64, &ns) != 1)
		ns = 0;
	(void)fclose(f);
	(void)snprintf(path, sizeof(path), "/proc/%d/task/%s/children", (int)pid, task);
	f = fopen(path, "re");
	if (f == NULL)
		return ns;
	while (fscanf(f, "%u", &child) == 1)
		ns += proc_cpu_ns((pid_t)child);
	(void)fclose(f);
	return ns;
}

uint64_t
proc_cpu_ns(pid_t pid)
{
	char path[64];
	uint64_t ns = 0;
	struct dirent *entry;
	DIR *tasks;

	(void)snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	tasks = opendir(path);
	if (tasks == NULL)
		return 0;
	while ((entry = readdir(tasks)) != NULL) {
		if (entry->d_name[0] != '.')
			ns += proc_task_cpu_ns(pid, entry->d_name);
	}
	(void)closedir(tasks);
	return ns;
}

uint64_t
proc_children_cpu_ns(pid_t pid)
{
	uint64_t user = 0, system = 0, tick = UINT64_C(1000000000) / (uint64_t)sysconf(_SC_CLK_TCK);
	char path[64], text[1024];
	const char *p;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (f == NULL)
		return 0;
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	(void)fclose(f);
	/* Fields 16 and 17 (proc(5)); the name, field 2, may hold blanks and ends at the last ). */
	p = strrchr(text, ')');
	if (p == NULL ||
	    sscanf(p, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64,
		&user, &system) != 2)
		return 0;
	return (user + system) * tick;
}

/* Pages that its memfds hold; a descriptor that stands twice counts once. */
static uint64_t
proc_memfds(pid_t pid)
{
	static ino_t seen[FDS_MAX];
	size_t count = 0;
	char path[300], target[64];
	uint64_t bytes = 0;
	struct dirent *entry;
	struct stat st;
	DIR *fds;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	fds = opendir(path);
	if (fds == NULL)
		bench_die("%s: %s", path, strerror(errno));
	while ((entry = readdir(fds)) != NULL && count < FDS_MAX) {
		_Bool known = 0;
		ssize_t n;

		(void)snprintf(path, sizeof(path), "/proc/%d/fd/%s", (int)pid, entry->d_name);
		n = readlink(path, target, sizeof(target) - 1);
		if (n < 0)
			continue;
		target[n] = '\0';
		if (strncmp(target, "/memfd:", 7) != 0 || stat(path, &st) == -1)
			continue;
		for (size_t i = 0; i < count; i++)
			known = known || seen[i] == st.st_ino;
		if (known)
			continue;
		seen[count++] = st.st_ino;
		bytes += (uint64_t)st.st_blocks * 512;
	}
	(void)closedir(fds);
	return bytes;
}

void
proc_memory(pid_t pid, struct proc_memory *ret)
{
	char path[64], line[160];
	uint64_t kb;
	FILE *f;

	memset(ret, 0, sizeof(*ret));
	/* The counters in /proc/PID/status are batched per CPU; these are counted now. */
	(void)snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
	f = fopen(path, "re");
	if (f == NULL)
		bench_die("%s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "Rss: %" SCNu64, &kb) == 1)
			ret->rss = kb << 10;
		else if (sscanf(line, "Anonymous: %" SCNu64, &kb) == 1)
			ret->anon = kb << 10;
	}
	(void)fclose(f);
	ret->memfd = proc_memfds(pid);
}

void
proc_trace_start(struct proc_trace *t, pid_t pid)
{
	char id[16], path[64], line[128], *out = bench_path("calls");
	const char *const argv[] = { "strace", "-f", "-c", "-U", "calls,name", "-o", out, "-p", id,
		NULL };
	const struct place place = { 0 };
	int tracer = 0;
	FILE *f;

	if (!child_installed("strace"))
		bench_die("strace is not installed");
	(void)snprintf(id, sizeof(id), "%d", (int)pid);
	(void)unlink(out);
	t->subject = pid;
	t->tracer = child_exec(&place, argv, -1, "strace.log");
	free(out);
	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	for (int tries = 0; tries < 1000 && tracer == 0; tries++) {
		bench_sleep_ms(5);
		f = fopen(path, "re");
		if (f == NULL)
			break;
		while (fgets(line, sizeof(line), f) != NULL)
			(void)sscanf(line, "TracerPid: %d", &tracer);
		(void)fclose(f);
	}
	if (tracer == 0) {
		child_show_log("strace.log");
		bench_die("strace cannot attach");
	}
}

/* A call's name stands in a list that ends with NULL. */
static _Bool
proc_listed(const char *name, const char *const *list)
{
	while (*list != NULL && strcmp(name, *list) != 0)
		list++;
	return *list != NULL;
}

void
proc_trace_end(struct proc_trace *t, struct proc_calls *ret)
{
	static const char *const sends[] = { "sendto", "sendmsg", "sendmmsg", "sendfile", "splice",
		"tee", "write", "writev", NULL };
	static const char *const waits[] = { "epoll_wait", "epoll_pwait", "epoll_pwait2", NULL };
	char line[160], name[64], *out = bench_path("calls");
	uint64_t calls;
	FILE *f;

	memset(ret, 0, sizeof(*ret));
	kill(t->tracer, SIGINT);
	if (child_wait(t->tracer, 5000) == -1)
		bench_die("strace does not end");
	f = fopen(out, "re");
	if (f == NULL)
		bench_die("%s: %s", out, strerror(errno));
	while (fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, " %" SCNu64 " %63s", &calls, name) != 2 ||
		    strcmp(name, "total") == 0)
			continue;
		ret->all += calls;
		if (proc_listed(name, sends))
			ret->sends += calls;
		if (proc_listed(name, waits))
			ret->waits += calls;
	}
	(void)fclose(f);
	free(out);
	if (ret->all == 0)
		bench_die("strace counted nothing");
}
