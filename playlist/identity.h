/*
 * Is this entry the same thing as that channel of the last time? Providers
 * reorder their lists, rotate tokens, accounts and hosts in addresses, rename,
 * move between groups, and give one guide id to an HD, an SD and a backup copy.
 * No single field is an identity; several that agree are.
 *
 * The evidence of an entry is a hash of each of the things below. Matching goes
 * from the strongest combination to the weakest; each channel is claimed at most
 * once; among equals the first entry gets the first channel. The address alone
 * counts only where it can be trusted: when most addresses now stand for
 * something else than before, the provider has renumbered its streams, and names
 * and guide ids go first.
 */
#ifndef PLAYLIST_IDENTITY_H
#define PLAYLIST_IDENTITY_H

#include <stdint.h>

enum {
	EVIDENCE_URL,     /* the address as it is */
	EVIDENCE_ADDRESS, /* host, path and query without account and tokens */
	EVIDENCE_PATH,    /* that without the host; of an Xtream address kind and stream number */
	EVIDENCE_GUIDE,   /* tvg-id; 0: none */
	EVIDENCE_NAME,
	EVIDENCE_GROUP,
	EVIDENCE_COUNT
};

/* The same for ever on every machine: it is kept in files. */
struct evidence {
	uint64_t of[EVIDENCE_COUNT];
};

void identity_evidence(struct evidence *ret, const char *url, const char *tvg_id, const char *name,
    const char *group);

#define IDENTITY_NEW (UINT32_MAX - 1)

/* What is matched: all of one source. */
struct identity_match {
	const struct evidence *entries; /* in playlist order */
	uint32_t entry_count;
	/* The channels of the last time in playlist order, then the gone ones, newest first. */
	const struct evidence *known;
	uint32_t known_count, known_live;
};
/* Sets ret[i] to the place in `known` that entry i is, or IDENTITY_NEW. 0 or -ENOMEM. */
int identity_match(const struct identity_match *m, uint32_t *ret);

#endif
