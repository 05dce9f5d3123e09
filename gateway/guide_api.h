/*
 * What is on and when, as JSON for programs: /api/v1/guide and below (docs/http.md).
 */
#ifndef GATEWAY_GUIDE_API_H
#define GATEWAY_GUIDE_API_H

struct http_request;

/* Handlers; `arg` is the struct gateway. */
void guide_api_now(struct http_request *req, void *arg);
void guide_api_window(struct http_request *req, void *arg);
void guide_api_search(struct http_request *req, void *arg);

#endif
