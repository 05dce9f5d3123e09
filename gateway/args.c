#include "gateway/args.h"

#include <ctype.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/near.h"
#include "gateway/cmd.h"

/* Rows of one command; more is a mistake in its table. */
#define ARGS_MAX 32

/* What getopt_long returns for row i; above every letter. */
#define ROW_CODE(i) (256 + (int)(i))
#define HELP_CODE   255

struct spec {
	struct option longs[ARGS_MAX + 2];
	char shorts[2 * ARGS_MAX + 4];
};

static size_t
count_rows(const struct cmd *cmd)
{
	size_t n = 0;

	while (cmd->args != NULL && n < ARGS_MAX && cmd->args[n].name != NULL)
		n++;
	return n;
}

/* `spec` is zeroed. */
static void
make_spec(const struct cmd *cmd, struct spec *spec)
{
	size_t count = count_rows(cmd);
	char *s = spec->shorts;

	*s++ = ':'; /* a missing value is reported as ':' */
	*s++ = 'h';
	for (size_t i = 0; i < count; i++) {
		const struct arg *arg = &cmd->args[i];
		int takes = arg->kind == ARG_FLAG ? no_argument : required_argument;

		spec->longs[i] = (struct option){ arg->name, takes, NULL, ROW_CODE(i) };
		if (arg->letter != 0) {
			*s++ = arg->letter;
			if (takes == required_argument)
				*s++ = ':';
		}
	}
	spec->longs[count] = (struct option){ "help", no_argument, NULL, HELP_CODE };
}

/* The row for what getopt_long returned or left in optopt; NULL: none. */
static const struct arg *
find_row(const struct cmd *cmd, int code)
{
	size_t count = count_rows(cmd);

	if (code >= ROW_CODE(0))
		return code < ROW_CODE(count) ? &cmd->args[code - ROW_CODE(0)] : NULL;
	for (size_t i = 0; i < count; i++) {
		if (code != 0 && cmd->args[i].letter == code)
			return &cmd->args[i];
	}
	return NULL;
}

static int
store(const struct arg *arg, void *options, const char *value)
{
	void *field = (char *)options + arg->offset;
	struct arg_list *list;
	const char **bigger;

	switch (arg->kind) {
	case ARG_FLAG: *(_Bool *)field = 1; return 0;
	case ARG_TEXT: *(const char **)field = value; return 0;
	case ARG_LIST: break;
	}
	list = field;
	bigger = realloc(list->items, (list->count + 2) * sizeof(*bigger));
	if (bigger == NULL)
		return -1;
	list->items = bigger;
	list->items[list->count++] = value;
	list->items[list->count] = NULL;
	return 0;
}

static _Bool
is_given(const struct arg *arg, const void *options)
{
	const void *field = (const char *)options + arg->offset;

	if (arg->kind == ARG_LIST)
		return ((const struct arg_list *)field)->count > 0;
	return *(const char *const *)field != NULL;
}

/* What was not given may stand in the environment. */
static int
store_env(const struct cmd *cmd, void *options)
{
	size_t count = count_rows(cmd);

	for (size_t i = 0; i < count; i++) {
		const struct arg *arg = &cmd->args[i];
		const char *value = arg->env != NULL ? getenv(arg->env) : NULL;

		if (value != NULL && *value != '\0' && !is_given(arg, options) &&
		    store(arg, options, value) < 0)
			return -1;
	}
	return 0;
}

static void
complain_unknown(const struct cmd *cmd, const char *word)
{
	size_t count = count_rows(cmd), len = strcspn(word, "=");
	char name[64];
	struct near near;

	fprintf(stderr, "masthead %s: unknown option '%.*s'", cmd->name, (int)len, word);
	if (strncmp(word, "--", 2) == 0 && len < sizeof(name)) {
		snprintf(name, sizeof(name), "%.*s", (int)len - 2, word + 2);
		near_init(&near, name);
		for (size_t i = 0; i < count; i++) {
			if (cmd->args[i].help != NULL)
				near_try(&near, cmd->args[i].name);
		}
		near_try(&near, "help");
		if (near.best != NULL)
			fprintf(stderr, "; did you mean --%s?", near.best);
	}
	fputc('\n', stderr);
}

/* `code` is ':' or '?' of getopt_long. */
static void
complain(const struct cmd *cmd, int code, char **argv)
{
	const struct arg *arg = find_row(cmd, optopt);

	if (code == ':' && arg != NULL)
		fprintf(stderr, "masthead %s: --%s needs a value: --%s %s\n", cmd->name, arg->name,
		    arg->name, arg->value);
	else if (arg != NULL)
		fprintf(stderr, "masthead %s: --%s takes no value\n", cmd->name, arg->name);
	else if (optopt == HELP_CODE)
		fprintf(stderr, "masthead %s: --help takes no value\n", cmd->name);
	else if (optopt != 0)
		fprintf(stderr, "masthead %s: unknown option '-%c'\n", cmd->name, optopt);
	else
		complain_unknown(cmd, argv[optind - 1]);
}

static int
check_operands(const struct cmd *cmd, int count, char **operands)
{
	if (count < cmd->operand_min)
		fprintf(stderr, "masthead %s: needs %s\n", cmd->name, cmd->operands);
	else if (count > cmd->operand_max)
		fprintf(stderr, "masthead %s: one too many: '%s'\n", cmd->name,
		    operands[cmd->operand_max]);
	else
		return 0;
	return -1;
}

int
args_parse(const struct cmd *cmd, int argc, char **argv, void *options, int *ret_status)
{
	struct spec spec = { 0 };
	int code;

	make_spec(cmd, &spec);
	*ret_status = CMD_USAGE;
	optind = 0; /* glibc: start afresh */
	opterr = 0;
	while ((code = getopt_long(argc, argv, spec.shorts, spec.longs, NULL)) != -1) {
		if (code == 'h' || code == HELP_CODE) {
			args_print_help(cmd, stdout);
			*ret_status = CMD_OK;
			return ARGS_EXIT;
		}
		if (code == '?' || code == ':') {
			complain(cmd, code, argv);
			goto usage;
		}
		if (store(find_row(cmd, code), options, optarg) < 0)
			goto no_memory;
	}
	if (store_env(cmd, options) < 0)
		goto no_memory;
	if (check_operands(cmd, argc - optind, argv + optind) == 0)
		return optind;
usage:
	fprintf(stderr, "'masthead %s --help' lists what it takes\n", cmd->name);
	return ARGS_EXIT;
no_memory:
	fprintf(stderr, "masthead %s: out of memory\n", cmd->name);
	*ret_status = CMD_FAILED;
	return ARGS_EXIT;
}

void
args_release(const struct cmd *cmd, void *options)
{
	size_t count = count_rows(cmd);

	for (size_t i = 0; i < count; i++) {
		struct arg_list *list = (void *)((char *)options + cmd->args[i].offset);

		if (cmd->args[i].kind != ARG_LIST)
			continue;
		free(list->items);
		*list = (struct arg_list){ NULL, 0 };
	}
}

/* "-c, --config FILE" into `out`; returns its length. */
static int
option_head(const struct arg *arg, char *out, size_t size)
{
	char letter[8] = "    ";

	if (arg->letter != 0)
		snprintf(letter, sizeof(letter), "-%c, ", arg->letter);
	return snprintf(out, size, "%s--%s%s%s", letter, arg->name, arg->value != NULL ? " " : "",
	    arg->value != NULL ? arg->value : "");
}

void
args_print_help(const struct cmd *cmd, FILE *out)
{
	static const struct arg help = { "help", 'h', ARG_FLAG, 0, NULL, "prints this", NULL };
	size_t count = count_rows(cmd);
	int width = 0, n;
	char head[80];

	fprintf(out, "usage: masthead %s [OPTION]...%s%s\n", cmd->name,
	    cmd->operands != NULL ? " " : "", cmd->operands != NULL ? cmd->operands : "");
	if (cmd->summary != NULL)
		fprintf(out, "\n%c%s.\n", toupper((unsigned char)cmd->summary[0]),
		    cmd->summary + 1);
	if (cmd->about != NULL)
		fprintf(out, "\n%s\n", cmd->about);
	for (size_t i = 0; i <= count; i++) {
		n = option_head(i < count ? &cmd->args[i] : &help, head, sizeof(head));
		width = n > width ? n : width;
	}
	fputc('\n', out);
	for (size_t i = 0; i <= count; i++) {
		const struct arg *arg = i < count ? &cmd->args[i] : &help;

		if (arg->help == NULL)
			continue;
		option_head(arg, head, sizeof(head));
		fprintf(out, "  %-*s  %s", width, head, arg->help);
		if (arg->env != NULL)
			fprintf(out, " (or %s)", arg->env);
		fputc('\n', out);
	}
}
