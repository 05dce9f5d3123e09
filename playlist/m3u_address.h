/*
 * Lines of a playlist that are addresses.
 */
#ifndef PLAYLIST_M3U_ADDRESS_H
#define PLAYLIST_M3U_ADDRESS_H

/* The text reads as one: scheme://..., or a path without blanks. */
_Bool m3u_is_address(const char *text);
/* Cuts "|Name=value..." off an address in place. The headers, or NULL if there are none. */
char *m3u_address_headers(char *address);
/*
 * A name for what stands there: its last part, decoded, without account and
 * query. `out` has room for M3U_CLEAN_GROWTH times the address and a NUL.
 */
void m3u_address_name(char *out, const char *address);

#endif
