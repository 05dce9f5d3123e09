/*
 * The head of an HTTP/1.1 request (RFC 9112 §2, 3, 5): bytes go in, cut
 * anywhere; a head comes out, or the status and the sentence that refuse it.
 *
 * The input is hostile and every size is bounded by http_limits. The whole head
 * lives in one buffer, in place of the bytes that it was read from; a header
 * costs no allocation. The same bytes give the same result however they are cut.
 *
 * What RFC 9112 lets a server tolerate is refused: bare LF, obs-fold, space
 * before the colon or a second one in the request line, a repeated or listed
 * Content-Length, Content-Length beside Transfer-Encoding, any coding but
 * "chunked", versions other than 1.0 and 1.1. One empty line before the request
 * is skipped, as §2.2 asks.
 */
#ifndef GATEWAY_HTTP_HEAD_H
#define GATEWAY_HTTP_HEAD_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "gateway/http/http.h"

struct http_head {
	/* Facts; whole once http_head_feed has returned 1. */
	enum http_method method; /* 0 while the request line is not known */
	unsigned minor;          /* HTTP/1.minor: 0 or 1 */
	uint64_t length;         /* Content-Length, UINT64_MAX if larger; 0 without one */
	_Bool chunked;           /* Transfer-Encoding: chunked */
	_Bool close, keep_alive; /* what Connection lists */
	_Bool expect_continue;   /* Expect: 100-continue */
	_Bool expect_other;      /* Expect: anything else */

	/* Why it was refused; set when http_head_feed returned -1. */
	int status;
	const char *reason; /* a sentence, never with bytes of the request */

	/* The reader's own. */
	const struct http_limits *limits;
	struct buf text; /* host, path, query, then name, value of each header: NUL after each */
	size_t path, query, fields; /* where these begin in text */
	size_t line;                /* where the line in the making begins in text */
	size_t total;               /* bytes fed */
	unsigned count;             /* headers */
	enum http_head_phase { HEAD_REQUEST_LINE, HEAD_FIELDS, HEAD_WHOLE, HEAD_REFUSED } phase;
	_Bool blank_skipped, host_seen, length_seen, coding_seen;
};

/* `limits` outlives the head. */
void http_head_init(struct http_head *h, const struct http_limits *limits);
void http_head_release(struct http_head *h);
/*
 * Takes bytes. Returns 0: more is needed, all was taken; 1: whole, *ret_used bytes
 * were taken, what follows is not the head's; -1: refused, h->status says how.
 * Not to be called again after 1 or -1.
 */
int http_head_feed(struct http_head *h, const char *data, size_t len, size_t *ret_used);

/* Of a whole head. The path is decoded, holds no control byte and no dot segment. */
const char *http_head_path(const struct http_head *h);
const char *http_head_query(const struct http_head *h);
/* The value of the first header of that name (any case); NULL if absent. */
const char *http_head_field(const struct http_head *h, const char *name);
/* Whom the client addressed: the target's authority or else Host; "" without either. */
const char *http_head_host(const struct http_head *h);

#endif
