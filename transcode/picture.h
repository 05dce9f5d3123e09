/*
 * The test card's picture, 8-bit YUV 4:2:0, BT.601, limited range. The same
 * channel, frame number and second give the same picture to the bit.
 *
 * What does not move is drawn once; a frame then costs only its few boxes.
 */
#ifndef TRANSCODE_PICTURE_H
#define TRANSCODE_PICTURE_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct testcard_spec;

/* Borrowed memory: luma of width x height, two chroma planes of half of both. */
struct picture_planes {
	uint8_t *data[3];
	size_t stride[3]; /* bytes */
};

struct picture_box {
	unsigned x, y, w, h; /* pixels */
};

struct picture {
	const struct testcard_spec *spec; /* borrowed */
	unsigned unit;                    /* pixels of a dot of small writing */
	struct picture_box panel, number, name, clock, counter, lamp, track;
};

/* Lays the boxes out for spec->width and height, which are in testcard.h's range. */
void picture_init(struct picture *p, const struct testcard_spec *spec);
/* The bars, the panel, the channel's number and name. */
void picture_draw_card(const struct picture *p, const struct picture_planes *to);
/* The clock, the frame counter, the block and the lamp, over the card or an earlier frame. */
void picture_draw_frame(const struct picture *p, const struct picture_planes *to, uint64_t frame,
    time_t utc);

#endif
