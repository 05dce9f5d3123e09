#include "gateway/guide.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/loop.h"
#include "epg/guide_index.h"
#include "gateway/guide_parts.h"
#include "gateway/worker.h"

#define CHECK_ROWS     4096 /* rows looked at in one turn of the loop: well under 1 ms */
#define RETRY_FIRST_MS 2000
#define RETRY_MAX_MS   (5 * 60 * 1000)
#define LOOK_MS        (10 * 60 * 1000) /* how often it looks whether a new day has begun */

static uint64_t
now_ms(const struct guide *g)
{
	return clock_ms(g->deps.clock);
}

static void
count_turn(struct guide *g, uint64_t since_us)
{
	uint64_t took = clock_us(g->deps.clock) - since_us;

	if (took > g->info.swap_us_max)
		g->info.swap_us_max = took;
}

/* -- ends of a build --------------------------------------------------------------- */

static void
on_look(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	guide_update(arg);
}

/* What a build has told, and what it was. */
static void
take_info(struct guide *g)
{
	struct guide_info *info = &g->info;

	info->channels = g->new_info.channels;
	info->programmes = g->new_info.programmes;
	info->bytes = g->new_info.bytes;
	info->gzip_bytes = g->new_info.gzip_bytes;
	info->filled = g->new_info.filled;
	info->madeup = g->new_info.madeup;
	info->empty = g->new_info.empty;
	info->reused = g->new_info.reused;
	info->last = g->new_info.last;
	info->done = info->total = 0;
	info->failures = 0;
	info->took_ms = now_ms(g) - g->began_ms;
	info->made = clock_wall(g->deps.clock);
	g->err = (struct err)ERR_INIT;
}

/* The build has ended; one more follows if something has changed meanwhile. */
static void
end_build(struct guide *g)
{
	guide_drop_output(g);
	g->restoring = 0;
	g->info.building = 0;
	g->info.done = g->info.total = 0;
	if (g->again) {
		g->again = 0;
		guide_update(g);
	}
}

static void
end_failed(struct guide *g)
{
	_Bool restoring = g->restoring;

	if (restoring) {
		/* It is made anew from the listings; nothing was lost. */
		log_warn_e(&g->log, &g->err, "the saved guide cannot be used");
		g->err = (struct err)ERR_INIT;
	} else {
		g->info.failed++;
		g->info.failures++;
		log_error_e(&g->log, &g->err, "no new guide, the last good one stays");
		(void)loop_after(g->retry,
		    clock_backoff(RETRY_FIRST_MS, RETRY_MAX_MS, g->info.failures));
		g->ready(g->arg, &g->err);
	}
	end_build(g);
}

static void
end_good(struct guide *g, _Bool changed)
{
	take_info(g);
	if (!g->restoring) {
		g->inputs = g->new_inputs;
		guide_save_meta(g);
		log_info(&g->log,
		    "%s channels=%" PRIu64 " programmes=%" PRIu64 " made_up=%" PRIu64
		    " bytes=%" PRIu64 " reused=%" PRIu64 " took_ms=%" PRIu64,
		    changed ? "made" : "is what it was", g->info.channels, g->info.programmes,
		    g->info.madeup, g->info.bytes, g->info.reused, g->info.took_ms);
	} else {
		g->inputs = guide_load_meta(g);
	}
	if (!changed)
		g->info.same++;
	else
		g->ready(g->arg, NULL);
	end_build(g);
}

/* -- checking and swapping ------------------------------------------------------------ */

static void
swap(struct guide *g, const struct guide_index_info *index)
{
	guide_close_files(g->files);
	memcpy(g->files, g->new_files, sizeof(g->files));
	for (size_t i = 0; i < GUIDE_FILES; i++)
		g->new_files[i] = -1;
	guide_index_unref(g->index);
	g->index = g->candidate;
	g->candidate = NULL;
	g->new_info.channels = index->channels;
	g->new_info.programmes = index->programmes;
	g->new_info.bytes = index->bytes;
	g->new_info.gzip_bytes = index->gzip_bytes;
	g->new_info.last = index->last;
}

static int
finish_check(struct guide *g)
{
	struct guide_index_info index;
	int rc;

	guide_index_get_info(g->candidate, &index);
	rc = guide_check_gzip(g, index.gzip_bytes);
	if (rc == 0 && !g->restoring)
		rc = guide_keep_output(g);
	if (rc == 0)
		swap(g, &index);
	return rc;
}

static void
on_check(evutil_socket_t fd, short what, void *arg)
{
	struct guide *g = arg;
	uint64_t began = clock_us(g->deps.clock);
	int rc;

	(void)fd;
	(void)what;
	rc = guide_index_check(g->candidate, CHECK_ROWS, &g->err);
	if (rc > 0)
		(void)loop_after(g->check, 0);
	else if (rc == 0)
		rc = finish_check(g);
	count_turn(g, began);
	if (rc == 0)
		end_good(g, 1);
	else if (rc < 0)
		end_failed(g);
}

/* Begins to check what is in new_files. */
static int
start_check(struct guide *g)
{
	int rc = guide_index_open(&g->candidate, g->new_files[GUIDE_INDEX], g->new_files[GUIDE_XML],
	    &g->err);

	if (rc == 0 && loop_after(g->check, 0) < 0)
		rc = err_set(&g->err, ENOMEM, "out of memory");
	return rc;
}

/* -- the worker ---------------------------------------------------------------------- */

static void
on_worker_progress(void *arg, uint64_t done, uint64_t total)
{
	struct guide *g = arg;

	g->info.done = done;
	g->info.total = total;
}

static void
on_worker_note(void *arg, uint32_t line, const char *text)
{
	struct guide *g = arg;

	(void)line;
	log_info(&g->log, "%s", text);
}

static const struct worker_result results[] = {
#define RESULT(name)                                     \
	{                                                \
#name, offsetof(struct guide_info, name) \
	}
	RESULT(channels),
	RESULT(programmes),
	RESULT(bytes),
	RESULT(gzip_bytes),
	RESULT(filled),
	RESULT(madeup),
	RESULT(empty),
	RESULT(reused),
	RESULT(last),
#undef RESULT
};

static void
on_worker_result(void *arg, const char *key, uint64_t value)
{
	struct guide *g = arg;

	if (strcmp(key, "same") == 0)
		g->same = value != 0;
	worker_keep_result(results, ARRAY_LEN(results), &g->new_info, key, value);
}

static void
on_worker_ended(void *arg, const struct err *err)
{
	struct guide *g = arg;
	int rc = 0;

	g->worker = NULL;
	if (err != NULL) {
		g->err = *err;
		rc = err->code;
	}
	if (rc == 0 && g->same && g->index != NULL) {
		end_good(g, 0);
		return;
	}
	if (rc == 0)
		rc = guide_open_output(g);
	if (rc == 0)
		rc = start_check(g);
	if (rc < 0)
		end_failed(g);
}

static int
start_build(struct guide *g)
{
	static const struct worker_events events = { on_worker_progress, on_worker_note,
		on_worker_result, on_worker_ended };
	int rc = 0;

	g->new_info = (struct guide_info){ 0 };
	g->same = 0;
	for (size_t i = 0; i < GUIDE_FILES && rc == 0; i++)
		rc = file_begin(&g->out[i], g->paths[i], 0600, &g->err);
	return rc == 0 ? guide_start_worker(g, &events) : rc;
}

void
guide_update(struct guide *g)
{
	uint64_t inputs;

	if (g->wanted == 0)
		return;
	if (g->info.building) {
		g->again = 1;
		return;
	}
	inputs = guide_hash_inputs(g);
	if (inputs == g->inputs && g->index != NULL)
		return;
	event_del(g->retry);
	g->new_inputs = inputs;
	g->info.building = 1;
	g->info.builds++;
	g->began_ms = now_ms(g);
	if (start_build(g) < 0)
		end_failed(g);
}

void
guide_restore(struct guide *g)
{
	for (size_t i = 0; i < GUIDE_FILES; i++) {
		g->new_files[i] = open(g->paths[i], O_RDONLY | O_CLOEXEC);
		if (g->new_files[i] == -1) {
			guide_drop_output(g);
			return;
		}
	}
	g->info.building = 1;
	g->restoring = 1;
	g->began_ms = now_ms(g);
	g->new_info = (struct guide_info){ 0 };
	if (start_check(g) < 0)
		end_failed(g);
}

/* -- the public face ------------------------------------------------------------------- */

struct guide *
guide_new(const struct guide_deps *deps, guide_ready_cb *ready, void *arg, struct err *err)
{
	struct guide *g = calloc(1, sizeof(*g));

	if (g == NULL) {
		err_set(err, ENOMEM, "out of memory");
		return NULL;
	}
	g->deps = *deps;
	g->ready = ready;
	g->arg = arg;
	log_init(&g->log, "the guide");
	for (size_t i = 0; i < GUIDE_FILES; i++) {
		g->files[i] = g->new_files[i] = -1;
		g->out[i] = (struct file_save)FILE_SAVE_INIT;
	}
	g->check = evtimer_new(deps->base, on_check, g);
	g->retry = evtimer_new(deps->base, on_look, g);
	g->day = event_new(deps->base, -1, EV_PERSIST, on_look, g);
	if (!guide_make_paths(g, deps->data) || g->check == NULL || g->retry == NULL ||
	    g->day == NULL || loop_after(g->day, LOOK_MS) < 0) {
		err_set(err, ENOMEM, "out of memory");
		guide_free(g);
		return NULL;
	}
	return g;
}

void
guide_free(struct guide *g)
{
	if (g == NULL)
		return;
	if (g->worker != NULL)
		worker_kill(g->worker);
	loop_event_free(g->check);
	loop_event_free(g->retry);
	loop_event_free(g->day);
	guide_drop_output(g);
	guide_close_files(g->files);
	guide_index_unref(g->index);
	guide_free_sources(g);
	for (size_t i = 0; i < GUIDE_FILES; i++)
		free(g->paths[i]);
	free(g->meta_path);
	free(g->wanted_path);
	free(g);
}

struct guide_index *
guide_index(const struct guide *g)
{
	return g->index;
}

int
guide_xml_fd(const struct guide *g)
{
	return g->files[GUIDE_XML];
}

int
guide_gzip_fd(const struct guide *g)
{
	return g->files[GUIDE_GZIP];
}

void
guide_get_info(const struct guide *g, struct guide_info *ret)
{
	*ret = g->info;
	ret->error = g->err.text;
}
