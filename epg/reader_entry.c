#include "epg/reader_entry.h"

#include <errno.h>
#include <string.h>

#include "epg/reader.h"
#include "epg/xmltv_parts.h"

void
reader_entry_init(struct reader_entry *b, const struct reader_limits *limits,
    const struct xmltime_rules *times)
{
	*b = (struct reader_entry){ .limits = limits, .times = *times };
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
	b->depth = b->kept = b->unknown = 0;
	b->timeless = b->local_start = b->local_stop = 0;
	b->why = NULL;
}

/* -- attributes --------------------------------------------------------------- */

static inline _Bool
is_word(const char *word, const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (word[i] != name[i])
			return 0;
	}
	return word[len] == '\0';
}

static struct xmltv_span
keep(struct reader_entry *b, const struct reader_attr *attr, size_t (*tidy)(char *text, size_t len))
{
	struct xmltv_span span = xmltv_keep(&b->entry, attr->value, attr->value_len);

	if (attr->plain)
		span.plain = 1;
	else
		span.len = (uint32_t)tidy(b->entry.text.data + span.at, span.len);
	return span;
}

static struct xmltv_span
keep_tidy(struct reader_entry *b, const struct reader_attr *attr)
{
	return keep(b, attr, xmltv_tidy);
}

/* To the minute at least: of a day alone nobody knows where it was. */
static _Bool
is_minute(const struct reader_attr *attr)
{
	size_t digits = 0;

	for (size_t i = 0; i < attr->value_len; i++) {
		char c = attr->value[i];

		if (digits >= sizeof("20240101") - 1 && (c == '+' || c == '-'))
			break;
		digits += c >= '0' && c <= '9';
	}
	return digits >= sizeof("202401011200") - 1;
}

/* A time is kept as UTC, as all others are; what is none as it is. */
static struct xmltv_span
keep_time(struct reader_entry *b, const struct reader_attr *attr)
{
	char text[XMLTIME_SIZE];
	int64_t when;

	if (!is_minute(attr) || xmltime_parse(attr->value, attr->value_len, &b->times, &when) < 0)
		return keep_tidy(b, attr);
	xmltime_format(when, text);
	return xmltv_keep(&b->entry, text, strlen(text));
}

static _Bool
programme_attr(struct reader_entry *b, const struct reader_attr *attr)
{
	struct xmltv_entry *e = &b->entry;
	size_t len = attr->name_len;
	int rc;

	if (is_word("start", attr->name, len)) {
		rc = xmltime_parse(attr->value, attr->value_len, &b->times, &e->start);
		b->timeless = rc < 0;
		b->local_start = rc > 0;
		return 1;
	}
	if (is_word("stop", attr->name, len)) {
		rc = xmltime_parse(attr->value, attr->value_len, &b->times, &e->stop);
		b->local_stop = rc > 0;
		return 1;
	}
	if (is_word("channel", attr->name, len)) {
		e->id = keep(b, attr, xmltv_tidy_id);
		return 1;
	}
	for (size_t k = 0; k < XMLTV_PROGRAMME_ATTRS; k++) {
		if (is_word(xmltv_programme_attrs[k], attr->name, len)) {
			e->attrs[k] = k < XMLTV_PROGRAMME_TIMES ? keep_time(b, attr)
								: keep_tidy(b, attr);
			return 1;
		}
	}
	return 0;
}

static _Bool
channel_attr(struct reader_entry *b, const struct reader_attr *attr)
{
	if (!is_word("id", attr->name, attr->name_len))
		return 0;
	b->entry.id = keep(b, attr, xmltv_tidy_id);
	return 1;
}

static _Bool
node_attr(struct reader_entry *b, struct xmltv_node *node, const struct reader_attr *attr)
{
	const char *const *names = xmltv_rows[node->element].attrs;

	for (size_t k = 0; k < XMLTV_ATTRS_MAX && names[k] != NULL; k++) {
		if (is_word(names[k], attr->name, attr->name_len)) {
			node->attrs[k] = node->element == XMLTV_PREVIOUSLY_SHOWN && k == 0
			    ? keep_time(b, attr)
			    : keep_tidy(b, attr);
			return 1;
		}
	}
	return 0;
}

/* -- elements ----------------------------------------------------------------- */

static int
too_big(struct reader_entry *b, const char *why)
{
	b->why = why;
	return -E2BIG;
}

static int
start_entry(struct reader_entry *b, const char *name, size_t len, const struct reader_attr *attrs,
    size_t count)
{
	_Bool programme = is_word("programme", name, len);

	if (!programme && !is_word("channel", name, len))
		return too_big(b, "it is no channel or programme");
	b->entry.kind = programme ? XMLTV_PROGRAMME : XMLTV_CHANNEL;
	b->timeless = programme;
	b->open[0].element = XMLTV_NONE;
	b->open[0].hint = xmltv_below(b->entry.kind, XMLTV_NONE).first;
	b->kept = 1;
	for (size_t i = 0; i < count; i++)
		b->unknown += !(
		    programme ? programme_attr(b, &attrs[i]) : channel_attr(b, &attrs[i]));
	return 0;
}

/* The element of that name below what is open; XMLTV_NONE: there is none. */
static enum xmltv_element
find_element(struct reader_entry *b, const char *name, size_t len)
{
	uint8_t *hint = &b->open[b->kept - 1].hint;
	struct xmltv_range range = xmltv_below(b->entry.kind, b->open[b->kept - 1].element);

	for (unsigned tries = range.end - range.first, i = *hint; tries > 0; tries--) {
		if (is_word(xmltv_rows[i].name, name, len)) {
			*hint = (uint8_t)i;
			return (enum xmltv_element)i;
		}
		i = i + 1 == range.end ? range.first : i + 1;
	}
	return XMLTV_NONE;
}

static int
start_node(struct reader_entry *b, enum xmltv_element element, const struct reader_attr *attrs,
    size_t count)
{
	struct xmltv_node *node;

	if (b->entry.count == b->limits->nodes_max)
		return too_big(b, "it has too many elements");
	node = xmltv_add(&b->entry, element, b->kept);
	if (node == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		b->unknown += !node_attr(b, node, &attrs[i]);
	b->open[b->kept].node = b->entry.count - 1;
	b->open[b->kept].element = element;
	b->open[b->kept].hint = xmltv_below(b->entry.kind, element).first;
	b->kept++;
	return 0;
}

int
reader_entry_start(struct reader_entry *b, const char *name, size_t len,
    const struct reader_attr *attrs, size_t count)
{
	enum xmltv_element element;

	if (count > b->limits->attrs_max)
		return too_big(b, "an element has too many attributes");
	if (b->depth == b->limits->depth_max)
		return too_big(b, "its elements are nested too deep");
	b->depth++;
	if (b->depth == 1)
		return start_entry(b, name, len, attrs, count);
	element = b->depth == b->kept + 1 ? find_element(b, name, len) : XMLTV_NONE;
	if (element != XMLTV_NONE)
		return start_node(b, element, attrs, count);
	b->unknown++;
	return 0;
}

void
reader_entry_text(struct reader_entry *b, const char *text, size_t len, _Bool plain)
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
	span->plain = plain && span->at == 0;
	if (span->at == 0)
		span->at = (uint32_t)all->len;
	xmltv_put(all, text, len);
	if (buf_status(all) == 0)
		span->len += (uint32_t)len;
}

int
reader_entry_end(struct reader_entry *b)
{
	int rc;

	if (b->depth == b->kept && b->kept > 1) {
		struct xmltv_span *text = &b->entry.nodes[b->open[b->kept - 1].node].text;

		if (!text->plain)
			text->len = (uint32_t)xmltv_tidy(b->entry.text.data + text->at, text->len);
	}
	if (b->depth == b->kept)
		b->kept--;
	b->depth--;
	if (b->depth > 0)
		return 0;
	rc = buf_status(&b->entry.text);
	if (rc == -EMSGSIZE)
		return too_big(b, "its texts are too long");
	return rc < 0 ? rc : 1;
}
