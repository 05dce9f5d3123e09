#include "gateway/relay/sniff.h"

/* Parameter sets and SEI before the first slice stay well below this. */
#define SNIFF_MAX 4096

#define PES_HEAD 9 /* up to and with PES_header_data_length */

enum { SEI_TYPE, SEI_SIZE, SEI_BODY };
#define SEI_RECOVERY_POINT 6

void
sniff_begin(struct sniff *s, enum sniff_codec codec)
{
	*s = (struct sniff){ .codec = codec,
		.left = SNIFF_MAX,
		.pes_end = PES_HEAD,
		.last = UINT32_MAX,
		.unit = -1 };
}

static enum sniff_result
pes_byte(struct sniff *s, uint8_t b)
{
	static const uint8_t prefix[] = { 0, 0, 1 };

	if (s->pes < sizeof(prefix) && b != prefix[s->pes])
		return SNIFF_NOT;
	if (s->pes == 6 && (b & 0xc0) != 0x80)
		return SNIFF_NOT;
	if (s->pes == PES_HEAD - 1)
		s->pes_end += b;
	s->pes++;
	return SNIFF_MORE;
}

static enum sniff_result
mpeg2_byte(struct sniff *s, uint8_t b)
{
	if (s->unit_pos == 0) {
		if (b == 0xb3 || b == 0xb8) /* sequence header, group of pictures */
			return SNIFF_RAP;
		return b >= 0x01 && b <= 0xaf ? SNIFF_NOT : SNIFF_MORE; /* a slice: mid-picture */
	}
	if (s->unit == 0x00 && s->unit_pos == 2) /* picture_coding_type, after 10 other bits */
		return (b >> 3 & 7) == 1 ? SNIFF_RAP : SNIFF_NOT;
	return SNIFF_MORE;
}

/*
 * The first byte of a slice header: ue(first_mb_in_slice), which is 0 and so one
 * bit in the first slice of a picture, then ue(slice_type), at most seven bits.
 */
static _Bool
is_first_i_slice(uint8_t b)
{
	return (b & 0xf0) == 0xb0 || /* 2: I */
	    (b & 0xfc) == 0x94 ||    /* 4: SI */
	    b == 0x88 || b == 0x8a;  /* 7, 9: the same, for all slices of the picture */
}

/* Walks the messages of an SEI unit (7.3.2.3.1) in search of a recovery point. */
static void
sei_byte(struct sniff *s, uint8_t b)
{
	if ((s->last & 0xffffff) == 0x000003) /* emulation prevention, not content */
		return;
	switch (s->sei_state) {
	case SEI_TYPE:
		s->sei_type += b;
		if (b == 0xff)
			return;
		s->recovery |= s->sei_type == SEI_RECOVERY_POINT;
		s->sei_state = SEI_SIZE;
		s->sei_size = 0;
		break;
	case SEI_SIZE:
		s->sei_size += b;
		if (b != 0xff)
			s->sei_state = SEI_BODY;
		break;
	default: s->sei_size--; break;
	}
	if (s->sei_state == SEI_BODY && s->sei_size == 0) {
		s->sei_state = SEI_TYPE;
		s->sei_type = 0;
	}
}

static enum sniff_result
h264_byte(struct sniff *s, uint8_t b)
{
	if (s->unit_pos == 0) {
		s->unit = b & 0x1f;
		s->sei_state = SEI_TYPE;
		s->sei_type = 0;
		s->sps |= s->unit == 7;
		return s->unit == 5 ? SNIFF_RAP : SNIFF_MORE;
	}
	if (s->unit == 6)
		sei_byte(s, b);
	else if (s->unit == 1 || s->unit == 2)
		return s->sps && is_first_i_slice(b) ? SNIFF_RAP : SNIFF_NOT;
	return s->sps && s->recovery ? SNIFF_RAP : SNIFF_MORE;
}

static enum sniff_result
hevc_byte(struct sniff *s, uint8_t b)
{
	unsigned type = b >> 1 & 0x3f;

	if (s->unit_pos > 0)
		return SNIFF_MORE;
	if ((type >= 16 && type <= 23) || type == 32 || type == 33)
		return SNIFF_RAP;
	return type < 32 ? SNIFF_NOT : SNIFF_MORE;
}

static enum sniff_result
es_byte(struct sniff *s, uint8_t b)
{
	_Bool start = (s->last & 0xffffff) == 0x000001;
	enum sniff_result result = SNIFF_NOT;

	s->last = s->last << 8 | b;
	if (start) {
		s->unit = b;
		s->unit_pos = 0;
	} else if (s->unit == -1) {
		return SNIFF_MORE;
	}
	switch (s->codec) {
	case SNIFF_MPEG2: result = mpeg2_byte(s, b); break;
	case SNIFF_H264: result = h264_byte(s, b); break;
	case SNIFF_HEVC: result = hevc_byte(s, b); break;
	}
	s->unit_pos++;
	return result;
}

enum sniff_result
sniff_feed(struct sniff *s, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		enum sniff_result result;

		if (s->left-- == 0)
			return SNIFF_NOT;
		result = s->pes < s->pes_end ? pes_byte(s, data[i]) : es_byte(s, data[i]);
		if (result != SNIFF_MORE)
			return result;
	}
	return SNIFF_MORE;
}
