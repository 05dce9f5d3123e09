#include "transcode/encode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "transcode/av.h"
#include "transcode/testcard.h"
#include "transcode/tone.h"

struct encoder {
	const struct av *av;
	const char *name; /* as libavcodec calls it */
	AVCodecContext *context;
	AVFrame *frame;
	AVPacket *packet;
};

struct option {
	const char *name, *value;
};

/* What an encoder needs besides what its context says. */
struct recipe {
	const char *encoder;
	struct option options[8]; /* up to the first without a name */
};

static const struct recipe recipes[] = {
	[TESTCARD_MPEG2] = { "mpeg2video",
	    /* The card stands still but for a few boxes: looking for motion buys nothing. */
	    { { "motion_est", "zero" }, { "sc_threshold", "1000000000" } } },
	[TESTCARD_H264] = { "libx264",
	    { { "preset", "ultrafast" }, { "tune", "zerolatency" }, { "forced-idr", "1" },
		{ "sc_threshold", "0" }, { "aud", "1" } } },
	[TESTCARD_HEVC] = { "libx265",
	    { { "preset", "ultrafast" }, { "tune", "zerolatency" }, { "forced-idr", "1" },
		{ "x265-params",
		    "log-level=none:pools=none:frame-threads=1:scenecut=0:"
		    "open-gop=0:repeat-headers=1:aud=1" } } },
};
static const struct recipe mp2 = { "mp2", { { NULL, NULL } } };
static const struct recipe aac = { "aac", { { "aac_coder", "fast" } } };

static int
av_fail(const struct encoder *enc, struct err *err, int code, const char *what)
{
	char text[128] = "unknown error";

	enc->av->av_strerror(code, text, sizeof(text));
	/* AVERROR(errno) is -errno; libavcodec's own codes are far below. */
	return err_set(err, code > -4096 ? code : EIO, "%s: %s: %s", enc->name, what, text);
}

static struct encoder *
encoder_new(const struct av *av, const struct recipe *recipe, struct err *err)
{
	const AVCodec *codec = av->avcodec_find_encoder_by_name(recipe->encoder);
	struct encoder *enc;

	if (codec == NULL) {
		err_set(err, ENOSYS, "this machine's libavcodec has no %s encoder",
		    recipe->encoder);
		return NULL;
	}
	enc = calloc(1, sizeof(*enc));
	if (enc != NULL) {
		enc->av = av;
		enc->name = recipe->encoder;
		enc->context = av->avcodec_alloc_context3(codec);
		enc->frame = av->av_frame_alloc();
		enc->packet = av->av_packet_alloc();
	}
	if (enc == NULL || enc->context == NULL || enc->frame == NULL || enc->packet == NULL) {
		err_set(err, ENOMEM, "%s: out of memory", recipe->encoder);
		encoder_free(enc);
		return NULL;
	}
	enc->context->thread_count = 1;
	return enc;
}

void
encoder_free(struct encoder *enc)
{
	if (enc == NULL)
		return;
	enc->av->av_packet_free(&enc->packet);
	enc->av->av_frame_free(&enc->frame);
	enc->av->avcodec_free_context(&enc->context);
	free(enc);
}

static int
encoder_open(struct encoder *enc, const struct recipe *recipe, struct err *err)
{
	int rc;

	for (const struct option *o = recipe->options; o->name != NULL; o++) {
		rc = enc->av->av_opt_set(enc->context, o->name, o->value, AV_OPT_SEARCH_CHILDREN);
		if (rc < 0)
			return av_fail(enc, err, rc, o->name);
	}
	rc = enc->av->avcodec_open2(enc->context, NULL, NULL);
	if (rc < 0)
		return av_fail(enc, err, rc, "open");
	rc = enc->av->av_frame_get_buffer(enc->frame, 0);
	return rc < 0 ? av_fail(enc, err, rc, "frame") : 0;
}

/* What packets and PES heads leave of a rate. */
#define VIDEO_SHARE(rate) ((rate) / 100 * 96)

/* Half a second's worth of bits, or two frames' when those are more. */
static int
rate_buffer(const struct testcard_spec *spec)
{
	return (int)(spec->fps > 4 ? spec->rate / 2 : spec->rate * 2 / spec->fps);
}

static void
set_video(struct encoder *enc, const struct testcard_spec *spec)
{
	AVCodecContext *c = enc->context;

	c->width = (int)spec->width;
	c->height = (int)spec->height;
	c->pix_fmt = AV_PIX_FMT_YUV420P;
	c->color_range = AVCOL_RANGE_MPEG;
	c->color_primaries = AVCOL_PRI_SMPTE170M;
	c->color_trc = AVCOL_TRC_SMPTE170M;
	c->colorspace = AVCOL_SPC_SMPTE170M;
	c->time_base = (AVRational){ 1, (int)spec->fps };
	c->framerate = (AVRational){ (int)spec->fps, 1 };
	c->gop_size = c->keyint_min = (int)spec->gop;
	c->max_b_frames = 0;
	/* Without B pictures a frame need not wait for the next one (low_delay of ISO 13818-2). */
	c->flags |= AV_CODEC_FLAG_CLOSED_GOP | AV_CODEC_FLAG_LOW_DELAY;
	/*
	 * An upper bound only; null packets fill it up. libavcodec's MPEG-2 encoder would fill by
	 * itself with rc_min_rate, but gives up or aborts at rates far from what a picture needs.
	 */
	c->bit_rate = c->rc_max_rate = VIDEO_SHARE(spec->rate);
	c->rc_buffer_size = rate_buffer(spec);
	enc->frame->format = c->pix_fmt;
	enc->frame->width = c->width;
	enc->frame->height = c->height;
}

struct encoder *
encoder_new_video(const struct av *av, const struct testcard_spec *spec, struct err *err)
{
	const struct recipe *recipe = &recipes[spec->codec];
	struct encoder *enc = encoder_new(av, recipe, err);

	if (enc == NULL)
		return NULL;
	set_video(enc, spec);
	if (encoder_open(enc, recipe, err) < 0) {
		encoder_free(enc);
		return NULL;
	}
	return enc;
}

struct encoder *
encoder_new_audio(const struct av *av, const struct testcard_spec *spec, struct err *err)
{
	const struct recipe *recipe = spec->codec == TESTCARD_MPEG2 ? &mp2 : &aac;
	struct encoder *enc = encoder_new(av, recipe, err);
	AVCodecContext *c;

	if (enc == NULL)
		return NULL;
	c = enc->context;
	c->sample_fmt = recipe == &mp2 ? AV_SAMPLE_FMT_S16 : AV_SAMPLE_FMT_FLTP;
	c->sample_rate = TONE_RATE;
	c->ch_layout = (AVChannelLayout)AV_CHANNEL_LAYOUT_STEREO;
	/* Of AAC what a sine needs: made to spend more, its encoder takes five times as long. */
	c->bit_rate = recipe == &mp2 ? 192000 : 64000;
	c->time_base = (AVRational){ 1, TONE_RATE };
	enc->frame->format = c->sample_fmt;
	enc->frame->sample_rate = c->sample_rate;
	enc->frame->ch_layout = c->ch_layout;
	enc->frame->nb_samples = recipe == &mp2 ? 1152 : 1024;
	if (encoder_open(enc, recipe, err) < 0) {
		encoder_free(enc);
		return NULL;
	}
	return enc;
}

/* The encoder may still hold the frame as its reference: then it becomes a copy. */
static int
make_writable(struct encoder *enc, struct err *err)
{
	int rc = enc->av->av_frame_make_writable(enc->frame);

	return rc < 0 ? av_fail(enc, err, rc, "frame") : 0;
}

static int
send_frame(struct encoder *enc, int64_t pts, struct err *err)
{
	int rc;

	enc->frame->pts = pts;
	rc = enc->av->avcodec_send_frame(enc->context, enc->frame);
	return rc < 0 ? av_fail(enc, err, rc, "encode") : 0;
}

int
encoder_picture(struct encoder *enc, struct picture_planes *ret, struct err *err)
{
	int rc = make_writable(enc, err);

	for (int i = 0; i < 3 && rc == 0; i++) {
		ret->data[i] = enc->frame->data[i];
		ret->stride[i] = (size_t)enc->frame->linesize[i];
	}
	return rc;
}

int
encoder_send_picture(struct encoder *enc, int64_t pts, _Bool key, struct err *err)
{
	enc->frame->pict_type = key ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_P;
	return send_frame(enc, pts, err);
}

size_t
encoder_samples(const struct encoder *enc)
{
	return (size_t)enc->frame->nb_samples;
}

int
encoder_send_sound(struct encoder *enc, int64_t pts, const int16_t *samples, struct err *err)
{
	size_t count = encoder_samples(enc);
	int rc = make_writable(enc, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < count; i++) {
		if (enc->context->sample_fmt == AV_SAMPLE_FMT_S16) {
			int16_t *both = (int16_t *)(void *)enc->frame->data[0] + 2 * i;

			both[0] = both[1] = samples[i];
		} else {
			float *left = (float *)(void *)enc->frame->data[0];
			float *right = (float *)(void *)enc->frame->data[1];

			left[i] = right[i] = samples[i] / 32768.0f;
		}
	}
	return send_frame(enc, pts, err);
}

int
encoder_receive(struct encoder *enc, struct encoder_packet *ret, struct err *err)
{
	int rc = enc->av->avcodec_receive_packet(enc->context, enc->packet);

	if (rc == AVERROR(EAGAIN))
		return 0;
	if (rc < 0)
		return av_fail(enc, err, rc, "encode");
	*ret = (struct encoder_packet){
		.data = enc->packet->data,
		.len = (size_t)enc->packet->size,
		.pts = enc->packet->pts,
		.key = (enc->packet->flags & AV_PKT_FLAG_KEY) != 0,
	};
	return 1;
}
