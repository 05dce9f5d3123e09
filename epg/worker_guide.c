#include "epg/workers.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/sandbox.h"
#include "base/wire.h"
#include "epg/guide_copy.h"

#define IN_FD   (WIRE_FD_FIRST + 0)
#define XML_FD  (WIRE_FD_FIRST + 1)
#define GZIP_FD (WIRE_FD_FIRST + 2)

#define MEMORY_MAX     (UINT64_C(128) << 20)
#define PROGRESS_EVERY (UINT64_C(4) << 20)

static int
copy_all(struct guide_copy *g, struct err *err)
{
	static char piece[256 << 10];
	uint64_t done = 0, told = 0;
	struct stat st = { 0 };
	ssize_t n;
	int rc;

	(void)fstat(IN_FD, &st);
	while ((n = read(IN_FD, piece, sizeof(piece))) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_sys(err, "read");
		rc = guide_copy_feed(g, piece, (size_t)n, err);
		if (rc < 0)
			return rc;
		done += (uint64_t)n;
		if (done - told >= PROGRESS_EVERY) {
			told = done;
			(void)wire_progress(WIRE_FD, done, (uint64_t)st.st_size);
		}
	}
	return guide_copy_finish(g, err);
}

int
guide_worker(int argc, char **argv)
{
	const struct sandbox_limits limits = {
		.memory = MEMORY_MAX,
		.file = guide_limits_default.input.bytes_max,
	};
	struct err err = ERR_INIT;
	struct guide_copy *g = NULL;
	const struct guide_counts *counts;
	int rc;

	(void)argc;
	(void)argv;
	rc = sandbox_enter(SANDBOX_COMPUTE, &limits, &err);
	if (rc > 0)
		rc = wire_hello(WIRE_FD, (unsigned)rc);
	if (rc < 0)
		goto out;
	g = guide_copy_new(&guide_limits_default, XML_FD, GZIP_FD);
	rc = g == NULL ? err_set(&err, ENOMEM, "out of memory") : copy_all(g, &err);
	if (rc < 0)
		goto out;
	/* Here, so that the gateway's own sync does not hold its loop. */
	if (fsync(XML_FD) == -1 || fsync(GZIP_FD) == -1) {
		rc = err_sys(&err, "sync the guide");
		goto out;
	}
	counts = guide_copy_counts(g);
	if ((rc = wire_result(WIRE_FD, "bytes", counts->bytes)) == 0 &&
	    (rc = wire_result(WIRE_FD, "channels", counts->channels)) == 0 &&
	    (rc = wire_result(WIRE_FD, "programmes", counts->programmes)) == 0)
		rc = wire_done(WIRE_FD);
out:
	guide_copy_free(g);
	if (rc < 0)
		(void)wire_fail(WIRE_FD, &err);
	return rc < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
