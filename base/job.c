#include "base/job.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/sandbox.h"
#include "base/wire.h"

#define PIECE          (256u << 10)
#define PROGRESS_EVERY (UINT64_C(4) << 20)

int
job_begin(unsigned allow, const struct sandbox_limits *limits, struct err *err)
{
	int rc = sandbox_enter(allow, limits, err);

	if (rc < 0)
		return rc;
	rc = wire_hello(WIRE_FD, (unsigned)rc);
	return rc < 0 ? err_set(err, rc, "nobody to say hello to") : 0;
}

const char *
job_value(const char *arg, const char *key)
{
	size_t len = strlen(key);

	return strncmp(arg, key, len) == 0 && arg[len] == '=' ? arg + len + 1 : NULL;
}

_Bool
job_number(const char *text, int64_t min, int64_t max, int64_t *ret)
{
	char *end;

	errno = 0;
	*ret = strtoll(text, &end, 10);
	return errno == 0 && end > text && *end == '\0' && *ret >= min && *ret <= max;
}

int
job_read(int fd, job_feed_cb *feed, void *arg, struct err *err)
{
	static char piece[PIECE];
	uint64_t done = 0, told = 0;
	struct stat st = { 0 };
	ssize_t n;
	int rc;

	(void)fstat(fd, &st);
	while ((n = read(fd, piece, sizeof(piece))) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_sys(err, "read");
		rc = feed(arg, piece, (size_t)n, err);
		if (rc < 0)
			return rc;
		done += (uint64_t)n;
		if (done - told >= PROGRESS_EVERY) {
			told = done;
			(void)wire_progress(WIRE_FD, done, (uint64_t)st.st_size);
		}
	}
	return 0;
}

int
job_sync(int fd, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && st.st_nlink == 0)
		return 0;
	if (fsync(fd) == -1 && errno != EINVAL && errno != EROFS)
		return err_sys(err, "sync");
	return 0;
}

int
job_end(int rc, const struct job_result *results, size_t count, const struct err *err)
{
	if (rc < 0) {
		(void)wire_fail(WIRE_FD, err);
		return EXIT_FAILURE;
	}
	for (size_t i = 0; i < count; i++) {
		if (wire_result(WIRE_FD, results[i].key, results[i].value) < 0)
			return EXIT_FAILURE;
	}
	return wire_done(WIRE_FD) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
