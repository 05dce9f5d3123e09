#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "gateway/cmd.h"

/* What the command line sets: its short forms first, so that --set has the last word. */
struct assignments {
	char **items; /* NULL-terminated */
	size_t count;
};

static int
assign(struct assignments *a, const char *key, const char *value)
{
	if (value == NULL)
		return 0;
	if (asprintf(&a->items[a->count], "%s=%s", key, value) == -1) {
		a->items[a->count] = NULL;
		return -ENOMEM;
	}
	a->count++;
	return 0;
}

/* --listen takes the place of the whole list. */
static int
assign_listen(struct assignments *a, const struct arg_list *listen)
{
	char key[32];
	int rc = 0;

	for (size_t i = 0; i < listen->count && rc == 0; i++) {
		snprintf(key, sizeof(key), i == 0 ? "listen" : "listen.%zu", i);
		rc = assign(a, key, listen->items[i]);
	}
	return rc;
}

static int
make_assignments(struct assignments *a, const struct cmd_settings *settings)
{
	int rc;

	a->items = calloc(settings->listen.count + settings->set.count + 3, sizeof(*a->items));
	if (a->items == NULL)
		return -ENOMEM;
	rc = assign(a, "data", settings->data);
	if (rc == 0)
		rc = assign(a, "log.level", settings->log_level);
	if (rc == 0)
		rc = assign_listen(a, &settings->listen);
	for (size_t i = 0; i < settings->set.count && rc == 0; i++) {
		a->items[a->count] = strdup(settings->set.items[i]);
		if (a->items[a->count++] == NULL)
			rc = -ENOMEM;
	}
	return rc;
}

static void
release_assignments(struct assignments *a)
{
	for (size_t i = 0; i < a->count; i++)
		free(a->items[i]);
	free(a->items);
}

int
cmd_read_config(struct config **ret, const struct cmd_settings *settings,
    config_problem_cb *problem, void *arg, struct err *err)
{
	struct config_options options = { .path = settings->config, .environ_list = environ };
	struct assignments a = { NULL, 0 };
	int rc;

	*ret = NULL;
	rc = make_assignments(&a, settings);
	options.set = (const char *const *)a.items;
	if (rc < 0)
		err_set(err, rc, "out of memory");
	else
		rc = config_load(ret, &options, problem, arg, err);
	release_assignments(&a);
	return rc;
}

static void
print_problem(const char *problem, void *arg)
{
	unsigned *printed = arg;

	fprintf(stderr, "%s\n", problem);
	(*printed)++;
}

int
cmd_load_config(struct config **ret, const struct cmd_settings *settings)
{
	struct err err = ERR_INIT;
	unsigned printed = 0;

	if (cmd_read_config(ret, settings, print_problem, &printed, &err) == 0)
		return CMD_OK;
	if (printed == 0)
		fprintf(stderr, "%s\n", err.text);
	return CMD_FAILED;
}
