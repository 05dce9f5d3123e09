/*
 * The body of a request (RFC 9112 §6, 7): takes its framing off, by
 * Content-Length or by chunks. Bytes go in, cut anywhere.
 *
 * The input is hostile: the body is bounded, chunk sizes are 1 to 16 hex digits
 * and nothing else, extensions and trailers are bounded, checked and ignored.
 */
#ifndef GATEWAY_HTTP_BODY_H
#define GATEWAY_HTTP_BODY_H

#include <stddef.h>
#include <stdint.h>

struct buf;
struct http_head;

#define HTTP_CHUNK_DIGITS_MAX 16
#define HTTP_EXTENSIONS_MAX   4096 /* bytes in all chunks of one body */
#define HTTP_TRAILER_MAX      4096 /* bytes of all trailer lines */

struct http_body {
	enum http_body_phase {
		BODY_DATA, /* of Content-Length, or of a chunk */
		BODY_DATA_CR,
		BODY_DATA_LF,
		BODY_SIZE,
		BODY_EXTENSION,
		BODY_SIZE_LF,
		BODY_TRAILER, /* at the beginning of a trailer line */
		BODY_TRAILER_NAME,
		BODY_TRAILER_VALUE,
		BODY_TRAILER_LF,
		BODY_LAST_LF,
		BODY_WHOLE,
		BODY_REFUSED,
	} phase;
	_Bool chunked;
	uint64_t left;     /* of the data in hand; while reading a chunk's size: that size */
	size_t max;        /* bytes of the whole body */
	unsigned digits;   /* of the chunk size */
	size_t extensions; /* bytes so far */
	size_t trailer;    /* bytes so far */

	/* Why it was refused; set when http_body_feed returned -1. */
	int status;
	const char *reason;
};

/* Does this request have a body, be it empty chunks? */
_Bool http_body_expected(const struct http_head *head);
/* For a body of at most `max` bytes; a longer Content-Length is refused by the first feed. */
void http_body_init(struct http_body *b, const struct http_head *head, size_t max);
/*
 * Appends what is body to `out`. Returns 0: more is needed, all was taken; 1: whole,
 * *ret_used bytes were taken; -1: refused. Not to be called again after 1 or -1.
 */
int http_body_feed(struct http_body *b, struct buf *out, const char *data, size_t len,
    size_t *ret_used);

#endif
