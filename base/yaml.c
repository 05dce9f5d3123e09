#include "base/yaml.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "base/err.h"
#include "base/list.h"

#define DEPTH_MAX 16

const struct yaml_limits yaml_limits_default = {
	.bytes_max = 4u << 20,
	.nodes_max = 65536,
	.keys_max = 256,
	.depth_max = DEPTH_MAX,
};

/* One document in the making. */
struct tree {
	const struct yaml_limits *limits;
	struct yaml_node *root;
	struct yaml_node *open[DEPTH_MAX]; /* lists and maps whose end has not come */
	unsigned depth;
	size_t nodes;
	char *key; /* a map's key that waits for its value */
	unsigned key_line, key_column;
};

/* -- nodes ------------------------------------------------------------------- */

static void
free_children(struct yaml_node *node)
{
	struct yaml_node *child, *next;

	for (child = node->first; child != NULL; child = next) {
		next = child->next;
		yaml_node_free(child);
	}
	node->first = node->last = NULL;
	node->count = 0;
}

void
yaml_node_free(struct yaml_node *node)
{
	if (node == NULL)
		return;
	free_children(node);
	free(node->text);
	free(node->key);
	free(node->origin);
	free(node);
}

struct yaml_node *
yaml_node_new(enum yaml_kind kind, const char *key, const char *text, const char *origin)
{
	struct yaml_node *node = calloc(1, sizeof(*node));

	if (node == NULL)
		return NULL;
	node->kind = kind;
	node->key = key != NULL ? strdup(key) : NULL;
	node->text = text != NULL ? strdup(text) : NULL;
	node->origin = origin != NULL ? strdup(origin) : NULL;
	if ((key != NULL && node->key == NULL) || (text != NULL && node->text == NULL) ||
	    (origin != NULL && node->origin == NULL)) {
		yaml_node_free(node);
		return NULL;
	}
	return node;
}

void
yaml_node_add(struct yaml_node *parent, struct yaml_node *node)
{
	if (parent->last != NULL)
		parent->last->next = node;
	else
		parent->first = node;
	parent->last = node;
	parent->count++;
}

int
yaml_node_turn(struct yaml_node *node, enum yaml_kind kind, const char *text, const char *origin)
{
	struct yaml_node *other = yaml_node_new(kind, node->key, text, origin);

	if (other == NULL)
		return -ENOMEM;
	free_children(node);
	free(node->text);
	free(node->key);
	free(node->origin);
	other->next = node->next;
	*node = *other;
	free(other);
	return 0;
}

_Bool
yaml_is_null(const struct yaml_node *node)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL" };

	if (node->kind != YAML_SCALAR || !node->plain)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(nulls); i++) {
		if (strcmp(node->text, nulls[i]) == 0)
			return 1;
	}
	return 0;
}

struct yaml_node *
yaml_get(const struct yaml_node *map, const char *key)
{
	struct yaml_node *child;

	for (child = map->first; child != NULL; child = child->next) {
		if (child->key != NULL && strcmp(child->key, key) == 0)
			return child;
	}
	return NULL;
}

struct yaml_node *
yaml_at(const struct yaml_node *list, size_t index)
{
	struct yaml_node *child = list->first;

	while (child != NULL && index-- > 0)
		child = child->next;
	return child;
}

/* -- from libyaml's events to nodes ------------------------------------------- */

static int
complain(struct err *err, const yaml_mark_t *mark, const char *what)
{
	return err_set(err, EBADMSG, "%zu:%zu: %s", mark->line + 1, mark->column + 1, what);
}

static int
no_memory(struct err *err)
{
	return err_set(err, ENOMEM, "out of memory");
}

/* The list or map that the next node goes into; NULL: it is the document. */
static struct yaml_node *
innermost(const struct tree *t)
{
	return t->depth > 0 ? t->open[t->depth - 1] : NULL;
}

/* The duplicate keeps its mark, so that whoever reads the tree can name both places. */
static int
add_to_map(struct tree *t, struct yaml_node *map, struct yaml_node *node, const yaml_mark_t *mark,
    struct err *err)
{
	struct yaml_node *same;

	if (map->count >= t->limits->keys_max)
		return complain(err, mark, "too many keys in one map");
	node->key = t->key;
	node->key_line = t->key_line;
	node->key_column = t->key_column;
	t->key = NULL;
	same = yaml_get(map, node->key);
	if (same != NULL)
		node->first_line = same->key_line;
	return 0;
}

static int
add_node(struct tree *t, struct yaml_node *node, const yaml_mark_t *mark, struct err *err)
{
	struct yaml_node *parent = innermost(t);
	int rc;

	node->line = (unsigned)mark->line + 1;
	node->column = (unsigned)mark->column + 1;
	if (++t->nodes > t->limits->nodes_max) {
		yaml_node_free(node);
		return complain(err, mark, "the document has too many entries");
	}
	if (parent == NULL && t->root != NULL) {
		yaml_node_free(node);
		return complain(err, mark, "a second document; one file holds one");
	}
	if (parent == NULL) {
		t->root = node;
		return 0;
	}
	if (parent->kind == YAML_MAP) {
		rc = add_to_map(t, parent, node, mark, err);
		if (rc < 0) {
			yaml_node_free(node);
			return rc;
		}
	}
	yaml_node_add(parent, node);
	return 0;
}

/* True: the next node is a key of a map. */
static _Bool
wants_key(const struct tree *t)
{
	const struct yaml_node *parent = innermost(t);

	return parent != NULL && parent->kind == YAML_MAP && t->key == NULL;
}

static int
on_scalar(struct tree *t, const yaml_event_t *ev, struct err *err)
{
	const char *text = (const char *)ev->data.scalar.value;
	const yaml_mark_t *mark = &ev->start_mark;
	struct yaml_node *node;

	if (strlen(text) != ev->data.scalar.length)
		return complain(err, mark, "a NUL character in a text");
	if (ev->data.scalar.tag != NULL)
		return complain(err, mark,
		    "tags (!...) are not taken; quote a text that begins with !");
	if (wants_key(t)) {
		t->key = strdup(text);
		t->key_line = (unsigned)mark->line + 1;
		t->key_column = (unsigned)mark->column + 1;
		return t->key != NULL ? 0 : no_memory(err);
	}
	node = yaml_node_new(YAML_SCALAR, NULL, text, NULL);
	if (node == NULL)
		return no_memory(err);
	node->plain = ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	return add_node(t, node, mark, err);
}

static int
on_open(struct tree *t, enum yaml_kind kind, const yaml_event_t *ev, struct err *err)
{
	const yaml_char_t *tag = kind == YAML_MAP ? ev->data.mapping_start.tag
						  : ev->data.sequence_start.tag;
	struct yaml_node *node;
	int rc;

	if (tag != NULL)
		return complain(err, &ev->start_mark, "tags (!...) are not taken");
	if (wants_key(t))
		return complain(err, &ev->start_mark,
		    "a key must be a text; quote a text that begins with { or [");
	if (t->depth >= t->limits->depth_max || t->depth >= DEPTH_MAX)
		return complain(err, &ev->start_mark, "nested too deeply");
	node = yaml_node_new(kind, NULL, NULL, NULL);
	if (node == NULL)
		return no_memory(err);
	rc = add_node(t, node, &ev->start_mark, err);
	if (rc == 0)
		t->open[t->depth++] = node;
	return rc;
}

static int
on_event(struct tree *t, const yaml_event_t *ev, struct err *err)
{
	switch (ev->type) {
	case YAML_SCALAR_EVENT: return on_scalar(t, ev, err);
	case YAML_SEQUENCE_START_EVENT: return on_open(t, YAML_LIST, ev, err);
	case YAML_MAPPING_START_EVENT: return on_open(t, YAML_MAP, ev, err);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT: t->depth--; return 0;
	case YAML_ALIAS_EVENT:
		return complain(err, &ev->start_mark,
		    "aliases (*name) are not taken; quote a text that begins with *");
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_START_EVENT:
	case YAML_DOCUMENT_END_EVENT: return 0;
	}
	return 0;
}

/* -- libyaml's own complaints ------------------------------------------------- */

/* The reader's complaints have an offset in bytes and no mark. */
static yaml_mark_t
mark_of_offset(const char *text, size_t len, size_t offset)
{
	yaml_mark_t mark = { offset, 0, 0 };

	for (size_t i = 0; i < offset && i < len; i++) {
		mark.column++;
		if (text[i] == '\n') {
			mark.line++;
			mark.column = 0;
		}
	}
	return mark;
}

/* What libyaml says of the commonest mistakes does not say what to do. */
static const struct {
	const char *problem, *hint;
} hints[] = {
	{ "mapping values are not allowed in this context",
	    "; quote a text with a colon and a blank in it, and look at the indentation" },
	{ "found character that cannot start any token",
	    "; quote a text that begins with a special character" },
};

static const char *
hint_for(const char *problem)
{
	for (size_t i = 0; i < ARRAY_LEN(hints); i++) {
		if (strcmp(problem, hints[i].problem) == 0)
			return hints[i].hint;
	}
	return "";
}

static _Bool
is_tab(const char *text, size_t len, const yaml_mark_t *mark)
{
	const char *p = text, *end = text + len;

	for (size_t line = 0; line < mark->line && p != NULL && p < end; line++) {
		p = memchr(p, '\n', (size_t)(end - p));
		if (p != NULL)
			p++;
	}
	if (p == NULL || p >= end || mark->column >= (size_t)(end - p))
		return 0;
	return memchr(p, '\n', mark->column) == NULL && p[mark->column] == '\t';
}

static int
complain_parser(const yaml_parser_t *parser, const char *text, size_t len, struct err *err)
{
	yaml_mark_t mark = parser->problem_mark;
	int rc;

	if (parser->error == YAML_MEMORY_ERROR)
		return no_memory(err);
	if (parser->error == YAML_READER_ERROR)
		mark = mark_of_offset(text, len, parser->problem_offset);
	else if (is_tab(text, len, &mark))
		return complain(err, &mark, "a tab cannot indent; use blanks");
	rc = err_set(err, EBADMSG, "%zu:%zu: %s%s%s%s", mark.line + 1, mark.column + 1,
	    parser->context != NULL ? parser->context : "", parser->context != NULL ? ", " : "",
	    parser->problem, hint_for(parser->problem));
	if (parser->context != NULL && parser->context_mark.line != mark.line) {
		size_t have = strlen(err->text);

		snprintf(err->text + have, sizeof(err->text) - have, " (it began in line %zu)",
		    parser->context_mark.line + 1);
	}
	return rc;
}

static int
read_events(struct tree *t, const char *text, size_t len, struct err *err)
{
	yaml_parser_t parser;
	yaml_event_t ev;
	_Bool end = 0;
	int rc = 0;

	if (!yaml_parser_initialize(&parser))
		return no_memory(err);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	while (rc == 0 && !end) {
		if (!yaml_parser_parse(&parser, &ev)) {
			rc = complain_parser(&parser, text, len, err);
			break;
		}
		rc = on_event(t, &ev, err);
		end = ev.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&ev);
	}
	yaml_parser_delete(&parser);
	return rc;
}

int
yaml_parse(struct yaml_node **ret, const char *text, size_t len, const struct yaml_limits *limits,
    struct err *err)
{
	struct tree t = { .limits = limits };
	int rc;

	*ret = NULL;
	if (len > limits->bytes_max)
		return err_set(err, EFBIG, "larger than %zu bytes", limits->bytes_max);
	rc = read_events(&t, text, len, err);
	free(t.key);
	if (rc == 0 && (t.root == NULL || yaml_is_null(t.root))) {
		yaml_node_free(t.root);
		t.root = yaml_node_new(YAML_MAP, NULL, NULL, NULL);
		if (t.root == NULL)
			rc = no_memory(err);
	}
	if (rc < 0)
		yaml_node_free(t.root);
	else
		*ret = t.root;
	return rc;
}
