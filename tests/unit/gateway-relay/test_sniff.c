#include "gateway/relay/sniff.h"

#include <string.h>

#include "unit.h"

#define PES "\0\0\1\xe0\0\0\x80\x80\5\x21\0\1\0\1"
#define AUD "\0\0\0\1\x09\xf0"
#define SPS "\0\0\1\x67\x64\0\x28\xac"
#define PPS "\0\0\1\x68\xeb\xe3"

static const struct {
	const char *label;
	enum sniff_codec codec;
	const char *data;
	size_t len;
	enum sniff_result want;
} rows[] = {
#define ROW(label, codec, text, want)                      \
	{                                                  \
		label, codec, text, sizeof(text) - 1, want \
	}
	ROW("H.264 IDR", SNIFF_H264, PES AUD SPS PPS "\0\0\1\x65\x88", SNIFF_RAP),
	ROW("H.264 IDR alone", SNIFF_H264, PES "\0\0\1\x25\x88", SNIFF_RAP),
	ROW("H.264 P slice", SNIFF_H264, PES AUD "\0\0\0\1\x41\x9a\x21", SNIFF_NOT),
	ROW("H.264 I slice (7) after SPS", SNIFF_H264, PES AUD SPS PPS "\0\0\1\x41\x88\x84",
	    SNIFF_RAP),
	ROW("H.264 I slice (2) after SPS", SNIFF_H264, PES AUD SPS PPS "\0\0\1\x21\xb4\x84",
	    SNIFF_RAP),
	ROW("H.264 SI slice after SPS", SNIFF_H264, PES AUD SPS "\0\0\1\x41\x94", SNIFF_RAP),
	ROW("H.264 I slice without SPS", SNIFF_H264, PES AUD "\0\0\1\x41\x88\x84", SNIFF_NOT),
	ROW("H.264 P slice after SPS", SNIFF_H264, PES AUD SPS PPS "\0\0\1\x41\x9a\x21", SNIFF_NOT),
	ROW("H.264 recovery point after SPS", SNIFF_H264,
	    PES AUD SPS PPS "\0\0\1\6\6\1\xc4\x80\0\0\1\x41\x9a", SNIFF_RAP),
	ROW("H.264 recovery point as the second message", SNIFF_H264,
	    PES AUD SPS PPS "\0\0\1\6\1\3\0\0\3\1\6\1\xc4\x80\0\0\1\x41\x9a", SNIFF_RAP),
	ROW("H.264 recovery point before SPS", SNIFF_H264,
	    PES AUD "\0\0\1\6\6\1\xc4\x80" SPS "\0\0\1\x41\x9a", SNIFF_RAP),
	ROW("H.264 recovery point without SPS", SNIFF_H264,
	    PES AUD "\0\0\1\6\6\1\xc4\x80\0\0\1\x41\x9a", SNIFF_NOT),
	ROW("H.264 a 6 inside another message", SNIFF_H264,
	    PES AUD SPS "\0\0\1\6\5\4\6\6\6\6\x80\0\0\1\x41\x9a", SNIFF_NOT),
	ROW("H.264 message type 255 + 6", SNIFF_H264,
	    PES AUD SPS "\0\0\1\6\xff\6\1\1\x80\0\0\1\x41\x9a", SNIFF_NOT),
	ROW("H.264 not the first slice", SNIFF_H264, PES SPS "\0\0\1\x41\x40\x88", SNIFF_NOT),
	ROW("HEVC IDR_W_RADL", SNIFF_HEVC, PES "\0\0\0\1\x46\1\x50\0\0\1\x26\1", SNIFF_RAP),
	ROW("HEVC CRA", SNIFF_HEVC, PES "\0\0\0\1\x2a\1", SNIFF_RAP),
	ROW("HEVC VPS", SNIFF_HEVC, PES "\0\0\0\1\x40\1", SNIFF_RAP),
	ROW("HEVC TRAIL_R", SNIFF_HEVC, PES "\0\0\0\1\x46\1\x50\0\0\1\2\1", SNIFF_NOT),
	ROW("HEVC SEI only", SNIFF_HEVC, PES "\0\0\0\1\x4e\1\1\2", SNIFF_MORE),
	ROW("MPEG-2 sequence header", SNIFF_MPEG2, PES "\0\0\1\xb3\x2d\2\x40", SNIFF_RAP),
	ROW("MPEG-2 group of pictures", SNIFF_MPEG2, PES "\0\0\1\xb8\0\x08", SNIFF_RAP),
	ROW("MPEG-2 I picture", SNIFF_MPEG2, PES "\0\0\1\0\0\x0f\xff", SNIFF_RAP),
	ROW("MPEG-2 P picture", SNIFF_MPEG2, PES "\0\0\1\0\0\x57\xff", SNIFF_NOT),
	ROW("MPEG-2 B picture", SNIFF_MPEG2, PES "\0\0\1\0\0\x9f\xff", SNIFF_NOT),
	ROW("MPEG-2 mid-picture", SNIFF_MPEG2, PES "\0\0\1\5\0\x9f\xff", SNIFF_NOT),
	ROW("no PES", SNIFF_H264, "\0\0\2\xe0\0\0\x80\x80", SNIFF_NOT),
	ROW("MPEG-1 PES", SNIFF_H264, "\0\0\1\xe0\0\0\x0f\x80", SNIFF_NOT),
	ROW("a long PES header", SNIFF_HEVC,
	    "\0\0\1\xe0\0\0\x80\x80\x0a\x21\0\1\0\1\xff\xff\xff\xff\xff\0\0\1\x26\1", SNIFF_RAP),
#undef ROW
};

/* What the bytes say when they come in steps, each in memory of its own size. */
static enum sniff_result
run(const char *data, size_t len, size_t step, enum sniff_codec codec)
{
	enum sniff_result result = SNIFF_MORE;
	struct sniff s;

	sniff_begin(&s, codec);
	for (size_t at = 0; at < len && result == SNIFF_MORE; at += step) {
		size_t n = step < len - at ? step : len - at;
		uint8_t *piece = malloc(n);

		memcpy(piece, data + at, n);
		result = sniff_feed(&s, piece, n);
		free(piece);
	}
	return result;
}

START_TEST(tells_a_start_from_what_is_none_at_every_cut)
{
	for (size_t step = 1; step <= rows[_i].len; step++) {
		ck_assert_msg(run(rows[_i].data, rows[_i].len, step, rows[_i].codec) ==
			rows[_i].want,
		    "%s: step %zu", rows[_i].label, step);
	}
}
END_TEST

START_TEST(gives_up_on_a_unit_without_end)
{
	char data[8192];

	memcpy(data, PES, sizeof(PES) - 1);
	memset(data + sizeof(PES) - 1, 0x55, sizeof(data) - sizeof(PES) + 1);
	ck_assert_int_eq(run(data, sizeof(data), 184, SNIFF_H264), SNIFF_NOT);
}
END_TEST

UNIT_MAIN("sniff", UNIT_ROWS(tells_a_start_from_what_is_none_at_every_cut, ARRAY_LEN(rows)),
    UNIT_TEST(gives_up_on_a_unit_without_end))
