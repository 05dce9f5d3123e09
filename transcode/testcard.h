/*
 * The test card: a television picture made by the program itself, so that a
 * newcomer sees something at once and a test knows every frame.
 *
 * Colour bars, the channel's number and name, a clock (UTC), a frame counter, a
 * moving block, and a tone, as MPEG-TS in real time on fd WIRE_FD_FIRST. The
 * video and audio encoders are libavcodec's.
 *
 *	testcard:?n=1&name=One&codec=h264&fps=25&gop=50&rate=4M&size=1280x720
 *
 * n      channel number, 1 to 9999: also picks the tone and the hue   (1)
 * name   what is written on it, at most 40 characters          (Channel n)
 * codec  mpeg2, h264 or hevc; mpeg2 comes with MP2, the others with AAC (mpeg2)
 * fps    1 to 60                                                      (25)
 * gop    frames between random access points, 1 to 500                (25)
 * rate   video bits per second, k and M understood, 100k to 50M       (3M)
 * size   WxH, even, 160x120 to 1920x1080                         (720x576)
 * frames end after so many; 0: never                                   (0)
 * pace   1: real time; 0: as fast as it is taken                       (1)
 */
#ifndef TRANSCODE_TESTCARD_H
#define TRANSCODE_TESTCARD_H

struct err;

enum testcard_codec { TESTCARD_MPEG2, TESTCARD_H264, TESTCARD_HEVC };

struct testcard_spec {
	unsigned number;
	char name[41];
	enum testcard_codec codec;
	unsigned fps, gop, rate, width, height;
	unsigned long long frames;
	_Bool pace;
};

/* Reads "testcard:?..." with the ranges above. -EINVAL names the parameter. */
int testcard_parse(struct testcard_spec *spec, const char *url, struct err *err);

/* testcard URL: the worker (see playlist/workers.h for what a worker is). */
int testcard_worker(int argc, char **argv);

#endif
