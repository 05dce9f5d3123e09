/* The program is its own worker: `test_worker worker NAME ARG...` runs one of `scripts`. */
#include "gateway/worker.h"

#include <dirent.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/sandbox.h"
#include "base/wire.h"
#include "unit.h"

/* -- the workers -------------------------------------------------------------- */

/* These run without a jail, and say otherwise: the gateway would warn. */
static void
hello(void)
{
	(void)wire_hello(WIRE_FD, SANDBOX_HAS_FLOOR | SANDBOX_HAS_LANDLOCK | SANDBOX_HAS_SECCOMP);
}

_Noreturn static void
stay(void)
{
	for (;;)
		(void)poll(NULL, 0, -1);
}

/* The way of a good worker, jail and all: copies descriptor 4 to 5. */
static int
script_good(int argc, char **argv)
{
	const struct sandbox_limits limits = { .file = 1 << 20 };
	struct err err = ERR_INIT;
	char data[64];
	ssize_t n;
	int level = sandbox_enter(SANDBOX_COMPUTE, &limits, &err);

	if (level < 0)
		return wire_fail(WIRE_FD, &err);
	(void)wire_hello(WIRE_FD, (unsigned)level);
	n = read(WIRE_FD_FIRST, data, sizeof(data));
	if (n < 0 || write(WIRE_FD_FIRST + 1, data, (size_t)n) != n)
		return 9;
	(void)wire_progress(WIRE_FD, 5, 10);
	for (int i = 0; i < argc; i++)
		(void)wire_note(WIRE_FD, (uint32_t)i, argv[i]);
	(void)wire_result(WIRE_FD, "bytes", (uint64_t)n);
	return wire_done(WIRE_FD) == 0 ? 0 : 1;
}

static int
script_fail(int argc, char **argv)
{
	struct err err = ERR_INIT;

	(void)argc;
	(void)argv;
	hello();
	err_set(&err, EBADMSG, "not a playlist");
	(void)wire_fail(WIRE_FD, &err);
	return 1;
}

static int
script_silent(int argc, char **argv)
{
	(void)argc;
	return argv[1] != NULL ? (int)strtol(argv[1], NULL, 10) : 0;
}

static int
script_done_then(int argc, char **argv)
{
	(void)argc;
	hello();
	(void)wire_done(WIRE_FD);
	if (strcmp(argv[1], "more") == 0)
		return wire_note(WIRE_FD, 1, "one more thing") == 0 ? 0 : 1;
	if (strcmp(argv[1], "stay") == 0)
		stay();
	return (int)strtol(argv[1], NULL, 10);
}

/* Dies by a signal, as the kernel would deal it: a sanitizer's handler is put aside. */
static int
script_signal(int argc, char **argv)
{
	const struct sigaction sa = { .sa_handler = SIG_DFL };
	int sig = (int)strtol(argv[1], NULL, 10);

	(void)argc;
	hello();
	(void)sigaction(sig, &sa, NULL);
	(void)raise(sig);
	return 0;
}

static int
script_escape(int argc, char **argv)
{
	const struct sandbox_limits limits = { 0 };
	int level = sandbox_enter(SANDBOX_COMPUTE, &limits, NULL);

	(void)argc;
	(void)argv;
	(void)wire_hello(WIRE_FD, (unsigned)level);
	return chdir("/tmp") == 0 && wire_done(WIRE_FD) == 0 ? 0 : 1;
}

static int
script_hang(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	hello();
	(void)wire_note(WIRE_FD, 0, "here");
	stay();
}

static int
script_hush(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	close(WIRE_FD);
	stay();
}

static int
script_flood(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	hello();
	while (wire_note(WIRE_FD, 1, "and another complaint") == 0)
		;
	return 1;
}

/* Says ARG, as it is, and stays. */
static int
script_say(int argc, char **argv)
{
	static const struct {
		const char *name, *bytes;
		size_t len;
	} words[] = {
		{ "http", "GET / HTTP/1.1\r\n\r\n", 18 },
		{ "no-jail", "\1\0\0\0\1\0\0\0\6", 9 },
		{ "odd-jail", "\1\0\0\0\1\0\0\0\x81", 9 },
		{ "no-errno", "\6\0\0\0\7\0\0\0\0\0\0\0\1\0x", 15 },
		{ "big-errno", "\6\0\0\0\7\0\0\0\0\0\1\0\1\0x", 15 },
		{ "half", "\1\0\0\0\1\0", 6 },
	};

	(void)argc;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(words[i].name, argv[1]) == 0)
			(void)send(WIRE_FD, words[i].bytes, words[i].len, MSG_NOSIGNAL);
	if (strcmp(argv[1], "half") == 0)
		return 0;
	stay();
}

static unsigned
count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned count = 0;

	while (dir != NULL && readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count - 3; /* ".", ".." and the folder's own */
}

/* Tells what it was born with. */
static int
script_look(int argc, char **argv)
{
	struct sigaction sa;
	sigset_t blocked;
	struct stat st;
	unsigned handled = 0, death = 0;

	(void)argc;
	(void)argv;
	hello();
	for (char **e = environ; *e != NULL; e++)
		if (strncmp(*e, "TZ=", 3) == 0 || strstr(*e, "SECRET") != NULL)
			(void)wire_note(WIRE_FD, 0, *e);
	(void)wire_result(WIRE_FD, "fds", count_fds());
	(void)wire_result(WIRE_FD, "stdin", fstat(0, &st) == 0 && S_ISCHR(st.st_mode));
	(void)wire_result(WIRE_FD, "stdout", fstat(1, &st) == 0 && S_ISCHR(st.st_mode));
	(void)wire_result(WIRE_FD, "nice", (uint64_t)getpriority(PRIO_PROCESS, 0));
	(void)wire_result(WIRE_FD, "own-group", getpgrp() == getpid());
	(void)sigprocmask(SIG_SETMASK, NULL, &blocked);
	(void)wire_result(WIRE_FD, "blocked",
	    (uint64_t)(sigismember(&blocked, SIGCHLD) | sigismember(&blocked, SIGTERM)));
	for (int sig = SIGHUP; sig <= SIGTERM; sig++)
		if (sig != SIGSEGV && sig != SIGBUS && sig != SIGFPE && /* a sanitizer's */
		    sigaction(sig, NULL, &sa) == 0 && sa.sa_handler != SIG_DFL)
			handled |= 1u << sig;
	(void)wire_result(WIRE_FD, "handled", handled);
	(void)prctl(PR_GET_PDEATHSIG, &death);
	(void)wire_result(WIRE_FD, "death", death);
	return wire_done(WIRE_FD) == 0 ? 0 : 1;
}

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} scripts[] = {
	{ "good", script_good },
	{ "fail", script_fail },
	{ "silent", script_silent },
	{ "done-then", script_done_then },
	{ "signal", script_signal },
	{ "escape", script_escape },
	{ "hang", script_hang },
	{ "hush", script_hush },
	{ "flood", script_flood },
	{ "say", script_say },
	{ "look", script_look },
};

static int
run_script(int argc, char **argv)
{
	for (size_t i = 0; i < ARRAY_LEN(scripts); i++)
		if (strcmp(scripts[i].name, argv[0]) == 0)
			return scripts[i].run(argc, argv);
	return 2;
}

/* -- an owner that writes down what it is told ---------------------------------- */

struct owner {
	struct buf heard;
	struct worker *worker; /* NULL after its end */
	unsigned notes, kill_at_note;
	_Bool ended, in_order;
	struct err err;
};

static void
on_progress(void *arg, uint64_t done, uint64_t total)
{
	struct owner *o = arg;

	buf_printf(&o->heard, "%ju/%ju;", (uintmax_t)done, (uintmax_t)total);
}

static void
on_note(void *arg, uint32_t line, const char *text)
{
	struct owner *o = arg;

	o->notes++;
	if (o->notes <= 10)
		buf_printf(&o->heard, "%u:%s;", line, text);
	if (o->notes == o->kill_at_note) {
		worker_kill(o->worker);
		o->worker = NULL;
	}
}

static void
on_result(void *arg, const char *key, uint64_t value)
{
	struct owner *o = arg;

	buf_printf(&o->heard, "%s=%ju;", key, (uintmax_t)value);
}

static void
on_ended(void *arg, const struct err *err)
{
	struct owner *o = arg;

	ck_assert(!o->ended);
	o->ended = 1;
	if (err != NULL)
		o->err = *err;
	/* Too late, and harmless. */
	worker_kill(o->worker);
	o->worker = NULL;
}

static const struct worker_events events = { on_progress, on_note, on_result, on_ended };

struct house {
	struct event_base *base;
	struct worker_pool *pool;
};

static void
house_init(struct house *h, const char *exe)
{
	struct err err = ERR_INIT;

	h->base = event_base_new();
	ck_assert_ptr_nonnull(h->base);
	h->pool = worker_pool_new(h->base, exe, &err);
	ck_assert_msg(h->pool != NULL, "%s", err.text);
}

static void
house_release(struct house *h)
{
	worker_pool_free(h->pool);
	event_base_free(h->base);
}

static void
start(struct house *h, struct owner *o, const struct worker_spec *spec)
{
	struct err err = ERR_INIT;

	*o = (struct owner){ .heard = BUF_INIT(4096), .kill_at_note = o->kill_at_note };
	o->worker = worker_start(h->pool, spec, &events, o, &err);
	ck_assert_msg(o->worker != NULL, "%s", err.text);
	ck_assert_int_gt(worker_pid(o->worker), 0);
}

static unsigned
running(const struct house *h)
{
	struct worker_stats stats;

	worker_pool_stats(h->pool, &stats);
	return stats.running;
}

/* Until no process is left. */
static void
run_to_the_end(struct house *h)
{
	while (running(h) > 0)
		ck_assert_int_eq(event_base_loop(h->base, EVLOOP_ONCE), 0);
}

/* -- the tests ---------------------------------------------------------------- */

START_TEST(a_good_worker_is_heard_to_its_end)
{
	const char *const args[] = { "one", "two words", NULL };
	int fds[2] = { memfd_create("in", MFD_CLOEXEC), memfd_create("out", MFD_CLOEXEC) };
	const struct worker_spec spec = { .name = "good",
		.args = args,
		.fds = fds,
		.fd_count = 2,
		.deadline_ms = 50000 };
	struct owner owner = { 0 };
	struct worker_stats stats;
	struct house h;
	char copy[8] = "";

	ck_assert_int_eq(pwrite(fds[0], "payload", 7, 0), 7);
	house_init(&h, NULL);
	start(&h, &owner, &spec);
	run_to_the_end(&h);
	ck_assert(owner.ended);
	ck_assert_str_eq(owner.err.text, "");
	ck_assert_str_eq(owner.heard.data, "5/10;0:good;1:one;2:two words;bytes=7;");
	ck_assert_int_eq(pread(fds[1], copy, 7, 0), 7);
	ck_assert_str_eq(copy, "payload");
	worker_pool_stats(h.pool, &stats);
	ck_assert_uint_eq(stats.started, 1);
	ck_assert_uint_eq(stats.failed, 0);
	ck_assert_uint_ne(stats.sandbox & SANDBOX_HAS_FLOOR, 0);
	buf_release(&owner.heard);
	house_release(&h);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

START_TEST(a_worker_is_born_with_what_it_needs_and_nothing_else)
{
	const int fds[] = { STDERR_FILENO, STDERR_FILENO };
	const struct worker_spec spec = { .name = "look", .fds = fds, .fd_count = 2, .nice = 3 };
	struct owner owner = { 0 };
	struct house h;
	char expect[256];

	/* Without CLOEXEC, as a library might leave one. */
	ck_assert_int_ne(open("/dev/null", O_RDONLY), -1);
	ck_assert_int_eq(setenv("MASTHEAD_SECRET", "hunter2", 1), 0);
	ck_assert_int_eq(setenv("TZ", "Europe/Berlin", 1), 0);
	house_init(&h, NULL);
	start(&h, &owner, &spec);
	run_to_the_end(&h);
	ck_assert_str_eq(owner.err.text, "");
	snprintf(expect, sizeof(expect),
	    "0:TZ=Europe/Berlin;fds=6;stdin=1;stdout=1;nice=%d;own-group=1;blocked=0;handled=%u;"
	    "death=%d;",
	    getpriority(PRIO_PROCESS, 0) + 3, 1u << SIGPIPE, SIGKILL);
	ck_assert_str_eq(owner.heard.data, expect);
	buf_release(&owner.heard);
	house_release(&h);
}
END_TEST

static const struct {
	const char *name, *arg;
	unsigned deadline_ms;
	int code;
	const char *error;
} faults[] = {
	{ "fail", NULL, 0, -EBADMSG, "not a playlist" },
	{ "silent", NULL, 0, -ECHILD, "it left without saying done" },
	{ "silent", "3", 0, -ECHILD, "exit status 3 without saying why" },
	{ "no such", NULL, 0, -ECHILD, "exit status 2 without saying why" },
	{ "done-then", "7", 0, -ECHILD, "exit status 7 after it said done" },
	{ "done-then", "more", 0, -EPROTO, "bad note message: not allowed after the end" },
	{ "signal", "11", 0, -ECHILD, "killed by signal 11 (Segmentation fault)" },
	{ "signal", "6", 0, -ECHILD, "killed by signal 6 (Aborted)" },
	{ "signal", "9", 0, -ECHILD,
	    "killed by signal 9 (Killed): by somebody, or for want of memory" },
	{ "signal", "24", 0, -ECHILD,
	    "killed by signal 24 (CPU time limit exceeded): it used up its processor time" },
	{ "escape", NULL, 0, -ECHILD,
	    "killed by signal 31 (Bad system call): it tried what its jail forbids" },
	{ "hang", NULL, 200, -ETIMEDOUT, "not done after 200 ms" },
	{ "flood", NULL, 300, -ETIMEDOUT, "not done after 300 ms" },
	{ "say", "http", 0, -EPROTO, "bad message: unknown type 17735" },
	{ "say", "no-jail", 0, -EPROTO, "bad hello message: 6 is no jail" },
	{ "say", "odd-jail", 0, -EPROTO, "bad hello message: 129 is no jail" },
	{ "say", "no-errno", 0, -EPROTO, "bad fail message: 0 is no errno" },
	{ "say", "big-errno", 0, -EPROTO, "bad fail message: 65536 is no errno" },
	{ "say", "half", 0, -ECHILD, "it left without saying done" },
	{ "done-then", "stay", 0, -ETIMEDOUT, "did not exit within 5000 ms of its last word" },
	{ "hush", NULL, 0, -ETIMEDOUT, "did not exit within 5000 ms of its last word" },
};

START_TEST(every_fault_is_told_and_costs_its_own_job_only)
{
	struct owner owners[ARRAY_LEN(faults)], good = { 0 };
	const int file = memfd_create("file", MFD_CLOEXEC), fds[] = { file, file };
	const struct worker_spec good_spec = { .name = "good", .fds = fds, .fd_count = 2 };
	struct worker_stats stats;
	struct house h;

	memset(owners, 0, sizeof(owners));
	house_init(&h, NULL);
	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		const char *const args[] = { faults[i].arg, NULL };
		const struct worker_spec spec = { .name = faults[i].name,
			.args = args,
			.deadline_ms = faults[i].deadline_ms };

		start(&h, &owners[i], &spec);
	}
	start(&h, &good, &good_spec);
	run_to_the_end(&h);
	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		char expect[sizeof(owners[i].err.text)];

		/* What it says of its input needs no name before it. */
		if (strcmp(faults[i].name, "fail") == 0)
			snprintf(expect, sizeof(expect), "%s", faults[i].error);
		else
			snprintf(expect, sizeof(expect), "worker '%s': %s", faults[i].name,
			    faults[i].error);
		ck_assert(owners[i].ended);
		ck_assert_str_eq(owners[i].err.text, expect);
		ck_assert_int_eq(owners[i].err.code, faults[i].code);
		buf_release(&owners[i].heard);
	}
	ck_assert(good.ended);
	ck_assert_str_eq(good.err.text, "");
	buf_release(&good.heard);
	worker_pool_stats(h.pool, &stats);
	ck_assert_uint_eq(stats.failed, ARRAY_LEN(faults));
	house_release(&h);
	close(file);
}
END_TEST

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	unsigned *ticks = arg;

	(void)fd;
	(void)what;
	(*ticks)++;
}

START_TEST(a_flood_leaves_the_loop_time_for_others)
{
	const struct worker_spec flood = { .name = "flood" };
	const struct timeval often = { 0, 2000 };
	struct owner owner = { 0 };
	struct event *tick;
	unsigned ticks = 0;
	struct house h;

	house_init(&h, NULL);
	tick = event_new(h.base, -1, EV_PERSIST, on_tick, &ticks);
	ck_assert_ptr_nonnull(tick);
	start(&h, &owner, &flood);
	while (owner.notes < 100000) {
		unsigned before = owner.notes;

		ck_assert_int_eq(event_base_loop(h.base, EVLOOP_ONCE), 0);
		ck_assert_uint_le(owner.notes - before, 1000);
		if (before == 0)
			ck_assert_int_eq(event_add(tick, &often), 0);
	}
	ck_assert_uint_gt(ticks, 0);
	worker_kill(owner.worker);
	run_to_the_end(&h);
	ck_assert(!owner.ended);
	event_free(tick);
	buf_release(&owner.heard);
	house_release(&h);
}
END_TEST

START_TEST(a_killed_worker_is_reaped_and_says_nothing_more)
{
	const struct worker_spec hang = { .name = "hang" }, flood = { .name = "flood" };
	struct owner first = { 0 }, second = { .kill_at_note = 3 };
	struct worker_stats stats;
	struct house h;

	house_init(&h, NULL);
	start(&h, &first, &hang);
	start(&h, &second, &flood);
	worker_kill(first.worker);
	run_to_the_end(&h);
	ck_assert(!first.ended);
	ck_assert(!second.ended);
	ck_assert_uint_eq(first.notes, 0);
	ck_assert_uint_eq(second.notes, 3);
	worker_pool_stats(h.pool, &stats);
	ck_assert_uint_eq(stats.started, 2);
	ck_assert_uint_eq(stats.failed, 0);
	buf_release(&first.heard);
	buf_release(&second.heard);
	house_release(&h);
}
END_TEST

START_TEST(freeing_the_pool_ends_what_runs)
{
	const struct worker_spec hang = { .name = "hang" };
	struct owner owners[3];
	struct house h;

	memset(owners, 0, sizeof(owners));
	house_init(&h, NULL);
	for (size_t i = 0; i < ARRAY_LEN(owners); i++)
		start(&h, &owners[i], &hang);
	while (owners[2].notes == 0)
		ck_assert_int_eq(event_base_loop(h.base, EVLOOP_ONCE), 0);
	house_release(&h);
	ck_assert_int_eq(waitpid(-1, NULL, 0), -1);
	ck_assert_int_eq(errno, ECHILD);
	for (size_t i = 0; i < ARRAY_LEN(owners); i++) {
		ck_assert(!owners[i].ended);
		buf_release(&owners[i].heard);
	}
}
END_TEST

START_TEST(children_of_others_are_left_to_them)
{
	const struct worker_spec spec = { .name = "silent" };
	struct owner owner = { 0 };
	struct house h;
	int status;
	pid_t pid;

	house_init(&h, NULL);
	pid = fork();
	ck_assert_int_ne(pid, -1);
	if (pid == 0)
		_exit(5);
	start(&h, &owner, &spec);
	run_to_the_end(&h);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(WEXITSTATUS(status), 5);
	buf_release(&owner.heard);
	house_release(&h);
}
END_TEST

START_TEST(two_hundred_workers_leave_nothing_behind)
{
	const struct worker_spec specs[] = { { .name = "fail" }, { .name = "silent" } };
	struct owner owners[4];
	struct worker_stats stats;
	struct house h;
	unsigned before;

	memset(owners, 0, sizeof(owners));
	house_init(&h, NULL);
	before = count_fds();
	for (size_t round = 0; round < 50; round++) {
		for (size_t i = 0; i < ARRAY_LEN(owners); i++)
			start(&h, &owners[i], &specs[i % ARRAY_LEN(specs)]);
		run_to_the_end(&h);
		for (size_t i = 0; i < ARRAY_LEN(owners); i++) {
			ck_assert(owners[i].ended);
			buf_release(&owners[i].heard);
		}
	}
	ck_assert_uint_eq(count_fds(), before);
	worker_pool_stats(h.pool, &stats);
	ck_assert_uint_eq(stats.started, 200);
	ck_assert_uint_eq(stats.running, 0);
	house_release(&h);
}
END_TEST

START_TEST(what_cannot_start_says_why)
{
	const int closed[] = { 999 };
	const struct worker_spec spec = { .name = "good" };
	const struct worker_spec bad_fd = { .name = "good", .fds = closed, .fd_count = 1 };
	const struct worker_spec many = { .name = "good",
		.fds = closed,
		.fd_count = WORKER_FD_MAX + 1 };
	struct err err = ERR_INIT;
	struct owner owner = { 0 };
	struct house h;

	house_init(&h, "/no/such/program");
	start(&h, &owner, &spec);
	run_to_the_end(&h);
	ck_assert_str_eq(owner.err.text,
	    "worker 'good': run its program: No such file or directory");
	ck_assert_int_eq(owner.err.code, -ENOENT);
	start(&h, &owner, &bad_fd);
	run_to_the_end(&h);
	ck_assert_str_eq(owner.err.text,
	    "worker 'good': pass its descriptors: Bad file descriptor");
	ck_assert_ptr_null(worker_start(h.pool, &many, &events, &owner, &err));
	ck_assert_str_eq(err.text, "start worker 'good': 64 descriptors, at most 63 can be passed");
	ck_assert_int_eq(err.code, -EINVAL);
	house_release(&h);
}
END_TEST

/* A gateway that has one worker, which holds `out`, and tells when it works. */
_Noreturn static void
be_a_gateway(int out)
{
	const struct worker_spec spec = { .name = "hang", .fds = &out, .fd_count = 1 };
	struct owner owner = { 0 };
	struct house h;

	house_init(&h, NULL);
	start(&h, &owner, &spec);
	while (owner.notes == 0)
		(void)event_base_loop(h.base, EVLOOP_ONCE);
	(void)!write(out, "r", 1);
	stay();
}

START_TEST(a_worker_does_not_outlive_a_gateway_that_was_killed)
{
	int out[2], status;
	pid_t gateway;
	char c;

	ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
	gateway = fork();
	ck_assert_int_ne(gateway, -1);
	if (gateway == 0)
		be_a_gateway(out[1]);
	close(out[1]);
	ck_assert_int_eq(read(out[0], &c, 1), 1);
	ck_assert_int_eq(kill(gateway, SIGKILL), 0);
	ck_assert_int_eq(waitpid(gateway, &status, 0), gateway);
	/* The worker holds the other end too: it closes when both have gone. */
	ck_assert_int_eq(read(out[0], &c, 1), 0);
	close(out[0]);
}
END_TEST

START_TEST(the_table_refuses_whom_no_gateway_started)
{
	char name[] = "catalogue";
	char *argv[] = { name, NULL };

	close(WIRE_FD);
	ck_assert_int_eq(worker_main(1, argv), 2);
	ck_assert_int_eq(worker_main(0, argv + 1), 2);
}
END_TEST

START_TEST(the_table_refuses_a_name_that_it_lacks)
{
	char name[] = "barber";
	char *argv[] = { name, NULL };
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	ck_assert_int_ne(dup2(pair[0], WIRE_FD), -1);
	ck_assert_int_eq(worker_main(1, argv), 2);
}
END_TEST

int
main(int argc, char **argv)
{
	const struct unit_case cases[] = {
		UNIT_TEST(a_good_worker_is_heard_to_its_end),
		UNIT_TEST(a_worker_is_born_with_what_it_needs_and_nothing_else),
		UNIT_TEST(every_fault_is_told_and_costs_its_own_job_only),
		UNIT_TEST(a_flood_leaves_the_loop_time_for_others),
		UNIT_TEST(a_killed_worker_is_reaped_and_says_nothing_more),
		UNIT_TEST(freeing_the_pool_ends_what_runs),
		UNIT_TEST(children_of_others_are_left_to_them),
		UNIT_TEST(two_hundred_workers_leave_nothing_behind),
		UNIT_TEST(what_cannot_start_says_why),
		UNIT_TEST(a_worker_does_not_outlive_a_gateway_that_was_killed),
		UNIT_TEST(the_table_refuses_whom_no_gateway_started),
		UNIT_TEST(the_table_refuses_a_name_that_it_lacks),
	};

	if (argc > 2 && strcmp(argv[1], "worker") == 0)
		return run_script(argc - 2, argv + 2);
	return unit_run("worker", cases, ARRAY_LEN(cases));
}
