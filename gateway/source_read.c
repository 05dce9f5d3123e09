#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/list.h"
#include "gateway/fetch.h"
#include "gateway/source_parts.h"
#include "gateway/version.h"
#include "gateway/worker.h"

#define READ_DEADLINE_MS (10 * 60 * 1000)
#define ARG_LEN          128
#define PAST_MAX_S       (100 * 365 * UINT64_C(86400))

/* -- what there is ------------------------------------------------------------------ */

/*
 * Which file that is: what it was when this program made it. A damaged one, one that
 * was made of another guide, by another version, or none (0), is none of ours.
 */
static uint64_t
which_file(int rc, const struct stat *st)
{
	uint64_t hash = hash_fnv(HASH_FNV_INIT, masthead_version, strlen(masthead_version));

	if (rc == -1)
		return 0;
	hash = hash_file(hash, st);
	return hash != 0 ? hash : 1;
}

uint64_t
source_which_result(const struct source *s)
{
	struct stat st;

	return which_file(stat(s->result_path, &st), &st);
}

void
source_recall(struct source *s)
{
	struct fetch_meta meta;

	fetch_meta_load(&meta, s->cache_path, s->url);
	if (!meta.valid || access(s->result_path, R_OK) == -1)
		return;
	s->good = meta.found;
	s->reading.kept = meta.found.kept;
	s->reading.last = meta.found.last;
}

_Bool
source_is_stale(const struct source *s)
{
	uint64_t recipe = source_recipe(s);
	struct fetch_meta meta;

	if (s->kind != SOURCE_GUIDE || recipe == 0 || s->good.entries == 0 ||
	    s->good.recipe == recipe)
		return 0;
	fetch_meta_load(&meta, s->cache_path, s->url);
	return meta.valid;
}

int
source_open_cached(struct source *s)
{
	s->cached = open(s->cache_path, O_RDONLY | O_CLOEXEC);
	return s->cached == -1 ? err_sys(&s->err, "'%s'", s->cache_path) : 0;
}

/* -- is it good? --------------------------------------------------------------------- */

static _Bool
lost_more_than(uint64_t before, uint64_t now, unsigned percent)
{
	return now < before && (before - now) * 100 > before * percent;
}

/*
 * Not at first sight. What stays the same for SOURCE_CONFIRM_MS is: its counts, not its
 * bytes, since some providers put a new token into every address.
 */
static _Bool
believe(struct source *s)
{
	uint64_t now = clock_ms(s->deps.clock);

	if (s->doubted_ms == 0 || s->doubted.entries != s->new.entries ||
	    s->doubted.channels != s->new.channels || s->doubted.kept != s->new.kept) {
		s->doubted = s->new;
		s->doubted_ms = now;
	}
	return now - s->doubted_ms >= SOURCE_CONFIRM_MS;
}

static int
judge_loss(struct source *s, const char *noun, uint64_t before, uint64_t now)
{
	if (!lost_more_than(before, now, s->shrink_percent) || believe(s))
		return 0;
	return err_set(&s->err, EBADMSG,
	    "has %" PRIu64 " %s where it had %" PRIu64
	    ": not taken (shrink_percent is %u; if it stays so for an hour, it is)",
	    now, noun, before, s->shrink_percent);
}

/* A cut end is no worse than the last good one's. */
static int
judge_cut(struct source *s)
{
	if (s->new.cut == 0 || s->good.entries == 0 || s->good.cut != 0 || believe(s))
		return 0;
	return err_set(&s->err, EBADMSG,
	    "is cut short: its end is missing: not taken (if it stays so for an hour, it is)");
}

static int
judge(struct source *s)
{
	const char *noun = s->kind == SOURCE_PLAYLIST ? "entries" : "programmes";
	int rc;

	if (s->new.entries == 0)
		return err_set(&s->err, ENODATA, "holds no %s", noun);
	rc = judge_cut(s);
	if (rc == 0)
		rc = judge_loss(s, noun, s->good.entries, s->new.entries);
	if (rc == 0 && s->kind == SOURCE_GUIDE)
		rc = judge_loss(s, "channels", s->good.channels, s->new.channels);
	/* The ids may be others now, or the times nonsense: then all is there and nothing fits. */
	if (rc == 0 && s->good.recipe == s->new.recipe)
		rc = judge_loss(s, "programmes for the lineup", s->good.kept, s->new.kept);
	if (rc == 0 && s->new.cut != 0)
		source_add_note(s, 0, "is cut short: its end is missing; what is there was taken");
	return rc;
}

/* -- keeping it ---------------------------------------------------------------------- */

static int
keep_meta(const struct source *s, struct err *err)
{
	struct fetch_meta meta;

	fetch_meta_load(&meta, s->cache_path, s->url);
	if (!meta.valid)
		return err_set(err, ESTALE, "the last download is no longer what it was");
	meta.found = s->new;
	return fetch_meta_save(&meta, s->cache_path, err);
}

/*
 * The result first, then the cache: a crash between the two only reads the content
 * again. So does a cache that cannot be kept, and the result is good all the same.
 */
static int
keep(struct source *s)
{
	struct err err = ERR_INIT;
	struct stat st;
	int rc;

	s->new.made = which_file(fstat(s->out.fd, &st), &st);
	rc = file_replace(&s->out, &s->err);
	if (rc < 0)
		return rc;
	if (s->cached != -1) {
		rc = keep_meta(s, &err);
	} else {
		rc = fetch_keep(s->fetch, &s->new, &err);
		s->fetch = NULL;
	}
	if (rc < 0)
		log_warn_e(&s->log, &err, "the download is not kept, the next one is whole");
	return 0;
}

/* -- the worker ---------------------------------------------------------------------- */

/* Of what was read. */
static uint64_t
input_bytes(const struct source *s)
{
	struct stat st;

	if (s->fetch != NULL)
		return fetch_bytes(s->fetch);
	return fstat(s->cached, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static void
on_worker_ended(void *arg, const struct err *err)
{
	struct source *s = arg;
	int rc = 0;

	s->worker = NULL;
	s->done = input_bytes(s);
	if (err != NULL) {
		s->err = *err;
		rc = err->code;
	}
	if (rc == 0)
		rc = judge(s);
	if (rc == 0)
		rc = keep(s);
	if (rc == 0) {
		s->good = s->new;
		s->reading = s->new_reading;
	}
	s->notes_refused = rc < 0;
	source_read_done(s, rc);
}

static void
on_worker_progress(void *arg, uint64_t done, uint64_t total)
{
	struct source *s = arg;

	s->done = done;
	s->total = total;
}

static void
on_worker_note(void *arg, uint32_t line, const char *text)
{
	source_add_note(arg, line, text);
}

/* Where a guide's results are kept. */
static const struct worker_result results[] = {
#define READING(name)                                                                            \
	{                                                                                        \
#name,                                                                           \
		    offsetof(struct source, new_reading) + offsetof(struct source_reading, name) \
	}
	{ "channels", offsetof(struct source, new.channels) },
	{ "programmes", offsetof(struct source, new.entries) },
	READING(kept),
	READING(broken),
	READING(mended),
	READING(unknown),
	READING(timeless),
	READING(duplicates),
	READING(clipped),
	READING(last),
#undef READING
};

static void
on_worker_result(void *arg, const char *key, uint64_t value)
{
	struct source *s = arg;

	if (s->kind == SOURCE_PLAYLIST) {
		if (strcmp(key, "entries") == 0)
			s->new.entries = value;
		return;
	}
	if (strcmp(key, "whole") == 0)
		s->new.cut = value == 0;
	worker_keep_result(results, ARRAY_LEN(results), s, key, value);
	s->new.kept = s->new_reading.kept;
	s->new.last = s->new_reading.last;
}

static const struct worker_events worker_events = { on_worker_progress, on_worker_note,
	on_worker_result, on_worker_ended };

/* A descriptor that reads as `text`: for what must not stand in an argument, where ps shows it. */
static int
text_fd(const char *text, struct err *err)
{
	int fd = memfd_create("masthead-text", MFD_CLOEXEC);

	if (fd == -1)
		return err_sys(err, "memfd_create");
	if (file_write_all(fd, text, strlen(text), err) < 0 || lseek(fd, 0, SEEK_SET) == -1) {
		(void)close(fd);
		return -EIO;
	}
	return fd;
}

static void
close_fd(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}

static int
start_catalogue(struct source *s, int in)
{
	struct worker_spec spec = { .name = "catalogue",
		.fd_count = 3,
		.deadline_ms = READ_DEADLINE_MS,
		.nice = 5 };
	int fds[] = { in, s->out.fd, text_fd(s->url, &s->err) };

	spec.fds = fds;
	if (fds[2] >= 0)
		s->worker = worker_start(s->deps.workers, &spec, &worker_events, s, &s->err);
	close_fd(fds[2]);
	return s->worker == NULL ? s->err.code : 0;
}

/*
 * The worker goes by the machine's clock. Where that has jumped ahead of the one that we
 * believe (gateway/steady.h), programmes are not past that are still to come for us.
 */
static uint64_t
past_seconds(const struct source *s)
{
	time_t ahead = clock_wall(&clock_system) - clock_wall(s->deps.clock);
	uint64_t past = s->past_s + (ahead > 0 ? (uint64_t)ahead : 0);

	return past < PAST_MAX_S ? past : PAST_MAX_S;
}

static int
start_listings(struct source *s, int in)
{
	char zone[ARG_LEN], past[ARG_LEN];
	const char *args[4] = { s->ignore_offsets ? "offsets=ignore" : "offsets=use", past };
	struct worker_spec spec = { .name = "listings",
		.args = args,
		.fd_count = 4,
		.deadline_ms = READ_DEADLINE_MS,
		.nice = 10,
		.background = 1 };
	int fds[] = { in, s->out.fd, open(s->wanted_path, O_RDONLY | O_CLOEXEC), -1 };

	spec.fds = fds;
	snprintf(past, sizeof(past), "past=%" PRIu64, past_seconds(s));
	snprintf(zone, sizeof(zone), "zone=%s", s->zone != NULL ? s->zone : "");
	if (s->zone != NULL)
		args[2] = zone;
	if (fds[2] == -1)
		err_sys(&s->err, "'%s'", s->wanted_path);
	else
		fds[3] = text_fd(s->rules != NULL ? s->rules : "", &s->err);
	if (fds[3] >= 0)
		s->worker = worker_start(s->deps.workers, &spec, &worker_events, s, &s->err);
	close_fd(fds[2]);
	close_fd(fds[3]);
	return s->worker == NULL ? s->err.code : 0;
}

int
source_start_reading(struct source *s)
{
	int in = s->cached != -1 ? s->cached : fetch_fd(s->fetch), rc;
	struct stat st;

	s->read_bytes += fstat(in, &st) == 0 ? (uint64_t)st.st_size : 0;
	s->new = (struct fetch_found){ .recipe = source_recipe(s) };
	s->new_reading = (struct source_reading){ 0 };
	s->note_total = 0;
	s->notes_refused = 0;
	s->done = s->total = 0;
	rc = file_begin(&s->out, s->result_path, 0600, &s->err);
	if (rc < 0)
		return rc;
	/* A worker that was stopped has left it somewhere: the offset is everyone's. */
	if (lseek(in, 0, SEEK_SET) == -1)
		return err_sys(&s->err, "rewind");
	return s->kind == SOURCE_PLAYLIST ? start_catalogue(s, in) : start_listings(s, in);
}

void
source_stop_reading(struct source *s)
{
	if (s->worker != NULL)
		worker_kill(s->worker);
	s->worker = NULL;
	file_abort(&s->out);
}
