/*
 * The catalogue snapshot: one source's entries as a file that is mapped and read
 * in place. Written by the catalogue worker, read by the lineup worker and by
 * `masthead playlist`.
 *
 * A file may be hostile (a hijacked worker wrote it): opening checks the header,
 * and every access checks the offsets it follows; a bad one reads as "".
 */
#ifndef PLAYLIST_CATALOGUE_H
#define PLAYLIST_CATALOGUE_H

#include <stddef.h>
#include <stdint.h>

struct catalogue;
struct err;
struct m3u_entry;

/* -- writing --------------------------------------------------------------- */

struct catalogue_writer;
/* Streams to fd (an empty regular file that stays the caller's). NULL: no memory. */
struct catalogue_writer *catalogue_writer_new(int fd);
void catalogue_writer_free(struct catalogue_writer *w);
int catalogue_add(struct catalogue_writer *w, const struct m3u_entry *entry, struct err *err);
/* Writes what is held back and, last, the header that makes the file valid. */
int catalogue_finish(struct catalogue_writer *w, const char *guide_url, struct err *err);

/* -- reading --------------------------------------------------------------- */

struct catalogue_entry { /* points into the mapping; all NUL-terminated, never NULL */
	const char *name, *url, *tvg_id, *tvg_name, *logo, *chno, *group;
	const char *directives, *headers, *user_agent;
	const char *attrs; /* every attribute: "name\0value\0...\0" */
	uint32_t line;
	_Bool radio;
};

/* Maps the file behind fd (stays the caller's). -EBADMSG: not a whole snapshot of this version. */
int catalogue_open(struct catalogue **ret, int fd, struct err *err);
void catalogue_close(struct catalogue *c);
uint32_t catalogue_count(const struct catalogue *c);
const char *catalogue_guide_url(const struct catalogue *c);
/* i < count */
void catalogue_get(const struct catalogue *c, uint32_t i, struct catalogue_entry *ret);

#endif
