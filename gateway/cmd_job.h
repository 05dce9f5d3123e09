/*
 * What the commands that read sources share: bytes in from wherever they are, and a jailed
 * worker over them with its progress and its complaints on stderr.
 */
#ifndef GATEWAY_CMD_JOB_H
#define GATEWAY_CMD_JOB_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct event_base;
struct worker_pool;
struct worker_spec;

struct cmd_job {
	const char *command; /* "guide" */
	struct event_base *base;
	struct worker_pool *workers;
};

/* Says on stderr why not. False: nothing is to be released. */
_Bool cmd_job_init(struct cmd_job *job, const char *command);
void cmd_job_release(struct cmd_job *job);

/*
 * The bytes of SOURCE, open for reading at its start: a path, file:, http(s): or - (stdin), these
 * two fetched whole into a file without a name, with progress on stderr under the name `shown`.
 * A descriptor, or -errno.
 */
int cmd_open_source(const char *source, const char *shown, struct err *err);
/* An empty file without a name, in $TMPDIR or /tmp. A descriptor, or -errno. */
int cmd_open_nameless(struct err *err);

/* What a worker found out. */
typedef void cmd_result_cb(void *arg, const char *key, uint64_t value);
/*
 * Runs the worker to its end. `what` is what it works on, as people may see it: before its
 * complaints ("WHAT:LINE: text") and its progress. `unit` is what it counts, NULL for bytes
 * (gateway/cmd_progress.h).
 */
int cmd_job_run(struct cmd_job *job, const char *what, const char *unit,
    const struct worker_spec *spec, cmd_result_cb *result, void *arg, struct err *err);

/* Prints "masthead COMMAND: WHAT: TEXT". */
void cmd_job_complain(const struct cmd_job *job, const char *what, const struct err *err);

#endif
