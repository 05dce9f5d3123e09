/*
 * What of a content a request gets: all, one range, or the news that it has it
 * already (RFC 9110 §8.8, 12.5.3, 13, 14). Pure functions of the request's head.
 */
#ifndef GATEWAY_HTTP_NEGOTIATE_H
#define GATEWAY_HTTP_NEGOTIATE_H

#include <stdint.h>
#include <time.h>

struct http_head;

#define HTTP_DATE_SIZE 32
/* "Sun, 06 Nov 1994 08:49:37 GMT", whatever the locale. */
void http_date(char out[HTTP_DATE_SIZE], time_t when);

/* May the reply be gzip? With a Range it may not: ranges are of the plain bytes. */
_Bool http_accepts_gzip(const struct http_head *head);
/* Does If-None-Match list `etag` (quoted), or is it *? */
_Bool http_etag_matches(const struct http_head *head, const char *etag);

/* A content of `size` bytes as it would be sent whole. */
struct http_content {
	const char *etag;     /* quoted, strong */
	const char *modified; /* an http_date, or NULL: unknown */
	uint64_t size;
};
struct http_part {
	uint64_t offset, length;
};
/*
 * 200: all; 206: the part; 304: the client has it; 416: the range lies outside.
 * *ret_part is what to send; empty for 304 and 416. A Range of several parts, of
 * another unit, or that is no Range counts as absent. If-Modified-Since holds
 * only for the very date that we sent.
 */
int http_select(const struct http_head *head, const struct http_content *content,
    struct http_part *ret_part);

#endif
