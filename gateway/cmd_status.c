/*
 * masthead status, reload, healthcheck: what talks to the gateway that runs.
 */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "gateway/cmd.h"
#include "gateway/control.h"
#include "gateway/status.h"

#define REPLY_MAX (16u << 20)

struct status_options {
	struct control_options control;
	_Bool json;
};

struct healthcheck_options {
	struct control_options control;
};

struct reload_options {
	struct control_options control;
	_Bool refresh;
};

/* -- reading the document -------------------------------------------------------------- */

/* What viewers and providers call themselves must not move the terminal's cursor. */
static void
tame_text(char *text)
{
	for (unsigned char *p = (unsigned char *)text; *p != '\0'; p++) {
		if (*p < ' ' || *p == 0x7f)
			*p = '?';
		else if (p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0) /* U+0080 to U+009F */
			p[0] = p[1] = '?';
	}
}

static void
tame(cJSON *item)
{
	for (; item != NULL; item = item->next) {
		if (cJSON_IsString(item))
			tame_text(item->valuestring);
		tame(item->child);
	}
}

static const char *
text_of(const cJSON *object, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

	return cJSON_IsString(item) ? item->valuestring : "";
}

static double
number_of(const cJSON *object, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

	return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

/* As what it was, a count. */
static uint64_t
count_of(const cJSON *object, const char *key)
{
	double number = number_of(object, key);

	return number > 0 && number < 1e18 ? (uint64_t)number : 0;
}

static _Bool
is_true(const cJSON *object, const char *key)
{
	return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, key));
}

static const cJSON *
part_of(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

/* "3 d 4 h", "12 min", "5 s" */
static const char *
span(char out[32], double seconds)
{
	long s = (long)seconds;

	if (s >= 86400)
		snprintf(out, 32, "%ld d %ld h", s / 86400, s % 86400 / 3600);
	else if (s >= 3600)
		snprintf(out, 32, "%ld h %ld min", s / 3600, s % 3600 / 60);
	else if (s >= 60)
		snprintf(out, 32, "%ld min", s / 60);
	else
		snprintf(out, 32, "%ld s", s);
	return out;
}

/* -- the tables ---------------------------------------------------------------------------- */

/* What it does, and how far it has got. */
static void
print_work(const cJSON *source)
{
	struct buf progress = BUF_INIT(256);

	status_add_progress(&progress, count_of(source, "done_bytes"),
	    count_of(source, "total_bytes"));
	printf("%s%s\n", text_of(source, "state"), progress.data);
	buf_release(&progress);
}

/* How it stands with a source, and when that is looked at again. */
static void
print_source_state(const cJSON *doc, const cJSON *source)
{
	double now = number_of(doc, "started") + number_of(doc, "seconds");
	double last_good = number_of(source, "last_good"), next = number_of(source, "next_seconds");
	_Bool failed = number_of(source, "failures_in_a_row") > 0;
	char time[32];

	if (strcmp(text_of(source, "state"), "waiting") != 0) {
		print_work(source);
		return;
	}
	printf("%s", failed ? text_of(source, "error") : "up to date");
	if (last_good > 0)
		printf(", %s %s ago", failed ? "last good" : "checked",
		    span(time, now > last_good ? now - last_good : 0));
	if (failed && next > 0)
		printf(", next try in %s", span(time, next));
	if (part_of(source, "kept") != NULL && number_of(source, "programmes") > 0)
		printf(", %.0f kept for the lineup", number_of(source, "kept"));
	printf("\n");
}

static void
print_complaints(const cJSON *source)
{
	const cJSON *list = part_of(source, "complaints"), *complaint;
	double more = number_of(source, "complaint_count") - cJSON_GetArraySize(list);

	cJSON_ArrayForEach(complaint, list) {
		printf("    ");
		if (number_of(complaint, "line") > 0)
			printf("line %.0f: ", number_of(complaint, "line"));
		printf("%s\n", text_of(complaint, "text"));
	}
	if (more > 0)
		printf("    and %.0f more\n", more);
}

static void
print_sources(const cJSON *doc)
{
	const cJSON *source;

	printf("\n%-20s %-9s %9s  %-12s %s\n", "SOURCE", "KIND", "SIZE", "CONNECTIONS", "STATE");
	cJSON_ArrayForEach(source, part_of(doc, "sources")) {
		const cJSON *account = part_of(source, "account");
		_Bool playlist = strcmp(text_of(source, "kind"), "playlist") == 0;
		char connections[32] = "-";

		if (account != NULL && number_of(account, "limit") > 0)
			snprintf(connections, sizeof(connections), "%.0f of %.0f",
			    number_of(account, "taken"), number_of(account, "limit"));
		else if (account != NULL)
			snprintf(connections, sizeof(connections), "%.0f",
			    number_of(account, "taken"));
		printf("%-20.20s %-9s %9.0f  %-12s ", text_of(source, "name"),
		    text_of(source, "kind"), number_of(source, playlist ? "entries" : "programmes"),
		    connections);
		print_source_state(doc, source);
		print_complaints(source);
	}
}

static void
print_guide_state(const cJSON *guide)
{
	const char *state = text_of(guide, "state"), *error = text_of(guide, "error");

	if (strcmp(state, "waiting") == 0)
		printf("%s\n", error[0] != '\0' ? error : "up to date");
	else if (number_of(guide, "total_channels") > 0)
		printf("%s, %.0f of %.0f channels\n", state, number_of(guide, "done_channels"),
		    number_of(guide, "total_channels"));
	else
		printf("%s\n", state);
}

static void
print_guide(const cJSON *doc)
{
	const cJSON *guide = part_of(doc, "guide");
	time_t last = (time_t)number_of(guide, "last");
	char until[40] = "";
	struct tm tm;

	if (!is_true(guide, "served")) {
		printf("\nthe guide: %s\n", text_of(guide, "why_not"));
		return;
	}
	if (last > 0 && localtime_r(&last, &tm) != NULL)
		(void)strftime(until, sizeof(until), " until %F %H:%M", &tm);
	printf(
	    "\nthe guide: %.0f programmes for %.0f channels%s (%.0f programmes filled into gaps, "
	    "%.0f channels made up, %.0f empty), ",
	    number_of(guide, "programmes"), number_of(guide, "channels"), until,
	    number_of(guide, "filled"), number_of(guide, "made_up"), number_of(guide, "empty"));
	print_guide_state(guide);
}

static void
print_devices(const cJSON *doc)
{
	const cJSON *device;

	printf("\n%-30s %-9s %s\n", "DEVICE", "ID", "TUNERS");
	cJSON_ArrayForEach(device, part_of(doc, "devices")) {
		printf("%-30.30s %-9s %.0f of %.0f in use\n", text_of(device, "name"),
		    text_of(device, "id"), number_of(device, "busy"), number_of(device, "tuners"));
	}
}

static void
print_channels(const cJSON *doc)
{
	const cJSON *channel;
	char time[32];

	if (cJSON_GetArraySize(part_of(doc, "channels")) == 0) {
		printf("\nno channel is on air\n");
		return;
	}
	printf("\n%-7s %-26s %-10s %-14s %7s %8s %6s %s\n", "NUMBER", "CHANNEL", "STATE", "SOURCE",
	    "VIEWERS", "MBIT/S", "ERRORS", "FOR");
	cJSON_ArrayForEach(channel, part_of(doc, "channels")) {
		printf("%-7s %-26.26s %-10s %-14.14s %7.0f %8.2f %6.0f %s\n",
		    text_of(channel, "number"), text_of(channel, "name"), text_of(channel, "state"),
		    text_of(channel, "source"), number_of(channel, "viewers"),
		    number_of(channel, "bits_per_second") / 1e6,
		    number_of(channel, "continuity_errors"),
		    span(time, number_of(channel, "seconds")));
	}
}

/* The name of the channel with that id. */
static const char *
channel_name(const cJSON *doc, const char *id)
{
	const cJSON *channel;

	cJSON_ArrayForEach(channel, part_of(doc, "channels")) {
		if (strcmp(text_of(channel, "id"), id) == 0)
			return text_of(channel, "name");
	}
	return id;
}

static void
print_viewers(const cJSON *doc)
{
	const cJSON *viewer;
	char time[32];

	if (cJSON_GetArraySize(part_of(doc, "viewers")) == 0)
		return;
	printf("\n%-24s %-26s %-24s %9s %9s %s\n", "VIEWER", "CHANNEL", "PLAYER", "MB", "LOST MB",
	    "FOR");
	cJSON_ArrayForEach(viewer, part_of(doc, "viewers")) {
		printf("%-24.24s %-26.26s %-24.24s %9.1f %9.1f %s\n", text_of(viewer, "peer"),
		    channel_name(doc, text_of(viewer, "channel")), text_of(viewer, "agent"),
		    number_of(viewer, "bytes") / 1e6, number_of(viewer, "skipped_bytes") / 1e6,
		    span(time, number_of(viewer, "seconds")));
	}
}

static void
print_status(const cJSON *doc)
{
	char time[32];

	printf("masthead %s, %s for %s, %.0f channels, jail: %s\n", text_of(doc, "version"),
	    is_true(doc, "draining")    ? "stopping"
		: is_true(doc, "ready") ? "running"
					: "starting",
	    span(time, number_of(doc, "seconds")), number_of(part_of(doc, "lineup"), "channels"),
	    text_of(doc, "jail"));
	print_sources(doc);
	print_guide(doc);
	print_devices(doc);
	print_channels(doc);
	print_viewers(doc);
}

/* -- the commands ------------------------------------------------------------------------------ */

static int
run_status(const void *arg, int argc, char **argv)
{
	const struct status_options *options = arg;
	struct buf reply = BUF_INIT(REPLY_MAX);
	struct err err = ERR_INIT;
	cJSON *doc = NULL;
	int rc;

	(void)argc;
	(void)argv;
	rc = control_request(&options->control, "GET", "/api/v1/status", &reply, &err);
	if (rc == 200 && options->json) {
		fputs(reply.data, stdout);
	} else if (rc == 200) {
		doc = json_parse(reply.data, reply.len, REPLY_MAX, &err);
		tame(doc);
		if (doc != NULL)
			print_status(doc);
	}
	if (rc < 0 || (rc == 200 && !options->json && doc == NULL))
		fprintf(stderr, "masthead status: %s\n", err.text);
	else if (rc != 200)
		fprintf(stderr, "masthead status: the gateway answered %d: %s", rc, reply.data);
	cJSON_Delete(doc);
	buf_release(&reply);
	return err.code < 0 || rc != 200 ? CMD_FAILED : CMD_OK;
}

static int
run_reload(const void *arg, int argc, char **argv)
{
	const struct reload_options *options = arg;
	struct buf reply = BUF_INIT(REPLY_MAX);
	struct err err = ERR_INIT;
	int rc;

	(void)argc;
	(void)argv;
	rc = control_request(&options->control, "POST",
	    options->refresh ? "/control/refresh" : "/control/reload", &reply, &err);
	if (rc < 0)
		fprintf(stderr, "masthead reload: %s\n", err.text);
	else if (rc >= 300)
		fprintf(stderr, "masthead reload: refused, nothing has changed: %s%s", reply.data,
		    options->refresh ? ""
				     : "'masthead check --config FILE' says all that is wrong\n");
	else
		fputs(reply.data, stdout);
	buf_release(&reply);
	return rc >= 200 && rc < 300 ? CMD_OK : CMD_FAILED;
}

static int
run_healthcheck(const void *arg, int argc, char **argv)
{
	const struct healthcheck_options *options = arg;
	struct buf reply = BUF_INIT(REPLY_MAX);
	struct err err = ERR_INIT;
	int rc;

	(void)argc;
	(void)argv;
	rc = control_request(&options->control, "GET", "/healthz", &reply, &err);
	if (rc < 0)
		fprintf(stderr, "masthead healthcheck: %s\n", err.text);
	else
		fputs(reply.data, rc == 200 ? stdout : stderr);
	buf_release(&reply);
	return rc == 200 ? CMD_OK : CMD_FAILED;
}

static const struct arg status_args[] = {
	CONTROL_ARGS(struct status_options, control),
	{ "json", 'j', ARG_FLAG, offsetof(struct status_options, json), NULL,
	    "the whole document instead of tables", NULL },
	ARG_END,
};

const struct cmd cmd_status = {
	.name = "status",
	.summary = "show what the running gateway does",
	.about =
	    "Sources, tuners, channels on air and who watches, from the gateway that runs on this\n"
	    "machine.",
	.args = status_args,
	.options_size = sizeof(struct status_options),
	.run = run_status,
};

static const struct arg reload_args[] = {
	CONTROL_ARGS(struct reload_options, control),
	{ "refresh", 'r', ARG_FLAG, offsetof(struct reload_options, refresh), NULL,
	    "not the configuration: every source, now", NULL },
	ARG_END,
};

const struct cmd cmd_reload = {
	.name = "reload",
	.summary = "have it read its configuration again",
	.about = "The new configuration is checked as a whole first. If it has mistakes, they are "
		 "said and\n"
		 "nothing changes. No viewer is cut either way.",
	.args = reload_args,
	.options_size = sizeof(struct reload_options),
	.run = run_reload,
};

static const struct arg healthcheck_args[] = {
	CONTROL_ARGS(struct healthcheck_options, control),
	ARG_END,
};

const struct cmd cmd_healthcheck = {
	.name = "healthcheck",
	.summary = "exit 0 if it lives, 1 if not",
	.about = "For HEALTHCHECK in a container and the like.",
	.args = healthcheck_args,
	.options_size = sizeof(struct healthcheck_options),
	.run = run_healthcheck,
};
