#include "gateway/fetch.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/loop.h"
#include "base/multi.h"
#include "base/url.h"
#include "gateway/fetch_meta.h"

#define COPY_SLICE (1u << 20) /* bytes of a local file in one turn of the loop */
#define DEMO_MAX   (4u << 20)
#define HEADER_MAX 256 /* bytes of a validator that are kept */

const struct fetch_limits fetch_limits_default = {
	.bytes_max = UINT64_C(4) << 30,
	.connect_ms = 15000,
	.total_ms = 15 * 60 * 1000,
	.silence_s = 30,
};

struct fetcher {
	struct event_base *base;
	struct multi *multi;
	struct fetch_limits limits;
};

struct fetch {
	struct fetcher *fetcher;
	fetch_done_cb *done;
	void *arg;
	void (*demo)(struct buf *out);
	char *url, *path;
	struct fetch_meta old, new;
	struct file_save save; /* the candidate */
	uint64_t bytes, total;
	struct err err; /* why the body was refused */
	/* http */
	CURL *easy;
	_Bool running; /* in the multi */
	struct curl_slist *headers;
	/* file: and demo: */
	struct event *step;
	int source; /* -1: none */
};

struct fetcher *
fetcher_new(struct event_base *base, struct multi *multi, const struct fetch_limits *limits)
{
	struct fetcher *fetcher = calloc(1, sizeof(*fetcher));

	if (fetcher == NULL)
		return NULL;
	fetcher->base = base;
	fetcher->multi = multi;
	fetcher->limits = *limits;
	return fetcher;
}

void
fetcher_free(struct fetcher *fetcher)
{
	free(fetcher);
}

void
fetch_drop(struct fetch *f)
{
	if (f == NULL)
		return;
	if (f->running)
		multi_remove(f->fetcher->multi, f->easy);
	if (f->easy != NULL)
		curl_easy_cleanup(f->easy);
	curl_slist_free_all(f->headers);
	loop_event_free(f->step);
	if (f->source != -1)
		(void)close(f->source);
	file_abort(&f->save);
	free(f->url);
	free(f->path);
	free(f);
}

int
fetch_fd(const struct fetch *f)
{
	return f->save.fd;
}

uint64_t
fetch_bytes(const struct fetch *f)
{
	return f->bytes;
}

void
fetch_progress(const struct fetch *f, uint64_t *ret_done, uint64_t *ret_total)
{
	*ret_done = f->bytes;
	*ret_total = f->total;
}

int
fetch_keep(struct fetch *f, const struct fetch_found *found, struct err *err)
{
	int rc;

	f->new.found = *found;
	/* The meta goes last: without it the next fetch only asks unconditionally. */
	fetch_meta_remove(f->path);
	rc = file_replace(&f->save, err);
	if (rc == 0)
		rc = fetch_meta_save(&f->new, f->path, err);
	fetch_drop(f);
	return rc;
}

/* -- the body, whatever brings it ------------------------------------------- */

static int
fetch_take_bytes(struct fetch *f, const void *data, size_t len)
{
	if (f->bytes + len > f->fetcher->limits.bytes_max)
		return err_set(&f->err, EFBIG, "larger than %" PRIu64 " bytes",
		    f->fetcher->limits.bytes_max);
	if (file_write_all(f->save.fd, data, len, &f->err) < 0)
		return err_wrap(&f->err, "cache '%s'", f->path);
	f->bytes += len;
	f->new.hash = hash_fnv(f->new.hash, data, len);
	return 0;
}

/* An error page in place of the content, as portals and providers like to send. */
static _Bool
looks_like_html(int fd)
{
	char head[512];
	ssize_t n = pread(fd, head, sizeof(head) - 1, 0);
	const char *p = head;

	if (n <= 0)
		return 0;
	head[n] = '\0';
	if (strncmp(p, "\xef\xbb\xbf", 3) == 0)
		p += 3;
	p += strspn(p, " \t\r\n");
	return strncasecmp(p, "<!doctype html", 14) == 0 || strncasecmp(p, "<html", 5) == 0 ||
	    strncasecmp(p, "<head", 5) == 0 || strncasecmp(p, "<body", 5) == 0;
}

/* The body is whole: is it something, and something new? */
static void
fetch_finish(struct fetch *f)
{
	if (f->bytes == 0)
		err_set(&f->err, ENODATA, "is empty");
	else if (looks_like_html(f->save.fd))
		err_set(&f->err, EBADMSG, "is a web page (HTML), not what was asked for");
	if (f->err.code < 0) {
		f->done(f->arg, FETCH_FAILED, &f->err);
		return;
	}
	if (lseek(f->save.fd, 0, SEEK_SET) == -1) {
		err_sys(&f->err, "rewind");
		f->done(f->arg, FETCH_FAILED, &f->err);
		return;
	}
	f->new.bytes = f->bytes;
	if (f->old.valid && f->old.bytes == f->bytes && f->old.hash == f->new.hash) {
		/* The same bytes, perhaps under new validators: remember those. */
		f->new.found = f->old.found;
		if (strcmp(f->new.etag, f->old.etag) != 0 ||
		    strcmp(f->new.modified, f->old.modified) != 0)
			(void)fetch_meta_save(&f->new, f->path, NULL);
		f->done(f->arg, FETCH_UNCHANGED, NULL);
		return;
	}
	f->done(f->arg, FETCH_FRESH, NULL);
}

/* -- http(s) ------------------------------------------------------------------ */

static size_t
on_body(char *data, size_t size, size_t count, void *arg)
{
	struct fetch *f = arg;
	long status = 0;

	curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status != 200)
		return size * count; /* an error's own page: nobody reads it */
	return fetch_take_bytes(f, data, size * count) < 0 ? 0 : size * count;
}

static void
keep_validator(char *out, const char *value, size_t len)
{
	while (len > 0 && (value[0] == ' ' || value[0] == '\t')) {
		value++;
		len--;
	}
	while (len > 0 && (unsigned char)value[len - 1] <= ' ')
		len--;
	out[0] = '\0';
	if (len < HEADER_MAX)
		snprintf(out, HEADER_MAX, "%.*s", (int)len, value);
}

static size_t
on_header(char *data, size_t size, size_t count, void *arg)
{
	struct fetch *f = arg;
	size_t len = size * count;
	curl_off_t total = 0;

	if (len > 5 && strncasecmp(data, "HTTP/", 5) == 0) {
		f->new.etag[0] = f->new.modified[0] = '\0'; /* a redirect's were not ours */
	} else if (len > 5 && strncasecmp(data, "ETag:", 5) == 0) {
		keep_validator(f->new.etag, data + 5, len - 5);
	} else if (len > 14 && strncasecmp(data, "Last-Modified:", 14) == 0) {
		keep_validator(f->new.modified, data + 14, len - 14);
	}
	if (curl_easy_getinfo(f->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &total) == CURLE_OK)
		f->total = total > 0 ? (uint64_t)total : 0;
	return len;
}

static void
on_transfer_done(CURL *easy, CURLcode result, void *arg)
{
	struct fetch *f = arg;
	long status = 0;

	f->running = 0;
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	if (result == CURLE_OK && status == 304 && f->old.valid) {
		f->done(f->arg, FETCH_UNCHANGED, NULL);
		return;
	}
	if (result == CURLE_OK && status == 200) {
		fetch_finish(f);
		return;
	}
	if (f->err.code == 0) {
		if (result == CURLE_OK)
			err_set(&f->err, EREMOTEIO, "the server answered %ld", status);
		else if (result == CURLE_OPERATION_TIMEDOUT)
			err_set(&f->err, ETIMEDOUT, "no answer in time (%s)",
			    curl_easy_strerror(result));
		else if (result == CURLE_PARTIAL_FILE)
			err_set(&f->err, EREMOTEIO, "was cut short after %" PRIu64 " bytes",
			    f->bytes);
		else
			err_set(&f->err, EREMOTEIO, "%s", curl_easy_strerror(result));
	}
	f->done(f->arg, FETCH_FAILED, &f->err);
}

static int
add_header(struct fetch *f, const char *name, const char *value)
{
	char line[HEADER_MAX + 32];
	struct curl_slist *longer;

	snprintf(line, sizeof(line), "%s: %s", name, value);
	longer = curl_slist_append(f->headers, line);
	if (longer == NULL)
		return -ENOMEM;
	f->headers = longer;
	return 0;
}

static int
http_headers(struct fetch *f, const struct fetch_spec *spec)
{
	struct curl_slist *longer;
	int rc = 0;

	for (size_t i = 0; i < spec->header_count; i++) {
		longer = curl_slist_append(f->headers, spec->headers[i]);
		if (longer == NULL)
			return -ENOMEM;
		f->headers = longer;
	}
	if (f->old.valid && f->old.etag[0] != '\0')
		rc = add_header(f, "If-None-Match", f->old.etag);
	if (rc == 0 && f->old.valid && f->old.modified[0] != '\0')
		rc = add_header(f, "If-Modified-Since", f->old.modified);
	return rc;
}

static int
http_start(struct fetch *f, const struct fetch_spec *spec, struct err *err)
{
	const struct fetch_limits *limits = &f->fetcher->limits;
	int rc;

	f->easy = multi_easy();
	if (f->easy == NULL || http_headers(f, spec) < 0)
		return err_set(err, ENOMEM, "out of memory");
	curl_easy_setopt(f->easy, CURLOPT_URL, f->url);
	if (spec->user_agent != NULL)
		curl_easy_setopt(f->easy, CURLOPT_USERAGENT, spec->user_agent);
	if (spec->proxy != NULL)
		curl_easy_setopt(f->easy, CURLOPT_PROXY, spec->proxy);
	curl_easy_setopt(f->easy, CURLOPT_HTTPHEADER, f->headers);
	/*
	 * Stored as it comes and inflated by the worker: in its jail, and because libcurl
	 * does not tell when the compressed text is cut short.
	 */
	curl_easy_setopt(f->easy, CURLOPT_ACCEPT_ENCODING, "gzip");
	curl_easy_setopt(f->easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);
	curl_easy_setopt(f->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)limits->connect_ms);
	curl_easy_setopt(f->easy, CURLOPT_TIMEOUT_MS, (long)limits->total_ms);
	curl_easy_setopt(f->easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(f->easy, CURLOPT_LOW_SPEED_TIME, (long)limits->silence_s);
	curl_easy_setopt(f->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(f->easy, CURLOPT_WRITEDATA, f);
	curl_easy_setopt(f->easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(f->easy, CURLOPT_HEADERDATA, f);
	rc = multi_add(f->fetcher->multi, f->easy, on_transfer_done, f, err);
	f->running = rc == 0;
	return rc;
}

/* -- file: and demo: ---------------------------------------------------------- */

/* A local file's validators: its identity, size and times in the ETag's place. */
static void
local_etag(char *out, const struct stat *st)
{
	snprintf(out, HEADER_MAX, "%ju-%ju-%jd-%jd.%09ld", (uintmax_t)st->st_dev,
	    (uintmax_t)st->st_ino, (intmax_t)st->st_size, (intmax_t)st->st_mtim.tv_sec,
	    st->st_mtim.tv_nsec);
}

static int
local_open(struct fetch *f, struct err *err)
{
	const char *path = url_file_path(f->url);
	struct stat st;

	f->source = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (f->source == -1)
		return err_sys(err, "'%s'", path);
	if (fstat(f->source, &st) == -1)
		return err_sys(err, "'%s'", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, EINVAL, "'%s' is not a regular file", path);
	f->total = (uint64_t)st.st_size;
	local_etag(f->new.etag, &st);
	return 0;
}

/* Whoever writes it in place may be half through: what was read is none of its contents. */
static int
local_check(const struct fetch *f, struct err *err)
{
	char etag[HEADER_MAX];
	struct stat st;

	if (fstat(f->source, &st) == -1)
		return err_sys(err, "read");
	local_etag(etag, &st);
	if (strcmp(etag, f->new.etag) != 0)
		return err_set(err, EAGAIN, "was being written while it was read");
	return 0;
}

static void
local_copy(struct fetch *f)
{
	static char slice[1u << 16];
	size_t budget = COPY_SLICE;
	ssize_t n = 1;

	while (budget > 0) {
		n = read(f->source, slice, sizeof(slice));
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		if (fetch_take_bytes(f, slice, (size_t)n) < 0)
			break;
		budget -= budget < (size_t)n ? budget : (size_t)n;
	}
	if (n == -1)
		err_sys(&f->err, "read");
	else if (n == 0)
		(void)local_check(f, &f->err);
	if (n > 0 && f->err.code == 0)
		(void)loop_after(f->step, 0);
	else if (f->err.code < 0)
		f->done(f->arg, FETCH_FAILED, &f->err);
	else
		fetch_finish(f);
}

static void
demo_copy(struct fetch *f)
{
	struct buf text = BUF_INIT(DEMO_MAX);

	f->demo(&text);
	if (buf_status(&text) < 0)
		err_set(&f->err, buf_status(&text), "out of memory");
	else
		fetch_take_bytes(f, text.data, text.len);
	buf_release(&text);
	fetch_finish(f);
}

static void
on_step(evutil_socket_t fd, short what, void *arg)
{
	struct fetch *f = arg;

	(void)fd;
	(void)what;
	if (f->err.code < 0)
		f->done(f->arg, FETCH_FAILED, &f->err);
	else if (f->demo != NULL)
		demo_copy(f);
	else if (f->old.valid && strcmp(f->old.etag, f->new.etag) == 0)
		f->done(f->arg, FETCH_UNCHANGED, NULL);
	else
		local_copy(f);
}

static int
local_start(struct fetch *f, struct err *err)
{
	f->step = evtimer_new(f->fetcher->base, on_step, f);
	if (f->step == NULL || loop_after(f->step, 0) < 0)
		return err_set(err, ENOMEM, "out of memory");
	/* A file that cannot be opened is told like a server that cannot be reached. */
	if (f->demo == NULL)
		(void)local_open(f, &f->err);
	return 0;
}

struct fetch *
fetch_start(struct fetcher *fetcher, const struct fetch_spec *spec, fetch_done_cb *done, void *arg,
    struct err *err)
{
	struct fetch *f = calloc(1, sizeof(*f));
	int rc;

	if (f == NULL) {
		err_set(err, ENOMEM, "out of memory");
		return NULL;
	}
	f->save = (struct file_save)FILE_SAVE_INIT;
	f->source = -1;
	f->fetcher = fetcher;
	f->done = done;
	f->arg = arg;
	f->new.hash = HASH_FNV_INIT;
	f->url = strdup(spec->url);
	f->path = strdup(spec->path);
	if (f->url == NULL || f->path == NULL) {
		rc = err_set(err, ENOMEM, "out of memory");
		goto out;
	}
	f->new.source = hash_fnv(HASH_FNV_INIT, f->url, strlen(f->url));
	fetch_meta_load(&f->old, f->path, f->url);
	f->old.valid = f->old.valid && spec->made != 0 && f->old.found.made == spec->made;
	rc = file_begin(&f->save, f->path, 0600, err);
	if (rc < 0)
		goto out;
	if (url_has_scheme(f->url, "http") || url_has_scheme(f->url, "https")) {
		rc = http_start(f, spec, err);
	} else if (url_has_scheme(f->url, "file")) {
		rc = local_start(f, err);
	} else if (url_has_scheme(f->url, "demo") && spec->demo != NULL) {
		f->demo = spec->demo;
		rc = local_start(f, err);
	} else {
		rc = err_set(err, EPROTONOSUPPORT, "only http:, https: and file: can be fetched");
	}
out:
	if (rc < 0) {
		fetch_drop(f);
		return NULL;
	}
	return f;
}
