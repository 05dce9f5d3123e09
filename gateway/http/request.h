/*
 * A request from its first byte to the last of its reply.
 */
#ifndef GATEWAY_HTTP_REQUEST_H
#define GATEWAY_HTTP_REQUEST_H

#include <netinet/in.h>

#include "gateway/http/body.h"
#include "gateway/http/head.h"
#include "gateway/http/send.h"

struct http_conn;

struct http_request {
	struct http_conn *conn;
	struct http_head head;
	struct http_body reader; /* takes the body's framing off */
	struct buf body;
	const struct http_route *route;
	struct buf params;           /* what the route's {names} took */
	struct buf headers;          /* lines that http_add_header made */
	struct buf base_url;         /* empty until asked for */
	char peer[INET6_ADDRSTRLEN]; /* written when asked for */
	void (*gone)(void *arg);
	void *gone_arg;
	_Bool held, replied;
	_Bool keep; /* the connection lives on after the reply */
	struct http_send send;
};

/* NULL: no memory. */
struct http_request *http_request_new(struct http_conn *conn);
void http_request_free(struct http_request *req); /* NULL: no-op */

/* Answers a request that breaks the rules: the last one on its connection. */
void http_request_refuse(struct http_request *req, int status, const char *reason);
/*
 * The head is whole: finds the route, and says what can be said before the body is
 * read. True: the route is to be run; false: the request is answered.
 */
_Bool http_request_judge(struct http_request *req);

#endif
