#include "playlist/lineup_number.h"

#include <string.h>

/* Reads digits up to `max`; moves behind them. False: none, or too many. */
static _Bool
read_digits(const char **text, uint32_t max, uint32_t *ret)
{
	const char *p = *text;
	uint64_t value = 0;

	for (; *p >= '0' && *p <= '9' && value <= max; p++)
		value = value * 10 + (uint64_t)(*p - '0');
	if (p == *text || value > max)
		return 0;
	*text = p;
	*ret = (uint32_t)value;
	return 1;
}

uint64_t
lineup_number_read(const char *text)
{
	uint32_t major, minor = 0;

	text += strspn(text, " ");
	if (!read_digits(&text, LINEUP_MAJOR_MAX, &major) || major == 0)
		return 0;
	if (*text == '.' || *text == '-') {
		text++;
		if (!read_digits(&text, LINEUP_MINOR_MAX, &minor))
			return 0;
	}
	text += strspn(text, " ");
	return *text == '\0' ? lineup_number(major, minor) : 0;
}

uint64_t
lineup_number_parse(const char *text)
{
	const char *dot = strchr(text, '.');

	/* Nothing but digits and one dot, and no zero that would not be written. */
	if (text[0] == '0' || text[strspn(text, "0123456789.")] != '\0' ||
	    (dot != NULL && dot[1] == '0'))
		return 0;
	return lineup_number_read(text);
}
