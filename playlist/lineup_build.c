#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "playlist/catalogue.h"
#include "playlist/lineup.h"
#include "playlist/lineup_parts.h"

#define DAY_S 86400

struct build {
	struct lineup_plan plan;
	const struct lineup *previous; /* NULL: none */
	uint32_t known_count;          /* of `previous` */
	unsigned char *claimed;        /* a known one */
	struct lineup_result result;
};

/* -- the entries ------------------------------------------------------------- */

static int
make_drafts(struct build *b, struct err *err)
{
	struct lineup_plan *plan = &b->plan;
	uint64_t count = 0;

	for (size_t i = 0; i < plan->source_count; i++)
		count += catalogue_count(plan->sources[i].catalogue);
	if (count > LINEUP_CHANNELS_MAX) {
		err_set(err, EFBIG, "more than %d entries in all playlists", LINEUP_CHANNELS_MAX);
		return -EFBIG;
	}
	plan->drafts = calloc(count + 1, sizeof(*plan->drafts));
	plan->source_hashes = calloc(plan->source_count + 1, sizeof(*plan->source_hashes));
	if (plan->drafts == NULL || plan->source_hashes == NULL) {
		err_set(err, ENOMEM, "out of memory");
		return -ENOMEM;
	}
	for (size_t i = 0; i < plan->source_count; i++) {
		const struct lineup_source *source = &plan->sources[i];

		plan->source_hashes[i] = hash_fnv(HASH_FNV_INIT, source->name,
		    strlen(source->name));
		for (uint32_t k = 0; k < catalogue_count(source->catalogue); k++) {
			struct lineup_draft *d = &plan->drafts[plan->count++];
			struct catalogue_entry e;

			catalogue_get(source->catalogue, k, &e);
			d->source = (uint32_t)i;
			d->entry = k;
			identity_evidence(&d->evidence, e.url, e.tvg_id, e.name, e.group);
		}
	}
	return 0;
}

/* -- what they were ---------------------------------------------------------- */

struct selection {
	struct evidence *entries, *known;
	uint32_t *known_places, *matches;
};

/* Adds the known ones of a source that are live, or those that are not. */
static uint32_t
select_known(const struct build *b, uint64_t source, _Bool live, struct selection *s,
    uint32_t count)
{
	for (uint32_t i = 0; i < b->known_count; i++) {
		struct lineup_known known;

		lineup_known_get(b->previous, i, &known);
		if (known.source != source || (known.live != 0) != live)
			continue;
		s->known[count] = known.evidence;
		s->known_places[count++] = i;
	}
	return count;
}

/* Gives the drafts of one source the ids and numbers of what they were. */
static void
take_over(struct build *b, struct lineup_draft *drafts, uint32_t count, const struct selection *s)
{
	for (uint32_t i = 0; i < count; i++) {
		struct lineup_known known;

		if (s->matches[i] == IDENTITY_NEW)
			continue;
		lineup_known_get(b->previous, s->known_places[s->matches[i]], &known);
		drafts[i].id = known.id;
		drafts[i].number = known.number;
		drafts[i].returned = known.live == 0;
		b->claimed[s->known_places[s->matches[i]]] = 1;
		b->result.kept++;
	}
}

static int
match_source(struct build *b, uint32_t first, uint32_t count, uint64_t source,
    const struct selection *s)
{
	struct identity_match in = { .entries = s->entries,
		.entry_count = count,
		.known = s->known };
	struct selection own = *s;
	int rc;

	in.known_live = select_known(b, source, 1, &own, 0);
	in.known_count = select_known(b, source, 0, &own, in.known_live);
	for (uint32_t i = 0; i < count; i++)
		own.entries[i] = b->plan.drafts[first + i].evidence;
	rc = identity_match(&in, own.matches);
	if (rc == 0)
		take_over(b, b->plan.drafts + first, count, &own);
	return rc;
}

static int
match_all(struct build *b, struct err *err)
{
	struct lineup_plan *plan = &b->plan;
	struct selection s = {
		.entries = calloc(plan->count + 1, sizeof(*s.entries)),
		.known = calloc(b->known_count + 1, sizeof(*s.known)),
		.known_places = calloc(b->known_count + 1, sizeof(*s.known_places)),
		.matches = calloc(plan->count + 1, sizeof(*s.matches)),
	};
	uint32_t first = 0;
	int rc = 0;

	b->claimed = calloc(b->known_count + 1, sizeof(*b->claimed));
	if (s.entries == NULL || s.known == NULL || s.known_places == NULL || s.matches == NULL ||
	    b->claimed == NULL)
		rc = -ENOMEM;
	for (size_t i = 0; i < plan->source_count && rc == 0; i++) {
		uint32_t count = catalogue_count(plan->sources[i].catalogue);

		rc = match_source(b, first, count, plan->source_hashes[i], &s);
		first += count;
	}
	free(s.entries);
	free(s.known);
	free(s.known_places);
	free(s.matches);
	return rc < 0 ? err_set(err, -rc, "out of memory") : 0;
}

/* -- what is gone ------------------------------------------------------------ */

static int
newest_first(const void *a, const void *b)
{
	const struct lineup_known *x = a, *y = b;

	if (x->seen != y->seen)
		return x->seen < y->seen ? 1 : -1;
	return (x->id > y->id) - (x->id < y->id);
}

static int
remember_gone(struct build *b, struct err *err)
{
	struct lineup_plan *plan = &b->plan;

	plan->gone = calloc(b->known_count + 1, sizeof(*plan->gone));
	if (plan->gone == NULL)
		return err_set(err, ENOMEM, "out of memory");
	for (uint32_t i = 0; i < b->known_count; i++) {
		struct lineup_known *known = &plan->gone[plan->gone_count];

		if (b->claimed[i])
			continue;
		lineup_known_get(b->previous, i, known);
		if (known->live != 0) {
			b->result.gone++;
			known->seen = plan->now;
		}
		known->live = 0;
		if (known->seen > plan->now - (int64_t)LINEUP_GONE_DAYS * DAY_S)
			plan->gone_count++;
	}
	qsort(plan->gone, plan->gone_count, sizeof(*plan->gone), newest_first);
	if (plan->gone_count > LINEUP_GONE_MAX)
		plan->gone_count = LINEUP_GONE_MAX;
	return 0;
}

int
lineup_build(int fd, const struct lineup_source *sources, size_t count,
    const struct lineup *previous, int64_t now, struct lineup_result *ret, struct err *err)
{
	struct build b = {
		.plan = { .sources = sources, .source_count = count, .now = now },
		.previous = previous,
		.known_count = previous == NULL ? 0 : lineup_known_count(previous),
	};
	int rc;

	rc = make_drafts(&b, err);
	if (rc == 0)
		rc = match_all(&b, err);
	if (rc == 0)
		rc = remember_gone(&b, err);
	if (rc == 0)
		rc = lineup_assign(&b.plan, err);
	if (rc == 0)
		rc = lineup_write(fd, &b.plan, err);
	if (rc == 0) {
		b.result.channels = b.plan.count;
		b.result.added = b.plan.count - b.result.kept;
		*ret = b.result;
	}
	free(b.plan.drafts);
	free(b.plan.source_hashes);
	free(b.plan.gone);
	free(b.claimed);
	return rc;
}
