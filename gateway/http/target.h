/*
 * The target of a request (RFC 9112 §3.2): origin-form "/path?query", absolute-form
 * "http://host/path?query", and "*" for OPTIONS. The input is hostile.
 */
#ifndef GATEWAY_HTTP_TARGET_H
#define GATEWAY_HTTP_TARGET_H

#include <stddef.h>

/* Offsets into what http_target_write wrote. */
struct http_target {
	size_t path, query, end;
};

/*
 * Writes "host\0path\0query\0" to `out`, which is the beginning of the request line
 * that the target of `len` bytes at `at` is in: after at least the method and a
 * space, and before at least the version. Host is "" unless the target names one,
 * path is decoded and free of control bytes and dot segments, query is as it came.
 * NULL, or the sentence that refuses the target; then `out` is spoilt.
 */
const char *http_target_write(char *out, char *at, size_t len, struct http_target *ret);

#endif
