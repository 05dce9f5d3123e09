/*
 * libcurl's multi interface on a libevent loop: the one way by which Masthead
 * opens outgoing HTTP(S). Everything runs on the loop; DNS is libcurl's own
 * resolver thread, so nothing here waits.
 */
#ifndef BASE_MULTI_H
#define BASE_MULTI_H

#include <curl/curl.h>

struct err;
struct event_base;
struct multi;

/* The transfer has ended. The handle is already out of the multi and still the owner's. */
typedef void multi_done_cb(CURL *easy, CURLcode result, void *arg);

/*
 * NULL with *err set. libcurl and its TLS library are set up by the first transfer:
 * a gateway that fetches nothing is 2 MB smaller.
 */
struct multi *multi_new(struct event_base *base, struct err *err);
/* Every handle must have been removed or have ended. NULL: no-op. */
void multi_free(struct multi *m);

/*
 * A new easy handle with the house rules: http and https only, also behind a
 * redirect; at most 5 redirects; no signals; no .netrc; no proxy from the
 * environment; connections are never kept for reuse (a lease is an open socket);
 * and our own name as User-Agent. NULL when memory is short.
 */
CURL *multi_easy(void);

/*
 * Starts a transfer. `done` is called once from the loop, never from inside
 * this call, unless multi_remove comes first. Uses CURLOPT_PRIVATE.
 */
int multi_add(struct multi *m, CURL *easy, multi_done_cb *done, void *arg, struct err *err);
/* Stops a transfer; `done` will not be called. Not from inside one of its callbacks. */
void multi_remove(struct multi *m, CURL *easy);
/*
 * Reads what waits on a transfer's socket although the loop does not call it
 * readable, as below SO_RCVLOWAT or inside TLS. (libcurl 7.88 does not tell that
 * socket while it is in use: CURLOPT_OPENSOCKETFUNCTION does.) The transfer's
 * callbacks run before this returns, `done` does not. Not from inside one of them.
 */
void multi_poke(struct multi *m, curl_socket_t fd);

#endif
