/*
 * Pictures under our address: which one is meant, and whether it may be fetched.
 */
#include <string.h>

#include "base/buf.h"
#include "base/url.h"
#include "epg/guide_index.h"
#include "gateway/channels.h"
#include "gateway/gateway.h"
#include "gateway/guide.h"
#include "gateway/http/http.h"
#include "gateway/images.h"
#include "gateway/outputs.h"
#include "playlist/lineup.h"

/* The channel of the path, by its id or that of the guide. */
static _Bool
find_channel(const struct gateway *g, const char *text, struct lineup_channel *ret)
{
	const struct lineup *lineup = channels_lineup(g->channels);
	uint64_t id;

	if (lineup == NULL)
		return 0;
	if (lineup_id_parse(text, &id))
		return lineup_find_id(lineup, id, ret);
	return lineup_find_guide_id(lineup, text, ret);
}

/* A logo of the playlist's is fetched as the playlist is: by its proxy, as its player. */
static void
source_of(const struct gateway *g, const struct lineup_channel *channel,
    struct images_source *source)
{
	const struct gateway_playlist *playlist;
	struct lineup_stream stream;

	source->url = channel->logo;
	if (channel->stream_count == 0)
		return;
	lineup_get_stream(channels_lineup(g->channels), channel, 0, &stream);
	playlist = gateway_find_playlist(g, stream.source);
	if (playlist != NULL) {
		source->user_agent = playlist->config->source.user_agent;
		source->proxy = playlist->config->source.proxy;
	}
}

/* What the guide has as the channel's logo. */
static _Bool
guide_logo(const struct gateway *g, uint64_t id, struct buf *out)
{
	struct guide_index *index = guide_index(g->guide);
	struct guide_index_programme element = { 0 };
	struct guide_index_channel channel;
	char text[LINEUP_GUIDE_ID_SIZE];
	uint32_t place;

	lineup_guide_id(id, text);
	if (index == NULL || !guide_index_find(index, text, &place))
		return 0;
	guide_index_get_channel(index, place, &channel);
	element.xml = channel.xml;
	element.xml_len = channel.xml_len;
	return guide_index_attr(&element, "icon", 0, "src", out) && buf_status(out) == 0;
}

static _Bool
is_http(const char *url)
{
	return url_has_scheme(url, "http") || url_has_scheme(url, "https");
}

void
outputs_logo(struct http_request *req, void *arg)
{
	const struct gateway *g = arg;
	struct images_source source = { 0 };
	struct buf logo = BUF_INIT(URL_MAX);
	struct lineup_channel channel;

	if (!find_channel(g, http_param(req, "channel"), &channel)) {
		http_reply_text(req, 404, "The lineup has no such channel.");
		return;
	}
	if (images_reply_local(g->images, req, &channel))
		return;
	if (is_http(channel.logo))
		source_of(g, &channel, &source);
	else if (guide_logo(g, channel.id, &logo) && is_http(logo.data))
		source.url = logo.data;
	if (!images_proxies(g->images))
		http_reply_text(req, 404,
		    "There is no local logo of this channel, and images.proxy is off.");
	else if (source.url == NULL)
		http_reply_text(req, 404, "Nobody has a logo of this channel.");
	else
		images_reply(g->images, req, &source);
	buf_release(&logo);
}

void
outputs_picture(struct http_request *req, void *arg)
{
	const struct gateway *g = arg;
	struct buf url = BUF_INIT(URL_MAX);
	struct images_source source = { 0 };

	if (!url_query_get(&url, http_query(req), "url") || buf_status(&url) < 0 ||
	    !is_http(url.data) || !images_is_ours(g->images, http_param(req, "code"), url.data)) {
		http_reply_text(req, 404,
		    "This is no address of a picture that was handed out here.");
	} else if (!images_proxies(g->images)) {
		http_reply_text(req, 404, "Pictures are not handed out here: images.proxy is off.");
	} else {
		source.url = url.data;
		images_reply(g->images, req, &source);
	}
	buf_release(&url);
}
