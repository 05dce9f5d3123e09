/*
 * Channel numbers, "5" and "5.1", as one integer that sorts as they do.
 */
#ifndef PLAYLIST_LINEUP_NUMBER_H
#define PLAYLIST_LINEUP_NUMBER_H

#include <stdint.h>

#define LINEUP_MAJOR_MAX 99999999
#define LINEUP_MINOR_MAX 9999

static inline uint64_t
lineup_number(uint32_t major, uint32_t minor)
{
	return (uint64_t)major << 32 | minor;
}

static inline _Bool
lineup_number_is_valid(uint64_t number)
{
	return number >> 32 != 0 && number >> 32 <= LINEUP_MAJOR_MAX &&
	    (uint32_t)number <= LINEUP_MINOR_MAX;
}

/* "5" and "5.1" just as lineup_number_text writes them; 0 for anything else. */
uint64_t lineup_number_parse(const char *text);
/* What a playlist says: also "05", "5-1", "5.0", with blanks around it. 0: not a number. */
uint64_t lineup_number_read(const char *text);

#endif
