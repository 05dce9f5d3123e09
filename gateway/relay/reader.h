/*
 * A reader: whoever takes bytes from a window. It costs a position, two events
 * and what it has to be sent before the window's bytes; nothing else is kept for
 * it, so that a thousand of them are cheap and none can delay another.
 *
 * A reader that is slower than the stream falls behind until its bytes are about
 * to leave the window; then it is moved on to a mark, at a packet's boundary, and
 * hears the PAT and PMT again. One that takes nothing at all for late_ms ends,
 * and one whose peer has vanished without a word, sooner.
 */
#ifndef GATEWAY_RELAY_READER_H
#define GATEWAY_RELAY_READER_H

#include <event2/event_struct.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"

struct err;
struct event_base;
struct relay_reader_options;
struct relay_stats;
struct clock;
struct window;

/* What the readers of a channel share. */
struct reader_group {
	struct event_base *base;
	const struct clock *clock;
	struct window *window;
	struct relay_stats *stats;
	uint64_t bytes_out;
	uint64_t late_ms;
	uint64_t silent_ms;          /* a peer that acknowledges nothing for so long is gone */
	uint64_t seen_head, seen_ms; /* of the window, and when it was first seen there */
	_Bool sendfile;              /* how the next bytes are sent */
	TAILQ_HEAD(reader_list, relay_reader) list;
	unsigned count;
	_Bool ended; /* some reader has; reader_reap is due */
	/* It has, and this comes from the loop. */
	void (*changed)(void *arg);
	void *arg;
};

struct relay_reader {
	TAILQ_ENTRY(relay_reader) link;
	struct reader_group *group;
	uint64_t position;
	struct event readable, writable;
	uint8_t *prefix; /* sent before position's bytes; NULL: none */
	uint16_t prefix_len, prefix_sent;
	_Bool waiting; /* for the socket to take more */
	_Bool dead;    /* ended; freed by reader_reap */
	int fd;
	uint32_t heard;              /* bytes that the peer has sent */
	uint64_t blocked_ms;         /* since when it takes nothing; 0: it does */
	uint64_t started_ms, end_ms; /* end_ms 0: none */
	uint64_t bytes, skipped;
	void (*closed)(void *arg);
	void *arg;
	const char *peer, *agent; /* in `text` */
	char text[];
};

/* silent_ms, and what the kernel's keep-alive probes are set for. */
#define READER_SILENT_MS 15000

void reader_group_init(struct reader_group *group);

/*
 * Makes `fd` a reader at `position`, which first gets options->head and `psi`.
 * The descriptor is the reader's on success only. Nothing is sent yet.
 */
#define READER_HEAD_MAX 8192
int reader_join(struct reader_group *group, int fd, const struct relay_reader_options *options,
    uint64_t position, const uint8_t *psi, size_t psi_len, struct err *err);
/* Sends what there is to all who wait for nothing but bytes. */
void reader_pump(struct reader_group *group);
/* The bytes before `position` leave: who is there goes on at `to`, after `psi`. */
void reader_skip(struct reader_group *group, uint64_t position, uint64_t to, const uint8_t *psi,
    size_t psi_len);
/* Now and then: ends those whose time is over, who take nothing, or whose peer is gone. */
void reader_check(struct reader_group *group);
/* Ends them all. */
void reader_end_all(struct reader_group *group);
/* Frees those that ended, and tells their owners. Returns how many. */
unsigned reader_reap(struct reader_group *group);

#endif
