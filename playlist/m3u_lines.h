/*
 * Bytes, cut anywhere, to lines. A line ends at \n, \r or \r\n.
 */
#ifndef PLAYLIST_M3U_LINES_H
#define PLAYLIST_M3U_LINES_H

#include <stddef.h>
#include <stdint.h>

struct err;

/*
 * One line, valid inside the call only. `overlong`: these are the first bytes
 * of a line of more than the limit; its rest is skipped. Negative: stop.
 */
typedef int m3u_line_cb(const char *data, size_t len, _Bool overlong, void *arg, struct err *err);

struct m3u_lines {
	size_t max; /* bytes of a line */
	m3u_line_cb *on_line;
	void *arg;
	uint64_t number; /* of the line at hand, from 1 */
	char *part;      /* the start of a line whose end is yet to come */
	size_t part_len;
	_Bool inside;   /* in a line */
	_Bool overlong; /* in the rest of one that is too long */
	_Bool after_cr; /* a \n now belongs to the line before */
};

/* 0 or -ENOMEM. */
int m3u_lines_init(struct m3u_lines *l, size_t max, m3u_line_cb *on_line, void *arg);
void m3u_lines_release(struct m3u_lines *l);
/* 0, or what the callback returned. */
int m3u_lines_feed(struct m3u_lines *l, const char *data, size_t len, struct err *err);
/* The end of the input ends the last line. */
int m3u_lines_finish(struct m3u_lines *l, struct err *err);

#endif
