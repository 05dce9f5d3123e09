/*
 * Texts as they stand in guide.xml: elements a line, escaped. Spans, not NUL-terminated.
 */
#ifndef EPG_GUIDE_TEXT_H
#define EPG_GUIDE_TEXT_H

#include <stddef.h>

struct buf;

/* Appends the text with its references decoded; one that XML does not know stays as it is. */
void guide_decode(struct buf *out, const char *text, size_t len);
/*
 * Appends the text as it is compared in searches: without case and accents (Unicode's
 * compatibility decomposition without its marks, case folded). What is no UTF-8 is left out.
 */
void guide_fold(struct buf *out, const char *text, size_t len);

/* An element: its tag's inside from its name on, and its text up to the next tag. */
struct guide_element {
	const char *tag, *text;
	size_t tag_len, text_len;
};
/*
 * The nth element of that name directly below the one that the span begins with; false:
 * there is none. "credits/actor": below that one; nth then counts through all parents.
 */
_Bool guide_find_element(const char *xml, size_t len, const char *path, unsigned nth,
    struct guide_element *ret);
/* The value of one of its attributes, not decoded; false: it has none of that name. */
_Bool guide_find_attr(const struct guide_element *e, const char *name, const char **ret,
    size_t *ret_len);

#endif
