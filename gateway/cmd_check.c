#include <stdio.h>

#include "base/buf.h"
#include "gateway/cmd.h"

#define TEXT_MAX (1u << 20)

struct check_options {
	struct cmd_settings settings;
	_Bool example, markdown;
};

static const struct arg args[] = {
	CMD_SETTINGS_ARGS(struct check_options, settings),
	{ "example", 0, ARG_FLAG, offsetof(struct check_options, example), NULL,
	    "prints a configuration with every key and its meaning", NULL },
	/* The source of docs/configuration.md. */
	{ "markdown", 0, ARG_FLAG, offsetof(struct check_options, markdown), NULL, NULL, NULL },
	ARG_END,
};

static int
print_text(void (*print)(struct buf *out))
{
	struct buf text = BUF_INIT(TEXT_MAX);
	int status = CMD_OK;

	print(&text);
	if (buf_status(&text) == 0) {
		fwrite(text.data, 1, text.len, stdout);
	} else {
		fprintf(stderr, "masthead check: out of memory\n");
		status = CMD_FAILED;
	}
	buf_release(&text);
	return status;
}

static int
run(const void *arg, int argc, char **argv)
{
	const struct check_options *options = arg;
	struct config *config;
	int status;

	(void)argc;
	(void)argv;
	if (options->example)
		return print_text(config_print_example);
	if (options->markdown)
		return print_text(config_print_markdown);
	status = cmd_load_config(&config, &options->settings);
	if (status != CMD_OK)
		return status;
	if (config->demo)
		printf("no problems; there is no playlist, so the built-in demo would run\n");
	else
		printf("no problems; playlists: %zu, guides: %zu, devices: %zu\n",
		    config->playlist_count, config->guide_count, config->device_count);
	config_free(config);
	return CMD_OK;
}

const struct cmd cmd_check = {
	.name = "check",
	.summary = "say what is wrong with a configuration",
	.about = "Names every problem with file, line and key. It takes what serve takes, and\n"
		 "says what serve would say. Exit status: 0 all is well, 1 it is not, 2 usage.",
	.args = args,
	.options_size = sizeof(struct check_options),
	.run = run,
};
