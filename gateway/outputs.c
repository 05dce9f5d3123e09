#include "gateway/outputs.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "gateway/channels.h"
#include "gateway/gateway.h"
#include "gateway/http/http.h"
#include "gateway/rows.h"
#include "gateway/tuner/tune.h"
#include "playlist/lineup.h"
#include "playlist/m3u_write.h"

#define LINKS_MAX 1024

/* The address ends in .ts: Jellyfin tells a stream by that (protocols.md §3.2). */
static void
row_playlist(struct buf *out, const struct lineup_channel *channel, const char *links)
{
	struct buf url = BUF_INIT(2 * LINKS_MAX);
	char id[17];

	lineup_id_text(channel->id, id);
	buf_printf(&url, "%s/stream/%s.ts", links, id);
	rows_add_m3u(out, channel, url.data);
	buf_release(&url);
}

void
outputs_playlist(struct http_request *req, void *arg)
{
	const struct gateway *g = arg;
	const char *links = gateway_base_url(g, req);
	struct rows_reply form = { .type = "audio/x-mpegurl; charset=utf-8",
		.after = "",
		.row = row_playlist,
		.by_group = 1 };
	struct buf before = BUF_INIT(4 * LINKS_MAX);
	char guide[LINKS_MAX + 16];

	snprintf(guide, sizeof(guide), "%s/guide.xml", links);
	m3u_write_header(&before, guide);
	form.before = before.data;
	http_add_header(req, "Content-Disposition", "inline; filename=\"masthead.m3u\"");
	rows_reply(req, g, &form, links);
	buf_release(&before);
}

void
outputs_stream(struct http_request *req, void *arg)
{
	struct gateway *g = arg;
	struct lineup *lineup = channels_lineup(g->channels);
	struct lineup_channel channel;
	const char *text = http_param(req, "id");
	size_t len = strcspn(text, ".");
	char id_text[17];
	uint64_t id;

	snprintf(id_text, sizeof(id_text), "%.*s", (int)len, text);
	if (lineup == NULL || len != 16 || !lineup_id_parse(id_text, &id) ||
	    !lineup_find_id(lineup, id, &channel)) {
		tune_unknown(req);
		return;
	}
	tune(req, g, &channel, NULL, 0);
}
