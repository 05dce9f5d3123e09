#include "gateway/relay/relay.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/loop.h"
#include "gateway/relay/channel.h"

/* How often deadlines are looked at, while there are channels. */
#define TICK_MS 100

static void
relay_on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct relay *relay = arg;
	struct channel *c;

	(void)fd;
	(void)what;
	TAILQ_FOREACH(c, &relay->channels, link)
		channel_tick(c);
}

static void
relay_bury(struct relay *relay)
{
	struct channel *c;
	struct relay_join *join;

	while ((join = TAILQ_FIRST(&relay->refused)) != NULL) {
		TAILQ_REMOVE(&relay->refused, join, link);
		free(join);
	}
	while ((c = TAILQ_FIRST(&relay->over)) != NULL) {
		TAILQ_REMOVE(&relay->over, c, link);
		channel_free(c);
	}
}

static void
relay_on_reap(evutil_socket_t fd, short what, void *arg)
{
	struct relay *relay = arg;

	(void)fd;
	(void)what;
	relay_bury(relay);
	if (TAILQ_EMPTY(&relay->channels))
		event_del(relay->tick);
}

struct relay *
relay_new(struct event_base *base, struct multi *multi, const struct relay_settings *settings,
    const struct relay_pipe_ops *pipes, const struct clock *clock, struct err *err)
{
	struct relay *relay = calloc(1, sizeof(*relay));

	if (relay == NULL)
		goto fail;
	relay->base = base;
	relay->clock = clock;
	relay->settings = *settings;
	relay->host = (struct upstream_host){ base, multi, pipes, clock, &relay->stats,
		malloc(UPSTREAM_SCRATCH) };
	TAILQ_INIT(&relay->channels);
	TAILQ_INIT(&relay->over);
	TAILQ_INIT(&relay->refused);
	relay->tick = event_new(base, -1, EV_PERSIST, relay_on_tick, relay);
	relay->reap = event_new(base, -1, 0, relay_on_reap, relay);
	if (relay->host.scratch == NULL || relay->tick == NULL || relay->reap == NULL)
		goto fail;
	/* sendfile to a viewer that has left would raise it, and has no flag against that. */
	signal(SIGPIPE, SIG_IGN);
	return relay;
fail:
	err_set(err, ENOMEM, "no memory for the relay");
	relay_free(relay);
	return NULL;
}

void
relay_free(struct relay *relay)
{
	struct channel *c;

	if (relay == NULL)
		return;
	while ((c = TAILQ_FIRST(&relay->channels)) != NULL)
		channel_end(c, NULL);
	relay_bury(relay);
	loop_event_free(relay->reap);
	loop_event_free(relay->tick);
	free(relay->host.scratch);
	free(relay);
}

void
relay_configure(struct relay *relay, const struct relay_settings *settings)
{
	relay->settings = *settings;
}

static struct channel *
relay_find(const struct relay *relay, uint64_t id)
{
	struct channel *c;

	TAILQ_FOREACH(c, &relay->channels, link) {
		if (c->id == id)
			return c;
	}
	return NULL;
}

void
relay_update(struct relay *relay, const struct relay_channel *channel)
{
	struct channel *c = relay_find(relay, channel->id);

	if (c != NULL && channel_update(c, channel) < 0)
		log_warn(&c->log, "no memory to take the new sources");
}

_Bool
relay_make_way(struct relay *relay, const struct ledger *account)
{
	struct channel *c, *oldest = NULL;

	TAILQ_FOREACH(c, &relay->channels, link) {
		if (c->state != RELAY_LINGERING || (account != NULL && c->account != account))
			continue;
		if (oldest == NULL || c->state_ms < oldest->state_ms)
			oldest = c;
	}
	if (oldest == NULL)
		return 0;
	channel_end(oldest, NULL);
	return 1;
}

struct relay_join *
relay_join(struct relay *relay, const struct relay_channel *channel, relay_ready_cb *ready,
    void *arg, struct err *err)
{
	const struct relay_settings *settings = &relay->settings;
	struct channel *c = relay_find(relay, channel->id);
	struct relay_join *join;

	if (relay->viewers >= settings->readers_max) {
		err_set(err, EUSERS, "all %u viewers' places are taken", settings->readers_max);
		return NULL;
	}
	if (c == NULL) {
		if (relay->stats.channels >= settings->channels_max &&
		    !relay_make_way(relay, NULL)) {
			err_set(err, EUSERS, "%u channels are running, the most there may be",
			    settings->channels_max);
			return NULL;
		}
		c = channel_new(relay, channel, err);
		if (c == NULL)
			return NULL;
		if (!event_pending(relay->tick, EV_TIMEOUT, NULL))
			(void)loop_after(relay->tick, TICK_MS);
	}
	join = channel_join(c, ready, arg);
	if (join == NULL)
		err_set(err, ENOMEM, "no memory for a viewer");
	return join;
}

/* Takes the join out of the world of the living. Its channel, or NULL. */
static struct channel *
join_take(struct relay_join *join)
{
	struct channel *c = join->channel;

	if (c != NULL)
		TAILQ_REMOVE(&c->joins, join, link);
	free(join);
	return c;
}

void
relay_cancel(struct relay_join *join)
{
	struct channel *c;

	join->relay->viewers--;
	c = join_take(join);
	if (c != NULL)
		channel_wake(c);
}

int
relay_attach(struct relay_join *join, int fd, const struct relay_reader_options *options,
    struct err *err)
{
	struct relay *relay = join->relay;
	struct channel *c = join_take(join);
	int rc;

	if (c != NULL)
		rc = channel_attach(c, fd, options, err);
	else
		rc = err_set(err, ECONNRESET, "the channel has ended");
	if (rc < 0) {
		relay->viewers--;
		close(fd);
	}
	return rc;
}

/* -- what is going on ------------------------------------------------------------------ */

void
relay_each_channel(const struct relay *relay,
    void (*cb)(void *arg, const struct relay_channel_info *info), void *arg)
{
	uint64_t now_ms = clock_ms(relay->clock);
	const struct channel *c;

	TAILQ_FOREACH(c, &relay->channels, link) {
		const struct relay_channel_info info = {
			.id = c->id,
			.number = c->number,
			.name = c->name,
			.state = c->state,
			.source = c->upstream != NULL ? c->label : "",
			.readers = c->readers.count,
			.since_ms = now_ms - c->started_ms,
			.bits_per_second = rate_read(&c->rate, now_ms) * 8,
			.bytes_in = c->bytes_in,
			.bytes_out = c->readers.bytes_out,
			.cc_errors = c->scan.cc_errors,
			.sync_losses = c->align.losses,
			.reconnects = c->reconnects,
			.window_bytes = window_held(&c->window),
			.video = scan_video(&c->scan),
			.scrambled = c->scan.scrambled,
		};

		cb(arg, &info);
	}
}

void
relay_each_reader(const struct relay *relay,
    void (*cb)(void *arg, const struct relay_reader_info *info), void *arg)
{
	uint64_t now_ms = clock_ms(relay->clock);
	const struct channel *c;
	const struct relay_reader *r;

	TAILQ_FOREACH(c, &relay->channels, link) {
		TAILQ_FOREACH(r, &c->readers.list, link) {
			const struct relay_reader_info info = {
				.channel = c->id,
				.peer = r->peer,
				.agent = r->agent,
				.since_ms = now_ms - r->started_ms,
				.bytes = r->bytes,
				.skipped = r->skipped,
				.behind = c->window.head > r->position
				    ? c->window.head - r->position
				    : 0,
				.sendfile = c->readers.sendfile,
			};

			if (!r->dead)
				cb(arg, &info);
		}
	}
}

void
relay_stats(const struct relay *relay, struct relay_stats *ret)
{
	const struct channel *c;

	*ret = relay->stats;
	ret->readers = 0;
	TAILQ_FOREACH(c, &relay->channels, link) {
		ret->readers += c->readers.count;
		ret->cc_errors += c->scan.cc_errors;
		ret->sync_losses += c->align.losses;
		ret->reconnects += c->reconnects;
	}
}
