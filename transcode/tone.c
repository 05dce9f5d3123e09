#include "transcode/tone.h"

#define PEAK  8000 /* about -12 dBFS: as broadcasters line up their tones */
#define SOUND (TONE_RATE * 9 / 10)
#define RAMP  (TONE_RATE / 200) /* 5 ms in and out, else each edge clicks */

/* 220 Hz times 2^(i/12), rounded: whole hertz, so that a second holds whole periods. */
static const unsigned pitches[24] = { 220, 233, 247, 262, 277, 294, 311, 330, 349, 370, 392, 415,
	440, 466, 494, 523, 554, 587, 622, 659, 698, 740, 784, 831 };

/* sin and cos of 2 pi / TONE_RATE: turning a vector by it draws the period without libm. */
#define STEP_SIN 1.3089969352575288e-4
#define STEP_COS 0.9999999914326351

void
tone_init(struct tone *t, unsigned number)
{
	double x = 1, y = 0;

	t->hz = pitches[(number + 11) % 24];
	for (unsigned i = 0; i < TONE_RATE; i++) {
		double turned = x * STEP_COS - y * STEP_SIN;

		t->sine[i] = (int16_t)(PEAK * y + (y < 0 ? -0.5 : 0.5));
		y = x * STEP_SIN + y * STEP_COS;
		x = turned;
	}
}

_Bool
tone_is_silent(uint64_t i)
{
	return i % TONE_RATE >= SOUND;
}

void
tone_read(const struct tone *t, uint64_t first, int16_t *out, size_t count)
{
	for (size_t n = 0; n < count; n++) {
		unsigned at = (unsigned)((first + n) % TONE_RATE);
		int sample = t->sine[(uint64_t)at * t->hz % TONE_RATE];

		if (at >= SOUND)
			sample = 0;
		else if (at < RAMP)
			sample = sample * (int)at / RAMP;
		else if (SOUND - at < RAMP)
			sample = sample * (int)(SOUND - at) / RAMP;
		out[n] = (int16_t)sample;
	}
}
