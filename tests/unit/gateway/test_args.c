#include "gateway/args.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gateway/cmd.h"
#include "unit.h"

struct options {
	_Bool fast, hidden;
	const char *file, *level;
	struct arg_list names;
};

static const struct arg args[] = {
	{ "fast", 'f', ARG_FLAG, offsetof(struct options, fast), NULL, "hurries", NULL },
	{ "file", 'F', ARG_TEXT, offsetof(struct options, file), "FILE", "reads it",
	    "TEST_ARGS_FILE" },
	{ "level", 0, ARG_TEXT, offsetof(struct options, level), "LEVEL", "how much", NULL },
	{ "name", 'n', ARG_LIST, offsetof(struct options, names), "NAME", "one more",
	    "TEST_ARGS_NAME" },
	{ "hidden", 0, ARG_FLAG, offsetof(struct options, hidden), NULL, NULL, NULL },
	ARG_END,
};

static const struct cmd cmd = {
	.name = "try",
	.summary = "try things",
	.operands = "ONE [TWO]",
	.about = "All about it.",
	.args = args,
	.options_size = sizeof(struct options),
	.operand_min = 1,
	.operand_max = 2,
};

/* -- running with the output caught -------------------------------------------------- */

struct ran {
	struct options options;
	int first, status;
	char out[4096], err[4096];
	char *argv[12];
	int argc;
};

static void
read_back(FILE *file, int fd, int saved, char *out, size_t size)
{
	size_t n;

	(void)dup2(saved, fd);
	(void)close(saved);
	rewind(file);
	n = fread(out, 1, size - 1, file);
	out[n] = '\0';
	(void)fclose(file);
}

/* The words between blanks of `line` as the arguments of the command. */
static void
run_line(struct ran *ran, const char *line)
{
	FILE *out = tmpfile(), *err = tmpfile();
	int saved_out = dup(STDOUT_FILENO), saved_err = dup(STDERR_FILENO);
	char *copy = strdup(line), *save;

	memset(ran, 0, sizeof(*ran));
	ran->argv[ran->argc++] = strdup("try");
	for (char *w = strtok_r(copy, " ", &save); w != NULL; w = strtok_r(NULL, " ", &save))
		ran->argv[ran->argc++] = strdup(w);
	free(copy);
	(void)fflush(stdout);
	ck_assert(out != NULL && err != NULL);
	ck_assert_int_ne(dup2(fileno(out), STDOUT_FILENO), -1);
	ck_assert_int_ne(dup2(fileno(err), STDERR_FILENO), -1);
	ran->first = args_parse(&cmd, ran->argc, ran->argv, &ran->options, &ran->status);
	(void)fflush(stdout);
	read_back(out, STDOUT_FILENO, saved_out, ran->out, sizeof(ran->out));
	read_back(err, STDERR_FILENO, saved_err, ran->err, sizeof(ran->err));
}

static void
end_run(struct ran *ran)
{
	args_release(&cmd, &ran->options);
	ck_assert_ptr_null(ran->options.names.items);
	for (int i = 0; i < ran->argc; i++)
		free(ran->argv[i]);
}

/* -- tests ----------------------------------------------------------------------------- */

static const struct {
	const char *line, *shown; /* fast file level names... | operands... */
} good[] = {
	{ "a", "0 - - | a" },
	{ "a b", "0 - - | a b" },
	{ "-f a", "1 - - | a" },
	{ "--fast a", "1 - - | a" },
	{ "a -f", "1 - - | a" },
	{ "-- -f", "0 - - | -f" },
	{ "-", "0 - - | -" },
	{ "-F x a", "0 x - | a" },
	{ "-Fx a", "0 x - | a" },
	{ "--file x a", "0 x - | a" },
	{ "--file=x a", "0 x - | a" },
	{ "--file=x --file=y a", "0 y - | a" },
	{ "--file -f a", "0 -f - | a" },
	{ "--lev 3 a", "0 - 3 | a" },
	{ "-n x a --name y b -fn z", "1 - - x y z | a b" },
};

START_TEST(good_lines_are_read)
{
	char shown[256] = "";
	struct ran ran;
	size_t len;

	run_line(&ran, good[_i].line);
	ck_assert_msg(ran.first != ARGS_EXIT, "%s", ran.err);
	len = (size_t)snprintf(shown, sizeof(shown), "%d %s %s", ran.options.fast,
	    ran.options.file != NULL ? ran.options.file : "-",
	    ran.options.level != NULL ? ran.options.level : "-");
	for (size_t i = 0; i < ran.options.names.count; i++)
		len += (size_t)snprintf(shown + len, sizeof(shown) - len, " %s",
		    ran.options.names.items[i]);
	ck_assert(ran.options.names.count == 0 ||
	    ran.options.names.items[ran.options.names.count] == NULL);
	len += (size_t)snprintf(shown + len, sizeof(shown) - len, " |");
	for (int i = ran.first; i < ran.argc; i++)
		len += (size_t)snprintf(shown + len, sizeof(shown) - len, " %s", ran.argv[i]);
	ck_assert_str_eq(shown, good[_i].shown);
	ck_assert_str_eq(ran.out, "");
	ck_assert_str_eq(ran.err, "");
	end_run(&ran);
}
END_TEST

static const struct {
	const char *line, *said;
} bad[] = {
	{ "", "needs ONE [TWO]" },
	{ "a b c", "one too many: 'c'" },
	{ "--fats a", "unknown option '--fats'; did you mean --fast?" },
	{ "--fiel=x a", "unknown option '--fiel'; did you mean --file?" },
	{ "--halp", "unknown option '--halp'; did you mean --help?" },
	{ "--hiddn a", "unknown option '--hiddn'" },
	{ "--zzz a", "unknown option '--zzz'" },
	{ "-z a", "unknown option '-z'" },
	{ "-fz a", "unknown option '-z'" },
	{ "--f a", "unknown option '--f'" },
	{ "a --file", "--file needs a value: --file FILE" },
	{ "a -F", "--file needs a value: --file FILE" },
	{ "--fast=1 a", "--fast takes no value" },
	{ "--help=1 a", "--help takes no value" },
};

START_TEST(bad_lines_are_told_and_are_wrong_usage)
{
	char want[256];
	struct ran ran;

	run_line(&ran, bad[_i].line);
	ck_assert_int_eq(ran.first, ARGS_EXIT);
	ck_assert_int_eq(ran.status, CMD_USAGE);
	snprintf(want, sizeof(want),
	    "masthead try: %s\n'masthead try --help' lists what it takes\n", bad[_i].said);
	ck_assert_str_eq(ran.err, want);
	ck_assert_str_eq(ran.out, "");
	end_run(&ran);
}
END_TEST

START_TEST(help_has_every_option_but_the_hidden_ones)
{
	static const char *const lines[] = { "--help", "-h", "-f --help --zzz" };
	struct ran ran;

	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		run_line(&ran, lines[i]);
		ck_assert_int_eq(ran.first, ARGS_EXIT);
		ck_assert_int_eq(ran.status, CMD_OK);
		ck_assert_str_eq(ran.err, "");
		ck_assert_str_eq(ran.out,
		    "usage: masthead try [OPTION]... ONE [TWO]\n\n"
		    "Try things.\n\n"
		    "All about it.\n\n"
		    "  -f, --fast         hurries\n"
		    "  -F, --file FILE    reads it (or TEST_ARGS_FILE)\n"
		    "      --level LEVEL  how much\n"
		    "  -n, --name NAME    one more (or TEST_ARGS_NAME)\n"
		    "  -h, --help         prints this\n");
		end_run(&ran);
	}
}
END_TEST

START_TEST(the_environment_stands_in_for_what_is_not_given)
{
	struct ran ran;

	setenv("TEST_ARGS_FILE", "env", 1);
	setenv("TEST_ARGS_NAME", "env", 1);
	run_line(&ran, "a");
	ck_assert_str_eq(ran.options.file, "env");
	ck_assert_uint_eq(ran.options.names.count, 1);
	end_run(&ran);
	run_line(&ran, "-F line -n line a");
	ck_assert_str_eq(ran.options.file, "line");
	ck_assert_str_eq(ran.options.names.items[0], "line");
	ck_assert_uint_eq(ran.options.names.count, 1);
	end_run(&ran);
	setenv("TEST_ARGS_FILE", "", 1);
	run_line(&ran, "a");
	ck_assert_ptr_null(ran.options.file);
	end_run(&ran);
}
END_TEST

UNIT_MAIN("args", UNIT_ROWS(good_lines_are_read, ARRAY_LEN(good)),
    UNIT_ROWS(bad_lines_are_told_and_are_wrong_usage, ARRAY_LEN(bad)),
    UNIT_TEST(help_has_every_option_but_the_hidden_ones),
    UNIT_TEST(the_environment_stands_in_for_what_is_not_given))
