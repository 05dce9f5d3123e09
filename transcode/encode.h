/*
 * The test card's encoders: libavcodec's, opened so that each frame that goes in
 * comes out at once as one packet, in order (no B pictures, no lookahead), at no more
 * than spec->rate, with intra pictures where they are asked for and nowhere else.
 */
#ifndef TRANSCODE_ENCODE_H
#define TRANSCODE_ENCODE_H

#include <stddef.h>
#include <stdint.h>

#include "transcode/picture.h"

struct av;
struct encoder;
struct err;
struct testcard_spec;

/* Borrowed: valid until the encoder is used again. */
struct encoder_packet {
	const uint8_t *data;
	size_t len;
	int64_t pts; /* frames, or samples; an audio encoder's first ones are negative */
	_Bool key;   /* a random access point */
};

/* NULL with *err set: -ENOSYS names the encoder that this libavcodec lacks. */
struct encoder *encoder_new_video(const struct av *av, const struct testcard_spec *spec,
    struct err *err);
/* MP2 for mpeg2, else AAC (raw, without ADTS); stereo, TONE_RATE. */
struct encoder *encoder_new_audio(const struct av *av, const struct testcard_spec *spec,
    struct err *err);
void encoder_free(struct encoder *enc); /* NULL: no-op */

/* The picture to draw into: holds what was in it the last time. */
int encoder_picture(struct encoder *enc, struct picture_planes *ret, struct err *err);
/* Takes the picture as frame number `pts`, as a random access point if `key`. */
int encoder_send_picture(struct encoder *enc, int64_t pts, _Bool key, struct err *err);

/* Samples per audio frame. */
size_t encoder_samples(const struct encoder *enc);
/* Takes one frame of mono samples, for both channels; `pts` is the number of the first. */
int encoder_send_sound(struct encoder *enc, int64_t pts, const int16_t *samples, struct err *err);

/* 1 and the next packet, 0 when it wants more frames first, or -errno. */
int encoder_receive(struct encoder *enc, struct encoder_packet *ret, struct err *err);

#endif
