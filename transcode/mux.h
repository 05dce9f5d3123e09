/*
 * An MPEG transport stream of one programme with one video and one audio stream
 * (ISO 13818-1), with the service description of EN 300 468. What it writes is
 * whole 188-byte packets, appended to a buf; the caller asks buf_status().
 *
 * When to write what is the caller's: the tables, the PCRs and their times.
 */
#ifndef TRANSCODE_MUX_H
#define TRANSCODE_MUX_H

#include <stddef.h>
#include <stdint.h>

struct buf;

#define MUX_PACKET   188
#define MUX_CLOCK    27000000 /* units of a PCR in a second */
#define MUX_NAME_MAX 40       /* bytes of a service's name: the SDT is one packet */

/* stream_type, ISO 13818-1 table 2-34. */
enum mux_type {
	MUX_MPEG2_VIDEO = 0x02,
	MUX_MPEG1_AUDIO = 0x03,
	MUX_ADTS_AAC = 0x0f,
	MUX_H264 = 0x1b,
	MUX_HEVC = 0x24
};

struct mux_spec {
	uint16_t program; /* number, at least 1; also the transport stream's id */
	const char *name; /* UTF-8, at most MUX_NAME_MAX bytes */
	uint16_t pmt_pid, video_pid, audio_pid; /* video_pid has the PCR */
	enum mux_type video_type, audio_type;
};

struct mux {
	uint8_t pat[MUX_PACKET], pmt[MUX_PACKET], sdt[MUX_PACKET];
	uint16_t video_pid, audio_pid;
	uint8_t video_cc, audio_cc; /* of the next packet */
};

/* An access unit. */
struct mux_unit {
	const void *data;
	size_t len;
	uint64_t pts; /* 90 kHz; also its DTS: nothing here is reordered. 33 bits count */
};

void mux_init(struct mux *m, const struct mux_spec *spec);
/* SDT, PAT and PMT, a packet each. */
void mux_tables(struct mux *m, struct buf *out);
/* A packet with nothing but a PCR (27 MHz). */
void mux_pcr(struct mux *m, struct buf *out, uint64_t pcr);
/* A video unit as a PES packet, its first packet with a PCR, and marked as random access. */
void mux_video(struct mux *m, struct buf *out, const struct mux_unit *unit, uint64_t pcr,
    _Bool random_access);
/* Null packets (PID 0x1fff): to fill a constant rate up. */
void mux_nulls(struct buf *out, size_t count);
void mux_audio(struct mux *m, struct buf *out, const struct mux_unit *unit);

#endif
