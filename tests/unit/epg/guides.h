/*
 * Small guides in memory files, and what is read back from them.
 */
#ifndef TESTS_EPG_GUIDES_H
#define TESTS_EPG_GUIDES_H

#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include "base/err.h"
#include "epg/guide_index.h"
#include "epg/guide_write.h"
#include "epg/listings.h"
#include "unit.h"

/* 2024-01-01 00:00 UTC */
#define NEW_YEAR INT64_C(1704067200)

struct guide_files {
	int xml, gzip, index;
};

static inline struct guide_files
guide_files_new(void)
{
	return (
	    struct guide_files){ unit_memory_file(""), unit_memory_file(""), unit_memory_file("") };
}

static inline void
guide_files_close(const struct guide_files *f)
{
	(void)close(f->xml);
	(void)close(f->gzip);
	(void)close(f->index);
}

/* xmllint's word on the file, where it is installed. */
static inline void
expect_valid(int xml_fd)
{
	static char name[] = "xmllint", quiet[] = "--noout", valid[] = "--dtdvalid";
	static char dtd[] = "tests/data/xmltv.dtd", input[] = "-";
	char *argv[] = { name, quiet, valid, dtd, input, NULL };
	posix_spawn_file_actions_t actions;
	int status;
	pid_t pid;

	if (access("/usr/bin/xmllint", X_OK) != 0)
		return;
	ck_assert_int_eq(lseek(xml_fd, 0, SEEK_SET), 0);
	ck_assert_int_eq(posix_spawn_file_actions_init(&actions), 0);
	ck_assert_int_eq(posix_spawn_file_actions_adddup2(&actions, xml_fd, 0), 0);
	ck_assert_int_eq(posix_spawnp(&pid, name, &actions, NULL, argv, environ), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	(void)posix_spawn_file_actions_destroy(&actions);
}

struct test_programme {
	int channel;
	int hour, hours; /* it begins so many after NEW_YEAR */
	const char *attrs, *body;
};

struct test_guide {
	const struct guide_write_channel *channels;
	size_t channel_count;
	const struct test_programme *programmes; /* by channel */
	size_t programme_count;
};

static inline void
write_channels(struct guide_writer *w, const struct test_guide *g)
{
	struct err err = ERR_INIT;

	for (size_t i = 0; i < g->channel_count; i++)
		ck_assert_msg(guide_write_channel(w, &g->channels[i], &err) == 0, "%s", err.text);
}

static inline int
write_programme(struct guide_writer *w, int64_t start, int64_t stop, const char *attrs,
    const char *body, struct err *err)
{
	const struct listings_programme p = { start, stop, attrs, strlen(attrs), body,
		strlen(body) };

	return guide_write_programme(w, &p, err);
}

static inline void
write_programmes(struct guide_writer *w, const struct test_guide *g)
{
	struct err err = ERR_INIT;
	size_t k = 0;

	for (size_t i = 0; i < g->channel_count; i++) {
		ck_assert_int_eq(guide_write_begin(w, &err), 0);
		for (; k < g->programme_count && g->programmes[k].channel == (int)i; k++) {
			const struct test_programme *p = &g->programmes[k];
			int64_t start = NEW_YEAR + p->hour * 3600;

			ck_assert_int_eq(write_programme(w, start, start + p->hours * 3600,
					     p->attrs, p->body, &err),
			    0);
		}
	}
	ck_assert_uint_eq(k, g->programme_count);
}

/* old: NULL for none. */
static inline struct guide_write_counts
guide_write(const struct test_guide *g, const struct guide_files *f,
    const struct guide_index *old_index, int old_gzip)
{
	const struct guide_write_files files = { f->xml, f->gzip, f->index, old_index, old_gzip,
		0 };
	struct guide_write_counts counts;
	struct err err = ERR_INIT;
	struct guide_writer *w = guide_writer_new(&files, &err);

	ck_assert_msg(w != NULL, "%s", err.text);
	write_channels(w, g);
	write_programmes(w, g);
	ck_assert_msg(guide_write_finish(w, &counts, &err) == 0, "%s", err.text);
	guide_writer_free(w);
	return counts;
}

static inline struct guide_index *
guide_open(const struct guide_files *f)
{
	struct err err = ERR_INIT;
	struct guide_index *g;

	ck_assert_msg(guide_index_load(&g, f->index, f->xml, &err) == 0, "%s", err.text);
	return g;
}

#endif
