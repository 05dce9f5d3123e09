#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/job.h"
#include "base/list.h"
#include "base/sandbox.h"
#include "base/wire.h"
#include "playlist/catalogue.h"
#include "playlist/lineup.h"
#include "playlist/workers.h"

#define OUT_FD      (WIRE_FD_FIRST + 0)
#define PREVIOUS_FD (WIRE_FD_FIRST + 1)
#define WANTED_FD   (WIRE_FD_FIRST + 2)
#define SOURCE_FD   (WIRE_FD_FIRST + 3)

/* Besides the files that it maps: drafts and tables for two million channels. */
#define MEMORY_MAX (UINT64_C(2) << 30)
#define FILE_MAX   (UINT64_C(6) << 30)

static uint64_t
file_bytes(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_size > 0 ? (uint64_t)st.st_size : 0;
}

/* Address space for the files that came with the job, and for what becomes of them. */
static uint64_t
mapped_bytes(int count)
{
	uint64_t bytes = file_bytes(PREVIOUS_FD);

	for (int i = 0; i < count; i++)
		bytes += 2 * file_bytes(SOURCE_FD + i);
	return bytes;
}

/* A lineup that cannot be read costs the numbers that were given, not the channels. */
static int
open_previous(struct lineup **ret)
{
	struct err err = ERR_INIT;
	struct stat st;

	*ret = NULL;
	if (fstat(PREVIOUS_FD, &st) == -1 || st.st_size == 0 ||
	    lineup_load(ret, PREVIOUS_FD, &err) == 0)
		return 0;
	err_wrap(&err, "the previous lineup is not used");
	return wire_note(WIRE_FD, 0, err.text);
}

/* Of the file that was just written: it is what the guides will be asked for. */
static int
write_wanted(struct lineup_wanted *ret, struct err *err)
{
	struct lineup *l;
	int rc = lineup_load(&l, OUT_FD, err);

	if (rc == 0)
		rc = lineup_write_wanted(WANTED_FD, l, ret, err);
	if (rc == 0)
		rc = job_sync(WANTED_FD, err);
	lineup_unref(l);
	return rc < 0 ? err_wrap(err, "what it wants of the guides") : 0;
}

static int
build(struct lineup_source *sources, struct catalogue **catalogues, char **names, int count,
    struct lineup_result *ret, struct err *err)
{
	struct lineup *previous;
	int rc = open_previous(&previous);

	for (int i = 0; i < count && rc == 0; i++) {
		rc = catalogue_open(&catalogues[i], SOURCE_FD + i, err);
		if (rc < 0)
			err_wrap(err, "catalogue of '%s'", names[i]);
		sources[i] = (struct lineup_source){ names[i], catalogues[i] };
	}
	if (rc == 0)
		rc = lineup_build(OUT_FD, sources, (size_t)count, previous,
		    clock_wall(&clock_system), ret, err);
	if (rc == 0)
		rc = job_sync(OUT_FD, err);
	lineup_unref(previous);
	return rc;
}

int
lineup_worker(int argc, char **argv)
{
	int count = argc - 1;
	const struct sandbox_limits limits = {
		.memory = MEMORY_MAX + mapped_bytes(count),
		.file = FILE_MAX,
	};
	struct catalogue **catalogues = calloc((size_t)count + 1, sizeof(struct catalogue *));
	struct lineup_source *sources = calloc((size_t)count + 1, sizeof(*sources));
	struct lineup_result result = { 0 };
	struct lineup_wanted wanted = { 0 };
	struct err err = ERR_INIT;
	int rc;

	rc = job_begin(SANDBOX_COMPUTE, &limits, &err);
	if (rc == 0 && (catalogues == NULL || sources == NULL)) {
		rc = -ENOMEM;
		err_set(&err, ENOMEM, "out of memory");
	}
	if (rc == 0)
		rc = build(sources, catalogues, argv + 1, count, &result, &err);
	if (rc == 0)
		rc = write_wanted(&wanted, &err);
	for (int i = 0; catalogues != NULL && i < count; i++)
		catalogue_close(catalogues[i]);
	free(catalogues);
	free(sources);

	const struct job_result results[] = {
		{ "channels", result.channels },
		{ "kept", result.kept },
		{ "added", result.added },
		{ "gone", result.gone },
		{ "wanted", wanted.ids },
		{ "wanted_text", wanted.text },
	};

	return job_end(rc, results, ARRAY_LEN(results), &err);
}
