#include "base/near.h"

#include <ctype.h>
#include <string.h>

/* Longer words are nobody's slip of the finger. */
#define WORD_MAX 64

void
near_init(struct near *n, const char *word)
{
	n->word = word;
	n->best = NULL;
	n->distance = (unsigned)strlen(word) / 3 + 1;
}

static unsigned
min3(unsigned a, unsigned b, unsigned c)
{
	if (b < a)
		a = b;
	return c < a ? c : a;
}

static _Bool
same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* The restricted Damerau-Levenshtein distance, by rows; `last` and `before` are the two above. */
static unsigned
distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned rows[3][WORD_MAX + 1];
	unsigned *row = rows[0], *last = rows[1], *before = rows[2], *swap;

	for (size_t j = 0; j <= b_len; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= a_len; i++) {
		swap = before;
		before = last;
		last = row;
		row = swap;
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b_len; j++) {
			unsigned cost = same(a[i - 1], b[j - 1]) ? 0 : 1;

			row[j] = min3(last[j] + 1, row[j - 1] + 1, last[j - 1] + cost);
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) &&
			    same(a[i - 2], b[j - 1]) && before[j - 2] + 1 < row[j])
				row[j] = before[j - 2] + 1;
		}
	}
	return row[b_len];
}

void
near_try(struct near *n, const char *name)
{
	size_t word_len = strlen(n->word), name_len = strlen(name);
	unsigned d;

	if (word_len > WORD_MAX || name_len > WORD_MAX)
		return;
	d = distance(n->word, word_len, name, name_len);
	/* A distance as long as the name says only that both are short. */
	if (d < n->distance + (n->best == NULL) && d < name_len) {
		n->distance = d;
		n->best = name;
	}
}
