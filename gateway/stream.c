#include "gateway/stream.h"

#include <errno.h>
#include <string.h>

#include "base/list.h"
#include "base/url.h"
#include "gateway/channels.h"
#include "gateway/gateway.h"
#include "playlist/lineup.h"

#define HEADERS_MAX (32u << 10)

/* The entry's own headers and, behind them, those that its source always wants. */
static int
add_headers(struct buf *out, const char *own, const struct config_source *config)
{
	buf_str(out, own);
	for (size_t i = 0; i < config->header_count; i++)
		buf_printf(out, "%s\n", config->headers[i]);
	return buf_status(out);
}

/*
 * A provider's playlist may send us to the network only. Files of this machine
 * and our own test cards are for playlists that are on this machine themselves:
 * else a provider could have a viewer see /etc, or us encode for it.
 */
static _Bool
may_open(const struct config_source *config, const char *url)
{
	if (url_has_scheme(url, "http") || url_has_scheme(url, "https"))
		return 1;
	return url_has_scheme(config->url, "file") || url_has_scheme(config->url, "demo");
}

static const char *
or_null(const char *text)
{
	return text[0] == '\0' ? NULL : text;
}

int
stream_plan_init(struct stream_plan *plan, const struct gateway *g, const struct lineup *lineup,
    const struct lineup_channel *channel)
{
	memset(plan, 0, sizeof(*plan));
	for (size_t i = 0; i < RELAY_SOURCES_MAX; i++)
		buf_init(&plan->headers[i], HEADERS_MAX);
	lineup_number_text(channel, plan->number);
	plan->channel = (struct relay_channel){ .id = channel->id,
		.number = plan->number,
		.name = channel->name,
		.sources = plan->sources };
	for (uint32_t k = 0; k < channel->stream_count; k++) {
		size_t n = plan->channel.source_count;
		const struct gateway_playlist *playlist;
		struct lineup_stream stream;

		if (n == RELAY_SOURCES_MAX)
			break;
		lineup_get_stream(lineup, channel, k, &stream);
		playlist = gateway_find_playlist(g, stream.source);
		if (playlist == NULL || !may_open(&playlist->config->source, stream.url))
			continue;
		if (add_headers(&plan->headers[n], stream.headers, &playlist->config->source) < 0)
			return -ENOMEM;
		plan->sources[n] = (struct relay_source){
			.url = stream.url,
			.user_agent = stream.user_agent[0] != '\0'
			    ? stream.user_agent
			    : playlist->config->source.user_agent,
			.headers = or_null(plan->headers[n].data),
			.proxy = playlist->config->source.proxy,
			.label = playlist->config->source.name,
			.account = playlist->account,
		};
		plan->channel.source_count++;
	}
	return plan->channel.source_count == 0 ? -ENOENT : 0;
}

void
stream_plan_release(struct stream_plan *plan)
{
	for (size_t i = 0; i < RELAY_SOURCES_MAX; i++)
		buf_release(&plan->headers[i]);
}

/* The ids are gathered first: the relay may not be changed while it is walked. */
struct running {
	uint64_t ids[256];
	size_t count;
};

static void
gather(void *arg, const struct relay_channel_info *info)
{
	struct running *running = arg;

	if (running->count < ARRAY_LEN(running->ids))
		running->ids[running->count++] = info->id;
}

void
stream_update_all(const struct gateway *g)
{
	struct lineup *lineup = channels_lineup(g->channels);
	struct running running = { .count = 0 };
	struct lineup_channel channel;
	struct stream_plan plan;

	if (lineup == NULL)
		return;
	relay_each_channel(g->relay, gather, &running);
	for (size_t i = 0; i < running.count; i++) {
		if (!lineup_find_id(lineup, running.ids[i], &channel))
			continue; /* it has left the lineup: who watches goes on as it was */
		if (stream_plan_init(&plan, g, lineup, &channel) == 0)
			relay_update(g->relay, &plan.channel);
		stream_plan_release(&plan);
	}
}
