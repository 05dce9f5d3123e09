#include "base/hash.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

uint64_t
hash_fnv(uint64_t seed, const void *data, size_t len)
{
	const unsigned char *p = data;

	for (size_t i = 0; i < len; i++) {
		seed ^= p[i];
		seed *= UINT64_C(0x100000001b3);
	}
	return seed;
}

static uint64_t sip_key[2];
static pthread_once_t sip_once = PTHREAD_ONCE_INIT;

static void
sip_draw_key(void)
{
	/* Without randomness a fixed key still hashes; only the aim is easier. */
	if (getrandom(sip_key, sizeof(sip_key), GRND_NONBLOCK) != (ssize_t)sizeof(sip_key))
		sip_key[0] = UINT64_C(0x9e3779b97f4a7c15);
}

static inline uint64_t
rotl(uint64_t x, int b)
{
	return x << b | x >> (64 - b);
}

static inline void
sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[0] = rotl(v[0], 32);
	v[2] += v[3];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[2] = rotl(v[2], 32);
}

/* Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012), with c=1, d=3. */
uint64_t
hash_sip(const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t v[4], m, last = (uint64_t)len << 56;
	size_t whole = len & ~(size_t)7;

	pthread_once(&sip_once, sip_draw_key);
	v[0] = sip_key[0] ^ UINT64_C(0x736f6d6570736575);
	v[1] = sip_key[1] ^ UINT64_C(0x646f72616e646f6d);
	v[2] = sip_key[0] ^ UINT64_C(0x6c7967656e657261);
	v[3] = sip_key[1] ^ UINT64_C(0x7465646279746573);
	for (size_t i = 0; i < whole; i += 8) {
		memcpy(&m, p + i, 8);
		v[3] ^= m;
		sip_round(v);
		v[0] ^= m;
	}
	for (size_t i = whole; i < len; i++)
		last |= (uint64_t)p[i] << (8 * (i - whole));
	v[3] ^= last;
	sip_round(v);
	v[0] ^= last;
	v[2] ^= 0xff;
	sip_round(v);
	sip_round(v);
	sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void
hash_map_init(struct hash_map *map)
{
	memset(map, 0, sizeof(*map));
}

void
hash_map_release(struct hash_map *map)
{
	free(map->keys);
	free(map->values);
	hash_map_init(map);
}

/* The place of `key`, or the free place where it belongs. */
static size_t
map_place(const struct hash_map *map, uint64_t key)
{
	size_t i = (size_t)(key ^ key >> 32) & map->mask;

	while (map->values[i] != 0 && map->keys[i] != key)
		i = (i + 1) & map->mask;
	return i;
}

static int
map_grow(struct hash_map *map)
{
	struct hash_map bigger = { .mask = map->values == NULL ? 63 : map->mask * 2 + 1 };

	bigger.keys = calloc(bigger.mask + 1, sizeof(*bigger.keys));
	bigger.values = calloc(bigger.mask + 1, sizeof(*bigger.values));
	if (bigger.keys == NULL || bigger.values == NULL) {
		hash_map_release(&bigger);
		return -ENOMEM;
	}
	for (size_t i = 0; map->values != NULL && i <= map->mask; i++) {
		if (map->values[i] != 0) {
			size_t at = map_place(&bigger, map->keys[i]);

			bigger.keys[at] = map->keys[i];
			bigger.values[at] = map->values[i];
		}
	}
	bigger.count = map->count;
	hash_map_release(map);
	*map = bigger;
	return 0;
}

uint32_t
hash_map_get(const struct hash_map *map, uint64_t key, uint32_t fallback)
{
	size_t i;

	if (map->values == NULL)
		return fallback;
	i = map_place(map, key);
	return map->values[i] == 0 ? fallback : map->values[i] - 1;
}

int
hash_map_put(struct hash_map *map, uint64_t key, uint32_t value)
{
	size_t i;

	if (map->values == NULL || map->count * 4 >= (map->mask + 1) * 3) {
		if (map_grow(map) < 0)
			return -ENOMEM;
	}
	i = map_place(map, key);
	if (map->values[i] == 0)
		map->count++;
	map->keys[i] = key;
	map->values[i] = value + 1;
	return 0;
}
