/*
 * What the files of base/opt share, and nobody else uses.
 */
#ifndef BASE_OPT_PARTS_H
#define BASE_OPT_PARTS_H

#include <stddef.h>

#include "base/opt.h"

/* Where a walk over tables and tree stands: a chain up to the root, on the stack. */
struct opt_at {
	const struct opt_at *up;
	const char *name; /* NULL: an entry of a list */
	size_t index;
};

/* At which mark of a node a problem lies. */
enum opt_mark { OPT_MARK_VALUE, OPT_MARK_KEY };

/* `node` NULL: nowhere in particular; `at` NULL: the root. */
void opt_problem(struct opt_load *load, const struct opt_at *at, const struct yaml_node *node,
    enum opt_mark mark, const char *fmt, ...) __attribute__((format(printf, 5, 6)));
void opt_warning(struct opt_load *load, const struct opt_at *at, const struct yaml_node *node,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* The row called so; NULL: none. */
const struct opt *opt_find(const struct opt *rows, const char *name);

/* What a row's value is written as: a node of the tree, or the row's own default. */
struct opt_value {
	const struct opt *row;
	const struct opt_at *at;
	const struct yaml_node *node; /* NULL: a default */
	const char *raw;              /* as written */
	const char *text;             /* with its references replaced */
};

/* Sets the field (an element, for a list of texts) from v->text; or tells what is wrong. */
void opt_set_value(struct opt_load *load, const struct opt_value *v, void *field);
/* The same from v->raw, whose references it replaces first. */
void opt_read_value(struct opt_load *load, struct opt_value *v, void *field);

/* Appends what a value must be: "a whole number from 1 to 64". */
void opt_describe(const struct opt *row, struct buf *out);

#endif
