/*
 * Configurations from texts, and what is said of them.
 */
#ifndef TESTS_GATEWAY_CONFIG_TEXTS_H
#define TESTS_GATEWAY_CONFIG_TEXTS_H

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "gateway/config.h"
#include "unit.h"

/* HOME is there, so that `data` has a default. */
#define HOME "HOME=/home/ann"

static inline void
keep_problem(const char *problem, void *arg)
{
	buf_printf(arg, "%s\n", problem);
}

/* Loads a text with an environment of up to 7 variables. Problems go to `problems`. */
static inline struct config *
load(const char *text, const char *const *env, const char *const *set, struct buf *problems)
{
	char *environ_list[9] = { NULL };
	struct config_options options = { "f.yaml", set, environ_list };
	struct err err = ERR_INIT;
	struct config *config;
	size_t n = 0;
	int rc;

	environ_list[n++] = strdup(HOME);
	for (; env != NULL && env[n - 1] != NULL; n++)
		environ_list[n] = strdup(env[n - 1]);
	buf_clear(problems);
	rc = config_load_text(&config, text, strlen(text), &options, keep_problem, problems, &err);
	ck_assert_int_eq(rc, config == NULL ? -EINVAL : 0);
	/* The sum names the first, as far as it fits. */
	ck_assert_int_eq(config == NULL, err.text[0] != '\0');
	while (n > 0)
		free(environ_list[--n]);
	return config;
}

/* It is refused for this one mistake; `want` is without "f.yaml:". */
static inline void
expect_problem(const char *text, const char *want)
{
	struct buf problems = BUF_INIT(65536);

	ck_assert_ptr_null(load(text, NULL, NULL, &problems));
	ck_assert_msg(strncmp(problems.data, "f.yaml:", 7) == 0, "%s", problems.data);
	ck_assert_msg(strchr(problems.data, '\n') == problems.data + problems.len - 1, "%s",
	    problems.data);
	ck_assert_msg(strncmp(problems.data + 7, want, strlen(want)) == 0, "%s", problems.data);
	buf_release(&problems);
}

#endif
