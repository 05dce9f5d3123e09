/*
 * Sixteen bytes at a time, with the compiler's vectors: what the passes over all of a
 * guide's text are made of.
 */
#ifndef EPG_BYTES_H
#define EPG_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define BYTES_STEP 16

typedef uint8_t bytes __attribute__((vector_size(BYTES_STEP)));

static inline bytes
bytes_at(const char *p)
{
	bytes v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* Whether a comparison held for any of the bytes. */
static inline _Bool
bytes_any(bytes mask)
{
	uint64_t half[2];

	memcpy(half, &mask, sizeof(half));
	return (half[0] | half[1]) != 0;
}

#endif
