#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/url.h"
#include "gateway/relay/relay.h"
#include "gateway/relay/upstream_kind.h"

#define FILE_PIECE    16384
/* Read at most so much in one turn; a file without a clock: one piece. */
#define FILE_BUDGET   (1 << 20)
/* When the stream's time and ours are further apart, it starts counting anew. */
#define FILE_DRIFT_MS 2000

struct file_upstream {
	struct upstream u;
	int fd;
	struct event *timer;
	_Bool counting;
	int64_t ahead_ms; /* the stream's time less ours, when it began to count */
};

static struct upstream *
file_create(void)
{
	struct file_upstream *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->fd = -1;
	return &f->u;
}

/* How far the stream is ahead of real time. */
static int64_t
file_lead(struct file_upstream *f)
{
	uint64_t played = f->u.events->played_ms(f->u.arg);
	int64_t ahead = (int64_t)(played - clock_ms(f->u.host->clock));

	if (played == 0)
		return 0;
	if (!f->counting || ahead - f->ahead_ms > FILE_DRIFT_MS ||
	    ahead - f->ahead_ms < -FILE_DRIFT_MS) {
		f->counting = 1;
		f->ahead_ms = ahead;
	}
	return ahead - f->ahead_ms;
}

static void
file_on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct file_upstream *f = arg;
	const struct upstream_host *host = f->u.host;
	struct err err = ERR_INIT;
	size_t total = 0;
	ssize_t n;

	(void)fd;
	(void)what;
	do {
		n = read(f->fd, host->scratch, FILE_PIECE);
		if (n <= 0)
			break;
		host->stats->reads++;
		f->u.events->bytes(f->u.arg, host->scratch, (size_t)n);
		total += (size_t)n;
	} while (total < FILE_BUDGET && file_lead(f) < 0);
	if (n > 0)
		return;
	event_del(f->timer);
	if (n == 0)
		err_set(&err, ECONNRESET, "the file ended");
	else
		err_sys(&err, "the file cannot be read");
	f->u.events->ended(f->u.arg, n == 0 ? UPSTREAM_FINISHED : UPSTREAM_ENDED, &err);
}

/* The path of "file:/p" and "file://host/p"; decoded; the caller's to free(). */
static char *
path_of(const char *url)
{
	const char *path = url + strlen("file:");
	char *decoded;

	if (strncmp(path, "//", 2) == 0) {
		path = strchr(path + 2, '/');
		if (path == NULL)
			path = "";
	}
	decoded = strdup(path);
	if (decoded != NULL && url_decode(decoded) < 0)
		memcpy(decoded, path, strlen(path) + 1); /* a name with a % of its own */
	return decoded;
}

static int
file_open(struct file_upstream *f, const char *path, struct err *err)
{
	struct stat st;

	f->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (f->fd == -1 || fstat(f->fd, &st) == -1)
		return err_sys(err, "'%s'", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, EINVAL, "'%s' is not a regular file", path);
	return 0;
}

static int
file_start(struct upstream *u, const struct relay_source *source, enum upstream_fault *fault,
    struct err *err)
{
	struct file_upstream *f = (struct file_upstream *)u;
	char *path = path_of(source->url);
	int rc;

	*fault = UPSTREAM_LOCAL;
	if (path == NULL)
		return err_set(err, ENOMEM, "no memory for a path");
	rc = file_open(f, path, err);
	free(path);
	if (rc < 0) {
		*fault = UPSTREAM_GONE;
		return rc;
	}
	f->timer = event_new(u->host->base, -1, EV_PERSIST, file_on_timer, f);
	if (f->timer == NULL || loop_after(f->timer, UPSTREAM_GATHER_MS) < 0)
		return err_set(err, ENOMEM, "no memory for an upstream");
	return 0;
}

static void
file_close(struct upstream *u)
{
	struct file_upstream *f = (struct file_upstream *)u;

	loop_event_free(f->timer);
	if (f->fd != -1)
		close(f->fd);
	lease_drop(&u->lease);
	free(f);
}

const struct upstream_ops upstream_file = {
	.create = file_create,
	.start = file_start,
	.close = file_close,
};
