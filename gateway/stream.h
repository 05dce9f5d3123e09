/*
 * From a channel of the lineup to a channel of the relay: its streams with the
 * User-Agent, headers and proxy that their source wants, and the account whose
 * connections they use.
 */
#ifndef GATEWAY_STREAM_H
#define GATEWAY_STREAM_H

#include "base/buf.h"
#include "gateway/relay/relay.h"

struct gateway;
struct lineup;
struct lineup_channel;

struct stream_plan {
	struct relay_channel channel; /* points into this struct and the lineup */
	struct relay_source sources[RELAY_SOURCES_MAX];
	char number[24];
	struct buf headers[RELAY_SOURCES_MAX];
};

/* 0, -ENOMEM, or -ENOENT when none of its streams may be opened. Release it in any case. */
int stream_plan_init(struct stream_plan *plan, const struct gateway *g, const struct lineup *lineup,
    const struct lineup_channel *channel);
void stream_plan_release(struct stream_plan *plan);

/* Tells the relay where every running channel is found now. After a new lineup or config. */
void stream_update_all(const struct gateway *g);

#endif
