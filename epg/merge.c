#include "epg/merge.h"

#include <errno.h>
#include <stdlib.h>

/* A source that has programmes of the channel in the window. */
struct candidate {
	const struct listings *listings;
	unsigned source;
	int32_t shift_s;
	uint32_t first, end; /* rows */
};

struct merge {
	const struct merge_settings *settings;
	struct candidate *candidates;
	size_t count;
	merge_cb *out;
	void *arg;
	struct merge_counts *counts;
	int64_t stands; /* the stop of what was given out last */
};

/* A time in which nothing stands yet. */
struct gap {
	int64_t from, to;
	_Bool open_from, open_to; /* it is the window's edge: what crosses it is taken as it is */
};

struct times {
	int64_t start, stop;
};

static struct times
times_of(const struct candidate *c, uint32_t i)
{
	struct times t;

	listings_get_times(c->listings, i, &t.start, &t.stop);
	t.start += c->shift_s;
	t.stop += c->shift_s;
	return t;
}

/* The first row that ends after `when`. */
static uint32_t
row_after(const struct candidate *c, int64_t when)
{
	uint32_t low = c->first, high = c->end;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (times_of(c, middle).stop > when)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static int fill_gap(struct merge *m, size_t level, const struct gap *gap);

/*
 * Gives out row i, which begins in the gap, no longer than the gap is. What would be cut to less
 * than what counts as a gap is left out: nobody wants the first minutes of a film.
 */
static int
give(struct merge *m, const struct candidate *c, uint32_t i, struct times t, const struct gap *gap)
{
	struct listings_programme p;

	if (!gap->open_to && t.stop > gap->to) {
		if (gap->to - t.start < m->settings->gap_s)
			return 0;
		t.stop = gap->to;
	}
	if (t.start < m->stands || t.start < 0 || t.stop > UINT32_MAX)
		return 0;
	listings_get_programme(c->listings, i, &p);
	p.start = t.start;
	p.stop = m->stands = t.stop;
	m->counts->programmes++;
	if (c != m->candidates)
		m->counts->filled++;
	return m->out(m->arg, c->source, &p);
}

/* The hole before the next programme, or after the last, in what a candidate gives to `gap`. */
static int
fill_before(struct merge *m, size_t level, const struct gap *gap, int64_t from, _Bool open_from,
    const struct times *next)
{
	struct gap hole = { .from = from,
		.to = next == NULL ? gap->to : next->start,
		.open_from = open_from,
		.open_to = next == NULL && gap->open_to };

	if (hole.to - hole.from < m->settings->gap_s)
		return 0;
	return fill_gap(m, level + 1, &hole);
}

/* Fills the gap from the candidate `level`, and what gaps that leaves from those after it. */
static int
fill_gap(struct merge *m, size_t level, const struct gap *gap)
{
	_Bool open_from = gap->open_from;
	const struct candidate *c;
	int64_t from = gap->from;
	int rc = 0;

	if (level == m->count)
		return 0;
	c = &m->candidates[level];
	for (uint32_t i = row_after(c, gap->from); i < c->end && rc >= 0; i++) {
		struct times t = times_of(c, i);

		if (t.start >= gap->to)
			break;
		if (t.start < gap->from && !gap->open_from)
			continue;
		rc = fill_before(m, level, gap, from, open_from, &t);
		if (rc >= 0)
			rc = give(m, c, i, t, gap);
		from = m->stands > from ? m->stands : from;
		open_from = 0;
	}
	return rc < 0 ? rc : fill_before(m, level, gap, from, open_from, NULL);
}

static _Bool
has_any(const struct candidate *c, const struct merge_settings *settings)
{
	uint32_t i = row_after(c, settings->from);

	return i < c->end && times_of(c, i).start < settings->to;
}

/* Without `fill` the first that has any is the only one. */
static void
find_candidates(struct merge *m, const char *guide_id, int32_t shift_s)
{
	const struct merge_source *sources = m->settings->sources;

	for (size_t i = 0; i < m->settings->count; i++) {
		struct candidate *c = &m->candidates[m->count];
		struct listings_channel channel;

		if (!listings_find(sources[i].listings, guide_id, &channel))
			continue;
		*c = (struct candidate){ sources[i].listings, (unsigned)i,
			sources[i].shift_s + shift_s, channel.first,
			channel.first + channel.count };
		if (has_any(c, m->settings))
			m->count++;
		if (m->count == 1 && !m->settings->fill)
			return;
	}
}

int
merge_channel(const struct merge_settings *settings, const char *guide_id, int32_t shift_s,
    merge_cb *out, void *arg, struct merge_counts *counts)
{
	const struct gap window = { settings->from, settings->to, 1, 1 };
	struct merge m = { .settings = settings,
		.candidates = calloc(settings->count + 1, sizeof(*m.candidates)),
		.out = out,
		.arg = arg,
		.counts = counts,
		.stands = INT64_MIN };
	int rc;

	*counts = (struct merge_counts){ 0, 0 };
	if (m.candidates == NULL)
		return -ENOMEM;
	find_candidates(&m, guide_id, shift_s);
	rc = fill_gap(&m, 0, &window);
	free(m.candidates);
	return rc;
}
