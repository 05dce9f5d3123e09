/*
 * Hashing: SipHash-1-3 for tables that outsiders fill (keyed, so they cannot
 * aim for collisions), FNV-1a 64 for identities that must be the same for ever
 * on every machine, XXH64 for the content of long files, the same for ever too
 * and faster than memory, and a map from 64-bit keys to 32-bit values.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

struct stat;

#define HASH_FNV_INIT UINT64_C(0xcbf29ce484222325)

/* FNV-1a of the bytes, from `seed` (HASH_FNV_INIT, or an earlier result to go on). */
uint64_t hash_fnv(uint64_t seed, const void *data, size_t len);
/* The same of a number, in this machine's byte order: not for files that move. */
uint64_t hash_number(uint64_t seed, uint64_t number);
/* The same of which file that is, as far as is known without reading it. NULL: there is none. */
uint64_t hash_file(uint64_t seed, const struct stat *st);
/* SipHash-1-3 with a key drawn at start-up: for tables in memory, never for a file. */
uint64_t hash_sip(const void *data, size_t len);

/*
 * SipHash-2-4: a code that proves that who made it has the key, the same for ever. 64 bits
 * are for what can only be tried over a network.
 */
#define HASH_KEY_SIZE 16
uint64_t hash_code(const unsigned char key[HASH_KEY_SIZE], const void *data, size_t len);

/*
 * XXH64 (the xxHash specification, seed 0) of bytes that come in pieces, cut
 * anywhere: four lanes of multiplications, 32 bytes at a time, against FNV's one
 * byte. Whoever chooses the bytes can make two texts of one hash.
 */
struct hash_xx {
	uint64_t lanes[4];
	uint64_t len;
	unsigned char rest[32]; /* len % 32 bytes that have made no stripe yet */
};
void hash_xx_init(struct hash_xx *h);
void hash_xx_add(struct hash_xx *h, const void *data, size_t len);
uint64_t hash_xx_end(const struct hash_xx *h);

/*
 * Open addressing, keys any u64, values any u32. A key is its own hash: feed it
 * hashes. Insert-only. Embedded in its owner.
 */
struct hash_map {
	uint64_t *keys;
	uint32_t *values; /* value + 1; 0 is a free place */
	size_t mask;      /* places - 1, or 0 before the first put */
	size_t count;
};

void hash_map_init(struct hash_map *map);
void hash_map_release(struct hash_map *map);
/* The value of `key`, or `fallback`. */
uint32_t hash_map_get(const struct hash_map *map, uint64_t key, uint32_t fallback);
/* Sets key to value (value <= UINT32_MAX - 1). Returns 0 or -ENOMEM. */
int hash_map_put(struct hash_map *map, uint64_t key, uint32_t value);

#endif
