/*
 * Looks for bytes in a text, 16 or 64 at a time: guides are short ways from mark to mark, and
 * memchr's call costs more than most of them are long.
 *
 * Vectors are the compiler's own (GNU C), so every machine takes the same way.
 */
#ifndef EPG_SCAN_H
#define EPG_SCAN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

typedef char scan_bytes __attribute__((vector_size(16)));
typedef signed char scan_signed __attribute__((vector_size(16)));

#define SCAN_WIDTH ((ptrdiff_t)sizeof(scan_bytes))
#define SCAN_BLOCK 64

static inline scan_bytes
scan_load(const char *p)
{
	scan_bytes bytes;

	memcpy(&bytes, p, sizeof(bytes));
	return bytes;
}

/* Of bytes that are all 0 or 0xff, a bit each; the first is the lowest. */
static inline unsigned
scan_mask(scan_bytes found)
{
#ifdef __SSE2__
	return (unsigned)_mm_movemask_epi8((__m128i)found);
#else
	uint64_t half[2];
	unsigned mask = 0;

	memcpy(half, &found, sizeof(half));
	for (int i = 0; i < 2; i++) {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
		half[i] = __builtin_bswap64(half[i]);
#endif
		/* Moves the eight top bits side by side into the highest byte. */
		half[i] = (half[i] & 0x8080808080808080) * 0x0002040810204081;
		mask |= (unsigned)(half[i] >> 56) << (8 * i);
	}
	return mask;
#endif
}

/* The bytes that a text must be looked at for: & ] and all but printable ASCII, tab, CR, LF. */
static inline scan_bytes
scan_unplain_bytes(scan_bytes b)
{
	/* Signed: what is not ASCII is below 0. */
	scan_bytes low = (scan_bytes)((scan_signed)b < ' ');

	return (scan_bytes)(b == '&') | (scan_bytes)(b == ']') |
	    (low & ~((scan_bytes)(b == '\n') | (scan_bytes)(b == '\r') | (scan_bytes)(b == '\t')));
}

/* The first such byte, `end` when there is none. */
static inline const char *
scan_for(const char *p, const char *end, char c)
{
	for (; end - p >= SCAN_WIDTH; p += SCAN_WIDTH) {
		unsigned mask = scan_mask((scan_bytes)(scan_load(p) == c));

		if (mask != 0)
			return p + __builtin_ctz(mask);
	}
	while (p < end && *p != c)
		p++;
	return p;
}

static inline const char *
scan_for_two(const char *p, const char *end, char a, char b)
{
	for (; end - p >= SCAN_WIDTH; p += SCAN_WIDTH) {
		scan_bytes bytes = scan_load(p);
		unsigned mask = scan_mask((scan_bytes)(bytes == a) | (scan_bytes)(bytes == b));

		if (mask != 0)
			return p + __builtin_ctz(mask);
	}
	while (p < end && *p != a && *p != b)
		p++;
	return p;
}

static inline const char *
scan_for_unplain(const char *p, const char *end)
{
	char tail[sizeof(scan_bytes)];

	for (; end - p >= SCAN_WIDTH; p += SCAN_WIDTH) {
		unsigned mask = scan_mask(scan_unplain_bytes(scan_load(p)));

		if (mask != 0)
			return p + __builtin_ctz(mask);
	}
	/* '&' ends the tail, and is behind the end or at it. */
	memset(tail, '&', sizeof(tail));
	memcpy(tail, p, (size_t)(end - p));
	return p + __builtin_ctz(scan_mask(scan_unplain_bytes(scan_load(tail))));
}

/* What decides in a tag: < > " ' */
static inline const char *
scan_tag(const char *p, const char *end)
{
	for (; end - p >= SCAN_WIDTH; p += SCAN_WIDTH) {
		scan_bytes b = scan_load(p);
		unsigned mask = scan_mask((scan_bytes)(b == '<') | (scan_bytes)(b == '>') |
		    (scan_bytes)(b == '"') | (scan_bytes)(b == '\''));

		if (mask != 0)
			return p + __builtin_ctz(mask);
	}
	while (p < end && *p != '<' && *p != '>' && *p != '"' && *p != '\'')
		p++;
	return p;
}

/* -- blocks of 64 ---------------------------------------------------------------- */

struct scan_block {
	scan_bytes part[4];
};

static inline struct scan_block
scan_load_block(const char *p)
{
	return (struct scan_block){ { scan_load(p), scan_load(p + 16), scan_load(p + 32),
	    scan_load(p + 48) } };
}

static inline uint64_t
scan_block_for(const struct scan_block *b, char c)
{
	return scan_mask((scan_bytes)(b->part[0] == c)) |
	    (uint64_t)scan_mask((scan_bytes)(b->part[1] == c)) << 16 |
	    (uint64_t)scan_mask((scan_bytes)(b->part[2] == c)) << 32 |
	    (uint64_t)scan_mask((scan_bytes)(b->part[3] == c)) << 48;
}

/* Those that are less, as signed bytes: what is not ASCII is below 0. */
static inline uint64_t
scan_block_below(const struct scan_block *b, signed char c)
{
	return scan_mask((scan_bytes)((scan_signed)b->part[0] < c)) |
	    (uint64_t)scan_mask((scan_bytes)((scan_signed)b->part[1] < c)) << 16 |
	    (uint64_t)scan_mask((scan_bytes)((scan_signed)b->part[2] < c)) << 32 |
	    (uint64_t)scan_mask((scan_bytes)((scan_signed)b->part[3] < c)) << 48;
}

static inline uint64_t
scan_block_unplain(const struct scan_block *b)
{
	scan_bytes found[4] = { scan_unplain_bytes(b->part[0]), scan_unplain_bytes(b->part[1]),
		scan_unplain_bytes(b->part[2]), scan_unplain_bytes(b->part[3]) };

	if (scan_mask(found[0] | found[1] | found[2] | found[3]) == 0)
		return 0;
	return scan_mask(found[0]) | (uint64_t)scan_mask(found[1]) << 16 |
	    (uint64_t)scan_mask(found[2]) << 32 | (uint64_t)scan_mask(found[3]) << 48;
}

/* How many line feeds there are. */
static inline size_t
scan_lines(const char *p, const char *end)
{
	size_t lines = 0;

	while (end - p >= SCAN_WIDTH) {
		scan_bytes count = { 0 };

		/* A byte of `count` holds 255 at most. */
		for (int i = 0; i < 62 && end - p >= SCAN_BLOCK; i++, p += SCAN_BLOCK) {
			struct scan_block b = scan_load_block(p);

			count -= (scan_bytes)(b.part[0] == '\n') + (scan_bytes)(b.part[1] == '\n') +
			    (scan_bytes)(b.part[2] == '\n') + (scan_bytes)(b.part[3] == '\n');
		}
		for (int i = 0; i < 4 && end - p >= SCAN_WIDTH; i++, p += SCAN_WIDTH)
			count -= (scan_bytes)(scan_load(p) == '\n');
		for (size_t i = 0; i < sizeof(count); i++)
			lines += (unsigned char)count[i];
	}
	for (; p < end; p++)
		lines += *p == '\n';
	return lines;
}

#endif
