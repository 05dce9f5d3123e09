#include "epg/reader_entry.h"

#include <errno.h>
#include <string.h>

#include "epg/reader.h"
#include "epg/xmltv_parts.h"

void
reader_entry_init(struct reader_entry *b, const struct reader_words *words,
    const struct reader_limits *limits, const struct xmltime_rules *times)
{
	*b = (struct reader_entry){ .words = words, .limits = limits, .times = *times };
	/* Texts with elements between them are put together behind the rest, hence the double. */
	xmltv_entry_init(&b->entry, 2 * limits->text.entry_max);
}

void
reader_entry_release(struct reader_entry *b)
{
	xmltv_entry_release(&b->entry);
}

void
reader_entry_begin(struct reader_entry *b, uint32_t line)
{
	xmltv_entry_clear(&b->entry, XMLTV_CHANNEL);
	b->entry.line = line;
	b->depth = b->kept = 0;
	b->timeless = 0;
}

static struct xmltv_span
keep_tidy(struct reader_entry *b, const struct reader_attr *attr)
{
	struct xmltv_span span = xmltv_keep(&b->entry, (const char *)attr->value,
	    (size_t)(attr->end - attr->value));

	span.len = (uint32_t)xmltv_tidy(b->entry.text.data + span.at, span.len);
	return span;
}

/* Ids are compared, so only what stands around them is taken away. */
static struct xmltv_span
keep_id(struct reader_entry *b, const struct reader_attr *attr)
{
	const xmlChar *from = attr->value, *end = attr->end;

	while (from < end && *from <= ' ')
		from++;
	while (from < end && end[-1] <= ' ')
		end--;
	return xmltv_keep(&b->entry, (const char *)from, (size_t)(end - from));
}

static _Bool
read_time(const struct reader_entry *b, const struct reader_attr *attr, int64_t *ret)
{
	return xmltime_parse((const char *)attr->value, (size_t)(attr->end - attr->value),
		   &b->times, ret) == 0;
}

static _Bool
programme_attr(struct reader_entry *b, const struct reader_attr *attr)
{
	const struct reader_words *w = b->words;
	struct xmltv_entry *e = &b->entry;

	if (attr->name == w->start) {
		b->timeless = !read_time(b, attr, &e->start);
		return 1;
	}
	if (attr->name == w->stop) {
		(void)read_time(b, attr, &e->stop);
		return 1;
	}
	if (attr->name == w->channel) {
		e->id = keep_id(b, attr);
		return 1;
	}
	for (size_t k = 0; k < XMLTV_PROGRAMME_ATTRS; k++) {
		if (attr->name == w->programme_attrs[k]) {
			e->attrs[k] = keep_tidy(b, attr);
			return 1;
		}
	}
	return 0;
}

static int
start_entry(struct reader_entry *b, const xmlChar *name, const struct reader_attr *attrs,
    size_t count)
{
	if (name != b->words->programme && name != b->words->channel)
		return -EINVAL;
	b->entry.kind = name == b->words->programme ? XMLTV_PROGRAMME : XMLTV_CHANNEL;
	b->timeless = b->entry.kind == XMLTV_PROGRAMME;
	b->open[0].element = XMLTV_NONE;
	b->open[0].hint = xmltv_below(b->entry.kind, XMLTV_NONE).first;
	b->kept = 1;
	for (size_t i = 0; i < count; i++) {
		if (attrs[i].prefix != NULL)
			b->unknown++;
		else if (b->entry.kind == XMLTV_PROGRAMME)
			b->unknown += !programme_attr(b, &attrs[i]);
		else if (attrs[i].name == b->words->id)
			b->entry.id = keep_id(b, &attrs[i]);
		else
			b->unknown++;
	}
	return 0;
}

/* The element of that name below what is open; XMLTV_NONE: there is none. */
static enum xmltv_element
find_element(struct reader_entry *b, const xmlChar *name)
{
	uint8_t *hint = &b->open[b->kept - 1].hint;
	struct xmltv_range range = xmltv_below(b->entry.kind, b->open[b->kept - 1].element);

	for (unsigned tries = range.end - range.first, i = *hint; tries > 0; tries--) {
		if (b->words->elements[i] == name) {
			*hint = (uint8_t)i;
			return (enum xmltv_element)i;
		}
		i = i + 1 == range.end ? range.first : i + 1;
	}
	return XMLTV_NONE;
}

static int
start_node(struct reader_entry *b, enum xmltv_element element, const struct reader_attr *attrs,
    size_t count, const char **why)
{
	const xmlChar *const *names = b->words->attrs[element];
	struct xmltv_node *node;

	if (b->entry.count == b->limits->nodes_max) {
		*why = "it has too many elements";
		return -E2BIG;
	}
	node = xmltv_add(&b->entry, element, b->kept);
	if (node == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		size_t k = 0;

		while (
		    k < XMLTV_ATTRS_MAX && (names[k] != attrs[i].name || attrs[i].prefix != NULL))
			k++;
		if (k < XMLTV_ATTRS_MAX)
			node->attrs[k] = keep_tidy(b, &attrs[i]);
		else
			b->unknown++;
	}
	b->open[b->kept].node = b->entry.count - 1;
	b->open[b->kept].element = element;
	b->open[b->kept].hint = xmltv_below(b->entry.kind, element).first;
	b->kept++;
	return 0;
}

int
reader_entry_start(struct reader_entry *b, const xmlChar *name, const xmlChar *prefix,
    const struct reader_attr *attrs, size_t count, const char **why)
{
	enum xmltv_element element;

	if (b->depth == b->limits->depth_max) {
		*why = "its elements are nested too deep";
		return -E2BIG;
	}
	b->depth++;
	if (b->depth == 1)
		return prefix == NULL ? start_entry(b, name, attrs, count) : -EINVAL;
	element = b->depth == b->kept + 1 && prefix == NULL ? find_element(b, name) : XMLTV_NONE;
	if (element != XMLTV_NONE)
		return start_node(b, element, attrs, count, why);
	b->unknown++;
	return 0;
}

void
reader_entry_text(struct reader_entry *b, const char *text, size_t len)
{
	struct xmltv_node *node;
	struct xmltv_span *span;
	struct buf *all = &b->entry.text;

	if (b->depth != b->kept || b->kept < 2)
		return;
	node = &b->entry.nodes[b->open[b->kept - 1].node];
	span = &node->text;
	if (!xmltv_rows[node->element].text)
		return;
	/* An element stood between this piece and the last one, and has put its texts there. */
	if (span->at != 0 && span->at + span->len != all->len) {
		size_t from = span->at;

		if (!buf_reserve(all, span->len))
			return;
		span->at = (uint32_t)all->len;
		buf_add(all, all->data + from, span->len);
	}
	if (span->at == 0)
		span->at = (uint32_t)all->len;
	buf_add(all, text, len);
	if (buf_status(all) == 0)
		span->len += (uint32_t)len;
}

int
reader_entry_end(struct reader_entry *b, const char **why)
{
	int rc;

	if (b->depth == b->kept && b->kept > 1) {
		struct xmltv_span *text = &b->entry.nodes[b->open[b->kept - 1].node].text;

		text->len = (uint32_t)xmltv_tidy(b->entry.text.data + text->at, text->len);
	}
	if (b->depth == b->kept)
		b->kept--;
	b->depth--;
	if (b->depth > 0)
		return 0;
	rc = buf_status(&b->entry.text);
	if (rc == -EMSGSIZE) {
		*why = "its texts are too long";
		return -E2BIG;
	}
	return rc < 0 ? rc : 1;
}
