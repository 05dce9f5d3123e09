/*
 * /metrics: every figure is a row of the table; a row without labels is one
 * number, the others are walks. Names follow Prometheus' rules: base units,
 * _total for counters.
 */
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/list.h"
#include "gateway/channels.h"
#include "gateway/gateway.h"
#include "gateway/guide.h"
#include "gateway/http/http.h"
#include "gateway/process.h"
#include "gateway/relay/ledger.h"
#include "gateway/relay/relay.h"
#include "gateway/source.h"
#include "gateway/status.h"
#include "gateway/tuner/device.h"
#include "gateway/version.h"
#include "gateway/worker.h"
#include "playlist/lineup.h"

#define METRICS_MAX (4u << 20)

/* All that the single numbers are taken from, read once. */
struct figures {
	struct relay_stats relay;
	struct http_stats http;
	struct worker_stats workers;
	struct file_syncs syncs;
	struct channels_info channels;
	struct guide_info guide;
	struct process_info process;
	uint64_t started; /* seconds since 1970 */
};

enum metric_unit { PLAIN, MICROSECONDS, MILLISECONDS };

/* The numbers: where each is in struct figures. */
static const struct {
	const char *name, *type, *help;
	size_t offset;
	size_t size; /* of the member: 4 or 8 */
	enum metric_unit unit;
} metrics[] = {
#define FIGURE(name, type, member, unit, help)                                  \
	{                                                                       \
		"masthead_" name, type, help, offsetof(struct figures, member), \
		    sizeof(((struct figures *)0)->member), unit                 \
	}
	FIGURE("upstreams", "gauge", relay.channels, PLAIN, "Channels that have an upstream."),
	FIGURE("clients", "gauge", relay.readers, PLAIN, "Viewers connected now."),
	FIGURE("upstream_receive_bytes_total", "counter", relay.bytes_in, PLAIN,
	    "Bytes of media received."),
	FIGURE("client_send_bytes_total", "counter", relay.bytes_out, PLAIN,
	    "Bytes of media sent."),
	FIGURE("client_dropped_bytes_total", "counter", relay.bytes_skipped, PLAIN,
	    "Bytes that viewers were too slow for."),
	FIGURE("client_stalls_total", "counter", relay.readers_dropped, PLAIN,
	    "Viewers dropped because they took nothing."),
	FIGURE("ts_discontinuities_total", "counter", relay.cc_errors, PLAIN,
	    "Continuity errors in what upstreams sent."),
	FIGURE("ts_sync_losses_total", "counter", relay.sync_losses, PLAIN,
	    "Times an upstream's packets lost sync."),
	FIGURE("upstream_reconnects_total", "counter", relay.reconnects, PLAIN,
	    "Upstreams opened again after an end, a stall or an error."),
	FIGURE("upstream_stalls_total", "counter", relay.stalls, PLAIN,
	    "Upstreams given up because they were silent."),
	FIGURE("tunes_total", "counter", relay.tunes, PLAIN,
	    "Streams that were asked for and started."),
	FIGURE("tune_failures_total", "counter", relay.tune_failures, PLAIN,
	    "Streams that were asked for and could not start."),
	FIGURE("tune_seconds_total", "counter", relay.tune_us_total, MICROSECONDS,
	    "Time from request to first byte, summed over the started ones."),
	FIGURE("media_reads_total", "counter", relay.reads, PLAIN,
	    "System calls that received media."),
	FIGURE("media_sends_total", "counter", relay.sends, PLAIN, "System calls that sent media."),
	FIGURE("http_connections", "gauge", http.connections, PLAIN, "Open HTTP connections."),
	FIGURE("http_accepted_total", "counter", http.accepted, PLAIN,
	    "HTTP connections accepted."),
	FIGURE("http_refused_total", "counter", http.refused, PLAIN,
	    "HTTP connections refused for a limit."),
	FIGURE("http_bad_requests_total", "counter", http.bad, PLAIN,
	    "Requests that were not HTTP."),
	FIGURE("http_accept_pauses_total", "counter", http.paused, PLAIN,
	    "Times accepting paused for lack of descriptors."),
	FIGURE("folder_syncs_total", "counter", syncs.done, PLAIN,
	    "Folders synced to the disk after a file in them was replaced."),
	FIGURE("folder_sync_failures_total", "counter", syncs.failed, PLAIN,
	    "Of those, the ones that failed: the disk is in trouble."),
	FIGURE("workers", "gauge", workers.running, PLAIN, "Worker processes running."),
	FIGURE("workers_started_total", "counter", workers.started, PLAIN,
	    "Worker processes started."),
	FIGURE("workers_failed_total", "counter", workers.failed, PLAIN,
	    "Worker processes that crashed or failed."),
	FIGURE("lineup_builds_total", "counter", channels.builds, PLAIN, "Lineups made."),
	FIGURE("lineup_build_failures_total", "counter", channels.failed, PLAIN,
	    "Lineups that could not be made."),
	FIGURE("lineup_build_seconds", "gauge", channels.took_ms, MILLISECONDS,
	    "How long the last lineup took."),
	FIGURE("lineup_longest_turn_seconds", "gauge", channels.swap_us_max, MICROSECONDS,
	    "The longest that checking or swapping a lineup held the loop."),
	FIGURE("guide_channels", "gauge", guide.channels, PLAIN,
	    "Channels of the guide that is served."),
	FIGURE("guide_programmes", "gauge", guide.programmes, PLAIN,
	    "Programmes of the guide that is served."),
	FIGURE("guide_end_timestamp_seconds", "gauge", guide.last, PLAIN,
	    "When the last of those ends; 0: there are none."),
	FIGURE("guide_builds_total", "counter", guide.builds, PLAIN,
	    "Times that the guide was made of its sources."),
	FIGURE("guide_build_failures_total", "counter", guide.failed, PLAIN,
	    "Guides that could not be made."),
	FIGURE("guide_build_seconds", "gauge", guide.took_ms, MILLISECONDS,
	    "How long the last guide took."),
	FIGURE("guide_longest_turn_seconds", "gauge", guide.swap_us_max, MICROSECONDS,
	    "The longest that checking or swapping a guide held the loop."),
	FIGURE("guide_made_up_channels", "gauge", guide.madeup, PLAIN,
	    "Channels whose guide was made up."),
	FIGURE("guide_bytes", "gauge", guide.bytes, PLAIN, "Size of guide.xml."),
	FIGURE("start_time_seconds", "gauge", started, PLAIN,
	    "When it started, in seconds since 1970."),
	{ "process_resident_memory_bytes", "gauge", "Resident memory, windows included.",
	    offsetof(struct figures, process.rss), sizeof(uint64_t), PLAIN },
	{ "process_cpu_seconds_total", "counter", "CPU time, user and system.",
	    offsetof(struct figures, process.cpu_ms), sizeof(uint64_t), MILLISECONDS },
	{ "process_open_fds", "gauge", "Open descriptors.",
	    offsetof(struct figures, process.open_files), sizeof(unsigned), PLAIN },
#undef FIGURE
};

/* A member of 4 or 8 bytes, as a sample's value. */
static void
add_value(struct buf *out, const void *from, size_t offset, size_t size, enum metric_unit unit)
{
	const char *at = (const char *)from + offset;
	uint64_t wide = 0;
	uint32_t narrow = 0;

	if (size == sizeof(wide)) {
		memcpy(&wide, at, sizeof(wide));
	} else {
		memcpy(&narrow, at, sizeof(narrow));
		wide = narrow;
	}
	switch (unit) {
	case MICROSECONDS: buf_real(out, (double)wide / 1e6); break;
	case MILLISECONDS: buf_real(out, (double)wide / 1e3); break;
	case PLAIN: buf_printf(out, "%" PRIu64, wide); break;
	}
}

static void
add_head(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* A label's value: \ " and newline escaped. */
static void
add_label(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, "{%s=\"", name);
	for (; *value != '\0'; value++) {
		if (*value == '\n')
			buf_str(out, "\\n");
		else if (*value == '"' || *value == '\\')
			buf_printf(out, "\\%c", *value);
		else
			buf_char(out, *value);
	}
	buf_str(out, "\"}");
}

/* -- one line a source, a device ----------------------------------------------------- */

static const struct {
	const char *name, *type, *help;
	size_t offset; /* of a uint64_t in struct source_info */
	enum source_kind kind;
	enum metric_unit unit;
} source_metrics[] = {
#define OF_SOURCE(kind, name, type, member, unit, help)                                        \
	{                                                                                      \
		"masthead_" name, type, help, offsetof(struct source_info, member), kind, unit \
	}
	OF_SOURCE(SOURCE_PLAYLIST, "source_streams", "gauge", entries, PLAIN,
	    "Entries of the last good playlist."),
	OF_SOURCE(SOURCE_PLAYLIST, "source_last_success_timestamp_seconds", "gauge", last_good,
	    PLAIN, "When the playlist was last known to be up to date; 0: not since the start."),
	OF_SOURCE(SOURCE_PLAYLIST, "source_refreshes_total", "counter", refreshes, PLAIN,
	    "Refreshes tried."),
	OF_SOURCE(SOURCE_PLAYLIST, "source_refresh_failures_total", "counter", failed, PLAIN,
	    "Refreshes that were not taken."),
	OF_SOURCE(SOURCE_PLAYLIST, "source_refresh_seconds", "gauge", took_ms, MILLISECONDS,
	    "How long the last good refresh took."),
	OF_SOURCE(SOURCE_PLAYLIST, "source_progress_bytes", "gauge", done, PLAIN,
	    "Bytes done of the fetch or the reading that runs; 0: none runs."),
	OF_SOURCE(SOURCE_PLAYLIST, "source_progress_size_bytes", "gauge", total, PLAIN,
	    "Bytes that it has in all; 0: unknown, or none runs."),
	OF_SOURCE(SOURCE_PLAYLIST, "source_complaints", "gauge", note_total, PLAIN,
	    "Complaints of the last reading."),
	OF_SOURCE(SOURCE_GUIDE, "guide_source_channels", "gauge", channels, PLAIN,
	    "Channels of the last good guide of a source."),
	OF_SOURCE(SOURCE_GUIDE, "guide_source_programmes", "gauge", entries, PLAIN,
	    "Programmes of the last good guide of a source, wanted or not."),
	OF_SOURCE(SOURCE_GUIDE, "guide_source_kept_programmes", "gauge", reading.kept, PLAIN,
	    "Programmes of channels in the lineup."),
	OF_SOURCE(SOURCE_GUIDE, "guide_source_end_timestamp_seconds", "gauge", reading.last, PLAIN,
	    "When the last of those ends; 0: there are none."),
	OF_SOURCE(SOURCE_GUIDE, "guide_source_broken_entries", "gauge", reading.broken, PLAIN,
	    "Channels and programmes of the last reading that were dropped for being broken."),
	OF_SOURCE(SOURCE_GUIDE, "guide_source_last_success_timestamp_seconds", "gauge", last_good,
	    PLAIN, "When the source was last known to be up to date; 0: not since the start."),
	OF_SOURCE(SOURCE_GUIDE, "guide_source_read_bytes_total", "counter", read_bytes, PLAIN,
	    "Bytes that were parsed: none while nothing changes."),
	OF_SOURCE(SOURCE_GUIDE, "guide_source_refreshes_total", "counter", refreshes, PLAIN,
	    "Refreshes tried."),
	OF_SOURCE(SOURCE_GUIDE, "guide_source_refresh_failures_total", "counter", failed, PLAIN,
	    "Refreshes that were not taken."),
	OF_SOURCE(SOURCE_GUIDE, "guide_source_refresh_seconds", "gauge", took_ms, MILLISECONDS,
	    "How long the last good refresh took."),
	OF_SOURCE(SOURCE_GUIDE, "guide_source_progress_bytes", "gauge", done, PLAIN,
	    "Bytes done of the fetch or the reading that runs; 0: none runs."),
	OF_SOURCE(SOURCE_GUIDE, "guide_source_progress_size_bytes", "gauge", total, PLAIN,
	    "Bytes that it has in all; 0: unknown, or none runs."),
	OF_SOURCE(SOURCE_GUIDE, "guide_source_complaints", "gauge", note_total, PLAIN,
	    "Complaints of the last reading."),
#undef OF_SOURCE
};

static void
add_source_value(struct buf *out, const struct source *source, size_t i)
{
	struct source_info info;

	source_get_info(source, &info);
	if (info.kind != source_metrics[i].kind)
		return;
	buf_str(out, source_metrics[i].name);
	add_label(out, info.kind == SOURCE_PLAYLIST ? "source" : "guide", info.name);
	buf_char(out, ' ');
	add_value(out, &info, source_metrics[i].offset, sizeof(uint64_t), source_metrics[i].unit);
	buf_char(out, '\n');
}

static void
add_sources(struct buf *out, const struct gateway *g)
{
	for (size_t i = 0; i < ARRAY_LEN(source_metrics); i++) {
		add_head(out, source_metrics[i].name, source_metrics[i].type,
		    source_metrics[i].help);
		for (size_t k = 0; k < g->playlist_count; k++)
			add_source_value(out, g->playlists[k].source, i);
		for (size_t k = 0; k < g->guide_count; k++)
			add_source_value(out, g->guides[k].source, i);
	}
}

/* A sample with a label of its own. */
static void
add_labelled(struct buf *out, const char *name, const char *label, const char *of, unsigned value)
{
	buf_str(out, name);
	add_label(out, label, of);
	buf_printf(out, " %u\n", value);
}

static void
add_slots(struct buf *out, const struct gateway *g)
{
	add_head(out, "masthead_source_slots_used", "gauge", "Connections open to an account.");
	for (size_t i = 0; i < g->playlist_count; i++)
		add_labelled(out, "masthead_source_slots_used", "source",
		    g->playlists[i].config->source.name, ledger_taken(g->playlists[i].account));
	add_head(out, "masthead_source_slots_limit", "gauge",
	    "Connections that an account allows; 0: any number.");
	for (size_t i = 0; i < g->playlist_count; i++)
		add_labelled(out, "masthead_source_slots_limit", "source",
		    g->playlists[i].config->source.name, ledger_limit(g->playlists[i].account));
	add_head(out, "masthead_tuners_used", "gauge", "Tuners of a device in use.");
	for (size_t i = 0; i < g->device_count; i++)
		add_labelled(out, "masthead_tuners_used", "device", device_id_text(g->devices[i]),
		    device_busy(g->devices[i]));
}

static void
add_requests(struct buf *out, const struct http_stats *http)
{
	add_head(out, "masthead_http_requests_total", "counter",
	    "Requests answered, by the class of the status.");
	for (size_t i = 1; i < ARRAY_LEN(http->requests); i++)
		buf_printf(out, "masthead_http_requests_total{code=\"%zuxx\"} %" PRIu64 "\n", i,
		    http->requests[i]);
}

static void
add_lineup(struct buf *out, const struct gateway *g)
{
	const struct lineup *lineup = channels_lineup(g->channels);

	add_head(out, "masthead_lineup_channels", "gauge", "Channels of the lineup.");
	buf_printf(out, "masthead_lineup_channels %u\n",
	    lineup == NULL ? 0 : (unsigned)lineup_count(lineup));
}

void
status_metrics(struct http_request *req, void *arg)
{
	const struct gateway *g = arg;
	struct figures figures = { .started = (uint64_t)g->started };
	struct buf out = BUF_INIT(METRICS_MAX);

	relay_stats(g->relay, &figures.relay);
	http_server_stats(g->http, &figures.http);
	worker_pool_stats(g->workers, &figures.workers);
	file_get_syncs(&figures.syncs);
	channels_get_info(g->channels, &figures.channels);
	guide_get_info(g->guide, &figures.guide);
	process_get_info(&figures.process);
	add_head(&out, "masthead_build_info", "gauge", "1, labelled with the version.");
	add_labelled(&out, "masthead_build_info", "version", masthead_version, 1);
	for (size_t i = 0; i < ARRAY_LEN(metrics); i++) {
		add_head(&out, metrics[i].name, metrics[i].type, metrics[i].help);
		buf_printf(&out, "%s ", metrics[i].name);
		add_value(&out, &figures, metrics[i].offset, metrics[i].size, metrics[i].unit);
		buf_char(&out, '\n');
	}
	add_requests(&out, &figures.http);
	add_lineup(&out, g);
	add_sources(&out, g);
	add_slots(&out, g);
	http_add_header(req, "Cache-Control", "no-store");
	http_reply_buf(req, 200, "text/plain; version=0.0.4; charset=utf-8", &out);
	buf_release(&out);
}
