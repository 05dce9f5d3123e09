/*
 * Alignment: bytes from a provider, cut anywhere, become runs of whole
 * transport stream packets. The input is hostile; memory is this struct.
 *
 * Sync is found where 0x47 stands at five equal strides: 188, or 192 (a
 * timestamp before each packet, as M2TS) or 204 (parity after each packet, as
 * DVB), of which the 188 are kept. It is lost at the first packet that does not
 * begin with 0x47. Packets are never altered, and what comes out depends only on
 * the bytes, not on where they were cut.
 *
 * In sync a run of 188-byte packets lies in the input itself; only a packet that
 * was cut goes through the struct.
 *
 *	align_feed(&a, data, len);
 *	while ((n = align_next(&a, &packets)) > 0)
 *		... n bytes at packets, a multiple of TS_PACKET
 */
#ifndef GATEWAY_RELAY_ALIGN_H
#define GATEWAY_RELAY_ALIGN_H

#include <stddef.h>
#include <stdint.h>

#define ALIGN_STRIDE_MAX 204
#define ALIGN_SYNCS      5
#define ALIGN_HUNT       2048 /* bytes searched at once; more than five strides */

struct align {
	unsigned stride;      /* 188, 192 or 204; 0: not in sync */
	unsigned skip;        /* bytes between packets that are still to be passed over */
	unsigned carried;     /* bytes of a cut packet in `carry` */
	const uint8_t *input; /* what is left of the last feed */
	size_t input_len;
	size_t hunted, replayed; /* in `hunt`: bytes there, and those of them used again */
	uint64_t packets;        /* that came out */
	uint64_t garbage;        /* bytes that were in no packet */
	uint64_t since_packet;   /* of these, how many since the last packet */
	uint64_t losses;         /* times that sync was lost */
	uint8_t carry[188];
	uint8_t hunt[ALIGN_HUNT];
};

/* Forgets the stream, keeps the counters. A zeroed struct is ready too. */
void align_reset(struct align *a);
/* The next bytes. They must stay until align_next has returned 0. */
void align_feed(struct align *a, const uint8_t *data, size_t len);
/* A run of packets that stays valid until the next call. 0: more input is needed. */
size_t align_next(struct align *a, const uint8_t **ret);

#endif
