/*
 * The relay: one upstream a channel, any number of viewers; the public face of
 * the room. One loop, one thread, no locks.
 *
 *	upstream -> align -> scan -> window -> readers
 *
 * A byte from a provider is copied once into the channel's window and sent to
 * every viewer from there. A viewer starts with PAT, PMT and the newest random
 * access point that lies `join_behind_ms` back, so that players start at once.
 * Viewers never slow each other or the upstream: one that falls out of the
 * window is moved on to a random access point, or dropped after late_ms. An
 * upstream that ends, stalls or sends rubbish is opened again with back-off
 * while the viewers keep their connections.
 *
 * The relay knows nothing of HTTP: it is handed a connected socket and the bytes
 * to send first.
 */
#ifndef GATEWAY_RELAY_RELAY_H
#define GATEWAY_RELAY_RELAY_H

#include <stddef.h>
#include <stdint.h>

struct clock;
struct err;
struct event_base;
struct ledger;
struct multi;
struct relay;
struct relay_join;
struct relay_reader;

struct relay_settings {
	uint64_t window_bytes;   /* at most this, 1 MiB to 256 MiB */
	uint64_t window_ms;      /* and at most this much time */
	uint64_t join_behind_ms; /* how far behind the live edge a viewer starts */
	uint64_t linger_ms;      /* an upstream stays open after its last viewer */
	uint64_t connect_ms;     /* from opening an upstream to its first TS packet */
	uint64_t stall_ms;       /* silence that counts as the end of an upstream */
	uint64_t late_ms;        /* a reader that takes nothing for so long is dropped */
	uint64_t rap_wait_ms;    /* a cold start waits so long for a random access point: 1500 */
	unsigned sendfile_from;  /* readers from which a channel uses sendfile; 0: never */
	unsigned channels_max, readers_max; /* admission; -EUSERS beyond */
};

/* Upstreams that need a process (testcard: and, later, what libavformat demuxes). */
struct relay_pipe_ops {
	/* Starts one that writes MPEG-TS to *ret_fd, the relay's to close; *ret_handle for stop. */
	int (*start)(void *arg, const char *url, int *ret_fd, void **ret_handle, struct err *err);
	/* Ends it; called once for every start, after the descriptor was closed. */
	void (*stop)(void *arg, void *handle);
	void *arg;
};

/* One way to get a channel. All text is copied. */
struct relay_source {
	const char *url;        /* http(s):, file:, or another scheme for the pipe ops */
	const char *user_agent; /* NULL: the default */
	const char *headers;    /* "Name: value\n" each; NULL: none */
	const char *proxy;      /* NULL: none */
	const char *label;      /* the source's name, for status and logs */
	struct ledger *account; /* a lease of it is held while the socket is open; NULL: none */
};
#define RELAY_SOURCES_MAX 8
struct relay_channel {
	uint64_t id; /* stable; equal ids share one upstream */
	const char *number, *name;
	const struct relay_source *sources; /* best first */
	size_t source_count;                /* 1 to RELAY_SOURCES_MAX */
};

struct relay *relay_new(struct event_base *base, struct multi *multi,
    const struct relay_settings *settings, const struct relay_pipe_ops *pipes,
    const struct clock *clock, struct err *err);
/* Ends everything. Not from inside one of its callbacks. NULL: no-op. */
void relay_free(struct relay *relay);
/* New settings hold for channels that start later. */
void relay_configure(struct relay *relay, const struct relay_settings *settings);
/* If that channel is running: where it connects the next time. Viewers notice nothing. */
void relay_update(struct relay *relay, const struct relay_channel *channel);

/*
 * Asks for a channel: joins a running one or opens its upstream. `ready` is called
 * once, from the loop, never from inside this call:
 *   rc 0: there are bytes to send; call relay_attach at once, or relay_cancel;
 *   rc <0, the join is gone:
 *     -EUSERS     no lease of any source's account is free
 *     -ETIMEDOUT  the upstream sent nothing that is MPEG-TS in time
 *     -ECONNREFUSED, -EBADMSG, ... it could not be opened; err says why
 * NULL with *err set: refused at once (-EUSERS over a limit, -ENOMEM).
 */
typedef void relay_ready_cb(void *arg, int rc, const struct err *err);
struct relay_join *relay_join(struct relay *relay, const struct relay_channel *channel,
    relay_ready_cb *ready, void *arg, struct err *err);
/* The asker has left. Not after `ready` with rc < 0. */
void relay_cancel(struct relay_join *join);

struct relay_reader_options {
	const char *peer;     /* for status and logs */
	const char *agent;    /* the player's name for itself; NULL: unknown */
	uint64_t duration_ms; /* ends after so much time; 0: never */
	const void *head;     /* sent first, counted for nothing */
	size_t head_len;
	/* Called once when the reader ends for whatever reason. May be NULL. */
	void (*closed)(void *arg);
	void *arg;
};
/*
 * Turns a ready join into a reader of `fd` (stream socket, non-blocking; the
 * relay's to close from now on, also on failure). The join is gone after this.
 */
int relay_attach(struct relay_join *join, int fd, const struct relay_reader_options *options,
    struct err *err);

/* -- what is going on ------------------------------------------------------ */

enum relay_state { RELAY_STARTING, RELAY_STREAMING, RELAY_RETRYING, RELAY_LINGERING };
const char *relay_state_name(enum relay_state state);

struct relay_channel_info { /* borrowed: valid inside the callback */
	uint64_t id;
	const char *number, *name;
	enum relay_state state;
	const char *source; /* the label of the upstream in use; "" without one */
	unsigned readers;
	uint64_t since_ms;        /* how long it has been running */
	uint64_t bits_per_second; /* over the last seconds */
	uint64_t bytes_in, bytes_out;
	uint64_t cc_errors; /* continuity breaks that the upstream had */
	uint64_t sync_losses;
	uint64_t reconnects;
	uint64_t window_bytes; /* held now */
	const char *video;     /* "mpeg2", "h264", "hevc"; "" for radio or unknown */
	_Bool scrambled;
};
struct relay_reader_info { /* borrowed */
	uint64_t channel;
	const char *peer, *agent;
	uint64_t since_ms, bytes, skipped; /* skipped: bytes it was too slow for */
	uint64_t behind;                   /* bytes it lags the live edge */
	_Bool sendfile;
};
void relay_each_channel(const struct relay *relay,
    void (*cb)(void *arg, const struct relay_channel_info *info), void *arg);
void relay_each_reader(const struct relay *relay,
    void (*cb)(void *arg, const struct relay_reader_info *info), void *arg);

struct relay_stats { /* totals since the start, ended channels included */
	unsigned channels, readers;
	uint64_t bytes_in, bytes_out, bytes_skipped;
	uint64_t cc_errors, sync_losses, reconnects, stalls;
	uint64_t tunes, tune_failures;
	uint64_t readers_dropped; /* too slow for late_ms */
	uint64_t tune_us_total;   /* join to ready, summed over successful tunes */
	uint64_t reads, sends;    /* system calls made for media, in and out */
};
void relay_stats(const struct relay *relay, struct relay_stats *ret);

#endif
