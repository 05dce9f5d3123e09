/*
 * What every worker does, whatever its job: close the jail and say hello, read
 * its input while telling how far it is, make its output last, and end with
 * results or with the reason why there are none. All words go to WIRE_FD.
 */
#ifndef BASE_JOB_H
#define BASE_JOB_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct sandbox_limits;

/* sandbox_enter and a hello with its level. The first thing that a worker does. */
int job_begin(unsigned allow, const struct sandbox_limits *limits, struct err *err);

/* What stands behind "KEY=" in an argument; NULL: it is another one. */
const char *job_value(const char *arg, const char *key);
/* A whole number within these bounds; false: it is none. */
_Bool job_number(const char *text, int64_t min, int64_t max, int64_t *ret);

/* Gives all that fd reads to `feed`, in pieces; stops at the first negative result. */
typedef int job_feed_cb(void *arg, const void *data, size_t len, struct err *err);
int job_read(int fd, job_feed_cb *feed, void *arg, struct err *err);

/*
 * Brings a file to the disk. Here, for the gateway's loop never waits for the disk
 * (file_replace). What cannot last is fine as it is: a memory file, a file without a
 * name.
 */
int job_sync(int fd, struct err *err);

struct job_result {
	const char *key;
	uint64_t value;
};
/*
 * The last words: the results and done when rc is 0 or more, else err. Returns
 * the exit status.
 */
int job_end(int rc, const struct job_result *results, size_t count, const struct err *err);

#endif
