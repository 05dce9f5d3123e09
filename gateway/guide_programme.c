#include "gateway/guide_programme.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/json.h"
#include "epg/guide_index.h"
#include "gateway/images.h"
#include "playlist/lineup.h"

#define XML_TEXT_MAX   (1u << 20) /* what the guide may hold in one programme */
#define TEXT_MAX       4096       /* bytes of a text in the answer */
#define DESC_MAX       32768
#define CATEGORIES_MAX 32
#define EPISODES_MAX   8
#define ADDRESS_MAX    32768

void
guide_time_json(struct json *j, const char *key, int64_t when)
{
	char name[32], text[32] = "";
	time_t t = (time_t)when;
	struct tm tm;

	if (gmtime_r(&t, &tm) != NULL)
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	json_str(j, key, text);
	snprintf(name, sizeof(name), "%s_epoch", key);
	json_int(j, name, when);
}

/* -- texts ------------------------------------------------------------------------------- */

/* Makes it no longer than that, between two characters. */
static void
cut(struct buf *text, size_t max)
{
	if (text->len <= max)
		return;
	while (max > 0 && ((unsigned char)text->data[max] & 0xc0) == 0x80)
		max--;
	buf_truncate(text, max);
}

/* The nth text of that element; false: it has none. */
static _Bool
get_text(struct buf *text, const struct guide_index_programme *p, const char *element, unsigned nth,
    size_t max)
{
	buf_clear(text);
	if (!guide_index_text(p, element, nth, text) || buf_status(text) < 0)
		return 0;
	cut(text, max);
	return 1;
}

static _Bool
get_attr(struct buf *text, const struct guide_index_programme *p, const char *element, unsigned nth,
    const char *attr)
{
	buf_clear(text);
	return guide_index_attr(p, element, nth, attr, text) && buf_status(text) == 0 &&
	    text->len <= TEXT_MAX;
}

static void
add_text(struct json *j, const char *key, const struct guide_index_programme *p,
    const char *element, size_t max)
{
	struct buf text = BUF_INIT(XML_TEXT_MAX);
	_Bool there = get_text(&text, p, element, 0, max);

	json_str(j, key, there ? text.data : NULL);
	buf_release(&text);
}

/* Elements that say all by being there. */
static void
add_mark(struct json *j, const char *key, const struct guide_index_programme *p,
    const char *element)
{
	struct buf text = BUF_INIT(XML_TEXT_MAX);

	json_bool(j, key, guide_index_text(p, element, 0, &text));
	buf_release(&text);
}

/* -- pictures ---------------------------------------------------------------------------- */

static void
add_logo(struct json *j, const struct guide_programme_form *form,
    const struct guide_index_channel *c)
{
	const struct guide_index_programme element = { .xml = c->xml, .xml_len = c->xml_len };
	struct buf logo = BUF_INIT(XML_TEXT_MAX), ours = BUF_INIT(ADDRESS_MAX);
	_Bool there = get_attr(&logo, &element, "icon", 0, "src");
	struct lineup_channel channel;
	const char *address = there ? logo.data : NULL;

	if (form->images != NULL && form->lineup != NULL &&
	    lineup_find_guide_id(form->lineup, c->id, &channel) &&
	    images_add_logo(form->images, &ours, form->links, &channel, there ? logo.data : "") &&
	    buf_status(&ours) == 0)
		address = ours.data;
	json_str(j, "logo", address);
	buf_release(&logo);
	buf_release(&ours);
}

static void
add_icon(struct json *j, const struct guide_programme_form *form,
    const struct guide_index_programme *p)
{
	struct buf icon = BUF_INIT(XML_TEXT_MAX), ours = BUF_INIT(ADDRESS_MAX);
	_Bool there = get_attr(&icon, p, "icon", 0, "src");
	const char *address = there ? icon.data : NULL;

	if (there && form->images != NULL &&
	    images_add_picture(form->images, &ours, form->links, icon.data) &&
	    buf_status(&ours) == 0)
		address = ours.data;
	json_str(j, "icon", address);
	buf_release(&icon);
	buf_release(&ours);
}

/* -- the parts of a programme -------------------------------------------------------------- */

static void
add_categories(struct json *j, const struct guide_index_programme *p)
{
	struct buf text = BUF_INIT(XML_TEXT_MAX);

	json_array(j, "categories");
	for (unsigned n = 0; n < CATEGORIES_MAX && get_text(&text, p, "category", n, TEXT_MAX / 16);
	     n++)
		json_str(j, NULL, text.data);
	json_array_end(j);
	buf_release(&text);
}

/* The first number of that system; the DTD's default is onscreen. */
static void
add_episode_of(struct json *j, const char *key, const struct guide_index_programme *p)
{
	struct buf text = BUF_INIT(XML_TEXT_MAX), system = BUF_INIT(XML_TEXT_MAX);
	_Bool found = 0;

	for (unsigned n = 0; !found && n < EPISODES_MAX; n++) {
		if (!get_text(&text, p, "episode-num", n, TEXT_MAX))
			break;
		if (!get_attr(&system, p, "episode-num", n, "system"))
			buf_str(&system, "onscreen");
		found = strcmp(system.data, key) == 0;
	}
	json_str(j, key, found ? text.data : NULL);
	buf_release(&text);
	buf_release(&system);
}

static void
add_episode(struct json *j, const struct guide_index_programme *p)
{
	json_object(j, "episode");
	add_episode_of(j, "xmltv_ns", p);
	add_episode_of(j, "onscreen", p);
	json_object_end(j);
}

void
guide_channel_json(struct json *j, const struct guide_programme_form *form,
    const struct guide_index_channel *c)
{
	json_str(j, "id", c->id);
	json_str(j, "number", c->number);
	json_str(j, "name", c->name);
	add_logo(j, form, c);
}

void
guide_programme_json(struct json *j, const char *key, const struct guide_programme_form *form,
    const struct guide_index_programme *p)
{
	json_object(j, key);
	guide_time_json(j, "start", p->start);
	guide_time_json(j, "stop", p->stop);
	add_text(j, "title", p, "title", TEXT_MAX);
	add_text(j, "sub_title", p, "sub-title", TEXT_MAX);
	add_text(j, "desc", p, "desc", DESC_MAX);
	add_categories(j, p);
	add_icon(j, form, p);
	add_episode(j, p);
	add_text(j, "date", p, "date", TEXT_MAX);
	add_text(j, "rating", p, "rating/value", TEXT_MAX);
	add_mark(j, "new", p, "new");
	add_mark(j, "premiere", p, "premiere");
	add_mark(j, "previously_shown", p, "previously-shown");
	json_object_end(j);
}
