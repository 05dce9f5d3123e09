#include "gateway/http/reply.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "gateway/http/chars.h"
#include "gateway/http/server.h"

static const struct {
	int status;
	const char *reason;
} reasons[] = {
	{ 200, "OK" },
	{ 201, "Created" },
	{ 202, "Accepted" },
	{ 204, "No Content" },
	{ 206, "Partial Content" },
	{ 301, "Moved Permanently" },
	{ 302, "Found" },
	{ 303, "See Other" },
	{ 304, "Not Modified" },
	{ 307, "Temporary Redirect" },
	{ 308, "Permanent Redirect" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 408, "Request Timeout" },
	{ 409, "Conflict" },
	{ 413, "Content Too Large" },
	{ 414, "URI Too Long" },
	{ 415, "Unsupported Media Type" },
	{ 416, "Range Not Satisfiable" },
	{ 417, "Expectation Failed" },
	{ 421, "Misdirected Request" },
	{ 422, "Unprocessable Content" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
	{ 504, "Gateway Timeout" },
	{ 505, "HTTP Version Not Supported" },
};

/* The reason may be empty (RFC 9112 §4); no client may depend on it. */
static const char *
reason_of(int status)
{
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
		if (reasons[i].status == status)
			return reasons[i].reason;
	}
	return "";
}

void
http_add_header(struct http_request *req, const char *name, const char *fmt, ...)
{
	size_t value;
	va_list ap;

	buf_printf(&req->headers, "%s: ", name);
	value = req->headers.len;
	va_start(ap, fmt);
	buf_vprintf(&req->headers, fmt, ap);
	va_end(ap);
	/* Whatever text a caller passes on, it can never begin another header. */
	for (char *p = req->headers.data + value; p < req->headers.data + req->headers.len; p++) {
		if (!http_is_value_char((unsigned char)*p))
			*p = ' ';
	}
	buf_str(&req->headers, "\r\n");
}

/* Status line and the headers that every reply has, up to the empty line. */
static void
write_head(struct http_request *req, struct buf *out, int status, const char *type,
    const char *framing)
{
	struct http_server *server = req->conn->server;
	const char *connection = "";

	assert(!req->replied && status >= 200 && status <= 599);
	req->replied = 1;
	server->stats.requests[status / 100]++;
	if (!req->keep)
		connection = "Connection: close\r\n";
	else if (req->head.minor == 0)
		connection = "Connection: keep-alive\r\n";
	buf_printf(out, "HTTP/1.1 %d %s\r\nServer: Masthead\r\nDate: %s\r\n", status,
	    reason_of(status), http_server_date(server));
	if (type != NULL)
		buf_printf(out, "Content-Type: %s\r\nX-Content-Type-Options: nosniff\r\n", type);
	buf_str(out, framing);
	buf_str(out, connection);
	buf_add(out, req->headers.data, req->headers.len);
	buf_str(out, "\r\n");
}

_Bool
http_reply_head(struct http_request *req, int status, const char *type, enum http_framing framing,
    uint64_t length)
{
	struct http_conn *conn = req->conn;
	char text[64] = "";

	if (framing == HTTP_BY_CLOSE || conn->server->stopping ||
	    conn->requests >= conn->server->config.limits.requests_max)
		req->keep = 0;
	/* RFC 9110 §8.6: a 204 has no length; that of a 304 would be of what is not sent. */
	if (status == 204 || status == 304)
		type = NULL;
	else if (framing == HTTP_BY_LENGTH)
		snprintf(text, sizeof(text), "Content-Length: %" PRIu64 "\r\n", length);
	else if (framing == HTTP_BY_CHUNKS)
		snprintf(text, sizeof(text), "Transfer-Encoding: chunked\r\n");
	write_head(req, &req->send.head, status, type, text);
	return req->head.method != HTTP_HEAD && status != 204 && status != 304;
}

/* Queues the head, which is whole now, and the body behind it. */
static void
send_bytes(struct http_request *req, const void *body, size_t len)
{
	http_send_add(&req->send, req->send.head.data, req->send.head.len);
	http_send_add(&req->send, body, len);
	http_conn_reply(req);
}

void
http_reply(struct http_request *req, int status, const char *type, const void *body, size_t len)
{
	(void)buf_reserve(&req->send.head, 512 + req->headers.len + len);
	if (http_reply_head(req, status, type, HTTP_BY_LENGTH, len))
		buf_add(&req->send.head, body, len);
	send_bytes(req, NULL, 0);
}

void
http_reply_buf(struct http_request *req, int status, const char *type, struct buf *b)
{
	_Bool has_body;

	if (buf_status(b) < 0) {
		buf_release(b);
		http_reply_text(req, 500, "The server could not make the answer.");
		return;
	}
	has_body = http_reply_head(req, status, type, HTTP_BY_LENGTH, b->len);
	req->send.body = *b;
	buf_init(b, b->max);
	send_bytes(req, req->send.body.data, has_body ? req->send.body.len : 0);
}

void
http_reply_text(struct http_request *req, int status, const char *fmt, ...)
{
	struct buf text = BUF_INIT(64u << 10);
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	buf_char(&text, '\n');
	http_reply(req, status, "text/plain; charset=utf-8", text.data, text.len);
	buf_release(&text);
}

void
http_reply_generated(struct http_request *req, int status, const char *type, const char *etag,
    const struct http_generator *generator)
{
	enum http_framing framing = req->head.minor >= 1 ? HTTP_BY_CHUNKS : HTTP_BY_CLOSE;
	struct http_send *send = &req->send;

	if (etag != NULL)
		http_add_header(req, "ETag", "%s", etag);
	if (etag != NULL && status == 200 && http_etag_matches(&req->head, etag))
		status = 304;
	send->generator = *generator;
	if (http_reply_head(req, status, type, framing, 0))
		send->chunked = framing == HTTP_BY_CHUNKS;
	else
		http_send_end(send);
	send_bytes(req, NULL, 0);
}

int
http_reply_content(struct http_request *req, const char *type, const struct http_content *content,
    struct http_part *ret_part)
{
	int status = http_select(&req->head, content, ret_part);

	http_add_header(req, "ETag", "%s", content->etag);
	if (content->modified != NULL)
		http_add_header(req, "Last-Modified", "%s", content->modified);
	http_add_header(req, "Accept-Ranges", "bytes");
	if (status == 416) {
		http_add_header(req, "Content-Range", "bytes */%" PRIu64, content->size);
		http_reply_text(req, 416, "There are %" PRIu64 " bytes.", content->size);
		return 1;
	}
	if (status == 206)
		http_add_header(req, "Content-Range", "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64,
		    ret_part->offset, ret_part->offset + ret_part->length - 1, content->size);
	if (!http_reply_head(req, status, type, HTTP_BY_LENGTH, ret_part->length))
		ret_part->length = 0;
	http_send_add(&req->send, req->send.head.data, req->send.head.len);
	return 0;
}

int
http_take_socket(struct http_request *req, int status, const char *type, struct buf *head)
{
	req->keep = 0;
	write_head(req, head, status, type, "");
	if (buf_status(&req->headers) < 0)
		head->error = buf_status(&req->headers);
	return http_conn_take(req);
}
