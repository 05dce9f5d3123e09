#include "transcode/picture.h"

#include <stdio.h>
#include <string.h>

#include "transcode/testcard.h"
#include "unit.h"

/* Two days into 1970, 12:34:56 UTC. */
#define NOON (2 * 86400 + 12 * 3600 + 34 * 60 + 56)

struct image {
	struct testcard_spec spec;
	struct picture picture;
	struct picture_planes planes;
	size_t size;
	uint8_t *data; /* the planes behind each other, then a border */
};

#define BORDER 64

static void
image_init(struct image *im, unsigned width, unsigned height, unsigned number, const char *name)
{
	size_t luma = (size_t)width * height;

	im->spec = (struct testcard_spec){ .number = number,
		.fps = 25,
		.width = width,
		.height = height };
	snprintf(im->spec.name, sizeof(im->spec.name), "%s", name);
	im->size = luma * 3 / 2;
	im->data = malloc(im->size + BORDER);
	memset(im->data, 0, im->size);
	memset(im->data + im->size, 0xa5, BORDER);
	im->planes = (struct picture_planes){
		{ im->data, im->data + luma, im->data + luma + luma / 4 },
		{ width, width / 2, width / 2 },
	};
	picture_init(&im->picture, &im->spec);
	picture_draw_card(&im->picture, &im->planes);
}

static void
image_draw(struct image *im, uint64_t frame, time_t utc)
{
	picture_draw_frame(&im->picture, &im->planes, frame, utc);
}

static void
image_release(struct image *im)
{
	for (size_t i = 0; i < BORDER; i++)
		ck_assert_uint_eq(im->data[im->size + i], 0xa5);
	free(im->data);
}

static unsigned
luma_at(const struct image *im, const struct picture_box *box, unsigned dx)
{
	return im->planes.data[0][(box->y + box->h / 2) * im->planes.stride[0] + box->x + dx];
}

static const struct {
	unsigned width, height;
} sizes[] = { { 160, 120 }, { 162, 122 }, { 160, 1080 }, { 1920, 120 }, { 720, 576 }, { 1280, 720 },
	{ 1920, 1080 } };

START_TEST(fits_into_every_size)
{
	struct image im;
	const struct picture *p = &im.picture;

	image_init(&im, sizes[_i].width, sizes[_i].height, 9999,
	    "A name of forty bytes, as long as it may");
	for (uint64_t frame = 0; frame < 400; frame++)
		image_draw(&im, frame * 1000003, NOON);
	image_draw(&im, UINT64_MAX, NOON);
	ck_assert_uint_le(p->clock.x + p->clock.w, sizes[_i].width);
	ck_assert_uint_le(p->lamp.x + p->lamp.w, sizes[_i].width);
	ck_assert_uint_le(p->track.x + p->track.w, sizes[_i].width);
	ck_assert_uint_le(p->track.y + p->track.h, sizes[_i].height);
	/* No pixel is left as it was: the smallest value in limited range is 16. */
	ck_assert_ptr_null(memchr(im.data, 0, im.size));
	image_release(&im);
}
END_TEST

START_TEST(is_the_same_to_the_bit_whatever_was_drawn_before)
{
	struct image a, b;

	image_init(&a, 720, 576, 7, "Seven");
	image_init(&b, 720, 576, 7, "Seven");
	image_draw(&a, 1234, NOON);
	for (uint64_t frame = 0; frame <= 1234; frame++)
		image_draw(&b, frame, frame < 1234 ? (time_t)frame : NOON);
	ck_assert_mem_eq(a.data, b.data, a.size);
	image_release(&a);
	image_release(&b);
}
END_TEST

/* Everything that changes a picture changes its boxes, and nothing else. */
static const struct {
	const char *label;
	unsigned number;
	const char *name;
	uint64_t frame;
	time_t utc;
} others[] = {
	{ "number", 8, "Seven", 1000, NOON },
	{ "name", 7, "Eight", 1000, NOON },
	{ "frame", 7, "Seven", 1001, NOON },
	{ "clock", 7, "Seven", 1000, NOON + 1 },
};

START_TEST(tells_number_name_frame_and_second)
{
	struct image a, b;

	image_init(&a, 720, 576, 7, "Seven");
	image_init(&b, 720, 576, others[_i].number, others[_i].name);
	image_draw(&a, 1000, NOON);
	image_draw(&b, others[_i].frame, others[_i].utc);
	ck_assert_msg(memcmp(a.data, b.data, a.size) != 0, "%s", others[_i].label);
	image_release(&a);
	image_release(&b);
}
END_TEST

START_TEST(the_bars_are_75_percent_and_in_order)
{
	static const uint8_t luma[8] = { 180, 162, 131, 112, 84, 65, 35, 16 };
	struct image im;

	image_init(&im, 720, 576, 1, "One");
	for (unsigned i = 0; i < 8; i++)
		ck_assert_uint_eq(im.planes.data[0][10 * 720 + 45 + i * 90], luma[i]);
	image_release(&im);
}
END_TEST

START_TEST(the_block_moves_with_each_frame_and_stays_on_its_track)
{
	struct image im;
	const struct picture_box *track = &im.picture.track;
	unsigned at = 0;

	image_init(&im, 720, 576, 1, "One");
	for (uint64_t frame = 0; frame < 100; frame++) {
		unsigned x = 0;

		image_draw(&im, frame, NOON);
		while (x < track->w && luma_at(&im, track, x) == 16)
			x++;
		ck_assert_uint_le(x + track->h, track->w);
		ck_assert_uint_eq(luma_at(&im, track, x + track->h - 1), 235);
		if (frame > 0)
			ck_assert(x == at + 2 * im.picture.unit || x == 0);
		at = x;
	}
	image_release(&im);
}
END_TEST

START_TEST(the_lamp_is_lit_while_the_tone_is_silent)
{
	struct image im;

	image_init(&im, 720, 576, 1, "One");
	for (uint64_t frame = 0; frame < 50; frame++) {
		image_draw(&im, frame, NOON);
		ck_assert_uint_eq(luma_at(&im, &im.picture.lamp, 1), frame % 25 >= 23 ? 235 : 16);
	}
	image_release(&im);
}
END_TEST

UNIT_MAIN("picture", UNIT_ROWS(fits_into_every_size, ARRAY_LEN(sizes)),
    UNIT_TEST(is_the_same_to_the_bit_whatever_was_drawn_before),
    UNIT_ROWS(tells_number_name_frame_and_second, ARRAY_LEN(others)),
    UNIT_TEST(the_bars_are_75_percent_and_in_order),
    UNIT_TEST(the_block_moves_with_each_frame_and_stays_on_its_track),
    UNIT_TEST(the_lamp_is_lit_while_the_tone_is_silent))
