/*
 * masthead serve: wires the parts, runs the loop, and takes them apart again.
 */
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/list.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/multi.h"
#include "gateway/allow.h"
#include "gateway/channels.h"
#include "gateway/cmd.h"
#include "gateway/fetch.h"
#include "gateway/folder.h"
#include "gateway/guide.h"
#include "gateway/http/http.h"
#include "gateway/images.h"
#include "gateway/pipes.h"
#include "gateway/process.h"
#include "gateway/relay/relay.h"
#include "gateway/routes.h"
#include "gateway/serve_parts.h"
#include "gateway/setup.h"
#include "gateway/store.h"
#include "gateway/version.h"
#include "gateway/worker.h"

#define SETTLE_MS     5000 /* after so long it is ready, whatever the sources do */
#define DRAIN_MS      5000 /* for replies under way when it is told to stop */
#define DRAIN_TICK_MS 50
#define BODY_MAX      4096 /* of a request: no route reads one, but some clients send a form */

struct serve_options {
	struct cmd_settings settings;
};

/* -- signals, timers --------------------------------------------------------- */

static void
on_hangup(evutil_socket_t signo, short what, void *arg)
{
	struct serve *s = arg;
	struct err err = ERR_INIT;

	(void)signo;
	(void)what;
	if (!s->g.draining)
		(void)serve_reload(&s->g, &err);
}

static void
on_settle(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	serve_announce(arg);
}

static void
on_patience(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	serve_make_due(arg);
}

static void
on_drain(evutil_socket_t fd, short what, void *arg)
{
	struct serve *s = arg;
	struct http_stats stats;

	(void)fd;
	(void)what;
	http_server_stats(s->g.http, &stats);
	if (stats.connections == 0 || s->drain_ticks++ >= DRAIN_MS / DRAIN_TICK_MS)
		event_base_loopbreak(s->g.base);
	else
		(void)loop_after(s->drain, DRAIN_TICK_MS);
}

/* The first time: no new clients, replies under way are finished. The second time: at once. */
static void
on_terminate(evutil_socket_t signo, short what, void *arg)
{
	struct serve *s = arg;

	(void)what;
	if (s->g.draining) {
		event_base_loopbreak(s->g.base);
		return;
	}
	log_info(NULL, "stopping signal=%d", (int)signo);
	process_notify("STOPPING=1");
	s->g.draining = 1;
	http_server_stop(s->g.http);
	event_active(s->drain, EV_TIMEOUT, 0);
}

static void
on_watchdog(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	process_notify("WATCHDOG=1");
}

static int
make_events(struct serve *s, struct err *err)
{
	static const int signals[] = { SIGHUP, SIGTERM, SIGINT };
	uint64_t watchdog_ms = process_watchdog_ms();
	_Bool ok = 1;

	for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
		s->signals[i] = evsignal_new(s->g.base, signals[i],
		    signals[i] == SIGHUP ? on_hangup : on_terminate, s);
		ok = ok && s->signals[i] != NULL && event_add(s->signals[i], NULL) == 0;
	}
	s->settle = evtimer_new(s->g.base, on_settle, s);
	s->patience = evtimer_new(s->g.base, on_patience, s);
	s->drain = evtimer_new(s->g.base, on_drain, s);
	ok = ok && s->drain != NULL && s->patience != NULL && s->settle != NULL &&
	    loop_after(s->settle, SETTLE_MS) == 0;
	if (ok && watchdog_ms > 0) {
		s->watchdog = event_new(s->g.base, -1, EV_PERSIST, on_watchdog, s);
		ok = s->watchdog != NULL && loop_after(s->watchdog, watchdog_ms) == 0;
	}
	return ok ? 0 : err_set(err, ENOMEM, "out of memory");
}

/* -- making and ending ------------------------------------------------------- */

static int
make_parts(struct serve *s, const struct config *config, struct err *err)
{
	const struct relay_settings settings = setup_relay(config);
	struct gateway *g = &s->g;
	char path[4096];

	g->base = event_base_new();
	if (g->base == NULL)
		return err_set(err, ENOMEM, "cannot make an event loop");
	snprintf(path, sizeof(path), "%s/masthead.db", config->data);
	g->store = store_open(path, err);
	if (g->store == NULL)
		return err_wrap(err, "store");
	g->multi = multi_new(g->base, err);
	g->workers = g->multi == NULL ? NULL : worker_pool_new(g->base, NULL, err);
	if (g->workers == NULL)
		return err->code;
	g->fetcher = fetcher_new(g->base, g->multi, &fetch_limits_default);
	g->channels = channels_new(g->base, g->workers, config->data, serve_on_lineup, s, err);
	if (g->fetcher == NULL || g->channels == NULL)
		return err_set(err, ENOMEM, "out of memory");
	g->guide = guide_new(&(struct guide_deps){ g->base, g->workers, g->clock, config->data },
	    serve_on_guide, s, err);
	if (g->guide == NULL)
		return err_wrap(err, "guide");
	g->images = images_new(
	    &(struct images_deps){ g->base, g->multi, g->store, g->clock, config->data }, err);
	if (g->images == NULL)
		return err_wrap(err, "images");
	pipes_init(&s->pipes, g->workers);
	g->relay = relay_new(g->base, g->multi, &settings, &s->pipes, g->clock, err);
	return g->relay == NULL ? err_wrap(err, "relay") : 0;
}

static _Bool
is_allowed(void *arg, const char *address)
{
	const struct gateway *g = arg;

	return allow_has(g->allow, address);
}

static int
make_http(struct serve *s, struct err *err)
{
	const struct http_config http = { .limits = { .body_max = BODY_MAX },
		.routes = routes,
		.arg = &s->g,
		.clock = s->g.clock,
		.allowed = is_allowed };
	struct gateway *g = &s->g;
	char control[4096];
	int rc;

	g->http = http_server_new(g->base, &http, err);
	if (g->http == NULL)
		return err_wrap(err, "http");
	snprintf(control, sizeof(control), "unix:%s/masthead.sock", g->config->data);
	rc = http_server_listen(g->http, control, 1, err);
	if (rc < 0)
		return err_wrap(err, "control socket");
	for (size_t i = 0; rc == 0 && i < g->config->listen_count; i++)
		rc = http_server_listen(g->http, g->config->listen[i], 0, err);
	return rc;
}

static int
start(struct serve *s, struct config *config, struct err *err)
{
	int rc;

	rc = folder_open(config->data, &s->lock, err);
	if (rc == 0)
		rc = make_parts(s, config, err);
	if (rc == 0)
		rc = make_events(s, err);
	if (rc == 0)
		rc = setup_apply(&s->g, config, &s->source_events, err);
	if (rc < 0) {
		config_free(config);
		return rc;
	}
	rc = make_http(s, err);
	if (rc < 0)
		return rc;
	channels_restore(s->g.channels);
	guide_restore(s->g.guide);
	serve_want_all(s);
	return 0;
}

static void
finish(struct serve *s)
{
	struct gateway *g = &s->g;
	sigset_t late;

	/* It is ending: who asks once more must not make that a violent end. */
	sigemptyset(&late);
	sigaddset(&late, SIGTERM);
	sigaddset(&late, SIGINT);
	sigaddset(&late, SIGHUP);
	sigprocmask(SIG_BLOCK, &late, NULL);
	http_server_free(g->http); /* held requests give their joins back */
	relay_free(g->relay);      /* readers give their tuners back */
	setup_release(g);
	channels_free(g->channels);
	guide_free(g->guide);
	images_free(g->images);
	fetcher_free(g->fetcher);
	worker_pool_free(g->workers);
	multi_free(g->multi);
	store_close(g->store);
	file_settle();
	for (size_t i = 0; i < ARRAY_LEN(s->signals); i++)
		loop_event_free(s->signals[i]);
	loop_event_free(s->settle);
	loop_event_free(s->patience);
	loop_event_free(s->drain);
	loop_event_free(s->watchdog);
	if (g->base != NULL)
		event_base_free(g->base);
	if (s->lock != -1)
		(void)close(s->lock);
}

static int
run(const void *arg, int argc, char **argv)
{
	const struct serve_options *options = arg;
	struct serve s = { .settings = &options->settings,
		.source_events = { serve_on_source, &s },
		.lock = -1 };
	struct config *config;
	struct err err = ERR_INIT;
	int status;

	(void)argc;
	(void)argv;
	status = cmd_load_config(&config, s.settings);
	if (status != CMD_OK)
		return status;
	log_set_level(config->log_level);
	(void)signal(SIGPIPE, SIG_IGN);
	process_raise_files();
	file_free_by_thread();
	steady_init(&s.steady, &clock_system);
	s.g.clock = &s.steady.clock;
	s.g.started = clock_wall(s.g.clock);
	s.g.started_ms = clock_ms(s.g.clock);
	s.g.reload = serve_reload;
	if (start(&s, config, &err) < 0) {
		log_error_e(NULL, &err, "cannot start");
		status = CMD_FAILED;
	} else {
		log_info(NULL, "masthead %s data=%s%s", masthead_version, s.g.config->data,
		    s.g.config->demo ? " (no playlist is configured: the built-in demo)" : "");
		if (event_base_dispatch(s.g.base) == -1)
			status = CMD_FAILED;
		log_info(NULL, "stopped");
	}
	finish(&s);
	curl_global_cleanup();
	return status;
}

static const struct arg args[] = {
	CMD_SETTINGS_ARGS(struct serve_options, settings),
	ARG_END,
};

const struct cmd cmd_serve = {
	.name = "serve",
	.summary = "run the gateway",
	.about = "Reads the playlists, serves tuners, streams, playlists and the guide, until it "
		 "is told\n"
		 "to stop (SIGTERM). SIGHUP or 'masthead reload' reads the configuration again; no "
		 "viewer\n"
		 "is cut. Prints 'ready http://HOST:PORT/' once it answers.",
	.args = args,
	.options_size = sizeof(struct serve_options),
	.run = run,
};
