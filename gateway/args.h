/*
 * The options of a command: one table of rows from which the command line is
 * read, by getopt_long(3), and the help is printed.
 */
#ifndef GATEWAY_ARGS_H
#define GATEWAY_ARGS_H

#include <stddef.h>
#include <stdio.h>

struct cmd;

/* What stands at a row's offset. */
enum arg_kind {
	ARG_FLAG, /* _Bool: it was given */
	ARG_TEXT, /* const char *: the last one given; NULL: none */
	ARG_LIST, /* struct arg_list: every one, in order */
};

struct arg_list {
	const char **items; /* NULL-terminated; NULL while count is 0 */
	size_t count;
};

struct arg {
	const char *name; /* "config" for --config; NULL ends the table */
	char letter;      /* 'c' for -c; 0: none */
	enum arg_kind kind;
	size_t offset;     /* in the command's struct of options */
	const char *value; /* what stands for the value in the help: "FILE"; NULL for a flag */
	const char *help;  /* one line; NULL: the help leaves the option out */
	const char
	    *env; /* the environment variable that stands in for it; NULL: none. Not for flags */
};

#define ARG_END              \
	{                    \
		.name = NULL \
	}

/* args_parse: there is nothing left to run, leave with the exit status. */
#define ARGS_EXIT (-1)

/*
 * Reads argv (argv[0] is the command's name) into `options`, which is zeroed
 * and of cmd->options_size bytes. Options and operands may be mixed; "--" ends
 * the options. Returns the index of the first operand in argv, which was put in
 * order. ARGS_EXIT after --help (*ret_status 0, on stdout) and after a mistake
 * (*ret_status CMD_USAGE; said on stderr, with the nearest name).
 * The texts are borrowed from argv and the environment.
 */
int args_parse(const struct cmd *cmd, int argc, char **argv, void *options, int *ret_status);
/* Frees what args_parse put into `options`. */
void args_release(const struct cmd *cmd, void *options);

void args_print_help(const struct cmd *cmd, FILE *out);

#endif
