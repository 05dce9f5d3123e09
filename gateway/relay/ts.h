/*
 * MPEG-2 transport stream packets, by ISO/IEC 13818-1 §2.4.3. Every function
 * takes a whole packet of TS_PACKET bytes and reads nothing beyond it, whatever
 * lengths the packet claims.
 */
#ifndef GATEWAY_RELAY_TS_H
#define GATEWAY_RELAY_TS_H

#include <stdint.h>

#define TS_PACKET   188
#define TS_SYNC     0x47
#define TS_PIDS     8192
#define TS_PID_PAT  0x0000
#define TS_PID_NULL 0x1fff

/* The four bytes of the header in one word, and its fields. */
#define TS_ERROR    UINT32_C(0x00800000) /* transport_error_indicator */
#define TS_START    UINT32_C(0x00400000) /* payload_unit_start_indicator */
#define TS_SCRAMBLE UINT32_C(0x000000c0) /* transport_scrambling_control */
#define TS_ADAPT    UINT32_C(0x00000020) /* an adaptation field follows */
#define TS_PAYLOAD  UINT32_C(0x00000010) /* a payload follows (it) */

static inline uint32_t
ts_header(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline unsigned
ts_pid(uint32_t header)
{
	return header >> 8 & 0x1fff;
}

static inline unsigned
ts_counter(uint32_t header)
{
	return header & 0x0f;
}

/* Flags of the adaptation field (§2.4.3.4); 0 without one. */
#define TS_AF_DISCONTINUITY 0x80
#define TS_AF_RANDOM_ACCESS 0x40
#define TS_AF_PCR           0x10

static inline unsigned
ts_af_flags(const uint8_t *p)
{
	return p[3] & 0x20 && p[4] > 0 ? p[5] : 0;
}

/* Where the payload begins; TS_PACKET without one. */
static inline unsigned
ts_payload(const uint8_t *p)
{
	unsigned at = 4;

	if (!(p[3] & 0x10))
		return TS_PACKET;
	if (p[3] & 0x20)
		at += 1u + p[4];
	return at < TS_PACKET ? at : TS_PACKET;
}

/* The base of the program clock reference, 33 bits at 90 kHz. False without one. */
static inline _Bool
ts_pcr(const uint8_t *p, uint64_t *ret)
{
	if (!(ts_af_flags(p) & TS_AF_PCR) || p[4] < 7)
		return 0;
	*ret = (uint64_t)p[6] << 25 | (uint64_t)p[7] << 17 | (uint64_t)p[8] << 9 |
	    (uint64_t)p[9] << 1 | p[10] >> 7;
	return 1;
}

#endif
