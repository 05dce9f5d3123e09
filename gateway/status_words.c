/*
 * What the page, `masthead status` and the JSON say in the same words.
 */
#include <inttypes.h>

#include "base/buf.h"
#include "gateway/status.h"

static void
add_bytes(struct buf *out, uint64_t bytes)
{
	if (bytes < 10000)
		buf_printf(out, "%" PRIu64 " B", bytes);
	else if (bytes < 10000000)
		buf_printf(out, "%" PRIu64 " kB", bytes / 1000);
	else
		buf_printf(out, "%" PRIu64 " MB", bytes / 1000000);
}

/* What comes compressed grows: then there is more of it than was told, and no share to tell. */
void
status_add_progress(struct buf *out, uint64_t done, uint64_t total)
{
	if (done == 0)
		return;
	buf_str(out, ", ");
	add_bytes(out, done);
	if (total >= done) {
		buf_str(out, " of ");
		add_bytes(out, total);
		buf_printf(out, " (%.0f %%)", 100.0 * (double)done / (double)total);
	}
}
