/*
 * What the files of gateway/fetch share, and nobody else uses: fetch.c has the candidate,
 * whatever brings it; fetch_http.c and fetch_local.c bring it.
 */
#ifndef GATEWAY_FETCH_PARTS_H
#define GATEWAY_FETCH_PARTS_H

#include <curl/curl.h>

#include "base/err.h"
#include "base/file.h"
#include "gateway/fetch.h"
#include "gateway/fetch_meta.h"

struct event;

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

/* -- fetch.c --------------------------------------------------------------------------- */

/* Puts what came behind the rest. On failure f->err says why. */
int fetch_take_bytes(struct fetch *f, const void *data, size_t len);
/* The body is whole: is it something, and something new? Tells the owner. */
void fetch_finish(struct fetch *f);

/* -- fetch_http.c ---------------------------------------------------------------------- */

int fetch_http_start(struct fetch *f, const struct fetch_spec *spec, struct err *err);

/* -- fetch_local.c: file: and demo: ------------------------------------------------------ */

int fetch_local_start(struct fetch *f, struct err *err);

#endif
