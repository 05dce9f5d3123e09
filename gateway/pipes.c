#include "gateway/pipes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/url.h"
#include "gateway/relay/relay.h"
#include "gateway/worker.h"
#include "transcode/testcard.h"

/* What the relay holds of a running pipe. */
struct pipe_worker {
	struct worker *worker; /* NULL once it has ended by itself */
};

static void
on_ended(void *arg, const struct err *err)
{
	struct pipe_worker *pipe = arg;

	pipe->worker = NULL; /* the relay sees the end of the pipe */
	if (err != NULL)
		log_warn_e(NULL, err, "the test card's worker ended");
}

static int
check_url(const char *url, struct err *err)
{
	struct testcard_spec spec;
	int rc;

	if (!url_has_scheme(url, "testcard"))
		return err_set(err, EPROTONOSUPPORT,
		    "'%.*s:' is not a kind of address that can be opened (http, https, file, "
		    "testcard)",
		    (int)strcspn(url, ":"), url);
	rc = testcard_parse(&spec, url, err);
	return rc < 0 ? err_wrap(err, "test card") : 0;
}

static int
pipes_start(void *arg, const char *url, int *ret_fd, void **ret_handle, struct err *err)
{
	static const struct worker_events events = { .ended = on_ended };
	const char *args[] = { url, NULL };
	struct worker_spec spec = { .name = "testcard", .args = args, .fd_count = 1 };
	struct pipe_worker *pipe;
	int fds[2], rc;

	rc = check_url(url, err);
	if (rc < 0)
		return rc;
	pipe = calloc(1, sizeof(*pipe));
	if (pipe == NULL)
		return err_set(err, ENOMEM, "out of memory");
	if (pipe2(fds, O_CLOEXEC) == -1) {
		rc = err_sys(err, "pipe");
		free(pipe);
		return rc;
	}
	spec.fds = &fds[1];
	pipe->worker = worker_start(arg, &spec, &events, pipe, err);
	(void)close(fds[1]);
	if (pipe->worker == NULL || fcntl(fds[0], F_SETFL, O_NONBLOCK) == -1) {
		if (pipe->worker != NULL) {
			err_sys(err, "pipe");
			worker_kill(pipe->worker);
		}
		(void)close(fds[0]);
		free(pipe);
		return err->code;
	}
	*ret_fd = fds[0];
	*ret_handle = pipe;
	return 0;
}

static void
pipes_stop(void *arg, void *handle)
{
	struct pipe_worker *pipe = handle;

	(void)arg;
	if (pipe->worker != NULL)
		worker_kill(pipe->worker);
	free(pipe);
}

void
pipes_init(struct relay_pipe_ops *ops, struct worker_pool *workers)
{
	*ops = (struct relay_pipe_ops){ pipes_start, pipes_stop, workers };
}
