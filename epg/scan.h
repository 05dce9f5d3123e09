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
typedef unsigned char scan_unsigned __attribute__((vector_size(16)));

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

/*
 * Are the bytes of a vector that are no ASCII, a bit each, whole characters of two bytes from
 * U+00C0 on, or of three from U+1000 to U+CFFF? Most of them by far are. *expected: bytes of
 * the vector that the last character of the one before needs.
 */
static inline _Bool
scan_is_usual(scan_bytes b, unsigned foreign, unsigned *expected)
{
	unsigned more = scan_mask((scan_bytes)((scan_signed)b < (signed char)0xc0)) & foreign;
	unsigned two = scan_mask((scan_bytes)((scan_signed)b < (signed char)0xe0) &
			   (scan_bytes)((scan_signed)b > (signed char)0xc2)) &
	    foreign;
	unsigned three = scan_mask((scan_bytes)((scan_signed)b < (signed char)0xed) &
			     (scan_bytes)((scan_signed)b > (signed char)0xe0)) &
	    foreign;
	unsigned follow = *expected | two << 1 | three << 1 | three << 2;

	*expected = follow >> SCAN_WIDTH;
	return foreign == (more | two | three) && more == (follow & 0xffff);
}

/*
 * The first `stop`, `end` when there is none. *plain: what is before it is UTF-8 that needs no
 * look to be copied or written, not between quotes either: no < > & ", no control character,
 * no two blanks in a row, none at the ends. Some of what is plain is not seen to be: rare
 * characters, and all near the end, where less than a vector is left.
 */
static inline const char *
scan_plain(const char *p, const char *end, char stop, _Bool *plain)
{
	const char *from = p;
	unsigned expected = 0;

	*plain = 1;
	for (; end - p > SCAN_WIDTH; p += SCAN_WIDTH) {
		scan_bytes b = scan_load(p), next = scan_load(p + 1);
		unsigned stops = scan_mask((scan_bytes)(b == stop));
		unsigned before = (stops - 1) & ~stops, foreign = scan_mask(b) & before, odd;

		odd = scan_mask((scan_bytes)((scan_unsigned)b < ' ') | (scan_bytes)(b == 0x7f) |
		    (scan_bytes)((b | 2) == '>') | (scan_bytes)((b | 4) == '&') |
		    ((scan_bytes)(b == ' ') & (scan_bytes)(next == ' ')));
		if ((odd & before) != 0 ||
		    ((foreign | expected) != 0 && !scan_is_usual(b, foreign, &expected)))
			*plain = 0;
		if (stops == 0)
			continue;
		p += __builtin_ctz(stops);
		*plain = *plain && (p == from || (*from != ' ' && p[-1] != ' '));
		return p;
	}
	*plain = 0;
	return scan_for(p, end, stop);
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

/* How many line feeds there are. */
static inline size_t
scan_lines(const char *p, const char *end)
{
	size_t lines = 0;

	while (end - p >= SCAN_WIDTH) {
		scan_unsigned count = { 0 };

		/* A byte of `count` holds 255 at most. */
		for (int i = 0; i < 62 && end - p >= SCAN_BLOCK; i++, p += SCAN_BLOCK) {
			struct scan_block b = scan_load_block(p);

			for (int k = 0; k < 4; k++)
				count -= (scan_unsigned)(b.part[k] == '\n');
		}
		for (int i = 0; i < 4 && end - p >= SCAN_WIDTH; i++, p += SCAN_WIDTH)
			count -= (scan_unsigned)(scan_load(p) == '\n');
		for (size_t i = 0; i < sizeof(count); i++)
			lines += count[i];
	}
	for (; p < end; p++)
		lines += *p == '\n';
	return lines;
}

#endif
