#include "gateway/cmd_progress.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utf8proc.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/url.h"

#define PATIENCE_MS 1000 /* before anything is shown */
#define REDRAW_MS   200
#define COLUMNS     80 /* of a terminal that does not tell */
#define COLUMNS_MAX 1000
#define FIGURES_MAX 200
#define UTF8_CHAR   4 /* bytes, at most */

/* -- the text ---------------------------------------------------------------- */

/* Adds as much of the text as has room in so many columns, and returns those that it took. */
static size_t
add_columns(struct buf *out, const char *text, size_t columns)
{
	const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)text;
	size_t used = 0;

	while (*p != '\0') {
		utf8proc_int32_t c;
		utf8proc_ssize_t n = utf8proc_iterate(p, -1, &c);
		size_t width = n > 0 ? (size_t)utf8proc_charwidth(c) : 0;

		if (n <= 0 || used + width > columns)
			break;
		buf_add(out, p, (size_t)n);
		used += width;
		p += n;
	}
	return used;
}

static void
add_amount(struct buf *out, const char *unit, double amount)
{
	if (unit != NULL)
		buf_printf(out, "%.0f %s", amount, unit);
	else if (amount < 1e6)
		buf_printf(out, "%.0f kB", amount / 1e3);
	else
		buf_printf(out, "%.1f MB", amount / 1e6);
}

static void
add_figures(struct buf *out, const char *unit, uint64_t took_ms, uint64_t done, uint64_t total)
{
	double rate = took_ms > 0 ? (double)done * 1000 / (double)took_ms : 0;

	buf_str(out, ": ");
	add_amount(out, unit, (double)done);
	if (total > 0) {
		buf_str(out, " of ");
		add_amount(out, unit, (double)total);
	}
	buf_str(out, ", ");
	add_amount(out, unit, rate);
	buf_str(out, "/s");
	if (rate > 0 && total > done)
		buf_printf(out, ", %.0f s left", (double)(total - done) / rate + 0.5);
}

size_t
cmd_progress_text(struct buf *out, const struct cmd_progress *p, uint64_t took_ms, uint64_t done,
    uint64_t total, size_t columns)
{
	struct buf what = BUF_INIT(UTF8_CHAR * URL_MAX), figures = BUF_INIT(FIGURES_MAX);
	size_t room = columns > 0 ? columns - 1 : 0, used = 0;

	buf_visible(&what, p->what);
	add_figures(&figures, p->unit, took_ms, done, total);
	if (room > figures.len)
		used = add_columns(out, what.data, room - figures.len);
	used += add_columns(out, figures.data, room - used);
	buf_release(&what);
	buf_release(&figures);
	return used;
}

/* -- the line ---------------------------------------------------------------- */

static size_t
terminal_columns(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == -1 || size.ws_col == 0)
		return COLUMNS;
	return size.ws_col < COLUMNS_MAX ? size.ws_col : COLUMNS_MAX;
}

void
cmd_progress_begin(struct cmd_progress *p, const char *what, const char *unit)
{
	*p = (struct cmd_progress){ .what = what,
		.unit = unit,
		.terminal = isatty(STDERR_FILENO) == 1,
		.began_ms = clock_ms(&clock_system) };
}

void
cmd_progress_tell(struct cmd_progress *p, uint64_t done, uint64_t total)
{
	uint64_t now = clock_ms(&clock_system), took = now - p->began_ms;
	struct buf text = BUF_INIT(UTF8_CHAR * COLUMNS_MAX);
	size_t used;

	if (!p->terminal || took < PATIENCE_MS || now - p->told_ms < REDRAW_MS)
		return;
	p->told_ms = now;
	used = cmd_progress_text(&text, p, took, done, total, terminal_columns());
	/* Blanks cover what is left of a longer line before it. */
	fprintf(stderr, "\r%s%*s", text.data, used < p->shown ? (int)(p->shown - used) : 0, "");
	p->shown = used;
	buf_release(&text);
}

void
cmd_progress_wipe(struct cmd_progress *p)
{
	if (p->shown > 0)
		fprintf(stderr, "\r%*s\r", (int)p->shown, "");
	p->shown = 0;
}
