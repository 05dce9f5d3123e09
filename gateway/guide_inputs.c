#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/hash.h"
#include "gateway/guide_parts.h"
#include "gateway/version.h"
#include "gateway/worker.h"

#define BUILD_DEADLINE_MS (10 * 60 * 1000)
#define DAY_S             86400
/* The new files, the old ones, what is wanted; then the listings. */
#define GUIDE_FDS         (2 * GUIDE_FILES + 1)
#define SETTING_ARGS      6
#define ARG_LEN           40

_Static_assert(GUIDE_FDS + GUIDE_SOURCES_MAX <= WORKER_FD_MAX, "a descriptor each");

/* -- what it is made of ------------------------------------------------------------ */

/*
 * The begin of today where we are. The guide's window goes by days, not by the second, so
 * that it is the same all day long if nothing else has changed.
 */
static time_t
today(const struct guide *g)
{
	time_t now = clock_wall(g->deps.clock);
	struct tm tm;

	if (localtime_r(&now, &tm) == NULL)
		return now / DAY_S * DAY_S;
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_isdst = -1;
	return mktime(&tm);
}

uint64_t
guide_hash_inputs(const struct guide *g)
{
	uint64_t hash = hash_fnv(HASH_FNV_INIT, masthead_version, strlen(masthead_version));

	hash = hash_number(hash, (uint64_t)today(g));
	hash = hash_number(hash, g->wanted);
	hash = hash_number(hash, g->settings.days_back);
	hash = hash_number(hash, g->settings.days);
	hash = hash_number(hash, g->settings.block_s);
	hash = hash_number(hash, g->settings.fill);
	hash = hash_number(hash, g->settings.events);
	for (size_t i = 0; i < g->count; i++) {
		struct stat st;

		hash = hash_file(hash, stat(g->sources[i].path, &st) == 0 ? &st : NULL);
		hash = hash_number(hash, (uint64_t)g->sources[i].shift_s);
	}
	return hash != 0 ? hash : 1;
}

static void
free_sources(struct guide_source *sources, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free((char *)(uintptr_t)sources[i].name);
		free((char *)(uintptr_t)sources[i].path);
	}
	free(sources);
}

void
guide_free_sources(struct guide *g)
{
	free_sources(g->sources, g->count);
	g->sources = NULL;
	g->count = 0;
}

int
guide_set_sources(struct guide *g, const struct guide_source *sources, size_t count)
{
	struct guide_source *copy;

	if (count > GUIDE_SOURCES_MAX)
		return -E2BIG;
	copy = calloc(count + 1, sizeof(*copy));
	if (copy == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		copy[i] = (struct guide_source){ strdup(sources[i].name), strdup(sources[i].path),
			sources[i].shift_s };
		if (copy[i].name == NULL || copy[i].path == NULL) {
			free_sources(copy, i + 1);
			return -ENOMEM;
		}
	}
	guide_free_sources(g);
	g->sources = copy;
	g->count = count;
	return 0;
}

void
guide_set_settings(struct guide *g, const struct guide_settings *settings)
{
	g->settings = *settings;
}

int
guide_set_wanted(struct guide *g, const char *path, uint64_t text)
{
	if (g->wanted_path == NULL)
		g->wanted_path = strdup(path);
	if (g->wanted_path == NULL)
		return -ENOMEM;
	g->wanted = text;
	return 0;
}

/* -- the worker ---------------------------------------------------------------------- */

/* The texts of its arguments and the descriptors that it gets. */
struct job {
	char texts[SETTING_ARGS + GUIDE_SOURCES_MAX][ARG_LEN];
	const char *args[SETTING_ARGS + GUIDE_SOURCES_MAX + 1];
	int fds[GUIDE_FDS + GUIDE_SOURCES_MAX];
	size_t arg_count, fd_count;
};

static void __attribute__((format(printf, 2, 3))) add_arg(struct job *job, const char *fmt, ...)
{
	char *text = job->texts[job->arg_count];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, ARG_LEN, fmt, ap);
	va_end(ap);
	job->args[job->arg_count++] = text;
}

static void
add_settings(const struct guide *g, struct job *job)
{
	const struct guide_settings *s = &g->settings;

	add_arg(job, "now=%jd", (intmax_t)today(g));
	add_arg(job, "past=%u", s->days_back * DAY_S);
	add_arg(job, "ahead=%u", (s->days + 1) * DAY_S); /* from the begin of today */
	add_arg(job, "fill=%d", s->fill);
	add_arg(job, "block=%" PRIu32, s->block_s);
	add_arg(job, "events=%d", s->events);
}

static int
add_file(struct guide *g, struct job *job, int fd, const char *what)
{
	if (fd == -1)
		return err_sys(&g->err, "%s", what);
	job->fds[job->fd_count++] = fd;
	return 0;
}

/* Those that exist. One that exists and cannot be opened is no reason to drop its programmes. */
static int
add_listings(struct guide *g, struct job *job)
{
	int rc = 0;

	for (size_t i = 0; i < g->count && rc == 0; i++) {
		int fd = open(g->sources[i].path, O_RDONLY | O_CLOEXEC);

		if (fd == -1 && errno == ENOENT)
			continue;
		rc = add_file(g, job, fd, g->sources[i].path);
		add_arg(job, "shift=%" PRId32, g->sources[i].shift_s);
	}
	return rc;
}

static int
add_files(struct guide *g, struct job *job)
{
	int rc = 0;

	for (size_t i = 0; i < GUIDE_FILES; i++)
		job->fds[job->fd_count++] = g->out[i].fd;
	/* From here on they are ours to close. */
	for (size_t i = 0; i < GUIDE_FILES && rc == 0; i++)
		rc = add_file(g, job,
		    g->files[i] != -1 ? fcntl(g->files[i], F_DUPFD_CLOEXEC, 0)
				      : memfd_create("masthead-none", MFD_CLOEXEC),
		    g->paths[i]);
	if (rc == 0)
		rc = add_file(g, job, open(g->wanted_path, O_RDONLY | O_CLOEXEC), g->wanted_path);
	return rc == 0 ? add_listings(g, job) : rc;
}

int
guide_start_worker(struct guide *g, const struct worker_events *events)
{
	struct worker_spec spec = { .name = "guide",
		.deadline_ms = BUILD_DEADLINE_MS,
		.nice = 10,
		.background = 1 };
	struct job job = { .arg_count = 0 };
	int rc;

	add_settings(g, &job);
	rc = add_files(g, &job);
	spec.args = job.args;
	spec.fds = job.fds;
	spec.fd_count = job.fd_count;
	if (rc == 0) {
		g->worker = worker_start(g->deps.workers, &spec, events, g, &g->err);
		rc = g->worker == NULL ? g->err.code : 0;
	}
	for (size_t i = GUIDE_FILES; i < job.fd_count; i++)
		(void)close(job.fds[i]);
	return rc;
}
