/*
 * The start of a worker process: fork, then exec of the program that has it.
 * For worker.c alone.
 */
#ifndef GATEWAY_WORKER_EXEC_H
#define GATEWAY_WORKER_EXEC_H

#include <sys/types.h>

struct err;
struct worker_spec;

/*
 * Runs `exe worker NAME ARG...`: descriptors 0 and 1 are null_fd, 2 is ours, then
 * wire_fd and those of the spec; next to no environment, and no signal
 * dispositions of ours. What fails in the child before exec comes as WIRE_FAIL.
 * Returns its pid, or -errno with *err set.
 */
pid_t worker_exec(const char *exe, const struct worker_spec *spec, int wire_fd, int null_fd,
    struct err *err);

#endif
