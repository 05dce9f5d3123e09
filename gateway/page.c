#include "gateway/page.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/redact.h"
#include "gateway/channels.h"
#include "gateway/gateway.h"
#include "gateway/guide.h"
#include "gateway/http/http.h"
#include "gateway/relay/ledger.h"
#include "gateway/relay/relay.h"
#include "gateway/source.h"
#include "gateway/status.h"
#include "gateway/tuner/device.h"
#include "gateway/version.h"
#include "playlist/lineup.h"
#include "web/assets.h"

#define PAGE_MAX      (1u << 20)
#define CHANNELS_SHOW 100 /* on the page; the playlist has them all */

/* A mast with waves: one drawing for the page and the browser's tab. */
#define ICON                                                                                 \
	"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 32 32\" fill=\"none\""      \
	" stroke=\"%s\" stroke-width=\"2.4\" stroke-linecap=\"round\" aria-hidden=\"true\">" \
	"<path d=\"M16 13v16M10 29h12M11.5 8.5a6 6 0 0 1 9 0M7.5 5a11.5 11.5 0 0 1 17 0\"/>" \
	"<circle cx=\"16\" cy=\"12\" r=\"1.6\"/></svg>"

/* -- small parts -------------------------------------------------------------------- */

static void
add_ago(struct buf *out, const struct gateway *g, time_t when)
{
	long long seconds = (long long)(clock_wall(g->clock) - when);

	if (seconds < 60)
		buf_str(out, "just now");
	else if (seconds < 3600)
		buf_printf(out, "%lld min ago", seconds / 60);
	else if (seconds < 48 * 3600)
		buf_printf(out, "%lld h ago", seconds / 3600);
	else
		buf_printf(out, "%lld days ago", seconds / 86400);
}

static void
add_safe(struct buf *out, const char *text)
{
	struct buf clean = BUF_INIT(8192);

	redact_add(&clean, text);
	buf_xml(out, clean.data);
	buf_release(&clean);
}

/* A card: what it is for, the address, and its state. */
struct card {
	const char *title, *text, *path;
	const char *tone; /* class of the state: good, warn, bad */
	const char *state;
};

static void
add_card(struct buf *out, const char *base, const struct card *card)
{
	buf_printf(out, "<section class=\"card\"><h3>%s</h3><p>%s</p><code>", card->title,
	    card->text);
	buf_xml(out, base);
	buf_xml(out, card->path);
	buf_printf(out, "</code>\n<span class=\"state %s\">", card->tone);
	buf_xml(out, card->state);
	buf_str(out, "</span></section>\n");
}

/* -- what to paste where -------------------------------------------------------------- */

static void
add_tuner_card(struct buf *out, const struct gateway *g, const char *base, size_t i)
{
	const struct device *d = g->devices[i];
	unsigned busy = device_busy(d), tuners = device_tuners(d);
	char state[96], path[32] = "", title[192];
	struct buf name = BUF_INIT(128);

	buf_xml(&name, device_name(d));
	snprintf(title, sizeof(title), "Tuner: %s", name.data);
	buf_release(&name);
	if (i > 0)
		snprintf(path, sizeof(path), "/device/%s", device_id_text(d));
	snprintf(state, sizeof(state), "%u of %u tuners in use, device %s", busy, tuners,
	    device_id_text(d));
	add_card(out, base,
	    &(struct card){ title, "Plex, Emby, Jellyfin, Kodi, Channels: add an HDHomeRun at",
		path, busy < tuners ? "good" : "warn", state });
}

static void
add_playlist_card(struct buf *out, const struct gateway *g, const char *base)
{
	const struct lineup *lineup = channels_lineup(g->channels);
	char state[64] = "the first lineup is being made";

	if (lineup != NULL)
		snprintf(state, sizeof(state), "%u channel%s", (unsigned)lineup_count(lineup),
		    lineup_count(lineup) == 1 ? "" : "s");
	else if (g->ready)
		snprintf(state, sizeof(state), "no playlist could be read yet");
	add_card(out, base,
	    &(struct card){ "Playlist", "VLC, TiviMate, Kodi's IPTV client and other players",
		"/playlist.m3u",
		lineup != NULL ? "good"
		    : g->ready ? "bad"
			       : "warn",
		state });
}

static void
add_guide_card(struct buf *out, const struct gateway *g, const char *base)
{
	struct buf state = BUF_INIT(8192);
	const char *tone;
	struct guide_info info;

	guide_get_info(g->guide, &info);
	if (guide_xml_fd(g->guide) != -1) {
		tone = info.failures > 0 ? "warn" : "good";
		buf_printf(&state, "%" PRIu64 " programmes for %" PRIu64 " channels",
		    info.programmes, info.channels);
		if (info.madeup > 0)
			buf_printf(&state, ", %" PRIu64 " of them made up", info.madeup);
		if (info.empty > 0)
			buf_printf(&state, ", %" PRIu64 " of them empty", info.empty);
	} else {
		tone = info.failures > 0 ? "bad" : "warn";
		status_add_no_guide(&state, g);
	}
	add_card(out, base,
	    &(struct card){ "Guide", "XMLTV, for all of them", "/guide.xml", tone, state.data });
	buf_release(&state);
}

static void
add_cards(struct buf *out, const struct gateway *g, const char *base)
{
	const struct lineup *lineup = channels_lineup(g->channels);
	struct lineup_channel first;
	char path[40], number[24];

	buf_str(out, "<h2>Paste these</h2>\n<div class=\"cards\">\n");
	for (size_t i = 0; i < g->device_count; i++)
		add_tuner_card(out, g, base, i);
	add_playlist_card(out, g, base);
	add_guide_card(out, g, base);
	if (lineup != NULL && lineup_count(lineup) > 0) {
		lineup_get(lineup, 0, &first);
		lineup_number_text(&first, number);
		snprintf(path, sizeof(path), "/auto/v%s", number);
		add_card(out, base,
		    &(struct card){ "Try a channel", "ffplay, mpv or VLC show a picture at once",
			path, "good", first.name });
	}
	buf_str(out, "</div>\n");
}

/* -- sources, viewers, channels -------------------------------------------------------- */

static void
add_source_state(struct buf *out, const struct gateway *g, const struct source_info *info)
{
	if (info->state != SOURCE_WAITING) {
		buf_printf(out, "<span class=\"state warn\">%s", source_state_name(info->state));
		status_add_progress(out, info->done, info->total);
		buf_str(out, "</span>");
	} else if (info->failures > 0) {
		buf_str(out, "<span class=\"state bad\">");
		add_safe(out, info->error);
		buf_printf(out, "</span><br>next try in %" PRIu64 " s", info->next_ms / 1000);
	} else {
		buf_str(out, "<span class=\"state good\">up to date</span>");
	}
	if (info->last_good != 0) {
		buf_str(out, info->failures > 0 ? "<br>last good " : "<br>checked ");
		add_ago(out, g, info->last_good);
	}
	if (info->note_total > 0) {
		buf_printf(out, "<br>%" PRIu64 " complaint%s: ", info->note_total,
		    info->note_total == 1 ? "" : "s, the first");
		if (info->notes[0].line > 0)
			buf_printf(out, "line %" PRIu32 ", ", info->notes[0].line);
		add_safe(out, info->notes[0].text);
	}
}

static void
add_source(struct buf *out, const struct gateway *g, const struct source *source,
    const struct ledger *account)
{
	struct source_info info;

	source_get_info(source, &info);
	buf_str(out, "<tr><td>");
	buf_xml(out, info.name);
	buf_printf(out,
	    "</td><td class=\"minor\">%s</td><td class=\"number\">%" PRIu64
	    " %s</td><td class=\"number minor\">",
	    source_kind_name(info.kind), info.entries,
	    info.kind == SOURCE_PLAYLIST ? "entries" : "programmes");
	if (account == NULL)
		buf_str(out, "–");
	else if (ledger_limit(account) == 0)
		buf_printf(out, "%u", ledger_taken(account));
	else
		buf_printf(out, "%u of %u", ledger_taken(account), ledger_limit(account));
	buf_str(out, "</td><td>");
	add_source_state(out, g, &info);
	buf_str(out, "</td></tr>\n");
}

static void
add_sources(struct buf *out, const struct gateway *g)
{
	buf_str(out,
	    "<h2>Sources</h2>\n<div class=\"wide\"><table>\n<tr><th>Name</th>"
	    "<th class=\"minor\">Kind</th><th class=\"number\">Size</th>"
	    "<th class=\"number minor\">Connections</th><th>State</th></tr>\n");
	for (size_t i = 0; i < g->playlist_count; i++)
		add_source(out, g, g->playlists[i].source, g->playlists[i].account);
	for (size_t i = 0; i < g->guide_count; i++)
		add_source(out, g, g->guides[i].source, NULL);
	buf_str(out, "</table></div>\n");
}

static void
add_running(void *arg, const struct relay_channel_info *info)
{
	struct buf *out = arg;

	buf_str(out, "<tr><td>");
	buf_xml(out, info->number);
	buf_char(out, ' ');
	buf_xml(out, info->name);
	buf_printf(out,
	    "</td><td class=\"number\">%u</td><td class=\"number\">%.1f Mbit/s</td><td>%s</td>"
	    "<td class=\"minor\">",
	    info->readers, (double)info->bits_per_second / 1e6, relay_state_name(info->state));
	buf_xml(out, info->source);
	buf_str(out, "</td></tr>\n");
}

static void
add_viewers(struct buf *out, const struct gateway *g)
{
	struct relay_stats stats;

	relay_stats(g->relay, &stats);
	buf_str(out, "<h2>On air</h2>\n<div class=\"wide\">");
	if (stats.channels == 0) {
		buf_str(out, "<p class=\"empty\">Nobody is watching.</p>");
	} else {
		buf_str(out,
		    "<table>\n<tr><th>Channel</th><th class=\"number\">Viewers</th>"
		    "<th class=\"number\">Rate</th>"
		    "<th>State</th><th class=\"minor\">Source</th></tr>\n");
		relay_each_channel(g->relay, add_running, out);
		buf_str(out, "</table>");
	}
	buf_str(out, "</div>\n");
}

static void
add_channels(struct buf *out, const struct gateway *g)
{
	const struct lineup *lineup = channels_lineup(g->channels);
	uint32_t count = lineup == NULL ? 0 : lineup_count(lineup);
	struct lineup_channel channel;
	char number[24], id[17];

	if (count == 0)
		return;
	buf_str(out, "<h2>Channels</h2>\n<div class=\"wide\"><table>\n");
	for (uint32_t i = 0; i < count && i < CHANNELS_SHOW; i++) {
		lineup_get(lineup, i, &channel);
		lineup_number_text(&channel, number);
		lineup_id_text(channel.id, id);
		buf_printf(out, "<tr><td class=\"number\">%s</td><td><a href=\"/stream/%s.ts\">",
		    number, id);
		buf_xml(out, channel.name);
		buf_str(out, "</a></td><td>");
		buf_xml(out, channel.group);
		buf_str(out, "</td></tr>\n");
	}
	buf_str(out, "</table></div>\n");
	if (count > CHANNELS_SHOW)
		buf_printf(out,
		    "<p class=\"empty\">The first %d of %u; the playlist has all.</p>\n",
		    CHANNELS_SHOW, (unsigned)count);
}

/* -- the page ----------------------------------------------------------------------------- */

static void
add_top(struct buf *out, const struct gateway *g)
{
	struct relay_stats stats;

	relay_stats(g->relay, &stats);
	buf_str(out,
	    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	    "<title>Masthead</title>\n"
	    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
	if (!g->ready)
		buf_str(out, "<meta http-equiv=\"refresh\" content=\"2\">\n");
	buf_str(out,
	    "<link rel=\"icon\" href=\"/favicon.ico\" type=\"image/svg+xml\">\n"
	    "<link rel=\"stylesheet\" href=\"/style.css\">\n</head>\n<body>\n<header>");
	buf_printf(out, ICON, "currentColor");
	buf_str(out, "<h1>Masthead</h1><p>");
	if (g->draining)
		buf_str(out, "<span class=\"state warn\">stopping</span>");
	else if (!g->ready)
		buf_str(out, "<span class=\"state warn\">starting: reading the sources</span>");
	else
		buf_str(out, "<span class=\"state good\">running</span>");
	buf_printf(out, " · %u watching · %u on air%s</p></header>\n", stats.readers,
	    stats.channels,
	    g->config->demo
		? " · this is the built-in demo: give it a config to see your own channels"
		: "");
}

void
page_front(struct http_request *req, void *arg)
{
	const struct gateway *g = arg;
	struct buf out = BUF_INIT(PAGE_MAX);

	add_top(&out, g);
	add_cards(&out, g, gateway_base_url(g, req));
	add_viewers(&out, g);
	add_sources(&out, g);
	add_channels(&out, g);
	buf_str(&out, "<footer>Masthead ");
	buf_xml(&out, masthead_version);
	buf_str(&out,
	    " · <a href=\"/api/v1/status\">status</a> · <a href=\"/metrics\">metrics</a>"
	    "</footer>\n</body>\n</html>\n");
	http_add_header(req, "Cache-Control", "no-store");
	http_add_header(req, "Content-Security-Policy", "%s",
	    "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'");
	http_reply_buf(req, 200, "text/html; charset=utf-8", &out);
	buf_release(&out);
}

void
page_style(struct http_request *req, void *arg)
{
	const char *style;
	size_t len;

	(void)arg;
	style = web_style(&len);
	http_add_header(req, "Cache-Control", "max-age=600");
	http_reply(req, 200, "text/css; charset=utf-8", style, len);
}

void
page_icon(struct http_request *req, void *arg)
{
	char icon[512];
	int len = snprintf(icon, sizeof(icon), ICON, "#0b6bcb");

	(void)arg;
	http_add_header(req, "Cache-Control", "max-age=86400");
	http_reply(req, 200, "image/svg+xml", icon, (size_t)len);
}
