/*
 * masthead guide: merges XMLTV guides as the gateway does, in the same jailed workers.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/list.h"
#include "base/redact.h"
#include "base/url.h"
#include "gateway/cmd.h"
#include "gateway/cmd_guide_facts.h"
#include "gateway/cmd_job.h"
#include "gateway/worker.h"

#define DAY         86400
#define DAYS_MAX    365
#define DAYS_ALL    "86400000"  /* seconds: a thousand days, back and ahead */
#define SOURCES_MAX 50          /* their listings are descriptors of one worker */
#define WANTED_MAX  (64u << 20) /* bytes of --wanted */
#define COPY_PIECE  (256u << 10)
/* Before the listings: guide.xml, .gz, .idx, the last ones of those, and what is wanted. */
#define GUIDE_FDS   7

struct guide_options {
	const char *wanted, *output, *days, *zone;
	_Bool fill, json;
};

struct guide_run {
	const struct guide_options *options;
	const char *output; /* NULL: stdout */
	struct cmd_job job;
	uint64_t ahead_s;      /* 0: all of it */
	int wanted, none;      /* what is wanted; an empty file */
	int *listings;         /* one for each source that could be read */
	struct facts *sources; /* the same */
	size_t count;
	struct facts guide;
	_Bool empty; /* the guide is whole, but nothing is in it */
};

/* -- what is wanted ------------------------------------------------------------------ */

/* A line of the file as a row of epg/wanted.h: the id stands for itself. */
static void
add_wanted(struct buf *out, unsigned i, const char *id, size_t len)
{
	buf_printf(out, "w%u\t\t0\t", i);
	for (size_t k = 0; k < len; k++) {
		if (id[k] == '\\')
			buf_char(out, '\\');
		buf_char(out, id[k] == '\t' ? ' ' : id[k]);
	}
	buf_str(out, "\t\t\n");
}

static int
open_wanted(const char *path, struct err *err)
{
	struct buf out = BUF_INIT(4 * (size_t)WANTED_MAX);
	char *text = NULL, *line, *rest;
	unsigned count = 0;
	int fd = cmd_open_nameless(err), rc;

	rc = fd < 0 ? fd : file_load(path, WANTED_MAX, &text, NULL, err);
	rest = text;
	while (rc >= 0 && (line = strsep(&rest, "\n")) != NULL) {
		size_t len = strcspn(line, "\r");

		if (len > 0)
			add_wanted(&out, count++, line, len);
	}
	if (rc >= 0 && count == 0)
		rc = err_set(err, ENODATA, "'%s' has no guide ids: one a line is expected", path);
	if (rc >= 0)
		rc = buf_status(&out) < 0 ? err_set(err, ENOMEM, "out of memory")
					  : file_write_all(fd, out.data, out.len, err);
	if (rc >= 0 && lseek(fd, 0, SEEK_SET) == -1)
		rc = err_sys(err, "rewind");
	buf_release(&out);
	free(text);
	if (rc < 0 && fd >= 0)
		(void)close(fd);
	return rc < 0 ? rc : fd;
}

/* -- reading ------------------------------------------------------------------------- */

/* The listings of one source; a descriptor or -errno. */
static int
read_source(struct guide_run *run, const char *source, struct facts *facts, struct err *err)
{
	char zone[128];
	const char *args[3] = { NULL };
	int in = cmd_open_source(source, facts->name, err), out, rc, count = 0;

	if (in < 0)
		return in;
	rc = out = cmd_open_nameless(err);
	if (rc >= 0) {
		const int fds[] = { in, out, run->wanted, run->none };
		const struct worker_spec spec = { .name = "listings",
			.args = args,
			.fds = fds,
			.fd_count = ARRAY_LEN(fds) };

		if (run->options->wanted == NULL)
			args[count++] = "all=1";
		if (run->options->zone != NULL) {
			snprintf(zone, sizeof(zone), "zone=%s", run->options->zone);
			args[count++] = zone;
		}
		(void)lseek(run->wanted, 0, SEEK_SET);
		rc = cmd_job_run(&run->job, facts->name, NULL, &spec, facts_on_result, facts, err);
	}
	(void)close(in);
	if (rc < 0 && out >= 0)
		(void)close(out);
	return rc < 0 ? rc : out;
}

static int
read_sources(struct guide_run *run, int argc, char **argv)
{
	int worst = 0;

	for (int i = 0; i < argc; i++) {
		struct facts *facts = &run->sources[run->count];
		struct buf shown = BUF_INIT(2 * URL_MAX);
		struct err err = ERR_INIT;
		int fd;

		*facts = facts_of_source;
		redact_add(&shown, argv[i]);
		facts->name = buf_take(&shown, NULL);
		fd = facts->name == NULL ? err_set(&err, ENOMEM, "out of memory")
					 : read_source(run, argv[i], facts, &err);
		if (fd >= 0) {
			run->listings[run->count++] = fd;
			continue;
		}
		cmd_job_complain(&run->job, argv[i], &err);
		free(facts->name);
		worst = fd;
	}
	return worst;
}

/* -- writing ------------------------------------------------------------------------- */

static _Bool
wants_gzip(const struct guide_run *run)
{
	const char *dot = run->output == NULL ? NULL : strrchr(run->output, '.');

	return dot != NULL && strcmp(dot, ".gz") == 0;
}

/* Merges the listings into the two files; that which is not wanted stays empty. */
static int
merge(struct guide_run *run, int xml, int gzip, struct err *err)
{
	char now[40], ahead[40];
	const char *args[8 + SOURCES_MAX] = { "all=1", "index=0",
		run->options->fill ? "fill=1" : "fill=0",
		run->ahead_s > 0 ? "past=86400" : "past=" DAYS_ALL };
	int fds[GUIDE_FDS + SOURCES_MAX] = { xml, gzip, run->none, run->none, run->none, run->none,
		run->wanted };
	const struct worker_spec spec = { .name = "guide",
		.args = args,
		.fds = fds,
		.fd_count = GUIDE_FDS + run->count };
	unsigned count = 4;

	memcpy(fds + GUIDE_FDS, run->listings, run->count * sizeof(*fds));
	if (!wants_gzip(run))
		args[count++] = "gzip=0";
	snprintf(now, sizeof(now), "now=%lld", (long long)time(NULL));
	args[count++] = now;
	snprintf(ahead, sizeof(ahead), "ahead=%" PRIu64, run->ahead_s);
	args[count++] = run->ahead_s > 0 ? ahead : "ahead=" DAYS_ALL;
	for (size_t i = 0; i < run->count; i++)
		args[count++] = "shift=0";
	(void)lseek(run->wanted, 0, SEEK_SET);
	return cmd_job_run(&run->job, "merging", "channels", &spec, facts_on_result, &run->guide,
	    err);
}

/* Is there anything in the guide that was merged? */
static int
check_guide(struct guide_run *run, struct err *err)
{
	int rc = facts_check(&run->guide, run->sources, run->count, run->options->days,
	    run->options->wanted, err);

	run->empty = rc < 0;
	return rc;
}

static int
print_file(int fd, struct err *err)
{
	static char piece[COPY_PIECE];
	off_t at = 0;
	ssize_t n;

	while ((n = pread(fd, piece, sizeof(piece), at)) > 0) {
		int rc = file_write_all(STDOUT_FILENO, piece, (size_t)n, err);

		if (rc < 0)
			return rc;
		at += n;
	}
	return n == -1 ? err_sys(err, "read") : 0;
}

static int
write_file(struct guide_run *run, struct err *err)
{
	struct file_save save = FILE_SAVE_INIT;
	_Bool gzip = wants_gzip(run);
	int rest = cmd_open_nameless(err), rc;

	rc = rest < 0 ? rest : file_begin(&save, run->output, 0644, err);
	if (rc == 0)
		rc = merge(run, gzip ? rest : save.fd, gzip ? save.fd : run->none, err);
	if (rc == 0 && check_guide(run, err) < 0)
		rc = err_wrap(err, "%s: not written", run->output);
	if (rc == 0)
		rc = file_commit(&save, err);
	file_abort(&save);
	if (rest >= 0)
		(void)close(rest);
	return rc;
}

static int
write_stdout(struct guide_run *run, struct err *err)
{
	int xml = cmd_open_nameless(err), rc;

	if (xml < 0)
		return xml;
	rc = merge(run, xml, run->none, err);
	if (rc == 0)
		rc = print_file(xml, err);
	if (rc == 0 && check_guide(run, err) < 0)
		rc = err_wrap(err, "the guide");
	(void)close(xml);
	return rc;
}

/* -- the command --------------------------------------------------------------------- */

static int
start(struct guide_run *run, int argc, struct err *err)
{
	run->listings = calloc((size_t)argc, sizeof(*run->listings));
	run->sources = calloc((size_t)argc, sizeof(*run->sources));
	if (run->listings == NULL || run->sources == NULL)
		return err_set(err, ENOMEM, "out of memory");
	run->none = cmd_open_nameless(err);
	if (run->none < 0)
		return run->none;
	run->wanted = run->options->wanted != NULL ? open_wanted(run->options->wanted, err)
						   : cmd_open_nameless(err);
	return run->wanted < 0 ? err_wrap(err, "--wanted") : 0;
}

static void
release(struct guide_run *run)
{
	for (size_t i = 0; i < run->count; i++) {
		(void)close(run->listings[i]);
		free(run->sources[i].name);
	}
	free(run->listings);
	free(run->sources);
	if (run->none >= 0)
		(void)close(run->none);
	if (run->wanted >= 0)
		(void)close(run->wanted);
}

static void
print_facts(const struct guide_run *run)
{
	if (run->options->json)
		facts_print_json(&run->guide, run->sources, run->count);
	else
		facts_print_summary(&run->guide, run->sources, run->count);
}

static int
do_guide(struct guide_run *run, int argc, char **argv)
{
	struct err err = ERR_INIT;
	int rc = start(run, argc, &err), worst = 0;

	if (rc == 0) {
		worst = read_sources(run, argc, argv);
		if (run->count == 0)
			return worst;
		rc = run->output != NULL ? write_file(run, &err) : write_stdout(run, &err);
	}
	if (rc == 0 || run->empty)
		print_facts(run);
	if (rc < 0)
		fprintf(stderr, "masthead guide: %s\n", err.text);
	return rc < 0 ? rc : worst;
}

static int
usage(const char *text)
{
	fprintf(stderr, "masthead guide: %s\n'masthead guide --help' lists what it takes\n", text);
	return CMD_USAGE;
}

static int
run_guide(const void *arg, int argc, char **argv)
{
	struct guide_run run = { .options = arg,
		.wanted = -1,
		.none = -1,
		.guide = facts_of_guide };
	char *end = NULL;
	int rc;

	if (run.options->output != NULL && strcmp(run.options->output, "-") != 0)
		run.output = run.options->output;
	if (run.options->json && run.output == NULL)
		return usage(
		    "--json needs -o FILE: the guide and the facts cannot both be on stdout");
	if (run.options->days != NULL) {
		unsigned long days = strtoul(run.options->days, &end, 10);

		if (*end != '\0' || days == 0 || days > DAYS_MAX)
			return usage("--days wants a number from 1 to 365");
		run.ahead_s = days * DAY;
	}
	if (!cmd_job_init(&run.job, "guide"))
		return CMD_FAILED;
	rc = do_guide(&run, argc, argv);
	release(&run);
	cmd_job_release(&run.job);
	return rc < 0 ? CMD_FAILED : CMD_OK;
}

static const struct arg args[] = {
	{ "wanted", 'w', ARG_TEXT, offsetof(struct guide_options, wanted), "FILE",
	    "keep only these channels: one guide id a line", NULL },
	{ "days", 'd', ARG_TEXT, offsetof(struct guide_options, days), "N",
	    "keep a day back and N days ahead (default: all)", NULL },
	{ "fill", 'f', ARG_FLAG, offsetof(struct guide_options, fill), NULL,
	    "fill gaps of a channel from the next source that has it", NULL },
	{ "zone", 'z', ARG_TEXT, offsetof(struct guide_options, zone), "NAME",
	    "what times without an offset are in, as Europe/London (default: UTC)", NULL },
	{ "output", 'o', ARG_TEXT, offsetof(struct guide_options, output), "FILE",
	    "write there (-: stdout), gzip if it ends in .gz; the old file stays if it fails",
	    NULL },
	{ "json", 'j', ARG_FLAG, offsetof(struct guide_options, json), NULL,
	    "say on stdout what was found (with -o)", NULL },
	ARG_END,
};

const struct cmd cmd_guide = {
	.name = "guide",
	.summary = "merge XMLTV guides into one that is clean",
	.operands = "SOURCE...",
	.about =
	    "Reads XMLTV from files, http(s) URLs or - (stdin), plain, gzip, xz, zstd or zip, as "
	    "the\ngateway does, and writes one guide: valid, sorted, in UTC. Of a channel that "
	    "several sources\nhave, the first one's programmes are taken. Complaints go to "
	    "stderr as SOURCE:LINE: text.\n"
	    "A guide without programmes is a failure, and no file is replaced by it.\n"
	    "Exit status: 0 all sources are in it, 1 not all or none, 2 usage.",
	.args = args,
	.options_size = sizeof(struct guide_options),
	.operand_min = 1,
	.operand_max = SOURCES_MAX,
	.run = run_guide,
};
