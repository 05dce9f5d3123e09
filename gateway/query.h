/*
 * What requests say behind the question mark, read with the strictness that an answer can
 * explain: a wrong value is an error that says what is allowed, never a default.
 */
#ifndef GATEWAY_QUERY_H
#define GATEWAY_QUERY_H

#include <stdint.h>

struct err;

/*
 * The number `name` of the query, min to max, to *ret. 1; 0: it is not there and *ret
 * stays; -EINVAL.
 */
int query_uint(const char *query, const char *name, uint64_t min, uint64_t max, uint64_t *ret,
    struct err *err);
/*
 * The time `name` of it in seconds since 1970, written so or as RFC 3339 has it (a blank
 * stands for the + that forms make of it). As above.
 */
int query_time(const char *query, const char *name, int64_t *ret, struct err *err);

#endif
