/*
 * Addresses that a provider refused us (401, 403, ...) and that are not asked
 * again for a while: who hammers gets banned. Outlives the channels, since a
 * player that retries makes a new one each time. Holds the newest few; a zeroed
 * struct is ready.
 */
#ifndef GATEWAY_RELAY_COOLDOWN_H
#define GATEWAY_RELAY_COOLDOWN_H

#include <stdint.h>

#define COOLDOWN_MS     60000
#define COOLDOWN_PLACES 64

struct cooldown {
	struct {
		uint64_t key;
		uint64_t until_ms; /* 0: a free place */
	} places[COOLDOWN_PLACES];
};

/* What stands for an address below. */
uint64_t cooldown_key(const char *url);
void cooldown_add(struct cooldown *c, uint64_t key, uint64_t now_ms);
/* How long the address has to rest yet; 0: it may be asked. */
uint64_t cooldown_left(const struct cooldown *c, uint64_t key, uint64_t now_ms);

#endif
