#include "epg/xmltv.h"

#include <stdlib.h>
#include <string.h>

#include "epg/xmltv_parts.h"

#define TEXT(many)      1, XMLTV_##many, XMLTV_NEEDS_TEXT
#define TEXT_LANG(many) { "lang" }, TEXT(many)
#define PERSON(name)                                           \
	{                                                      \
		name, { NULL }, 1, XMLTV_SOME, XMLTV_NEEDS_ANY \
	}
#define ICON                                                                          \
	{                                                                             \
		"icon", { "src", "width", "height" }, 0, XMLTV_SOME, XMLTV_NEEDS_ATTR \
	}
#define URL                                     \
	{                                       \
		"url", { "system" }, TEXT(SOME) \
	}
#define IMAGE                                                               \
	{                                                                   \
		"image", { "type", "size", "orient", "system" }, TEXT(SOME) \
	}

const struct xmltv_row xmltv_rows[XMLTV_ELEMENTS] = {
	[XMLTV_DISPLAY_NAME] = { "display-name", TEXT_LANG(SOME) },
	[XMLTV_CHANNEL_ICON] = ICON,
	[XMLTV_CHANNEL_URL] = URL,

	[XMLTV_TITLE] = { "title", TEXT_LANG(SOME) },
	[XMLTV_SUB_TITLE] = { "sub-title", TEXT_LANG(SOME) },
	[XMLTV_DESC] = { "desc", TEXT_LANG(SOME) },
	[XMLTV_CREDITS] = { "credits", { NULL }, 0, XMLTV_ONE, XMLTV_NEEDS_CHILD },
	[XMLTV_DATE] = { "date", { NULL }, TEXT(ONE) },
	[XMLTV_CATEGORY] = { "category", TEXT_LANG(SOME) },
	[XMLTV_KEYWORD] = { "keyword", TEXT_LANG(SOME) },
	[XMLTV_LANGUAGE] = { "language", TEXT_LANG(ONE) },
	[XMLTV_ORIG_LANGUAGE] = { "orig-language", TEXT_LANG(ONE) },
	[XMLTV_LENGTH] = { "length", { "units" }, 1, XMLTV_ONE, XMLTV_NEEDS_BOTH },
	[XMLTV_ICON] = ICON,
	[XMLTV_URL] = URL,
	[XMLTV_COUNTRY] = { "country", TEXT_LANG(SOME) },
	[XMLTV_EPISODE_NUM] = { "episode-num", { "system" }, TEXT(SOME) },
	[XMLTV_VIDEO] = { "video", { NULL }, 0, XMLTV_ONE, XMLTV_NEEDS_CHILD },
	[XMLTV_AUDIO] = { "audio", { NULL }, 0, XMLTV_ONE, XMLTV_NEEDS_CHILD },
	[XMLTV_PREVIOUSLY_SHOWN] = { "previously-shown", { "start", "channel" }, 0, XMLTV_ONE,
	    XMLTV_NEEDS_NOTHING },
	[XMLTV_PREMIERE] = { "premiere", { "lang" }, 1, XMLTV_ONE, XMLTV_NEEDS_NOTHING },
	[XMLTV_LAST_CHANCE] = { "last-chance", { "lang" }, 1, XMLTV_ONE, XMLTV_NEEDS_NOTHING },
	[XMLTV_NEW] = { "new", { NULL }, 0, XMLTV_ONE, XMLTV_NEEDS_NOTHING },
	[XMLTV_SUBTITLES] = { "subtitles", { "type" }, 0, XMLTV_SOME, XMLTV_NEEDS_NOTHING },
	[XMLTV_RATING] = { "rating", { "system" }, 0, XMLTV_SOME, XMLTV_NEEDS_VALUE },
	[XMLTV_STAR_RATING] = { "star-rating", { "system" }, 0, XMLTV_SOME, XMLTV_NEEDS_VALUE },
	[XMLTV_REVIEW] = { "review", { "type", "source", "reviewer", "lang" }, 1, XMLTV_SOME,
	    XMLTV_NEEDS_BOTH },
	[XMLTV_IMAGE] = IMAGE,

	[XMLTV_DIRECTOR] = PERSON("director"),
	[XMLTV_ACTOR] = { "actor", { "role", "guest" }, 1, XMLTV_SOME, XMLTV_NEEDS_ANY },
	[XMLTV_WRITER] = PERSON("writer"),
	[XMLTV_ADAPTER] = PERSON("adapter"),
	[XMLTV_PRODUCER] = PERSON("producer"),
	[XMLTV_COMPOSER] = PERSON("composer"),
	[XMLTV_EDITOR] = PERSON("editor"),
	[XMLTV_PRESENTER] = PERSON("presenter"),
	[XMLTV_COMMENTATOR] = PERSON("commentator"),
	[XMLTV_GUEST] = PERSON("guest"),
	[XMLTV_PERSON_IMAGE] = IMAGE,
	[XMLTV_PERSON_URL] = URL,
	[XMLTV_VIDEO_PRESENT] = { "present", { NULL }, TEXT(ONE) },
	[XMLTV_VIDEO_COLOUR] = { "colour", { NULL }, TEXT(ONE) },
	[XMLTV_VIDEO_ASPECT] = { "aspect", { NULL }, TEXT(ONE) },
	[XMLTV_VIDEO_QUALITY] = { "quality", { NULL }, TEXT(ONE) },
	[XMLTV_AUDIO_PRESENT] = { "present", { NULL }, TEXT(ONE) },
	[XMLTV_AUDIO_STEREO] = { "stereo", { NULL }, TEXT(ONE) },
	[XMLTV_SUBTITLES_LANGUAGE] = { "language", TEXT_LANG(ONE) },
	[XMLTV_RATING_VALUE] = { "value", { NULL }, TEXT(ONE) },
	[XMLTV_RATING_ICON] = ICON,
};

const char *const xmltv_programme_attrs[XMLTV_PROGRAMME_ATTRS] = {
	"pdc-start",
	"vps-start",
	"showview",
	"videoplus",
	"clumpidx",
};

struct xmltv_range
xmltv_below(enum xmltv_kind kind, enum xmltv_element parent)
{
	static const struct xmltv_range top[] = {
		[XMLTV_CHANNEL] = { XMLTV_DISPLAY_NAME, XMLTV_CHANNEL_URL + 1 },
		[XMLTV_PROGRAMME] = { XMLTV_TITLE, XMLTV_IMAGE + 1 },
	};
	static const struct xmltv_range credits = { XMLTV_DIRECTOR, XMLTV_GUEST + 1 },
					person = { XMLTV_PERSON_IMAGE, XMLTV_PERSON_URL + 1 },
					video = { XMLTV_VIDEO_PRESENT, XMLTV_VIDEO_QUALITY + 1 },
					audio = { XMLTV_AUDIO_PRESENT, XMLTV_AUDIO_STEREO + 1 },
					subtitles = { XMLTV_SUBTITLES_LANGUAGE,
						XMLTV_SUBTITLES_LANGUAGE + 1 },
					rating = { XMLTV_RATING_VALUE, XMLTV_RATING_ICON + 1 },
					nothing = { 0, 0 };

	if (parent == XMLTV_NONE)
		return top[kind];
	if (parent >= XMLTV_DIRECTOR && parent <= XMLTV_GUEST)
		return person;
	if (parent == XMLTV_CREDITS)
		return credits;
	if (parent == XMLTV_VIDEO)
		return video;
	if (parent == XMLTV_AUDIO)
		return audio;
	if (parent == XMLTV_SUBTITLES)
		return subtitles;
	if (parent == XMLTV_RATING || parent == XMLTV_STAR_RATING)
		return rating;
	return nothing;
}

enum xmltv_element
xmltv_find(enum xmltv_kind kind, enum xmltv_element parent, const char *name)
{
	struct xmltv_range range = xmltv_below(kind, parent);

	for (unsigned i = range.first; i < range.end; i++) {
		if (strcmp(xmltv_rows[i].name, name) == 0)
			return (enum xmltv_element)i;
	}
	return XMLTV_NONE;
}

void
xmltv_entry_init(struct xmltv_entry *e, size_t text_max)
{
	*e = (struct xmltv_entry){ 0 };
	buf_init(&e->text, text_max);
	xmltv_entry_clear(e, XMLTV_CHANNEL);
}

void
xmltv_entry_release(struct xmltv_entry *e)
{
	buf_release(&e->text);
	free(e->nodes);
	e->nodes = NULL;
	e->count = e->cap = 0;
}

void
xmltv_entry_clear(struct xmltv_entry *e, enum xmltv_kind kind)
{
	struct xmltv_node *nodes = e->nodes;
	struct buf text = e->text;
	size_t cap = e->cap;

	*e = (struct xmltv_entry){ .kind = kind, .nodes = nodes, .cap = cap, .text = text };
	buf_clear(&e->text);
	/* So that no text is at 0. */
	buf_char(&e->text, '\0');
}

struct xmltv_span
xmltv_keep(struct xmltv_entry *e, const char *text, size_t len)
{
	static const struct xmltv_span absent = XMLTV_ABSENT;
	size_t at = e->text.len;

	xmltv_put(&e->text, text, len);
	if (buf_status(&e->text) < 0)
		return absent;
	return (struct xmltv_span){ (uint32_t)at, (uint32_t)len, 0 };
}

struct xmltv_node *
xmltv_add(struct xmltv_entry *e, enum xmltv_element element, unsigned depth)
{
	struct xmltv_node *node;

	if (e->count == e->cap) {
		size_t cap = e->cap == 0 ? 64 : e->cap * 2;
		struct xmltv_node *nodes = realloc(e->nodes, cap * sizeof(*nodes));

		if (nodes == NULL)
			return NULL;
		e->nodes = nodes;
		e->cap = cap;
	}
	node = &e->nodes[e->count++];
	*node = (struct xmltv_node){ .element = (uint8_t)element, .depth = (uint8_t)depth };
	return node;
}

void
xmltv_drop(struct xmltv_entry *e, size_t i)
{
	size_t end = i + 1;

	while (end < e->count && e->nodes[end].depth > e->nodes[i].depth)
		end++;
	memmove(e->nodes + i, e->nodes + end, (e->count - end) * sizeof(*e->nodes));
	e->count -= end - i;
}
