/*
 * Ourselves: the binary beside the benchmarks, with a playlist of the origin's
 * streams as its only source.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "bench/lib/child.h"
#include "bench/lib/client.h"
#include "bench/lib/net.h"
#include "bench/lib/origin.h"
#include "bench/lib/subject.h"

#define READY_MS 30000
#define TEXT_MAX (1u << 20)
#define LOG      "masthead.log"

#define GUIDE_ONLY 200

char *
subject_binary(void)
{
	const char *given = getenv("MASTHEAD");
	char *path = given != NULL ? strdup(given) : realpath("/proc/self/exe", NULL), *slash;
	char *ret = NULL;

	if (path == NULL)
		bench_die("no memory");
	if (given != NULL)
		return path;
	for (int up = 0; up < 2; up++) {
		slash = strrchr(path, '/');
		if (slash != NULL)
			*slash = '\0';
	}
	if (asprintf(&ret, "%s/masthead", path) == -1)
		bench_die("no memory");
	free(path);
	return ret;
}

static char *
masthead_playlist(const struct subject_options *o)
{
	struct buf text = BUF_INIT(TEXT_MAX);
	char path[ORIGIN_PATH_MAX];

	buf_str(&text, "#EXTM3U\n");
	for (unsigned i = 0; i < o->stream_count; i++) {
		origin_path(path, &o->streams[i], i + 1);
		buf_printf(&text, "#EXTINF:-1 tvg-chno=\"%u\",Bench %u\nhttp://%s:%u%s\n", i + 1,
		    i + 1, o->origin->host, o->origin->port, path);
	}
	/* Channels that nobody watches, for the guide to be about. */
	for (unsigned i = 0; o->guide_count > 0 && i < GUIDE_ONLY; i++)
		buf_printf(&text,
		    "#EXTINF:-1 tvg-id=\"chan%u.example\",Guide %u\nhttp://127.0.0.1:9/%u\n", i, i,
		    i);
	return subject_write("bench.m3u", &text);
}

static char *
masthead_config(const struct subject_options *o, const char *playlist)
{
	struct buf text = BUF_INIT(TEXT_MAX);
	unsigned window = o->window_mib != 0 ? o->window_mib : 12;

	buf_printf(&text,
	    "playlists:\n  - name: bench\n    url: file:%s\n"
	    "devices:\n  - name: Bench\n    tuners: 64\n"
	    "relay:\n  window: %uMiB\n",
	    playlist, window);
	if (o->never_sendfile || o->sendfile_from != 0)
		buf_printf(&text, "  sendfile_from: %u\n", o->sendfile_from);
	if (o->linger_ms != 0)
		buf_printf(&text, "  linger: %ums\n", o->linger_ms);
	for (size_t i = 0; i < o->guide_count; i++)
		buf_printf(&text, "%s  - name: g%zu\n    url: file:%s\n    refresh: 0\n",
		    i == 0 ? "guides:\n" : "", i, o->guides[i]);
	return subject_write("masthead.yaml", &text);
}

/* "ready http://HOST:PORT/" */
static _Bool
masthead_ready(struct subject *s, int fd)
{
	uint64_t deadline = bench_now_ns() + (uint64_t)READY_MS * 1000000;
	struct pollfd pfd = { fd, POLLIN, 0 };
	char text[512];
	size_t have = 0;
	const char *colon;

	while (have < sizeof(text) - 1 && bench_now_ns() < deadline) {
		ssize_t n;

		if (poll(&pfd, 1, 100) != 1)
			continue;
		n = read(fd, text + have, sizeof(text) - 1 - have);
		if (n <= 0)
			return 0;
		have += (size_t)n;
		text[have] = '\0';
		colon = strstr(text, "ready http://");
		if (colon == NULL || strchr(colon, '\n') == NULL)
			continue;
		colon = strchr(colon + strlen("ready http://"), ':');
		return colon != NULL && sscanf(colon, ":%u/", &s->port) == 1;
	}
	return 0;
}

_Bool
subject_start_masthead(struct subject *s, const struct subject_options *o)
{
	const struct place place = { .subject = 1, .netns = o->netns };
	char *binary = subject_binary(), *data = bench_path("data"), *config, *list = NULL;
	const char *const remove[] = { "rm", "-rf", data, NULL };
	char listen[64];
	int out[2];

	if (access(binary, X_OK) == -1)
		bench_die("%s: %s (make build)", binary, strerror(errno));
	if (o->playlist == NULL)
		list = masthead_playlist(o);
	config = masthead_config(o, o->playlist != NULL ? o->playlist : list);
	(void)snprintf(listen, sizeof(listen), "%s:0", s->host);
	(void)child_run(remove);
	if (pipe2(out, O_CLOEXEC) == -1)
		bench_die("pipe: %s", strerror(errno));
	const char *const argv[] = { binary, "serve", "--config", config, "--data", data,
		"--listen", listen, NULL };
	s->pid = child_exec(&place, argv, out[1], LOG);
	(void)close(out[1]);
	if (!masthead_ready(s, out[0])) {
		child_show_log(LOG);
		bench_die("masthead did not say that it is ready");
	}
	/* Kept open: whoever writes to a closed stdout dies. It ends with us. */
	(void)snprintf(s->path, sizeof(s->path), "/auto/v1");
	if (o->netns == NULL && !client_until_ok(s, "/readyz", READY_MS)) {
		child_show_log(LOG);
		bench_die("masthead: /readyz does not become 200");
	}
	free(binary);
	free(data);
	free(config);
	free(list);
	return 1;
}
