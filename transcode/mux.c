#include "transcode/mux.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"

#define PID_PAT      0x0000
#define PID_NULL     0x1fff
#define PID_SDT      0x0011
#define HEAD         4  /* bytes of a packet before its adaptation field or payload */
#define AF_PCR       8  /* bytes of an adaptation field with a PCR */
#define PES_HEAD     14 /* bytes of a PES head with a PTS */
#define STREAM_VIDEO 0xe0
#define STREAM_AUDIO 0xc0
#define PROVIDER     "Masthead"

/* -- tables (ISO 13818-1 2.4.4, EN 300 468 5.2.3) ---------------------------- */

/* CRC_32 of annex A: polynomial 04C11DB7, all ones at first, no reflection. */
static uint32_t
crc32_mpeg(const uint8_t *data, size_t len)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < len; i++) {
		crc ^= (uint32_t)data[i] << 24;
		for (int bit = 0; bit < 8; bit++)
			crc = crc << 1 ^ (crc >> 31 ? 0x04c11db7 : 0);
	}
	return crc;
}

static uint8_t *
put16(uint8_t *p, unsigned value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
	return p + 2;
}

static uint8_t *
put_text(uint8_t *p, const char *text)
{
	size_t len = strlen(text);

	memcpy(p, text, len);
	return p + len;
}

static void
put_head(uint8_t *packet, unsigned pid, _Bool starts, unsigned fields, unsigned cc)
{
	packet[0] = 0x47;
	put16(packet + 1, pid | (starts ? 0x4000u : 0));
	packet[3] = (uint8_t)(fields << 4 | (cc & 0xf));
}

/* Begins a section's packet: pointer, table id, length to come, id, version 0, current, 0 of 0. */
static uint8_t *
section_begin(uint8_t *packet, unsigned pid, unsigned table, unsigned id)
{
	uint8_t *p = packet + HEAD;

	memset(packet, 0xff, MUX_PACKET);
	put_head(packet, pid, 1, 1, 0);
	*p++ = 0;
	*p++ = (uint8_t)table;
	p = put16(p + 2, id);
	*p++ = 0xc1;
	*p++ = 0;
	*p++ = 0;
	return p;
}

static void
section_end(uint8_t *packet, uint8_t *end)
{
	uint8_t *table = packet + HEAD + 1;
	size_t len = (size_t)(end - table) - 3 + 4; /* from behind the length, with the CRC */
	uint32_t crc;

	assert(end + 4 <= packet + MUX_PACKET);
	/* section_syntax_indicator, and reserved bits that the PAT and PMT begin with a 0. */
	put16(table + 1, (table[0] == 0x42 ? 0xf000u : 0xb000u) | (unsigned)len);
	crc = crc32_mpeg(table, (size_t)(end - table));
	put16(put16(end, crc >> 16), crc & 0xffff);
}

static void
make_pat(uint8_t *packet, const struct mux_spec *spec)
{
	uint8_t *p = section_begin(packet, PID_PAT, 0x00, spec->program);

	p = put16(p, spec->program);
	section_end(packet, put16(p, 0xe000u | spec->pmt_pid));
}

static uint8_t *
put_stream(uint8_t *p, enum mux_type type, unsigned pid)
{
	*p++ = (uint8_t)type;
	p = put16(p, 0xe000 | pid);
	return put16(p, 0xf000);
}

static void
make_pmt(uint8_t *packet, const struct mux_spec *spec)
{
	uint8_t *p = section_begin(packet, spec->pmt_pid, 0x02, spec->program);

	p = put16(p, 0xe000u | spec->video_pid);
	p = put16(p, 0xf000);
	p = put_stream(p, spec->video_type, spec->video_pid);
	section_end(packet, put_stream(p, spec->audio_type, spec->audio_pid));
}

/* A running, clear service of type television; names in UTF-8 (0x15, EN 300 468 annex A). */
static void
make_sdt(uint8_t *packet, const struct mux_spec *spec)
{
	size_t name = strlen(spec->name), provider = strlen(PROVIDER);
	size_t descriptor = 1 + 1 + provider + 1 + 1 + name;
	uint8_t *p = section_begin(packet, PID_SDT, 0x42, spec->program);

	assert(name <= MUX_NAME_MAX);
	p = put16(p, 0xff01); /* original_network_id: private, temporary use */
	*p++ = 0xff;
	p = put16(p, spec->program);
	*p++ = 0xfc; /* no EIT */
	p = put16(p, 0x8000u | (unsigned)(descriptor + 2));
	*p++ = 0x48;
	*p++ = (uint8_t)descriptor;
	*p++ = 0x01;
	*p++ = (uint8_t)provider;
	p = put_text(p, PROVIDER);
	*p++ = (uint8_t)(name + 1);
	*p++ = 0x15;
	section_end(packet, put_text(p, spec->name));
}

void
mux_init(struct mux *m, const struct mux_spec *spec)
{
	*m = (struct mux){ .video_pid = spec->video_pid, .audio_pid = spec->audio_pid };
	make_pat(m->pat, spec);
	make_pmt(m->pmt, spec);
	make_sdt(m->sdt, spec);
}

static void
add_table(struct buf *out, uint8_t *packet)
{
	buf_add(out, packet, MUX_PACKET);
	packet[3] = (uint8_t)((packet[3] & 0xf0) | ((packet[3] + 1) & 0xf));
}

void
mux_tables(struct mux *m, struct buf *out)
{
	add_table(out, m->sdt);
	add_table(out, m->pat);
	add_table(out, m->pmt);
}

/* -- PES (2.4.3.6) ----------------------------------------------------------- */

/* What the first packet of a PES packet has beside payload. */
struct adaptation {
	size_t len;    /* bytes with the length's own; 0: none */
	uint8_t flags; /* of the field's second byte */
	uint64_t pcr;  /* when the flags say so */
};
#define AF_RANDOM_ACCESS 0x40
#define AF_HAS_PCR       0x10

static void
put_pcr(uint8_t *p, uint64_t pcr)
{
	uint64_t base = pcr / 300 & ((UINT64_C(1) << 33) - 1);
	unsigned extension = (unsigned)(pcr % 300);

	put16(p, (unsigned)(base >> 17) & 0xffff);
	put16(p + 2, (unsigned)(base >> 1) & 0xffff);
	p[4] = (uint8_t)((base & 1) << 7 | 0x7e | extension >> 8);
	p[5] = (uint8_t)extension;
}

/* Writes the field and fills what is left of it with stuffing. */
static void
put_adaptation(uint8_t *p, const struct adaptation *af)
{
	p[0] = (uint8_t)(af->len - 1);
	if (af->len == 1)
		return;
	p[1] = af->flags;
	memset(p + 2, 0xff, af->len - 2);
	if (af->flags & AF_HAS_PCR)
		put_pcr(p + 2, af->pcr);
}

static void
put_pes_head(uint8_t *p, unsigned stream, const struct mux_unit *unit)
{
	size_t len = PES_HEAD - 6 + unit->len;
	uint64_t pts = unit->pts;

	p[0] = 0;
	p[1] = 0;
	p[2] = 1;
	p[3] = (uint8_t)stream;
	put16(p + 4, len <= 0xffff ? (unsigned)len : 0); /* 0: until the next one begins */
	p[6] = 0x84;                                     /* data_alignment_indicator */
	p[7] = 0x80;                                     /* a PTS; the DTS is the same */
	p[8] = PES_HEAD - 9;
	p[9] = (uint8_t)(0x21 | (pts >> 29 & 0x0e));
	put16(p + 10, (unsigned)(pts >> 14 & 0xfffe) | 1);
	put16(p + 12, (unsigned)(pts << 1 & 0xfffe) | 1);
}

/* The packets of one unit; `af` is for the first of them. */
static void
add_pes(struct buf *out, unsigned pid, uint8_t *cc, unsigned stream, const struct mux_unit *unit,
    struct adaptation af)
{
	const uint8_t *data = unit->data;
	size_t left = unit->len, head = PES_HEAD;

	do {
		uint8_t packet[MUX_PACKET], *p = packet + HEAD;
		size_t room = MUX_PACKET - HEAD - af.len - head;
		size_t take = left < room ? left : room;

		af.len += room - take;
		put_head(packet, pid, head > 0, af.len > 0 ? 3 : 1, (*cc)++);
		if (af.len > 0)
			put_adaptation(p, &af);
		p += af.len;
		if (head > 0)
			put_pes_head(p, stream, unit);
		p += head;
		memcpy(p, data, take);
		buf_add(out, packet, sizeof(packet));
		data += take;
		left -= take;
		head = 0;
		af = (struct adaptation){ 0 };
	} while (left > 0);
}

void
mux_pcr(struct mux *m, struct buf *out, uint64_t pcr)
{
	struct adaptation af = { MUX_PACKET - HEAD, AF_HAS_PCR, pcr };
	uint8_t packet[MUX_PACKET];

	/* Without payload the counter stays as in the packet before (2.4.3.3). */
	put_head(packet, m->video_pid, 0, 2, m->video_cc - 1u);
	put_adaptation(packet + HEAD, &af);
	buf_add(out, packet, sizeof(packet));
}

void
mux_video(struct mux *m, struct buf *out, const struct mux_unit *unit, uint64_t pcr,
    _Bool random_access)
{
	struct adaptation af = { AF_PCR, AF_HAS_PCR, pcr };

	if (random_access)
		af.flags |= AF_RANDOM_ACCESS;
	add_pes(out, m->video_pid, &m->video_cc, STREAM_VIDEO, unit, af);
}

void
mux_audio(struct mux *m, struct buf *out, const struct mux_unit *unit)
{
	struct adaptation af = { 0 };

	add_pes(out, m->audio_pid, &m->audio_cc, STREAM_AUDIO, unit, af);
}

void
mux_nulls(struct buf *out, size_t count)
{
	uint8_t packet[MUX_PACKET];

	memset(packet, 0xff, sizeof(packet));
	put_head(packet, PID_NULL, 0, 1, 0);
	for (; count > 0; count--)
		buf_add(out, packet, sizeof(packet));
}
