#include "gateway/source.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "gateway/demo.h"
#include "gateway/fetch.h"
#include "gateway/fetch_meta.h"
#include "gateway/version.h"
#include "gateway/worker.h"

#define RETRY_FIRST_MS   15000
#define RETRY_MAX_MS     (15 * 60 * 1000)
#define READ_DEADLINE_MS (10 * 60 * 1000)

struct source {
	struct source_deps deps;
	struct source_events events;
	struct log log;
	/* the config */
	enum source_kind kind;
	char *name, *url, *user_agent, *proxy, **headers;
	size_t header_count;
	uint64_t refresh_ms;
	unsigned shrink_percent;
	/* the work */
	enum source_state state;
	struct event *timer;
	uint64_t due_ms; /* when the timer goes off; 0: not set */
	struct fetch *fetch;
	struct worker *worker;
	struct file_save out, out_gzip;
	char *cache_path, *result_path, *gzip_path;
	/* what is known */
	_Bool settled;
	uint64_t entries, channels;         /* of the last good */
	uint64_t new_entries, new_channels; /* of what is being read */
	/* So many entries were too few to be believed, and since when; 0: nothing is doubted. */
	uint64_t doubted_entries, doubted_ms;
	uint64_t done, total, began_ms, took_ms;
	uint64_t refreshes, failed;
	unsigned failures;
	time_t last_good;
	struct err err;
	struct source_note notes[SOURCE_NOTES_MAX];
	uint64_t note_total;
};

static const char *const state_names[] = { "waiting", "fetching", "reading" };

const char *
source_state_name(enum source_state state)
{
	return state_names[state];
}

static uint64_t
now_ms(const struct source *s)
{
	return clock_ms(s->deps.clock);
}

/* -- planning ------------------------------------------------------------------- */

static void
plan(struct source *s, uint64_t in_ms)
{
	struct timeval tv = { .tv_sec = (time_t)(in_ms / 1000),
		.tv_usec = (suseconds_t)(in_ms % 1000 * 1000) };

	s->due_ms = now_ms(s) + in_ms;
	event_add(s->timer, &tv);
}

/* Up to a tenth earlier, so that many gateways do not call a provider in step. */
static uint64_t
with_jitter(uint64_t ms)
{
	uint64_t dice;

	if (getrandom(&dice, sizeof(dice), GRND_NONBLOCK) != (ssize_t)sizeof(dice))
		return ms; /* too early after boot: in step it is */
	return ms - dice % (ms / 10 + 1);
}

static void
plan_next(struct source *s)
{
	uint64_t retry = RETRY_FIRST_MS;

	s->due_ms = 0;
	if (s->failures == 0) {
		if (s->refresh_ms > 0)
			plan(s, with_jitter(s->refresh_ms));
		return;
	}
	for (unsigned i = 1; i < s->failures && retry < RETRY_MAX_MS; i++)
		retry *= 2;
	if (retry > RETRY_MAX_MS)
		retry = RETRY_MAX_MS;
	if (s->refresh_ms > 0 && retry > s->refresh_ms)
		retry = s->refresh_ms;
	plan(s, with_jitter(retry));
}

/* -- the steps -------------------------------------------------------------------- */

static void
settle(struct source *s, _Bool changed)
{
	if (s->worker != NULL)
		worker_kill(s->worker);
	s->worker = NULL;
	fetch_drop(s->fetch);
	s->fetch = NULL;
	file_abort(&s->out);
	file_abort(&s->out_gzip);
	s->done = s->total = 0;
	s->state = SOURCE_WAITING;
	s->settled = 1;
	s->refreshes++;
	plan_next(s);
	s->events.settled(s->events.arg, s, changed);
}

static void
settle_failed(struct source *s)
{
	s->failures++;
	s->failed++;
	log_warn_e(&s->log, &s->err, "not refreshed, the last good one stays attempt=%u",
	    s->failures);
	settle(s, 0);
}

static void
settle_good(struct source *s, _Bool changed)
{
	s->failures = 0;
	s->doubted_entries = 0;
	s->err = (struct err)ERR_INIT;
	s->last_good = clock_wall(s->deps.clock);
	s->took_ms = now_ms(s) - s->began_ms;
	if (changed)
		log_info(&s->log,
		    "refreshed entries=%" PRIu64 " bytes=%" PRIu64 " took_ms=%" PRIu64, s->entries,
		    s->done, s->took_ms);
	else
		log_debug(&s->log, "unchanged");
	settle(s, changed);
}

/* Has it lost more than we believe at first sight? */
static _Bool
lost_too_much(struct source *s)
{
	uint64_t lost = s->entries > s->new_entries ? s->entries - s->new_entries : 0;

	if (s->kind != SOURCE_PLAYLIST || lost * 100 <= s->entries * s->shrink_percent)
		return 0;
	/* Not the bytes: some providers put a new token into every address. */
	if (s->doubted_entries != s->new_entries) {
		s->doubted_entries = s->new_entries;
		s->doubted_ms = now_ms(s);
	}
	if (now_ms(s) - s->doubted_ms >= SOURCE_CONFIRM_MS)
		return 0;
	err_set(&s->err, EBADMSG,
	    "has %" PRIu64 " entries where it had %" PRIu64
	    ": not taken (shrink_percent is %u; if it stays so for an hour, it is)",
	    s->new_entries, s->entries, s->shrink_percent);
	return 1;
}

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
	hash = hash_fnv(hash, &st->st_ino, sizeof(st->st_ino));
	hash = hash_fnv(hash, &st->st_size, sizeof(st->st_size));
	hash = hash_fnv(hash, &st->st_mtim.tv_sec, sizeof(st->st_mtim.tv_sec));
	hash = hash_fnv(hash, &st->st_mtim.tv_nsec, sizeof(st->st_mtim.tv_nsec));
	return hash != 0 ? hash : 1;
}

static uint64_t
which_result(const struct source *s)
{
	struct stat st;

	return which_file(stat(s->result_path, &st), &st);
}

/*
 * The result first, then the cache: a crash between the two only reads the content
 * again. So does a cache that cannot be kept, and the result is good all the same.
 */
static int
keep(struct source *s)
{
	struct fetch_found found = { .entries = s->new_entries, .channels = s->new_channels };
	struct err err = ERR_INIT;
	struct stat st;
	int rc;

	found.made = which_file(fstat(s->out.fd, &st), &st);
	rc = file_replace(&s->out, &s->err);
	if (rc == 0 && s->kind == SOURCE_GUIDE)
		rc = file_replace(&s->out_gzip, &s->err);
	if (rc < 0)
		return rc;
	if (fetch_keep(s->fetch, &found, &err) < 0)
		log_warn_e(&s->log, &err, "the download is not kept, the next one is whole");
	s->fetch = NULL;
	return 0;
}

static void
on_worker_ended(void *arg, const struct err *err)
{
	struct source *s = arg;

	s->worker = NULL;
	s->done = fetch_bytes(s->fetch);
	if (err != NULL) {
		s->err = *err;
		settle_failed(s);
		return;
	}
	if (s->new_entries == 0) {
		err_set(&s->err, ENODATA, "holds no %s",
		    s->kind == SOURCE_PLAYLIST ? "entries" : "programmes");
		settle_failed(s);
		return;
	}
	if (lost_too_much(s) || keep(s) < 0) {
		settle_failed(s);
		return;
	}
	s->entries = s->new_entries;
	s->channels = s->new_channels;
	settle_good(s, 1);
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
	struct source *s = arg;

	if (s->note_total < SOURCE_NOTES_MAX) {
		struct source_note *note = &s->notes[s->note_total];

		note->line = line;
		snprintf(note->text, sizeof(note->text), "%s", text);
	}
	s->note_total++;
	log_info(&s->log, "line %" PRIu32 ": %s", line, text);
}

static void
on_worker_result(void *arg, const char *key, uint64_t value)
{
	struct source *s = arg;

	if (strcmp(key, s->kind == SOURCE_PLAYLIST ? "entries" : "programmes") == 0)
		s->new_entries = value;
	else if (strcmp(key, "channels") == 0)
		s->new_channels = value;
}

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

static int
start_reading(struct source *s)
{
	static const struct worker_events events = { on_worker_progress, on_worker_note,
		on_worker_result, on_worker_ended };
	struct worker_spec spec = { .fd_count = 3, .deadline_ms = READ_DEADLINE_MS, .nice = 5 };
	int fds[3] = { fetch_fd(s->fetch), -1, -1 }, rc;

	s->new_entries = s->new_channels = 0;
	s->note_total = 0;
	rc = file_begin(&s->out, s->result_path, 0600, &s->err);
	if (rc < 0)
		return rc;
	fds[1] = s->out.fd;
	if (s->kind == SOURCE_GUIDE) {
		rc = file_begin(&s->out_gzip, s->gzip_path, 0600, &s->err);
		fds[2] = s->out_gzip.fd;
		spec.name = "guide";
	} else {
		rc = fds[2] = text_fd(s->url, &s->err);
		spec.name = "catalogue";
	}
	spec.fds = fds;
	if (rc >= 0)
		s->worker = worker_start(s->deps.workers, &spec, &events, s, &s->err);
	if (s->kind == SOURCE_PLAYLIST && fds[2] >= 0)
		(void)close(fds[2]);
	return s->worker == NULL ? -ECHILD : 0;
}

static void
on_fetched(void *arg, enum fetch_outcome outcome, const struct err *err)
{
	struct source *s = arg;

	switch (outcome) {
	case FETCH_UNCHANGED: settle_good(s, 0); return;
	case FETCH_FAILED:
		s->err = *err;
		settle_failed(s);
		return;
	case FETCH_FRESH:
		s->state = SOURCE_READING;
		if (start_reading(s) < 0)
			settle_failed(s);
		return;
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
		.made = which_result(s),
	};

	s->began_ms = now_ms(s);
	s->due_ms = 0;
	event_del(s->timer);
	s->state = SOURCE_FETCHING;
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
}

/* -- the public face ----------------------------------------------------------------- */

static char *
copy(const char *text, _Bool *ok)
{
	char *dup = text == NULL ? NULL : strdup(text);

	if (text != NULL && dup == NULL)
		*ok = 0;
	return dup;
}

static _Bool
copy_config(struct source *s, const struct source_config *config)
{
	_Bool ok = 1;

	s->kind = config->kind;
	s->refresh_ms = config->refresh_ms;
	s->shrink_percent = config->shrink_percent;
	s->name = copy(config->name, &ok);
	s->url = copy(config->url, &ok);
	s->user_agent = copy(config->user_agent, &ok);
	s->proxy = copy(config->proxy, &ok);
	s->headers = calloc(config->header_count + 1, sizeof(*s->headers));
	if (s->headers == NULL)
		return 0;
	for (; s->header_count < config->header_count; s->header_count++)
		s->headers[s->header_count] = copy(config->headers[s->header_count], &ok);
	return ok;
}

static _Bool
make_paths(struct source *s)
{
	const char *kind = s->kind == SOURCE_PLAYLIST ? "playlist" : "guide", *data = s->deps.data;
	int rc;

	/* With an ending, so that no name makes it another one's NAME.meta. */
	if (asprintf(&s->cache_path, "%s/cache/%s-%s.download", data, kind, s->name) == -1) {
		s->cache_path = NULL;
		return 0;
	}
	if (s->kind == SOURCE_GUIDE) {
		rc = asprintf(&s->gzip_path, "%s/guide/guide.xml.gz", data);
		if (rc == -1) {
			s->gzip_path = NULL;
			return 0;
		}
		rc = asprintf(&s->result_path, "%s/guide/guide.xml", data);
	} else {
		rc = asprintf(&s->result_path, "%s/snapshots/%s.catalogue", data, s->name);
	}
	if (rc == -1)
		s->result_path = NULL;
	return rc != -1;
}

/* What the last life found, so that a loss shows after a restart too. */
static void
recall(struct source *s)
{
	struct fetch_meta meta;

	fetch_meta_load(&meta, s->cache_path, s->url);
	if (meta.valid && access(s->result_path, R_OK) == 0) {
		s->entries = meta.entries;
		s->channels = meta.channels;
	}
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
	s->out = s->out_gzip = (struct file_save)FILE_SAVE_INIT;
	s->deps = *deps;
	s->events = *events;
	if (!copy_config(s, config) || !make_paths(s) ||
	    (s->timer = evtimer_new(deps->base, on_timer, s)) == NULL) {
		err_set(err, ENOMEM, "out of memory");
		source_free(s);
		return NULL;
	}
	recall(s);
	log_init(&s->log, "%s '%s'", s->kind == SOURCE_PLAYLIST ? "playlist" : "guide", s->name);
	plan(s, 0);
	return s;
}

void
source_free(struct source *s)
{
	if (s == NULL)
		return;
	if (s->worker != NULL)
		worker_kill(s->worker);
	fetch_drop(s->fetch);
	file_abort(&s->out);
	file_abort(&s->out_gzip);
	if (s->timer != NULL)
		event_free(s->timer);
	for (size_t i = 0; i < s->header_count; i++)
		free(s->headers[i]);
	free(s->headers);
	free(s->name);
	free(s->url);
	free(s->user_agent);
	free(s->proxy);
	free(s->cache_path);
	free(s->result_path);
	free(s->gzip_path);
	free(s);
}

static _Bool
same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

_Bool
source_matches(const struct source *s, const struct source_config *config)
{
	if (s->kind != config->kind || !same(s->name, config->name) || !same(s->url, config->url) ||
	    !same(s->user_agent, config->user_agent) || !same(s->proxy, config->proxy) ||
	    s->refresh_ms != config->refresh_ms || s->shrink_percent != config->shrink_percent ||
	    s->header_count != config->header_count)
		return 0;
	for (size_t i = 0; i < s->header_count; i++) {
		if (!same(s->headers[i], config->headers[i]))
			return 0;
	}
	return 1;
}

void
source_refresh(struct source *s)
{
	if (s->state == SOURCE_WAITING)
		plan(s, 0);
}

const char *
source_name(const struct source *s)
{
	return s->name;
}

const char *
source_result_path(const struct source *s)
{
	return s->result_path;
}

const char *
source_gzip_path(const struct source *s)
{
	return s->gzip_path;
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
		.entries = s->entries,
		.channels = s->channels,
		.done = s->done,
		.total = s->total,
		.last_good = s->last_good,
		.next_ms = s->due_ms > now ? s->due_ms - now : 0,
		.failures = s->failures,
		.refreshes = s->refreshes,
		.failed = s->failed,
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
