/*
 * The first of a few bytes in a text, for the short ways from mark to mark that guides are
 * made of: memchr's call costs more than most of them are long.
 */
#ifndef EPG_SCAN_H
#define EPG_SCAN_H

#include <stddef.h>
#include <stdint.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#ifdef __SSE2__
#define SCAN_WIDTH 16 /* bytes looked at together */

static inline __m128i
scan_load(const char *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static inline __m128i
scan_equal(__m128i bytes, char c)
{
	return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c));
}

static inline unsigned
scan_mask(__m128i found)
{
	return (unsigned)_mm_movemask_epi8(found);
}
#endif

/* All of these: end when there is none. */
static inline const char *
scan_for(const char *p, const char *end, char c)
{
#ifdef __SSE2__
	for (; end - p >= SCAN_WIDTH; p += SCAN_WIDTH) {
		unsigned mask = scan_mask(scan_equal(scan_load(p), c));

		if (mask != 0)
			return p + __builtin_ctz(mask);
	}
#endif
	while (p < end && *p != c)
		p++;
	return p;
}

static inline const char *
scan_for_two(const char *p, const char *end, char a, char b)
{
#ifdef __SSE2__
	for (; end - p >= SCAN_WIDTH; p += SCAN_WIDTH) {
		__m128i bytes = scan_load(p);
		unsigned mask = scan_mask(_mm_or_si128(scan_equal(bytes, a), scan_equal(bytes, b)));

		if (mask != 0)
			return p + __builtin_ctz(mask);
	}
#endif
	while (p < end && *p != a && *p != b)
		p++;
	return p;
}

/* What decides in a tag: < > " ' */
static inline const char *
scan_tag(const char *p, const char *end)
{
#ifdef __SSE2__
	for (; end - p >= SCAN_WIDTH; p += SCAN_WIDTH) {
		__m128i bytes = scan_load(p);
		__m128i angles = _mm_or_si128(scan_equal(bytes, '<'), scan_equal(bytes, '>'));
		__m128i quotes = _mm_or_si128(scan_equal(bytes, '"'), scan_equal(bytes, '\''));
		unsigned mask = scan_mask(_mm_or_si128(angles, quotes));

		if (mask != 0)
			return p + __builtin_ctz(mask);
	}
#endif
	while (p < end && *p != '<' && *p != '>' && *p != '"' && *p != '\'')
		p++;
	return p;
}

/* What a text must be looked at for: & ] and all that is not printable ASCII but tab, CR, LF. */
static inline const char *
scan_unplain(const char *p, const char *end)
{
#ifdef __SSE2__
	for (; end - p >= SCAN_WIDTH; p += SCAN_WIDTH) {
		__m128i bytes = scan_load(p);
		__m128i marks = _mm_or_si128(scan_equal(bytes, '&'), scan_equal(bytes, ']'));
		__m128i blanks = _mm_or_si128(scan_equal(bytes, '\n'),
		    _mm_or_si128(scan_equal(bytes, '\r'), scan_equal(bytes, '\t')));
		/* Signed: what is not ASCII is below 0. */
		__m128i low = _mm_andnot_si128(blanks, _mm_cmplt_epi8(bytes, _mm_set1_epi8(' ')));
		unsigned mask = scan_mask(_mm_or_si128(marks, low));

		if (mask != 0)
			return p + __builtin_ctz(mask);
	}
#endif
	for (; p < end; p++) {
		if (*p == '&' || *p == ']' || (signed char)*p < 0)
			return p;
		if (*p < ' ' && *p != '\n' && *p != '\r' && *p != '\t')
			return p;
	}
	return end;
}

/* How many line feeds there are. */
static inline size_t
scan_lines(const char *p, const char *end)
{
	size_t lines = 0;

#ifdef __SSE2__
	while (end - p >= SCAN_WIDTH) {
		__m128i count = _mm_setzero_si128(), sum;

		/* A byte of `count` holds 255 at most. */
		for (int i = 0; i < 255 && end - p >= SCAN_WIDTH; i++, p += SCAN_WIDTH)
			count = _mm_sub_epi8(count, scan_equal(scan_load(p), '\n'));
		sum = _mm_sad_epu8(count, _mm_setzero_si128());
		lines += (size_t)_mm_cvtsi128_si32(sum) +
		    (size_t)_mm_cvtsi128_si32(_mm_srli_si128(sum, 8));
	}
#endif
	for (; p < end; p++)
		lines += *p == '\n';
	return lines;
}

#endif
