/*
 * How far a command is with what it works on: one line on stderr that is drawn again and again,
 * once it takes longer than a second, and only on a terminal. Whoever prints anything else there
 * wipes it first.
 */
#ifndef GATEWAY_CMD_PROGRESS_H
#define GATEWAY_CMD_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

struct buf;

struct cmd_progress {
	const char *what; /* as people may see it; not ours, it has to last */
	const char *unit; /* what is counted, "channels"; NULL: bytes */
	_Bool terminal;
	uint64_t began_ms, told_ms;
	size_t shown; /* columns of the line that stands there */
};

void cmd_progress_begin(struct cmd_progress *p, const char *what, const char *unit);
/* Draws the line if it is time to. `total` 0: it is not known. */
void cmd_progress_tell(struct cmd_progress *p, uint64_t done, uint64_t total);
void cmd_progress_wipe(struct cmd_progress *p);

/*
 * The line's text, of less than `columns` columns, so that the cursor stays on the line; `what`
 * is cut first. Returns the columns that it has.
 */
size_t cmd_progress_text(struct buf *out, const struct cmd_progress *p, uint64_t took_ms,
    uint64_t done, uint64_t total, size_t columns);

#endif
