/*
 * What is not a playlist, by how it begins: the web page of a provider's portal,
 * a guide in the wrong place, an archive.
 */
#ifndef PLAYLIST_M3U_SNIFF_H
#define PLAYLIST_M3U_SNIFF_H

#include <stddef.h>

/* "a web page (HTML)", ... for the first bytes of a text; NULL: it may be a playlist. */
const char *m3u_sniff(const char *data, size_t len);

#endif
