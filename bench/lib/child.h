/*
 * The processes of a benchmark. The subject (what is measured) has one CPU to
 * itself where there are two; everything that makes or takes its load runs on the
 * others. All of them end with the program that started them, however it ends.
 *
 * Errors here and in the rest of bench/lib end the program: a benchmark that
 * cannot run has no result.
 */
#ifndef BENCH_LIB_CHILD_H
#define BENCH_LIB_CHILD_H

#include <stdint.h>
#include <sys/types.h>

struct place {
	_Bool subject;     /* on the subject's CPU, or on the others */
	const char *netns; /* name of a network namespace (lib/net.h); NULL: ours */
};

/* Prints "PROGRAM: TEXT" and exits 2. */
void bench_die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

uint64_t bench_now_ns(void); /* CLOCK_MONOTONIC */
void bench_sleep_ms(unsigned ms);
/* Zeroed memory, the caller's to free(). */
void *bench_alloc(size_t size) __attribute__((returns_nonnull, malloc));
/* Zeroed memory that the children share. Never given back. */
void *bench_share(size_t size);
/* A folder for this run's files, removed at exit. */
const char *bench_dir(void);
/* "DIR/name" in memory that lives on. */
char *bench_path(const char *name);
/* Writes a text file there and returns its path. */
char *bench_write(const char *name, const char *text);

/* The path of another program of bench/, which was built beside this one; it lives on. */
const char *bench_program(const char *name);

/* 0 in the child, which never returns from what it does: it ends by _exit. */
pid_t child_fork(const struct place *place);
/*
 * Runs a program. stdout goes to `out` (-1: to the log), stderr to the log,
 * which is bench_path(log).
 */
pid_t child_exec(const struct place *place, const char *const *argv, int out, const char *log);
/* Runs a program to its end. Returns its exit status; 127: not to be started. */
int child_run(const char *const *argv);
/* SIGTERM, and SIGKILL after five seconds; reaped. 0: no-op. */
void child_stop(pid_t pid);
/* Waits for one to end by itself, at most so long: its wait status, or -1. */
int child_wait(pid_t pid, unsigned timeout_ms);
_Bool child_alive(pid_t pid);
/* Shows the end of a log on stderr. */
void child_show_log(const char *log);
/* The program is on the PATH. */
_Bool child_installed(const char *program);

#endif
