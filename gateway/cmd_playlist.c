/*
 * masthead playlist: reads playlists as the gateway does, in the same jailed
 * worker, and writes what it found.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "base/redact.h"
#include "base/url.h"
#include "gateway/cmd.h"
#include "gateway/cmd_job.h"
#include "gateway/worker.h"
#include "playlist/catalogue.h"
#include "playlist/m3u_write.h"

#define ENTRY_MAX (1u << 20) /* bytes of one entry's text */

struct playlist_options {
	_Bool json, m3u;
};

struct playlist_run {
	const struct playlist_options *options;
	struct cmd_job job;
	_Bool begun; /* the first line of the M3U is out */
};

/* -- the worker -------------------------------------------------------------- */

static void
on_result(void *arg, const char *key, uint64_t value)
{
	uint64_t *skipped = arg;

	if (strcmp(key, "skipped") == 0)
		*skipped = value;
}

/* Reads the playlist at `in` into a catalogue at `out`. `shown` is `source` without its secrets. */
static int
read_in_worker(struct cmd_job *job, const char *source, const char *shown, int in, int out,
    uint64_t *skipped, struct err *err)
{
	int base = memfd_create("masthead-base", MFD_CLOEXEC), fds[3] = { in, out, base }, rc;
	const struct worker_spec spec = { .name = "catalogue", .fds = fds, .fd_count = 3 };

	if (base == -1)
		return err_sys(err, "memfd_create");
	(void)file_write_all(base, source, strlen(source), NULL);
	(void)lseek(base, 0, SEEK_SET);
	rc = cmd_job_run(job, shown, NULL, &spec, on_result, skipped, err);
	(void)close(base);
	return rc;
}

/* -- out --------------------------------------------------------------------- */

static void
print_m3u(const struct catalogue_entry *entry, struct buf *out)
{
	struct m3u_out m3u = { .name = entry->name,
		.url = entry->url,
		.tvg_id = entry->tvg_id,
		.tvg_name = entry->tvg_name,
		.chno = entry->chno,
		.logo = entry->logo,
		.group = entry->group,
		.radio = entry->radio };

	m3u_write_entry(out, &m3u);
}

static void
print_json(const struct catalogue_entry *entry, struct buf *out)
{
	struct json j = JSON_INIT(out);
	const char *p;

	json_object(&j, NULL);
	json_str(&j, "name", entry->name);
	json_str(&j, "url", entry->url);
	json_str(&j, "tvg_id", entry->tvg_id);
	json_str(&j, "logo", entry->logo);
	json_str(&j, "number", entry->chno);
	json_str(&j, "group", entry->group);
	json_str(&j, "user_agent", entry->user_agent);
	json_str(&j, "headers", entry->headers);
	json_bool(&j, "radio", entry->radio);
	json_uint(&j, "line", entry->line);
	json_object(&j, "attributes");
	for (p = entry->attrs; *p != '\0'; p += strlen(p) + 1) {
		const char *name = p;

		p += strlen(p) + 1;
		json_str(&j, name, p);
	}
	json_object_end(&j);
	json_object_end(&j);
	buf_char(out, '\n');
}

/* Nothing is on stdout before something was read: who pipes it sees an empty output, not a list. */
static void
begin(struct playlist_run *run)
{
	if (!run->begun && !run->options->json)
		puts("#EXTM3U");
	run->begun = 1;
}

static int
print_catalogue(struct playlist_run *run, int fd, struct err *err)
{
	struct buf out = BUF_INIT(ENTRY_MAX);
	struct catalogue_entry entry;
	struct catalogue *c;
	int rc;

	rc = catalogue_open(&c, fd, err);
	if (rc == 0)
		begin(run);
	for (uint32_t i = 0; rc == 0 && i < catalogue_count(c); i++) {
		catalogue_get(c, i, &entry);
		buf_clear(&out);
		if (run->options->json)
			print_json(&entry, &out);
		else
			print_m3u(&entry, &out);
		if (fwrite(out.data, 1, out.len, stdout) != out.len)
			rc = err_sys(err, "write");
	}
	if (rc == 0)
		fprintf(stderr, "%" PRIu32 " entries\n", catalogue_count(c));
	catalogue_close(c);
	buf_release(&out);
	return rc;
}

static int
do_source(struct playlist_run *run, const char *source)
{
	struct err err = ERR_INIT;
	struct buf shown = BUF_INIT(URL_MAX * 2);
	uint64_t skipped = 0;
	int in, out = -1, rc;

	redact_add(&shown, source);
	rc = in = cmd_open_source(source, shown.data, &err);
	if (rc >= 0)
		rc = out = cmd_open_nameless(&err);
	if (rc >= 0)
		rc = read_in_worker(&run->job, source, shown.data, in, out, &skipped, &err);
	if (rc == 0)
		rc = print_catalogue(run, out, &err);
	if (rc < 0)
		cmd_job_complain(&run->job, source, &err);
	else if (skipped > 0)
		fprintf(stderr, "%s: %" PRIu64 " skipped\n", shown.data, skipped);
	buf_release(&shown);
	if (in >= 0)
		(void)close(in);
	if (out >= 0)
		(void)close(out);
	return rc;
}

static int
run_playlist(const void *arg, int argc, char **argv)
{
	struct playlist_run run = { .options = arg };
	int status = CMD_OK;

	if (run.options->json && run.options->m3u) {
		fprintf(stderr, "masthead playlist: --json or --m3u, not both\n");
		return CMD_USAGE;
	}
	if (!cmd_job_init(&run.job, "playlist"))
		return CMD_FAILED;
	for (int i = 0; i < argc; i++) {
		if (do_source(&run, argv[i]) < 0)
			status = CMD_FAILED;
	}
	cmd_job_release(&run.job);
	return status;
}

static const struct arg args[] = {
	{ "json", 'j', ARG_FLAG, offsetof(struct playlist_options, json), NULL,
	    "one JSON object a line, with every attribute", NULL },
	{ "m3u", 'm', ARG_FLAG, offsetof(struct playlist_options, m3u), NULL,
	    "a clean M3U (default)", NULL },
	ARG_END,
};

const struct cmd cmd_playlist = {
	.name = "playlist",
	.summary = "read playlists and write them clean",
	.operands = "SOURCE...",
	.about = "Reads M3U from files, http(s) URLs or - (stdin), plain, gzip, xz, zstd or\n"
		 "zip, as the gateway does, and writes what it understood. Complaints go to\n"
		 "stderr as SOURCE:LINE: text.",
	.args = args,
	.options_size = sizeof(struct playlist_options),
	.operand_min = 1,
	.operand_max = CMD_MANY,
	.run = run_playlist,
};
