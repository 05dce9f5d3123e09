/*
 * A synthetic MPEG-TS whose every byte is known: packet number `seq` of a
 * stream can be made anywhere, so whoever receives packets can tell a changed,
 * lost, repeated or late one without a copy of what was sent.
 *
 * One programme, one video PID, 25 frames a second. A frame is PAT, PMT, and a
 * PES that starts with PCR and PTS (ISO/IEC 13818-1); each `gop`th is a random
 * access point as its codec marks one. Every packet carries a stamp: its number
 * and the moment it was made (CLOCK_MONOTONIC, nanoseconds), in the private data
 * of the adaptation field of PSI and PES starts, at the front of the payload of
 * all others. No byte of the filling is 0, so it holds no start code.
 */
#ifndef BENCH_LIB_TS_H
#define BENCH_LIB_TS_H

#include <stdint.h>

#define TS_PACKET 188
#define TS_FPS    25

enum ts_codec {
	TS_H264,      /* IDR pictures */
	TS_H264_OPEN, /* no IDR: SPS, recovery point SEI and an I slice, as broadcasters do */
	TS_HEVC,
	TS_MPEG2,
	TS_CODECS
};

struct ts_stream {
	enum ts_codec codec;
	_Bool rai;              /* random_access_indicator is set at random access points */
	unsigned frame_packets; /* of one frame, at least TS_FRAME_MIN */
	unsigned gop;           /* frames from one random access point to the next */
};
#define TS_FRAME_MIN 4

enum ts_role { TS_PAT, TS_PMT, TS_RAP, TS_FRAME, TS_FILL };

/* A stream of about `rate` bits per second. */
void ts_stream_init(struct ts_stream *s, enum ts_codec codec, uint64_t rate);
/* Bytes per second of exactly this stream. */
uint64_t ts_stream_rate(const struct ts_stream *s);
const char *ts_codec_name(enum ts_codec codec);

enum ts_role ts_role(const struct ts_stream *s, uint64_t seq);
/* Makes packet `seq` with that time in its stamp. */
void ts_make(const struct ts_stream *s, uint64_t seq, uint64_t time_ns, uint8_t out[TS_PACKET]);

/* Reads a stamp. False: there is none where one belongs. */
_Bool ts_stamp(const uint8_t packet[TS_PACKET], uint64_t *ret_seq, uint64_t *ret_time_ns);
unsigned ts_pid(const uint8_t packet[TS_PACKET]);
#define TS_PID_PAT   0u
#define TS_PID_PMT   0x100u
#define TS_PID_VIDEO 0x101u
/* The section in a PAT or PMT packet is whole and its CRC is right (13818-1 Annex A). */
_Bool ts_section_ok(const uint8_t packet[TS_PACKET]);

#endif
