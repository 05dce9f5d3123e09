#include "gateway/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/opt.h"
#include "base/redact.h"
#include "base/url.h"
#include "base/yaml.h"
#include "gateway/config_parts.h"

#define ENV_PREFIX "MASTHEAD_"

/* -- what lies over the file ----------------------------------------------------- */

/*
 * Variables with our prefix that are not settings: the option --config, and what
 * Kubernetes and Docker give every container next to a service called masthead.
 */
static _Bool
is_other_variable(const char *name)
{
	return strcmp(name, ENV_PREFIX "CONFIG") == 0 ||
	    strncmp(name, ENV_PREFIX "SERVICE_", strlen(ENV_PREFIX "SERVICE_")) == 0 ||
	    strcmp(name, ENV_PREFIX "PORT") == 0 ||
	    strncmp(name, ENV_PREFIX "PORT_", strlen(ENV_PREFIX "PORT_")) == 0;
}

/* Without a playlist the demo stands in, and its guide when there is no other. */
static _Bool
overlay_demo(struct opt_load *load)
{
	static const char origin[] = "built-in demo";

	if (opt_is_set(load, "playlists"))
		return 0;
	opt_overlay(load, "playlists.0.name", "demo", origin);
	opt_overlay(load, "playlists.0.url", "demo:", origin);
	if (!opt_is_set(load, "guides")) {
		opt_overlay(load, "guides.0.name", "demo", origin);
		opt_overlay(load, "guides.0.url", "demo:", origin);
	}
	return 1;
}

/* -- what no single row can say ---------------------------------------------------- */

/* systemd gives STATE_DIRECTORY, which may list several; else the XDG base directories. */
static void
default_data(struct opt_load *load, char *const *env)
{
	const char *state = config_env(env, "STATE_DIRECTORY"), *home = config_env(env, "HOME");
	const char *xdg = config_env(env, "XDG_STATE_HOME");
	struct buf path = BUF_INIT(4096);

	if (opt_is_set(load, "data"))
		return;
	if (state != NULL)
		buf_add(&path, state, strcspn(state, ":"));
	else if (xdg != NULL)
		buf_printf(&path, "%s/masthead", xdg);
	else if (home != NULL)
		buf_printf(&path, "%s/.local/state/masthead", home);
	else
		opt_complain(load, "data",
		    "is not set, and neither is HOME: say where to keep files with --data DIR");
	if (path.len > 0)
		opt_overlay(load, "data", path.data, "environment");
	buf_release(&path);
}

static void
check_relay(struct opt_load *load, const struct config *c)
{
	const char *set = opt_is_set(load, "relay.join_behind") ? "relay.join_behind"
								: "relay.window_time";
	struct buf behind = BUF_INIT(32), window = BUF_INIT(32);

	if (c->relay.window_ms == 0 || c->relay.join_behind_ms < c->relay.window_ms)
		return;
	opt_format_number(OPT_MSEC, c->relay.join_behind_ms, &behind);
	opt_format_number(OPT_MSEC, c->relay.window_ms, &window);
	opt_complain(load, set,
	    "a viewer starts inside of what is kept: join_behind (%s) must be less than "
	    "window_time (%s)",
	    behind.data, window.data);
	buf_release(&behind);
	buf_release(&window);
}

/* It may come later, on a disk that is not mounted yet: no reason not to start. */
static void
warn_of_file(struct opt_load *load, const char *list, size_t i, const struct config_source *s)
{
	const char *path = s->url != NULL ? url_file_path(s->url) : NULL;
	char key[64];

	if (path == NULL || access(path, R_OK) == 0)
		return;
	snprintf(key, sizeof(key), "%s.%zu.url", list, i);
	opt_warn(load, key, "'%s' cannot be read now: %s", path, strerror(errno));
}

static void
warn_of_files(struct opt_load *load, const struct config *c)
{
	for (size_t i = 0; i < c->playlist_count; i++)
		warn_of_file(load, "playlists", i, &c->playlists[i].source);
	for (size_t i = 0; i < c->guide_count; i++)
		warn_of_file(load, "guides", i, &c->guides[i].source);
}

/* Links are made as URL + "/path". */
static void
trim_public_url(struct config *c)
{
	size_t len = c->public_url != NULL ? strlen(c->public_url) : 0;

	while (len > 0 && c->public_url[len - 1] == '/')
		c->public_url[--len] = '\0';
}

/* What may stand in a log line or a reply one day, told to base/redact.h. */
static void
hide_source(const struct config_source *s)
{
	if (s->url != NULL)
		redact_url_secrets(s->url);
	if (s->proxy != NULL)
		redact_url_secrets(s->proxy);
	for (size_t i = 0; i < s->header_count; i++)
		redact_header_secret(s->headers[i]);
}

static void
hide_secrets(const struct config *c)
{
	for (size_t i = 0; i < c->playlist_count; i++)
		hide_source(&c->playlists[i].source);
	for (size_t i = 0; i < c->guide_count; i++)
		hide_source(&c->guides[i].source);
}

/* -- loading ----------------------------------------------------------------------- */

static int
sum_up(const struct opt_load *load, struct err *err)
{
	if (load->problems == 0)
		return 0;
	if (load->problems == 1)
		return err_set(err, EINVAL, "%s", load->first);
	return err_set(err, EINVAL, "%u problems, the first: %s", load->problems, load->first);
}

/* A document that is no YAML is one problem, and there is nothing to lay over it. */
static void
read_tree(struct opt_load *load, const char *text, size_t len)
{
	struct err err = ERR_INIT;

	if (yaml_parse(&load->root, text, len, &yaml_limits_default, &err) < 0)
		opt_syntax(load, &err);
}

int
config_load_text(struct config **ret, const char *text, size_t len,
    const struct config_options *options, config_problem_cb *problem, void *arg, struct err *err)
{
	struct config_refs refs = { options->environ_list, options->path };
	struct opt_load load = {
		.rows = config_rows,
		.file = options->path,
		.expand = config_expand,
		.tell = problem,
		.expand_arg = &refs,
		.tell_arg = arg,
	};
	struct config *c = calloc(1, sizeof(*c));
	int rc;

	*ret = NULL;
	if (c == NULL)
		return err_set(err, ENOMEM, "out of memory");
	read_tree(&load, text, len);
	if (load.root != NULL) {
		opt_overlay_env(&load, options->environ_list, ENV_PREFIX, is_other_variable);
		for (const char *const *set = options->set; set != NULL && *set != NULL; set++)
			opt_overlay_set(&load, *set, "command line");
		c->demo = overlay_demo(&load);
		default_data(&load, options->environ_list);
		opt_apply(&load, c);
		check_relay(&load, c);
		warn_of_files(&load, c);
		trim_public_url(c);
		config_read_times(c);
		hide_secrets(c);
	}
	yaml_node_free(load.root);
	rc = sum_up(&load, err);
	if (rc < 0)
		config_free(c);
	else
		*ret = c;
	return rc;
}

int
config_load(struct config **ret, const struct config_options *options, config_problem_cb *problem,
    void *arg, struct err *err)
{
	size_t max = yaml_limits_default.bytes_max, len = 0;
	struct err why = ERR_INIT;
	char *text = NULL;
	int rc;

	*ret = NULL;
	if (options->path != NULL) {
		rc = file_load(options->path, max, &text, &len, &why);
		if (rc < 0) {
			err_wrap(&why, "config");
			if (problem != NULL)
				problem(why.text, arg);
			return err_set(err, rc, "%s", why.text);
		}
	}
	rc = config_load_text(ret, text != NULL ? text : "", len, options, problem, arg, err);
	free(text);
	return rc;
}

void
config_free(struct config *config)
{
	if (config == NULL)
		return;
	opt_release(config_rows, config);
	free(config);
}

/* -- documentation ------------------------------------------------------------------ */

void
config_print_example(struct buf *out)
{
	buf_str(out,
	    "# The configuration of Masthead. Every setting is here, with its default or an\n"
	    "# example; take the # in front of it away to set it. `masthead check --config FILE`\n"
	    "# says what is wrong with a file, and where.\n");
	opt_print_example(config_rows, out);
}

void
config_print_markdown(struct buf *out)
{
	buf_str(out,
	    "# Configuration\n\n"
	    "Masthead runs without a configuration: then the built-in demo is on. Your own is a "
	    "YAML\n"
	    "file, named by `--config FILE` or the variable `MASTHEAD_CONFIG`. The program reads "
	    "it and\n"
	    "never writes it. `masthead check --example` prints one with every key, and\n"
	    "`masthead check --config FILE` says what is wrong with yours, with line and key.\n\n"
	    "A value comes from the first of these that has it:\n\n"
	    "1. the command line: `--set relay.window=24MiB`, `--set playlists.0.max_streams=2`, "
	    "or\n"
	    "   `--listen`, `--data` and `--log-level`, which are short for such;\n"
	    "2. the environment: `MASTHEAD_RELAY__WINDOW=24MiB`, "
	    "`MASTHEAD_PLAYLISTS__0__MAX_STREAMS=2`:\n"
	    "   the key in capitals, `__` between its parts. With `_FILE` at the end the variable "
	    "names\n"
	    "   a file that holds the value;\n"
	    "3. the file;\n"
	    "4. the default.\n\n"
	    "Entries of a list count from 0; the number after the last adds one. A list of texts "
	    "that is\n"
	    "set as a whole, as in `MASTHEAD_LISTEN=0.0.0.0:80`, has this one entry;\n"
	    "`MASTHEAD_LISTEN__1` adds the second.\n\n"
	    "Secrets need not stand in the file. In any value, `${env:NAME}` is an environment "
	    "variable,\n"
	    "`${file:PATH}` the first line of a file (a relative path is beside the config file), "
	    "and\n"
	    "`${cred:NAME}` a systemd credential; `$${` is a plain `${`. What they bring in is "
	    "kept out of\n"
	    "logs and pages.\n\n"
	    "Times are written `500ms`, `10s`, `5m`, `12h`, `1d`; sizes `64KiB`, `12MiB`, `1GiB` "
	    "or `64kB`,\n"
	    "`12MB`, `1GB`. A key that does not exist, stands twice, or has a value of the wrong "
	    "kind is an\n"
	    "error, and nothing runs with half a configuration. YAML is read by its version 1.2: "
	    "`yes` and\n"
	    "`on` are words, `0123` is 123. Aliases and tags are not taken.\n\n"
	    "This page is made by `masthead check --markdown`.\n\n");
	opt_print_markdown(config_rows, out);
}
