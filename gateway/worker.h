/*
 * Child processes: starts `masthead worker NAME ARG...` in its own process with
 * just the descriptors it needs, feeds its messages (base/wire.h) to the owner,
 * and sees it end. A worker that crashes, hangs or talks nonsense costs its own
 * job and nothing else.
 */
#ifndef GATEWAY_WORKER_H
#define GATEWAY_WORKER_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct event_base;
struct worker;
struct worker_pool;

#define WORKER_FD_MAX 63

struct worker_spec {
	const char *name;        /* its row in worker_main.c: "catalogue", "lineup", ... */
	const char *const *args; /* NULL-terminated; may be NULL. Never secrets: ps shows them */
	const int *fds;          /* given to it from WIRE_FD_FIRST on; stay the caller's */
	size_t fd_count;         /* at most WORKER_FD_MAX */
	unsigned deadline_ms;    /* killed after this; 0: never */
	int nice;                /* added to its nice value */
	_Bool background;        /* it takes what processor and disk time others leave */
};

/*
 * All optional but `ended`, which is called once, last, from the loop: when the
 * process has gone and all that it had said was heard. A callback may start
 * workers and kill any, its own too.
 */
struct worker_events {
	void (*progress)(void *arg, uint64_t done, uint64_t total);
	void (*note)(void *arg, uint32_t line, const char *text);
	void (*result)(void *arg, const char *key, uint64_t value);
	/*
	 * err == NULL: it said done and exited 0. Else the code is what the worker
	 * itself gave (its text then stands alone: it is about the input), -EPROTO for
	 * a bad message, -ETIMEDOUT for a deadline, or -ECHILD when it was killed or
	 * left without a word. The worker is freed after this returns.
	 */
	void (*ended)(void *arg, const struct err *err);
};

/*
 * Owns SIGCHLD on the loop, and starts workers from its thread alone: they die
 * with the thread that forked them. `exe` is the program that has them, called
 * as `exe worker NAME ARG...`; NULL: this one. NULL with *err set.
 */
struct worker_pool *worker_pool_new(struct event_base *base, const char *exe, struct err *err);
/* Kills and reaps what still runs, without calling `ended`. Not from a callback. NULL: no-op. */
void worker_pool_free(struct worker_pool *pool);

/* NULL with *err set: nothing was started and nothing will be called. */
struct worker *worker_start(struct worker_pool *pool, const struct worker_spec *spec,
    const struct worker_events *events, void *arg, struct err *err);
/* Ends it now: SIGKILL, reaped by the pool; `ended` is not called. */
void worker_kill(struct worker *w);
int worker_pid(const struct worker *w);

/* For `result`: where an owner keeps the value of a key. */
struct worker_result {
	const char *key;
	size_t offset; /* of a uint64_t in a struct of the owner's */
};
/* Puts the value into `into`, if a row has the key. */
void worker_keep_result(const struct worker_result *rows, size_t count, void *into, const char *key,
    uint64_t value);

struct worker_stats {
	unsigned running;         /* processes, those killed but not reaped yet included */
	uint64_t started, failed; /* since the start; killed on purpose counts as neither */
	unsigned sandbox;         /* enum sandbox_level of the newest worker; 0: none has started */
};
void worker_pool_stats(const struct worker_pool *pool, struct worker_stats *ret);

/*
 * The other side: runs the worker called argv[0] with its arguments; what
 * `masthead worker` calls. Returns the process's exit status: 2 for a name that
 * is not in its table, or when no gateway is at the other end of WIRE_FD.
 */
int worker_main(int argc, char **argv);

#endif
