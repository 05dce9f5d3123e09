/*
 * The test card's sound: a sine whose pitch tells the channel, with a gap in
 * the last tenth of each second, so that sound and picture can be seen to meet.
 * A sample depends on nothing but its number.
 */
#ifndef TRANSCODE_TONE_H
#define TRANSCODE_TONE_H

#include <stddef.h>
#include <stdint.h>

#define TONE_RATE 48000 /* samples per second */

struct tone {
	unsigned hz;
	int16_t sine[TONE_RATE]; /* one period of 1 Hz: a period of N Hz is every Nth of it */
};

/* Channel 1 has 440 Hz, each next one a semitone more, over two octaves that begin at 220 Hz. */
void tone_init(struct tone *t, unsigned number);

/* Samples `first` to first + count - 1. */
void tone_read(const struct tone *t, uint64_t first, int16_t *out, size_t count);

/* Sample i is in the gap. */
_Bool tone_is_silent(uint64_t i);

#endif
