#include "gateway/source.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/loop.h"
#include "base/url.h"
#include "gateway/demo.h"
#include "gateway/fetch.h"
#include "gateway/source_parts.h"
#include "gateway/watch.h"

static const char *const state_names[] = { "waiting", "fetching", "waiting for the lineup",
	"reading" };

const char *
source_state_name(enum source_state state)
{
	return state_names[state];
}

const char *
source_kind_name(enum source_kind kind)
{
	return kind == SOURCE_PLAYLIST ? "playlist" : "guide";
}

static uint64_t
now_ms(const struct source *s)
{
	return clock_ms(s->deps.clock);
}

/* -- the ends of its work ---------------------------------------------------------- */

static void reread_if_stale(struct source *s);

static void
settle(struct source *s, _Bool changed)
{
	_Bool again = s->again;

	source_stop_reading(s);
	fetch_drop(s->fetch);
	s->fetch = NULL;
	if (s->cached != -1)
		(void)close(s->cached);
	s->cached = -1;
	s->done = s->total = 0;
	s->state = SOURCE_WAITING;
	s->again = 0;
	if (s->refreshing) {
		s->refreshing = 0;
		s->settled = 1;
		s->refreshes++;
		source_plan_next(s);
	} else {
		s->rereads++;
		if (s->failures > 0 || s->due_ms == 0)
			source_plan_next(s);
	}
	if (again)
		source_plan(s, 0);
	s->events.settled(s->events.arg, s, changed);
	reread_if_stale(s);
}

static void
settle_failed(struct source *s)
{
	s->failures++;
	s->failed++;
	log_warn_e(&s->log, &s->err, "not %s, the last good one stays attempt=%u",
	    s->refreshing ? "refreshed" : "read again", s->failures);
	settle(s, 0);
}

static void
log_good(const struct source *s)
{
	const char *how = s->refreshing ? "refreshed" : "read again";
	uint64_t took = now_ms(s) - s->began_ms;

	if (s->kind == SOURCE_PLAYLIST)
		log_info(&s->log, "%s entries=%" PRIu64 " bytes=%" PRIu64 " took_ms=%" PRIu64, how,
		    s->good.entries, s->done, took);
	else
		log_info(&s->log,
		    "%s channels=%" PRIu64 " programmes=%" PRIu64 " kept=%" PRIu64 " bytes=%" PRIu64
		    " took_ms=%" PRIu64,
		    how, s->good.channels, s->good.entries, s->good.kept, s->done, took);
}

static void
settle_good(struct source *s, _Bool changed)
{
	if (s->refreshing) {
		s->failures = 0;
		s->doubted_ms = 0;
		s->err = (struct err)ERR_INIT;
		s->last_good = clock_wall(s->deps.clock);
		s->took_ms = now_ms(s) - s->began_ms;
	}
	if (changed)
		log_good(s);
	else
		log_debug(&s->log, "unchanged");
	if (s->notes_refused)
		s->note_total = 0;
	settle(s, changed);
}

/* -- reading ------------------------------------------------------------------------ */

void
source_add_note(struct source *s, uint32_t line, const char *text)
{
	if (s->note_total < SOURCE_NOTES_MAX) {
		struct source_note *note = &s->notes[s->note_total];

		note->line = line;
		snprintf(note->text, sizeof(note->text), "%s", text);
	}
	s->note_total++;
	if (line > 0)
		log_info(&s->log, "line %" PRIu32 ": %s", line, text);
	else
		log_warn(&s->log, "%s", text);
}

void
source_read_done(struct source *s, int rc)
{
	if (rc < 0)
		settle_failed(s);
	else
		settle_good(s, 1);
}

/* Reads what was fetched, or `cached`, as soon as it is known what is wanted of it. */
static void
read_now(struct source *s)
{
	if (source_recipe(s) == 0) {
		s->state = SOURCE_HELD;
		return;
	}
	s->state = SOURCE_READING;
	if (source_start_reading(s) < 0)
		settle_failed(s);
}

static void
read_cached(struct source *s)
{
	s->tried = source_recipe(s);
	if (source_open_cached(s) < 0)
		settle_failed(s);
	else
		read_now(s);
}

/* Once by each recipe: what cannot be read is tried again by the refresh that follows. */
static void
reread_if_stale(struct source *s)
{
	if (s->state != SOURCE_WAITING || s->tried == source_recipe(s) || !source_is_stale(s))
		return;
	s->began_ms = now_ms(s);
	read_cached(s);
}

/* It is to be read in another way: now, if it is at rest or being read. */
static void
on_recipe(evutil_socket_t fd, short what, void *arg)
{
	struct source *s = arg;

	(void)fd;
	(void)what;
	if (s->state == SOURCE_HELD ||
	    (s->state == SOURCE_READING && s->new.recipe != source_recipe(s))) {
		source_stop_reading(s);
		read_now(s);
	}
	reread_if_stale(s);
}

/* Not from inside the call that asks for it: what it leads to is told by callbacks. */
static void
look_at_recipe(struct source *s)
{
	(void)loop_after(s->recipe, 0);
}

/* -- fetching ----------------------------------------------------------------------- */

static void
on_fetched(void *arg, enum fetch_outcome outcome, const struct err *err)
{
	struct source *s = arg;

	switch (outcome) {
	case FETCH_UNCHANGED:
		if (!source_is_stale(s)) {
			settle_good(s, 0);
			return;
		}
		fetch_drop(s->fetch);
		s->fetch = NULL;
		read_cached(s);
		return;
	case FETCH_FAILED:
		s->err = *err;
		settle_failed(s);
		return;
	case FETCH_FRESH: read_now(s); return;
	}
}

static void
start_fetching(struct source *s)
{
	struct fetch_spec spec = {
		.url = s->url,
		.path = s->cache_path,
		.user_agent = s->user_agent,
		.proxy = s->proxy,
		.headers = s->headers,
		.header_count = s->header_count,
		.demo = s->kind == SOURCE_PLAYLIST ? demo_playlist : demo_guide,
		.made = source_which_result(s),
	};

	s->began_ms = now_ms(s);
	s->due_ms = 0;
	event_del(s->timer);
	s->refreshing = 1;
	s->state = SOURCE_FETCHING;
	if (s->watch != NULL)
		watch_renew(s->watch);
	s->fetch = fetch_start(s->deps.fetcher, &spec, on_fetched, s, &s->err);
	if (s->fetch == NULL)
		settle_failed(s);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct source *s = arg;

	(void)fd;
	(void)what;
	if (s->state == SOURCE_WAITING)
		start_fetching(s);
	else
		s->again = 1;
}

/* -- the public face ----------------------------------------------------------------- */

static void
on_file_changed(void *arg)
{
	struct source *s = arg;

	log_info(&s->log, "the file has changed");
	if (s->state == SOURCE_WAITING)
		source_plan(s, 0);
	else
		s->again = 1;
}

/* A file that cannot be watched is refreshed on schedule all the same. */
static void
watch_file(struct source *s)
{
	const char *path = url_file_path(s->url);
	struct err err = ERR_INIT;

	if (path == NULL)
		return;
	s->watch = watch_new(s->deps.base, path, on_file_changed, s, &err);
	if (s->watch == NULL)
		log_warn_e(&s->log, &err, "changes of the file will not be noticed at once");
}

struct source *
source_new(const struct source_deps *deps, const struct source_config *config,
    const struct source_events *events, struct err *err)
{
	struct source *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		err_set(err, ENOMEM, "out of memory");
		return NULL;
	}
	s->out = (struct file_save)FILE_SAVE_INIT;
	s->cached = -1;
	s->deps = *deps;
	s->events = *events;
	if (!source_copy_config(s, config) || !source_make_paths(s) ||
	    (s->timer = evtimer_new(deps->base, on_timer, s)) == NULL ||
	    (s->recipe = evtimer_new(deps->base, on_recipe, s)) == NULL) {
		err_set(err, ENOMEM, "out of memory");
		source_free(s);
		return NULL;
	}
	source_recall(s);
	log_init(&s->log, "%s '%s'", source_kind_name(s->kind), s->name);
	watch_file(s);
	source_plan(s, 0);
	return s;
}

void
source_free(struct source *s)
{
	if (s == NULL)
		return;
	source_stop_reading(s);
	fetch_drop(s->fetch);
	if (s->cached != -1)
		(void)close(s->cached);
	watch_free(s->watch);
	loop_event_free(s->timer);
	loop_event_free(s->recipe);
	source_free_config(s);
	free(s);
}

int
source_configure(struct source *s, const struct source_config *config)
{
	_Bool replan = s->refresh_ms != config->refresh_ms ||
	    s->refresh_minute != config->refresh_minute;

	if (source_copy_reading(s, config) < 0)
		return -ENOMEM;
	/* Not one that is due now: it is the first, or was asked for. */
	if (replan && s->state == SOURCE_WAITING && (s->due_ms == 0 || s->due_ms > now_ms(s)))
		source_plan_next(s);
	look_at_recipe(s);
	return 0;
}

int
source_set_wanted(struct source *s, const char *path, uint64_t ids)
{
	if (s->wanted_path == NULL)
		s->wanted_path = strdup(path);
	if (s->wanted_path == NULL)
		return -ENOMEM;
	s->wanted = ids;
	look_at_recipe(s);
	return 0;
}

void
source_refresh(struct source *s)
{
	if (s->state == SOURCE_WAITING)
		source_plan(s, 0);
	else if (!s->refreshing)
		s->again = 1;
}

_Bool
source_is_awaited(const struct source *s)
{
	return !s->settled && access(s->result_path, R_OK) == -1;
}

const char *
source_result_path(const struct source *s)
{
	return s->result_path;
}

void
source_get_info(const struct source *s, struct source_info *ret)
{
	uint64_t now = now_ms(s);

	*ret = (struct source_info){
		.name = s->name,
		.kind = s->kind,
		.state = s->state,
		.settled = s->settled,
		.entries = s->good.entries,
		.channels = s->good.channels,
		.cut = s->good.cut != 0,
		.reading = s->reading,
		.done = s->done,
		.total = s->total,
		.last_good = s->last_good,
		.next_ms = s->due_ms > now ? s->due_ms - now : 0,
		.failures = s->failures,
		.refreshes = s->refreshes,
		.failed = s->failed,
		.rereads = s->rereads,
		.read_bytes = s->read_bytes,
		.took_ms = s->took_ms,
		.error = s->err.text,
		.notes = s->notes,
		.note_count = s->note_total < SOURCE_NOTES_MAX ? (size_t)s->note_total
							       : SOURCE_NOTES_MAX,
		.note_total = s->note_total,
	};
	if (s->state == SOURCE_FETCHING && s->fetch != NULL)
		fetch_progress(s->fetch, &ret->done, &ret->total);
}
