#include "gateway/worker.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/loop.h"
#include "gateway/worker_exec.h"
#include "gateway/worker_parts.h"

/* A worker that has said its last has this long to exit. */
#define LEAVE_MS   5000
/* After the exit: more than any socket's buffer holds, so the end of it comes first. */
#define LAST_READS 4096

/* -- its states --------------------------------------------------------------- */

/* Its pid is its own until it was reaped. */
static void
kill_process(const struct worker *w)
{
	if (!w->reaped)
		(void)kill(w->pid, SIGKILL);
}

void
worker_go(struct worker *w, enum worker_state next)
{
	w->state = next;
	(void)event_del(w->on_message);
	if (next == WORKER_DISOWNED)
		(void)event_del(w->on_deadline);
	else if (loop_after(w->on_deadline, LEAVE_MS) < 0)
		kill_process(w); /* no memory for the timer: no patience either */
}

void
worker_condemn(struct worker *w, const struct err *err)
{
	if (w->err.code == 0)
		w->err = *err;
	kill_process(w);
	if (w->state == WORKER_TALKS)
		worker_go(w, WORKER_LEAVES);
}

static void
on_message(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)worker_hear(arg);
}

static void
on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;
	struct err err = ERR_INIT;

	(void)fd;
	(void)what;
	if (w->state == WORKER_TALKS)
		err_set(&err, ETIMEDOUT, "not done after %u ms", w->deadline_ms);
	else
		err_set(&err, ETIMEDOUT, "did not exit within %u ms of its last word", LEAVE_MS);
	worker_condemn(w, &err);
}

/* -- its end ------------------------------------------------------------------ */

static int
explain_signal(int sig, struct err *err)
{
	const char *hint = "";

	if (sig == SIGSYS)
		hint = ": it tried what its jail forbids";
	else if (sig == SIGXCPU)
		hint = ": it used up its processor time";
	else if (sig == SIGKILL)
		hint = ": by somebody, or for want of memory";
	return err_set(err, ECHILD, "killed by signal %d (%s)%s", sig, strsignal(sig), hint);
}

/* How it went: 0, or the reason as an error. */
static int
judge(const struct worker *w, int status, struct err *err)
{
	_Bool done = w->reader.phase == WIRE_PHASE_END;

	if (w->err.code != 0) {
		*err = w->err;
		return err->code;
	}
	if (WIFSIGNALED(status))
		return explain_signal(WTERMSIG(status), err);
	if (WEXITSTATUS(status) != 0)
		return err_set(err, ECHILD, "exit status %d %s", WEXITSTATUS(status),
		    done ? "after it said done" : "without saying why");
	return done ? 0 : err_set(err, ECHILD, "it left without saying done");
}

static void
worker_free(struct worker *w)
{
	loop_event_free(w->on_message);
	loop_event_free(w->on_deadline);
	if (w->fd != -1)
		(void)close(w->fd);
	free(w->name);
	free(w);
}

/* The process has gone: hears its last words, tells the owner, and forgets it. */
static void
bury(struct worker *w, int status)
{
	struct worker_pool *pool = w->pool;
	struct err err = ERR_INIT;

	w->reaped = 1;
	pool->stats.running--;
	for (int i = 0; i < LAST_READS && w->state != WORKER_DISOWNED && w->err.code == 0; i++)
		if (!worker_hear(w))
			break;
	if (w->state != WORKER_DISOWNED) {
		if (judge(w, status, &err) < 0) {
			if (!w->judged)
				err_wrap(&err, "worker '%s'", w->name);
			pool->stats.failed++;
		}
		w->events.ended(w->arg, err.code < 0 ? &err : NULL);
	}
	TAILQ_REMOVE(&pool->workers, w, link);
	worker_free(w);
}

/* One SIGCHLD may stand for several; others than ours are not ours to reap. */
static void
on_child(evutil_socket_t sig, short what, void *arg)
{
	struct worker_pool *pool = arg;
	struct worker *w, *next;

	(void)sig;
	(void)what;
	TAILQ_FOREACH_SAFE(w, &pool->workers, link, next) {
		int status = 0;
		pid_t pid = waitpid(w->pid, &status, WNOHANG);

		if (pid == -1 && w->err.code == 0)
			err_sys(&w->err, "its exit status is lost: waitpid");
		if (pid != 0)
			bury(w, status);
	}
}

/* -- the pool ----------------------------------------------------------------- */

struct worker_pool *
worker_pool_new(struct event_base *base, const char *exe, struct err *err)
{
	struct worker_pool *pool = calloc(1, sizeof(*pool));

	if (pool == NULL)
		goto no_memory;
	pool->base = base;
	TAILQ_INIT(&pool->workers);
	pool->null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (pool->null_fd == -1) {
		err_sys(err, "open /dev/null");
		goto fail;
	}
	pool->exe = strdup(exe != NULL ? exe : "/proc/self/exe");
	pool->on_child = evsignal_new(base, SIGCHLD, on_child, pool);
	if (pool->exe == NULL || pool->on_child == NULL || event_add(pool->on_child, NULL) == -1)
		goto no_memory;
	return pool;
no_memory:
	err_set(err, ENOMEM, "out of memory");
fail:
	worker_pool_free(pool);
	return NULL;
}

void
worker_pool_free(struct worker_pool *pool)
{
	struct worker *w, *next;

	if (pool == NULL)
		return;
	TAILQ_FOREACH_SAFE(w, &pool->workers, link, next) {
		kill_process(w);
		while (waitpid(w->pid, NULL, 0) == -1 && errno == EINTR)
			;
		worker_free(w);
	}
	loop_event_free(pool->on_child);
	if (pool->null_fd != -1)
		(void)close(pool->null_fd);
	free(pool->exe);
	free(pool);
}

void
worker_pool_stats(const struct worker_pool *pool, struct worker_stats *ret)
{
	*ret = pool->stats;
}

/* -- one worker --------------------------------------------------------------- */

/* All of a worker but its process. */
static struct worker *
worker_new(struct worker_pool *pool, const struct worker_spec *spec,
    const struct worker_events *events, void *arg, int fd)
{
	struct worker *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	w->pool = pool;
	w->events = *events;
	w->arg = arg;
	w->fd = -1;
	w->deadline_ms = spec->deadline_ms;
	worker_hear_init(w);
	w->name = strdup(spec->name);
	w->on_message = event_new(pool->base, fd, EV_READ | EV_PERSIST, on_message, w);
	w->on_deadline = evtimer_new(pool->base, on_deadline, w);
	if (w->name == NULL || w->on_message == NULL || w->on_deadline == NULL ||
	    event_add(w->on_message, NULL) == -1 ||
	    (w->deadline_ms > 0 && loop_after(w->on_deadline, w->deadline_ms) < 0)) {
		worker_free(w);
		return NULL;
	}
	w->fd = fd;
	return w;
}

struct worker *
worker_start(struct worker_pool *pool, const struct worker_spec *spec,
    const struct worker_events *events, void *arg, struct err *err)
{
	struct worker *w = NULL;
	int pair[2], rc;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1) {
		err_sys(err, "start worker '%s': socketpair", spec->name);
		return NULL;
	}
	w = worker_new(pool, spec, events, arg, pair[0]);
	if (w == NULL) {
		(void)close(pair[0]);
		rc = err_set(err, ENOMEM, "out of memory");
	} else {
		rc = worker_exec(pool->exe, spec, pair[1], pool->null_fd, err);
	}
	(void)close(pair[1]);
	if (rc < 0) {
		err_wrap(err, "start worker '%s'", spec->name);
		if (w != NULL)
			worker_free(w);
		return NULL;
	}
	w->pid = rc;
	TAILQ_INSERT_TAIL(&pool->workers, w, link);
	pool->stats.started++;
	pool->stats.running++;
	return w;
}

void
worker_kill(struct worker *w)
{
	kill_process(w);
	worker_go(w, WORKER_DISOWNED);
}

int
worker_pid(const struct worker *w)
{
	return w->pid;
}

void
worker_keep_result(const struct worker_result *rows, size_t count, void *into, const char *key,
    uint64_t value)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(key, rows[i].key) == 0)
			memcpy((char *)into + rows[i].offset, &value, sizeof(value));
	}
}
