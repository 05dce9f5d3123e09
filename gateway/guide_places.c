#include "gateway/guide_places.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "epg/guide_index.h"
#include "playlist/lineup.h"
#include "playlist/lineup_number.h"

#define ITEM_MAX 64 /* bytes of an item */

/* Channels stand in the order of their numbers; one without stands behind all. */
static uint64_t
number_at(const struct guide_index *index, uint32_t i)
{
	struct guide_index_channel c;
	uint64_t number;

	guide_index_get_channel(index, i, &c);
	number = lineup_number_parse(c.number);
	return number != 0 ? number : UINT64_MAX;
}

/* The first place whose number is at least this one. */
static uint32_t
place_of(const struct guide_index *index, uint64_t number)
{
	struct guide_index_info info;
	uint32_t low = 0, high;

	guide_index_get_info(index, &info);
	high = info.channels;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (number_at(index, middle) < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int
read_range(const struct guide_index *index, char *item, struct guide_span *ret)
{
	char *dash = strchr(item, '-');
	uint64_t first, last;

	*dash = '\0';
	first = lineup_number_parse(item);
	last = lineup_number_parse(dash + 1);
	*dash = '-';
	if (first == 0 || last == 0)
		return -EINVAL;
	if (strchr(dash, '.') == NULL)
		last |= UINT32_MAX;
	if (first > last)
		return -EINVAL;
	*ret = (struct guide_span){ place_of(index, first), place_of(index, last + 1) };
	return 0;
}

static int
read_one(const struct guide_index *index, const char *item, struct guide_span *ret)
{
	char id[LINEUP_GUIDE_ID_SIZE], digits[17];
	size_t len = strlen(item);
	uint64_t value;
	uint32_t place;

	*ret = (struct guide_span){ 0, 0 };
	if (lineup_number_parse(item) == 0) {
		if (len < 16)
			return -EINVAL;
		memcpy(digits, item, 16);
		digits[16] = '\0';
		if (!lineup_id_parse(digits, &value))
			return -EINVAL;
		lineup_guide_id(value, id);
		if (len != 16 && strcmp(item, id) != 0)
			return -EINVAL;
		item = id;
	}
	if (guide_index_find(index, item, &place))
		*ret = (struct guide_span){ place, place + 1 };
	return 0;
}

static int
add_item(struct guide_places *p, const struct guide_index *index, const char *text, size_t len,
    struct err *err)
{
	struct guide_span span;
	char item[ITEM_MAX];
	int rc = -EINVAL;

	if (p->count == GUIDE_PLACES_MAX)
		return err_set(err, EINVAL, "a list of channels has at most %d items.",
		    GUIDE_PLACES_MAX);
	if (len < sizeof(item)) {
		memcpy(item, text, len);
		item[len] = '\0';
		rc = strchr(item, '-') != NULL ? read_range(index, item, &span)
					       : read_one(index, item, &span);
	}
	if (rc < 0)
		return err_set(err, EINVAL,
		    "'%.*s' is no channel; there must be " GUIDE_PLACES_FORM ".",
		    (int)(len < sizeof(item) ? len : sizeof(item)), text);
	if (span.first < span.end)
		p->spans[p->count++] = span;
	return 0;
}

static int
compare(const void *a, const void *b)
{
	const struct guide_span *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

/* Sorts, and makes one of those that touch. */
static void
settle(struct guide_places *p)
{
	size_t n = 0;

	qsort(p->spans, p->count, sizeof(*p->spans), compare);
	for (size_t i = 0; i < p->count; i++) {
		const struct guide_span span = p->spans[i];

		if (n > 0 && span.first <= p->spans[n - 1].end) {
			if (span.end > p->spans[n - 1].end)
				p->spans[n - 1].end = span.end;
		} else {
			p->spans[n++] = span;
		}
	}
	p->count = n;
}

int
guide_places_init(struct guide_places *p, const struct guide_index *index, const char *list,
    struct err *err)
{
	struct guide_index_info info;
	size_t len;
	int rc = 0;

	*p = (struct guide_places){ calloc(GUIDE_PLACES_MAX, sizeof(*p->spans)), 0 };
	if (p->spans == NULL)
		return err_set(err, ENOMEM, "out of memory");
	if (list == NULL) {
		guide_index_get_info(index, &info);
		p->spans[0] = (struct guide_span){ 0, info.channels };
		p->count = info.channels > 0;
		return 0;
	}
	do {
		len = strcspn(list, ",");
		rc = add_item(p, index, list, len, err);
		list += len;
	} while (rc == 0 && *list++ == ',');
	if (rc < 0)
		guide_places_release(p);
	else
		settle(p);
	return rc;
}

void
guide_places_release(struct guide_places *p)
{
	free(p->spans);
	*p = (struct guide_places){ 0 };
}

uint32_t
guide_places_next(const struct guide_places *p, uint32_t place)
{
	size_t low = 0, high = p->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (p->spans[middle].end <= place)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == p->count)
		return UINT32_MAX;
	return place < p->spans[low].first ? p->spans[low].first : place;
}
