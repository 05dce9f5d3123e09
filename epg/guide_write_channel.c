#include <string.h>

#include "epg/guide_text.h"
#include "epg/guide_write.h"
#include "epg/guide_write_parts.h"

#define NAMES_MAX  3
#define NAME_BYTES (1u << 20)

/* A line of what a source has about its channel. */
struct line {
	const char *text;
	size_t len;
};

static _Bool
next_line(const char **p, struct line *ret)
{
	size_t len = strcspn(*p, "\n");

	*ret = (struct line){ *p, len };
	*p += len + ((*p)[len] == '\n');
	return len > 0 || **p != '\0';
}

static _Bool
begins(const struct line *line, const char *tag)
{
	size_t len = strlen(tag);

	return line->len > len && memcmp(line->text, tag, len) == 0;
}

static void
add_line(struct buf *out, const struct line *line)
{
	buf_add(out, line->text, line->len);
	buf_char(out, '\n');
}

/* "NUM NAME", "NUM", "NAME": what of these there is, each once. Returns how many. */
static size_t
own_names(const struct guide_write_channel *c, struct buf names[NAMES_MAX])
{
	size_t count = 0;

	if (c->number[0] != '\0' && c->name[0] != '\0')
		buf_printf(&names[count++], "%s %s", c->number, c->name);
	if (c->number[0] != '\0')
		buf_str(&names[count++], c->number);
	if (c->name[0] != '\0' && strcmp(c->name, c->number) != 0)
		buf_str(&names[count++], c->name);
	return count;
}

static void
add_name(struct buf *out, const char *name)
{
	buf_str(out, "<display-name>");
	buf_xml(out, name);
	buf_str(out, "</display-name>\n");
}

/* The source's name, unless it is one of ours. False: it is. */
static _Bool
add_other_name(struct buf *out, const struct line *line, const struct buf names[NAMES_MAX],
    size_t count)
{
	const char *end = line->text + line->len;
	const char *text = memchr(line->text, '>', line->len), *close;
	struct buf decoded = BUF_INIT(NAME_BYTES);
	_Bool ours = 0;

	text = text == NULL ? end : text + 1;
	close = memchr(text, '<', (size_t)(end - text));
	guide_decode(&decoded, text, close == NULL ? 0 : (size_t)(close - text));
	for (size_t i = 0; i < count; i++)
		ours |= strcmp(decoded.data, names[i].data) == 0;
	buf_release(&decoded);
	if (!ours)
		add_line(out, line);
	return !ours;
}

static void
add_names(struct buf *out, const struct guide_write_channel *c)
{
	struct buf names[NAMES_MAX];
	const char *p = c->xml;
	struct line line;
	size_t count, written;

	for (size_t i = 0; i < NAMES_MAX; i++)
		buf_init(&names[i], NAME_BYTES);
	written = count = own_names(c, names);
	for (size_t i = 0; i < count; i++)
		add_name(out, names[i].data);
	while (next_line(&p, &line)) {
		if (begins(&line, "<display-name"))
			written += add_other_name(out, &line, names, count);
	}
	/* The DTD wants one. */
	if (written == 0)
		add_name(out, c->id);
	for (size_t i = 0; i < NAMES_MAX; i++)
		buf_release(&names[i]);
}

static void
add_lines(struct buf *out, const char *xml, const char *tag)
{
	struct line line;

	while (next_line(&xml, &line)) {
		if (begins(&line, tag))
			add_line(out, &line);
	}
}

void
guide_channel_xml(struct buf *out, const struct guide_write_channel *c)
{
	buf_str(out, "<channel id=\"");
	buf_xml(out, c->id);
	buf_str(out, "\">\n");
	add_names(out, c);
	if (c->logo[0] != '\0') {
		buf_str(out, "<icon src=\"");
		buf_xml(out, c->logo);
		buf_str(out, "\"/>\n");
	} else {
		add_lines(out, c->xml, "<icon");
	}
	add_lines(out, c->xml, "<url");
	buf_str(out, "</channel>\n");
}
