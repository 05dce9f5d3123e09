/*
 * What every unit test shares: one suite a program, rows by loop tests.
 *
 *	UNIT_MAIN("buf", UNIT_TEST(grows), UNIT_ROWS(escapes, ARRAY_LEN(rows)))
 */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/list.h"

struct unit_case {
	const TTest *test;
	int rows;
};

#define UNIT_TEST(fn)   \
	{               \
		(fn), 1 \
	}
#define UNIT_ROWS(fn, rows)       \
	{                         \
		(fn), (int)(rows) \
	}

/* Seconds for one test, with room for a sanitizer on a busy machine. */
#define UNIT_TIMEOUT 60

/* Makes a file of that content; 0, or -1 with errno. */
static inline int
unit_write_file(const char *path, const void *data, size_t len)
{
	FILE *f = fopen(path, "we");
	_Bool good;

	if (f == NULL)
		return -1;
	good = fwrite(data, 1, len, f) == len;
	return fclose(f) == 0 && good ? 0 : -1;
}

/* A file in memory with this text in it, open for both. */
static inline int
unit_memory_file(const char *text)
{
	int fd = memfd_create("unit", MFD_CLOEXEC);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(pwrite(fd, text, strlen(text), 0), (ssize_t)strlen(text));
	return fd;
}

/* All that is in a file, with a NUL behind; the caller's to free. *ret_len may be NULL. */
static inline char *
unit_file_text(int fd, size_t *ret_len)
{
	struct stat st;
	char *text;

	ck_assert_int_eq(fstat(fd, &st), 0);
	text = malloc((size_t)st.st_size + 1);
	ck_assert_ptr_nonnull(text);
	ck_assert_int_eq(pread(fd, text, (size_t)st.st_size, 0), st.st_size);
	text[st.st_size] = '\0';
	if (ret_len != NULL)
		*ret_len = (size_t)st.st_size;
	return text;
}

/* The CPU time that this process has taken, in seconds. */
static inline double
unit_cpu_s(void)
{
	struct timespec t;

	ck_assert_int_eq(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t), 0);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline int
unit_run(const char *name, const struct unit_case *cases, size_t count)
{
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create(name);
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, UNIT_TIMEOUT);
	for (size_t i = 0; i < count; i++)
		tcase_add_loop_test(tcase, cases[i].test, 0, cases[i].rows);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#define UNIT_MAIN(name, ...)                                      \
	int main(void)                                            \
	{                                                         \
		const struct unit_case cases[] = { __VA_ARGS__ }; \
		return unit_run(name, cases, ARRAY_LEN(cases));   \
	}

#endif
