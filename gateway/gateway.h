/*
 * The gateway as one struct: the parts that `serve` wires together and that its
 * request handlers use. `serve` makes, changes and ends them; everyone else only
 * reads this struct and calls the parts' own functions.
 */
#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "gateway/config.h"

struct allow;
struct channels;
struct clock;
struct device;
struct err;
struct event_base;
struct fetcher;
struct guide;
struct http_request;
struct http_server;
struct images;
struct ledger;
struct lineup;
struct multi;
struct relay;
struct source;
struct store;
struct worker_pool;

/* One entry of `playlists` at work, in the config's order. */
struct gateway_playlist {
	const struct config_playlist *config; /* in gateway.config */
	struct source *source;                /* owned */
	struct ledger *account;               /* a reference; limit is max_streams */
};

/* One entry of `guides` at work, in the config's order: the first is the best. */
struct gateway_guide {
	const struct config_guide *config; /* in gateway.config */
	struct source *source;             /* owned */
};

struct gateway {
	struct event_base *base;
	const struct clock *clock;
	struct config *config; /* the one in force; replaced whole by a reload */
	struct multi *multi;
	struct fetcher *fetcher;
	struct worker_pool *workers;
	struct store *store;
	struct channels *channels;
	struct guide *guide; /* the one that is made of all guides */
	struct images *images;
	struct relay *relay;
	struct http_server *http;
	struct allow *allow; /* who may watch */
	struct gateway_playlist *playlists;
	size_t playlist_count;
	struct gateway_guide *guides;
	size_t guide_count;
	struct device **devices;
	size_t device_count;

	uint64_t started_ms;
	time_t started;
	_Bool ready;    /* the first lineup is there, or there is none to be had */
	_Bool draining; /* SIGTERM has come */
	uint64_t reloads, reloads_refused;
	/* serve_reload: validates and applies the config again. -EINVAL: the old one stays. */
	int (*reload)(struct gateway *g, struct err *err);
};

/* What links in replies begin with: public_url, or how this client addressed us. */
const char *gateway_base_url(const struct gateway *g, const struct http_request *req);
/* The playlist or guide of that name; NULL if the config no longer has it. */
const struct gateway_playlist *gateway_find_playlist(const struct gateway *g, const char *name);
const struct gateway_guide *gateway_find_guide(const struct gateway *g, const char *name);

#endif
