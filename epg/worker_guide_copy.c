#include <errno.h>

#include "base/err.h"
#include "base/job.h"
#include "base/list.h"
#include "base/sandbox.h"
#include "base/wire.h"
#include "epg/guide_copy.h"
#include "epg/workers.h"

#define IN_FD   (WIRE_FD_FIRST + 0)
#define XML_FD  (WIRE_FD_FIRST + 1)
#define GZIP_FD (WIRE_FD_FIRST + 2)

#define MEMORY_MAX (UINT64_C(128) << 20)

static int
on_input(void *arg, const void *data, size_t len, struct err *err)
{
	return guide_copy_feed(arg, data, len, err);
}

static int
copy_all(struct guide_copy *g, struct err *err)
{
	int rc;

	if (g == NULL)
		return err_set(err, ENOMEM, "out of memory");
	rc = job_read(IN_FD, on_input, g, err);
	if (rc == 0)
		rc = guide_copy_finish(g, err);
	if (rc == 0)
		rc = job_sync(XML_FD, err);
	if (rc == 0)
		rc = job_sync(GZIP_FD, err);
	return rc < 0 ? rc : job_sync(IN_FD, err); /* it becomes the last good download */
}

int
guide_copy_worker(int argc, char **argv)
{
	const struct sandbox_limits limits = {
		.memory = MEMORY_MAX,
		.file = guide_limits_default.input.bytes_max,
	};
	struct guide_counts counts = { 0 };
	struct err err = ERR_INIT;
	struct guide_copy *g;
	int rc;

	(void)argc;
	(void)argv;
	rc = job_begin(SANDBOX_COMPUTE, &limits, &err);
	if (rc < 0)
		return job_end(rc, NULL, 0, &err);
	g = guide_copy_new(&guide_limits_default, XML_FD, GZIP_FD);
	rc = copy_all(g, &err);
	if (rc == 0)
		counts = *guide_copy_counts(g);
	guide_copy_free(g);

	const struct job_result results[] = {
		{ "bytes", counts.bytes },
		{ "channels", counts.channels },
		{ "programmes", counts.programmes },
	};

	return job_end(rc, results, ARRAY_LEN(results), &err);
}
