/*
 * The inside of the room: the relay's table and its channels.
 *
 * A channel is one upstream, one window, and whoever reads from it. Callbacks
 * only note what happened and call for a step; channel_step decides everything,
 * once a turn of the loop, and channel_go alone writes the state.
 *
 *	STARTING   no viewer has been told yet that there are bytes
 *	STREAMING  bytes flow
 *	RETRYING   they did; viewers wait for the next upstream
 *	LINGERING  nobody is there; the upstream stays open for linger_ms
 *
 * A channel that is over leaves the table at once and is freed at the end of the
 * turn.
 */
#ifndef GATEWAY_RELAY_CHANNEL_H
#define GATEWAY_RELAY_CHANNEL_H

#include "base/err.h"
#include "base/list.h"
#include "base/log.h"
#include "gateway/relay/align.h"
#include "gateway/relay/cooldown.h"
#include "gateway/relay/rate.h"
#include "gateway/relay/reader.h"
#include "gateway/relay/relay.h"
#include "gateway/relay/scan.h"
#include "gateway/relay/sources.h"
#include "gateway/relay/upstream.h"
#include "gateway/relay/window.h"

struct channel;
struct event;
TAILQ_HEAD(channel_list, channel);
TAILQ_HEAD(join_list, relay_join);

struct relay {
	struct event_base *base;
	const struct clock *clock;
	struct relay_settings settings;
	struct upstream_host host;
	struct relay_stats stats; /* without what live channels still count themselves */
	struct cooldown cooldown;
	struct channel_list channels;
	struct channel_list over; /* freed at the end of the turn, */
	struct join_list refused; /* and these too */
	struct event *tick;       /* runs while there are channels: all deadlines */
	struct event *reap;       /* frees what is over */
	unsigned viewers;         /* joins and readers */
};

struct relay_join {
	TAILQ_ENTRY(relay_join) link;
	struct channel *channel; /* NULL: it ended after this join was told of it */
	struct relay *relay;
	relay_ready_cb *ready;
	void *arg;
	uint64_t asked_us;
	uint64_t deadline_ms;
	_Bool told; /* ready was called with 0 */
};

struct channel {
	TAILQ_ENTRY(channel) link;
	struct relay *relay;
	uint64_t id;
	char *number, *name;
	struct log log;
	struct relay_settings settings; /* as they were when it started */

	enum relay_state state;
	_Bool over;
	uint64_t state_ms; /* when it took this state */
	uint64_t started_ms;
	struct event *step;
	struct join_list joins;
	struct sources sources;

	/* -- the upstream, and where it stands -- */
	struct upstream *upstream; /* NULL: the next one is opened at retry_ms */
	struct ledger *account;    /* whose lease it holds; borrowed from the lease */
	char label[64];            /* the name of its source */
	uint64_t url_key;          /* and its address, for the cool-down */
	uint64_t retry_ms;
	uint64_t deadline_ms; /* for its first packet */
	uint64_t first_ms;    /* its first packet came; 0: not yet */
	uint64_t packet_ms;   /* its last */
	_Bool fresh;          /* bytes came in this turn */
	_Bool ready;          /* a viewer may start */
	_Bool ended;          /* it said so; `fault` and `why` tell the reason */
	enum upstream_fault fault;
	struct err why;

	/* -- failures since it last was ready -- */
	struct err error; /* what the viewers are told */
	_Bool soft;       /* some source may work if it is asked again soon */

	/* -- the data -- */
	struct align align;
	struct scan scan;
	struct window window;
	int window_rc;    /* < 0: the window failed, and with it the channel */
	uint64_t run_end; /* where the packets end that are being scanned and appended */
	struct rate rate;
	uint64_t bytes_in, reconnects;
	struct reader_group readers;
};

/* -- channel.c: coming and going -- */

struct channel *channel_new(struct relay *relay, const struct relay_channel *spec, struct err *err);
/* Fails what still waits, ends the readers, closes the upstream, leaves the table. */
void channel_end(struct channel *c, const struct err *why);
/* After channel_end, at the end of the turn. */
void channel_free(struct channel *c);
int channel_update(struct channel *c, const struct relay_channel *spec);
struct relay_join *channel_join(struct channel *c, relay_ready_cb *ready, void *arg);
int channel_attach(struct channel *c, int fd, const struct relay_reader_options *options,
    struct err *err);
/* Calls for a step in this turn. */
void channel_wake(struct channel *c);
void channel_tick(struct channel *c);

/* -- channel_feed.c: the bytes -- */

extern const struct upstream_events channel_upstream_events;
int channel_feed_init(struct channel *c, struct err *err);
/* A new upstream's bytes will follow. */
void channel_feed_begin(struct channel *c);
/* What came in this turn becomes readable. */
void channel_feed_settle(struct channel *c);
/* Where a viewer who comes now starts, and the PSI it is sent first. */
struct scan_mark channel_start(const struct channel *c, uint8_t *psi, size_t *ret_psi_len);

/* -- channel_source.c: the upstream -- */

void channel_source_check(struct channel *c);
void channel_source_close(struct channel *c);

/* The only writer of the state. */
void channel_go(struct channel *c, enum relay_state state);

/* -- relay.c -- */

/* Ends the longest lingering channel that holds a lease of `account` (NULL: any). False: none. */
_Bool relay_make_way(struct relay *relay, const struct ledger *account);

#endif
