#include "base/hash.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

/* From the authors' page of FNV test vectors. */
static const struct {
	const char *text;
	uint64_t hash;
} vectors[] = {
	{ "", UINT64_C(0xcbf29ce484222325) },
	{ "a", UINT64_C(0xaf63dc4c8601ec8c) },
	{ "b", UINT64_C(0xaf63df4c8601f1a5) },
	{ "foobar", UINT64_C(0x85944171f73967e8) },
};

START_TEST(fnv_is_the_same_for_ever)
{
	const char *text = vectors[_i].text;
	uint64_t hash = HASH_FNV_INIT;

	ck_assert_uint_eq(hash_fnv(HASH_FNV_INIT, text, strlen(text)), vectors[_i].hash);
	for (size_t i = 0; i < strlen(text); i++)
		hash = hash_fnv(hash, text + i, 1);
	ck_assert_uint_eq(hash, vectors[_i].hash);
}
END_TEST

/* Of the reference program, xxhsum. */
static const struct {
	const char *text;
	uint64_t hash;
} xx_vectors[] = {
	{ "", UINT64_C(0xef46db3751d8e999) },
	{ "a", UINT64_C(0xd24ec4f1a98c6e5b) },
	{ "abc", UINT64_C(0x44bc2cf5ad770999) },
	{ "Nobody inspects the spammish repetition", UINT64_C(0xfbcea83c8a378bf1) },
	{ "Call me Ishmael. Some years ago--never mind how long precisely-",
	    UINT64_C(0x02a2e85470d6fd96) },
};

START_TEST(xx_is_the_same_for_ever_at_every_cut)
{
	const char *text = xx_vectors[_i].text;
	size_t len = strlen(text);

	for (size_t step = 1; step <= len + 1; step++) {
		struct hash_xx h;

		hash_xx_init(&h);
		for (size_t at = 0; at < len; at += step)
			hash_xx_add(&h, text + at, len - at < step ? len - at : step);
		ck_assert_uint_eq(hash_xx_end(&h), xx_vectors[_i].hash);
	}
}
END_TEST

START_TEST(sip_is_the_same_within_a_process)
{
	static const char text[] = "0123456789abcdefghij";
	char moved[64];

	/* Every length up to beyond two blocks, at every alignment. */
	for (size_t len = 0; len < sizeof(text); len++) {
		uint64_t hash = hash_sip(text, len);

		for (size_t offset = 0; offset < 8; offset++) {
			memset(moved, 'x', sizeof(moved));
			memcpy(moved + offset, text, len);
			ck_assert_uint_eq(hash_sip(moved + offset, len), hash);
		}
		for (size_t other = 0; other < len; other++)
			ck_assert_uint_ne(hash_sip(text, other), hash);
	}
	/* Zeros of different number are different texts. */
	memset(moved, 0, sizeof(moved));
	for (size_t len = 0; len < 20; len++)
		ck_assert_uint_ne(hash_sip(moved, len), hash_sip(moved, len + 1));
}
END_TEST

START_TEST(sip_is_another_one_in_each_process)
{
	uint64_t seen[2];
	int pipes[2];

	ck_assert_int_eq(pipe(pipes), 0);
	for (size_t i = 0; i < ARRAY_LEN(seen); i++) {
		int status;
		pid_t pid = fork();

		if (pid == 0) {
			uint64_t hash = hash_sip("same", 4);

			_exit(write(pipes[1], &hash, sizeof(hash)) == sizeof(hash) ? 0 : 1);
		}
		ck_assert_int_eq(read(pipes[0], &seen[i], sizeof(seen[i])), sizeof(seen[i]));
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	}
	ck_assert_uint_ne(seen[0], seen[1]);
}
END_TEST

/* A bit of input changes each bit of the hash about every second time. */
START_TEST(sip_spreads_every_bit)
{
	unsigned flips[64] = { 0 }, rounds = 4096;

	for (unsigned n = 0; n < rounds; n++) {
		uint64_t in = n * UINT64_C(0x9e3779b97f4a7c15), out = hash_sip(&in, sizeof(in));

		in ^= UINT64_C(1) << n % 64;
		out ^= hash_sip(&in, sizeof(in));
		for (unsigned bit = 0; bit < 64; bit++)
			flips[bit] += out >> bit & 1;
	}
	for (unsigned bit = 0; bit < 64; bit++) {
		ck_assert_uint_gt(flips[bit], rounds * 2 / 5);
		ck_assert_uint_lt(flips[bit], rounds * 3 / 5);
	}
}
END_TEST

START_TEST(a_map_finds_what_was_put_and_nothing_else)
{
	struct hash_map map;

	hash_map_init(&map);
	ck_assert_uint_eq(hash_map_get(&map, 0, 7), 7);
	for (uint32_t i = 0; i < 100000; i++)
		ck_assert_int_eq(hash_map_put(&map, hash_sip(&i, sizeof(i)), i), 0);
	ck_assert_uint_eq(map.count, 100000);
	for (uint32_t i = 0; i < 200000; i++)
		ck_assert_uint_eq(hash_map_get(&map, hash_sip(&i, sizeof(i)), UINT32_MAX),
		    i < 100000 ? i : UINT32_MAX);
	hash_map_release(&map);
	ck_assert_uint_eq(hash_map_get(&map, 0, 7), 7);
}
END_TEST

START_TEST(a_map_takes_the_keys_at_the_edges)
{
	static const uint64_t keys[] = { 0, 1, UINT64_MAX, UINT64_C(1) << 32, UINT64_C(1) << 63 };
	struct hash_map map;

	hash_map_init(&map);
	for (uint32_t i = 0; i < ARRAY_LEN(keys); i++) {
		ck_assert_uint_eq(hash_map_get(&map, keys[i], 9), 9);
		ck_assert_int_eq(hash_map_put(&map, keys[i], i), 0);
	}
	ck_assert_int_eq(hash_map_put(&map, 0, UINT32_MAX - 1), 0);
	ck_assert_uint_eq(map.count, ARRAY_LEN(keys));
	ck_assert_uint_eq(hash_map_get(&map, 0, 9), UINT32_MAX - 1);
	for (uint32_t i = 1; i < ARRAY_LEN(keys); i++)
		ck_assert_uint_eq(hash_map_get(&map, keys[i], 9), i);
	hash_map_release(&map);
}
END_TEST

/* Keys that all want one place are found all the same. */
START_TEST(a_map_survives_keys_of_one_place)
{
	struct hash_map map;

	hash_map_init(&map);
	for (uint64_t i = 0; i < 1000; i++)
		ck_assert_int_eq(hash_map_put(&map, i << 20, (uint32_t)i), 0);
	for (uint64_t i = 0; i < 1000; i++)
		ck_assert_uint_eq(hash_map_get(&map, i << 20, UINT32_MAX), i);
	ck_assert_uint_eq(hash_map_get(&map, 1, UINT32_MAX), UINT32_MAX);
	hash_map_release(&map);
}
END_TEST

/* The key and the texts of the reference implementation. */
START_TEST(codes_are_the_same_for_ever)
{
	unsigned char key[HASH_KEY_SIZE], text[15];

	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (unsigned char)i;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (unsigned char)i;
	ck_assert_uint_eq(hash_code(key, text, 0), UINT64_C(0x726fdb47dd0e0e31));
	ck_assert_uint_eq(hash_code(key, text, 8), UINT64_C(0x93f5f5799a932462));
	ck_assert_uint_eq(hash_code(key, text, 15), UINT64_C(0xa129ca6149be45e5));
}
END_TEST

UNIT_MAIN("hash", UNIT_ROWS(fnv_is_the_same_for_ever, ARRAY_LEN(vectors)),
    UNIT_ROWS(xx_is_the_same_for_ever_at_every_cut, ARRAY_LEN(xx_vectors)),
    UNIT_TEST(sip_is_the_same_within_a_process), UNIT_TEST(sip_is_another_one_in_each_process),
    UNIT_TEST(sip_spreads_every_bit), UNIT_TEST(codes_are_the_same_for_ever),
    UNIT_TEST(a_map_finds_what_was_put_and_nothing_else),
    UNIT_TEST(a_map_takes_the_keys_at_the_edges), UNIT_TEST(a_map_survives_keys_of_one_place))
