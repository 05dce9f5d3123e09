/*
 * What `masthead guide` says of its sources and of the guide, for people and as JSON. For
 * cmd_guide.c alone.
 */
#ifndef GATEWAY_CMD_GUIDE_FACTS_H
#define GATEWAY_CMD_GUIDE_FACTS_H

#include <stddef.h>
#include <stdint.h>

struct err;

/* What the workers found: the keys of epg/workers.h that people ask for. */
struct fact {
	const char *key;
	uint64_t value;
};
struct facts {
	char *name; /* of the source, as people may see it; owned; NULL: the merged guide */
	struct fact of[12];
};

/* What there is to be known of each, all 0. */
extern const struct facts facts_of_source, facts_of_guide;

/* A worker's result; `arg` is a struct facts. */
void facts_on_result(void *arg, const char *key, uint64_t value);
/*
 * -ENODATA with where to look: the guide has no programme. `days` and `wanted` are what was asked
 * for, or NULL.
 */
int facts_check(const struct facts *guide, const struct facts *sources, size_t count,
    const char *days, const char *wanted, struct err *err);
/* On stdout. */
void facts_print_json(const struct facts *guide, const struct facts *sources, size_t count);
/* On stderr, a line each. */
void facts_print_summary(const struct facts *guide, const struct facts *sources, size_t count);

#endif
