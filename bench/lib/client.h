/*
 * One visit at a time: a blocking client that notes when what arrived.
 */
#ifndef BENCH_LIB_CLIENT_H
#define BENCH_LIB_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "bench/lib/check.h"

struct buf;
struct subject;

struct visit {
	int status;          /* of the reply; 0: none */
	uint64_t request_ns; /* before connecting */
	uint64_t first_ns;   /* first byte of the body */
	uint64_t rap_ns;     /* the first random access point was there */
	uint64_t body;       /* bytes received */
	struct check check;
};

/*
 * Connects, asks for `path`, takes `want` bytes of the body (0: up to the first
 * random access point), closes. With a stream the body is checked against it.
 * False: not so much within the time.
 */
_Bool client_visit(const struct subject *s, const char *path, const struct ts_stream *stream,
    size_t want, unsigned timeout_ms, struct visit *ret);
/* GET of a small document, whose body is appended to `out`. The status, or 0. */
int client_get(const struct subject *s, const char *path, struct buf *out);
/* Asks until the status is 200, or the time is over. */
_Bool client_until_ok(const struct subject *s, const char *path, unsigned timeout_ms);
/* The value of a metric of /metrics, labels and all as it stands there; NAN: none such. */
double client_metric(const struct subject *s, const char *name);

#endif
