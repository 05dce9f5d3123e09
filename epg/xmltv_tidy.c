#include <string.h>

#include "epg/scan.h"
#include "epg/xmltv.h"

static _Bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Whether something in SCAN_WIDTH bytes, and the one behind them, is not tidy, or may not be. */
static inline _Bool
is_odd(const char *p)
{
	scan_bytes here = scan_load(p), next = scan_load(p + 1);
	scan_bytes low = (scan_bytes)((scan_signed)here < ' ') &
	    ~(scan_bytes)((scan_signed)here < 0);

	/* 0xc2 begins the controls from U+0080 on, and characters that are fine. */
	return scan_mask(low | (scan_bytes)(here == 0x7f) | (scan_bytes)(here == (char)0xc2) |
		   ((scan_bytes)(here == ' ') & (scan_bytes)(next == ' '))) != 0;
}

/* Whether the text is tidy already, as nearly all are. */
static _Bool
is_tidy(const char *text, size_t len)
{
	char rest[SCAN_WIDTH + 1];
	size_t i = 0;

	if (len == 0)
		return 1;
	if (text[0] == ' ' || text[len - 1] == ' ')
		return 0;
	for (; i + SCAN_WIDTH < len; i += SCAN_WIDTH) {
		if (is_odd(text + i))
			return 0;
	}
	memset(rest, 'x', sizeof(rest));
	memcpy(rest, text + i, len - i);
	return !is_odd(rest);
}

/* Bytes of the control character that stands at `p`; 0: another one does. */
static size_t
control_at(const char *p, const char *end)
{
	const unsigned char *s = (const unsigned char *)p;

	if (s[0] < 0x20 || s[0] == 0x7f)
		return 1;
	return s[0] == 0xc2 && end - p > 1 && s[1] >= 0x80 && s[1] < 0xa0 ? 2 : 0;
}

/* Runs of blanks become `most` at most. */
static size_t
tidy(char *text, size_t len, size_t most)
{
	const char *p = text, *end = text + len;
	size_t blanks = 0;
	char *out = text;

	while (p < end) {
		size_t control;

		if (is_blank(*p)) {
			blanks += out > text && blanks < most;
			p++;
			continue;
		}
		control = control_at(p, end);
		if (control > 0) {
			p += control;
			continue;
		}
		for (; blanks > 0; blanks--)
			*out++ = ' ';
		*out++ = *p++;
	}
	return (size_t)(out - text);
}

size_t
xmltv_tidy(char *text, size_t len)
{
	return is_tidy(text, len) ? len : tidy(text, len, 1);
}

size_t
xmltv_tidy_id(char *text, size_t len)
{
	return is_tidy(text, len) ? len : tidy(text, len, len);
}
