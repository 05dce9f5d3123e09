/*
 * Raw bytes of a playlist line to text that everything behind it may trust:
 * UTF-8 without control characters.
 */
#ifndef PLAYLIST_M3U_TEXT_H
#define PLAYLIST_M3U_TEXT_H

#include <stddef.h>

/* What m3u_clean may make of one byte, in bytes. */
#define M3U_CLEAN_GROWTH 3

/*
 * Copies `len` bytes to `out` (room for M3U_CLEAN_GROWTH * len + 1) and ends them
 * with a NUL. Control characters become blanks; a byte that is not UTF-8 is taken
 * as Windows-1252, which is what "Latin-1" playlists are written in. Byte order
 * marks and blanks at the start and blanks at the end are left out. Returns the length.
 */
size_t m3u_clean(char *out, const char *in, size_t len);

/* `text` without its leading and trailing blanks, the latter cut off in place. */
char *m3u_trim(char *text);

/* As much of `text` as fits, cut between characters. Returns `out`. */
const char *m3u_excerpt(const char *text, char *out, size_t size);

#endif
