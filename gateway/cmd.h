/*
 * The commands of `masthead`. Each is a row: what runs it, its options, its
 * help. main.c has the list of rows; a command's file has the row.
 *
 * A command prints its results on stdout and all else on stderr.
 */
#ifndef GATEWAY_CMD_H
#define GATEWAY_CMD_H

#include <stddef.h>

#include "gateway/args.h"
#include "gateway/config.h"

struct err;

/* Exit statuses. */
enum cmd_status { CMD_OK = 0, CMD_FAILED = 1, CMD_USAGE = 2 };

#define CMD_MANY 1000000 /* operand_max: as many as you like */

struct cmd {
	const char *name;
	const char *summary;    /* one line, no full stop; NULL: hidden from the help */
	const char *operands;   /* "SOURCE..."; NULL: takes none */
	const char *about;      /* a paragraph or two for its help; may be NULL */
	const struct arg *args; /* NULL: none but --help */
	size_t options_size;    /* of the struct that args fill in */
	int operand_min, operand_max;
	_Bool raw; /* argv goes to run as it is, without options */
	/* `options` is that struct, filled in; argv are the operands. An enum cmd_status. */
	int (*run)(const void *options, int argc, char **argv);
};

extern const struct cmd cmd_check;
extern const struct cmd cmd_guide;
extern const struct cmd cmd_healthcheck;
extern const struct cmd cmd_playlist;
extern const struct cmd cmd_reload;
extern const struct cmd cmd_serve;
extern const struct cmd cmd_status;

/* -- settings: the options of every command that reads the configuration -- */

struct cmd_settings {
	const char *config;
	const char *data;
	struct arg_list listen;
	const char *log_level;
	struct arg_list set;
};

/* Their rows, for a `struct cmd_settings member` in `struct type`. */
#define CMD_SETTINGS_ARGS(type, member)                                                        \
	{ "config", 'c', ARG_TEXT, offsetof(type, member.config), "FILE",                      \
		"the configuration; without one the built-in demo", "MASTHEAD_CONFIG" },       \
	    { "data", 'd', ARG_TEXT, offsetof(type, member.data), "DIR",                       \
		    "where it keeps its files (key: data)", NULL },                            \
	    { "listen", 'l', ARG_LIST, offsetof(type, member.listen), "ADDR",                  \
		    "ADDR:PORT or unix:PATH to answer on; repeatable (key: listen)", NULL },   \
	    { "log-level", 0, ARG_TEXT, offsetof(type, member.log_level), "LEVEL",             \
		    "error, warn, info or debug (key: log.level)", NULL },                     \
	{                                                                                      \
		"set", 's', ARG_LIST, offsetof(type, member.set), "KEY=VALUE",                 \
		    "sets a key of the configuration, as in log.level=debug; repeatable", NULL \
	}

/*
 * Loads the configuration as these options and the environment say. Problems
 * go to stderr, a line each. Returns an enum cmd_status; with CMD_OK *ret is
 * the caller's to config_free().
 */
int cmd_load_config(struct config **ret, const struct cmd_settings *settings);
/* The same for a reload: reports as config_load() does. */
int cmd_read_config(struct config **ret, const struct cmd_settings *settings,
    config_problem_cb *problem, void *arg, struct err *err);

#endif
