#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/multi.h"
#include "gateway/fetch_parts.h"

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
	if (len < FETCH_VALIDATOR_SIZE)
		snprintf(out, FETCH_VALIDATOR_SIZE, "%.*s", (int)len, value);
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
add_header(struct fetch *f, const char *line)
{
	struct curl_slist *longer = curl_slist_append(f->headers, line);

	if (longer == NULL)
		return -ENOMEM;
	f->headers = longer;
	return 0;
}

static int
add_validator(struct fetch *f, const char *name, const char *value)
{
	char line[FETCH_VALIDATOR_SIZE + 32];

	if (!f->old.valid || value[0] == '\0')
		return 0;
	snprintf(line, sizeof(line), "%s: %s", name, value);
	return add_header(f, line);
}

static int
add_headers(struct fetch *f, const struct fetch_spec *spec)
{
	int rc = 0;

	for (size_t i = 0; i < spec->header_count && rc == 0; i++)
		rc = add_header(f, spec->headers[i]);
	if (rc == 0)
		rc = add_validator(f, "If-None-Match", f->old.etag);
	if (rc == 0)
		rc = add_validator(f, "If-Modified-Since", f->old.modified);
	return rc;
}

int
fetch_http_start(struct fetch *f, const struct fetch_spec *spec, struct err *err)
{
	const struct fetch_limits *limits = &f->fetcher->limits;
	int rc;

	f->easy = multi_easy();
	if (f->easy == NULL || add_headers(f, spec) < 0)
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
