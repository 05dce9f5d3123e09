#include "gateway/http/request.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/http/chars.h"
#include "gateway/http/route.h"
#include "gateway/http/server.h"

struct http_request *
http_request_new(struct http_conn *conn)
{
	const struct http_limits *limits = &conn->server->config.limits;
	struct http_request *req = calloc(1, sizeof(*req));

	if (req == NULL)
		return NULL;
	req->conn = conn;
	http_head_init(&req->head, limits);
	http_send_init(&req->send);
	buf_init(&req->body, limits->body_max);
	/* A path holds each byte once; names and NULs at most double it. */
	buf_init(&req->params, 2 * limits->head_max);
	buf_init(&req->headers, limits->head_max);
	buf_init(&req->base_url, limits->head_max);
	return req;
}

void
http_request_free(struct http_request *req)
{
	if (req == NULL)
		return;
	http_send_release(&req->send);
	http_head_release(&req->head);
	buf_release(&req->body);
	buf_release(&req->params);
	buf_release(&req->headers);
	buf_release(&req->base_url);
	free(req);
}

enum http_method
http_method(const struct http_request *req)
{
	return req->head.method;
}

const char *
http_path(const struct http_request *req)
{
	return http_head_path(&req->head);
}

const char *
http_query(const struct http_request *req)
{
	return http_head_query(&req->head);
}

const char *
http_param(const struct http_request *req, const char *name)
{
	return http_route_param(&req->params, name);
}

const char *
http_header(const struct http_request *req, const char *name)
{
	return http_head_field(&req->head, name);
}

const char *
http_body(const struct http_request *req, size_t *ret_len)
{
	if (ret_len != NULL)
		*ret_len = req->body.len;
	return req->body.data;
}

/* The same request, to keep in it the texts that are made when they are asked for. */
static struct http_request *
own(const struct http_request *req)
{
	return req->conn->req;
}

/* 192.0.2.1 for IPv4, whichever family the socket is of. */
static const char *
print_address(char *out, const struct in6_addr *address)
{
	if (IN6_IS_ADDR_V4MAPPED(address))
		return inet_ntop(AF_INET, &address->s6_addr[12], out, INET6_ADDRSTRLEN);
	return inet_ntop(AF_INET6, address, out, INET6_ADDRSTRLEN);
}

const char *
http_peer(const struct http_request *req)
{
	if (req->conn->local)
		return "unix";
	return print_address(own(req)->peer, &req->conn->address);
}

/* The address and port at which the client has found us. */
static void
add_own_address(struct buf *out, int fd)
{
	struct sockaddr_storage own = { 0 };
	socklen_t len = sizeof(own);
	char text[INET6_ADDRSTRLEN];
	struct in6_addr address;
	in_port_t port;

	if (getsockname(fd, (struct sockaddr *)&own, &len) == -1 ||
	    (own.ss_family != AF_INET && own.ss_family != AF_INET6)) {
		buf_str(out, "localhost");
		return;
	}
	address = http_conn_address(&own);
	port = own.ss_family == AF_INET ? ((struct sockaddr_in *)&own)->sin_port
					: ((struct sockaddr_in6 *)&own)->sin6_port;
	print_address(text, &address);
	buf_printf(out, strchr(text, ':') != NULL ? "[%s]:%u" : "%s:%u", text, ntohs(port));
}

const char *
http_base_url(const struct http_request *req)
{
	const char *host = http_head_host(&req->head);
	struct buf *url = &own(req)->base_url;

	if (url->len > 0)
		return url->data;
	buf_str(url, "http://");
	if (http_host_kind(host, strlen(host)) == HTTP_HOST_PLAIN)
		buf_str(url, host);
	else
		add_own_address(url, req->conn->fd);
	return url->data;
}

void
http_hold(struct http_request *req, void (*gone)(void *arg), void *arg)
{
	req->held = 1;
	req->gone = gone;
	req->gone_arg = arg;
}
