/*
 * Options: one table of rows for each struct of settings, from which come all
 * that is done with them: reading a YAML tree, the environment and KEY=VALUE of
 * a command line, checking, defaults, an example file and the manual.
 *
 * What a row describes stands in the struct at its offset; all memory below the
 * struct is owned by it and goes with opt_release().
 */
#ifndef BASE_OPT_H
#define BASE_OPT_H

#include <stddef.h>
#include <stdint.h>

struct buf;
struct err;
struct yaml_node;

enum opt_type {
	OPT_TEXT,   /* char *; NULL: not set */
	OPT_UINT,   /* unsigned */
	OPT_MSEC,   /* uint64_t milliseconds; 500ms 10s 5m 12h 1d, or 0 */
	OPT_SIZE,   /* uint64_t bytes; 64KiB 12MiB 1GiB, 64kB 12MB 1GB, or 0 */
	OPT_WORD,   /* unsigned: the index in `words` */
	OPT_TEXTS,  /* char **, and a size_t at count_offset */
	OPT_GROUP,  /* a struct with a table of its own, `rows` */
	OPT_GROUPS, /* an array of such structs of `size` bytes, and a size_t at count_offset */
};

enum opt_flag {
	OPT_REQUIRED = 1 << 0,
	OPT_ZERO = 1 << 1,    /* a number: 0 is taken though min is more */
	OPT_PRIVATE = 1 << 2, /* may hold a secret: no problem shows the value */
	OPT_UNIQUE = 1 << 3,  /* no two entries of the list have the same, in any case of letters */
};

struct opt {
	const char *name; /* NULL ends the table */
	enum opt_type type;
	unsigned flags;
	size_t offset, count_offset;
	uint64_t min, max;        /* numbers: the value; texts: bytes; lists: entries */
	const char *fallback;     /* as it would be written; texts of a list on lines; or NULL */
	const char *const *words; /* NULL-terminated */
	const struct opt *rows;
	size_t size;
	int (*check)(const char *text, struct err *err); /* texts: more than length; 0 or -errno */
	const char *help;                                /* sentences */
	const char *example;   /* as fallback, where another value tells more; or NULL */
	const char *otherwise; /* what holds when there is no value and no fallback: "none" */
};

#define OPT_END              \
	{                    \
		.name = NULL \
	}

/* One reading of settings. The caller fills in the first part. */
struct opt_load {
	const struct opt *rows;
	struct yaml_node *root; /* the file's tree; overlays change it; stays the caller's */
	const char *file;       /* what the tree was read from, for problems; NULL: nothing */
	/*
	 * Appends `text` with its references (${...}) replaced. May be NULL.
	 * -errno with *err set: it cannot be.
	 */
	int (*expand)(void *arg, const char *text, struct buf *out, struct err *err);
	/* Told of each problem: "FILE:LINE:COL: key.path: what". May be NULL. */
	void (*tell)(const char *problem, void *arg);
	void *expand_arg, *tell_arg;

	unsigned problems; /* so far; warnings are told but not counted */
	char first[240];   /* the first of them */
};

/*
 * Lays one value over the tree: `path` is "relay.window" or "playlists.0.url".
 * The index of a list is that of an entry that it has or of the next new one; a
 * path to a whole list of texts makes it a list of this one. `origin` says in
 * problems where the value comes from, and must outlive the tree.
 */
void opt_overlay(struct opt_load *load, const char *path, const char *text, const char *origin);
/* The same for "PATH=TEXT". */
void opt_overlay_set(struct opt_load *load, const char *assignment, const char *origin);

/*
 * Lays the environment over the tree: PREFIX + the path in capitals, with __
 * between its parts; NAME_FILE has the file's content in place of the value's
 * (as ${file:...}). Other variables with that prefix are problems, except those
 * for which `known` (may be NULL) is true.
 */
void opt_overlay_env(struct opt_load *load, char *const *env, const char *prefix,
    _Bool (*known)(const char *name));

/*
 * Fills `into` (zeroed) from the tree and the defaults. On problems the fields
 * in question keep their defaults or zero; opt_release() works in any case.
 */
void opt_apply(struct opt_load *load, void *into);

/* yaml_parse's complaint, as a problem. */
void opt_syntax(struct opt_load *load, const struct err *err);
/* A problem with the value at `path` that no row can see. */
void opt_complain(struct opt_load *load, const char *path, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The same, as a warning: told, not counted. */
void opt_warn(struct opt_load *load, const char *path, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* True: the tree has a value for that path; null and an empty list are none. */
_Bool opt_is_set(const struct opt_load *load, const char *path);

void opt_release(const struct opt *rows, void *into);

/* -- values ------------------------------------------------------------------ */

/* The whole text as a number with the units of OPT_MSEC, OPT_SIZE, or none. 0, -EINVAL, -ERANGE. */
int opt_parse_number(enum opt_type type, const char *text, uint64_t *ret);
/* The shortest exact form: 360000 is "6m". */
void opt_format_number(enum opt_type type, uint64_t value, struct buf *out);

/* -- documentation ----------------------------------------------------------- */

/* All keys with their help; every setting commented out by a # in the first column. */
void opt_print_example(const struct opt *rows, struct buf *out);
/* Tables of key, value, default and meaning; a section for each group. */
void opt_print_markdown(const struct opt *rows, struct buf *out);

#endif
