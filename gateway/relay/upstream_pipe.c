#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/loop.h"
#include "gateway/relay/relay.h"
#include "gateway/relay/upstream_kind.h"

#define PIPE_SIZE          (1 << 20) /* asked for; the pipes of a user share 64 MiB */
#define PIPE_BUDGET        (1 << 20) /* bytes read in one turn */
/* A pipe that could not be made larger is emptied before a fast stream fills it. */
#define PIPE_SMALL         (512 << 10)
#define PIPE_SMALL_WAIT_MS 5

struct pipe_upstream {
	struct upstream u;
	int fd;
	void *handle; /* of the pipe operations */
	_Bool started;
	struct event *readable; /* waits for the first bytes after silence */
	struct event *gather;   /* and then the timer takes over until nothing comes */
	struct timeval wait;
};

static struct upstream *
pipe_create(void)
{
	struct pipe_upstream *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->fd = -1;
	return &p->u;
}

static void
pipe_read(struct pipe_upstream *p)
{
	const struct upstream_host *host = p->u.host;
	struct err err = ERR_INIT;
	size_t total = 0;
	ssize_t n;

	do {
		n = read(p->fd, host->scratch, UPSTREAM_SCRATCH);
		host->stats->reads++;
		if (n > 0) {
			p->u.events->bytes(p->u.arg, host->scratch, (size_t)n);
			total += (size_t)n;
		}
	} while ((n == UPSTREAM_SCRATCH && total < PIPE_BUDGET) || (n == -1 && errno == EINTR));
	if (n > 0) {
		event_add(p->gather, &p->wait);
	} else if (n == -1 && errno == EAGAIN) {
		if (total > 0)
			event_add(p->gather, &p->wait);
		else
			event_add(p->readable, NULL);
	} else {
		if (n == 0)
			err_set(&err, ECONNRESET, "the worker ended");
		else
			err_sys(&err, "the worker's pipe");
		p->u.events->ended(p->u.arg, UPSTREAM_ENDED, &err);
	}
}

static void
pipe_on_event(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	pipe_read(arg);
}

static int
pipe_start(struct upstream *u, const struct relay_source *source, enum upstream_fault *fault,
    struct err *err)
{
	struct pipe_upstream *p = (struct pipe_upstream *)u;
	const struct relay_pipe_ops *pipes = u->host->pipes;
	int rc, size;

	*fault = UPSTREAM_UNREACHABLE;
	rc = pipes->start(pipes->arg, source->url, &p->fd, &p->handle, err);
	if (rc < 0)
		return rc;
	p->started = 1;
	*fault = UPSTREAM_LOCAL;
	if (fcntl(p->fd, F_SETFL, fcntl(p->fd, F_GETFL) | O_NONBLOCK) == -1)
		return err_sys(err, "the worker's pipe");
	(void)fcntl(p->fd, F_SETPIPE_SZ, PIPE_SIZE);
	size = fcntl(p->fd, F_GETPIPE_SZ);
	p->wait.tv_usec = 1000 * (size < PIPE_SMALL ? PIPE_SMALL_WAIT_MS : UPSTREAM_GATHER_MS);
	p->readable = event_new(u->host->base, p->fd, EV_READ, pipe_on_event, p);
	p->gather = evtimer_new(u->host->base, pipe_on_event, p);
	if (p->readable == NULL || p->gather == NULL || event_add(p->readable, NULL) == -1)
		return err_set(err, ENOMEM, "no memory for an upstream");
	return 0;
}

static void
pipe_close(struct upstream *u)
{
	struct pipe_upstream *p = (struct pipe_upstream *)u;

	loop_event_free(p->readable);
	loop_event_free(p->gather);
	if (p->fd != -1)
		close(p->fd);
	lease_drop(&u->lease);
	if (p->started)
		u->host->pipes->stop(u->host->pipes->arg, p->handle);
	free(p);
}

const struct upstream_ops upstream_pipe = {
	.create = pipe_create,
	.start = pipe_start,
	.close = pipe_close,
};
