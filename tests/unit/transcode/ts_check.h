/*
 * Reads a transport stream that our muxer made, packet by packet, and stops the
 * test at the first thing that ISO 13818-1 does not allow. What a test wants to
 * know beyond that is counted.
 */
#ifndef TESTS_UNIT_TRANSCODE_TS_CHECK_H
#define TESTS_UNIT_TRANSCODE_TS_CHECK_H

#include <stdint.h>
#include <string.h>

#include "transcode/mux.h"
#include "transcode/testcard.h"
#include "unit.h"

#define TS_UNITS 2000

struct ts_unit {
	uint64_t pts;
	_Bool random_access;
	_Bool after_tables; /* right behind a PAT and a PMT */
	size_t len;         /* bytes of payload, without the PES head */
	size_t announced;   /* the PES head's length field */
};

struct ts_check {
	size_t packets, tables, nulls, pcrs, audio_units, video_units;
	uint64_t first_pcr, last_pcr, pcr_gap, table_gap; /* 27 MHz; the gaps are the widest */
	uint64_t tables_at;
	struct ts_unit video[TS_UNITS], audio[TS_UNITS];
	unsigned previous[2]; /* PIDs of the two packets before */
	int cc[0x2000];
};

static inline uint32_t
ts_crc(const uint8_t *p, size_t len)
{
	uint32_t crc = UINT32_MAX;

	for (size_t bit = 0; bit < len * 8; bit++) {
		uint32_t in = p[bit / 8] >> (7 - bit % 8) & 1;

		crc = crc << 1 ^ ((crc >> 31 ^ in) != 0 ? 0x04c11db7 : 0);
	}
	return crc;
}

/* A section alone in its packet; a CRC over it and its own CRC leaves 0. */
static inline const uint8_t *
ts_section(const uint8_t *packet, unsigned table)
{
	const uint8_t *s = packet + 5;
	size_t len = 3 + ((s[1] & 0xfu) << 8 | s[2]);

	ck_assert_uint_eq(packet[3] & 0x30, 0x10);
	ck_assert_uint_eq(packet[4], 0);
	ck_assert_uint_eq(s[0], table);
	ck_assert_uint_le(len, MUX_PACKET - 5);
	ck_assert_uint_eq(ts_crc(s, len), 0);
	for (const uint8_t *p = s + len; p < packet + MUX_PACKET; p++)
		ck_assert_uint_eq(*p, 0xff);
	return s;
}

static inline void
ts_pcr(struct ts_check *c, const uint8_t *p)
{
	uint64_t base = (uint64_t)p[0] << 25 | (uint64_t)p[1] << 17 | (uint64_t)p[2] << 9 |
	    (uint64_t)p[3] << 1 | p[4] >> 7;
	uint64_t pcr = base * 300 + ((p[4] & 1u) << 8 | p[5]);

	ck_assert_uint_eq(p[4] & 0x7e, 0x7e);
	if (c->pcrs == 0)
		c->first_pcr = c->tables_at = pcr;
	else
		ck_assert_uint_gt(pcr, c->last_pcr);
	if (c->pcrs > 0 && pcr - c->last_pcr > c->pcr_gap)
		c->pcr_gap = pcr - c->last_pcr;
	c->pcrs++;
	c->last_pcr = pcr;
}

static inline uint64_t
ts_pts(const uint8_t *p)
{
	ck_assert_uint_eq(p[0] >> 4, 2);
	ck_assert_uint_eq(p[0] & p[2] & p[4] & 1, 1);
	return (uint64_t)(p[0] & 0xe) << 29 | (uint64_t)p[1] << 22 | (uint64_t)(p[2] & 0xfe) << 14 |
	    (uint64_t)p[3] << 7 | p[4] >> 1;
}

static inline void
ts_payload(struct ts_check *c, _Bool video, _Bool starts, _Bool random_access, const uint8_t *p,
    size_t len)
{
	size_t *count = video ? &c->video_units : &c->audio_units;
	struct ts_unit *units = video ? c->video : c->audio;

	if (starts) {
		ck_assert_uint_ge(len, 14);
		ck_assert_mem_eq(p, ((const uint8_t[]){ 0, 0, 1, video ? 0xe0 : 0xc0 }), 4);
		ck_assert_uint_eq(p[7], 0x80);
		ck_assert_uint_eq(p[8], 5);
		ck_assert_uint_lt(*count, TS_UNITS);
		units[(*count)++] = (struct ts_unit){
			.pts = ts_pts(p + 9),
			.random_access = random_access,
			.after_tables = c->previous[0] == 0 && c->previous[1] == TESTCARD_PID_PMT,
			.announced = (size_t)p[4] << 8 | p[5],
		};
		len -= 14;
	}
	ck_assert_uint_gt(*count, 0);
	units[*count - 1].len += len;
}

/* The adaptation field, and what follows. */
static inline void
ts_elementary(struct ts_check *c, const uint8_t *packet, unsigned pid)
{
	_Bool video = pid == TESTCARD_PID_VIDEO, random_access = 0;
	size_t at = 4;

	if (packet[3] & 0x20) {
		at += 1u + packet[4];
		ck_assert_uint_le(at, MUX_PACKET);
		if (packet[4] > 0) {
			random_access = (packet[5] & 0x40) != 0;
			ck_assert(!random_access || (packet[5] & 0x10));
			if (packet[5] & 0x10) {
				ck_assert(video);
				ts_pcr(c, packet + 6);
			}
		}
	}
	if (packet[3] & 0x10) {
		ck_assert_uint_lt(at, MUX_PACKET);
		ts_payload(c, video, (packet[1] & 0x40) != 0, random_access, packet + at,
		    MUX_PACKET - at);
	} else {
		ck_assert_uint_eq(at, MUX_PACKET);
	}
}

static inline void
ts_continuity(struct ts_check *c, const uint8_t *packet, unsigned pid)
{
	int cc = packet[3] & 0xf;
	_Bool payload = (packet[3] & 0x10) != 0;

	if (c->cc[pid] >= 0)
		ck_assert_int_eq(cc, (c->cc[pid] + payload) & 0xf);
	c->cc[pid] = cc;
}

static inline void
ts_packet(struct ts_check *c, const uint8_t *packet)
{
	unsigned pid = (packet[1] & 0x1fu) << 8 | packet[2];

	ck_assert_uint_eq(packet[0], 0x47);
	ck_assert_uint_eq(packet[1] & 0xa0, 0); /* no error, no priority */
	ck_assert_uint_eq(packet[3] & 0xc0, 0); /* not scrambled */
	c->packets++;
	if (pid == 0x1fff) {
		c->nulls++;
		return;
	}
	ts_continuity(c, packet, pid);
	switch (pid) {
	case 0x00: ts_section(packet, 0x00); break;
	case 0x11: ts_section(packet, 0x42); break;
	case TESTCARD_PID_PMT:
		ts_section(packet, 0x02);
		c->tables++;
		break;
	case TESTCARD_PID_VIDEO:
	case TESTCARD_PID_AUDIO: {
		size_t before = c->pcrs;

		ts_elementary(c, packet, pid);
		/* The PCR after a table tells when it came. */
		if (c->pcrs > before && c->previous[1] == TESTCARD_PID_PMT) {
			if (c->last_pcr - c->tables_at > c->table_gap)
				c->table_gap = c->last_pcr - c->tables_at;
			c->tables_at = c->last_pcr;
		}
		break;
	}
	default: ck_abort_msg("packet %zu has PID %u", c->packets, pid);
	}
	c->previous[0] = c->previous[1];
	c->previous[1] = pid;
}

/* The length field counts what comes behind it: 8 bytes of the head, and the unit. */
static inline void
ts_check_length(const struct ts_unit *unit)
{
	ck_assert_uint_eq(unit->announced, unit->len + 8 <= 0xffff ? unit->len + 8 : 0);
}

static inline void
ts_check(struct ts_check *c, const void *data, size_t len)
{
	memset(c, 0, sizeof(*c));
	memset(c->cc, 0xff, sizeof(c->cc));
	c->previous[0] = c->previous[1] = 0x1fff;
	ck_assert_uint_eq(len % MUX_PACKET, 0);
	for (size_t at = 0; at < len; at += MUX_PACKET)
		ts_packet(c, (const uint8_t *)data + at);
	/* All but the last one, which the stream's end may have cut. */
	for (size_t i = 0; i + 1 < c->video_units; i++)
		ts_check_length(&c->video[i]);
	for (size_t i = 0; i + 1 < c->audio_units; i++)
		ts_check_length(&c->audio[i]);
}

#endif
