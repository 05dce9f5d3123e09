/*
 * For clang-tidy only: what it cannot see and would complain about falsely.
 * It reads one file at a time, so it does not know that the functions of
 * base/err.c never return 0 or more; and it loses count of a list when an
 * element is taken out, so that the first one seems to be the freed one.
 */
#ifndef SCRIPTS_LINT_MODEL_H
#define SCRIPTS_LINT_MODEL_H

#include <sys/queue.h>

#include "base/err.h"

#define err_set(...)  (err_set(__VA_ARGS__), -1)
#define err_sys(...)  (err_sys(__VA_ARGS__), -1)
#define err_wrap(...) (err_wrap(__VA_ARGS__), -1)

void *lint_any(void *element);
#undef TAILQ_FIRST
#define TAILQ_FIRST(head) ((__typeof__((head)->tqh_first))lint_any((head)->tqh_first))

#endif
