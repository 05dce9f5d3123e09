#include "bench/lib/ts.h"

#include <string.h>

/* A stamp: number in 5 and time in 9 bytes of 7 bits, the top bit set: never 0. */
#define SEQ_BYTES   5
#define TIME_BYTES  9
#define STAMP_BYTES (SEQ_BYTES + TIME_BYTES)

#define AF_RAI     0x40
#define AF_PCR     0x10
#define AF_PRIVATE 0x02
/* Bytes of the adaptation field behind its length: flags, private length, stamp (and PCR). */
#define AF_PSI     (1 + 1 + STAMP_BYTES)
#define AF_START   (AF_PSI + 6)

static const uint8_t stream_type[TS_CODECS] = { 0x1b, 0x1b, 0x24, 0x02 };
/* A video PES of unbounded length, data aligned, with a PTS of five bytes to come. */
static const uint8_t pes_head[9] = { 0, 0, 1, 0xe0, 0, 0, 0x84, 0x80, 5 };
static const char *const codec_name[TS_CODECS] = { "h264", "h264-open", "hevc", "mpeg2" };

/* What an access unit begins with: [codec][0] another picture, [1] a random access point. */
static const struct {
	uint8_t len;
	uint8_t bytes[47];
} unit_start[TS_CODECS][2] = {
	[TS_H264] = {
		{ 11, { 0, 0, 0, 1, 0x09, 0xf0, 0, 0, 1, 0x41, 0x9a } },
		{ 33, { 0, 0, 0, 1, 0x09, 0xf0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x1e, 0xd9, 0x01,
		          0x40, 0x16, 0xe8, 0x40, 0, 0, 1, 0x68, 0xcb, 0x83, 0xcb, 0x20, 0, 0, 1,
		          0x65, 0x88, 0x84 } },
	},
	[TS_H264_OPEN] = {
		{ 11, { 0, 0, 0, 1, 0x09, 0xf0, 0, 0, 1, 0x41, 0x9a } },
		{ 40, { 0, 0, 0, 1, 0x09, 0xf0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x1e, 0xd9, 0x01,
		          0x40, 0x16, 0xe8, 0x40, 0, 0, 1, 0x68, 0xcb, 0x83, 0xcb, 0x20, 0, 0, 1,
		          0x06, 0x06, 0x01, 0xc4, 0x80, 0, 0, 1, 0x41, 0x88 } },
	},
	[TS_HEVC] = {
		{ 14, { 0, 0, 0, 1, 0x46, 0x01, 0x50, 0, 0, 1, 0x02, 0x01, 0xd0, 0x11 } },
		{ 43, { 0, 0, 0, 1, 0x46, 0x01, 0x50, 0, 0, 1, 0x40, 0x01, 0x0c, 0x01, 0xff,
		          0xff, 0, 0, 1, 0x42, 0x01, 0x01, 0x01, 0x60, 0x90, 0, 0, 1, 0x44, 0x01,
		          0xc1, 0x73, 0xd1, 0x89, 0, 0, 1, 0x26, 0x01, 0xaf, 0x09, 0x11, 0x12 } },
	},
	[TS_MPEG2] = {
		{ 12, { 0, 0, 1, 0x00, 0x01, 0x17, 0xff, 0xf8, 0, 0, 1, 0x01 } },
		{ 32, { 0, 0, 1, 0xb3, 0x2d, 0x02, 0x40, 0x33, 0xff, 0xff, 0xe0, 0x18, 0, 0, 1,
		          0xb8, 0x10, 0x08, 0x04, 0x40, 0, 0, 1, 0x00, 0x01, 0x0f, 0xff, 0xf8, 0, 0,
		          1, 0x01 } },
	},
};

/* ISO/IEC 13818-1 Annex A: 0x04c11db7, from all ones, not reflected. */
static uint32_t
ts_crc(const uint8_t *data, unsigned len)
{
	uint32_t crc = 0xffffffff;

	for (unsigned i = 0; i < len; i++) {
		crc ^= (uint32_t)data[i] << 24;
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 0x80000000 ? crc << 1 ^ 0x04c11db7 : crc << 1;
	}
	return crc;
}

void
ts_stream_init(struct ts_stream *s, enum ts_codec codec, uint64_t rate)
{
	uint64_t packets = rate / 8 / TS_FPS / TS_PACKET;

	s->codec = codec;
	s->rai = 1;
	s->frame_packets = packets < TS_FRAME_MIN ? TS_FRAME_MIN : (unsigned)packets;
	s->gop = TS_FPS;
}

uint64_t
ts_stream_rate(const struct ts_stream *s)
{
	return (uint64_t)s->frame_packets * TS_PACKET * TS_FPS;
}

const char *
ts_codec_name(enum ts_codec codec)
{
	return codec_name[codec];
}

enum ts_role
ts_role(const struct ts_stream *s, uint64_t seq)
{
	switch (seq % s->frame_packets) {
	case 0: return TS_PAT;
	case 1: return TS_PMT;
	case 2: return seq / s->frame_packets % s->gop == 0 ? TS_RAP : TS_FRAME;
	default: return TS_FILL;
	}
}

static void
ts_put_stamp(uint8_t *p, uint64_t seq, uint64_t time_ns)
{
	for (int i = SEQ_BYTES - 1; i >= 0; i--, seq >>= 7)
		p[i] = (uint8_t)(0x80 | (seq & 0x7f));
	for (int i = STAMP_BYTES - 1; i >= SEQ_BYTES; i--, time_ns >>= 7)
		p[i] = (uint8_t)(0x80 | (time_ns & 0x7f));
}

static void
ts_fill(uint8_t *p, unsigned len, uint64_t seq)
{
	static uint8_t pattern[1024 + TS_PACKET];
	uint32_t x = 1;

	if (pattern[0] == 0) {
		for (unsigned i = 0; i < sizeof(pattern); i++) {
			x = x * 1664525 + 1013904223;
			pattern[i] = (uint8_t)(x >> 24 | 1);
		}
	}
	memcpy(p, pattern + seq % 1024, len);
}

static void
ts_header(uint8_t *p, unsigned pid, _Bool start, _Bool af, uint64_t cc)
{
	p[0] = 0x47;
	p[1] = (uint8_t)((start ? 0x40 : 0) | pid >> 8);
	p[2] = (uint8_t)pid;
	p[3] = (uint8_t)((af ? 0x30 : 0x10) | (cc & 15));
}

/* A PSI packet: stamp, the section, and the stuffing that 13818-1 2.4.4 asks for. */
static void
ts_make_psi(uint8_t *p, const uint8_t *section, unsigned len)
{
	uint8_t *out = p + 5 + AF_PSI;
	uint32_t crc = ts_crc(section, len);

	*out++ = 0; /* pointer_field */
	memcpy(out, section, len);
	out += len;
	for (int shift = 24; shift >= 0; shift -= 8)
		*out++ = (uint8_t)(crc >> shift);
	memset(out, 0xff, (size_t)(p + TS_PACKET - out));
}

static void
ts_make_pat(uint8_t *p)
{
	static const uint8_t section[] = { 0x00, 0xb0, 13, 0, 1, 0xc1, 0, 0, 0, 1,
		0xe0 | TS_PID_PMT >> 8, TS_PID_PMT & 0xff };

	ts_make_psi(p, section, sizeof(section));
}

static void
ts_make_pmt(uint8_t *p, enum ts_codec codec)
{
	const uint8_t section[] = { 0x02, 0xb0, 18, 0, 1, 0xc1, 0, 0, 0xe0 | TS_PID_VIDEO >> 8,
		TS_PID_VIDEO & 0xff, 0xf0, 0, stream_type[codec], 0xe0 | TS_PID_VIDEO >> 8,
		TS_PID_VIDEO & 0xff, 0xf0, 0 };

	ts_make_psi(p, section, sizeof(section));
}

/* PCR in the adaptation field, PTS in the PES header: the frame's time and half a second on. */
static void
ts_make_start(uint8_t *p, const struct ts_stream *s, uint64_t seq, _Bool rap)
{
	uint64_t frame = seq / s->frame_packets, pcr = frame * (90000 / TS_FPS), pts = pcr + 45000;
	uint8_t *pes = p + 5 + AF_START;

	p[6] = (uint8_t)(pcr >> 25);
	p[7] = (uint8_t)(pcr >> 17);
	p[8] = (uint8_t)(pcr >> 9);
	p[9] = (uint8_t)(pcr >> 1);
	p[10] = (uint8_t)(pcr << 7 | 0x7e);
	p[11] = 0;
	memcpy(pes, pes_head, sizeof(pes_head));
	pes[9] = (uint8_t)(0x21 | (pts >> 29 & 0x0e));
	pes[10] = (uint8_t)(pts >> 22);
	pes[11] = (uint8_t)(pts >> 14 | 1);
	pes[12] = (uint8_t)(pts >> 7);
	pes[13] = (uint8_t)(pts << 1 | 1);
	pes += 14;
	memcpy(pes, unit_start[s->codec][rap].bytes, unit_start[s->codec][rap].len);
	pes += unit_start[s->codec][rap].len;
	ts_fill(pes, (unsigned)(p + TS_PACKET - pes), seq);
}

void
ts_make(const struct ts_stream *s, uint64_t seq, uint64_t time_ns, uint8_t out[TS_PACKET])
{
	uint64_t frame = seq / s->frame_packets, k = seq % s->frame_packets;
	_Bool rap = frame % s->gop == 0;

	if (k > 2) {
		ts_header(out, TS_PID_VIDEO, 0, 0, frame * (s->frame_packets - 2) + k - 2);
		ts_put_stamp(out + 4, seq, time_ns);
		ts_fill(out + 4 + STAMP_BYTES, TS_PACKET - 4 - STAMP_BYTES, seq);
		return;
	}
	if (k == 2) {
		ts_header(out, TS_PID_VIDEO, 1, 1, frame * (s->frame_packets - 2));
		out[4] = AF_START;
		out[5] = (uint8_t)(AF_PCR | AF_PRIVATE | (s->rai && rap ? AF_RAI : 0));
		ts_make_start(out, s, seq, rap);
	} else {
		ts_header(out, k == 0 ? TS_PID_PAT : TS_PID_PMT, 1, 1, frame);
		out[4] = AF_PSI;
		out[5] = AF_PRIVATE;
		if (k == 0)
			ts_make_pat(out);
		else
			ts_make_pmt(out, s->codec);
	}
	out[4 + out[4] - STAMP_BYTES] = STAMP_BYTES;
	ts_put_stamp(out + 5 + out[4] - STAMP_BYTES, seq, time_ns);
}

_Bool
ts_stamp(const uint8_t packet[TS_PACKET], uint64_t *ret_seq, uint64_t *ret_time_ns)
{
	const uint8_t *p = packet + 4;
	uint64_t seq = 0, time_ns = 0;

	if ((packet[3] & 0x30) == 0x30) {
		if ((packet[4] != AF_PSI && packet[4] != AF_START) || !(packet[5] & AF_PRIVATE))
			return 0;
		p = packet + 5 + packet[4] - STAMP_BYTES;
		if (p[-1] != STAMP_BYTES)
			return 0;
	}
	for (int i = 0; i < STAMP_BYTES; i++) {
		if (!(p[i] & 0x80))
			return 0;
		if (i < SEQ_BYTES)
			seq = seq << 7 | (p[i] & 0x7f);
		else
			time_ns = time_ns << 7 | (p[i] & 0x7f);
	}
	*ret_seq = seq;
	*ret_time_ns = time_ns;
	return 1;
}

unsigned
ts_pid(const uint8_t packet[TS_PACKET])
{
	return (packet[1] & 0x1fu) << 8 | packet[2];
}

_Bool
ts_section_ok(const uint8_t packet[TS_PACKET])
{
	unsigned at = 4, len;

	if (packet[0] != 0x47 || !(packet[1] & 0x40) || !(packet[3] & 0x10))
		return 0;
	if (packet[3] & 0x20)
		at += 1u + packet[4];
	if (at >= TS_PACKET)
		return 0;
	at += 1u + packet[at]; /* pointer_field */
	if (at + 3 > TS_PACKET)
		return 0;
	len = 3 + ((packet[at + 1] & 0x0fu) << 8 | packet[at + 2]);
	return at + len <= TS_PACKET && len > 4 && ts_crc(packet + at, len) == 0;
}
