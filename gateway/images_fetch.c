/*
 * Fetching pictures: some at a time, each into a file of its own that becomes one of what
 * is kept when it is whole and a picture. Requests for it wait meanwhile.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/multi.h"
#include "base/url.h"
#include "gateway/http/http.h"
#include "gateway/images_parts.h"

#define RUNNING_MAX    8
#define QUEUED_MAX     64
#define WAITING_MAX    512
#define CONNECT_MS     10000L
#define TOTAL_MS       30000L
#define FAILED_MS      (5 * 60 * 1000)
#define HOST_FAILED_MS (60 * 1000)

/* A request that waits. */
struct image_waiter {
	TAILQ_ENTRY(image_waiter) in_fetch;
	struct image_fetch *fetch;
	struct http_request *req;
};

struct image_fetch {
	TAILQ_ENTRY(image_fetch) in_list; /* running or queued */
	struct images *im;
	uint64_t key;
	char *url, *user_agent, *proxy; /* owned; the latter two may be NULL */
	CURL *easy;                     /* NULL: not begun */
	_Bool running;                  /* in the multi */
	struct file_save save;
	uint64_t bytes;
	unsigned char head[IMAGE_HEAD];
	struct err err; /* why it is not taken */
	TAILQ_HEAD(, image_waiter) waiters;
};

static void start_queued(struct images *im);

/* -- what failed ------------------------------------------------------------------------- */

/* The host's key; 0: it has none. */
static uint64_t
host_key(const struct images *im, const char *url)
{
	struct buf host = BUF_INIT(1024);
	uint64_t key = 0;

	if (url_add_host(&host, url) == 0 && buf_status(&host) == 0)
		key = hash_code(im->key, host.data, host.len);
	buf_release(&host);
	return key;
}

const struct image_failure *
images_failure(const struct images *im, uint64_t key, const char *url)
{
	uint64_t now = clock_ms(im->deps.clock), host;

	if (im->failures == NULL)
		return NULL;
	host = host_key(im, url);
	for (size_t i = 0; i < FAILURES_MAX; i++) {
		const struct image_failure *f = &im->failures[i];

		if (f->until_ms > now && (f->key == key || f->key == host))
			return f;
	}
	return NULL;
}

static void
remember(struct images *im, uint64_t key, unsigned ms, const char *why)
{
	struct image_failure *f;

	if (im->failures == NULL)
		im->failures = calloc(FAILURES_MAX, sizeof(*im->failures));
	if (im->failures == NULL)
		return;
	f = &im->failures[im->failures_next++ % FAILURES_MAX];
	f->key = key;
	f->until_ms = clock_ms(im->deps.clock) + ms;
	snprintf(f->why, sizeof(f->why), "%s", why);
}

/* -- those who wait ------------------------------------------------------------------------ */

static void
on_gone(void *arg)
{
	struct image_waiter *w = arg;

	/* The fetch goes on: the next who asks has it at once. */
	TAILQ_REMOVE(&w->fetch->waiters, w, in_fetch);
	w->fetch->im->waiting_count--;
	free(w);
}

static void
refuse(struct http_request *req)
{
	http_add_header(req, "Retry-After", "10");
	http_reply_text(req, 503, "Too many pictures are being fetched. Try again soon.");
}

static void
wait_for(struct image_fetch *f, struct http_request *req)
{
	struct image_waiter *w;

	if (req == NULL)
		return;
	w = f->im->waiting_count < WAITING_MAX ? calloc(1, sizeof(*w)) : NULL;
	if (w == NULL) {
		refuse(req);
		return;
	}
	w->fetch = f;
	w->req = req;
	TAILQ_INSERT_TAIL(&f->waiters, w, in_fetch);
	f->im->waiting_count++;
	http_hold(req, on_gone, w);
}

static void
answer(struct image_fetch *f)
{
	char path[IMAGE_PATH_MAX];
	struct image_waiter *w;
	const char *type = NULL;

	image_path(f->im, f->key, path);
	while ((w = TAILQ_FIRST(&f->waiters)) != NULL) {
		struct http_request *req = w->req;
		int fd = image_open(path, &type, NULL);

		on_gone(w);
		if (fd >= 0)
			image_send(req, fd, type);
		else
			http_reply_text(req, 502, "The picture cannot be had: %s.",
			    f->err.code < 0 ? f->err.text : "it could not be kept");
	}
}

/* -- the end of a fetch ---------------------------------------------------------------------- */

static void
fetch_free(struct image_fetch *f)
{
	if (f->running)
		multi_remove(f->im->deps.multi, f->easy);
	if (f->easy != NULL)
		curl_easy_cleanup(f->easy);
	file_abort(&f->save);
	free(f->url);
	free(f->user_agent);
	free(f->proxy);
	free(f);
}

static void
keep(struct image_fetch *f)
{
	struct images *im = f->im;
	size_t len = f->bytes < sizeof(f->head) ? (size_t)f->bytes : sizeof(f->head);

	if (image_type(f->head, len) == NULL)
		err_set(&f->err, EBADMSG, "it is no picture (PNG, JPEG, GIF, WebP or AVIF)");
	else if (file_replace(&f->save, &f->err) == 0) {
		im->info.fetched++;
		im->info.bytes += f->bytes;
		im->info.files++;
		im->sweep.came += f->bytes;
	}
	if (im->info.bytes > im->settings.space_bytes)
		images_sweep_begin(im);
}

/* Takes it off the list it is on, answers, and lets the next begin. */
static void
fetch_end(struct image_fetch *f)
{
	struct images *im = f->im;

	if (f->easy != NULL) {
		TAILQ_REMOVE(&im->running, f, in_list);
		im->running_count--;
	} else {
		TAILQ_REMOVE(&im->queued, f, in_list);
		im->queued_count--;
	}
	if (f->err.code < 0) {
		im->info.failed++;
		remember(im, f->key, FAILED_MS, f->err.text);
	}
	answer(f);
	fetch_free(f);
	start_queued(im);
}

static void
on_done(CURL *easy, CURLcode result, void *arg)
{
	struct image_fetch *f = arg;
	long status = 0;

	f->running = 0;
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	if (f->err.code == 0 && result != CURLE_OK)
		err_set(&f->err, EREMOTEIO, "%s", curl_easy_strerror(result));
	else if (f->err.code == 0 && status != 200)
		err_set(&f->err, EREMOTEIO, "its server answered %ld", status);
	if (result == CURLE_COULDNT_CONNECT || result == CURLE_COULDNT_RESOLVE_HOST ||
	    result == CURLE_OPERATION_TIMEDOUT)
		remember(f->im, host_key(f->im, f->url), HOST_FAILED_MS, f->err.text);
	if (f->err.code == 0)
		keep(f);
	fetch_end(f);
}

/* -- a fetch ------------------------------------------------------------------------ */

static size_t
on_body(char *data, size_t size, size_t count, void *arg)
{
	struct image_fetch *f = arg;
	size_t len = size * count;
	long status = 0;

	curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status != 200)
		return len; /* an error's own page: nobody reads it */
	if (f->bytes + len > IMAGES_BYTES_MAX) {
		err_set(&f->err, EFBIG, "it is larger than %u MiB", IMAGES_BYTES_MAX >> 20);
		return 0;
	}
	if (f->bytes < sizeof(f->head)) {
		size_t room = sizeof(f->head) - (size_t)f->bytes;

		memcpy(f->head + f->bytes, data, len < room ? len : room);
	}
	if (file_write_all(f->save.fd, data, len, &f->err) < 0)
		return 0;
	f->bytes += len;
	return len;
}

static int
start(struct image_fetch *f)
{
	char path[IMAGE_PATH_MAX];
	int rc;

	image_path(f->im, f->key, path);
	rc = file_begin(&f->save, path, 0600, &f->err);
	if (rc < 0)
		return rc;
	f->easy = multi_easy();
	if (f->easy == NULL)
		return err_set(&f->err, ENOMEM, "out of memory");
	curl_easy_setopt(f->easy, CURLOPT_URL, f->url);
	if (f->user_agent != NULL)
		curl_easy_setopt(f->easy, CURLOPT_USERAGENT, f->user_agent);
	if (f->proxy != NULL)
		curl_easy_setopt(f->easy, CURLOPT_PROXY, f->proxy);
	curl_easy_setopt(f->easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	curl_easy_setopt(f->easy, CURLOPT_TIMEOUT_MS, TOTAL_MS);
	curl_easy_setopt(f->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(f->easy, CURLOPT_WRITEDATA, f);
	rc = multi_add(f->im->deps.multi, f->easy, on_done, f, &f->err);
	f->running = rc == 0;
	if (rc < 0) {
		curl_easy_cleanup(f->easy);
		f->easy = NULL;
	}
	return rc;
}

static void
start_queued(struct images *im)
{
	struct image_fetch *f;

	while (im->running_count < RUNNING_MAX && (f = TAILQ_FIRST(&im->queued)) != NULL) {
		if (start(f) < 0) {
			fetch_end(f);
			return; /* which has started the others */
		}
		TAILQ_REMOVE(&im->queued, f, in_list);
		im->queued_count--;
		TAILQ_INSERT_TAIL(&im->running, f, in_list);
		im->running_count++;
	}
}

static struct image_fetch *
find(const struct images *im, uint64_t key)
{
	struct image_fetch *f;

	TAILQ_FOREACH(f, &im->running, in_list) {
		if (f->key == key)
			return f;
	}
	TAILQ_FOREACH(f, &im->queued, in_list) {
		if (f->key == key)
			return f;
	}
	return NULL;
}

static char *
copy_of(const char *text)
{
	return text == NULL ? NULL : strdup(text);
}

static struct image_fetch *
fetch_new(struct images *im, const struct images_source *source, uint64_t key)
{
	struct image_fetch *f = im->queued_count < QUEUED_MAX ? calloc(1, sizeof(*f)) : NULL;

	if (f == NULL)
		return NULL;
	f->im = im;
	f->key = key;
	f->save = (struct file_save)FILE_SAVE_INIT;
	TAILQ_INIT(&f->waiters);
	f->url = strdup(source->url);
	f->user_agent = copy_of(source->user_agent);
	f->proxy = copy_of(source->proxy);
	if (f->url == NULL || (source->proxy != NULL && f->proxy == NULL)) {
		fetch_free(f);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&im->queued, f, in_list);
	im->queued_count++;
	return f;
}

void
images_fetch(struct images *im, struct http_request *req, const struct images_source *source,
    uint64_t key)
{
	struct image_fetch *f = find(im, key);

	if (f == NULL)
		f = fetch_new(im, source, key);
	if (f != NULL) {
		wait_for(f, req);
		start_queued(im);
	} else if (req != NULL) {
		refuse(req);
	}
}

void
images_fetch_end_all(struct images *im)
{
	struct image_fetch *f;

	while ((f = TAILQ_FIRST(&im->running)) != NULL) {
		TAILQ_REMOVE(&im->running, f, in_list);
		fetch_free(f);
	}
	while ((f = TAILQ_FIRST(&im->queued)) != NULL) {
		TAILQ_REMOVE(&im->queued, f, in_list);
		fetch_free(f);
	}
	im->running_count = im->queued_count = 0;
}
