/*
 * Making the head of a reply: what the kinds of replies share.
 */
#ifndef GATEWAY_HTTP_REPLY_H
#define GATEWAY_HTTP_REPLY_H

#include "gateway/http/conn.h"
#include "gateway/http/negotiate.h"

/* How the client finds the body's end. */
enum http_framing {
	HTTP_BY_LENGTH,
	HTTP_BY_CHUNKS,
	HTTP_BY_CLOSE,
};

/*
 * Appends the head to req->send.head, and settles whether the connection is kept.
 * False: no body may follow (HEAD, 204, 304). Once a request.
 */
_Bool http_reply_head(struct http_request *req, int status, const char *type,
    enum http_framing framing, uint64_t length);
/*
 * The head for a part of a content, or for what http_select said in its place.
 * 0: *ret_part is to be sent behind it; 1: there is nothing more to send.
 */
int http_reply_content(struct http_request *req, const char *type,
    const struct http_content *content, struct http_part *ret_part);

#endif
