/*
 * Workers in a test: a process of its own for each, and a parent that writes down what it
 * hears.
 *
 *	worker_run(lineup_worker, "lineup", (const char *[]){ "acme", NULL }, fds, 3, &out)
 */
#ifndef TESTS_UNIT_WORKER_H
#define TESTS_UNIT_WORKER_H

#include <check.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/list.h"
#include "base/wire.h"

static inline int
worker_hear_hello(struct wire_msg *msg, void *arg, struct err *err)
{
	(void)err;
	(void)wire_get_u8(msg);
	buf_str(arg, "hello;");
	return 0;
}

static inline int
worker_hear_progress(struct wire_msg *msg, void *arg, struct err *err)
{
	(void)err;
	(void)arg;
	ck_assert_uint_gt(wire_get_u64(msg), 0);
	(void)wire_get_u64(msg);
	return 0;
}

static inline int
worker_hear_note(struct wire_msg *msg, void *arg, struct err *err)
{
	char text[WIRE_TEXT_MAX + 1];
	uint32_t line = wire_get_u32(msg);

	(void)err;
	wire_get_str(msg, text, sizeof(text));
	buf_printf(arg, "%u: %s;", line, text);
	return 0;
}

static inline int
worker_hear_result(struct wire_msg *msg, void *arg, struct err *err)
{
	char key[WIRE_KEY_MAX + 1];

	(void)err;
	wire_get_str(msg, key, sizeof(key));
	buf_printf(arg, "%s=%ju;", key, (uintmax_t)wire_get_u64(msg));
	return 0;
}

static inline int
worker_hear_fail(struct wire_msg *msg, void *arg, struct err *err)
{
	char text[WIRE_TEXT_MAX + 1];

	(void)err;
	(void)wire_get_u32(msg);
	wire_get_str(msg, text, sizeof(text));
	buf_printf(arg, "failed: %s;", text);
	return 0;
}

#define WORKER_HELLO (1u << WIRE_PHASE_HELLO)
#define WORKER_WORK  (1u << WIRE_PHASE_WORK)

static const struct wire_rule worker_rules[] = {
	{ WIRE_HELLO, WORKER_HELLO, 1, WIRE_PHASE_WORK, worker_hear_hello },
	{ WIRE_PROGRESS, WORKER_WORK, 16, WIRE_PHASE_WORK, worker_hear_progress },
	{ WIRE_NOTE, WORKER_WORK, WIRE_PAYLOAD_MAX, WIRE_PHASE_WORK, worker_hear_note },
	{ WIRE_RESULT, WORKER_WORK, 2 + WIRE_KEY_MAX + 8, WIRE_PHASE_WORK, worker_hear_result },
	{ WIRE_DONE, WORKER_WORK, 0, WIRE_PHASE_END, NULL },
	{ WIRE_FAIL, WORKER_HELLO | WORKER_WORK, WIRE_PAYLOAD_MAX, WIRE_PHASE_END,
	    worker_hear_fail },
};

#define WORKER_FDS_MAX  16
#define WORKER_ARGS_MAX 32

/* In the child: gives the descriptors the numbers that a worker's have. */
static inline void
worker_place_fds(int wire, const int *fds, int count)
{
	int high[WORKER_FDS_MAX + 1];

	high[0] = fcntl(wire, F_DUPFD, 100);
	for (int i = 0; i < count; i++)
		high[i + 1] = fcntl(fds[i], F_DUPFD, 100);
	for (int i = 0; i <= count; i++)
		(void)dup2(high[i], WIRE_FD + i);
	for (int i = 0; i <= count; i++)
		(void)close(high[i]);
}

/* In the child: a worker's end. */
static inline int
worker_child(int (*worker)(int argc, char **argv), const char *name, const char *const *args)
{
	char *argv[WORKER_ARGS_MAX] = { strdup(name) };
	int argc = 1;

	for (; argc < WORKER_ARGS_MAX - 1 && args[argc - 1] != NULL; argc++)
		argv[argc] = strdup(args[argc - 1]);
	return worker(argc, argv);
}

/*
 * Runs a worker in a process of its own, with these arguments behind its name; what it said
 * goes to `out`. Returns its exit status.
 */
static inline int
worker_run(int (*worker)(int argc, char **argv), const char *name, const char *const *args,
    const int *fds, int count, struct buf *out)
{
	struct wire_reader reader;
	struct err err = ERR_INIT;
	char data[1000];
	int pair[2], status;
	ssize_t n;
	pid_t pid;

	for (int i = 0; i < count; i++)
		(void)lseek(fds[i], 0, SEEK_SET);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	pid = fork();
	if (pid == 0) {
		worker_place_fds(pair[1], fds, count);
		_exit(worker_child(worker, name, args));
	}
	(void)close(pair[1]);
	wire_reader_init(&reader, worker_rules, ARRAY_LEN(worker_rules), out);
	while ((n = read(pair[0], data, sizeof(data))) > 0)
		ck_assert_msg(wire_feed(&reader, data, (size_t)n, &err) == 0, "%s", err.text);
	ck_assert_int_eq(reader.phase, WIRE_PHASE_END);
	(void)close(pair[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#endif
