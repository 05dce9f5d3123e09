#include "base/hash.h"

#include <endian.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

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

uint64_t
hash_number(uint64_t seed, uint64_t number)
{
	return hash_fnv(seed, &number, sizeof(number));
}

uint64_t
hash_file(uint64_t seed, const struct stat *st)
{
	uint64_t hash = hash_number(seed, st != NULL ? st->st_ino : 0);

	if (st == NULL)
		return hash;
	hash = hash_number(hash, (uint64_t)st->st_size);
	hash = hash_number(hash, (uint64_t)st->st_mtim.tv_sec);
	return hash_number(hash, (uint64_t)st->st_mtim.tv_nsec);
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

/* Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012), with these c and d. */
static inline uint64_t
sip(const uint64_t key[2], int c, int d, const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t v[4], m, last = (uint64_t)len << 56;
	size_t whole = len & ~(size_t)7;

	v[0] = key[0] ^ UINT64_C(0x736f6d6570736575);
	v[1] = key[1] ^ UINT64_C(0x646f72616e646f6d);
	v[2] = key[0] ^ UINT64_C(0x6c7967656e657261);
	v[3] = key[1] ^ UINT64_C(0x7465646279746573);
	for (size_t i = 0; i < whole; i += 8) {
		memcpy(&m, p + i, 8);
		m = le64toh(m);
		v[3] ^= m;
		for (int n = 0; n < c; n++)
			sip_round(v);
		v[0] ^= m;
	}
	for (size_t i = whole; i < len; i++)
		last |= (uint64_t)p[i] << (8 * (i - whole));
	v[3] ^= last;
	for (int n = 0; n < c; n++)
		sip_round(v);
	v[0] ^= last;
	v[2] ^= 0xff;
	for (int n = 0; n < d; n++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t
hash_sip(const void *data, size_t len)
{
	pthread_once(&sip_once, sip_draw_key);
	return sip(sip_key, 1, 3, data, len);
}

uint64_t
hash_code(const unsigned char key[HASH_KEY_SIZE], const void *data, size_t len)
{
	uint64_t words[2];

	memcpy(words, key, sizeof(words));
	words[0] = le64toh(words[0]);
	words[1] = le64toh(words[1]);
	return sip(words, 2, 4, data, len);
}

/* -- XXH64 ------------------------------------------------------------------- */

#define XX_1 UINT64_C(0x9e3779b185ebca87)
#define XX_2 UINT64_C(0xc2b2ae3d27d4eb4f)
#define XX_3 UINT64_C(0x165667b19e3779f9)
#define XX_4 UINT64_C(0x85ebca77c2b2ae63)
#define XX_5 UINT64_C(0x27d4eb2f165667c5)

#define XX_STRIPE 32

static inline uint64_t
xx_read64(const unsigned char *p)
{
	uint64_t value;

	memcpy(&value, p, sizeof(value));
	return le64toh(value);
}

static inline uint64_t
xx_round(uint64_t lane, uint64_t input)
{
	return rotl(lane + input * XX_2, 31) * XX_1;
}

/* Takes whole stripes; returns where it stopped. */
static const unsigned char *
xx_stripes(uint64_t lanes[4], const unsigned char *p, size_t len)
{
	uint64_t a = lanes[0], b = lanes[1], c = lanes[2], d = lanes[3];

	for (; len >= XX_STRIPE; len -= XX_STRIPE, p += XX_STRIPE) {
		a = xx_round(a, xx_read64(p));
		b = xx_round(b, xx_read64(p + 8));
		c = xx_round(c, xx_read64(p + 16));
		d = xx_round(d, xx_read64(p + 24));
	}
	lanes[0] = a;
	lanes[1] = b;
	lanes[2] = c;
	lanes[3] = d;
	return p;
}

void
hash_xx_init(struct hash_xx *h)
{
	*h = (struct hash_xx){ .lanes = { XX_1 + XX_2, XX_2, 0, -XX_1 } };
}

void
hash_xx_add(struct hash_xx *h, const void *data, size_t len)
{
	const unsigned char *p = data, *stop;
	size_t have = h->len % XX_STRIPE;

	h->len += len;
	if (have > 0) {
		size_t n = XX_STRIPE - have < len ? XX_STRIPE - have : len;

		memcpy(h->rest + have, p, n);
		if (have + n < XX_STRIPE)
			return;
		(void)xx_stripes(h->lanes, h->rest, XX_STRIPE);
		p += n;
		len -= n;
	}
	stop = xx_stripes(h->lanes, p, len);
	len -= (size_t)(stop - p);
	if (len > 0)
		memcpy(h->rest, stop, len);
}

static uint64_t
xx_merge(const uint64_t lanes[4])
{
	uint64_t sum = rotl(lanes[0], 1) + rotl(lanes[1], 7) + rotl(lanes[2], 12) +
	    rotl(lanes[3], 18);

	for (int i = 0; i < 4; i++)
		sum = (sum ^ xx_round(0, lanes[i])) * XX_1 + XX_4;
	return sum;
}

uint64_t
hash_xx_end(const struct hash_xx *h)
{
	uint64_t sum = h->len >= XX_STRIPE ? xx_merge(h->lanes) : XX_5;
	size_t i = 0, len = h->len % XX_STRIPE;
	uint32_t word;

	sum += h->len;
	for (; i + 8 <= len; i += 8)
		sum = rotl(sum ^ xx_round(0, xx_read64(h->rest + i)), 27) * XX_1 + XX_4;
	if (i + 4 <= len) {
		memcpy(&word, h->rest + i, sizeof(word));
		sum = rotl(sum ^ le32toh(word) * XX_1, 23) * XX_2 + XX_3;
		i += 4;
	}
	for (; i < len; i++)
		sum = rotl(sum ^ h->rest[i] * XX_5, 11) * XX_1;
	sum = (sum ^ sum >> 33) * XX_2;
	sum = (sum ^ sum >> 29) * XX_3;
	return sum ^ sum >> 32;
}

/* -- the map ----------------------------------------------------------------- */

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
