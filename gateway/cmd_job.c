#include "gateway/cmd_job.h"

#include <curl/curl.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/multi.h"
#include "base/redact.h"
#include "base/url.h"
#include "gateway/cmd_progress.h"
#include "gateway/worker.h"

#define FETCH_S 900L

/* One worker at work. */
struct run {
	struct event_base *base;
	struct cmd_progress progress;
	cmd_result_cb *result;
	void *arg;
	_Bool ended;
	struct err err;
};

/* -- bytes in ---------------------------------------------------------------- */

int
cmd_open_nameless(struct err *err)
{
	const char *folder = getenv("TMPDIR");
	int fd;

	fd = open(folder != NULL && *folder != '\0' ? folder : "/tmp",
	    O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd == -1) /* no such folder, or a file system without them: in memory */
		fd = memfd_create("masthead-temporary", MFD_CLOEXEC);
	return fd == -1 ? err_sys(err, "make a temporary file") : fd;
}

static size_t
on_body(char *data, size_t size, size_t count, void *arg)
{
	const int *fd = arg;

	return file_write_all(*fd, data, size * count, NULL) < 0 ? 0 : size * count;
}

static int
on_fetched(void *arg, curl_off_t total, curl_off_t done, curl_off_t up_total, curl_off_t up)
{
	(void)up_total;
	(void)up;
	cmd_progress_tell(arg, (uint64_t)done, (uint64_t)total);
	return 0;
}

static int
fetch_url(int fd, const char *url, struct cmd_progress *progress, struct err *err)
{
	CURL *easy = multi_easy();
	CURLcode result;
	long status = 0;

	if (easy == NULL)
		return err_set(err, ENOMEM, "out of memory");
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT, FETCH_S);
	curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
	curl_easy_setopt(easy, CURLOPT_HTTP_CONTENT_DECODING, 0L); /* the worker inflates */
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, &fd);
	curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_fetched);
	curl_easy_setopt(easy, CURLOPT_XFERINFODATA, progress);
	result = curl_easy_perform(easy);
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_cleanup(easy);
	if (result == CURLE_HTTP_RETURNED_ERROR)
		return err_set(err, EIO, "the server answered %ld", status);
	if (result != CURLE_OK)
		return err_set(err, EIO, "%s", curl_easy_strerror(result));
	return 0;
}

/* A pipe has to become a file that the worker can take its time with. */
static int
copy_stdin(int fd, struct cmd_progress *progress, struct err *err)
{
	static char piece[1 << 16];
	uint64_t done = 0, total = 0;
	struct stat st;
	ssize_t n;

	if (fstat(STDIN_FILENO, &st) == 0 && S_ISREG(st.st_mode))
		total = (uint64_t)st.st_size;

	while ((n = read(STDIN_FILENO, piece, sizeof(piece))) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_sys(err, "read");
		if (file_write_all(fd, piece, (size_t)n, err) < 0)
			return -EIO;
		done += (uint64_t)n;
		cmd_progress_tell(progress, done, total);
	}
	return 0;
}

int
cmd_open_source(const char *source, const char *shown, struct err *err)
{
	_Bool web = url_has_scheme(source, "http") || url_has_scheme(source, "https");
	struct cmd_progress progress;
	int fd, rc;

	if (!web && strcmp(source, "-") != 0) {
		const char *path = url_file_path(source);

		fd = open(path != NULL ? path : source, O_RDONLY | O_CLOEXEC);
		return fd == -1 ? err_sys(err, "open") : fd;
	}
	fd = cmd_open_nameless(err);
	if (fd < 0)
		return fd;
	cmd_progress_begin(&progress, shown, NULL);
	rc = web ? fetch_url(fd, source, &progress, err) : copy_stdin(fd, &progress, err);
	cmd_progress_wipe(&progress);
	if (rc == 0 && lseek(fd, 0, SEEK_SET) == -1)
		rc = err_sys(err, "rewind");
	if (rc == 0)
		return fd;
	(void)close(fd);
	return rc;
}

/* -- the worker -------------------------------------------------------------- */

static void
on_progress(void *arg, uint64_t done, uint64_t total)
{
	struct run *r = arg;

	cmd_progress_tell(&r->progress, done, total);
}

static void
on_note(void *arg, uint32_t line, const char *text)
{
	struct run *r = arg;
	struct buf clean = BUF_INIT(8192), visible = BUF_INIT(32768);

	redact_add(&clean, text);
	buf_visible(&visible, clean.data);
	cmd_progress_wipe(&r->progress);
	if (line > 0)
		fprintf(stderr, "%s:%" PRIu32 ": %s\n", r->progress.what, line, visible.data);
	else
		fprintf(stderr, "%s: %s\n", r->progress.what, visible.data);
	buf_release(&clean);
	buf_release(&visible);
}

static void
on_result(void *arg, const char *key, uint64_t value)
{
	struct run *r = arg;

	r->result(r->arg, key, value);
}

static void
on_ended(void *arg, const struct err *err)
{
	struct run *r = arg;

	if (err != NULL)
		r->err = *err;
	r->ended = 1;
	event_base_loopbreak(r->base);
}

int
cmd_job_run(struct cmd_job *job, const char *what, const char *unit, const struct worker_spec *spec,
    cmd_result_cb *result, void *arg, struct err *err)
{
	static const struct worker_events events = { on_progress, on_note, on_result, on_ended };
	struct run r = { .base = job->base, .result = result, .arg = arg };

	cmd_progress_begin(&r.progress, what, unit);
	if (worker_start(job->workers, spec, &events, &r, err) == NULL)
		return err->code;
	while (!r.ended && event_base_dispatch(r.base) == 0)
		;
	cmd_progress_wipe(&r.progress);
	if (r.err.code < 0)
		*err = r.err;
	return r.err.code;
}

/* ---------------------------------------------------------------------------- */

_Bool
cmd_job_init(struct cmd_job *job, const char *command)
{
	struct err err = ERR_INIT;

	*job = (struct cmd_job){ .command = command, .base = event_base_new() };
	if (job->base != NULL)
		job->workers = worker_pool_new(job->base, NULL, &err);
	if (job->workers != NULL)
		return 1;
	fprintf(stderr, "masthead %s: cannot start: %s\n", command,
	    job->base == NULL ? "out of memory" : err.text);
	cmd_job_release(job);
	return 0;
}

void
cmd_job_release(struct cmd_job *job)
{
	worker_pool_free(job->workers);
	if (job->base != NULL)
		event_base_free(job->base);
	curl_global_cleanup();
}

void
cmd_job_complain(const struct cmd_job *job, const char *what, const struct err *err)
{
	struct buf shown = BUF_INIT(2 * URL_MAX);

	redact_add(&shown, what);
	fprintf(stderr, "masthead %s: %s: %s\n", job->command, shown.data, err->text);
	buf_release(&shown);
}
