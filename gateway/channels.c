#include "gateway/channels.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/loop.h"
#include "gateway/channels_parts.h"
#include "gateway/worker.h"

#define CHECK_ROWS     4096 /* rows looked at in one turn of the loop: well under 1 ms */
#define RETRY_FIRST_MS 2000
#define RETRY_MAX_MS   (5 * 60 * 1000)

static uint64_t
now_us(void)
{
	return clock_us(&clock_system);
}

static void
count_turn(struct channels *c, uint64_t since_us)
{
	uint64_t took = now_us() - since_us;

	if (took > c->info.swap_us_max)
		c->info.swap_us_max = took;
}

static void
drop_output(struct channels *c)
{
	lineup_unref(c->candidate);
	c->candidate = NULL;
	file_abort(&c->out);
	file_abort(&c->out_wanted);
}

/* -- ends of a build --------------------------------------------------------------- */

static void
on_retry(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	channels_rebuild(arg);
}

/*
 * Without a new lineup the last life's list is what there is. Which one that was nobody
 * knows any more; a hash that it has never had only means that the guides are read once more.
 */
static void
settle_for_old_wanted(struct channels *c)
{
	struct stat st;

	if (c->wanted.ids == 0 && stat(c->wanted_path, &st) == 0)
		c->wanted.ids = c->wanted.text = (uint64_t)st.st_ino ^ (uint64_t)st.st_mtime;
}

static void
finish(struct channels *c, _Bool good)
{
	_Bool restoring = c->restoring;

	c->restoring = 0;
	c->info.building = 0;
	if (good) {
		c->err = (struct err)ERR_INIT;
		c->failures = 0;
		c->info.took_ms = clock_ms(&clock_system) - c->began_ms;
		c->ready(c->arg, c->lineup, NULL);
	} else if (restoring) {
		/* It is made anew from the catalogues; nothing was lost. */
		log_warn_e(&c->log, &c->err, "the saved lineup cannot be used");
	} else {
		c->info.failed++;
		c->failures++;
		log_error_e(&c->log, &c->err, "no new lineup, the last good one stays");
		settle_for_old_wanted(c);
		(void)loop_after(c->retry,
		    clock_backoff(RETRY_FIRST_MS, RETRY_MAX_MS, c->failures));
		c->ready(c->arg, NULL, &c->err);
	}
	if (c->again) {
		c->again = 0;
		channels_rebuild(c);
	}
}

/* What the worker has written becomes the last good; a list that is what it was stays. */
static int
keep_output(struct channels *c)
{
	int rc = 0;

	if (c->new_wanted.text == c->wanted.text)
		file_abort(&c->out_wanted);
	else
		rc = file_replace(&c->out_wanted, &c->err);
	if (rc == 0)
		rc = file_replace(&c->out, &c->err);
	if (rc == 0)
		c->wanted = c->new_wanted;
	return rc;
}

static void
swap(struct channels *c)
{
	struct lineup *old = c->lineup;

	c->lineup = c->candidate;
	c->candidate = NULL;
	lineup_unref(old);
}

static void
on_check(evutil_socket_t fd, short what, void *arg)
{
	struct channels *c = arg;
	uint64_t began = now_us();
	int rc;

	(void)fd;
	(void)what;
	rc = lineup_check(c->candidate, CHECK_ROWS, &c->err);
	if (rc > 0)
		(void)loop_after(c->check, 0);
	if (rc == 0 && !c->restoring)
		rc = keep_output(c);
	if (rc == 0)
		swap(c);
	count_turn(c, began);
	if (rc > 0)
		return;
	if (rc < 0)
		drop_output(c);
	finish(c, rc == 0);
}

/* Opens what the worker wrote and begins to check it. */
static int
start_check(struct channels *c, int fd)
{
	int rc;

	rc = lineup_open(&c->candidate, fd, &c->err);
	if (rc < 0)
		return rc;
	if (loop_after(c->check, 0) < 0) {
		lineup_unref(c->candidate);
		c->candidate = NULL;
		return err_set(&c->err, ENOMEM, "out of memory");
	}
	return 0;
}

/* -- the worker ---------------------------------------------------------------------- */

static void
on_worker_note(void *arg, uint32_t line, const char *text)
{
	struct channels *c = arg;

	(void)line;
	log_info(&c->log, "%s", text);
}

static const struct worker_result results[] = {
	{ "kept", offsetof(struct channels, info.kept) },
	{ "added", offsetof(struct channels, info.added) },
	{ "gone", offsetof(struct channels, info.gone) },
	{ "wanted", offsetof(struct channels, new_wanted.ids) },
	{ "wanted_text", offsetof(struct channels, new_wanted.text) },
};

static void
on_worker_result(void *arg, const char *key, uint64_t value)
{
	worker_keep_result(results, ARRAY_LEN(results), arg, key, value);
}

static void
on_worker_ended(void *arg, const struct err *err)
{
	struct channels *c = arg;

	c->worker = NULL;
	if (err != NULL)
		c->err = *err;
	if (err != NULL || start_check(c, c->out.fd) < 0) {
		drop_output(c);
		finish(c, 0);
	}
}

static const struct worker_events worker_events = { NULL, on_worker_note, on_worker_result,
	on_worker_ended };

static int
start_build(struct channels *c)
{
	int rc;

	rc = file_begin(&c->out, c->path, 0600, &c->err);
	if (rc == 0)
		rc = file_begin(&c->out_wanted, c->wanted_path, 0600, &c->err);
	if (rc == 0)
		rc = channels_start_worker(c, &worker_events);
	if (rc < 0)
		drop_output(c);
	return rc;
}

void
channels_rebuild(struct channels *c)
{
	if (!channels_has_catalogue(c))
		return;
	if (c->info.building) {
		c->again = 1;
		return;
	}
	event_del(c->retry);
	c->info.building = 1;
	c->info.builds++;
	c->began_ms = clock_ms(&clock_system);
	if (start_build(c) < 0)
		finish(c, 0);
}

void
channels_restore(struct channels *c)
{
	int fd = open(c->path, O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return;
	c->info.building = 1;
	c->restoring = 1;
	c->began_ms = clock_ms(&clock_system);
	if (start_check(c, fd) < 0)
		finish(c, 0);
	(void)close(fd);
}

/* -- the public face ------------------------------------------------------------------- */

struct channels *
channels_new(struct event_base *base, struct worker_pool *workers, const char *data,
    channels_ready_cb *ready, void *arg, struct err *err)
{
	struct channels *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		err_set(err, ENOMEM, "out of memory");
		return NULL;
	}
	c->workers = workers;
	c->ready = ready;
	c->arg = arg;
	c->out = c->out_wanted = (struct file_save)FILE_SAVE_INIT;
	log_init(&c->log, "lineup");
	c->check = evtimer_new(base, on_check, c);
	c->retry = evtimer_new(base, on_retry, c);
	if (asprintf(&c->path, "%s/snapshots/lineup", data) == -1)
		c->path = NULL;
	if (asprintf(&c->wanted_path, "%s/snapshots/wanted", data) == -1)
		c->wanted_path = NULL;
	if (c->check == NULL || c->retry == NULL || c->path == NULL || c->wanted_path == NULL) {
		err_set(err, ENOMEM, "out of memory");
		channels_free(c);
		return NULL;
	}
	return c;
}

void
channels_free(struct channels *c)
{
	if (c == NULL)
		return;
	if (c->worker != NULL)
		worker_kill(c->worker);
	loop_event_free(c->check);
	loop_event_free(c->retry);
	drop_output(c);
	lineup_unref(c->lineup);
	channels_drop_sources(c);
	free(c->path);
	free(c->wanted_path);
	free(c);
}

struct lineup *
channels_lineup(const struct channels *c)
{
	return c->lineup;
}

void
channels_get_wanted(const struct channels *c, struct channels_wanted *ret)
{
	*ret = (struct channels_wanted){ c->wanted_path, c->wanted.ids, c->wanted.text };
}

void
channels_get_info(const struct channels *c, struct channels_info *ret)
{
	*ret = c->info;
	ret->error = c->err.text;
}
