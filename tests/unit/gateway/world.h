/*
 * What each world of these tests stands on: a folder of its own, and a program that is its
 * own worker, as masthead is.
 *
 *	WORLD_MAIN("images", UNIT_TEST(...), UNIT_ROWS(...))
 */
#ifndef TESTS_GATEWAY_WORLD_H
#define TESTS_GATEWAY_WORLD_H

#include <ftw.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "gateway/worker.h"
#include "unit.h"

static char dir[] = "/tmp/masthead-unit-XXXXXX";

/* The path of a file in it; good for one more call. */
static inline const char *
in_dir(const char *name)
{
	static char paths[2][512];
	static unsigned next;
	char *path = paths[next++ % 2];

	snprintf(path, sizeof(paths[0]), "%s/%s", dir, name);
	return path;
}

static inline void
make_dir(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

/* A temporary file means that something was begun and neither kept nor dropped. */
static inline int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	ck_assert_msg(strstr(path, "tmp~") == NULL, "%s was left behind", path);
	return remove(path);
}

static inline void
remove_dir(void)
{
	ck_assert_int_eq(nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static inline void
world_hush(enum log_level level, const char *line, void *arg)
{
	(void)level;
	(void)line;
	(void)arg;
}

#define WORLD_MAIN(name, ...)                                     \
	int main(int argc, char **argv)                           \
	{                                                         \
		const struct unit_case cases[] = { __VA_ARGS__ }; \
                                                                  \
		if (argc > 2 && strcmp(argv[1], "worker") == 0)   \
			return worker_main(argc - 2, argv + 2);   \
		log_set_sink(world_hush, NULL);                   \
		return unit_run(name, cases, ARRAY_LEN(cases));   \
	}

#endif
