/*
 * masthead playlist: reads playlists as the gateway does, in the same jailed
 * worker, and writes what it found.
 */
#include <curl/curl.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "base/multi.h"
#include "base/redact.h"
#include "base/url.h"
#include "gateway/cmd.h"
#include "gateway/worker.h"
#include "playlist/catalogue.h"
#include "playlist/m3u_write.h"

#define ENTRY_MAX   (1u << 20) /* bytes of one entry's text */
#define FETCH_S     600L
#define PROGRESS_MS 200

struct playlist_options {
	_Bool json, m3u;
};

/* One source being read. */
struct reading {
	const char *source;
	const char *shown; /* the same without its secrets */
	struct event_base *base;
	_Bool terminal; /* stderr is one: show progress */
	uint64_t told_ms, began_ms, skipped;
	_Bool ended;
	struct err err;
};

/* -- bytes in ---------------------------------------------------------------- */

static size_t
on_body(char *data, size_t size, size_t count, void *arg)
{
	const int *fd = arg;

	return file_write_all(*fd, data, size * count, NULL) < 0 ? 0 : size * count;
}

static int
fetch_url(int fd, const char *url, struct err *err)
{
	CURL *easy = multi_easy();
	CURLcode result;

	if (easy == NULL)
		return err_set(err, ENOMEM, "out of memory");
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "Masthead");
	curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT, FETCH_S);
	curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
	curl_easy_setopt(easy, CURLOPT_HTTP_CONTENT_DECODING, 0L); /* the worker inflates */
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, &fd);
	result = curl_easy_perform(easy);
	curl_easy_cleanup(easy);
	if (result != CURLE_OK)
		return err_set(err, EIO, "%s", curl_easy_strerror(result));
	return 0;
}

/* A pipe has to become a file that the worker can take its time with. */
static int
copy_stdin(int fd, struct err *err)
{
	static char piece[1 << 16];
	ssize_t n;

	while ((n = read(STDIN_FILENO, piece, sizeof(piece))) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_sys(err, "read");
		if (file_write_all(fd, piece, (size_t)n, err) < 0)
			return -EIO;
	}
	return 0;
}

/* A descriptor of the playlist's bytes, or -errno. */
static int
open_source(const char *source, struct err *err)
{
	_Bool web = url_has_scheme(source, "http") || url_has_scheme(source, "https");
	int fd, rc;

	if (!web && strcmp(source, "-") != 0) {
		const char *path = url_has_scheme(source, "file") ? source + strlen("file:")
								  : source;

		fd = open(strncmp(path, "//", 2) == 0 ? path + 2 : path, O_RDONLY | O_CLOEXEC);
		return fd == -1 ? err_sys(err, "open") : fd;
	}
	fd = memfd_create("masthead-playlist", MFD_CLOEXEC);
	if (fd == -1)
		return err_sys(err, "memfd_create");
	rc = web ? fetch_url(fd, source, err) : copy_stdin(fd, err);
	if (rc == 0 && lseek(fd, 0, SEEK_SET) == -1)
		rc = err_sys(err, "rewind");
	if (rc == 0)
		return fd;
	(void)close(fd);
	return rc;
}

/* -- the worker -------------------------------------------------------------- */

static void
on_progress(void *arg, uint64_t done, uint64_t total)
{
	struct reading *r = arg;
	uint64_t now = clock_ms(&clock_system);

	if (!r->terminal || now - r->began_ms < 1000 || now - r->told_ms < PROGRESS_MS)
		return;
	r->told_ms = now;
	fprintf(stderr, "\r%s: %" PRIu64 " of %" PRIu64 " MB", r->shown, done / 1000000,
	    total / 1000000);
}

static void
on_note(void *arg, uint32_t line, const char *text)
{
	const struct reading *r = arg;
	struct buf clean = BUF_INIT(8192), visible = BUF_INIT(32768);

	redact_add(&clean, text);
	buf_visible(&visible, clean.data);
	fprintf(stderr, "%s:%" PRIu32 ": %s\n", r->shown, line, visible.data);
	buf_release(&clean);
	buf_release(&visible);
}

static void
on_result(void *arg, const char *key, uint64_t value)
{
	struct reading *r = arg;

	if (strcmp(key, "skipped") == 0)
		r->skipped = value;
}

static void
on_ended(void *arg, const struct err *err)
{
	struct reading *r = arg;

	if (err != NULL)
		r->err = *err;
	r->ended = 1;
	event_base_loopbreak(r->base);
}

static int
read_in_worker(struct reading *r, struct worker_pool *pool, int in, int out, struct err *err)
{
	static const struct worker_events events = { on_progress, on_note, on_result, on_ended };
	int base = memfd_create("masthead-base", MFD_CLOEXEC), fds[3] = { in, out, base };
	struct worker_spec spec = { .name = "catalogue", .fds = fds, .fd_count = 3 };

	if (base == -1)
		return err_sys(err, "memfd_create");
	(void)file_write_all(base, r->source, strlen(r->source), NULL);
	(void)lseek(base, 0, SEEK_SET);
	r->began_ms = clock_ms(&clock_system);
	if (worker_start(pool, &spec, &events, r, err) == NULL) {
		(void)close(base);
		return err->code;
	}
	while (!r->ended && event_base_dispatch(r->base) == 0)
		;
	(void)close(base);
	if (r->told_ms != 0)
		fputc('\n', stderr);
	if (r->err.code < 0)
		return err_set(err, r->err.code, "%s", r->err.text);
	return 0;
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

static int
print_catalogue(const struct playlist_options *options, int fd, struct err *err)
{
	struct buf out = BUF_INIT(ENTRY_MAX);
	struct catalogue_entry entry;
	struct catalogue *c;
	int rc;

	rc = catalogue_open(&c, fd, err);
	for (uint32_t i = 0; rc == 0 && i < catalogue_count(c); i++) {
		catalogue_get(c, i, &entry);
		buf_clear(&out);
		if (options->json)
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
do_source(const struct playlist_options *options, struct event_base *base, struct worker_pool *pool,
    const char *source)
{
	struct reading r = { .source = source,
		.base = base,
		.terminal = isatty(STDERR_FILENO) == 1 };
	struct err err = ERR_INIT;
	struct buf shown = BUF_INIT(URL_MAX * 2);
	int in, out = -1, rc;

	redact_add(&shown, source);
	r.shown = shown.data;
	rc = in = open_source(source, &err);
	if (rc >= 0) {
		out = memfd_create("masthead-catalogue", MFD_CLOEXEC);
		rc = out == -1 ? err_sys(&err, "memfd_create")
			       : read_in_worker(&r, pool, in, out, &err);
	}
	if (rc == 0)
		rc = print_catalogue(options, out, &err);
	if (rc < 0)
		fprintf(stderr, "masthead playlist: %s: %s\n", shown.data, err.text);
	else if (r.skipped > 0)
		fprintf(stderr, "%s: %" PRIu64 " skipped\n", shown.data, r.skipped);
	buf_release(&shown);
	if (in >= 0)
		(void)close(in);
	if (out != -1)
		(void)close(out);
	return rc;
}

static int
run(const void *arg, int argc, char **argv)
{
	const struct playlist_options *options = arg;
	struct event_base *base;
	struct worker_pool *pool = NULL;
	struct err err = ERR_INIT;
	int status = CMD_OK;

	if (options->json && options->m3u) {
		fprintf(stderr, "masthead playlist: --json or --m3u, not both\n");
		return CMD_USAGE;
	}
	curl_global_init(CURL_GLOBAL_DEFAULT);
	base = event_base_new();
	if (base != NULL)
		pool = worker_pool_new(base, NULL, &err);
	if (pool == NULL) {
		fprintf(stderr, "masthead playlist: cannot start: %s\n", err.text);
		status = CMD_FAILED;
	}
	if (pool != NULL && !options->json)
		puts("#EXTM3U");
	for (int i = 0; pool != NULL && i < argc; i++) {
		if (do_source(options, base, pool, argv[i]) < 0)
			status = CMD_FAILED;
	}
	worker_pool_free(pool);
	if (base != NULL)
		event_base_free(base);
	curl_global_cleanup();
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
	.about = "Reads M3U from files, http(s) URLs or - (stdin), plain or gzip, as the gateway "
		 "does, and\n"
		 "writes what it understood. Complaints go to stderr as SOURCE:LINE: text.",
	.args = args,
	.options_size = sizeof(struct playlist_options),
	.operand_min = 1,
	.operand_max = CMD_MANY,
	.run = run,
};
