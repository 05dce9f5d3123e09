#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/job.h"
#include "base/list.h"
#include "base/sandbox.h"
#include "base/wire.h"
#include "epg/encoding.h"
#include "epg/libxml.h"
#include "epg/listings.h"
#include "epg/reader.h"
#include "epg/rules.h"
#include "epg/wanted.h"
#include "epg/workers.h"
#include "epg/xmltv.h"

#define IN_FD     (WIRE_FD_FIRST + 0)
#define OUT_FD    (WIRE_FD_FIRST + 1)
#define WANTED_FD (WIRE_FD_FIRST + 2)
#define RULES_FD  (WIRE_FD_FIRST + 3)

/* LISTINGS_PROGRAMMES_MAX rows while their table grows, their channels, the libraries. */
#define MEMORY_MAX (UINT64_C(2) << 30)
#define FILE_MAX   (UINT64_C(8) << 30)
#define NOTES_MAX  100 /* complaints told; the rest is only counted */
#define DAY        86400
#define PAST_MAX   (INT64_C(100) * 366 * DAY)

struct settings {
	const char *zone; /* "": none */
	_Bool ignore_offsets, all;
	int64_t past; /* -1: all is kept */
};

struct job {
	struct settings settings;
	int64_t oldest; /* what ended before is not kept */
	struct wanted *wanted;
	struct rules *rules;
	struct reader *reader;
	struct listings_writer *writer;
	struct listings_counts counts;
	unsigned notes;
};

/* -- arguments ---------------------------------------------------------------------- */

static _Bool
read_argument(struct settings *s, const char *arg)
{
	const char *value;

	if ((value = job_value(arg, "zone")) != NULL) {
		s->zone = value;
		return 1;
	}
	if ((value = job_value(arg, "offsets")) != NULL) {
		s->ignore_offsets = strcmp(value, "ignore") == 0;
		return s->ignore_offsets || strcmp(value, "use") == 0;
	}
	if ((value = job_value(arg, "past")) != NULL)
		return job_number(value, 0, PAST_MAX, &s->past);
	if ((value = job_value(arg, "all")) != NULL) {
		s->all = strcmp(value, "1") == 0;
		return s->all || strcmp(value, "0") == 0;
	}
	return 0;
}

static int
read_settings(struct settings *s, int argc, char **argv, struct err *err)
{
	*s = (struct settings){ .zone = "", .past = -1 };
	for (int i = 1; i < argc; i++) {
		if (!read_argument(s, argv[i]))
			return err_set(err, EINVAL, "'%s' is no argument of worker listings",
			    argv[i]);
	}
	return 0;
}

/* -- what the reader tells ------------------------------------------------------------ */

static _Bool
on_wanted(void *arg, const char *id, size_t len)
{
	struct job *job = arg;

	return wanted_has(job->wanted, id, len);
}

static int
on_entry(void *arg, struct xmltv_entry *e, struct err *err)
{
	struct job *job = arg;

	if (e->kind == XMLTV_CHANNEL)
		return listings_add_channel(job->writer, e, err);
	/* One without an end lasts a day at most (epg/listings.h). */
	if ((e->stop > e->start ? e->stop : e->start + DAY) < job->oldest)
		return 0;
	if (!rules_apply(job->rules, e))
		return 0;
	return listings_add_programme(job->writer, e, err);
}

static void
on_note(void *arg, uint32_t line, const char *text)
{
	struct job *job = arg;

	if (job->notes++ < NOTES_MAX)
		(void)wire_note(WIRE_FD, line, text);
}

static int
on_input(void *arg, const void *data, size_t len, struct err *err)
{
	struct job *job = arg;

	return reader_feed(job->reader, data, len, err);
}

/* -- the job -------------------------------------------------------------------------- */

static int
load_rules(struct rules **ret, struct err *err)
{
	struct file_map map;
	int rc = file_map_fd(&map, RULES_FD, err);

	if (rc < 0) {
		err_wrap(err, "rules");
		return rc;
	}
	*ret = rules_new(map.len > 0 ? map.data : "", map.len, err);
	file_map_close(&map);
	return *ret == NULL ? err->code : 0;
}

static int
prepare(struct job *job, struct err *err)
{
	const struct xmltime_rules times = { .zoned = job->settings.zone[0] != '\0',
		.ignore_offsets = job->settings.ignore_offsets };
	const struct reader_events events = { .wanted = job->settings.all ? NULL : on_wanted,
		.entry = on_entry,
		.note = on_note };
	int rc = load_rules(&job->rules, err);

	if (rc == 0 && !job->settings.all)
		rc = wanted_load(&job->wanted, WANTED_FD, err);
	if (rc < 0)
		return rc;
	job->oldest = job->settings.past < 0
	    ? INT64_MIN
	    : (int64_t)clock_wall(&clock_system) - job->settings.past;
	job->writer = listings_writer_new(OUT_FD, err);
	if (job->writer == NULL)
		return err->code;
	job->reader = reader_new(&reader_limits_default, &times, &events, job);
	return job->reader == NULL ? err_set(err, ENOMEM, "out of memory") : 0;
}

static int
work(struct job *job, struct err *err)
{
	int rc = prepare(job, err);

	if (rc == 0)
		rc = job_read(IN_FD, on_input, job, err);
	if (rc == 0)
		rc = reader_finish(job->reader, err);
	if (rc == 0)
		rc = listings_writer_finish(job->writer, &job->counts, err);
	if (rc == 0)
		rc = job_sync(OUT_FD, err);
	if (rc == 0)
		rc = job_sync(IN_FD, err); /* it becomes the last good download */
	if (rc == 0 && rules_exhausted(job->rules) > 0)
		(void)wire_note(WIRE_FD, 0,
		    "a pattern of the rules took too long for some texts and did not match them");
	return rc;
}

/* Closes the jail; before that all that needs files. */
static int
begin(struct job *job, int argc, char **argv, struct err *err)
{
	struct sandbox_limits limits = { .memory = MEMORY_MAX, .file = FILE_MAX };
	struct stat st;
	int rc = read_settings(&job->settings, argc, argv, err);

	if (rc == 0 && job->settings.zone[0] != '\0')
		rc = xmltime_set_zone(job->settings.zone, err);
	if (rc < 0)
		return rc;
	if (libxml_load(err) == NULL)
		return err->code;
	encoding_prepare();
	/* What is wanted is read by mapping it. */
	if (fstat(WANTED_FD, &st) == 0 && st.st_size > 0)
		limits.memory += (uint64_t)st.st_size;
	return job_begin(SANDBOX_COMPUTE, &limits, err);
}

int
listings_worker(int argc, char **argv)
{
	struct reader_counts read = { 0 };
	struct err err = ERR_INIT;
	struct job job = { 0 };
	int rc = begin(&job, argc, argv, &err);

	if (rc == 0)
		rc = work(&job, &err);
	if (rc == 0)
		read = *reader_counts(job.reader);
	reader_free(job.reader);
	listings_writer_free(job.writer);
	rules_free(job.rules);
	wanted_free(job.wanted);

	const struct job_result results[] = {
		{ "bytes", read.text.bytes },
		{ "parsed", read.parsed },
		{ "channels", read.text.channels },
		{ "programmes", read.text.programmes },
		{ "kept", job.counts.programmes },
		{ "broken", read.text.broken },
		{ "mended", read.text.mended },
		{ "unknown", read.unknown },
		{ "timeless", read.timeless + job.counts.dull },
		{ "duplicates", job.counts.duplicates },
		{ "clipped", job.counts.clipped },
		{ "whole", read.text.whole },
		{ "last", (uint64_t)job.counts.last },
	};

	return job_end(rc, results, ARRAY_LEN(results), &err);
}
