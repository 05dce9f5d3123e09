/*
 * For clang-tidy only, which sees one file at a time: what base/err.c promises,
 * namely that its functions never return 0 or more.
 */
#ifndef SCRIPTS_LINT_MODEL_H
#define SCRIPTS_LINT_MODEL_H

#include "base/err.h"

#define err_set(...)  (err_set(__VA_ARGS__), -1)
#define err_sys(...)  (err_sys(__VA_ARGS__), -1)
#define err_wrap(...) (err_wrap(__VA_ARGS__), -1)

#endif
