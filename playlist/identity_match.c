#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/list.h"
#include "playlist/identity.h"

enum {
	U = 1 << EVIDENCE_URL,
	A = 1 << EVIDENCE_ADDRESS,
	P = 1 << EVIDENCE_PATH,
	T = 1 << EVIDENCE_GUIDE,
	N = 1 << EVIDENCE_NAME,
	G = 1 << EVIDENCE_GROUP,

	/* Conditions. */
	HAS_GUIDE = 1 << 8,       /* there is a guide id to agree on */
	UNIQUE = 1 << 9,          /* nothing else on either side has the same */
	KNOWN_NO_GUIDE = 1 << 10, /* the channel had no guide id that the entry could contradict */
	ENTRY_NO_GUIDE = 1 << 11, /* the other way round */
};

/* One way to match: what must agree, and conditions. Within a table the strongest first. */

/* The address and something else. */
static const unsigned address_and_more[] = {
	U | T | N | G,
	A | T | N | G,
	P | T | N | G,
	A | T | N,
	P | T | N,
	A | T | G | HAS_GUIDE, /* renamed */
	P | T | G | HAS_GUIDE,
	A | N | G, /* another guide id */
	P | N | G,
	A | T | HAS_GUIDE,
	P | T | HAS_GUIDE,
	A | N,
	P | N,
};

/* The address, and nothing that speaks against it. */
static const unsigned address_only[] = {
	A | G | UNIQUE | KNOWN_NO_GUIDE,
	A | G | UNIQUE | ENTRY_NO_GUIDE,
	P | G | UNIQUE | KNOWN_NO_GUIDE,
	P | G | UNIQUE | ENTRY_NO_GUIDE,
	A | UNIQUE | KNOWN_NO_GUIDE,
	A | UNIQUE | ENTRY_NO_GUIDE,
	P | UNIQUE | KNOWN_NO_GUIDE,
	P | UNIQUE | ENTRY_NO_GUIDE,
};

/* The address is another. */
static const unsigned names[] = {
	T | N | G | HAS_GUIDE,
	T | N | HAS_GUIDE,
	N | G,
	T | UNIQUE | HAS_GUIDE,
	N | UNIQUE,
};

/* All that is left to go by. */
static const unsigned last_resort[] = {
	A | UNIQUE,
	P | UNIQUE,
};

struct matching {
	const struct identity_match *in;
	uint32_t *ret;
	unsigned char *claimed; /* a known one */
	uint32_t *next;         /* the next known one of the same key */
	uint32_t matched;
};

static uint64_t
key_of(const struct evidence *e, unsigned way)
{
	uint64_t tuple[EVIDENCE_COUNT];
	size_t n = 0;

	for (unsigned i = 0; i < EVIDENCE_COUNT; i++) {
		if ((way & 1u << i) != 0)
			tuple[n++] = e->of[i];
	}
	/* Keyed: a provider cannot choose names that make the tables slow. */
	return hash_sip(tuple, n * sizeof(tuple[0]));
}

static _Bool
entry_fits(const struct evidence *e, unsigned way)
{
	return ((way & HAS_GUIDE) == 0 || e->of[EVIDENCE_GUIDE] != 0) &&
	    ((way & ENTRY_NO_GUIDE) == 0 || e->of[EVIDENCE_GUIDE] == 0);
}

static _Bool
known_fits(const struct evidence *e, unsigned way)
{
	return ((way & HAS_GUIDE) == 0 || e->of[EVIDENCE_GUIDE] != 0) &&
	    ((way & KNOWN_NO_GUIDE) == 0 || e->of[EVIDENCE_GUIDE] == 0);
}

/* How many have a key: of the entries; of the live channels, or if there is none of the gone. */
enum { NONE, ONE, MANY, ONE_GONE, MANY_GONE };

static int
count_entries(const struct matching *m, unsigned way, struct hash_map *counts)
{
	int rc = 0;

	for (uint32_t i = 0; i < m->in->entry_count && rc == 0; i++) {
		uint64_t key = key_of(&m->in->entries[i], way);

		rc = hash_map_put(counts, key,
		    hash_map_get(counts, key, NONE) == NONE ? ONE : MANY);
	}
	return rc;
}

static int
count_known(const struct matching *m, unsigned way, struct hash_map *counts)
{
	int rc = 0;

	for (uint32_t i = 0; i < m->in->known_count && rc == 0; i++) {
		uint64_t key = key_of(&m->in->known[i], way);
		uint32_t count = hash_map_get(counts, key, NONE);

		if (i < m->in->known_live)
			count = count == NONE ? ONE : MANY;
		else if (count == NONE || count >= ONE_GONE)
			count = count == NONE ? ONE_GONE : MANY_GONE;
		rc = hash_map_put(counts, key, count);
	}
	return rc;
}

/* The known ones that are free, in chains by key, each in its order. */
static int
chain_known(struct matching *m, unsigned way, struct hash_map *heads)
{
	int rc = 0;

	for (uint32_t i = m->in->known_count; i-- > 0 && rc == 0;) {
		uint64_t key;

		if (m->claimed[i] || !known_fits(&m->in->known[i], way))
			continue;
		key = key_of(&m->in->known[i], way);
		m->next[i] = hash_map_get(heads, key, IDENTITY_NEW);
		rc = hash_map_put(heads, key, i);
	}
	return rc;
}

static void
claim(struct matching *m, uint32_t entry, uint32_t known)
{
	m->ret[entry] = known;
	m->claimed[known] = 1;
	m->matched++;
}

struct tables {
	struct hash_map heads, entries, known;
};

static _Bool
is_unique(const struct matching *m, const struct tables *t, uint64_t key, uint32_t known)
{
	uint32_t count = hash_map_get(&t->known, key, NONE);

	return hash_map_get(&t->entries, key, NONE) == ONE &&
	    (known < m->in->known_live ? count == ONE : count == ONE_GONE);
}

static int
match_one_way(struct matching *m, unsigned way)
{
	struct tables t = { 0 };
	int rc;

	rc = chain_known(m, way, &t.heads);
	if (rc == 0 && (way & UNIQUE) != 0 && t.heads.count > 0) {
		rc = count_entries(m, way, &t.entries);
		if (rc == 0)
			rc = count_known(m, way, &t.known);
	}
	for (uint32_t i = 0; i < m->in->entry_count && rc == 0 && t.heads.count > 0; i++) {
		uint64_t key;
		uint32_t known;

		if (m->ret[i] != IDENTITY_NEW || !entry_fits(&m->in->entries[i], way))
			continue;
		key = key_of(&m->in->entries[i], way);
		known = hash_map_get(&t.heads, key, IDENTITY_NEW);
		if (known == IDENTITY_NEW || ((way & UNIQUE) != 0 && !is_unique(m, &t, key, known)))
			continue;
		claim(m, i, known);
		rc = hash_map_put(&t.heads, key, m->next[known]);
	}
	hash_map_release(&t.heads);
	hash_map_release(&t.entries);
	hash_map_release(&t.known);
	return rc;
}

static int
match_ways(struct matching *m, const unsigned *ways, size_t count)
{
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0; i++) {
		if (m->matched == m->in->entry_count || m->matched == m->in->known_count)
			break;
		rc = match_one_way(m, ways[i]);
	}
	return rc;
}

/* How many entries stand at the address of a live channel with which nothing else agrees. */
static int
count_strangers(const struct matching *m, uint32_t *ret)
{
	struct hash_map paths;
	int rc = 0;

	hash_map_init(&paths);
	for (uint32_t i = 0; i < m->in->known_live && rc == 0; i++) {
		if (!m->claimed[i])
			rc = hash_map_put(&paths, key_of(&m->in->known[i], P), 0);
	}
	for (uint32_t i = 0; i < m->in->entry_count && paths.count > 0; i++) {
		if (m->ret[i] == IDENTITY_NEW)
			*ret += hash_map_get(&paths, key_of(&m->in->entries[i], P), 1) == 0;
	}
	hash_map_release(&paths);
	return rc;
}

static int
match_all(struct matching *m)
{
	uint32_t strangers = 0, before;
	_Bool trusted;
	int rc;

	rc = match_ways(m, address_and_more, ARRAY_LEN(address_and_more));
	if (rc == 0)
		rc = count_strangers(m, &strangers);
	if (rc < 0)
		return rc;
	trusted = m->matched >= strangers;
	if (trusted)
		rc = match_ways(m, address_only, ARRAY_LEN(address_only));
	before = m->matched;
	if (rc == 0)
		rc = match_ways(m, names, ARRAY_LEN(names));
	/* Where names found most of the strangers again, the addresses were dealt out anew. */
	if (rc == 0 && (trusted || (m->matched - before) * 2 < strangers))
		rc = match_ways(m, last_resort, ARRAY_LEN(last_resort));
	return rc;
}

int
identity_match(const struct identity_match *m, uint32_t *ret)
{
	struct matching state = { .in = m, .ret = ret };
	int rc = -ENOMEM;

	for (uint32_t i = 0; i < m->entry_count; i++)
		ret[i] = IDENTITY_NEW;
	if (m->entry_count == 0 || m->known_count == 0)
		return 0;
	state.claimed = calloc(m->known_count, sizeof(*state.claimed));
	state.next = calloc(m->known_count, sizeof(*state.next));
	if (state.claimed != NULL && state.next != NULL)
		rc = match_all(&state);
	free(state.claimed);
	free(state.next);
	return rc;
}
