/*
 * Which row of the route table a request is for. Patterns are described at
 * struct http_route.
 */
#ifndef GATEWAY_HTTP_ROUTE_H
#define GATEWAY_HTTP_ROUTE_H

#include "gateway/http/http.h"

struct buf;
struct err;

/* Are the patterns well formed? -EINVAL names the one that is not. */
int http_routes_check(const struct http_route *routes, struct err *err);
/*
 * Does `path` fit? If so, `params` (emptied first) holds "name\0value\0" of each {name}.
 */
_Bool http_route_fits(const char *pattern, const char *path, struct buf *params);
/* The first row for this path and method, or NULL; then *ret_allowed is the methods of the path. */
const struct http_route *http_route_find(const struct http_route *routes, enum http_method method,
    const char *path, struct buf *params, unsigned *ret_allowed);
/* The value of {name} in `params`, or "". */
const char *http_route_param(const struct buf *params, const char *name);

#endif
