#include "transcode/picture.h"

#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "transcode/font.h"
#include "transcode/testcard.h"
#include "transcode/tone.h"

#define LUMA_BLACK 16
#define LUMA_PANEL 40
#define LUMA_WHITE 235

/* The card is laid out in units; at least 160 x 120 of them fit. */
#define UNITS_WIDE 160
#define UNITS_HIGH 120
#define MARGIN     4
#define PANEL_HIGH 49 /* of what stands in it */

/* 75 % bars (EBU Tech 3325, SMPTE EG 1): white to black by falling luma. */
static const uint8_t bars[8][3] = {
	{ 180, 128, 128 },
	{ 162, 44, 142 },
	{ 131, 156, 44 },
	{ 112, 72, 58 },
	{ 84, 184, 198 },
	{ 65, 100, 212 },
	{ 35, 212, 114 },
	{ 16, 128, 128 },
};

/* The panel's chroma: twelve hues around the circle, so that neighbours differ. */
static const uint8_t hues[12][2] = { { 152, 110 }, { 128, 158 }, { 104, 110 }, { 158, 128 },
	{ 110, 152 }, { 110, 104 }, { 154, 143 }, { 102, 128 }, { 143, 102 }, { 143, 154 },
	{ 98, 143 }, { 128, 98 } };

static void
fill(const struct picture_planes *to, unsigned plane, const struct picture_box *box, uint8_t value)
{
	unsigned half = plane == 0 ? 0 : 1;
	uint8_t *row = to->data[plane] + (box->y >> half) * to->stride[plane] + (box->x >> half);

	for (unsigned y = 0; y < box->h >> half; y++, row += to->stride[plane])
		memset(row, value, box->w >> half);
}

static void
draw_glyph(const struct picture_planes *to, const uint8_t *glyph, unsigned x, unsigned y,
    unsigned dot)
{
	for (unsigned row = 0; row < FONT_HEIGHT; row++) {
		for (unsigned col = 0; col < FONT_WIDTH; col++) {
			struct picture_box box = { x + col * dot, y + row * dot, dot, dot };

			if (glyph[row] >> (FONT_WIDTH - 1 - col) & 1)
				fill(to, 0, &box, LUMA_WHITE);
		}
	}
}

/* Only luma changes, so writing takes the panel's hue. What does not fit in the box is cut. */
static void
draw_text(const struct picture_planes *to, const struct picture_box *box, const char *text)
{
	unsigned dot = box->h / FONT_HEIGHT, count = font_count(text);
	unsigned x = box->x, end = box->x + box->w;
	uint32_t code;

	while (dot > 1 && count * FONT_ADVANCE * dot > box->w)
		dot--;
	fill(to, 0, box, LUMA_PANEL);
	while ((code = font_next(&text)) != 0 && x + FONT_WIDTH * dot <= end) {
		draw_glyph(to, font_glyph(code), x, box->y, dot);
		x += FONT_ADVANCE * dot;
	}
}

void
picture_init(struct picture *p, const struct testcard_spec *spec)
{
	unsigned u = spec->width / UNITS_WIDE, wide, left, top, y;

	if (u > spec->height / UNITS_HIGH)
		u = spec->height / UNITS_HIGH;
	wide = spec->width / u;
	left = MARGIN * u;
	top = spec->height * 8 / 15 & ~1u;
	*p = (struct picture){ .spec = spec, .unit = u };
	p->panel = (struct picture_box){ 0, top, spec->width, spec->height - top };
	y = top + (p->panel.h - PANEL_HIGH * u) / 2;
	p->number = (struct picture_box){ left, y, 4 * FONT_ADVANCE * 3 * u, FONT_HEIGHT * 3 * u };
	p->clock = (struct picture_box){ left + p->number.w + 2 * u, y, 13 * FONT_ADVANCE * u,
		FONT_HEIGHT * u };
	p->counter = p->clock;
	p->counter.y += 12 * u;
	p->name = (struct picture_box){ left, y + 26 * u, (wide - 2 * MARGIN - 12) * u,
		FONT_HEIGHT * u };
	p->lamp = (struct picture_box){ (wide - MARGIN - 8) * u, p->name.y, 8 * u, 8 * u };
	p->track = (struct picture_box){ left, y + 39 * u, (wide - 2 * MARGIN) * u, 10 * u };
}

static void
draw_bars(const struct picture *p, const struct picture_planes *to)
{
	for (unsigned i = 0; i < ARRAY_LEN(bars); i++) {
		unsigned x = p->spec->width * i / ARRAY_LEN(bars) & ~1u;
		unsigned end = p->spec->width * (i + 1) / ARRAY_LEN(bars) & ~1u;
		struct picture_box box = { x, 0, end - x, p->panel.y };

		for (unsigned plane = 0; plane < 3; plane++)
			fill(to, plane, &box, bars[i][plane]);
	}
}

void
picture_draw_card(const struct picture *p, const struct picture_planes *to)
{
	const uint8_t *hue = hues[p->spec->number % ARRAY_LEN(hues)];
	char number[8];

	draw_bars(p, to);
	fill(to, 0, &p->panel, LUMA_PANEL);
	fill(to, 1, &p->panel, hue[0]);
	fill(to, 2, &p->panel, hue[1]);
	snprintf(number, sizeof(number), "%u", p->spec->number);
	draw_text(to, &p->number, number);
	draw_text(to, &p->name, p->spec->name);
}

void
picture_draw_frame(const struct picture *p, const struct picture_planes *to, uint64_t frame,
    time_t utc)
{
	unsigned fps = p->spec->fps, step = 2 * p->unit;
	unsigned steps = (p->track.w - p->track.h) / step + 1;
	struct picture_box block = p->track;
	char text[24];
	struct tm tm;

	if (gmtime_r(&utc, &tm) != NULL && strftime(text, sizeof(text), "%H:%M:%S UTC", &tm) > 0)
		draw_text(to, &p->clock, text);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)frame);
	draw_text(to, &p->counter, text);
	fill(to, 0, &p->lamp,
	    tone_is_silent(frame % fps * TONE_RATE / fps) ? LUMA_WHITE : LUMA_BLACK);
	fill(to, 0, &p->track, LUMA_BLACK);
	block.x += (unsigned)(frame % steps) * step;
	block.w = p->track.h;
	fill(to, 0, &block, LUMA_WHITE);
}
