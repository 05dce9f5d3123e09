/*
 * One slot at a time: a slot is a frame, or a whole part of one where a frame
 * lasts longer than a PCR may be away. What is due in a slot is written at its
 * beginning: tables, video or a PCR, sound up to the slot's end.
 */
#include "transcode/testcard.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/job.h"
#include "base/sandbox.h"
#include "base/wire.h"
#include "transcode/av.h"
#include "transcode/encode.h"
#include "transcode/mux.h"
#include "transcode/pace.h"
#include "transcode/picture.h"
#include "transcode/tone.h"

#define PCR_PER_S    25               /* at least: 40 ms apart */
#define TABLES_EVERY (MUX_CLOCK / 10) /* at most */
#define PTS_CLOCK    90000
#define AHEAD        9000        /* a PTS before its PCR: 100 ms to get there */
#define SLOT_MAX     (32u << 20) /* bytes: four times the largest picture, raw, and more */
#define SAMPLES_MAX  1152        /* of an audio frame */
#define ADTS_HEAD    7

struct card {
	const struct testcard_spec *spec;
	struct encoder *video, *audio;
	struct picture picture;
	struct tone tone;
	struct mux mux;
	struct pace pace;
	struct buf out;       /* the slot in the making */
	struct buf adts;      /* an AAC frame with its head */
	uint64_t slots_per_s; /* a multiple of fps */
	uint64_t slot;
	uint64_t tables_at; /* 27 MHz */
	int64_t credit;     /* bits of the video rate not used up so far, times slots_per_s */
	uint64_t samples;   /* that the audio encoder has had */
};

/* The time at which a slot begins, in units of `clock` per second. */
static uint64_t
slot_time(const struct card *card, uint64_t slot, uint64_t clock)
{
	return slot / card->slots_per_s * clock +
	    slot % card->slots_per_s * clock / card->slots_per_s;
}

static uint64_t
slot_pcr(const struct card *card)
{
	return (TESTCARD_PTS_FIRST - AHEAD) * (MUX_CLOCK / PTS_CLOCK) +
	    slot_time(card, card->slot, MUX_CLOCK);
}

static void
add_tables(struct card *card)
{
	mux_tables(&card->mux, &card->out);
	card->tables_at = slot_time(card, card->slot, MUX_CLOCK);
}

static _Bool
tables_are_due(const struct card *card)
{
	return slot_time(card, card->slot + 1, MUX_CLOCK) - card->tables_at > TABLES_EVERY;
}

static int
draw(struct card *card, uint64_t frame, struct err *err)
{
	struct picture_planes planes;
	int rc = encoder_picture(card->video, &planes, err);

	if (rc < 0)
		return rc;
	if (frame == 0)
		picture_draw_card(&card->picture, &planes);
	picture_draw_frame(&card->picture, &planes, frame, time(NULL));
	return 0;
}

/* Encodes a frame: exactly one packet comes back, and it is this frame's. */
static int
add_frame(struct card *card, uint64_t frame, _Bool key, struct err *err)
{
	struct encoder_packet packet = { 0 };
	struct mux_unit unit;
	int rc = draw(card, frame, err);

	if (rc == 0)
		rc = encoder_send_picture(card->video, (int64_t)frame, key, err);
	if (rc == 0)
		rc = encoder_receive(card->video, &packet, err);
	if (rc < 0)
		return rc;
	if (rc == 0 || packet.pts != (int64_t)frame || packet.key != key)
		return err_set(err, EPROTO, "the encoder did not give frame %llu when it got it",
		    (unsigned long long)frame);
	unit = (struct mux_unit){
		.data = packet.data,
		.len = packet.len,
		.pts = TESTCARD_PTS_FIRST + slot_time(card, card->slot, PTS_CLOCK),
	};
	mux_video(&card->mux, &card->out, &unit, slot_pcr(card), key);
	return 0;
}

/* ISO 13818-7 6.2: MPEG-4, no CRC, AAC LC, 48 kHz, two channels, one raw block. */
static void
add_adts(struct buf *out, const struct encoder_packet *packet)
{
	size_t len = ADTS_HEAD + packet->len;
	const unsigned char head[ADTS_HEAD] = { 0xff, 0xf1, 1 << 6 | 3 << 2,
		(unsigned char)(2 << 6 | (len >> 11 & 3)), (unsigned char)(len >> 3),
		(unsigned char)((len & 7) << 5 | 0x1f), 0xfc };

	buf_clear(out);
	buf_add(out, head, sizeof(head));
	buf_add(out, packet->data, packet->len);
}

static void
add_audio_packet(struct card *card, const struct encoder_packet *packet)
{
	/* Priming makes the first packets negative, by less than what stands before them. */
	int64_t pts = (int64_t)TESTCARD_PTS_FIRST * TONE_RATE + packet->pts * PTS_CLOCK;
	struct mux_unit unit = { packet->data, packet->len, (uint64_t)pts / TONE_RATE };

	if (card->spec->codec != TESTCARD_MPEG2) {
		add_adts(&card->adts, packet);
		unit.data = card->adts.data;
		unit.len = card->adts.len;
	}
	mux_audio(&card->mux, &card->out, &unit);
}

/* Sound whose first sample is before the end of the slot. */
static int
add_sound(struct card *card, struct err *err)
{
	uint64_t end = slot_time(card, card->slot + 1, TONE_RATE);
	int16_t samples[SAMPLES_MAX];
	struct encoder_packet packet;
	int rc = 0;

	while (rc == 0 && card->samples < end) {
		size_t count = encoder_samples(card->audio);

		tone_read(&card->tone, card->samples, samples, count);
		rc = encoder_send_sound(card->audio, (int64_t)card->samples, samples, err);
		card->samples += count;
		while (rc == 0 && (rc = encoder_receive(card->audio, &packet, err)) == 1) {
			add_audio_packet(card, &packet);
			rc = 0;
		}
	}
	return rc;
}

/*
 * The video rate is constant, counted in whole packets: what the pictures did not
 * use up is filled with null packets; after a large one, less is filled.
 */
static void
fill_rate(struct card *card, size_t used)
{
	uint64_t unit = card->slots_per_s * MUX_PACKET * 8;

	card->credit += card->spec->rate - (int64_t)(used * 8 * card->slots_per_s);
	if (card->credit >= (int64_t)unit) {
		mux_nulls(&card->out, (size_t)card->credit / unit);
		card->credit %= (int64_t)unit;
	}
}

static int
make_slot(struct card *card, struct err *err)
{
	uint64_t per_frame = card->slots_per_s / card->spec->fps;
	uint64_t frame = card->slot / per_frame;
	_Bool has_frame = card->slot % per_frame == 0;
	_Bool key = has_frame && frame % card->spec->gop == 0;
	size_t start;
	int rc = 0;

	buf_clear(&card->out);
	if (key || tables_are_due(card))
		add_tables(card);
	start = card->out.len;
	if (has_frame)
		rc = add_frame(card, frame, key, err);
	else
		mux_pcr(&card->mux, &card->out, slot_pcr(card));
	if (rc == 0) {
		fill_rate(card, card->out.len - start);
		rc = add_sound(card, err);
	}
	if (rc == 0 && (buf_status(&card->out) < 0 || buf_status(&card->adts) < 0))
		rc = err_set(err, ENOMEM, "no memory for a frame");
	return rc;
}

static _Bool
is_over(const struct card *card)
{
	uint64_t per_frame = card->slots_per_s / card->spec->fps;

	return card->spec->frames > 0 && card->slot / per_frame >= card->spec->frames;
}

static int
card_run(struct card *card, int fd, struct err *err)
{
	int rc = 0;

	for (; rc == 0 && !is_over(card); card->slot++) {
		if (card->spec->pace)
			pace_wait(&card->pace, slot_time(card, card->slot, 1000000000));
		rc = make_slot(card, err);
		if (rc == 0)
			rc = file_write_all(fd, card->out.data, card->out.len, err);
	}
	return rc;
}

static int
card_open(struct card *card, const struct av *av, struct err *err)
{
	static const enum mux_type video_types[] = {
		[TESTCARD_MPEG2] = MUX_MPEG2_VIDEO,
		[TESTCARD_H264] = MUX_H264,
		[TESTCARD_HEVC] = MUX_HEVC,
	};
	const struct testcard_spec *spec = card->spec;
	struct mux_spec mux = {
		.program = (uint16_t)spec->number,
		.name = spec->name,
		.pmt_pid = TESTCARD_PID_PMT,
		.video_pid = TESTCARD_PID_VIDEO,
		.audio_pid = TESTCARD_PID_AUDIO,
		.video_type = video_types[spec->codec],
		.audio_type = spec->codec == TESTCARD_MPEG2 ? MUX_MPEG1_AUDIO : MUX_ADTS_AAC,
	};

	buf_init(&card->out, SLOT_MAX);
	buf_init(&card->adts, ADTS_HEAD + 0x1fff);
	card->slots_per_s = (PCR_PER_S + spec->fps - 1) / spec->fps * spec->fps;
	picture_init(&card->picture, spec);
	tone_init(&card->tone, spec->number);
	mux_init(&card->mux, &mux);
	card->video = encoder_new_video(av, spec, err);
	card->audio = card->video == NULL ? NULL : encoder_new_audio(av, spec, err);
	return card->audio == NULL ? err->code : 0;
}

static int
run(const struct testcard_spec *spec, const struct av *av, int fd, struct err *err)
{
	struct card *card = calloc(1, sizeof(*card));
	int rc;

	if (card == NULL)
		return err_set(err, ENOMEM, "out of memory");
	card->spec = spec;
	rc = card_open(card, av, err);
	if (rc == 0)
		rc = card_run(card, fd, err);
	encoder_free(card->audio);
	encoder_free(card->video);
	buf_release(&card->adts);
	buf_release(&card->out);
	free(card);
	return rc;
}

int
testcard_run(const struct testcard_spec *spec, int fd, struct err *err)
{
	struct err own = ERR_INIT;
	const struct av *av;

	if (err == NULL)
		err = &own;
	av = av_load(err);
	return av == NULL ? err->code : run(spec, av, fd, err);
}

/* -- the worker -------------------------------------------------------------- */

static int
work(const char *url, struct err *err)
{
	const struct sandbox_limits limits = { .memory = 512u << 20 };
	struct testcard_spec spec;
	const struct av *av;
	int rc;

	/* Before the jail only what needs files and is not told by the URL. */
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return err_sys(err, "ignore SIGPIPE");
	av = av_load(err);
	if (av == NULL)
		return err->code;
	/* x265 runs its one frame in a thread of its own, whatever it is told. */
	rc = job_begin(SANDBOX_THREADS, &limits, err);
	if (rc < 0)
		return rc;
	rc = testcard_parse(&spec, url, err);
	if (rc == 0)
		rc = run(&spec, av, WIRE_FD_FIRST, err);
	return rc;
}

int
testcard_worker(int argc, char **argv)
{
	struct err err = ERR_INIT;
	int rc;

	if (argc != 2)
		rc = err_set(&err, EINVAL, "usage: testcard URL");
	else
		rc = work(argv[1], &err);
	/* Nobody watches any more: that is how a channel ends. */
	if (rc == -EPIPE)
		rc = 0;
	return job_end(rc, NULL, 0, &err);
}
