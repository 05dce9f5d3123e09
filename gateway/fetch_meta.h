/*
 * What is known of the last good fetch: PATH.meta beside the cached file, a few
 * lines "key value". It is ours, yet a torn or strange one only means that the
 * next fetch asks for everything; so it is saved without waiting for the disk.
 */
#ifndef GATEWAY_FETCH_META_H
#define GATEWAY_FETCH_META_H

#include <stdint.h>

struct err;

/* What the owner found in the content; all but `made` is only kept for it. */
struct fetch_found {
	uint64_t entries, channels, kept, last;
	uint64_t cut;    /* 1: it breaks off */
	uint64_t made;   /* which file the owner made of it; 0: unknown */
	uint64_t recipe; /* and how */
};

#define FETCH_VALIDATOR_SIZE 256 /* longer ones are not kept */

struct fetch_meta {
	_Bool valid;          /* the cached file is there and is what this describes */
	uint64_t source;      /* hash of the URL that it came from, which may hold secrets */
	uint64_t bytes, hash; /* of the content; hash_fnv */
	struct fetch_found found;
	char etag[FETCH_VALIDATOR_SIZE], modified[FETCH_VALIDATOR_SIZE];
};

/* meta->valid tells whether there is a last good fetch of that URL. */
void fetch_meta_load(struct fetch_meta *meta, const char *path, const char *url);
int fetch_meta_save(const struct fetch_meta *meta, const char *path, struct err *err);
void fetch_meta_remove(const char *path);

#endif
