/*
 * M3U writer: escapes by construction. " in a value becomes ', control bytes
 * become blanks, so nothing in a name can forge an attribute or a line.
 */
#ifndef PLAYLIST_M3U_WRITE_H
#define PLAYLIST_M3U_WRITE_H

struct buf;

struct m3u_out {
	const char *name, *url;
	const char *tvg_id, *tvg_name, *chno, *logo, *group; /* NULL or "": left out */
	/*
	 * Further attributes as pairs "name\0value\0...\0"; NULL: none. Left out: what the fields
	 * above say, and what may tell a provider's account: addresses, headers.
	 */
	const char *extra;
	_Bool radio;
};

/* #EXTM3U with the guide's address (NULL: none). */
void m3u_write_header(struct buf *out, const char *guide_url);
void m3u_write_entry(struct buf *out, const struct m3u_out *entry);

#endif
