#include "playlist/m3u_lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int
m3u_lines_init(struct m3u_lines *l, size_t max, m3u_line_cb *on_line, void *arg)
{
	*l = (struct m3u_lines){ .max = max, .on_line = on_line, .arg = arg };
	l->part = malloc(max);
	return l->part == NULL ? -ENOMEM : 0;
}

void
m3u_lines_release(struct m3u_lines *l)
{
	free(l->part);
	l->part = NULL;
}

/* Keeps the start of a line; what does not fit makes it an overlong one. */
static int
keep(struct m3u_lines *l, const char *data, size_t len, struct err *err)
{
	size_t room = l->max - l->part_len;

	if (len > 0)
		memcpy(l->part + l->part_len, data, len < room ? len : room);
	l->part_len += len < room ? len : room;
	if (len <= room)
		return 0;
	l->overlong = 1;
	return l->on_line(l->part, l->part_len, 1, l->arg, err);
}

/* Takes the next bytes of a line; `whole`: they end it. */
static int
take(struct m3u_lines *l, const char *data, size_t len, _Bool whole, struct err *err)
{
	int rc = 0;

	if (!l->inside) {
		l->inside = 1;
		l->number++;
		if (whole && len <= l->max) {
			l->inside = 0;
			return l->on_line(data, len, 0, l->arg, err);
		}
	}
	if (!l->overlong)
		rc = keep(l, data, len, err);
	if (!whole || rc < 0)
		return rc;
	if (!l->overlong)
		rc = l->on_line(l->part, l->part_len, 0, l->arg, err);
	l->inside = 0;
	l->overlong = 0;
	l->part_len = 0;
	return rc;
}

static const char *
find(const char *p, char c, const char *end)
{
	const char *at = memchr(p, c, (size_t)(end - p));

	return at == NULL ? end : at;
}

int
m3u_lines_feed(struct m3u_lines *l, const char *data, size_t len, struct err *err)
{
	const char *p = data, *end = data + len, *lf = NULL, *cr = NULL, *eol;
	int rc = 0;

	for (; rc >= 0 && p < end; p = eol + 1) {
		if (l->after_cr && *p == '\n')
			p++;
		l->after_cr = 0;
		if (p == end)
			break;
		/* Each byte is looked at once for each, whatever the line ends are. */
		if (lf == NULL || lf < p)
			lf = find(p, '\n', end);
		if (cr == NULL || cr < p)
			cr = find(p, '\r', end);
		eol = lf < cr ? lf : cr;
		rc = take(l, p, (size_t)(eol - p), eol < end, err);
		if (eol == end)
			break;
		l->after_cr = eol == cr;
	}
	return rc;
}

int
m3u_lines_finish(struct m3u_lines *l, struct err *err)
{
	return l->inside ? take(l, "", 0, 1, err) : 0;
}
