/*
 * Transport streams made for tests: every packet is known, and each carries its
 * number, so that a byte that was lost, doubled or altered shows.
 */
#ifndef TESTS_STREAM_H
#define TESTS_STREAM_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/relay/psi.h"
#include "gateway/relay/ts.h"

#define STREAM_PMT   0x100
#define STREAM_VIDEO 0x101
#define STREAM_AUDIO 0x102

struct stream {
	uint8_t *data;
	size_t len, cap;
	uint8_t counter[TS_PIDS]; /* the next */
	uint64_t pcr;             /* 90 kHz */
	uint32_t number;          /* of the next payload that nobody chose */
};

static inline void
stream_release(struct stream *s)
{
	free(s->data);
	s->data = NULL;
	s->len = s->cap = 0;
}

static inline uint8_t *
stream_room(struct stream *s, size_t len)
{
	if (s->len + len > s->cap) {
		s->cap = (s->cap + len) * 2;
		s->data = realloc(s->data, s->cap);
		if (s->data == NULL)
			abort();
	}
	s->len += len;
	return s->data + s->len - len;
}

/* flags: TS_START, TS_SCRAMBLE bits; af: adaptation field flags (TS_AF_PCR writes s->pcr). */
static inline size_t
stream_packet(struct stream *s, unsigned pid, uint32_t flags, unsigned af, const void *payload,
    size_t len)
{
	uint8_t *p = stream_room(s, TS_PACKET);
	size_t head = af & TS_AF_PCR ? 8 : af != 0 ? 2 : 0, room = TS_PACKET - 4;
	size_t n = len < room - head ? len : room - head, field = room - n;

	memset(p, 0xff, TS_PACKET);
	p[0] = TS_SYNC;
	p[1] = (uint8_t)((flags & TS_START ? 0x40 : 0) | pid >> 8);
	p[2] = (uint8_t)pid;
	p[3] = (uint8_t)((flags & TS_SCRAMBLE) | (field > 0 ? 0x20 : 0) | (n > 0 ? 0x10 : 0) |
	    (n > 0 ? s->counter[pid]++ & 0x0f : (s->counter[pid] - 1) & 0x0f));
	if (field > 0) {
		p[4] = (uint8_t)(field - 1);
		if (field > 1)
			p[5] = (uint8_t)af;
		if (af & TS_AF_PCR) {
			p[6] = (uint8_t)(s->pcr >> 25);
			p[7] = (uint8_t)(s->pcr >> 17);
			p[8] = (uint8_t)(s->pcr >> 9);
			p[9] = (uint8_t)(s->pcr >> 1);
			p[10] = (uint8_t)((s->pcr & 1) << 7 | 0x7e);
			p[11] = 0;
		}
	}
	if (n > 0)
		memcpy(p + 4 + field, payload, n);
	return n;
}

/* A payload of 184 bytes that says its number all over. */
static inline void
stream_filler(struct stream *s, unsigned pid)
{
	uint32_t words[46];

	for (size_t i = 0; i < 46; i++)
		words[i] = s->number ^ UINT32_C(0x5a5a5a5a);
	s->number++;
	stream_packet(s, pid, 0, 0, words, sizeof(words));
}

/* Ends a section in the making: length and CRC. Returns its whole length. */
static inline size_t
stream_seal(uint8_t *section, size_t len)
{
	uint32_t crc;

	section[1] = (uint8_t)(0xb0 | (len + 4 - 3) >> 8);
	section[2] = (uint8_t)(len + 4 - 3);
	crc = psi_crc(section, len);
	for (int i = 0; i < 4; i++)
		section[len++] = (uint8_t)(crc >> (24 - 8 * i));
	return len;
}

static inline void
stream_section(struct stream *s, unsigned pid, const uint8_t *section, size_t len)
{
	uint8_t out[PSI_PACKETS_MAX * TS_PACKET];
	size_t n = psi_packets(section, len, pid, 0, out) / TS_PACKET;

	psi_packets(section, len, pid, s->counter[pid] + (unsigned)n - 1, out);
	memcpy(stream_room(s, n * TS_PACKET), out, n * TS_PACKET);
	s->counter[pid] = (uint8_t)(s->counter[pid] + n);
}

static inline size_t
stream_pat_section(uint8_t *out, unsigned version, unsigned programme, unsigned pmt_pid)
{
	const uint8_t head[] = { 0, 0, 0, 0, 1, (uint8_t)(0xc1 | version << 1), 0, 0,
		(uint8_t)(programme >> 8), (uint8_t)programme, (uint8_t)(0xe0 | pmt_pid >> 8),
		(uint8_t)pmt_pid };

	memcpy(out, head, sizeof(head));
	return stream_seal(out, sizeof(head));
}

struct stream_es {
	uint8_t type;
	unsigned pid;
};

/* `padding`: bytes of a descriptor that makes the section so much longer. */
static inline size_t
stream_pmt_section(uint8_t *out, unsigned version, unsigned programme, unsigned pcr_pid,
    const struct stream_es *es, size_t count, size_t padding)
{
	const uint8_t head[] = { 2, 0, 0, (uint8_t)(programme >> 8), (uint8_t)programme,
		(uint8_t)(0xc1 | version << 1), 0, 0, (uint8_t)(0xe0 | pcr_pid >> 8),
		(uint8_t)pcr_pid, (uint8_t)(0xf0 | padding >> 8), (uint8_t)padding };
	size_t len = sizeof(head);

	memcpy(out, head, len);
	memset(out + len, 0x80, padding);
	len += padding;
	for (size_t i = 0; i < count; i++) {
		const uint8_t row[] = { es[i].type, (uint8_t)(0xe0 | es[i].pid >> 8),
			(uint8_t)es[i].pid, 0xf0, 0 };

		memcpy(out + len, row, sizeof(row));
		len += sizeof(row);
	}
	return stream_seal(out, len);
}

/* PAT and PMT of a programme with one video, and an audio. type 0: the audio alone. */
static inline void
stream_tables(struct stream *s, uint8_t type)
{
	const struct stream_es es[] = { { 0x03, STREAM_AUDIO }, { type, STREAM_VIDEO } };
	uint8_t section[PSI_SECTION_MAX];

	stream_section(s, TS_PID_PAT, section, stream_pat_section(section, 0, 1, STREAM_PMT));
	stream_section(s, STREAM_PMT, section,
	    stream_pmt_section(section, 0, 1, type != 0 ? STREAM_VIDEO : STREAM_AUDIO, es,
		type != 0 ? 2 : 1, 0));
}

/* A PES packet: header, then the elementary stream's bytes, in as many packets as it takes. */
static inline void
stream_pes(struct stream *s, unsigned pid, unsigned af, const void *es, size_t len)
{
	static const uint8_t head[] = { 0, 0, 1, 0xe0, 0, 0, 0x80, 0x80, 5, 0x21, 0, 1, 0, 1 };
	uint8_t *bytes = malloc(sizeof(head) + len);
	size_t done;

	if (bytes == NULL)
		abort();
	memcpy(bytes, head, sizeof(head));
	memcpy(bytes + sizeof(head), es, len);
	done = stream_packet(s, pid, TS_START, af, bytes, sizeof(head) + len);
	while (done < sizeof(head) + len)
		done += stream_packet(s, pid, 0, 0, bytes + done, sizeof(head) + len - done);
	free(bytes);
}

/*
 * One second: tables, then 25 pictures of `packets` packets each, H.264, the
 * first an IDR. The clock goes on by 40 ms a picture.
 */
static inline void
stream_second(struct stream *s, unsigned packets)
{
	static const uint8_t idr[] = { 0, 0, 0, 1, 9, 0x10, 0, 0, 1, 0x67, 1, 2, 3, 0, 0, 1, 0x65,
		0x88 };
	static const uint8_t p[] = { 0, 0, 0, 1, 9, 0x30, 0, 0, 1, 0x41, 0x9a };

	stream_tables(s, 0x1b);
	for (int i = 0; i < 25; i++) {
		stream_pes(s, STREAM_VIDEO, TS_AF_PCR, i == 0 ? idr : p,
		    i == 0 ? sizeof(idr) : sizeof(p));
		s->pcr += 3600;
		for (unsigned k = 1; k < packets; k++)
			stream_filler(s, STREAM_VIDEO);
	}
}

#endif
