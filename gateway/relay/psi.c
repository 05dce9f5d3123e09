#include "gateway/relay/psi.h"

#include <string.h>

#include "gateway/relay/ts.h"

#define TABLE_PAT 0x00
#define TABLE_PMT 0x02
#define STUFFING  0xff

#define HEAD_LEN 3 /* of any section, up to and with section_length */
#define LONG_LEN 8 /* of a section with section_syntax_indicator */
#define CRC_LEN  4

uint32_t
psi_crc(const uint8_t *data, size_t len)
{
	/* What four bits do: tables come several times a second, on every channel. */
	static const uint32_t table[16] = { 0x00000000, 0x04c11db7, 0x09823b6e, 0x0d4326d9,
		0x130476dc, 0x17c56b6b, 0x1a864db2, 0x1e475005, 0x2608edb8, 0x22c9f00f, 0x2f8ad6d6,
		0x2b4bcb61, 0x350c9b64, 0x31cd86d3, 0x3c8ea00a, 0x384fbdbd };
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < len; i++) {
		crc = crc << 4 ^ table[crc >> 28 ^ data[i] >> 4];
		crc = crc << 4 ^ table[crc >> 28 ^ (data[i] & 0x0f)];
	}
	return crc;
}

void
psi_break(struct psi_section *section)
{
	section->have = section->want = 0;
}

static size_t
read_12(const uint8_t *p)
{
	return (size_t)(p[0] & 0x0f) << 8 | p[1];
}

/* Adds bytes to the section. Returns how many it took; it is whole when have == want. */
static size_t
section_add(struct psi_section *s, const uint8_t *p, size_t len)
{
	size_t used = 0;

	while (used < len && s->have < HEAD_LEN)
		s->data[s->have++] = p[used++];
	if (s->have < HEAD_LEN)
		return used;
	if (s->want == 0)
		s->want = (uint16_t)(HEAD_LEN + read_12(s->data + 1));
	len -= used;
	if (len > (size_t)(s->want - s->have))
		len = (size_t)(s->want - s->have);
	if (s->have < PSI_SECTION_MAX) {
		size_t room = PSI_SECTION_MAX - s->have;

		memcpy(s->data + s->have, p + used, len < room ? len : room);
	}
	s->have += (uint16_t)len;
	return used + len;
}

static _Bool
section_done(struct psi_section *s, psi_section_cb *cb, void *arg)
{
	if (s->want == 0 || s->have < s->want)
		return 0;
	if (s->want <= PSI_SECTION_MAX && s->want >= LONG_LEN + CRC_LEN && s->data[1] & 0x80 &&
	    psi_crc(s->data, s->want) == 0)
		cb(arg, s->data, s->want);
	psi_break(s);
	return 1;
}

void
psi_feed(struct psi_section *section, const uint8_t *packet, psi_section_cb *cb, void *arg)
{
	unsigned at = ts_payload(packet), first;

	if (at == TS_PACKET)
		return;
	if (!(ts_header(packet) & TS_START)) {
		if (section->have > 0) {
			section_add(section, packet + at, TS_PACKET - at);
			section_done(section, cb, arg);
		}
		return;
	}
	first = at + 1u + packet[at]; /* pointer_field: where the first new section starts */
	at++;
	if (first > TS_PACKET) {
		psi_break(section);
		return;
	}
	if (section->have > 0) {
		section_add(section, packet + at, first - at);
		section_done(section, cb, arg);
	}
	psi_break(section);
	for (at = first; at < TS_PACKET && packet[at] != STUFFING;) {
		at += (unsigned)section_add(section, packet + at, TS_PACKET - at);
		section_done(section, cb, arg);
	}
}

/* The table is whole in this one section, by its own account, and is the one in force. */
static _Bool
is_table(const uint8_t *data, size_t len, unsigned id)
{
	return len >= LONG_LEN + CRC_LEN && data[0] == id && data[5] & 0x01;
}

_Bool
psi_read_pat(const uint8_t *data, size_t len, struct psi_pat *ret)
{
	if (!is_table(data, len, TABLE_PAT))
		return 0;
	ret->count = 0;
	for (size_t at = LONG_LEN; at + 4 + CRC_LEN <= len; at += 4) {
		unsigned number = (unsigned)data[at] << 8 | data[at + 1];
		unsigned pid = (unsigned)(data[at + 2] & 0x1f) << 8 | data[at + 3];

		/* Programme 0 is the network's table; PIDs below 0x10 are reserved. */
		if (number == 0 || pid < 0x10 || pid == TS_PID_NULL)
			continue;
		if (ret->count == PSI_PROGRAMMES_MAX)
			break;
		ret->programmes[ret->count++] = (struct psi_programme){ (uint16_t)number,
			(uint16_t)pid };
	}
	return ret->count > 0;
}

_Bool
psi_read_pmt(const uint8_t *data, size_t len, struct psi_pmt *ret)
{
	size_t at;

	if (!is_table(data, len, TABLE_PMT) || len < 12 + CRC_LEN)
		return 0;
	ret->programme = (uint16_t)(data[3] << 8 | data[4]);
	ret->pcr_pid = (uint16_t)((data[8] & 0x1f) << 8 | data[9]);
	ret->stream_count = 0;
	at = 12 + read_12(data + 10);
	while (at + 5 + CRC_LEN <= len && ret->stream_count < PSI_STREAMS_MAX) {
		struct psi_stream *stream = &ret->streams[ret->stream_count++];

		stream->type = data[at];
		stream->pid = (uint16_t)((data[at + 1] & 0x1f) << 8 | data[at + 2]);
		at += 5 + read_12(data + at + 3);
	}
	return 1;
}

size_t
psi_packets(const uint8_t *data, size_t len, unsigned pid, unsigned last, uint8_t *out)
{
	size_t count = (len + 1 + 183) / 184, done = 0;

	for (size_t i = 0; i < count; i++, out += TS_PACKET) {
		size_t at = 4, n;

		out[0] = TS_SYNC;
		out[1] = (uint8_t)((i == 0 ? 0x40 : 0) | pid >> 8);
		out[2] = (uint8_t)pid;
		out[3] = (uint8_t)(0x10 | ((last + 1 + 16 - (count - i)) & 0x0f));
		if (i == 0)
			out[at++] = 0; /* pointer_field */
		n = len - done < TS_PACKET - at ? len - done : TS_PACKET - at;
		memcpy(out + at, data + done, n);
		memset(out + at + n, STUFFING, TS_PACKET - at - n);
		done += n;
	}
	return count * TS_PACKET;
}
