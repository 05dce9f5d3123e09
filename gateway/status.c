#include "gateway/status.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/redact.h"
#include "base/sandbox.h"
#include "gateway/channels.h"
#include "gateway/gateway.h"
#include "gateway/guide.h"
#include "gateway/http/http.h"
#include "gateway/images.h"
#include "gateway/process.h"
#include "gateway/relay/ledger.h"
#include "gateway/relay/relay.h"
#include "gateway/source.h"
#include "gateway/tuner/device.h"
#include "gateway/version.h"
#include "gateway/worker.h"
#include "playlist/lineup.h"

#define STATUS_MAX (16u << 20)
#define TEXT_MAX   1024

/* What an outsider's text or an error may hold is shown without its secrets. */
static void
add_redacted(struct json *j, const char *key, const char *text)
{
	struct buf clean = BUF_INIT(4 * TEXT_MAX);

	redact_add(&clean, text);
	json_str(j, key, buf_status(&clean) == 0 ? clean.data : "");
	buf_release(&clean);
}

static void
add_account(struct json *j, const struct ledger *account)
{
	json_object(j, "account");
	json_uint(j, "taken", ledger_taken(account));
	json_uint(j, "limit", ledger_limit(account));
	json_uint(j, "refused", ledger_refusals(account));
	json_object_end(j);
}

static void
add_complaints(struct json *j, const struct source_info *info)
{
	json_uint(j, "complaint_count", info->note_total);
	json_array(j, "complaints");
	for (size_t i = 0; i < info->note_count; i++) {
		json_object(j, NULL);
		json_uint(j, "line", info->notes[i].line);
		add_redacted(j, "text", info->notes[i].text);
		json_object_end(j);
	}
	json_array_end(j);
}

static void
add_listings(struct json *j, const struct source_info *info)
{
	json_uint(j, "programmes", info->entries);
	json_uint(j, "channels", info->channels);
	json_uint(j, "kept", info->reading.kept);
	json_uint(j, "last", info->reading.last);
	json_bool(j, "cut_short", info->cut);
	json_uint(j, "broken", info->reading.broken);
	json_uint(j, "mended", info->reading.mended);
	json_uint(j, "unknown", info->reading.unknown);
	json_uint(j, "timeless", info->reading.timeless);
	json_uint(j, "duplicates", info->reading.duplicates);
	json_uint(j, "clipped", info->reading.clipped);
	json_uint(j, "rereads", info->rereads);
}

static void
add_source(struct json *j, const struct source *source, const struct ledger *account)
{
	struct source_info info;

	source_get_info(source, &info);
	json_object(j, NULL);
	json_str(j, "name", info.name);
	json_str(j, "kind", source_kind_name(info.kind));
	json_str(j, "state", source_state_name(info.state));
	if (info.kind == SOURCE_PLAYLIST)
		json_uint(j, "entries", info.entries);
	else
		add_listings(j, &info);
	if (info.state != SOURCE_WAITING) {
		json_uint(j, "done_bytes", info.done);
		json_uint(j, "total_bytes", info.total);
	}
	json_int(j, "last_good", info.last_good);
	json_uint(j, "next_seconds", info.next_ms / 1000);
	json_uint(j, "refreshes", info.refreshes);
	json_uint(j, "failed", info.failed);
	json_uint(j, "failures_in_a_row", info.failures);
	json_uint(j, "took_ms", info.took_ms);
	add_redacted(j, "error", info.error);
	add_complaints(j, &info);
	if (account != NULL)
		add_account(j, account);
	json_object_end(j);
}

static void
add_channel(void *arg, const struct relay_channel_info *info)
{
	struct json *j = arg;
	char id[17];

	lineup_id_text(info->id, id);
	json_object(j, NULL);
	json_str(j, "id", id);
	json_str(j, "number", info->number);
	json_str(j, "name", info->name);
	json_str(j, "state", relay_state_name(info->state));
	json_str(j, "source", info->source);
	json_uint(j, "viewers", info->readers);
	json_uint(j, "seconds", info->since_ms / 1000);
	json_uint(j, "bits_per_second", info->bits_per_second);
	json_uint(j, "bytes_in", info->bytes_in);
	json_uint(j, "bytes_out", info->bytes_out);
	json_uint(j, "continuity_errors", info->cc_errors);
	json_uint(j, "sync_losses", info->sync_losses);
	json_uint(j, "reconnects", info->reconnects);
	json_uint(j, "window_bytes", info->window_bytes);
	json_str(j, "video", info->video);
	json_bool(j, "scrambled", info->scrambled);
	json_object_end(j);
}

static void
add_viewer(void *arg, const struct relay_reader_info *info)
{
	struct json *j = arg;
	char id[17];

	lineup_id_text(info->channel, id);
	json_object(j, NULL);
	json_str(j, "channel", id);
	json_str(j, "peer", info->peer);
	json_str(j, "agent", info->agent);
	json_uint(j, "seconds", info->since_ms / 1000);
	json_uint(j, "bytes", info->bytes);
	json_uint(j, "skipped_bytes", info->skipped);
	json_uint(j, "behind_bytes", info->behind);
	json_str(j, "mode", info->sendfile ? "sendfile" : "send");
	json_object_end(j);
}

static void
add_devices(struct json *j, const struct gateway *g)
{
	json_array(j, "devices");
	for (size_t i = 0; i < g->device_count; i++) {
		json_object(j, NULL);
		json_str(j, "name", device_name(g->devices[i]));
		json_str(j, "id", device_id_text(g->devices[i]));
		json_uint(j, "tuners", device_tuners(g->devices[i]));
		json_uint(j, "busy", device_busy(g->devices[i]));
		json_object_end(j);
	}
	json_array_end(j);
}

static void
add_lineup(struct json *j, const struct gateway *g)
{
	const struct lineup *lineup = channels_lineup(g->channels);
	struct channels_info info;

	channels_get_info(g->channels, &info);
	json_object(j, "lineup");
	json_uint(j, "channels", lineup == NULL ? 0 : lineup_count(lineup));
	json_bool(j, "building", info.building);
	json_uint(j, "builds", info.builds);
	json_uint(j, "failed", info.failed);
	json_uint(j, "took_ms", info.took_ms);
	json_uint(j, "longest_turn_us", info.swap_us_max);
	json_uint(j, "kept", info.kept);
	json_uint(j, "added", info.added);
	json_uint(j, "gone", info.gone);
	add_redacted(j, "error", info.error);
	json_object_end(j);
}

static void
add_images(struct json *j, const struct gateway *g)
{
	struct images_info info;

	images_get_info(g->images, &info);
	json_object(j, "images");
	json_bool(j, "proxy", info.proxy);
	json_uint(j, "bytes", info.bytes);
	json_uint(j, "files", info.files);
	json_uint(j, "local", info.local);
	json_uint(j, "fetched", info.fetched);
	json_uint(j, "failed", info.failed);
	json_uint(j, "fetching", info.fetching);
	json_uint(j, "waiting", info.waiting);
	json_uint(j, "kept", info.kept);
	json_uint(j, "refused", info.refused);
	json_object_end(j);
}

/* Is there one to be served, and if not, why? */
static void
add_served(struct json *j, const struct gateway *g)
{
	struct buf why = BUF_INIT(4 * TEXT_MAX);

	status_add_no_guide(&why, g);
	json_bool(j, "served", why.len == 0);
	json_str(j, "why_not", why.len > 0 ? why.data : NULL);
	buf_release(&why);
}

static void
add_guide(struct json *j, const struct gateway *g)
{
	struct guide_info info;

	guide_get_info(g->guide, &info);
	json_object(j, "guide");
	json_str(j, "state", info.building ? "being made" : "waiting");
	if (info.building) {
		json_uint(j, "done_channels", info.done);
		json_uint(j, "total_channels", info.total);
	}
	add_served(j, g);
	json_uint(j, "channels", info.channels);
	json_uint(j, "programmes", info.programmes);
	json_uint(j, "filled", info.filled);
	json_uint(j, "made_up", info.madeup);
	json_uint(j, "empty", info.empty);
	json_int(j, "last", info.last);
	json_uint(j, "bytes", info.bytes);
	json_uint(j, "gzip_bytes", info.gzip_bytes);
	json_uint(j, "reused", info.reused);
	json_int(j, "made", info.made);
	json_uint(j, "builds", info.builds);
	json_uint(j, "same", info.same);
	json_uint(j, "failed", info.failed);
	json_uint(j, "failures_in_a_row", info.failures);
	json_uint(j, "took_ms", info.took_ms);
	json_uint(j, "longest_turn_us", info.swap_us_max);
	add_redacted(j, "error", info.error);
	json_object_end(j);
}

static void
add_totals(struct json *j, const struct gateway *g)
{
	struct worker_stats workers;
	struct process_info process;
	struct http_stats http;
	struct relay_stats relay;

	worker_pool_stats(g->workers, &workers);
	process_get_info(&process);
	http_server_stats(g->http, &http);
	relay_stats(g->relay, &relay);
	json_object(j, "totals");
	json_uint(j, "bytes_in", relay.bytes_in);
	json_uint(j, "bytes_out", relay.bytes_out);
	json_uint(j, "bytes_skipped", relay.bytes_skipped);
	json_uint(j, "tunes", relay.tunes);
	json_uint(j, "tune_failures", relay.tune_failures);
	json_uint(j, "reconnects", relay.reconnects);
	json_uint(j, "stalls", relay.stalls);
	json_uint(j, "viewers_dropped", relay.readers_dropped);
	json_uint(j, "media_reads", relay.reads);
	json_uint(j, "media_sends", relay.sends);
	json_uint(j, "http_connections", http.connections);
	json_uint(j, "http_bad", http.bad);
	json_uint(j, "http_refused", http.refused);
	json_uint(j, "workers_running", workers.running);
	json_uint(j, "workers_started", workers.started);
	json_uint(j, "workers_failed", workers.failed);
	json_uint(j, "rss_bytes", process.rss);
	json_uint(j, "open_files", process.open_files);
	json_object_end(j);
	json_str(j, "jail", workers.sandbox == 0 ? "unknown" : sandbox_level_name(workers.sandbox));
}

static void
add_all(struct buf *out, const struct gateway *g)
{
	struct json j = JSON_INIT(out);

	json_object(&j, NULL);
	json_str(&j, "version", masthead_version);
	json_int(&j, "started", g->started);
	json_uint(&j, "seconds", (clock_ms(g->clock) - g->started_ms) / 1000);
	json_bool(&j, "ready", g->ready);
	json_bool(&j, "draining", g->draining);
	json_bool(&j, "demo", g->config->demo);
	json_uint(&j, "reloads", g->reloads);
	add_lineup(&j, g);
	add_guide(&j, g);
	if (g->images != NULL)
		add_images(&j, g);
	json_array(&j, "sources");
	for (size_t i = 0; i < g->playlist_count; i++)
		add_source(&j, g->playlists[i].source, g->playlists[i].account);
	for (size_t i = 0; i < g->guide_count; i++)
		add_source(&j, g->guides[i].source, NULL);
	json_array_end(&j);
	add_devices(&j, g);
	json_array(&j, "channels");
	relay_each_channel(g->relay, add_channel, &j);
	json_array_end(&j);
	json_array(&j, "viewers");
	relay_each_reader(g->relay, add_viewer, &j);
	json_array_end(&j);
	add_totals(&j, g);
	json_object_end(&j);
	buf_char(out, '\n');
}

void
status_reply(struct http_request *req, void *arg)
{
	struct buf out = BUF_INIT(STATUS_MAX);

	add_all(&out, arg);
	http_add_header(req, "Cache-Control", "no-store");
	http_reply_buf(req, 200, "application/json; charset=utf-8", &out);
	buf_release(&out);
}

void
status_healthz(struct http_request *req, void *arg)
{
	(void)arg;
	http_add_header(req, "Cache-Control", "no-store");
	http_reply_text(req, 200, "ok");
}

void
status_readyz(struct http_request *req, void *arg)
{
	const struct gateway *g = arg;
	const struct lineup *lineup = channels_lineup(g->channels);
	const char *why = NULL;

	if (g->draining)
		why = "stopping";
	else if (lineup == NULL && !g->ready)
		why = "the first lineup is being made";
	else if (lineup == NULL)
		why = "no playlist could be read yet; 'masthead status' says why";
	http_add_header(req, "Cache-Control", "no-store");
	if (why == NULL)
		http_reply_text(req, 200, "ready");
	else
		http_reply_text(req, 503, "%s", why);
}
