#include "gateway/relay/channel.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/loop.h"

const char *
relay_state_name(enum relay_state state)
{
	switch (state) {
	case RELAY_STARTING: return "starting";
	case RELAY_STREAMING: return "streaming";
	case RELAY_RETRYING: return "retrying";
	case RELAY_LINGERING: return "lingering";
	}
	return "?";
}

void
channel_go(struct channel *c, enum relay_state state)
{
	if (c->state == state)
		return;
	log_debug(&c->log, "%s -> %s", relay_state_name(c->state), relay_state_name(state));
	if (state == RELAY_STREAMING && c->state != RELAY_LINGERING)
		log_info(&c->log, "streaming from '%s'", c->label);
	c->state = state;
	c->state_ms = clock_ms(c->relay->clock);
}

void
channel_wake(struct channel *c)
{
	event_active(c->step, 0, 0);
}

static _Bool
is_deserted(const struct channel *c)
{
	return c->readers.count == 0 && TAILQ_EMPTY(&c->joins);
}

/* -- joins ------------------------------------------------------------------------- */

static void
join_fail(struct relay_join *join, int rc, const struct err *err)
{
	struct relay *relay = join->relay;

	relay->viewers--;
	relay->stats.tune_failures++;
	TAILQ_INSERT_TAIL(&relay->refused, join, link);
	event_active(relay->reap, 0, 0);
	join->ready(join->arg, rc, err);
}

/* There are bytes for it to start with, or it has waited too long. */
static _Bool
join_is_due(const struct channel *c, const struct relay_join *join, uint64_t now_ms)
{
	if (!c->ready)
		return now_ms >= join->deadline_ms;
	/* After new tables in mid-stream the next RAP is worth waiting for, as at the start. */
	return c->scan.raps_held > 0 || now_ms - join->asked_us / 1000 >= c->settings.rap_wait_ms;
}

static void
join_tell(struct channel *c, struct relay_join *join)
{
	struct err err = c->error;

	if (c->ready) {
		join->told = 1;
		c->relay->stats.tunes++;
		c->relay->stats.tune_us_total += clock_us(c->relay->clock) - join->asked_us;
		join->ready(join->arg, 0, NULL);
		return;
	}
	if (err.code == 0)
		err_set(&err, ETIMEDOUT, "no MPEG-TS came in time");
	TAILQ_REMOVE(&c->joins, join, link);
	join_fail(join, err.code, &err);
}

static struct relay_join *
first_due(const struct channel *c)
{
	uint64_t now_ms = clock_ms(c->relay->clock);
	struct relay_join *join;

	TAILQ_FOREACH(join, &c->joins, link) {
		if (!join->told && join_is_due(c, join, now_ms))
			break;
	}
	return join;
}

static void
channel_answer(struct channel *c)
{
	struct relay_join *join;

	/* From the first one each time: `ready` may take any of them away. */
	while ((join = first_due(c)) != NULL)
		join_tell(c, join);
}

struct relay_join *
channel_join(struct channel *c, relay_ready_cb *ready, void *arg)
{
	struct relay_join *join = calloc(1, sizeof(*join));

	if (join == NULL)
		return NULL;
	join->channel = c;
	join->relay = c->relay;
	join->ready = ready;
	join->arg = arg;
	join->asked_us = clock_us(c->relay->clock);
	join->deadline_ms = join->asked_us / 1000 + c->settings.connect_ms +
	    c->settings.rap_wait_ms;
	c->relay->viewers++;
	TAILQ_INSERT_TAIL(&c->joins, join, link);
	channel_wake(c);
	return join;
}

/* -- readers ------------------------------------------------------------------------ */

static void
channel_count_readers(struct channel *c)
{
	unsigned from = c->settings.sendfile_from;

	c->readers.sendfile = from > 0 && c->readers.count >= from;
}

int
channel_attach(struct channel *c, int fd, const struct relay_reader_options *options,
    struct err *err)
{
	uint8_t psi[SCAN_PREFIX_MAX];
	size_t psi_len;
	struct scan_mark start = channel_start(c, psi, &psi_len);
	int rc = reader_join(&c->readers, fd, options, start.position, psi, psi_len, err);

	if (rc < 0)
		return rc;
	channel_count_readers(c);
	channel_wake(c);
	return 0;
}

static void
channel_reap_readers(struct channel *c)
{
	c->relay->viewers -= reader_reap(&c->readers);
	channel_count_readers(c);
}

/* -- the step ------------------------------------------------------------------------ */

/* Nobody is there, or somebody is there again. */
static void
channel_settle_state(struct channel *c)
{
	if (!is_deserted(c)) {
		if (c->state == RELAY_LINGERING)
			channel_go(c, c->ready ? RELAY_STREAMING : RELAY_STARTING);
		return;
	}
	if (c->upstream == NULL || c->state == RELAY_RETRYING)
		channel_end(c, NULL);
	else if (c->state != RELAY_LINGERING)
		channel_go(c, RELAY_LINGERING);
	if (c->state == RELAY_LINGERING &&
	    clock_ms(c->relay->clock) - c->state_ms >= c->settings.linger_ms)
		channel_end(c, NULL);
}

static void
channel_step(struct channel *c)
{
	if (c->over)
		return;
	channel_feed_settle(c);
	if (c->window_rc < 0) {
		log_error_e(&c->log, &c->why, "the window failed");
		channel_end(c, &c->why);
		return;
	}
	channel_settle_state(c);
	if (!c->over)
		channel_source_check(c);
	if (c->over)
		return;
	channel_answer(c);
	reader_pump(&c->readers);
	channel_reap_readers(c);
	channel_settle_state(c);
}

static void
channel_on_step(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	channel_step(arg);
}

void
channel_tick(struct channel *c)
{
	reader_check(&c->readers);
	channel_wake(c);
}

static void
channel_on_reader(void *arg)
{
	channel_wake(arg);
}

/* -- coming and going ------------------------------------------------------------------ */

int
channel_update(struct channel *c, const struct relay_channel *spec)
{
	char *number = strdup(spec->number != NULL ? spec->number : "");
	char *name = strdup(spec->name != NULL ? spec->name : "");

	if (number == NULL || name == NULL ||
	    sources_set(&c->sources, spec->sources, spec->source_count) < 0) {
		free(number);
		free(name);
		return -ENOMEM;
	}
	free(c->number);
	free(c->name);
	c->number = number;
	c->name = name;
	log_init(&c->log, "channel %s \"%s\"", number, name);
	return 0;
}

struct channel *
channel_new(struct relay *relay, const struct relay_channel *spec, struct err *err)
{
	struct channel *c = calloc(1, sizeof(*c));

	assert(spec->source_count >= 1 && spec->source_count <= RELAY_SOURCES_MAX);
	if (c == NULL)
		goto no_memory;
	c->relay = relay;
	c->id = spec->id;
	c->settings = relay->settings;
	c->started_ms = c->state_ms = clock_ms(relay->clock);
	c->window.fd = -1;
	TAILQ_INIT(&c->joins);
	c->readers.base = relay->base;
	c->readers.clock = relay->clock;
	c->readers.window = &c->window;
	c->readers.stats = &relay->stats;
	c->readers.late_ms = c->settings.late_ms;
	c->readers.silent_ms = READER_SILENT_MS;
	c->readers.changed = channel_on_reader;
	c->readers.arg = c;
	reader_group_init(&c->readers);
	c->step = event_new(relay->base, -1, 0, channel_on_step, c);
	if (c->step == NULL || channel_update(c, spec) < 0)
		goto no_memory;
	if (channel_feed_init(c, err) < 0) {
		channel_free(c);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&relay->channels, c, link);
	relay->stats.channels++;
	return c;
no_memory:
	err_set(err, ENOMEM, "no memory for a channel");
	channel_free(c);
	return NULL;
}

void
channel_end(struct channel *c, const struct err *why)
{
	struct err none = ERR_INIT, err = why != NULL ? *why : none;
	struct relay_join *join;

	if (c->over)
		return;
	c->over = 1;
	TAILQ_REMOVE(&c->relay->channels, c, link);
	TAILQ_INSERT_TAIL(&c->relay->over, c, link);
	c->relay->stats.channels--;
	event_active(c->relay->reap, 0, 0);
	channel_source_close(c);
	if (err.code == 0)
		err_set(&err, ECANCELED, "the channel was ended");
	while ((join = TAILQ_FIRST(&c->joins)) != NULL) {
		TAILQ_REMOVE(&c->joins, join, link);
		join->channel = NULL;
		if (!join->told)
			join_fail(join, err.code, &err);
	}
	reader_end_all(&c->readers);
	channel_reap_readers(c);
	c->relay->stats.cc_errors += c->scan.cc_errors;
	c->relay->stats.sync_losses += c->align.losses;
	c->relay->stats.reconnects += c->reconnects;
	log_debug(&c->log, "over");
}

void
channel_free(struct channel *c)
{
	if (c == NULL)
		return;
	loop_event_free(c->step);
	window_release(&c->window);
	sources_release(&c->sources);
	free(c->number);
	free(c->name);
	free(c);
}
