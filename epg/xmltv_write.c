#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "epg/scan.h"
#include "epg/xmltv.h"
#include "epg/xmltv_parts.h"

/* -- words that are always the same ------------------------------------------ */

/* Copied whole, so that no copy has a length that is not known; the rest is NUL. */
#define TOKEN_SIZE 32

struct token {
	char text[TOKEN_SIZE - 1];
	uint8_t len;
};

static struct {
	struct token open;                   /* <title */
	struct token close;                  /* </title> */
	struct token attrs[XMLTV_ATTRS_MAX]; /*  lang=" */
} tokens[XMLTV_ELEMENTS];
static struct token programme_tokens[XMLTV_PROGRAMME_ATTRS];

static void
token_make(struct token *t, const char *before, const char *name, const char *after)
{
	t->len = (uint8_t)snprintf(t->text, sizeof(t->text), "%s%s%s", before, name, after);
}

static void
tokens_make(void)
{
	if (tokens[0].open.len > 0)
		return;
	for (size_t i = 0; i < XMLTV_ELEMENTS; i++) {
		const struct xmltv_row *row = &xmltv_rows[i];

		token_make(&tokens[i].close, "</", row->name, ">");
		for (size_t k = 0; k < XMLTV_ATTRS_MAX && row->attrs[k] != NULL; k++)
			token_make(&tokens[i].attrs[k], " ", row->attrs[k], "=\"");
		token_make(&tokens[i].open, "<", row->name, "");
	}
	for (size_t k = 0; k < XMLTV_PROGRAMME_ATTRS; k++)
		token_make(&programme_tokens[k], " ", xmltv_programme_attrs[k], "=\"");
}

static inline void
put_token(struct buf *out, const struct token *t)
{
	if (out->cap - out->len <= sizeof(*t)) {
		buf_add(out, t->text, t->len);
		return;
	}
	memcpy(out->data + out->len, t->text, sizeof(t->text));
	out->len += t->len;
}

/* -- texts ------------------------------------------------------------------- */

/* The first byte from p on that does not stand for itself, in quotes too. */
static inline const char *
next_special(const char *p, const char *end)
{
	for (; end - p >= SCAN_WIDTH; p += SCAN_WIDTH) {
		scan_bytes v = scan_load(p);
		/* Below a blank, or no ASCII; < and >; " and &. */
		unsigned mask = scan_mask((scan_bytes)((scan_signed)v < ' ') |
		    (scan_bytes)((v | 2) == '>') | (scan_bytes)((v | 4) == '&'));

		if (mask != 0)
			return p + __builtin_ctz(mask);
	}
	while (p < end && (signed char)*p >= ' ' && (*p | 2) != '>' && (*p | 4) != '&')
		p++;
	return p;
}

/* What is written for the ASCII character; NULL: itself. */
static const char *
instead_of(char c, _Bool quoted)
{
	switch (c) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return quoted ? "&quot;" : NULL;
	case '\t':
	case '\n':
	case '\r': return " "; /* an element is a line */
	default: return (unsigned char)c < 0x20 ? "" : NULL;
	}
}

/* Bytes of the character at `p` that is no ASCII; 0: none that XML 1.0 §2.2 allows. */
static size_t
wide_char(const char *p, const char *end)
{
	size_t n = utf8_char(p, end);

	/* U+FFFE, U+FFFF */
	return n == 3 && memcmp(p, "\xef\xbf", 2) == 0 && (unsigned char)p[2] >= 0xbe ? 0 : n;
}

static void
put_odd_text(struct buf *out, const char *text, size_t len, _Bool quoted)
{
	const char *run = text, *end = text + len;

	for (const char *p = text; (p = next_special(p, end)) < end;) {
		const char *ref;
		size_t n = 1;

		if ((unsigned char)*p < 0x80) {
			ref = instead_of(*p, quoted);
		} else {
			n = wide_char(p, end);
			ref = n == 0 ? "" : NULL;
			n = n == 0 ? 1 : n;
		}
		if (ref != NULL) {
			xmltv_put(out, run, (size_t)(p - run));
			xmltv_put(out, ref, strlen(ref));
			run = p + n;
		}
		p += n;
	}
	xmltv_put(out, run, (size_t)(end - run));
}

static inline void
put_text(struct buf *out, const struct xmltv_entry *e, struct xmltv_span text, _Bool quoted)
{
	if (text.plain)
		xmltv_put(out, xmltv_text(e, text), text.len);
	else
		put_odd_text(out, xmltv_text(e, text), text.len, quoted);
}

/* -- what is worth writing --------------------------------------------------- */

/* The values that the DTD allows for the attribute; NULL: any. */
static const char *const *
allowed_values(unsigned element, size_t k)
{
	static const char *const units[] = { "seconds", "minutes", "hours", NULL };
	static const char *const subtitles[] = { "teletext", "onscreen", "deaf-signed", NULL };
	static const char *const review[] = { "text", "url", NULL };
	static const char *const guest[] = { "yes", "no", NULL };

	if (element == XMLTV_LENGTH)
		return units;
	if (element == XMLTV_SUBTITLES)
		return subtitles;
	if (element == XMLTV_REVIEW && k == 0)
		return review;
	if (element == XMLTV_ACTOR && k == 1)
		return guest;
	return NULL;
}

static _Bool
has_attr(const struct xmltv_entry *e, const struct xmltv_node *node, size_t k)
{
	const char *const *allowed = allowed_values(node->element, k);
	struct xmltv_span value = node->attrs[k];

	if (value.len == 0 || allowed == NULL)
		return value.len > 0;
	for (; *allowed != NULL; allowed++) {
		if (strlen(*allowed) == value.len &&
		    memcmp(*allowed, xmltv_text(e, value), value.len) == 0)
			return 1;
	}
	return 0;
}

static _Bool says(const struct xmltv_entry *e, size_t i);

/* The end of what lies below node i. */
static size_t
below_end(const struct xmltv_entry *e, size_t i)
{
	size_t end = i + 1;

	while (end < e->count && e->nodes[end].depth > e->nodes[i].depth)
		end++;
	return end;
}

/* Whether one of `range` stands below node i and is written. */
static _Bool
has_child(const struct xmltv_entry *e, size_t i, struct xmltv_range range)
{
	const struct xmltv_node *node = &e->nodes[i];

	for (size_t j = i + 1; j < e->count && e->nodes[j].depth > node->depth; j++) {
		const struct xmltv_node *child = &e->nodes[j];

		if (child->depth == node->depth + 1 && child->element >= range.first &&
		    child->element < range.end && says(e, j))
			return 1;
	}
	return 0;
}

static _Bool
says(const struct xmltv_entry *e, size_t i)
{
	static const struct xmltv_range value = { XMLTV_RATING_VALUE, XMLTV_RATING_VALUE + 1 };
	const struct xmltv_node *node = &e->nodes[i];
	_Bool text = node->text.len > 0;

	switch (xmltv_rows[node->element].need) {
	case XMLTV_NEEDS_NOTHING: return 1;
	case XMLTV_NEEDS_TEXT: return text;
	case XMLTV_NEEDS_ATTR: return has_attr(e, node, 0);
	case XMLTV_NEEDS_BOTH: return text && has_attr(e, node, 0);
	case XMLTV_NEEDS_VALUE: return has_child(e, i, value);
	case XMLTV_NEEDS_ANY:
		if (text)
			return 1;
		break;
	case XMLTV_NEEDS_CHILD: break;
	}
	return has_child(e, i, xmltv_below(e->kind, (enum xmltv_element)node->element));
}

/* -- elements ---------------------------------------------------------------- */

static void write_level(struct buf *out, const struct xmltv_entry *e, size_t first, size_t end,
    enum xmltv_element parent, unsigned depth);

static void
write_node(struct buf *out, const struct xmltv_entry *e, size_t i)
{
	const struct xmltv_node *node = &e->nodes[i];
	const struct xmltv_row *row = &xmltv_rows[node->element];
	size_t end = below_end(e, i);

	put_token(out, &tokens[node->element].open);
	for (size_t k = 0; k < XMLTV_ATTRS_MAX && row->attrs[k] != NULL; k++) {
		if (!has_attr(e, node, k))
			continue;
		put_token(out, &tokens[node->element].attrs[k]);
		put_text(out, e, node->attrs[k], 1);
		xmltv_put(out, "\"", 1);
	}
	if ((!row->text || node->text.len == 0) && end == i + 1) {
		xmltv_put(out, "/>", 2);
		return;
	}
	xmltv_put(out, ">", 1);
	if (row->text)
		put_text(out, e, node->text, 0);
	else
		xmltv_put(out, "\n", 1);
	if (end > i + 1)
		write_level(out, e, i + 1, end, (enum xmltv_element)node->element,
		    node->depth + 1u);
	put_token(out, &tokens[node->element].close);
}

/* The nodes of [first, end) that are of that depth and of the range, as they come. */
static void
write_those(struct buf *out, const struct xmltv_entry *e, size_t first, size_t end, unsigned depth,
    struct xmltv_range range, _Bool lines)
{
	uint64_t seen = 0;

	for (size_t i = first; i < end; i++) {
		unsigned element = e->nodes[i].element;

		if (e->nodes[i].depth != depth || element < range.first || element >= range.end)
			continue;
		if (xmltv_rows[element].many == XMLTV_ONE && (seen >> element & 1) != 0)
			continue;
		if (!says(e, i))
			continue;
		seen |= UINT64_C(1) << element;
		write_node(out, e, i);
		if (lines)
			xmltv_put(out, "\n", 1);
	}
}

/* Children in the DTD's order; a line each where there is no text between them. */
static void
write_level(struct buf *out, const struct xmltv_entry *e, size_t first, size_t end,
    enum xmltv_element parent, unsigned depth)
{
	struct xmltv_range range = xmltv_below(e->kind, parent);
	_Bool lines = parent == XMLTV_NONE || !xmltv_rows[parent].text, sorted = 1;
	uint64_t there = 0; /* a bit an element */
	unsigned last = 0;

	_Static_assert(XMLTV_ELEMENTS <= 64, "a bit an element");
	for (size_t i = first; i < end; i++) {
		unsigned element = e->nodes[i].element;

		if (e->nodes[i].depth != depth)
			continue;
		there |= UINT64_C(1) << element;
		sorted = sorted && element >= last;
		last = element;
	}
	if (sorted) {
		write_those(out, e, first, end, depth, range, lines);
		return;
	}
	for (uint8_t i = range.first; i < range.end; i++) {
		const struct xmltv_range one = { i, (uint8_t)(i + 1) };

		if ((there >> i & 1) != 0)
			write_those(out, e, first, end, depth, one, lines);
	}
}

/* The first child of an entry must be there: <title>, <display-name>. */
static void
write_missing(struct buf *out, const struct xmltv_entry *e, enum xmltv_element element,
    struct xmltv_span text)
{
	for (size_t i = 0; i < e->count; i++) {
		if (e->nodes[i].depth == 1 && e->nodes[i].element == element &&
		    e->nodes[i].text.len > 0)
			return;
	}
	put_token(out, &tokens[element].open);
	xmltv_put(out, ">", 1);
	put_text(out, e, text, 0);
	put_token(out, &tokens[element].close);
	xmltv_put(out, "\n", 1);
}

void
xmltv_write_attrs(struct buf *out, const struct xmltv_entry *e)
{
	tokens_make();
	for (size_t k = 0; k < XMLTV_PROGRAMME_ATTRS; k++) {
		if (e->attrs[k].len == 0)
			continue;
		put_token(out, &programme_tokens[k]);
		put_text(out, e, e->attrs[k], 1);
		xmltv_put(out, "\"", 1);
	}
}

void
xmltv_write_children(struct buf *out, const struct xmltv_entry *e)
{
	static const struct xmltv_span empty = XMLTV_ABSENT;

	tokens_make();
	if (e->kind == XMLTV_PROGRAMME)
		write_missing(out, e, XMLTV_TITLE, empty);
	else
		write_missing(out, e, XMLTV_DISPLAY_NAME, e->id);
	write_level(out, e, 0, e->count, XMLTV_NONE, 1);
}
