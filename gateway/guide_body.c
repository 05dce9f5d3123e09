#include "gateway/guide_body.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "epg/guide_index.h"
#include "epg/guide_text.h"
#include "epg/guide_write.h"
#include "gateway/images.h"
#include "playlist/lineup.h"

#define DROP      (1u << 20)  /* after so many bytes the pages that they came from are given back */
#define PIECE     (32u << 10) /* bytes appended in one turn, and one address more */
#define STEPS_MAX 2048        /* channels looked at in one turn */
#define URL_BYTES 8192        /* of an address that becomes ours */

enum step { BODY_HEAD, BODY_CHANNELS, BODY_PROGRAMMES, BODY_END };

struct guide_body {
	struct guide_index *index;
	struct guide_places places;
	int64_t from, to;
	struct images *images;
	struct lineup *lineup;
	char *links;
	enum step step;
	uint32_t place;            /* of the next channel */
	uint32_t programme, after; /* of the present one: the next, and behind its last */
	const char *p, *end;       /* what is being copied */
	size_t since_drop;         /* bytes */
};

struct guide_body *
guide_body_new(const struct guide_body_spec *spec)
{
	struct guide_body *b = calloc(1, sizeof(*b));
	struct guide_places places = spec->places;

	if (b == NULL) {
		guide_places_release(&places);
		return NULL;
	}
	b->index = guide_index_ref(spec->index);
	b->places = places;
	b->from = spec->from;
	b->to = spec->to;
	if (spec->images == NULL)
		return b;
	b->images = spec->images;
	b->lineup = spec->lineup == NULL ? NULL : lineup_ref(spec->lineup);
	b->links = strdup(spec->links);
	if (b->links == NULL) {
		guide_body_free(b);
		return NULL;
	}
	return b;
}

void
guide_body_free(struct guide_body *b)
{
	if (b == NULL)
		return;
	guide_index_drop(b->index);
	guide_index_unref(b->index);
	guide_places_release(&b->places);
	lineup_unref(b->lineup);
	free(b->links);
	free(b);
}

/* -- addresses of pictures ------------------------------------------------------------ */

/* Appends the channel's element with one icon, ours, in place of all that it has. */
static void
add_with_logo(struct buf *out, const struct guide_index_channel *c, const char *address)
{
	const char *p = c->xml, *end = c->xml + c->xml_len, *line;
	_Bool written = 0;

	/* An element a line; the icon's place is behind the last name. */
	for (line = p; line < end; line = p) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));
		size_t len = stop == NULL ? (size_t)(end - line) : (size_t)(stop + 1 - line);
		_Bool icon = len > 5 && memcmp(line, "<icon", 5) == 0;
		_Bool name = len > 13 && memcmp(line, "<display-name", 13) == 0;

		p = line + len;
		if (!written && !name && line != c->xml) {
			buf_str(out, "<icon src=\"");
			buf_xml(out, address);
			buf_str(out, "\"/>\n");
			written = 1;
		}
		if (!icon)
			buf_add(out, line, len);
	}
}

static void
add_channel(struct guide_body *b, struct buf *out, const struct guide_index_channel *c)
{
	const struct guide_index_programme element = { .xml = c->xml, .xml_len = c->xml_len };
	struct buf logo = BUF_INIT(URL_BYTES), address = BUF_INIT(4 * URL_BYTES);
	struct lineup_channel channel;

	if (b->lineup != NULL && lineup_find_guide_id(b->lineup, c->id, &channel)) {
		(void)guide_index_attr(&element, "icon", 0, "src", &logo);
		if (buf_status(&logo) == 0 &&
		    images_add_logo(b->images, &address, b->links, &channel, logo.data) &&
		    buf_status(&address) == 0) {
			add_with_logo(out, c, address.data);
			goto out;
		}
	}
	b->p = c->xml;
	b->end = c->xml + c->xml_len;
out:
	buf_release(&logo);
	buf_release(&address);
}

/* Where the next address of a picture begins and ends: <icon src="..."> or <image>...</image>. */
static _Bool
find_picture(const char *p, const char *end, const char **ret, const char **ret_end)
{
	static const char icon[] = "<icon src=\"", image[] = "<image";
	const size_t icon_len = sizeof(icon) - 1, image_len = sizeof(image) - 1;

	for (; (p = memmem(p, (size_t)(end - p), "<i", 2)) != NULL; p += 2) {
		size_t left = (size_t)(end - p);

		if (left > icon_len && memcmp(p, icon, icon_len) == 0) {
			*ret = p + icon_len;
			*ret_end = memchr(*ret, '"', (size_t)(end - *ret));
		} else if (left > image_len && memcmp(p, image, image_len) == 0) {
			*ret = memchr(p, '>', left);
			if (*ret == NULL)
				return 0;
			++*ret;
			*ret_end = memchr(*ret, '<', (size_t)(end - *ret));
		} else {
			continue;
		}
		if (*ret_end != NULL)
			return 1;
	}
	return 0;
}

/* Appends our address in place of this one, or this one as it stands. */
static void
add_picture(struct guide_body *b, struct buf *out, const char *text, size_t len)
{
	struct buf url = BUF_INIT(URL_BYTES), address = BUF_INIT(4 * URL_BYTES);

	guide_decode(&url, text, len);
	if (buf_status(&url) == 0 && images_add_picture(b->images, &address, b->links, url.data) &&
	    buf_status(&address) == 0)
		buf_xml(out, address.data);
	else
		buf_add(out, text, len);
	buf_release(&url);
	buf_release(&address);
}

/* Copies of the present element what fits. */
static void
copy_some(struct guide_body *b, struct buf *out)
{
	const char *from = NULL, *to = NULL, *stop = b->end;
	_Bool picture = b->step == BODY_PROGRAMMES && b->images != NULL &&
	    images_proxies(b->images) && find_picture(b->p, b->end, &from, &to);
	size_t n;

	if (picture)
		stop = from;
	n = (size_t)(stop - b->p) < PIECE ? (size_t)(stop - b->p) : PIECE;
	buf_add(out, b->p, n);
	b->p += n;
	if (picture && b->p == from) {
		add_picture(b, out, from, (size_t)(to - from));
		b->p = to;
	}
}

/* -- the order of things ---------------------------------------------------------------- */

/* The next channel's element; when there is none, on to the programmes. */
static void
step_channels(struct guide_body *b, struct buf *out)
{
	struct guide_index_channel c;

	b->place = guide_places_next(&b->places, b->place);
	if (b->place == UINT32_MAX) {
		b->step = BODY_PROGRAMMES;
		b->place = b->programme = b->after = 0;
		return;
	}
	guide_index_get_channel(b->index, b->place++, &c);
	add_channel(b, out, &c);
}

/* The next programme, or the next channel's first. */
static void
step_programmes(struct guide_body *b, struct buf *out)
{
	struct guide_index_programme programme;
	struct guide_index_channel c;

	if (b->programme < b->after) {
		guide_index_get_programme(b->index, b->programme++, &programme);
		if (programme.start >= b->to) {
			b->after = b->programme;
			return;
		}
		b->p = programme.xml;
		b->end = programme.xml + programme.xml_len;
		return;
	}
	b->place = guide_places_next(&b->places, b->place);
	if (b->place == UINT32_MAX) {
		buf_str(out, "</tv>\n");
		b->step = BODY_END;
		return;
	}
	guide_index_get_channel(b->index, b->place++, &c);
	b->programme = guide_index_at(b->index, &c, b->from);
	b->after = c.first + c.count;
}

int
guide_body_next(struct guide_body *b, struct buf *out)
{
	for (unsigned i = 0; i < STEPS_MAX && out->len < PIECE && b->step != BODY_END; i++) {
		if (b->p < b->end) {
			copy_some(b, out);
		} else if (b->step == BODY_HEAD) {
			buf_str(out, GUIDE_PROLOG);
			b->step = BODY_CHANNELS;
		} else if (b->step == BODY_CHANNELS) {
			step_channels(b, out);
		} else {
			step_programmes(b, out);
		}
	}
	b->since_drop += out->len;
	if (b->since_drop >= DROP) {
		guide_index_drop(b->index);
		b->since_drop = 0;
	}
	if (buf_status(out) < 0)
		return buf_status(out);
	return b->step != BODY_END;
}
