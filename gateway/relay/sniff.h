/*
 * Random access by content: does a decoder that knows nothing yet start with
 * this picture? Looks into the first bytes of a PES packet (ISO/IEC 13818-1
 * §2.4.3.6), cut anywhere, until the first picture or slice has told.
 *
 *	MPEG-2 (13818-2)  sequence header, group of pictures, or I picture
 *	H.264 (14496-10)  IDR slice; or a sequence parameter set with a recovery point
 *	                  or an I slice: open-GOP broadcasts have no IDR
 *	HEVC (23008-2)    IRAP slice, or a video or sequence parameter set
 */
#ifndef GATEWAY_RELAY_SNIFF_H
#define GATEWAY_RELAY_SNIFF_H

#include <stddef.h>
#include <stdint.h>

enum sniff_codec { SNIFF_MPEG2, SNIFF_H264, SNIFF_HEVC };
enum sniff_result { SNIFF_MORE, SNIFF_RAP, SNIFF_NOT };

struct sniff {
	enum sniff_codec codec;
	unsigned left; /* bytes that it may still look at */
	unsigned pes;  /* bytes of the PES header so far; its end is at pes_end */
	unsigned pes_end;
	uint32_t last;     /* the last four bytes of the elementary stream */
	int unit;          /* NAL unit type or start code value; -1: between units */
	unsigned unit_pos; /* bytes of that unit after its first */
	_Bool sps, recovery;
	unsigned sei_type, sei_size, sei_state;
};

/* A PES packet begins. */
void sniff_begin(struct sniff *s, enum sniff_codec codec);
/* The payload of the next packet of that PID. Ask no more after SNIFF_RAP or SNIFF_NOT. */
enum sniff_result sniff_feed(struct sniff *s, const uint8_t *data, size_t len);

#endif
