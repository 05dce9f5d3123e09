#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/job.h"
#include "base/list.h"
#include "base/sandbox.h"
#include "base/wire.h"
#include "epg/guide_index.h"
#include "epg/guide_write.h"
#include "epg/listings.h"
#include "epg/madeup.h"
#include "epg/merge.h"
#include "epg/wanted.h"
#include "epg/worker_guide_parts.h"
#include "epg/workers.h"
#include "epg/xmltime.h"

#define XML_FD       (WIRE_FD_FIRST + 0)
#define GZIP_FD      (WIRE_FD_FIRST + 1)
#define INDEX_FD     (WIRE_FD_FIRST + 2)
#define OLD_XML_FD   (WIRE_FD_FIRST + 3)
#define OLD_GZIP_FD  (WIRE_FD_FIRST + 4)
#define OLD_INDEX_FD (WIRE_FD_FIRST + 5)
#define WANTED_FD    (WIRE_FD_FIRST + 6)
#define LISTINGS_FD  (WIRE_FD_FIRST + 7)

/* Besides the files that it maps: the channels that are wanted, rows of the index. */
#define MEMORY_MAX (UINT64_C(2) << 30)
#define FILE_MAX   (GUIDE_BYTES_MAX + (UINT64_C(1) << 30))

#define GAP_S          300
#define HOUR           3600
#define PROGRESS_EVERY 64 /* channels */
#define MAPPED_MAX     8  /* listings; with more of them each channel gives its pages back */

struct job {
	struct guide_arguments settings;
	struct merge_settings merge; /* the window, the sources */
	struct merge_source sources[SANDBOX_KEEP_MAX];
	struct listings *listings[SANDBOX_KEEP_MAX]; /* the sources'; owned */
	size_t count;                                /* of the sources, those that have listings */
	struct wanted *wanted; /* with `all`: NULL for every channel of the listings */
	struct guide_index *old;
	struct guide_writer *writer;
	struct err *err;                         /* for callbacks */
	uint64_t written, filled, madeup, empty; /* programmes, programmes; channels */
	struct guide_write_counts counts;
};

/* -- before the jail ----------------------------------------------------------------- */

/* Whole hours, so that a guide made a little later is the same one. */
static void
set_window(struct job *job)
{
	int64_t from = job->settings.now - job->settings.past;
	int64_t to = job->settings.now + job->settings.ahead;

	from = from < 0 ? 0 : from;
	job->merge = (struct merge_settings){
		.from = from - from % HOUR,
		.to = to + (HOUR - to % HOUR) % HOUR,
		.fill = job->settings.fill,
		.gap_s = GAP_S,
	};
}

/* Files of the time zone cannot be read from the jail. */
static int
load_zone(const char *zone, struct err *err)
{
	if (zone[0] != '\0')
		return xmltime_set_zone(zone, err);
	if (setenv("TZ", ":/etc/localtime", 0) == -1)
		return err_sys(err, "cannot set the time zone");
	tzset();
	return 0;
}

/* -- files --------------------------------------------------------------------------- */

static uint64_t
file_size(int fd)
{
	struct stat st;

	return fstat(fd, &st) == -1 || st.st_size < 0 ? 0 : (uint64_t)st.st_size;
}

/* Address space for the files that came with the job. */
static uint64_t
mapped_bytes(size_t listings)
{
	uint64_t bytes = 0;

	for (int fd = OLD_XML_FD; fd < LISTINGS_FD + (int)listings; fd++)
		bytes += file_size(fd);
	return bytes;
}

/* A last guide that cannot be read costs the time to compress all of this one. */
static int
open_old(struct job *job)
{
	struct err err = ERR_INIT;

	if (file_size(OLD_INDEX_FD) == 0 ||
	    guide_index_load(&job->old, OLD_INDEX_FD, OLD_XML_FD, &err) == 0)
		return 0;
	err_wrap(&err, "the last guide is not used");
	return wire_note(WIRE_FD, 0, err.text);
}

/* A source without listings yet has an empty file. */
static int
open_listings(struct job *job, struct err *err)
{
	for (size_t i = 0; i < job->settings.sources; i++) {
		struct listings **listings = &job->listings[job->count];
		int fd = LISTINGS_FD + (int)i, rc;

		if (file_size(fd) == 0)
			continue;
		rc = listings_open(listings, fd, err);
		if (rc < 0)
			return err_wrap(err, "listings %zu", i + 1);
		job->sources[job->count++] = (struct merge_source){ *listings,
			job->settings.shifts[i] };
	}
	job->merge.count = job->count;
	job->merge.sources = job->sources;
	return 0;
}

static int
open_files(struct job *job, struct err *err)
{
	const struct guide_arguments *s = &job->settings;
	struct guide_write_files files = {
		.xml = XML_FD,
		.gzip = s->gzip ? GZIP_FD : -1,
		.index = s->index ? INDEX_FD : -1,
		.old_gzip = OLD_GZIP_FD,
	};
	int rc = 0;

	if (!s->all || file_size(WANTED_FD) > 0)
		rc = wanted_load(&job->wanted, WANTED_FD, err);
	if (rc < 0)
		return err_wrap(err, "the channels that are wanted");
	rc = open_listings(job, err);
	if (rc == 0)
		rc = open_old(job);
	files.old_index = job->old;
	if (rc == 0)
		job->writer = guide_writer_new(&files, err);
	return rc == 0 && job->writer == NULL ? err->code : rc;
}

/* -- the guide's channels, one after the other ------------------------------------------ */

struct cursor {
	size_t source; /* of all channels: the source, and the channel in it */
	uint32_t i;
};

/* Of all channels: one that an earlier source has is that source's. */
static _Bool
is_another(const struct job *job, size_t source, const char *id)
{
	struct listings_channel channel;

	for (size_t k = 0; k < source; k++) {
		if (listings_find(job->listings[k], id, &channel))
			return 1;
	}
	return 0;
}

static _Bool
may_be_written(const struct job *job, size_t source, const char *id)
{
	size_t len = strlen(id);

	return len > 0 && len < GUIDE_TEXT_MAX &&
	    (job->wanted == NULL || wanted_has(job->wanted, id, len)) &&
	    !is_another(job, source, id);
}

static _Bool
next_of_all(const struct job *job, struct cursor *at, struct wanted_channel *ret)
{
	struct listings_channel channel;

	for (; at->source < job->count; at->source++, at->i = 0) {
		const struct listings *l = job->listings[at->source];

		while (at->i < listings_channel_count(l)) {
			listings_get_channel(l, at->i++, &channel);
			if (!may_be_written(job, at->source, channel.id))
				continue;
			*ret = (struct wanted_channel){ channel.id, "", channel.id, "", "", 0 };
			return 1;
		}
	}
	return 0;
}

/* False: there is none. */
static _Bool
next_channel(const struct job *job, struct cursor *at, struct wanted_channel *ret)
{
	if (job->settings.all)
		return next_of_all(job, at, ret);
	if (at->i == wanted_count(job->wanted))
		return 0;
	wanted_get(job->wanted, at->i++, ret);
	return 1;
}

/* What the first source that has the channel has about it. */
static const char *
channel_xml(const struct job *job, const char *guide_id)
{
	struct listings_channel channel;

	for (size_t i = 0; i < job->count && guide_id[0] != '\0'; i++) {
		if (listings_find(job->listings[i], guide_id, &channel))
			return channel.xml;
	}
	return "";
}

static int
write_channels(struct job *job, struct err *err)
{
	struct cursor at = { 0, 0 };
	struct wanted_channel c;
	int rc = 0;

	while (rc == 0 && next_channel(job, &at, &c)) {
		const struct guide_write_channel channel = { c.id, c.number, c.name, c.logo,
			channel_xml(job, c.guide_id) };

		rc = guide_write_channel(job->writer, &channel, err);
		job->counts.channels++;
	}
	return rc;
}

/* -- their programmes --------------------------------------------------------------------- */

static int
on_programme(void *arg, unsigned source, const struct listings_programme *p)
{
	struct job *job = arg;

	(void)source;
	job->written++;
	return guide_write_programme(job->writer, p, job->err);
}

static int
on_madeup(void *arg, int64_t start, int64_t stop, const char *body, size_t len)
{
	const struct listings_programme p = { start, stop, "", 0, body, len };

	return on_programme(arg, 0, &p);
}

/* For a channel without programmes. */
static int
make_up(struct job *job, const struct wanted_channel *c)
{
	const struct madeup_settings *settings = &job->settings.madeup;
	const char *name = c->name[0] != '\0' ? c->name : c->number[0] != '\0' ? c->number : c->id;
	uint64_t before = job->written;
	int rc = 0;

	if ((settings->block_s > 0 || settings->events) && job->madeup < GUIDE_MADEUP_MAX)
		rc = madeup_channel(settings, name, job->merge.from, job->merge.to,
		    job->settings.now, on_madeup, job);
	if (job->written > before)
		job->madeup++;
	else
		job->empty++;
	return rc;
}

static int
write_programmes_of(struct job *job, const struct wanted_channel *c, struct err *err)
{
	struct merge_counts counts = { 0, 0 };
	int rc = guide_write_begin(job->writer, err);

	if (rc < 0)
		return rc;
	if (c->guide_id[0] != '\0')
		rc = merge_channel(&job->merge, c->guide_id, c->shift_s, on_programme, job,
		    &counts);
	if (rc == 0 && counts.programmes == 0)
		rc = make_up(job, c);
	job->filled += counts.filled;
	/* The writer says what is wrong; the others run out of memory. */
	return rc < 0 && err->code == 0 ? err_set(err, rc, "%s", strerror(-rc)) : rc;
}

static int
write_programmes(struct job *job, struct err *err)
{
	struct cursor at = { 0, 0 };
	struct wanted_channel c;
	uint64_t done = 0;
	int rc = 0;

	while (rc == 0 && next_channel(job, &at, &c)) {
		rc = write_programmes_of(job, &c, err);
		for (size_t i = 0; job->count > MAPPED_MAX && i < job->count; i++)
			listings_forget(job->listings[i]);
		if (++done % PROGRESS_EVERY == 0)
			(void)wire_progress(WIRE_FD, done, job->counts.channels);
	}
	for (size_t i = 0; rc == 0 && i < job->count; i++) {
		if (listings_broken(job->listings[i]) > 0)
			rc = err_set(err, EBADMSG,
			    "one of the listings is broken: a text that no guide can hold");
	}
	if (rc == 0 && job->madeup == GUIDE_MADEUP_MAX && job->empty > 0)
		rc = wire_note(WIRE_FD, 0,
		    "more channels have no guide than guides are made up; the first have one");
	return rc;
}

/* -- the job ------------------------------------------------------------------------------ */

static int
run(struct job *job, struct err *err)
{
	const int files[] = { XML_FD, GZIP_FD, INDEX_FD };
	int rc = open_files(job, err);

	if (rc == 0)
		rc = write_channels(job, err);
	if (rc == 0)
		rc = write_programmes(job, err);
	if (rc == 0)
		rc = guide_write_finish(job->writer, &job->counts, err);
	/* What need not be kept need not last. */
	for (size_t i = 0; rc == 0 && !job->counts.same && i < ARRAY_LEN(files); i++)
		rc = job_sync(files[i], err);
	return rc;
}

static void
release(struct job *job)
{
	guide_writer_free(job->writer);
	guide_index_unref(job->old);
	wanted_free(job->wanted);
	for (size_t i = 0; i < job->count; i++)
		listings_close(job->listings[i]);
}

static int
begin(struct job *job, int argc, char **argv, struct err *err)
{
	struct sandbox_limits limits = { .memory = MEMORY_MAX, .file = FILE_MAX };
	int rc = guide_arguments_read(&job->settings, argc, argv, err);

	if (rc == 0)
		rc = load_zone(job->settings.zone, err);
	set_window(job);
	limits.memory += mapped_bytes(job->settings.sources);
	return rc == 0 ? job_begin(SANDBOX_COMPUTE, &limits, err) : rc;
}

int
guide_worker(int argc, char **argv)
{
	struct err err = ERR_INIT;
	struct job job = { .err = &err };
	int rc = begin(&job, argc, argv, &err);

	if (rc == 0)
		rc = run(&job, &err);
	release(&job);

	const struct job_result results[] = {
		{ "channels", job.counts.channels },
		{ "programmes", job.counts.programmes },
		{ "filled", job.filled },
		{ "madeup", job.madeup },
		{ "empty", job.empty },
		{ "reused", job.counts.reused },
		{ "bytes", job.counts.bytes },
		{ "gzip_bytes", job.counts.gzip_bytes },
		{ "last", (uint64_t)job.counts.last },
		{ "same", job.counts.same },
	};

	return job_end(rc, results, ARRAY_LEN(results), &err);
}
