/*
 * URLs, by libcurl's parser (RFC 3986), plus the percent code.
 */
#ifndef BASE_URL_H
#define BASE_URL_H

#include <stddef.h>

struct buf;
struct err;

#define URL_MAX 8192 /* bytes; nothing longer is taken for a URL */

/* The scheme of "scheme:..." is `scheme` (any case). */
_Bool url_has_scheme(const char *url, const char *scheme);
/* The path of file:/PATH or file:///PATH, in `url`, as it stands there. NULL: another URL. */
const char *url_file_path(const char *url);
/*
 * Appends `url` made absolute against `base` ("http://h/a/list.m3u", "file:/a/list.m3u").
 * A URL with a scheme, whichever, stays as it is but for its blanks, which become %20.
 */
int url_resolve(struct buf *out, const char *base, const char *url, struct err *err);
/* Checks an http:// or https:// URL. -EINVAL says what is wrong with it. */
int url_check_http(const char *url, struct err *err);
/* Appends host:port of an http(s) URL, for people and for tables. -EINVAL without one. */
int url_add_host(struct buf *out, const char *url);

/* Appends `text` with everything but RFC 3986's unreserved characters as %XX. */
void url_add_encoded(struct buf *out, const char *text);
/* Decodes %XX in place. Returns the new length, or -EINVAL for a bad %XX or a %00. */
int url_decode(char *text);
/*
 * The value of the query parameter `name` of "a=1&b=2" (no ?), decoded as forms are (+ is a
 * blank too), appended to `out`. True if it is there. A value that does not decode counts as
 * absent.
 */
_Bool url_query_get(struct buf *out, const char *query, const char *name);

#endif
