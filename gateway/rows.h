/*
 * Replies that list the whole lineup, made row by row as the client takes them:
 * a lineup of 370,000 channels costs one buffer, and the loop never waits.
 */
#ifndef GATEWAY_ROWS_H
#define GATEWAY_ROWS_H

#include <stddef.h>
#include <stdint.h>

struct buf;
struct gateway;
struct http_request;
struct lineup;
struct lineup_channel;

struct rows_reply {
	const char *type;    /* the Content-Type */
	const char *before;  /* the reply's begin */
	const char *between; /* between two rows; NULL: nothing */
	const char *after;   /* the reply's end */
	/* Appends the row of one channel; `links` is what addresses begin with. */
	void (*row)(struct buf *out, const struct lineup_channel *channel, const char *links);
	/* Groups to show, from the query's ?group-title=a,b; else all. */
	_Bool by_group;
};

/*
 * Answers with all rows and an ETag that changes with the lineup, the version, the
 * form and the links; 503 with Retry-After before the first lineup is there. The texts of
 * `form` must outlive the reply but for `before`, which is copied.
 */
void rows_reply(struct http_request *req, const struct gateway *g, const struct rows_reply *form,
    const char *links);

/* The M3U entry of a channel, whose stream is at `url`. */
void rows_add_m3u(struct buf *out, const struct lineup_channel *channel, const char *url);

#endif
