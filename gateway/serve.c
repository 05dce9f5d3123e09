/*
 * masthead serve: wires the parts, runs the loop, and takes them apart again.
 */
#include <errno.h>
#include <event2/event.h>
#include <ifaddrs.h>
#include <inttypes.h>
#include <net/if.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
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
#include "gateway/gateway.h"
#include "gateway/guide.h"
#include "gateway/http/http.h"
#include "gateway/images.h"
#include "gateway/pipes.h"
#include "gateway/process.h"
#include "gateway/relay/relay.h"
#include "gateway/routes.h"
#include "gateway/setup.h"
#include "gateway/source.h"
#include "gateway/steady.h"
#include "gateway/store.h"
#include "gateway/stream.h"
#include "gateway/version.h"
#include "gateway/worker.h"
#include "playlist/lineup.h"

#define SETTLE_MS     5000  /* after so long it is ready, whatever the sources do */
#define PATIENCE_MS   60000 /* so long a lineup waits for playlists that were never read */
#define DRAIN_MS      5000  /* for replies under way when it is told to stop */
#define DRAIN_TICK_MS 50
#define BODY_MAX      4096 /* of a request: no route reads one, but some clients send a form */

struct serve_options {
	struct cmd_settings settings;
};

struct serve {
	struct gateway g; /* first: handlers and callbacks get it */
	const struct serve_options *options;
	int lock; /* of the data folder */
	_Bool sources_settled;
	_Bool announced;
	_Bool lineup_due; /* something has changed that it is made of */
	unsigned drain_ticks;
	struct steady steady;
	struct relay_pipe_ops pipes;
	struct event *signals[4];
	struct event *settle, *patience, *watchdog, *drain;
};

/* -- ready ------------------------------------------------------------------- */

/* The first address of ours that others can reach, for a listener on all of them. */
static void
own_address(char *out, size_t size)
{
	struct ifaddrs *list, *i;

	snprintf(out, size, "127.0.0.1");
	if (getifaddrs(&list) == -1)
		return;
	for (i = list; i != NULL; i = i->ifa_next) {
		if (i->ifa_addr == NULL || i->ifa_addr->sa_family != AF_INET ||
		    (i->ifa_flags & IFF_LOOPBACK) != 0 || (i->ifa_flags & IFF_UP) == 0)
			continue;
		if (getnameinfo(i->ifa_addr, sizeof(struct sockaddr_in), out, (socklen_t)size, NULL,
			0, NI_NUMERICHOST) == 0)
			break;
	}
	freeifaddrs(list);
}

static void
print_ready(const struct gateway *g)
{
	char host[NI_MAXHOST];
	const char *where = NULL;

	for (size_t i = 0; (where = http_server_address(g->http, i)) != NULL; i++) {
		if (strncmp(where, "unix:", 5) != 0)
			break;
	}
	if (where == NULL) {
		printf("ready %s\n", http_server_address(g->http, 1));
	} else if (strncmp(where, "0.0.0.0:", 8) == 0 || strncmp(where, "[::]:", 5) == 0) {
		own_address(host, sizeof(host));
		printf("ready http://%s%s/\n", host, strrchr(where, ':'));
	} else {
		printf("ready http://%s/\n", where);
	}
	fflush(stdout);
}

static void
announce(struct serve *s)
{
	s->g.ready = 1;
	if (s->announced)
		return;
	s->announced = 1;
	event_del(s->settle);
	print_ready(&s->g);
	process_notify("READY=1\nSTATUS=serving");
}

/* Ready is when there is a lineup, or when nothing is under way that could bring one. */
static void
check_ready(struct serve *s)
{
	struct channels_info info;

	channels_get_info(s->g.channels, &info);
	if (channels_lineup(s->g.channels) != NULL || (s->sources_settled && !info.building))
		announce(s);
}

static void
on_settle(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	announce(arg);
}

/* -- the lineup -------------------------------------------------------------- */

/* Is its first attempt still under way, with nothing of an earlier life to use? */
static _Bool
is_awaited(const struct source *source)
{
	struct source_info info;

	source_get_info(source, &info);
	return !info.settled && access(source_result_path(source), R_OK) == -1;
}

static _Bool
has_patience(const struct serve *s)
{
	return event_pending(s->patience, EV_TIMEOUT, NULL) != 0;
}

/*
 * Makes a lineup if one is due. It waits for playlists that are new, so that numbers
 * go by the order in the config and not by which provider is the fastest, and so
 * that a reload that renames a playlist does not show an empty lineup meanwhile.
 */
static void
make_lineup(struct serve *s)
{
	if (!s->lineup_due)
		return;
	for (size_t i = 0; i < s->g.playlist_count; i++) {
		if (is_awaited(s->g.playlists[i].source) && has_patience(s))
			return;
	}
	s->lineup_due = 0;
	channels_rebuild(s->g.channels);
}

static _Bool
is_being_read(const struct source *source)
{
	struct source_info info;

	source_get_info(source, &info);
	return info.state == SOURCE_READING;
}

/*
 * Makes a guide if anything has changed for it. It waits for guides that are new, so that
 * media servers do not see one that is made up first; and for those that are being read, so
 * that ten that have changed are one making: whichever is the last to end comes here again.
 */
static void
make_guide(struct serve *s)
{
	for (size_t i = 0; i < s->g.guide_count; i++) {
		const struct source *source = s->g.guides[i].source;

		if (is_being_read(source) || (is_awaited(source) && has_patience(s)))
			return;
	}
	guide_update(s->g.guide);
}

/* After the sources were set up, at the start and by a reload: they may be others. */
static void
want_all(struct serve *s)
{
	s->lineup_due = 1;
	(void)loop_after(s->patience, PATIENCE_MS);
	make_lineup(s);
	make_guide(s);
}

static void
on_patience(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	make_lineup(arg);
	make_guide(arg);
}

/* -- what the parts tell ----------------------------------------------------- */

static void
on_source_settled(void *arg, struct source *source, _Bool changed)
{
	struct serve *s = arg;
	struct source_info info;
	_Bool all = 1;

	source_get_info(source, &info);
	if (changed && info.kind == SOURCE_PLAYLIST)
		s->lineup_due = 1;
	make_lineup(s);
	make_guide(s);
	for (size_t i = 0; i < s->g.playlist_count; i++) {
		source_get_info(s->g.playlists[i].source, &info);
		all = all && info.settled;
	}
	s->sources_settled = all;
	check_ready(s);
}

static void
on_lineup(void *arg, struct lineup *lineup, const struct err *err)
{
	struct serve *s = arg;

	(void)err; /* it was logged, and the status has it */
	if (lineup != NULL) {
		log_info(NULL, "lineup channels=%" PRIu32, lineup_count(lineup));
		stream_update_all(&s->g);
	}
	if (setup_wanted(&s->g) < 0)
		log_error(NULL, "out of memory: the guide does not know of the new lineup");
	make_guide(s);
	check_ready(s);
}

static void
on_guide(void *arg, const struct err *err)
{
	(void)arg;
	(void)err; /* it was logged, and the status has it */
}

static _Bool
is_allowed(void *arg, const char *address)
{
	const struct gateway *g = arg;

	return allow_has(g->allow, address);
}

/* -- reload ------------------------------------------------------------------ */

static const char *
joined(char *const *texts, size_t count, struct buf *out)
{
	for (size_t i = 0; i < count; i++)
		buf_printf(out, "%s ", texts[i]);
	return out->data;
}

/* What is fixed for this life: said, and kept as it is. */
static int
keep_fixed(const struct gateway *g, struct config *config)
{
	struct buf old = BUF_INIT(65536), new = BUF_INIT(65536);
	char *data;

	if (strcmp(joined(g->config->listen, g->config->listen_count, &old),
		joined(config->listen, config->listen_count, &new)) != 0)
		log_warn(NULL, "'listen' has changed: that takes a restart");
	buf_release(&old);
	buf_release(&new);
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

static int
serve_reload(struct gateway *g, struct err *err)
{
	struct serve *s = (struct serve *)g;
	const struct source_events events = { on_source_settled, s };
	struct config *config;
	int rc;

	if (s->announced)
		notify_reloading(g);
	rc = cmd_read_config(&config, &s->options->settings, log_problem, NULL, err);
	if (rc == 0) {
		rc = keep_fixed(g, config) < 0 ? err_set(err, ENOMEM, "out of memory")
					       : setup_apply(g, config, &events, err);
		if (rc < 0)
			config_free(config);
	}
	if (rc < 0) {
		g->reloads_refused++;
		log_error_e(NULL, err, "not reloaded, everything stays as it was");
	} else {
		g->reloads++;
		log_info(NULL, "reloaded");
		want_all(s);
	}
	if (s->announced)
		process_notify("READY=1");
	return rc;
}

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
	g->channels = channels_new(g->base, g->workers, config->data, on_lineup, s, err);
	if (g->fetcher == NULL || g->channels == NULL)
		return err_set(err, ENOMEM, "out of memory");
	g->guide = guide_new(&(struct guide_deps){ g->base, g->workers, g->clock, config->data },
	    on_guide, s, err);
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
	const struct source_events events = { on_source_settled, s };
	int rc;

	rc = folder_open(config->data, &s->lock, err);
	if (rc == 0)
		rc = make_parts(s, config, err);
	if (rc == 0)
		rc = make_events(s, err);
	if (rc == 0)
		rc = setup_apply(&s->g, config, &events, err);
	if (rc < 0) {
		config_free(config);
		return rc;
	}
	rc = make_http(s, err);
	if (rc < 0)
		return rc;
	channels_restore(s->g.channels);
	guide_restore(s->g.guide);
	want_all(s);
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
	struct serve s = { .options = arg, .lock = -1 };
	struct config *config;
	struct err err = ERR_INIT;
	int status;

	(void)argc;
	(void)argv;
	status = cmd_load_config(&config, &s.options->settings);
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
