#include "gateway/relay/cooldown.h"

#include <string.h>

#include "base/hash.h"

void
cooldown_add(struct cooldown *c, const char *url, uint64_t now_ms)
{
	uint64_t hash = hash_sip(url, strlen(url));
	unsigned place = 0;

	for (unsigned i = 0; i < COOLDOWN_PLACES; i++) {
		if (c->places[i].url == hash) {
			place = i;
			break;
		}
		if (c->places[i].until_ms < c->places[place].until_ms)
			place = i;
	}
	c->places[place].url = hash;
	c->places[place].until_ms = now_ms + COOLDOWN_MS;
}

uint64_t
cooldown_left(const struct cooldown *c, const char *url, uint64_t now_ms)
{
	uint64_t hash = hash_sip(url, strlen(url));

	for (unsigned i = 0; i < COOLDOWN_PLACES; i++) {
		if (c->places[i].url == hash && c->places[i].until_ms > now_ms)
			return c->places[i].until_ms - now_ms;
	}
	return 0;
}
