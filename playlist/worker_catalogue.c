#include <errno.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/job.h"
#include "base/list.h"
#include "base/sandbox.h"
#include "base/unpack.h"
#include "base/url.h"
#include "base/wire.h"
#include "playlist/catalogue.h"
#include "playlist/m3u.h"
#include "playlist/workers.h"

#define IN_FD  (WIRE_FD_FIRST + 0)
#define OUT_FD (WIRE_FD_FIRST + 1)
#define URL_FD (WIRE_FD_FIRST + 2)

/* Two million rows while their table grows, and some for the libraries. */
#define MEMORY_MAX (UINT64_C(640) << 20)
#define FILE_MAX   (UINT64_C(4) << 30)
#define NOTES_MAX  100 /* complaints told; the rest is only counted */

static const struct unpack_limits input_limits = {
	.bytes_max = UINT64_C(2) << 30,
	.ratio_free = UINT64_C(64) << 20,
	.ratio_max = 200,
};

struct job {
	char base[URL_MAX + 1]; /* what relative addresses are relative to */
	struct m3u_reader *reader;
	struct catalogue_writer *writer;
	struct buf url; /* of the entry at hand, absolute */
	uint64_t entries, skipped;
	unsigned notes;
	struct err *err; /* for the reader's callbacks, which have none */
};

static void
on_note(uint32_t line, const char *text, void *arg)
{
	struct job *job = arg;

	if (job->notes++ < NOTES_MAX)
		(void)wire_note(WIRE_FD, line, text);
}

static void
skip(struct job *job, uint32_t line, const char *text)
{
	job->skipped++;
	on_note(line, text, job);
}

static int
on_entry(const struct m3u_entry *entry, void *arg)
{
	struct job *job = arg;
	struct m3u_entry absolute = *entry;
	struct err why = ERR_INIT;
	int rc;

	/* Only Kodi itself can play these. */
	if (url_has_scheme(entry->url, "plugin")) {
		skip(job, entry->line, "a plugin:// address, which only Kodi understands");
		return 0;
	}
	buf_clear(&job->url);
	rc = url_resolve(&job->url, job->base, entry->url, &why);
	if (rc == -ENOMEM)
		return err_set(job->err, ENOMEM, "out of memory");
	if (rc < 0) {
		skip(job, entry->line, rc == -EMSGSIZE ? "a URL that is too long" : why.text);
		return 0;
	}
	absolute.url = job->url.data;
	job->entries++;
	return catalogue_add(job->writer, &absolute, job->err);
}

static int
on_plain(const void *data, size_t len, void *arg, struct err *err)
{
	struct job *job = arg;

	return m3u_reader_feed(job->reader, data, len, err);
}

static int
on_input(void *arg, const void *data, size_t len, struct err *err)
{
	return unpack_feed(arg, data, len, err);
}

/* The guide's address, absolute; "" without one. */
static const char *
guide_url(struct job *job)
{
	const char *url = m3u_reader_header(job->reader)->guide_url;

	buf_clear(&job->url);
	if (url[0] == '\0' || url_resolve(&job->url, job->base, url, NULL) < 0)
		return "";
	return job->url.data;
}

static int
read_base(struct job *job, struct err *err)
{
	size_t len = 0;
	ssize_t n = 1;

	while (n != 0 && len < URL_MAX) {
		n = read(URL_FD, job->base + len, URL_MAX - len);
		if (n == -1 && errno != EINTR)
			return err_sys(err, "read the playlist's address");
		len += n > 0 ? (size_t)n : 0;
	}
	job->base[len] = '\0';
	return 0;
}

static int
read_playlist(struct job *job, struct err *err)
{
	struct unpack *unpack = unpack_new(&input_limits, on_plain, job);
	int rc;

	job->reader = m3u_reader_new(&m3u_limits_default, on_entry, on_note, job);
	job->writer = catalogue_writer_new(OUT_FD);
	if (unpack == NULL || job->reader == NULL || job->writer == NULL)
		rc = err_set(err, ENOMEM, "out of memory");
	else
		rc = job_read(IN_FD, on_input, unpack, err);
	if (rc == 0)
		rc = unpack_finish(unpack, err);
	if (rc == 0)
		rc = m3u_reader_finish(job->reader, err);
	if (rc == 0 && job->entries == 0)
		rc = err_set(err, EBADMSG, "the playlist has no entry that can be used");
	if (rc == 0)
		rc = catalogue_finish(job->writer, guide_url(job), err);
	if (rc == 0)
		rc = job_sync(OUT_FD, err);
	if (rc == 0)
		rc = job_sync(IN_FD, err); /* it becomes the last good download */
	unpack_free(unpack);
	return rc;
}

int
catalogue_worker(int argc, char **argv)
{
	const struct sandbox_limits limits = { .memory = MEMORY_MAX, .file = FILE_MAX };
	struct err err = ERR_INIT;
	struct job job = { .url = BUF_INIT(URL_MAX), .err = &err };
	struct m3u_counts counts = { 0 };
	int rc;

	(void)argc;
	(void)argv;
	rc = job_begin(SANDBOX_COMPUTE, &limits, &err);
	if (rc == 0)
		rc = read_base(&job, &err);
	if (rc == 0)
		rc = read_playlist(&job, &err);
	if (rc == 0)
		counts = *m3u_reader_counts(job.reader);
	catalogue_writer_free(job.writer);
	m3u_reader_free(job.reader);
	buf_release(&job.url);

	const struct job_result results[] = {
		{ "entries", job.entries },
		{ "bytes", counts.bytes },
		{ "skipped", counts.skipped + job.skipped },
	};

	return job_end(rc, results, ARRAY_LEN(results), &err);
}
