/*
 * The window of a channel: its last seconds, kept once for all readers.
 *
 * Positions are absolute: bytes since the channel began, 64 bits, whole packets.
 * The bytes lie in segments of 1024 packets, each in a slot of a memfd that is
 * mapped as a whole; a segment is both a whole number of packets and of pages,
 * so that no packet and no page is in two.
 *
 * What was given to sendfile is never written again: socket queues, also the
 * receiver's own on the same machine, hold references to those pages. Such a
 * segment's slot is punched out when it leaves the window, which gives it other
 * pages. Slots without pages (new or punched) are filled by pwrite, which spares
 * the faults and the clearing; others are written through the mapping.
 *
 * The window takes memory as it fills: slots beyond what it holds are given back.
 */
#ifndef GATEWAY_RELAY_WINDOW_H
#define GATEWAY_RELAY_WINDOW_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "gateway/relay/ts.h"

struct err;

#define WINDOW_SEGMENT  (1024 * TS_PACKET) /* 188 KiB: 47 pages of 4 KiB */
#define WINDOW_STAGE    (697 * TS_PACKET)  /* 128 KiB: gathered before a pwrite */
#define WINDOW_SEND_MAX 131072             /* bytes in one send; longer ones gain nothing */

struct window_segment {
	uint32_t slot;
	_Bool exported; /* some of it was given to sendfile */
	_Bool present;  /* its slot had pages when it was begun */
	uint64_t ms;    /* when it was begun */
};

struct window {
	uint64_t tail; /* the oldest byte that is there */
	uint64_t head; /* the end of what readers may have */
	size_t staged; /* bytes behind head that wait for window_flush */
	uint64_t max_ms;
	int fd;
	uint8_t *map;
	uint32_t slots; /* in the memfd */
	uint32_t holes; /* slots without pages, in `free` */
	uint32_t *free;
	int64_t spare; /* a slot with pages, for the segment that is begun next; -1: none */
	struct window_segment *segments; /* of number n in place n % slots */
	uint8_t *stage;
	/* Segments are about to leave: who reads before `tail` must move on now. May be NULL. */
	void (*leaving)(void *arg, uint64_t tail);
	void *arg;
};

/*
 * At most `max_bytes` (two segments or more) are kept, the segment that is being
 * filled included, and of whole segments at most `max_ms`.
 */
int window_init(struct window *w, uint64_t max_bytes, uint64_t max_ms, struct err *err);
void window_release(struct window *w);

/*
 * Appends whole packets. `leaving` is called from here. -errno: memory is short,
 * and the window is good for nothing but window_release.
 */
int window_append(struct window *w, const uint8_t *packets, size_t len, uint64_t now_ms,
    struct err *err);
/* Makes all that was appended readable. */
int window_flush(struct window *w, struct err *err);
/* Where the next packet will stand. */
uint64_t window_end(const struct window *w);

/* Copies `len` bytes that are there. They lie in one segment. */
void window_copy(const struct window *w, uint64_t position, void *out, size_t len);
/*
 * Offers bytes from `position` (tail <= position < head) to a socket, by the
 * mapping or by sendfile. Returns how many it took, or -errno; *ret_offered says
 * how many it could have. SIGPIPE must be ignored: sendfile has no MSG_NOSIGNAL.
 */
ssize_t window_send(const struct window *w, int fd, uint64_t position, size_t *ret_offered);
ssize_t window_sendfile(struct window *w, int fd, uint64_t position, size_t *ret_offered);
/* Bytes of memory held: whole segments. */
uint64_t window_held(const struct window *w);

#endif
