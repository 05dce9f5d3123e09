/*
 * The HTTP headers that an entry wants its upstream to be sent, gathered from
 * every dialect that says so. What is not a header (name not a token, control
 * bytes in the value) is left out, and so are those that frame or route the
 * request (Host, Content-Length, ...): they are ours.
 */
#ifndef PLAYLIST_M3U_HEADERS_H
#define PLAYLIST_M3U_HEADERS_H

#include <stddef.h>

#include "base/buf.h"

#define M3U_HEADERS_MAX  16    /* later ones are left out */
#define M3U_HEADERS_TEXT 16384 /* bytes of them all */

struct m3u_headers {
	struct {
		size_t name, value; /* offsets into `store` */
	} list[M3U_HEADERS_MAX];
	size_t count;
	struct buf store, text;
};

void m3u_headers_init(struct m3u_headers *h);
void m3u_headers_release(struct m3u_headers *h);
void m3u_headers_clear(struct m3u_headers *h);

/* -- adding: a later header replaces an earlier one of the same name ------------- */

/* An attribute or a VLC option: "http-user-agent", "http-referrer", ... Others: ignored. */
void m3u_headers_option(struct m3u_headers *h, const char *option, const char *value);
/* "User-Agent=a%20b&Referer=c", as behind the | of a URL. */
void m3u_headers_pairs(struct m3u_headers *h, const char *pairs);
/* A whole line "#EXTVLCOPT:...", "#KODIPROP:..." or "#EXTHTTP:...". Others: ignored. */
void m3u_headers_directive(struct m3u_headers *h, const char *line);

/* Valid until the next call. "" if there is none. */
const char *m3u_headers_user_agent(const struct m3u_headers *h);
/* All but User-Agent, "Name: value\n" each. */
const char *m3u_headers_text(struct m3u_headers *h);

#endif
