/*
 * Ids and numbers. What a channel has it keeps; a gone channel's are not given
 * to another, unless the playlist itself asks for that number.
 */
#include <errno.h>

#include "base/err.h"
#include "base/hash.h"
#include "playlist/catalogue.h"
#include "playlist/lineup.h"
#include "playlist/lineup_number.h"
#include "playlist/lineup_parts.h"

enum { FREE, RESERVED, TAKEN };

struct assignment {
	struct lineup_plan *plan;
	struct hash_map ids, numbers; /* FREE, RESERVED (by a gone channel) or TAKEN */
};

/* Keyed: whoever writes a playlist cannot choose numbers that make the tables slow. */
static uint64_t
key_of(uint64_t value)
{
	return hash_sip(&value, sizeof(value));
}

static uint32_t
state_of(const struct hash_map *map, uint64_t value)
{
	return hash_map_get(map, key_of(value), FREE);
}

/* Takes the value if nobody has it; else forgets it. 0 or -ENOMEM. */
static int
keep(struct hash_map *map, uint64_t *value)
{
	if (*value == 0)
		return 0;
	if (state_of(map, *value) != TAKEN)
		return hash_map_put(map, key_of(*value), TAKEN);
	*value = 0;
	return 0;
}

static int
reserve(struct hash_map *map, uint64_t value)
{
	return state_of(map, value) == FREE ? hash_map_put(map, key_of(value), RESERVED) : 0;
}

/*
 * What is there already, either of channels that stayed or of those that are back.
 * A file that holds something twice is not trusted with the second.
 */
static int
take_given(struct assignment *a, _Bool returned)
{
	int rc = 0;

	for (uint32_t i = 0; i < a->plan->count && rc == 0; i++) {
		struct lineup_draft *d = &a->plan->drafts[i];

		if (d->returned != returned)
			continue;
		if (!lineup_number_is_valid(d->number))
			d->number = 0;
		rc = keep(&a->ids, &d->id);
		if (rc == 0)
			rc = keep(&a->numbers, &d->number);
	}
	return rc;
}

static int
reserve_gone(struct assignment *a)
{
	int rc = 0;

	for (uint32_t i = 0; i < a->plan->gone_count && rc == 0; i++) {
		rc = reserve(&a->ids, a->plan->gone[i].id);
		if (rc == 0)
			rc = reserve(&a->numbers, a->plan->gone[i].number);
	}
	return rc;
}

/* -- ids --------------------------------------------------------------------- */

/* How many entries of the draft's source have its path. */
static int
count_paths(const struct lineup_plan *plan, struct hash_map *counts)
{
	int rc = 0;

	for (uint32_t i = 0; i < plan->count && rc == 0; i++) {
		const struct lineup_draft *d = &plan->drafts[i];
		uint64_t key = key_of(
		    plan->source_hashes[d->source] ^ d->evidence.of[EVIDENCE_PATH]);

		rc = hash_map_put(counts, key, hash_map_get(counts, key, 0) + 1);
	}
	return rc;
}

/* What give_id needs besides the ids that there are. */
struct evidence_use {
	struct hash_map paths; /* entries of a source with one path */
	struct hash_map
	    tries; /* ids made so far from one evidence: true doubles go on from there */
};

/*
 * The id of a new channel comes from its evidence, so that it is the same when
 * all snapshots were lost: from the path if that says enough, else from the
 * names too, and for true doubles from their order.
 */
static int
give_id(struct assignment *a, struct lineup_draft *d, struct evidence_use *use)
{
	uint64_t source = a->plan->source_hashes[d->source];
	const uint64_t *of = d->evidence.of;
	uint64_t path = hash_fnv(source, &of[EVIDENCE_PATH], sizeof(*of)), full, id = path, n;
	int rc;

	full = hash_fnv(path, &of[EVIDENCE_GUIDE], 3 * sizeof(*of));
	if (hash_map_get(&use->paths, key_of(source ^ of[EVIDENCE_PATH]), 0) > 1)
		id = full;
	n = hash_map_get(&use->tries, key_of(full), 0);
	for (; id == 0 || state_of(&a->ids, id) != FREE; n++)
		id = n == 0 ? full : hash_fnv(full, &n, sizeof(n));
	d->id = id;
	rc = hash_map_put(&a->ids, key_of(id), TAKEN);
	return rc < 0 || n == 0 ? rc : hash_map_put(&use->tries, key_of(full), (uint32_t)n);
}

static int
give_ids(struct assignment *a)
{
	struct evidence_use use;
	int rc;

	hash_map_init(&use.paths);
	hash_map_init(&use.tries);
	rc = count_paths(a->plan, &use.paths);
	for (uint32_t i = 0; i < a->plan->count && rc == 0; i++) {
		if (a->plan->drafts[i].id == 0)
			rc = give_id(a, &a->plan->drafts[i], &use);
	}
	hash_map_release(&use.paths);
	hash_map_release(&use.tries);
	return rc;
}

/* -- numbers ----------------------------------------------------------------- */

static int
give_wanted_numbers(struct assignment *a)
{
	int rc = 0;

	for (uint32_t i = 0; i < a->plan->count && rc == 0; i++) {
		struct lineup_draft *d = &a->plan->drafts[i];
		struct catalogue_entry e;

		if (d->number != 0)
			continue;
		catalogue_get(a->plan->sources[d->source].catalogue, d->entry, &e);
		d->number = lineup_number_read(e.chno);
		rc = keep(&a->numbers, &d->number);
	}
	return rc;
}

static int
fill_numbers(struct assignment *a)
{
	uint32_t major = 1;
	int rc = 0;

	for (uint32_t i = 0; i < a->plan->count && rc == 0; i++) {
		struct lineup_draft *d = &a->plan->drafts[i];

		if (d->number != 0)
			continue;
		while (state_of(&a->numbers, lineup_number(major, 0)) != FREE)
			major++;
		d->number = lineup_number(major, 0);
		rc = hash_map_put(&a->numbers, key_of(d->number), TAKEN);
	}
	return rc;
}

int
lineup_assign(struct lineup_plan *plan, struct err *err)
{
	struct assignment a = { .plan = plan };
	int rc;

	rc = take_given(&a, 0);
	/* A number that went to another in the meantime stays with that one. */
	if (rc == 0)
		rc = take_given(&a, 1);
	if (rc == 0)
		rc = reserve_gone(&a);
	if (rc == 0)
		rc = give_ids(&a);
	if (rc == 0)
		rc = give_wanted_numbers(&a);
	if (rc == 0)
		rc = fill_numbers(&a);
	hash_map_release(&a.ids);
	hash_map_release(&a.numbers);
	return rc < 0 ? err_set(err, -rc, "out of memory") : 0;
}
