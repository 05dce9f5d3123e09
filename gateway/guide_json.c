#include "gateway/guide_json.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "epg/guide_index.h"
#include "gateway/guide_programme.h"
#include "gateway/images.h"
#include "playlist/lineup.h"

#define PIECE     (24u << 10)  /* bytes appended in one turn, and one programme more */
#define STEPS_MAX 64           /* channels and programmes looked at in one turn */
#define DROP      (256u << 10) /* bytes, as in guide_body.c */

enum step { JSON_HEAD, JSON_ROWS, JSON_PROGRAMMES, JSON_TAIL, JSON_END };

struct guide_json {
	struct guide_json_spec spec; /* what is copied or referenced in it is owned */
	struct guide_programme_form form;
	char *next, *links;
	enum step step;
	struct json json;
	uint32_t place;            /* of the next channel, or in what was found */
	uint32_t channels;         /* so far */
	uint64_t programmes;       /* so far */
	uint32_t programme, after; /* of the present channel: the next, and behind its last */
	size_t since_drop;         /* bytes */
	_Bool rests;               /* this turn was had */
};

struct guide_json *
guide_json_new(const struct guide_json_spec *spec)
{
	struct guide_json *a = calloc(1, sizeof(*a));
	struct guide_places places = spec->places;

	if (a == NULL) {
		guide_places_release(&places);
		free(spec->found);
		return NULL;
	}
	a->spec = *spec;
	a->place = spec->first;
	guide_index_ref(spec->index);
	if (spec->lineup != NULL)
		lineup_ref(spec->lineup);
	a->next = strdup(spec->next);
	a->links = strdup(spec->links);
	if (a->next == NULL || a->links == NULL) {
		guide_json_free(a);
		return NULL;
	}
	a->form = (struct guide_programme_form){ spec->index, spec->images, spec->lineup,
		a->links };
	return a;
}

void
guide_json_free(struct guide_json *a)
{
	if (a == NULL)
		return;
	guide_index_drop(a->spec.index);
	guide_index_unref(a->spec.index);
	lineup_unref(a->spec.lineup);
	guide_places_release(&a->spec.places);
	free(a->spec.found);
	free(a->next);
	free(a->links);
	free(a);
}

/* -- rows ------------------------------------------------------------------------------ */

static void
add_programme(struct guide_json *a, const char *key, uint32_t i)
{
	struct guide_index_programme programme;

	guide_index_get_programme(a->spec.index, i, &programme);
	guide_programme_json(&a->json, key, &a->form, &programme);
}

/* What is on, and what comes then. */
static void
add_now(struct guide_json *a, const struct guide_index_channel *c)
{
	uint32_t i = guide_index_at(a->spec.index, c, a->spec.from), end = c->first + c->count;
	struct guide_index_programme programme;
	_Bool on = 0;

	if (i < end) {
		guide_index_get_programme(a->spec.index, i, &programme);
		on = programme.start <= a->spec.from;
	}
	if (on)
		add_programme(a, "now", i++);
	else
		json_str(&a->json, "now", NULL);
	if (i < end)
		add_programme(a, "next", i);
	else
		json_str(&a->json, "next", NULL);
	json_object_end(&a->json);
}

static _Bool
is_full(const struct guide_json *a)
{
	return a->channels >= a->spec.channels_max || a->programmes >= a->spec.programmes_max;
}

/* The next channel. */
static void
step_rows(struct guide_json *a)
{
	struct guide_index_channel c;

	a->place = guide_places_next(&a->spec.places, a->place);
	if (a->place == UINT32_MAX || is_full(a)) {
		a->step = JSON_TAIL;
		return;
	}
	guide_index_get_channel(a->spec.index, a->place++, &c);
	a->channels++;
	json_object(&a->json, NULL);
	guide_channel_json(&a->json, &a->form, &c);
	if (a->spec.question == GUIDE_NOW) {
		add_now(a, &c);
		return;
	}
	json_array(&a->json, "programmes");
	a->programme = guide_index_at(a->spec.index, &c, a->spec.from);
	a->after = c.first + c.count;
	a->step = JSON_PROGRAMMES;
}

/* The next programme of the channel. */
static void
step_programmes(struct guide_json *a)
{
	struct guide_index_programme programme;

	if (a->programme < a->after) {
		guide_index_get_programme(a->spec.index, a->programme++, &programme);
		if (programme.start < a->spec.to) {
			guide_programme_json(&a->json, NULL, &a->form, &programme);
			a->programmes++;
			return;
		}
	}
	json_array_end(&a->json);
	json_object_end(&a->json);
	a->step = JSON_ROWS;
}

static void
step_found(struct guide_json *a)
{
	struct guide_index_programme programme;
	struct guide_index_channel c;

	if (a->place == a->spec.found_count) {
		a->step = JSON_TAIL;
		return;
	}
	guide_index_get_programme(a->spec.index, a->spec.found[a->place++], &programme);
	guide_index_get_channel(a->spec.index, programme.channel, &c);
	json_object(&a->json, NULL);
	json_object(&a->json, "channel");
	guide_channel_json(&a->json, &a->form, &c);
	json_object_end(&a->json);
	guide_programme_json(&a->json, "programme", &a->form, &programme);
	json_object_end(&a->json);
}

/* -- head and tail ---------------------------------------------------------------------- */

static void
add_head(struct guide_json *a)
{
	json_object(&a->json, NULL);
	if (a->spec.question == GUIDE_NOW)
		guide_time_json(&a->json, "at", a->spec.from);
	if (a->spec.question == GUIDE_WINDOW) {
		guide_time_json(&a->json, "from", a->spec.from);
		guide_time_json(&a->json, "to", a->spec.to);
	}
	json_array(&a->json, a->spec.question == GUIDE_FOUND ? "found" : "channels");
	a->step = JSON_ROWS;
}

/* The address of what comes behind this answer; null: nothing. */
static void
add_tail(struct guide_json *a)
{
	struct buf next = BUF_INIT(strlen(a->next) + 256);
	struct guide_index_channel c;
	_Bool more = 0;

	json_array_end(&a->json);
	if (a->spec.question == GUIDE_FOUND && a->spec.found_next != UINT32_MAX) {
		buf_printf(&next, "%s%u", a->next, (unsigned)a->spec.found_next);
		more = 1;
	} else if (a->spec.question != GUIDE_FOUND && a->place != UINT32_MAX) {
		guide_index_get_channel(a->spec.index, a->place, &c);
		buf_printf(&next, "%s%s", a->next, c.id);
		more = 1;
	}
	json_str(&a->json, "next", more ? next.data : NULL);
	json_object_end(&a->json);
	buf_char(a->json.out, '\n');
	buf_release(&next);
	a->step = JSON_END;
}

int
guide_json_next(struct guide_json *a, struct buf *out)
{
	/* One piece a turn of the loop: then the others have theirs. */
	a->rests = !a->rests;
	if (!a->rests)
		return 1;
	a->json.out = out;
	for (unsigned i = 0; i < STEPS_MAX && out->len < PIECE && a->step != JSON_END; i++) {
		if (a->step == JSON_HEAD)
			add_head(a);
		else if (a->step == JSON_TAIL)
			add_tail(a);
		else if (a->step == JSON_PROGRAMMES)
			step_programmes(a);
		else if (a->spec.question == GUIDE_FOUND)
			step_found(a);
		else
			step_rows(a);
	}
	a->since_drop += out->len;
	if (a->since_drop >= DROP) {
		guide_index_drop(a->spec.index);
		a->since_drop = 0;
	}
	if (buf_status(out) < 0)
		return buf_status(out);
	return a->step != JSON_END;
}
