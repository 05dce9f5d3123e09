#include "gateway/routes.h"

#include <stddef.h>

#include "base/err.h"
#include "gateway/gateway.h"
#include "gateway/guide_api.h"
#include "gateway/http/http.h"
#include "gateway/outputs.h"
#include "gateway/page.h"
#include "gateway/source.h"
#include "gateway/status.h"
#include "gateway/tuner/api.h"

/* -- the control socket --------------------------------------------------------------- */

static void
control_reload(struct http_request *req, void *arg)
{
	struct gateway *g = arg;
	struct err err = ERR_INIT;

	if (g->reload(g, &err) < 0)
		http_reply_text(req, 422, "%s", err.text);
	else
		http_reply_text(req, 200, "reloaded");
}

static void
control_refresh(struct http_request *req, void *arg)
{
	struct gateway *g = arg;

	for (size_t i = 0; i < g->playlist_count; i++)
		source_refresh(g->playlists[i].source);
	for (size_t i = 0; i < g->guide_count; i++)
		source_refresh(g->guides[i].source);
	http_reply_text(req, 202, "refreshing");
}

/* -- the table ------------------------------------------------------------------------- */

#define GET_(pattern, audience, handler, help)             \
	{                                                  \
		HTTP_GET, pattern, audience, handler, help \
	}
#define POST_(pattern, audience, handler, help)             \
	{                                                   \
		HTTP_POST, pattern, audience, handler, help \
	}
/* HDHomeRun documents: the first device at the root, every one below /device/ID. */
#define DEVICE_(methods, path, handler, help)                                 \
	{ methods, path, HTTP_VIEWERS, handler, help },                       \
	{                                                                     \
		methods, "/device/{device}" path, HTTP_VIEWERS, handler, NULL \
	}

const struct http_route routes[] = {
	GET_("/", HTTP_VIEWERS, page_front, "the front page"),
	GET_("/style.css", HTTP_ANYONE, page_style, "its style"),
	GET_("/favicon.ico", HTTP_ANYONE, page_icon, "its icon"),

	DEVICE_(HTTP_GET, "/discover.json", api_discover, "HDHomeRun: the device"),
	DEVICE_(HTTP_GET, "/lineup.json", api_lineup_json, "HDHomeRun: the channels"),
	DEVICE_(HTTP_GET, "/lineup.xml", api_lineup_xml, "HDHomeRun: the channels as XML"),
	DEVICE_(HTTP_GET, "/lineup.m3u", api_lineup_m3u, "HDHomeRun: the channels as M3U"),
	DEVICE_(HTTP_GET, "/lineup_status.json", api_lineup_status, "HDHomeRun: the scan"),
	DEVICE_(HTTP_GET | HTTP_POST, "/lineup.post", api_lineup_post,
	    "HDHomeRun: ?scan=start refreshes the playlists"),
	DEVICE_(HTTP_GET, "/status.json", api_status, "HDHomeRun: the tuners"),
	DEVICE_(HTTP_GET, "/device.xml", api_device_xml, "UPnP: the device"),
	GET_("/capability", HTTP_VIEWERS, api_device_xml, NULL),
	DEVICE_(HTTP_GET, "/auto/v{channel}", api_stream,
	    "a channel on any tuner; ?duration=SECONDS"),
	DEVICE_(HTTP_GET, "/tuner{n}/v{channel}", api_stream, "a channel on that tuner"),
	DEVICE_(HTTP_GET, "/auto/ch{frequency}", api_no_frequency,
	    "always 404: no raw frequencies"),
	DEVICE_(HTTP_GET, "/tuner{n}/ch{frequency}", api_no_frequency, NULL),

	GET_("/playlist.m3u", HTTP_VIEWERS, outputs_playlist,
	    "the channels for IPTV players; ?group-title=A,B"),
	GET_("/m3u/threadfin.m3u", HTTP_VIEWERS, outputs_playlist, NULL),
	GET_("/m3u/xteve.m3u", HTTP_VIEWERS, outputs_playlist, NULL),
	DEVICE_(HTTP_GET, "/guide.xml", outputs_guide,
	    "the guide, XMLTV; ?days=2&channels=1-50 for a part of it"),
	GET_("/xmltv/threadfin.xml", HTTP_VIEWERS, outputs_guide, NULL),
	GET_("/xmltv/xteve.xml", HTTP_VIEWERS, outputs_guide, NULL),
	DEVICE_(HTTP_GET, "/guide.xml.gz", outputs_guide_gzip, "the guide, compressed"),
	GET_("/xmltv/threadfin.xml.gz", HTTP_VIEWERS, outputs_guide_gzip, NULL),
	GET_("/xmltv/xteve.xml.gz", HTTP_VIEWERS, outputs_guide_gzip, NULL),
	GET_("/stream/{id}", HTTP_VIEWERS, outputs_stream,
	    "a channel by its stable id, as the playlist has it; needs no tuner"),

	GET_("/images/logo/{channel}", HTTP_VIEWERS, outputs_logo,
	    "the logo of a channel, from the local folder or fetched once"),
	GET_("/images/{code}", HTTP_VIEWERS, outputs_picture,
	    "another picture, at an address that the guide has"),

	GET_("/api/v1/guide/now", HTTP_VIEWERS, guide_api_now,
	    "what is on and what comes next, as JSON; ?channel="),
	GET_("/api/v1/guide", HTTP_VIEWERS, guide_api_window,
	    "the guide of a time, as JSON; ?from=&to=&channel="),
	GET_("/api/v1/guide/search", HTTP_VIEWERS, guide_api_search,
	    "programmes by words of their title, as JSON; ?q="),
	GET_("/api/v1/status", HTTP_VIEWERS, status_reply, "everything that is going on, as JSON"),
	GET_("/metrics", HTTP_VIEWERS, status_metrics, "the same for Prometheus"),
	GET_("/healthz", HTTP_ANYONE, status_healthz, "200 while the program lives"),
	GET_("/readyz", HTTP_ANYONE, status_readyz, "200 once viewers can be served"),

	POST_("/control/reload", HTTP_ADMIN, control_reload, "read the configuration again"),
	POST_("/control/refresh", HTTP_ADMIN, control_refresh, "refresh every source now"),
	{ 0, NULL, HTTP_ANYONE, NULL, NULL },
};
