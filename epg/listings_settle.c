#include <string.h>

#include "epg/listings.h"
#include "epg/listings_format.h"
#include "epg/listings_parts.h"

#define HOUR  3600
#define SMALL 24 /* rows that are sorted by insertion */

/* -- sorting ------------------------------------------------------------------- */

static inline uint64_t
key(const struct listings_draft *row)
{
	return (uint64_t)row->group << 32 | row->start;
}

static void
sort_small(struct listings_draft *rows, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct listings_draft row = rows[i];
		size_t k = i;

		for (; k > 0 && key(&rows[k - 1]) > key(&row); k--)
			rows[k] = rows[k - 1];
		rows[k] = row;
	}
}

/*
 * By one byte of the key, each row straight to its place: McIlroy, Bostic and McIlroy,
 * "Engineering Radix Sort" (1993), the American flag. ends[b]: behind the rows of byte b.
 */
static void
sort_by_byte(struct listings_draft *rows, size_t count, unsigned shift, size_t ends[256])
{
	size_t next[256] = { 0 }, at = 0;

	for (size_t i = 0; i < count; i++)
		next[key(&rows[i]) >> shift & 0xff]++;
	for (unsigned b = 0; b < 256; b++) {
		size_t n = next[b];

		next[b] = at;
		at += n;
		ends[b] = at;
	}
	for (unsigned b = 0; b < 256; b++) {
		while (next[b] < ends[b]) {
			struct listings_draft row = rows[next[b]], other;
			unsigned to;

			while ((to = key(&row) >> shift & 0xff) != b) {
				other = rows[next[to]];
				rows[next[to]++] = row;
				row = other;
			}
			rows[next[b]++] = row;
		}
	}
}

void
listings_sort(struct listings_draft *rows, size_t count)
{
	size_t ends[256], first = 0;
	uint64_t differs = 0;
	_Bool sorted = 1;

	for (size_t i = 1; i < count; i++) {
		differs |= key(&rows[i]) ^ key(&rows[0]);
		sorted = sorted && key(&rows[i - 1]) <= key(&rows[i]);
	}
	if (sorted)
		return;
	if (count <= SMALL) {
		sort_small(rows, count);
		return;
	}
	/* The rows agree above that byte, so at most eight calls stand on each other. */
	sort_by_byte(rows, count, (63u - (unsigned)__builtin_clzll(differs)) & ~7u, ends);
	for (unsigned b = 0; b < 256; b++) {
		listings_sort(rows + first, ends[b] - first);
		first = ends[b];
	}
}

/* -- settling ------------------------------------------------------------------ */

_Bool
listings_draft_times(struct listings_draft *row, int64_t start, int64_t stop, int64_t length)
{
	if (start <= 0 || start >= LISTINGS_TIME_MAX)
		return 0;
	row->start = (uint32_t)start;
	if (stop > start && stop - start <= LISTINGS_DAY) {
		row->stop = (uint32_t)stop;
		return 1;
	}
	row->stop = length > 0 && length <= LISTINGS_DAY ? (uint32_t)length : 0;
	row->size |= LISTINGS_DRAFT_LENGTH;
	return 1;
}

static inline uint32_t
record_size(const struct listings_draft *row)
{
	return row->size & ~LISTINGS_DRAFT_LENGTH;
}

/* next: the start of the next one; 0: it is the last. */
static void
settle_stop(struct listings_draft *row, uint32_t next, struct listings_counts *counts)
{
	if ((row->size & LISTINGS_DRAFT_LENGTH) != 0) {
		row->size = record_size(row);
		if (next != 0 && next - row->start <= LISTINGS_GAP_S)
			row->stop = next;
		else
			row->stop = row->start + (row->stop > 0 ? row->stop : HOUR);
	}
	if (next != 0 && row->stop > next) {
		row->stop = next;
		counts->clipped++;
	}
}

size_t
listings_settle(struct listings_draft *rows, size_t count, struct listings_counts *counts)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (kept == 0 || rows[kept - 1].start != rows[i].start) {
			rows[kept++] = rows[i];
			continue;
		}
		counts->duplicates++;
		if (record_size(&rows[i]) > record_size(&rows[kept - 1]))
			rows[kept - 1] = rows[i];
	}
	for (size_t i = 0; i < kept; i++)
		settle_stop(&rows[i], i + 1 < kept ? rows[i + 1].start : 0, counts);
	if (kept == 0)
		return 0;
	/* They do not overlap, so the last one ends last. */
	if (counts->first == 0 || rows[0].start < counts->first)
		counts->first = rows[0].start;
	if (rows[kept - 1].stop > counts->last)
		counts->last = rows[kept - 1].stop;
	return kept;
}
