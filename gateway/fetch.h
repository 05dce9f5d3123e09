/*
 * Fetching: brings a URL into a file of the cache, on the event loop.
 *
 * http: and https: through libcurl (conditional GET, bounded redirects, sizes and
 * times; gzip is kept as it comes, for the worker to inflate); file: by copying in
 * slices; demo: from the program itself. What arrives is a candidate: the owner
 * looks at it and says fetch_keep or fetch_drop. Until then, and after a failure,
 * the cached file of the last good fetch stands untouched.
 *
 * Beside PATH stands PATH.meta: the validators (ETag, Last-Modified, or a local
 * file's size and times) and the content's hash, so that what has not changed is
 * known without being read again. Nothing here waits for the disk: whoever reads
 * the candidate syncs it.
 */
#ifndef GATEWAY_FETCH_H
#define GATEWAY_FETCH_H

#include <stddef.h>
#include <stdint.h>

struct buf;
struct err;
struct event_base;
struct fetch;
struct fetch_found;
struct fetcher;
struct multi;

struct fetch_limits {
	uint64_t bytes_max;  /* as they come: 4 GiB */
	unsigned connect_ms; /* 15 s */
	unsigned total_ms;   /* 15 min */
	unsigned silence_s;  /* nothing for so long ends it: 30 s */
};
extern const struct fetch_limits fetch_limits_default;

struct fetch_spec {
	const char *url, *path;
	const char *user_agent, *proxy; /* NULL: the default, none */
	char *const *headers;           /* "Name: value" each */
	size_t header_count;
	/*
	 * Which file the owner has now of the last good one (as told to fetch_keep). If
	 * it is not that one, or 0, even what has not changed is fetched.
	 */
	uint64_t made;
	/* demo: appends the content. NULL: demo: is refused. */
	void (*demo)(struct buf *out);
};

enum fetch_outcome {
	FETCH_FRESH,     /* there is a candidate: fetch_fd, then fetch_keep or fetch_drop */
	FETCH_UNCHANGED, /* the last good one is still what the source has; call fetch_drop */
	FETCH_FAILED,    /* err says why; call fetch_drop */
};
/* Called once, from the loop, never from inside fetch_start. */
typedef void fetch_done_cb(void *arg, enum fetch_outcome outcome, const struct err *err);

struct fetcher *fetcher_new(struct event_base *base, struct multi *multi,
    const struct fetch_limits *limits);
/* Every fetch must have been kept or dropped. NULL: no-op. */
void fetcher_free(struct fetcher *fetcher);

/* All of the spec is copied. NULL with *err set. */
struct fetch *fetch_start(struct fetcher *fetcher, const struct fetch_spec *spec,
    fetch_done_cb *done, void *arg, struct err *err);
/* The candidate, open for reading at its start; the fetch's own. */
int fetch_fd(const struct fetch *f);
uint64_t fetch_bytes(const struct fetch *f);
/* Bytes so far and the expected total (0: unknown), while it runs. */
void fetch_progress(const struct fetch *f, uint64_t *ret_done, uint64_t *ret_total);

/*
 * Makes the candidate the last good one, with what the owner found in it kept beside it
 * (gateway/fetch_meta.h), and frees f. On failure the next fetch asks for everything.
 */
int fetch_keep(struct fetch *f, const struct fetch_found *found, struct err *err);
/* Forgets the candidate (or stops a running fetch) and frees f. NULL: no-op. */
void fetch_drop(struct fetch *f);

#endif
