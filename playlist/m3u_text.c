#include "playlist/m3u_text.h"

#include <stdint.h>
#include <string.h>

#include "base/utf8.h"

#define EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* True only if all eight bytes are 0x20 to 0x7e. A borrow may say no too often, never yes. */
static inline _Bool
plain8(const char *in)
{
	uint64_t x;

	memcpy(&x, in, sizeof(x));
	return (((x - EACH_BYTE(0x20)) | x | (x + EACH_BYTE(1))) & EACH_BYTE(0x80)) == 0;
}

/* The upper half of Windows-1252 up to 0x9f; 0: a control. The rest is Latin-1 as it is. */
static const uint16_t windows_1252[32] = { 0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020,
	0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017d, 0, 0, 0x2018, 0x2019, 0x201c,
	0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178 };

static char *
add_windows_1252(char *out, unsigned char c)
{
	unsigned code = c < 0xa0 ? windows_1252[c - 0x80] : c;

	if (code == 0) {
		*out++ = ' ';
	} else if (code < 0x800) {
		*out++ = (char)(0xc0 | code >> 6);
		*out++ = (char)(0x80 | (code & 0x3f));
	} else {
		*out++ = (char)(0xe0 | code >> 12);
		*out++ = (char)(0x80 | (code >> 6 & 0x3f));
		*out++ = (char)(0x80 | (code & 0x3f));
	}
	return out;
}

size_t
m3u_clean(char *out, const char *in, size_t len)
{
	const char *end = in + len;
	char *start = out;
	size_t n;

	while (in < end) {
		unsigned char c = (unsigned char)*in;

		if (end - in >= 8 && plain8(in)) {
			memcpy(out, in, 8);
			out += 8;
			in += 8;
		} else if (c >= 0x20 && c < 0x7f) {
			*out++ = *in++;
		} else if (c < 0x80) {
			*out++ = ' ';
			in++;
		} else if ((n = utf8_char(in, end)) == 0) {
			out = add_windows_1252(out, c);
			in++;
		} else if (n == 2 && c == 0xc2 && (unsigned char)in[1] < 0xa0) {
			/* U+0080 to U+009F: controls too. */
			*out++ = ' ';
			in += 2;
		} else {
			memcpy(out, in, n);
			out += n;
			in += n;
		}
	}
	while (out > start && out[-1] == ' ')
		out--;
	*out = '\0';
	n = 0;
	while (start[n] == ' ' || strncmp(start + n, BYTE_ORDER_MARK, 3) == 0)
		n += start[n] == ' ' ? 1 : 3;
	if (n > 0)
		memmove(start, start + n, (size_t)(out - start) - n + 1);
	return (size_t)(out - start) - n;
}

char *
m3u_trim(char *text)
{
	size_t n;

	text += strspn(text, " ");
	n = strlen(text);
	while (n > 0 && text[n - 1] == ' ')
		n--;
	text[n] = '\0';
	return text;
}

const char *
m3u_excerpt(const char *text, char *out, size_t size)
{
	const char *end = text + strlen(text);
	size_t len = 0, n;

	while (text + len < end && (n = utf8_char(text + len, end)) > 0 && len + n < size)
		len += n;
	memcpy(out, text, len);
	out[len] = '\0';
	return out;
}
