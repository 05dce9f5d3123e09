/*
 * Input that is perhaps gzip (RFC 1952), known by its first two bytes. Bytes go
 * in, cut anywhere; plain bytes come out. Several members behind one another are
 * one text; padding behind the last is ignored.
 *
 * The input is hostile: what comes out is bounded in size, and for compressed
 * input by its ratio once there is much of it.
 */
#ifndef BASE_UNPACK_H
#define BASE_UNPACK_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct unpack;

struct unpack_limits {
	uint64_t bytes_max;  /* plain bytes */
	uint64_t ratio_free; /* plain bytes before the ratio counts */
	unsigned ratio_max;  /* plain bytes to one compressed */
};

/* Negative: stop; unpack_feed returns it. */
typedef int unpack_cb(const void *data, size_t len, void *arg, struct err *err);

/* NULL: no memory. */
struct unpack *unpack_new(const struct unpack_limits *limits, unpack_cb *out, void *arg);
void unpack_free(struct unpack *g);
/* 0, -EBADMSG (broken), -EFBIG (a limit), -ENOMEM, or what the callback returned. */
int unpack_feed(struct unpack *g, const void *data, size_t len, struct err *err);
/* The end of the input. -EBADMSG: it was cut off. */
int unpack_finish(struct unpack *g, struct err *err);

#endif
