#include <errno.h>
#include <stdio.h>

#include "base/clock.h"
#include "gateway/relay/channel.h"
#include "gateway/relay/ledger.h"

/* An upstream that ran for so long went well: its end is not a failure of the source. */
#define WELL_MS       5000
/* Bytes without a packet among them: this is no MPEG-TS. */
#define GARBAGE_MAX   (1 << 20)
/* A player that zaps asks for the next channel just before it leaves the last one. */
#define LEASE_WAIT_MS 1000
/* A provider counts a connection for a while after it was closed; who asks sooner gets banned. */
#define FULL_PAUSE_MS 3000

void
channel_source_close(struct channel *c)
{
	upstream_close(c->upstream);
	c->upstream = NULL;
	c->account = NULL;
	c->ready = c->ended = 0;
}

/* -- losing one ------------------------------------------------------------------ */

/* Is one more round worth it, before those who wait for the start are told no? */
static _Bool
may_ask_again(const struct channel *c, uint64_t now_ms)
{
	uint64_t wait = c->settings.connect_ms;

	if (c->error.code == -EUSERS && wait > LEASE_WAIT_MS)
		wait = LEASE_WAIT_MS;
	return c->soft && now_ms - c->state_ms < wait;
}

/* Who is asked next, and when. */
static void
channel_source_next(struct channel *c, enum upstream_fault fault, _Bool well)
{
	uint64_t now_ms = clock_ms(c->relay->clock), pause_ms;
	_Bool other = well ? sources_restart(&c->sources, fault != UPSTREAM_STALLED)
			   : sources_next(&c->sources);

	if (other) {
		c->retry_ms = now_ms;
		return;
	}
	if (c->state == RELAY_STARTING && !well && !may_ask_again(c, now_ms)) {
		channel_end(c, &c->error);
		return;
	}
	pause_ms = sources_pause(&c->sources);
	if (fault == UPSTREAM_FULL && pause_ms < FULL_PAUSE_MS)
		pause_ms = FULL_PAUSE_MS;
	c->retry_ms = now_ms + pause_ms;
}

/* The upstream in use, or the attempt to open it, has failed. */
static void
channel_source_lose(struct channel *c, enum upstream_fault fault, const struct err *why)
{
	uint64_t now_ms = clock_ms(c->relay->clock);
	_Bool well = c->ready && (fault == UPSTREAM_FINISHED || now_ms - c->first_ms >= WELL_MS);
	struct err err = *why;

	if (c->first_ms == 0 && (fault == UPSTREAM_ENDED || fault == UPSTREAM_FINISHED)) {
		fault = UPSTREAM_FORMAT;
		err_wrap(&err, "not MPEG-TS");
		err.code = -EBADMSG;
	}
	if (fault == UPSTREAM_DENIED && c->upstream != NULL)
		cooldown_add(&c->relay->cooldown, c->url_key, now_ms);
	if (fault == UPSTREAM_STALLED)
		c->relay->stats.stalls++;
	if (fault != UPSTREAM_FINISHED)
		log_warn_e(&c->log, &err, "source '%s'", c->label);
	/* That an account is full is the better thing to know: waiting helps. */
	if (c->error.code != -EUSERS)
		c->error = err;
	c->soft |= fault == UPSTREAM_NO_LEASE || fault == UPSTREAM_BUSY || fault == UPSTREAM_FULL ||
	    fault == UPSTREAM_ENDED;
	channel_source_close(c);
	if (c->state == RELAY_LINGERING) {
		channel_end(c, &err);
		return;
	}
	if (c->state == RELAY_STREAMING) {
		c->reconnects++;
		channel_go(c, RELAY_RETRYING);
	}
	channel_source_next(c, fault, well);
}

/* -- opening one ------------------------------------------------------------------ */

static _Bool
is_full(const struct ledger *account)
{
	return account != NULL && ledger_limit(account) != 0 &&
	    ledger_taken(account) >= ledger_limit(account);
}

/* When the first packet must have come. While viewers wait, all sources share connect_ms. */
static uint64_t
first_packet_deadline(const struct channel *c, uint64_t now_ms)
{
	uint64_t end_ms = c->state_ms + c->settings.connect_ms;

	if (c->state != RELAY_STARTING)
		return now_ms + c->settings.connect_ms;
	return end_ms > now_ms ? now_ms + (end_ms - now_ms) / c->sources.left : now_ms;
}

static void
channel_source_open(struct channel *c)
{
	const struct relay_source *source = sources_use(&c->sources);
	uint64_t now_ms = clock_ms(c->relay->clock), rest_ms;
	enum upstream_fault fault = UPSTREAM_DENIED;
	struct err err = ERR_INIT;

	channel_feed_begin(c);
	snprintf(c->label, sizeof(c->label), "%s", source->label);
	c->url_key = cooldown_key(source->url);
	rest_ms = cooldown_left(&c->relay->cooldown, c->url_key, now_ms);
	if (rest_ms > 0) {
		err_set(&err, EACCES, "the provider refused it; asked again in %u s",
		    (unsigned)((rest_ms + 999) / 1000));
		channel_source_lose(c, fault, &err);
		return;
	}
	if (is_full(source->account))
		relay_make_way(c->relay, source->account);
	c->upstream = upstream_open(&c->relay->host, source, &channel_upstream_events, c, &fault,
	    &err);
	if (c->upstream == NULL) {
		channel_source_lose(c, fault, &err);
		return;
	}
	c->account = source->account;
	c->deadline_ms = first_packet_deadline(c, now_ms);
}

/* -- watching it ------------------------------------------------------------------- */

/* What the upstream has said, or what its silence says. True: it is lost. */
static _Bool
channel_source_failed(struct channel *c, uint64_t now_ms, enum upstream_fault *fault,
    struct err *err)
{
	if (c->ended) {
		*fault = c->fault;
		*err = c->why;
	} else if (c->align.since_packet > GARBAGE_MAX) {
		*fault = UPSTREAM_FORMAT;
		err_set(err, EBADMSG, "not MPEG-TS: no packet in %u KiB", GARBAGE_MAX >> 10);
	} else if (c->first_ms == 0 && now_ms >= c->deadline_ms) {
		*fault = UPSTREAM_UNREACHABLE;
		err_set(err, ETIMEDOUT, "no MPEG-TS came in time");
	} else if (c->first_ms != 0 && now_ms - c->packet_ms >= c->settings.stall_ms) {
		*fault = UPSTREAM_STALLED;
		err_set(err, ETIMEDOUT, "nothing came for %llu ms",
		    (unsigned long long)(now_ms - c->packet_ms));
	} else {
		return 0;
	}
	return 1;
}

void
channel_source_check(struct channel *c)
{
	uint64_t now_ms = clock_ms(c->relay->clock);
	enum upstream_fault fault;
	struct err err = ERR_INIT;

	if (c->upstream != NULL && channel_source_failed(c, now_ms, &fault, &err))
		channel_source_lose(c, fault, &err);
	while (!c->over && c->upstream == NULL && now_ms >= c->retry_ms)
		channel_source_open(c);
	if (c->over || c->ready || c->upstream == NULL || c->first_ms == 0)
		return;
	if (c->scan.raps_held == 0 && now_ms - c->first_ms < c->settings.rap_wait_ms)
		return;
	c->ready = 1;
	c->error = (struct err)ERR_INIT;
	c->soft = 0;
	if (c->state != RELAY_LINGERING)
		channel_go(c, RELAY_STREAMING);
}
