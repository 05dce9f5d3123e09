/*
 * A small bitmap font for what is written into pictures: ASCII, with accented
 * Latin-1 letters drawn without their accents and a box for all else.
 */
#ifndef TRANSCODE_FONT_H
#define TRANSCODE_FONT_H

#include <stdint.h>

#define FONT_WIDTH   5 /* dots; bit 4 of a row is the leftmost */
#define FONT_HEIGHT  8 /* dots, with the descender */
#define FONT_ADVANCE 6 /* dots from one character to the next */

#define FONT_BAD_UTF8 UINT32_MAX

/*
 * The code point at *text, which moves behind it; 0 at the end, where it stays.
 * FONT_BAD_UTF8 for a byte that is not UTF-8 (RFC 3629), and moves one byte.
 */
uint32_t font_next(const char **text);

/* FONT_HEIGHT rows. Never NULL. */
const uint8_t *font_glyph(uint32_t code);

/* How many characters font_next finds. */
unsigned font_count(const char *text);

#endif
