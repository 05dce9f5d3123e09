/*
 * YAML documents as trees of nodes that know where in the text they stand.
 * libyaml reads; this puts its events together behind limits, so that no
 * document takes more memory or time than they allow.
 *
 * A plain subset: one document, keys are text, no aliases, no tags. A scalar is
 * its text and nothing more: whether `yes`, `0123` or `10s` is a word, a number
 * or a time is for those to say who know what they expect (base/opt.h). Only
 * YAML 1.2's null is told apart.
 *
 * (libyaml exports yaml_free and the like, though its header has none of them.)
 */
#ifndef BASE_YAML_H
#define BASE_YAML_H

#include <stddef.h>

struct err;

/* Every limit of the module. */
struct yaml_limits {
	size_t bytes_max; /* of the text */
	size_t nodes_max; /* keys are not counted */
	size_t keys_max;  /* of one map; duplicates are looked for one by one */
	unsigned depth_max;
};
extern const struct yaml_limits yaml_limits_default; /* 4 MiB, 65536, 256, 16 */

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_node {
	enum yaml_kind kind;
	_Bool plain;           /* a scalar without quotes */
	unsigned line, column; /* from 1; 0: it stands in no text */
	char *text;            /* a scalar's; owned, no NUL inside */
	char *key;             /* in a map; owned */
	unsigned key_line, key_column;
	unsigned first_line;            /* not 0: this key is a duplicate, the first is there */
	char *origin;                   /* where it comes from, when it stands in no text; owned */
	struct yaml_node *first, *last; /* of a list or a map */
	struct yaml_node *next;
	size_t count; /* of its children */
};

/*
 * Reads a document; an empty one is an empty map. On success *ret is the
 * caller's to yaml_node_free(). -EBADMSG: *err says "LINE:COLUMN: what"; -EFBIG,
 * -ENOMEM. Duplicate keys stay in the tree, marked: whoever reads it refuses them.
 */
int yaml_parse(struct yaml_node **ret, const char *text, size_t len,
    const struct yaml_limits *limits, struct err *err);
void yaml_node_free(struct yaml_node *node); /* with all below it. NULL: no-op */

/* A plain scalar that is empty, ~ or null. */
_Bool yaml_is_null(const struct yaml_node *node);
/* The child with that key, or of that index; NULL: none. */
struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);
struct yaml_node *yaml_at(const struct yaml_node *list, size_t index);

/* A node. `key`, `text` and `origin` are copied and may be NULL. NULL: no memory. */
struct yaml_node *yaml_node_new(enum yaml_kind kind, const char *key, const char *text,
    const char *origin);
/* Puts a new node last. The parent owns it. */
void yaml_node_add(struct yaml_node *parent, struct yaml_node *node);
/* Makes a node another one, in no text and without children; its key stays. 0 or -ENOMEM. */
int yaml_node_turn(struct yaml_node *node, enum yaml_kind kind, const char *text,
    const char *origin);

#endif
