/*
 * When a lineup and a guide are due, and what follows when the parts tell of theirs.
 */
#include <event2/event.h>
#include <inttypes.h>

#include "base/log.h"
#include "base/loop.h"
#include "gateway/channels.h"
#include "gateway/guide.h"
#include "gateway/serve_parts.h"
#include "gateway/setup.h"
#include "gateway/stream.h"
#include "playlist/lineup.h"

#define PATIENCE_MS 60000 /* so long a lineup waits for playlists that were never read */

static _Bool
has_patience(const struct serve *s)
{
	return event_pending(s->patience, EV_TIMEOUT, NULL) != 0;
}

/*
 * Makes a lineup if one is due. It waits for playlists that are new, so that numbers
 * go by the order in the config and not by which provider is the fastest, and so
 * that a reload that renames a playlist does not show an empty lineup meanwhile.
 */
static void
make_lineup(struct serve *s)
{
	if (!s->lineup_due)
		return;
	for (size_t i = 0; i < s->g.playlist_count; i++) {
		if (source_is_awaited(s->g.playlists[i].source) && has_patience(s))
			return;
	}
	s->lineup_due = 0;
	channels_rebuild(s->g.channels);
}

static _Bool
is_being_read(const struct source *source)
{
	struct source_info info;

	source_get_info(source, &info);
	return info.state == SOURCE_READING;
}

/*
 * Makes a guide if anything has changed for it. It waits for guides that are new, so that
 * media servers do not see one that is made up first; and for those that are being read, so
 * that ten that have changed are one making: whichever is the last to end comes here again.
 */
static void
make_guide(struct serve *s)
{
	for (size_t i = 0; i < s->g.guide_count; i++) {
		const struct source *source = s->g.guides[i].source;

		if (is_being_read(source) || (source_is_awaited(source) && has_patience(s)))
			return;
	}
	guide_update(s->g.guide);
}

void
serve_make_due(struct serve *s)
{
	make_lineup(s);
	make_guide(s);
}

void
serve_want_all(struct serve *s)
{
	s->lineup_due = 1;
	(void)loop_after(s->patience, PATIENCE_MS);
	serve_make_due(s);
}

/* -- what the parts tell ------------------------------------------------------- */

void
serve_on_source(void *arg, struct source *source, _Bool changed)
{
	struct serve *s = arg;
	struct source_info info;
	_Bool all = 1;

	source_get_info(source, &info);
	if (changed && info.kind == SOURCE_PLAYLIST)
		s->lineup_due = 1;
	serve_make_due(s);
	for (size_t i = 0; i < s->g.playlist_count; i++) {
		source_get_info(s->g.playlists[i].source, &info);
		all = all && info.settled;
	}
	s->sources_settled = all;
	serve_check_ready(s);
}

void
serve_on_lineup(void *arg, struct lineup *lineup, const struct err *err)
{
	struct serve *s = arg;

	(void)err; /* it was logged, and the status has it */
	if (lineup != NULL) {
		log_info(NULL, "lineup channels=%" PRIu32, lineup_count(lineup));
		stream_update_all(&s->g);
	}
	if (setup_wanted(&s->g) < 0)
		log_error(NULL, "out of memory: the guide does not know of the new lineup");
	make_guide(s);
	serve_check_ready(s);
}

void
serve_on_guide(void *arg, const struct err *err)
{
	(void)arg;
	(void)err; /* it was logged, and the status has it */
}
