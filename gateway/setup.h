/*
 * Puts a configuration into force: at the start, and again at every reload. What
 * can fail is made first; then everything is swapped at once, so a reload that
 * fails leaves the gateway as it was. What has not changed is kept: sources with
 * their schedule, accounts with their leases, devices with their tuners.
 */
#ifndef GATEWAY_SETUP_H
#define GATEWAY_SETUP_H

#include "gateway/relay/relay.h"

struct config;
struct err;
struct gateway;
struct source_events;

/* What the relay is to know of a configuration. */
struct relay_settings setup_relay(const struct config *config);

/*
 * Takes `config` over on success (the old one is freed). The parts that a
 * configuration does not make (loop, store, relay, channels, guide, workers) must
 * be there already.
 */
int setup_apply(struct gateway *g, struct config *config, const struct source_events *events,
    struct err *err);
/* Tells the guides what the lineup wants of them. 0 or -ENOMEM. */
int setup_wanted(const struct gateway *g);
/* Ends what setup_apply made. */
void setup_release(struct gateway *g);

#endif
