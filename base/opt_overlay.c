#include <ctype.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/near.h"
#include "base/opt_parts.h"
#include "base/yaml.h"

/* A path has fewer parts, each shorter. */
#define PARTS_MAX    6
#define PATH_LEN     128
/* A longer origin is cut where a problem shows it. */
#define ORIGIN_LEN   128
/* More digits than any list has entries. */
#define INDEX_DIGITS 6

/* One value on its way to its place. */
struct overlay {
	struct opt_load *load;
	const char *text;
	char origin[ORIGIN_LEN];
};

/* -- what the path is nearest to ------------------------------------------------ */

struct search {
	struct near near;
	char best[PATH_LEN];
	char index[INDEX_DIGITS + 1]; /* what the mistaken path has for an index, or "0" */
	/* Makes the path the kind of name that was mistaken. NULL: it is one. */
	void (*spell)(const char *path, char *out, size_t size);
};

static void
try_path(struct search *s, const char *path)
{
	char name[PATH_LEN];

	if (s->spell != NULL)
		s->spell(path, name, sizeof(name));
	else
		snprintf(name, sizeof(name), "%s", path);
	near_try(&s->near, name);
	if (s->near.best == name) {
		memcpy(s->best, name, sizeof(name));
		s->near.best = s->best;
	}
}

static void
try_rows(struct search *s, const struct opt *rows, const char *above)
{
	char path[PATH_LEN];

	for (; rows->name != NULL; rows++) {
		snprintf(path, sizeof(path), "%s%s", above, rows->name);
		if (rows->type == OPT_GROUPS)
			snprintf(path, sizeof(path), "%s%s.%s", above, rows->name, s->index);
		if (rows->rows == NULL) {
			try_path(s, path);
			continue;
		}
		snprintf(path + strlen(path), sizeof(path) - strlen(path), ".");
		try_rows(s, rows->rows, path);
	}
}

static void
search(struct search *s, const struct opt *rows, const char *word)
{
	const char *digits = strpbrk(word, "0123456789");
	size_t len = digits != NULL ? strspn(digits, "0123456789") : 0;

	snprintf(s->index, sizeof(s->index), "%.*s", len > 0 ? (int)len : 1,
	    len > 0 ? digits : "0");
	near_init(&s->near, word);
	try_rows(s, rows, "");
}

/* -- laying a value down -------------------------------------------------------- */

static void problem(struct overlay *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void
problem(struct overlay *o, const char *fmt, ...)
{
	const struct yaml_node node = { .kind = YAML_SCALAR, .origin = o->origin };
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	opt_problem(o->load, NULL, &node, OPT_MARK_VALUE, "%s", text);
}

static _Bool
is_index(const char *part)
{
	size_t len = part != NULL ? strlen(part) : 0;

	return len > 0 && len <= INDEX_DIGITS && strspn(part, "0123456789") == len;
}

/* Do these parts lead to a value, as far as the tables go? */
static _Bool
fits(const struct opt *rows, char *const *parts)
{
	const struct opt *row = parts[0] != NULL ? opt_find(rows, parts[0]) : NULL;

	if (row == NULL)
		return 0;
	switch (row->type) {
	case OPT_GROUP: return fits(row->rows, parts + 1);
	case OPT_GROUPS: return is_index(parts[1]) && fits(row->rows, parts + 2);
	case OPT_TEXTS: return parts[1] == NULL || (is_index(parts[1]) && parts[2] == NULL);
	case OPT_TEXT:
	case OPT_UINT:
	case OPT_MSEC:
	case OPT_SIZE:
	case OPT_WORD: break;
	}
	return parts[1] == NULL;
}

/* A child that is not there yet, or is null. NULL: no memory. */
static struct yaml_node *
make_child(struct overlay *o, struct yaml_node *parent, struct yaml_node *node, const char *key,
    enum yaml_kind kind)
{
	if (node == NULL) {
		node = yaml_node_new(kind, key, NULL, o->origin);
		if (node != NULL)
			yaml_node_add(parent, node);
	} else if (yaml_node_turn(node, kind, NULL, o->origin) < 0) {
		node = NULL;
	}
	if (node == NULL)
		problem(o, "out of memory");
	return node;
}

/* The value of `key`, made if need be. NULL: the parent is no map, which opt_apply will tell. */
static struct yaml_node *
child_of_map(struct overlay *o, struct yaml_node *map, const char *key, enum yaml_kind kind)
{
	struct yaml_node *node;

	if (map->kind != YAML_MAP)
		return NULL;
	node = yaml_get(map, key);
	if (node != NULL && !yaml_is_null(node))
		return node;
	return make_child(o, map, node, key, kind);
}

/* The entry whose index the part spells: one that is there, or the next one. */
static struct yaml_node *
child_of_list(struct overlay *o, struct yaml_node *list, const char *part, const char *name,
    enum yaml_kind kind)
{
	size_t index = strtoul(part, NULL, 10);
	struct yaml_node *node;

	if (list->kind != YAML_LIST)
		return NULL;
	if (index > list->count) {
		problem(o, "'%s' has no entry %zu; the next new one is %zu", name, index,
		    list->count);
		return NULL;
	}
	node = yaml_at(list, index);
	if (node != NULL && !yaml_is_null(node))
		return node;
	return make_child(o, list, node, NULL, kind);
}

static void
put_text(struct overlay *o, struct yaml_node *node)
{
	if (yaml_node_turn(node, YAML_SCALAR, o->text, o->origin) < 0)
		problem(o, "out of memory");
}

static void
put_entry(struct overlay *o, struct yaml_node *list, const char *name, const char *part)
{
	struct yaml_node *node;

	if (part == NULL) {
		if (yaml_node_turn(list, YAML_LIST, NULL, o->origin) < 0) {
			problem(o, "out of memory");
			return;
		}
		part = "0";
	}
	node = child_of_list(o, list, part, name, YAML_SCALAR);
	if (node != NULL)
		put_text(o, node);
}

/* The parts fit the tables; only the tree may be in the way. */
static void
lay(struct overlay *o, const struct opt *rows, struct yaml_node *map, char *const *parts)
{
	const struct opt *row = opt_find(rows, parts[0]);
	enum yaml_kind kind = row->type == OPT_GROUP            ? YAML_MAP
	    : row->type == OPT_GROUPS || row->type == OPT_TEXTS ? YAML_LIST
								: YAML_SCALAR;
	struct yaml_node *node = child_of_map(o, map, row->name, kind);

	if (node == NULL)
		return;
	if (row->type == OPT_GROUP) {
		lay(o, row->rows, node, parts + 1);
	} else if (row->type == OPT_GROUPS) {
		node = child_of_list(o, node, parts[1], row->name, YAML_MAP);
		if (node != NULL)
			lay(o, row->rows, node, parts + 2);
	} else if (row->type == OPT_TEXTS) {
		put_entry(o, node, row->name, parts[1]);
	} else {
		put_text(o, node);
	}
}

/* False: the path leads nowhere. Its dots become NULs. */
static _Bool
overlay(struct opt_load *load, char *path, const char *text, const char *origin)
{
	struct overlay o = { .load = load, .text = text };
	char *parts[PARTS_MAX + 1] = { NULL };
	size_t count = 0;

	snprintf(o.origin, sizeof(o.origin), "%s", origin);
	for (char *dot = path; dot != NULL && count < PARTS_MAX; count++) {
		parts[count] = dot;
		dot = strchr(dot, '.');
		if (dot != NULL)
			*dot++ = '\0';
	}
	if (!fits(load->rows, parts))
		return 0;
	lay(&o, load->rows, load->root, parts);
	return 1;
}

void
opt_overlay(struct opt_load *load, const char *path, const char *text, const char *origin)
{
	struct overlay o = { .load = load };
	struct search s = { 0 };
	char copy[PATH_LEN];

	snprintf(copy, sizeof(copy), "%s", path);
	if (strlen(path) < sizeof(copy) && overlay(load, copy, text, origin))
		return;
	snprintf(o.origin, sizeof(o.origin), "%s", origin);
	search(&s, load->rows, path);
	if (s.near.best != NULL)
		problem(&o, "there is no key '%s'; did you mean '%s'?", path, s.near.best);
	else
		problem(&o, "there is no key '%s'", path);
}

void
opt_overlay_set(struct opt_load *load, const char *assignment, const char *origin)
{
	const char *equals = strchr(assignment, '=');
	struct overlay o = { .load = load };
	char path[PATH_LEN];

	if (equals == NULL) {
		snprintf(o.origin, sizeof(o.origin), "%s", origin);
		problem(&o, "'%s' has no value; it must be KEY=VALUE", assignment);
		return;
	}
	/* A path that is cut is longer than any that leads somewhere. */
	snprintf(path, sizeof(path), "%.*s", (int)(equals - assignment), assignment);
	opt_overlay(load, path, equals + 1, origin);
}

/* -- the environment ------------------------------------------------------------ */

static void
spell_variable(const char *path, char *out, size_t size)
{
	struct buf b = BUF_INIT(size - 1);

	for (; *path != '\0'; path++) {
		if (*path == '.')
			buf_str(&b, "__");
		else
			buf_char(&b, (char)toupper((unsigned char)*path));
	}
	snprintf(out, size, "%s", b.data);
	buf_release(&b);
}

/* "PLAYLISTS__0__URL" as "playlists.0.url"; false when it is no such name. */
static _Bool
read_variable(const char *name, size_t len, char *out, size_t size)
{
	size_t n = 0;

	if (len >= size)
		return 0;
	for (size_t i = 0; i < len; i++) {
		if (islower((unsigned char)name[i]))
			return 0;
		if (name[i] == '_' && i + 1 < len && name[i + 1] == '_') {
			out[n++] = '.';
			i++;
		} else {
			out[n++] = (char)tolower((unsigned char)name[i]);
		}
	}
	out[n] = '\0';
	return 1;
}

/* Lays one variable down; `name` is without the prefix. False: no key is called so. */
static _Bool
overlay_variable(struct opt_load *load, const char *name, size_t len, const char *value,
    const char *origin)
{
	static const char twin[] = "_FILE";
	struct buf reference = BUF_INIT(PATH_MAX + 16);
	char path[PATH_LEN];
	_Bool known = 0;

	if (read_variable(name, len, path, sizeof(path)) && overlay(load, path, value, origin))
		return 1;
	if (len <= strlen(twin) || strncmp(name + len - strlen(twin), twin, strlen(twin)) != 0)
		return 0;
	buf_printf(&reference, "${file:%s}", value);
	if (read_variable(name, len - strlen(twin), path, sizeof(path)))
		known = overlay(load, path, reference.data, origin);
	buf_release(&reference);
	return known;
}

/* One "NAME=value" whose name begins with the prefix. */
static void
overlay_entry(struct opt_load *load, const char *entry, const char *prefix,
    _Bool (*known)(const char *name))
{
	struct search s = { .spell = spell_variable };
	struct overlay o = { .load = load };
	const char *equals = strchr(entry, '=');
	size_t len = (size_t)(equals - entry), skip = strlen(prefix);

	snprintf(o.origin, sizeof(o.origin), "%.*s", (int)len, entry);
	/* Compose files and service managers set to nothing what is not set. */
	if (equals[1] == '\0' || (known != NULL && known(o.origin)))
		return;
	if (overlay_variable(load, entry + skip, len - skip, equals + 1, o.origin))
		return;
	search(&s, load->rows, o.origin + skip);
	if (s.near.best != NULL)
		problem(&o, "no setting has this name; did you mean %s%s?", prefix, s.near.best);
	else
		problem(&o, "no setting has this name");
}

static int
compare_entries(const void *a, const void *b)
{
	return strverscmp(*(const char *const *)a, *(const char *const *)b);
}

/* In the order of their numbers, so that entry 0 of a list is there before entry 1. */
void
opt_overlay_env(struct opt_load *load, char *const *env, const char *prefix,
    _Bool (*known)(const char *name))
{
	size_t count = 0, n = 0, len = strlen(prefix);
	const char **entries;

	while (env != NULL && env[count] != NULL)
		count++;
	entries = calloc(count + 1, sizeof(*entries));
	if (entries == NULL) {
		opt_problem(load, NULL, NULL, OPT_MARK_VALUE, "out of memory");
		return;
	}
	for (size_t i = 0; i < count; i++) {
		if (strncmp(env[i], prefix, len) == 0 && strchr(env[i], '=') != NULL)
			entries[n++] = env[i];
	}
	qsort(entries, n, sizeof(*entries), compare_entries);
	for (size_t i = 0; i < n; i++)
		overlay_entry(load, entries[i], prefix, known);
	free(entries);
}
