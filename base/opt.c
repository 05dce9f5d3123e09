#include "base/opt.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/near.h"
#include "base/opt_parts.h"
#include "base/yaml.h"

#define PROBLEM_MAX 256

static void apply_rows(struct opt_load *load, const struct opt *rows, const struct opt_at *at,
    const struct yaml_node *map, char *into);

/* -- lists and groups ---------------------------------------------------------- */

static void
no_memory(struct opt_load *load, const struct opt_at *at)
{
	opt_problem(load, at, NULL, OPT_MARK_VALUE, "out of memory");
}

static const char *
kind_name(const struct yaml_node *node)
{
	static const char *const names[] = {
		[YAML_SCALAR] = "a text",
		[YAML_LIST] = "a list",
		[YAML_MAP] = "a group of keys",
	};

	return names[node->kind];
}

static _Bool
is_kind(struct opt_load *load, const struct opt *row, const struct opt_at *at,
    const struct yaml_node *node, enum yaml_kind kind)
{
	struct buf b = BUF_INIT(PROBLEM_MAX);

	if (node->kind == kind)
		return 1;
	if (row != NULL)
		opt_describe(row, &b);
	else
		buf_str(&b, "a group of keys");
	opt_problem(load, at, node, OPT_MARK_VALUE, "is %s; it must be %s", kind_name(node),
	    b.data);
	buf_release(&b);
	return 0;
}

static _Bool
count_fits(struct opt_load *load, const struct opt *row, const struct opt_at *at,
    const struct yaml_node *list)
{
	if (list->count < row->min)
		opt_problem(load, at, list, OPT_MARK_VALUE, "needs at least %llu %s",
		    (unsigned long long)row->min, row->min == 1 ? "entry" : "entries");
	else if (list->count > row->max)
		opt_problem(load, at, list, OPT_MARK_VALUE, "has %zu entries; at most %llu",
		    list->count, (unsigned long long)row->max);
	else
		return 1;
	return 0;
}

/* An array of pointers to texts for `count` entries, or NULL after a problem. */
static char **
new_texts(struct opt_load *load, const struct opt *row, const struct opt_at *at, char *into,
    size_t count)
{
	char **texts = calloc(count + 1, sizeof(*texts));

	if (texts == NULL)
		no_memory(load, at);
	*(char ***)(void *)(into + row->offset) = texts;
	return texts;
}

/* Entries that turn out wrong are left out: the load has failed anyway. */
static void
apply_texts(struct opt_load *load, const struct opt *row, const struct opt_at *at,
    const struct yaml_node *list, char *into)
{
	size_t *count = (void *)(into + row->count_offset);
	struct opt_at entry = { at, NULL, 0 };
	char **texts;

	if (!is_kind(load, row, at, list, YAML_LIST) || !count_fits(load, row, at, list))
		return;
	texts = new_texts(load, row, at, into, list->count);
	for (const struct yaml_node *n = list->first; n != NULL && texts != NULL; n = n->next) {
		struct opt_value v = { row, &entry, n, n->text, NULL };

		if (n->kind != YAML_SCALAR)
			opt_problem(load, &entry, n, OPT_MARK_VALUE, "is %s; it must be a text",
			    kind_name(n));
		else
			opt_read_value(load, &v, &texts[*count]);
		if (texts[*count] != NULL)
			(*count)++;
		entry.index++;
	}
}

/* The lines of the row's default. */
static void
default_texts(struct opt_load *load, const struct opt *row, const struct opt_at *at, char *into)
{
	size_t *count = (void *)(into + row->count_offset);
	char **texts, *line, *save;
	char *copy = strdup(row->fallback);

	texts = new_texts(load, row, at, into, strlen(row->fallback) / 2 + 1);
	if (copy == NULL)
		no_memory(load, at);
	if (copy != NULL && texts != NULL) {
		for (line = strtok_r(copy, "\n", &save); line != NULL;
		     line = strtok_r(NULL, "\n", &save)) {
			texts[*count] = strdup(line);
			if (texts[*count] != NULL)
				(*count)++;
			else
				no_memory(load, at);
		}
	}
	free(copy);
}

/* The text that the row of a table has in entry `index` of an array. */
static const char *
text_of_entry(const struct opt *array, const struct opt *row, const char *items, size_t index)
{
	const void *field = items + index * array->size + row->offset;

	return *(char *const *)field;
}

/* Is the text of a unique row that of an earlier entry as well? */
static void
check_unique(struct opt_load *load, const struct opt *row, const struct opt_at *entry,
    const struct yaml_node *node, const char *items)
{
	for (const struct opt *r = row->rows; r->name != NULL; r++) {
		const struct yaml_node *value = node != NULL ? yaml_get(node, r->name) : NULL;
		struct opt_at at = { entry, r->name, 0 };
		const char *mine, *other;

		if ((r->flags & OPT_UNIQUE) == 0)
			continue;
		mine = text_of_entry(row, r, items, entry->index);
		for (size_t i = 0; i < entry->index && mine != NULL; i++) {
			other = text_of_entry(row, r, items, i);
			if (other == NULL || strcasecmp(mine, other) != 0)
				continue;
			opt_problem(load, &at, value != NULL ? value : node, OPT_MARK_VALUE,
			    "'%s' is the %s of %s.%zu already", mine, r->name, row->name, i);
			break;
		}
	}
}

/* `list` NULL: as many default entries as there must be. */
static void
apply_groups(struct opt_load *load, const struct opt *row, const struct opt_at *at,
    const struct yaml_node *list, char *into)
{
	size_t *count = (void *)(into + row->count_offset);
	size_t want = list != NULL ? list->count : row->min;
	const struct yaml_node *node = list != NULL ? list->first : NULL;
	struct opt_at entry = { at, NULL, 0 };
	char *items;

	if (list != NULL &&
	    (!is_kind(load, row, at, list, YAML_LIST) || !count_fits(load, row, at, list)))
		return;
	if (want == 0)
		return;
	items = calloc(want, row->size);
	if (items == NULL) {
		no_memory(load, at);
		return;
	}
	*(char **)(void *)(into + row->offset) = items;
	*count = want;
	for (; entry.index < want; entry.index++) {
		apply_rows(load, row->rows, &entry, node, items + entry.index * row->size);
		check_unique(load, row, &entry, node, items);
		node = node != NULL ? node->next : NULL;
	}
}

/* -- a table ------------------------------------------------------------------- */

const struct opt *
opt_find(const struct opt *rows, const char *name)
{
	for (; rows->name != NULL; rows++) {
		if (strcmp(rows->name, name) == 0)
			return rows;
	}
	return NULL;
}

/* Keys that no row has, and keys that stand twice. */
static void
check_keys(struct opt_load *load, const struct opt *rows, const struct opt_at *at,
    const struct yaml_node *map)
{
	for (const struct yaml_node *n = map->first; n != NULL; n = n->next) {
		struct opt_at key = { at, n->key, 0 };
		struct near near;

		if (n->first_line != 0) {
			opt_problem(load, &key, n, OPT_MARK_KEY,
			    "this key stands in line %u already", n->first_line);
			continue;
		}
		if (opt_find(rows, n->key) != NULL)
			continue;
		near_init(&near, n->key);
		for (const struct opt *r = rows; r->name != NULL; r++)
			near_try(&near, r->name);
		if (near.best != NULL)
			opt_problem(load, &key, n, OPT_MARK_KEY,
			    "there is no such key; did you mean '%s'?", near.best);
		else
			opt_problem(load, &key, n, OPT_MARK_KEY, "there is no such key");
	}
}

static void
apply_default(struct opt_load *load, const struct opt *row, const struct opt_at *at,
    const struct yaml_node *map, char *into)
{
	struct opt_value v = { row, at, NULL, row->fallback, row->fallback };

	if ((row->flags & OPT_REQUIRED) != 0)
		opt_problem(load, at->up, map, OPT_MARK_VALUE, "needs the key '%s'", row->name);
	else if (row->type == OPT_GROUP)
		apply_rows(load, row->rows, at, NULL, into + row->offset);
	else if (row->type == OPT_GROUPS)
		apply_groups(load, row, at, NULL, into);
	else if (row->fallback != NULL && row->type == OPT_TEXTS)
		default_texts(load, row, at, into);
	else if (row->fallback != NULL)
		opt_set_value(load, &v, into + row->offset);
}

static void
apply_node(struct opt_load *load, const struct opt *row, const struct opt_at *at,
    const struct yaml_node *node, char *into)
{
	struct opt_value v = { row, at, node, node->text, NULL };

	if (row->type == OPT_GROUP)
		apply_rows(load, row->rows, at, node, into + row->offset);
	else if (row->type == OPT_GROUPS)
		apply_groups(load, row, at, node, into);
	else if (row->type == OPT_TEXTS)
		apply_texts(load, row, at, node, into);
	else if (is_kind(load, row, at, node, YAML_SCALAR))
		opt_read_value(load, &v, into + row->offset);
}

/* `map` NULL: only defaults. */
static void
apply_rows(struct opt_load *load, const struct opt *rows, const struct opt_at *at,
    const struct yaml_node *map, char *into)
{
	if (map != NULL && !is_kind(load, NULL, at, map, YAML_MAP))
		return;
	if (map != NULL)
		check_keys(load, rows, at, map);
	for (const struct opt *row = rows; row->name != NULL; row++) {
		const struct yaml_node *node = map != NULL ? yaml_get(map, row->name) : NULL;
		struct opt_at here = { at, row->name, 0 };

		if (node == NULL || yaml_is_null(node))
			apply_default(load, row, &here, map, into);
		else
			apply_node(load, row, &here, node, into);
	}
}

void
opt_apply(struct opt_load *load, void *into)
{
	apply_rows(load, load->rows, NULL, load->root, into);
}

/* -- release ------------------------------------------------------------------- */

static void
release_texts(const struct opt *row, char *into)
{
	char ***texts = (void *)(into + row->offset);
	size_t *count = (void *)(into + row->count_offset);

	for (size_t i = 0; i < *count; i++)
		free((*texts)[i]);
	free(*texts);
	*texts = NULL;
	*count = 0;
}

static void
release_groups(const struct opt *row, char *into)
{
	char **items = (void *)(into + row->offset);
	size_t *count = (void *)(into + row->count_offset);

	for (size_t i = 0; i < *count; i++)
		opt_release(row->rows, *items + i * row->size);
	free(*items);
	*items = NULL;
	*count = 0;
}

void
opt_release(const struct opt *rows, void *into)
{
	for (const struct opt *row = rows; row->name != NULL; row++) {
		char *field = (char *)into + row->offset;

		switch (row->type) {
		case OPT_TEXT:
			free(*(char **)(void *)field);
			*(char **)(void *)field = NULL;
			break;
		case OPT_TEXTS: release_texts(row, into); break;
		case OPT_GROUP: opt_release(row->rows, field); break;
		case OPT_GROUPS: release_groups(row, into); break;
		case OPT_UINT:
		case OPT_MSEC:
		case OPT_SIZE:
		case OPT_WORD: break;
		}
	}
}
