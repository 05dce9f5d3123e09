/* rooms: playlist base */
/*
 * Snapshot files from a worker that somebody took over: the readers of the
 * catalogue and of the lineup stay inside the file, also when it is the previous
 * lineup of a build. The first byte says which.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "playlist/catalogue.h"
#include "playlist/lineup.h"

/* Rows that are looked at: a file may claim many that overlap. */
#define ROWS_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads the whole text, so that a sanitizer sees where it ends. */
static size_t
see(const char *text)
{
	return strlen(text);
}

static size_t
see_attrs(const char *attrs)
{
	const char *p = attrs;

	while (*p != '\0') {
		p += strlen(p) + 1;
		p += strlen(p) + 1;
	}
	return (size_t)(p - attrs);
}

static void
read_catalogue(const struct catalogue *c)
{
	size_t seen = see(catalogue_guide_url(c));

	for (uint32_t i = 0; i < catalogue_count(c) && i < ROWS_MAX; i++) {
		struct catalogue_entry e;

		catalogue_get(c, i, &e);
		seen += see(e.name) + see(e.url) + see(e.tvg_id) + see(e.tvg_name) + see(e.logo) +
		    see(e.chno) + see(e.group) + see(e.directives) + see(e.headers) +
		    see(e.user_agent) + see_attrs(e.attrs);
	}
	if (seen == SIZE_MAX)
		abort();
}

static void
read_lineup(const struct lineup *l)
{
	size_t seen = 0;

	for (uint32_t i = 0; i < lineup_count(l) && i < ROWS_MAX; i++) {
		struct lineup_channel channel, other;
		struct lineup_stream stream;
		char number[24];

		lineup_get(l, i, &channel);
		seen += see(channel.name) + see(channel.guide_id) + see(channel.logo) +
		    see(channel.group) + see_attrs(channel.attrs);
		for (uint32_t k = 0; k < channel.stream_count; k++) {
			lineup_get_stream(l, &channel, k, &stream);
			seen += see(stream.source) + see(stream.url) + see(stream.user_agent) +
			    see(stream.headers);
		}
		lineup_number_text(&channel, number);
		if (!lineup_find_number(l, number, &other) || other.index != i)
			abort();
		(void)lineup_find_id(l, channel.id, &other);
	}
	if (seen == SIZE_MAX)
		abort();
}

/* The next lineup, of no sources: all that is known is gone. */
static void
build_next(const struct lineup *previous)
{
	int fd = memfd_create("next", MFD_CLOEXEC);
	struct lineup_result result;
	struct lineup *next;

	if (fd == -1 || lineup_build(fd, NULL, 0, previous, 1700000000, &result, NULL) < 0 ||
	    lineup_load(&next, fd, NULL) < 0)
		abort();
	lineup_unref(next);
	(void)close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct catalogue *c;
	struct lineup *l;
	int fd;

	if (size == 0)
		return 0;
	fd = memfd_create("snapshot", MFD_CLOEXEC);
	if (fd == -1 || write(fd, data + 1, size - 1) != (ssize_t)(size - 1))
		abort();
	if (data[0] % 2 == 0 && catalogue_open(&c, fd, NULL) == 0) {
		read_catalogue(c);
		catalogue_close(c);
	} else if (data[0] % 2 == 1 && lineup_load(&l, fd, NULL) == 0) {
		read_lineup(l);
		build_next(l);
		lineup_unref(l);
	}
	(void)close(fd);
	return 0;
}
