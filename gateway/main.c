/*
 * masthead: the table of commands, and the choice of one of them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/near.h"
#include "gateway/cmd.h"
#include "gateway/version.h"
#include "gateway/worker.h"

static int
run_worker(const void *options, int argc, char **argv)
{
	(void)options;
	return worker_main(argc, argv);
}

static const struct cmd cmd_worker = {
	.name = "worker",
	.operand_min = 1,
	.operand_max = CMD_MANY,
	.raw = 1,
	.run = run_worker,
};

static const struct cmd *const cmds[] = {
	&cmd_serve,
	&cmd_check,
	&cmd_playlist,
	&cmd_guide,
	&cmd_status,
	&cmd_reload,
	&cmd_healthcheck,
	&cmd_worker,
};

static const struct cmd *
find_cmd(const char *name)
{
	struct near near;

	for (size_t i = 0; i < ARRAY_LEN(cmds); i++) {
		if (strcmp(cmds[i]->name, name) == 0)
			return cmds[i];
	}
	near_init(&near, name);
	for (size_t i = 0; i < ARRAY_LEN(cmds); i++) {
		if (cmds[i]->summary != NULL)
			near_try(&near, cmds[i]->name);
	}
	fprintf(stderr, "masthead: '%s' is not a command", name);
	if (near.best != NULL)
		fprintf(stderr, "; did you mean '%s'?", near.best);
	fprintf(stderr, "\n'masthead --help' lists them\n");
	return NULL;
}

static void
print_help(FILE *out)
{
	fprintf(out,
	    "usage: masthead COMMAND [OPTION]... [OPERAND]...\n\n"
	    "IPTV playlists and guides in; HDHomeRun tuners, playlists and guides out.\n\n");
	for (size_t i = 0; i < ARRAY_LEN(cmds); i++) {
		if (cmds[i]->summary != NULL)
			fprintf(out, "  %-12s  %s\n", cmds[i]->name, cmds[i]->summary);
	}
	fprintf(out,
	    "\n'masthead serve' without more runs the built-in demo.\n"
	    "'masthead COMMAND --help' tells about one of them.\n");
}

static int
run_help(int argc, char **argv)
{
	const struct cmd *cmd;

	if (argc < 2) {
		print_help(stdout);
		return CMD_OK;
	}
	cmd = find_cmd(argv[1]);
	if (cmd == NULL)
		return CMD_USAGE;
	args_print_help(cmd, stdout);
	return CMD_OK;
}

static int
run_cmd(const struct cmd *cmd, int argc, char **argv)
{
	void *options;
	int first, status;

	if (cmd->raw)
		return cmd->run(NULL, argc - 1, argv + 1);
	options = calloc(1, cmd->options_size + 1);
	if (options == NULL) {
		fprintf(stderr, "masthead %s: out of memory\n", cmd->name);
		return CMD_FAILED;
	}
	first = args_parse(cmd, argc, argv, options, &status);
	if (first != ARGS_EXIT)
		status = cmd->run(options, argc - first, argv + first);
	args_release(cmd, options);
	free(options);
	return status;
}

/* A result that did not reach its file is a failure, whatever the command thinks. */
static int
flush_stdout(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fprintf(stderr, "masthead: cannot write to stdout: %s\n", strerror(errno));
	return status == CMD_OK ? CMD_FAILED : status;
}

int
main(int argc, char **argv)
{
	const struct cmd *cmd;

	if (argc < 2) {
		print_help(stderr);
		return CMD_USAGE;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("masthead %s\n", masthead_version);
		return flush_stdout(CMD_OK);
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0)
		return flush_stdout(run_help(argc - 1, argv + 1));
	cmd = find_cmd(argv[1]);
	if (cmd == NULL)
		return CMD_USAGE;
	return flush_stdout(run_cmd(cmd, argc - 1, argv + 1));
}
