#include <stdlib.h>

#include "base/buf.h"
#include "epg/guide_index_parts.h"
#include "epg/guide_text.h"

#define WORDS_MAX 16
#define PIECE     (1u << 20) /* bytes of the index that are mapped at a time */
#define QUERY_MAX 1024

struct word {
	const char *text;
	size_t len;
};

struct query {
	struct buf folded;
	struct word words[WORDS_MAX];
	size_t count;
};

/* The longest comes first: it is the one that all titles are searched for. */
static void
query_init(struct query *q, const char *words)
{
	size_t len = strlen(words);

	*q = (struct query){ .count = 0 };
	buf_init(&q->folded, QUERY_MAX * 8);
	guide_fold(&q->folded, words, len < QUERY_MAX ? len : QUERY_MAX);
	for (const char *p = q->folded.data; q->count < WORDS_MAX;) {
		struct word word;

		p += strspn(p, " \t\r\n");
		if (*p == '\0')
			break;
		word = (struct word){ p, strcspn(p, " \t\r\n") };
		p += word.len;
		q->words[q->count++] = word;
		if (word.len > q->words[0].len) {
			q->words[q->count - 1] = q->words[0];
			q->words[0] = word;
		}
	}
}

/* The other words too? */
static _Bool
is_wanted(const struct query *q, const char *title, size_t len)
{
	for (size_t i = 1; i < q->count; i++) {
		if (memmem(title, len, q->words[i].text, q->words[i].len) == NULL)
			return 0;
	}
	return 1;
}

/*
 * Marks the places of the titles in [p, end) that have all words; false: none has. `titles` is
 * where places are counted from. Each title is looked at once, whatever the file holds: a NUL
 * stands before `end`, and the walk goes on behind the title that it found.
 */
static _Bool
mark_some(const struct query *q, const char *titles, const char *p, const char *end,
    unsigned char *marks)
{
	const char *hit;
	_Bool any = 0;

	while ((hit = memmem(p, (size_t)(end - p), q->words[0].text, q->words[0].len)) != NULL) {
		const char *before = memrchr(p, '\0', (size_t)(hit - p));
		const char *title = before == NULL ? p : before + 1;
		size_t place = (size_t)(title - titles) / GUIDE_TITLE_ALIGN;

		p = memchr(hit, '\0', (size_t)(end - hit));
		if (is_wanted(q, title, (size_t)(p - title))) {
			marks[place / 8] |= (unsigned char)(1u << place % 8);
			any = 1;
		}
	}
	return any;
}

/* All titles, and no more than PIECE of them in memory at a time unless the file is broken. */
static _Bool
mark_titles(const struct guide_index *g, const struct query *q, unsigned char *marks)
{
	const struct snapshot_part *part = &g->header.titles;
	const char *titles = (const char *)g->map.data + part->offset, *p = titles;
	const char *end = titles + part->len;
	_Bool any = 0;

	while (p < end) {
		const char *stop = end - p > PIECE ? p + PIECE : end;

		/* Behind a title's end; the last byte is a NUL. */
		stop = (const char *)memchr(stop - 1, '\0', (size_t)(end - stop + 1)) + 1;
		any |= mark_some(q, titles, p, stop, marks);
		file_map_drop(&g->map, part->offset + (size_t)(p - titles), (size_t)(stop - p));
		p = stop;
	}
	return any;
}

/* The programmes from *i on whose title is marked; *i becomes where to go on. */
static size_t
find_rows(const struct guide_index *g, const unsigned char *marks, uint32_t *i, uint32_t *ret,
    size_t max)
{
	const struct snapshot_part *part = &g->header.programmes;
	uint32_t dropped = *i;
	size_t found = 0;

	while (*i < g->programmes && found < max) {
		uint32_t place = guide_index_row(g, *i).title;

		if ((marks[place / 8] >> place % 8 & 1) != 0)
			ret[found++] = *i;
		++*i;
		if (*i - dropped == PIECE / sizeof(struct guide_row) || *i == g->programmes ||
		    found == max) {
			file_map_drop(&g->map, part->offset + dropped * sizeof(struct guide_row),
			    (*i - dropped) * sizeof(struct guide_row));
			dropped = *i;
		}
	}
	return found;
}

size_t
guide_index_search(const struct guide_index *g, const char *words, uint32_t from, uint32_t *ret,
    size_t max, uint32_t *next)
{
	size_t places = (size_t)(g->header.titles.len / GUIDE_TITLE_ALIGN), found = 0;
	unsigned char *marks = calloc(places / 8 + 1, 1);
	struct query q;

	query_init(&q, words);
	*next = from;
	if (marks != NULL && q.count > 0 && mark_titles(g, &q, marks))
		found = find_rows(g, marks, next, ret, max);
	else
		*next = g->programmes;
	if (*next > g->programmes)
		*next = g->programmes;
	free(marks);
	buf_release(&q.folded);
	return found;
}
