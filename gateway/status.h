/*
 * What is going on, for people and programs: the state as JSON, as Prometheus
 * metrics, and the health checks. No secrets, no addresses of providers.
 */
#ifndef GATEWAY_STATUS_H
#define GATEWAY_STATUS_H

struct http_request;

/* Handlers; `arg` is the struct gateway. This document is what `masthead status` shows. */
void status_reply(struct http_request *req, void *arg);
/* 200 whenever the loop turns. */
void status_healthz(struct http_request *req, void *arg);
/* 200 once viewers can be served; 503 with the reasons until then, and while draining. */
void status_readyz(struct http_request *req, void *arg);
/* Prometheus text format 0.0.4 (metrics.c). */
void status_metrics(struct http_request *req, void *arg);

#endif
