#include "gateway/http/request.h"

#include "gateway/http/route.h"
#include "gateway/http/server.h"

void
http_request_refuse(struct http_request *req, int status, const char *reason)
{
	req->conn->server->stats.bad++;
	req->keep = 0;
	http_reply_text(req, status, "%s", reason);
}

/* Answers a request that is well formed. Its body stays unread, so with one it is the last. */
static _Bool
deny(struct http_request *req, int status, const char *reason)
{
	if (http_body_expected(&req->head))
		req->keep = 0;
	http_reply_text(req, status, "%s", reason);
	return 0;
}

static _Bool
deny_method(struct http_request *req, unsigned allowed)
{
	http_add_header(req, "Allow", "%s%s%s", allowed & HTTP_GET ? "GET, HEAD" : "",
	    allowed & HTTP_GET && allowed & HTTP_POST ? ", " : "",
	    allowed & HTTP_POST ? "POST" : "");
	return deny(req, 405, "This address does not take that method.");
}

/* Why the client may not call the route; NULL: it may. */
static const char *
why_forbidden(struct http_request *req)
{
	const struct http_config *config = &req->conn->server->config;

	switch (req->route->audience) {
	case HTTP_ANYONE: return NULL;
	case HTTP_VIEWERS:
		if (req->conn->local || config->allowed == NULL ||
		    config->allowed(config->arg, http_peer(req)))
			return NULL;
		return "Your network is not in the allow list of this server.";
	case HTTP_ADMIN: break;
	}
	return req->conn->private ? NULL : "This address answers on the control socket only.";
}

static _Bool
judge_body(struct http_request *req)
{
	const char *complaint = NULL;

	if (req->head.method == HTTP_GET || req->head.method == HTTP_HEAD)
		complaint = "A GET request has no body here.";
	else if (req->head.length > req->conn->server->config.limits.body_max)
		complaint = "The request's body is too large.";
	if (complaint != NULL)
		http_request_refuse(req, 413, complaint);
	return complaint == NULL;
}

_Bool
http_request_judge(struct http_request *req)
{
	const struct http_head *head = &req->head;
	const char *forbidden;
	unsigned allowed;

	/* RFC 9112 §9.3 */
	req->keep = !head->close && (head->minor >= 1 || head->keep_alive);
	req->route = http_route_find(req->conn->server->config.routes, head->method,
	    http_head_path(head), &req->params, &allowed);
	if (buf_status(&req->params) < 0)
		return deny(req, 503, "The server is short of memory.");
	if (req->route == NULL && allowed != 0)
		return deny_method(req, allowed);
	if (req->route == NULL)
		return deny(req, 404, "There is nothing at this address.");
	forbidden = why_forbidden(req);
	if (forbidden != NULL)
		return deny(req, 403, forbidden);
	if (head->expect_other && head->minor >= 1)
		return deny(req, 417,
		    "The only expectation that this server meets is 100-continue.");
	return !http_body_expected(head) || judge_body(req);
}
