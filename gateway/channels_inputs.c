/*
 * What a lineup is made of: the catalogues, and the worker that is started on them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gateway/channels_parts.h"
#include "gateway/worker.h"

#define BUILD_DEADLINE_MS (5 * 60 * 1000)
/* Before the catalogues: the new snapshot, the previous one, the new list of what it wants. */
#define LINEUP_FDS        3

_Static_assert(LINEUP_FDS + CHANNELS_SOURCES_MAX <= WORKER_FD_MAX, "a descriptor each");

static void
free_texts(char **texts, size_t count)
{
	for (size_t i = 0; texts != NULL && i < count; i++)
		free(texts[i]);
	free(texts);
}

void
channels_drop_sources(struct channels *c)
{
	free_texts(c->names, c->count);
	free_texts(c->paths, c->count);
	c->names = c->paths = NULL;
	c->count = 0;
}

/* What there was stays unless all of the new is there. */
int
channels_set_sources(struct channels *c, const struct channels_source *sources, size_t count)
{
	char **names = calloc(count + 1, sizeof(*names)),
	     **paths = calloc(count + 1, sizeof(*paths));
	_Bool whole = names != NULL && paths != NULL;

	for (size_t i = 0; whole && i < count; i++) {
		names[i] = strdup(sources[i].name);
		paths[i] = strdup(sources[i].path);
		whole = names[i] != NULL && paths[i] != NULL;
	}
	if (!whole || count > CHANNELS_SOURCES_MAX) {
		free_texts(names, count);
		free_texts(paths, count);
		return whole ? -E2BIG : -ENOMEM;
	}
	channels_drop_sources(c);
	c->names = names;
	c->paths = paths;
	c->count = count;
	return 0;
}

_Bool
channels_has_catalogue(const struct channels *c)
{
	for (size_t i = 0; i < c->count; i++) {
		if (access(c->paths[i], F_OK) == 0)
			return 1;
	}
	return 0;
}

/*
 * Opens the catalogues that exist, behind the descriptors in spec; their names in the
 * same order go to args. One that exists and cannot be opened is no reason to drop
 * its channels.
 */
static int
open_catalogues(struct channels *c, int *fds, struct worker_spec *spec, const char **args)
{
	for (size_t i = 0; i < c->count; i++) {
		int fd = open(c->paths[i], O_RDONLY | O_CLOEXEC);

		if (fd == -1 && errno == ENOENT)
			continue;
		if (fd == -1)
			return err_sys(&c->err, "catalogue '%s'", c->paths[i]);
		args[spec->fd_count - LINEUP_FDS] = c->names[i];
		fds[spec->fd_count++] = fd;
	}
	return 0;
}

/* The lineup before, or an empty file. */
static int
open_previous(const struct channels *c)
{
	int fd = open(c->path, O_RDONLY | O_CLOEXEC);

	if (fd != -1 || errno != ENOENT)
		return fd;
	return memfd_create("masthead-none", MFD_CLOEXEC);
}

int
channels_start_worker(struct channels *c, const struct worker_events *events)
{
	int fds[LINEUP_FDS + CHANNELS_SOURCES_MAX];
	const char *args[CHANNELS_SOURCES_MAX + 1] = { NULL };
	struct worker_spec spec = { .name = "lineup",
		.args = args,
		.fds = fds,
		.fd_count = LINEUP_FDS,
		.deadline_ms = BUILD_DEADLINE_MS,
		.nice = 5 };

	fds[0] = c->out.fd;
	fds[1] = open_previous(c);
	fds[2] = c->out_wanted.fd;
	if (fds[1] == -1)
		err_sys(&c->err, "the lineup before");
	else if (open_catalogues(c, fds, &spec, args) == 0)
		c->worker = worker_start(c->workers, &spec, events, c, &c->err);
	if (fds[1] != -1)
		(void)close(fds[1]);
	for (size_t i = LINEUP_FDS; i < spec.fd_count; i++)
		(void)close(fds[i]);
	return c->worker == NULL ? c->err.code : 0;
}
