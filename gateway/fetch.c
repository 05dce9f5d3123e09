#include "gateway/fetch.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/loop.h"
#include "base/multi.h"
#include "base/url.h"
#include "gateway/fetch_parts.h"

const struct fetch_limits fetch_limits_default = {
	.bytes_max = UINT64_C(4) << 30,
	.connect_ms = 15000,
	.total_ms = 15 * 60 * 1000,
	.silence_s = 30,
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

int
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

void
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

/* -- the start --------------------------------------------------------------- */

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
		rc = fetch_http_start(f, spec, err);
	} else if (url_has_scheme(f->url, "file")) {
		rc = fetch_local_start(f, err);
	} else if (url_has_scheme(f->url, "demo") && spec->demo != NULL) {
		f->demo = spec->demo;
		rc = fetch_local_start(f, err);
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
