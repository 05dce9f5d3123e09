#include "epg/reader_attrs.h"

#include <string.h>

#include "epg/scan.h"

/* How many '=' there are: no fewer than attributes. */
static size_t
count_equals(const char *p, const char *end)
{
	size_t total = 0;

	for (; end - p >= SCAN_WIDTH; p += SCAN_WIDTH)
		total += (size_t)__builtin_popcount(scan_mask((scan_bytes)(scan_load(p) == '=')));
	for (; p < end; p++)
		total += *p == '=';
	return total;
}

/* Behind `mark`, which is looked for from `p`; `end` when there is none. */
static const char *
behind(const char *p, const char *end, const char *mark)
{
	const char *found = memmem(p, (size_t)(end - p), mark, strlen(mark));

	return found == NULL ? end : found + strlen(mark);
}

/* Behind the tag that begins at `p`; how many '=' stand in it outside of values. */
static const char *
tag_end(const char *p, const char *end, unsigned *count)
{
	char quote = '\0';

	*count = 0;
	for (; p < end; p++) {
		if (quote != '\0') {
			if (*p == quote)
				quote = '\0';
		} else if (*p == '"' || *p == '\'') {
			quote = *p;
		} else if (*p == '>') {
			return p + 1;
		} else {
			*count += *p == '=';
		}
	}
	return end;
}

_Bool
reader_attrs_few(const char *text, size_t len, unsigned max)
{
	const char *p = text, *end = text + len;
	unsigned count;

	/* So it is with nearly all entries. */
	if (count_equals(text, end) <= max)
		return 1;
	while ((p = memchr(p, '<', (size_t)(end - p))) != NULL) {
		size_t left = (size_t)(end - p);

		if (left >= 4 && memcmp(p, "<!--", 4) == 0) {
			p = behind(p + 4, end, "-->");
		} else if (left >= 9 && memcmp(p, "<![CDATA[", 9) == 0) {
			p = behind(p + 9, end, "]]>");
		} else if (left >= 2 && p[1] == '?') {
			p = behind(p + 2, end, "?>");
		} else {
			p = tag_end(p, end, &count);
			if (count > max)
				return 0;
		}
	}
	return 1;
}
