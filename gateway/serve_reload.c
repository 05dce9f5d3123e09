#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "gateway/cmd.h"
#include "gateway/process.h"
#include "gateway/serve_parts.h"
#include "gateway/setup.h"

static _Bool
listens_alike(const struct config *a, const struct config *b)
{
	if (a->listen_count != b->listen_count)
		return 0;
	for (size_t i = 0; i < a->listen_count; i++) {
		if (strcmp(a->listen[i], b->listen[i]) != 0)
			return 0;
	}
	return 1;
}

/* What is fixed for this life: said, and kept as it is. */
static int
keep_fixed(const struct gateway *g, struct config *config)
{
	char *data;

	if (!listens_alike(g->config, config))
		log_warn(NULL, "'listen' has changed: that takes a restart");
	if (strcmp(g->config->data, config->data) == 0)
		return 0;
	log_warn(NULL, "'data' has changed: that takes a restart");
	data = strdup(g->config->data);
	if (data == NULL)
		return -ENOMEM;
	free(config->data);
	config->data = data;
	return 0;
}

static void
log_problem(const char *problem, void *arg)
{
	(void)arg;
	log_error(NULL, "%s", problem);
}

/* The time is for systemd's Type=notify-reload. */
static void
notify_reloading(const struct gateway *g)
{
	char state[64];

	snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, clock_us(g->clock));
	process_notify(state);
}

int
serve_reload(struct gateway *g, struct err *err)
{
	struct serve *s = (struct serve *)g;
	struct config *config;
	int rc;

	if (s->announced)
		notify_reloading(g);
	rc = cmd_read_config(&config, s->settings, log_problem, NULL, err);
	if (rc == 0) {
		rc = keep_fixed(g, config) < 0 ? err_set(err, ENOMEM, "out of memory")
					       : setup_apply(g, config, &s->source_events, err);
		if (rc < 0)
			config_free(config);
	}
	if (rc < 0) {
		g->reloads_refused++;
		log_error_e(NULL, err, "not reloaded, everything stays as it was");
	} else {
		g->reloads++;
		log_info(NULL, "reloaded");
		serve_want_all(s);
	}
	if (s->announced)
		process_notify("READY=1");
	return rc;
}
