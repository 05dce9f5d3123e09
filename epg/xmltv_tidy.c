#include "epg/bytes.h"
#include "epg/xmltv.h"

static _Bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/*
 * Whether the text is tidy already, as nearly all are. 0xc2 begins the controls from
 * U+0080 on, and characters that are fine.
 */
static _Bool
is_tidy(const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t i = 0;

	if (len == 0)
		return 1;
	if (text[0] == ' ' || text[len - 1] == ' ')
		return 0;
	for (; i + BYTES_STEP < len; i += BYTES_STEP) {
		bytes here = bytes_at(text + i), next = bytes_at(text + i + 1);
		bytes bad = (bytes)(here < 0x20) | (bytes)(here == 0x7f) | (bytes)(here == 0xc2) |
		    ((bytes)(here == ' ') & (bytes)(next == ' '));

		if (bytes_any(bad))
			return 0;
	}
	for (; i < len; i++) {
		if (p[i] < 0x20 || p[i] == 0x7f || p[i] == 0xc2 ||
		    (p[i] == ' ' && i + 1 < len && p[i + 1] == ' '))
			return 0;
	}
	return 1;
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

size_t
xmltv_tidy(char *text, size_t len)
{
	const char *p = text, *end = text + len;
	_Bool blank = 0;
	char *out = text;

	if (is_tidy(text, len))
		return len;
	while (p < end) {
		size_t control;

		if (is_blank(*p)) {
			blank = out > text;
			p++;
			continue;
		}
		control = control_at(p, end);
		if (control > 0) {
			p += control;
			continue;
		}
		if (blank)
			*out++ = ' ';
		blank = 0;
		*out++ = *p++;
	}
	return (size_t)(out - text);
}
