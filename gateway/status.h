/*
 * What is going on, for people and programs: the state as JSON, as Prometheus
 * metrics, and the health checks. No secrets, no addresses of providers.
 */
#ifndef GATEWAY_STATUS_H
#define GATEWAY_STATUS_H

#include <stdint.h>

struct buf;
struct gateway;
struct http_request;

/* Handlers; `arg` is the struct gateway. This document is what `masthead status` shows. */
void status_reply(struct http_request *req, void *arg);
/* 200 whenever the loop turns. */
void status_healthz(struct http_request *req, void *arg);
/* 200 once viewers can be served; 503 with the reasons until then, and while draining. */
void status_readyz(struct http_request *req, void *arg);
/* Prometheus text format 0.0.4 (metrics.c). */
void status_metrics(struct http_request *req, void *arg);

/*
 * How far a source has got: ", 412 MB of 1030 MB (40 %)"; without the total when that is
 * unknown (0), nothing at all before there is something.
 */
void status_add_progress(struct buf *out, uint64_t done, uint64_t total);

/*
 * Why there is no guide to be served yet: "not made yet: it waits for ...", with the names
 * of the sources. Nothing when there is one. Without secrets.
 */
void status_add_no_guide(struct buf *out, const struct gateway *g);

#endif
