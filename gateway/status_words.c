/*
 * What the page, `masthead status` and the JSON say in the same words.
 */
#include <inttypes.h>

#include "base/buf.h"
#include "base/redact.h"
#include "gateway/channels.h"
#include "gateway/gateway.h"
#include "gateway/guide.h"
#include "gateway/source.h"
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

/* The guides that are read first (serve_due.c); how many. */
static size_t
add_awaited(struct buf *out, const struct gateway *g)
{
	struct source_info info;
	size_t n = 0;

	for (size_t i = 0; i < g->guide_count; i++) {
		source_get_info(g->guides[i].source, &info);
		if (info.state == SOURCE_READING || source_is_awaited(g->guides[i].source))
			buf_printf(out, "%s'%s'", n++ == 0 ? "it waits for " : ", ", info.name);
	}
	return n;
}

void
status_add_no_guide(struct buf *out, const struct gateway *g)
{
	struct guide_info info;

	if (guide_index(g->guide) != NULL)
		return;
	guide_get_info(g->guide, &info);
	buf_str(out, "not made yet: ");
	if (info.building && info.total > 0)
		buf_printf(out, "being made, %" PRIu64 " of %" PRIu64 " channels", info.done,
		    info.total);
	else if (info.building)
		buf_str(out, "being made");
	else if (info.failures > 0)
		redact_add(out, info.error);
	else if (channels_lineup(g->channels) == NULL)
		buf_str(out, "it waits for the first lineup");
	else if (add_awaited(out, g) > 0)
		buf_str(out, " to be read");
	else
		buf_str(out, "it is about to be made");
}
