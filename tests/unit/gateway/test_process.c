#include "gateway/process.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "unit.h"

static char dir[] = "/tmp/masthead-process-XXXXXX";

/* A datagram socket at `name`, as systemd has one; an @ stands for the NUL of an abstract one. */
static int
open_manager(const char *name)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	memcpy(addr.sun_path, name, strlen(name));
	if (name[0] == '@')
		addr.sun_path[0] = '\0';
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&addr, len), 0);
	return fd;
}

/* Before its path: nothing, or the mark of an abstract socket. */
static const char *const managers[] = { "", "@" };

START_TEST(the_manager_is_told)
{
	static const char said[] = "READY=1\nSTATUS=serving";
	char name[64], got[64];
	int fd;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(name, sizeof(name), "%s%s/notify", managers[_i], dir);
	fd = open_manager(name);
	ck_assert_int_eq(setenv("NOTIFY_SOCKET", name, 1), 0);
	process_notify(said);
	ck_assert_int_eq(recv(fd, got, sizeof(got), 0), sizeof(said) - 1);
	ck_assert_int_eq(memcmp(got, said, sizeof(said) - 1), 0);
	close(fd);
	if (name[0] == '/')
		unlink(name);
	/* A manager that has gone is nobody's trouble. */
	process_notify("STOPPING=1");
	rmdir(dir);
}
END_TEST

static const char *const nobody[] = {
	NULL,
	"",
	"relative",
	"vsock:2:1234",
	"/no/such/socket",
	"/0123456789012345678901234567890123456789012345678901234567890123456789"
	"0123456789012345678901234567890123456789",
};

START_TEST(without_a_manager_nothing_is_said)
{
	struct process_info before, after;

	if (nobody[_i] == NULL)
		unsetenv("NOTIFY_SOCKET");
	else
		setenv("NOTIFY_SOCKET", nobody[_i], 1);
	process_get_info(&before);
	process_notify("READY=1");
	process_get_info(&after);
	ck_assert_uint_eq(before.open_files, after.open_files);
}
END_TEST

static const struct {
	const char *usec;
	int pid; /* 0: unset; 1: ours; else another */
	uint64_t ms;
} watchdogs[] = {
	{ NULL, 0, 0 },
	{ "30000000", 0, 15000 },
	{ "30000000", 1, 15000 },
	{ "30000000", 2, 0 },
	{ "nonsense", 0, 0 },
	{ "0", 0, 0 },
};

START_TEST(the_watchdog_wants_half_its_time)
{
	char pid[16];

	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	if (watchdogs[_i].usec != NULL)
		setenv("WATCHDOG_USEC", watchdogs[_i].usec, 1);
	snprintf(pid, sizeof(pid), "%ld", (long)getpid() + watchdogs[_i].pid - 1);
	if (watchdogs[_i].pid != 0)
		setenv("WATCHDOG_PID", pid, 1);
	ck_assert_uint_eq(process_watchdog_ms(), watchdogs[_i].ms);
}
END_TEST

START_TEST(it_knows_its_size)
{
	struct process_info before, after;
	struct rlimit limit;
	int fd;

	process_get_info(&before);
	ck_assert_uint_gt(before.rss, 100000);
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	process_get_info(&after);
	ck_assert_uint_eq(after.open_files, before.open_files + 1);
	ck_assert_uint_ge(after.cpu_ms, before.cpu_ms);
	close(fd);
	process_raise_files();
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_uint_eq(limit.rlim_cur, limit.rlim_max);
}
END_TEST

UNIT_MAIN("process", UNIT_ROWS(the_manager_is_told, ARRAY_LEN(managers)),
    UNIT_ROWS(without_a_manager_nothing_is_said, ARRAY_LEN(nobody)),
    UNIT_ROWS(the_watchdog_wants_half_its_time, ARRAY_LEN(watchdogs)), UNIT_TEST(it_knows_its_size))
