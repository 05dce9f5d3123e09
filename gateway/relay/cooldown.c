#include "gateway/relay/cooldown.h"

#include <string.h>

#include "base/hash.h"

uint64_t
cooldown_key(const char *url)
{
	return hash_sip(url, strlen(url));
}

void
cooldown_add(struct cooldown *c, uint64_t key, uint64_t now_ms)
{
	unsigned place = 0;

	for (unsigned i = 0; i < COOLDOWN_PLACES; i++) {
		if (c->places[i].key == key) {
			place = i;
			break;
		}
		if (c->places[i].until_ms < c->places[place].until_ms)
			place = i;
	}
	c->places[place].key = key;
	c->places[place].until_ms = now_ms + COOLDOWN_MS;
}

uint64_t
cooldown_left(const struct cooldown *c, uint64_t key, uint64_t now_ms)
{
	for (unsigned i = 0; i < COOLDOWN_PLACES; i++) {
		if (c->places[i].key == key && c->places[i].until_ms > now_ms)
			return c->places[i].until_ms - now_ms;
	}
	return 0;
}
