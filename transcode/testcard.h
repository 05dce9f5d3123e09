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
 * name   what is written on it, at most 40 bytes of UTF-8      (Channel n)
 * codec  mpeg2, h264 or hevc; mpeg2 comes with MP2, the others with AAC (mpeg2)
 * fps    1 to 60; for mpeg2 one that ISO 13818-2 can express          (25)
 * gop    frames between random access points, 1 to 500                (25)
 * rate   video bits per second, k and M understood, 100k to 50M       (3M)
 * size   WxH, even, 160x120 to 1920x1080                         (720x576)
 * frames end after so many; 0: never                                   (0)
 * pace   1: real time; 0: as fast as it is taken                       (1)
 *
 * Frames are counted from 0 at the start of the worker. Frame k
 * - has this number in its counter box;
 * - has PTS = DTS = TESTCARD_PTS_FIRST + floor(90000 * k / fps), modulo 2^33, so
 *   k = round((PTS - TESTCARD_PTS_FIRST) * fps / 90000);
 * - is a random access point (a closed GOP's intra picture, an IDR picture) when
 *   k is a multiple of gop, and never else: then SDT, PAT and PMT come right
 *   before it, and its first packet has random_access_indicator and a PCR;
 * - is followed by PCRs of at most 40 ms spacing, PAT and PMT of at most 100 ms.
 * The rate is constant: null packets make up for what the pictures do not need.
 * There are no B pictures. The program number is n. The tone is silent, and the
 * lamp in the picture lit, for the last tenth of each second of the counter.
 */
#ifndef TRANSCODE_TESTCARD_H
#define TRANSCODE_TESTCARD_H

struct err;

#define TESTCARD_NAME_MAX  40    /* bytes */
#define TESTCARD_PTS_FIRST 90000 /* of frame 0, in units of 90 kHz */

#define TESTCARD_PID_PMT   0x100
#define TESTCARD_PID_VIDEO 0x101 /* has the PCR */
#define TESTCARD_PID_AUDIO 0x102

enum testcard_codec { TESTCARD_MPEG2, TESTCARD_H264, TESTCARD_HEVC };

struct testcard_spec {
	unsigned number;
	char name[TESTCARD_NAME_MAX + 1];
	enum testcard_codec codec;
	unsigned fps, gop, rate, width, height;
	unsigned long long frames;
	_Bool pace;
};

/* Reads "testcard:?..." with the ranges above. -EINVAL names the parameter. */
int testcard_parse(struct testcard_spec *spec, const char *url, struct err *err);

/*
 * Writes the card to `fd`, which blocks: what the worker does in its jail, for
 * tests and benches that need a stream without a process. 0 after spec->frames
 * frames; -EPIPE when nobody reads any more (SIGPIPE is the caller's to ignore);
 * -ENOSYS when the machine lacks libavcodec or the encoder.
 */
int testcard_run(const struct testcard_spec *spec, int fd, struct err *err);

/* testcard URL: the worker (see playlist/workers.h for what a worker is). */
int testcard_worker(int argc, char **argv);

#endif
