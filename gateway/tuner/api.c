#include "gateway/tuner/api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/url.h"
#include "gateway/channels.h"
#include "gateway/gateway.h"
#include "gateway/http/http.h"
#include "gateway/relay/relay.h"
#include "gateway/rows.h"
#include "gateway/source.h"
#include "gateway/tuner/device.h"
#include "gateway/tuner/identity.h"
#include "gateway/tuner/tune.h"
#include "playlist/lineup.h"

/*
 * A model that clients know and that does not transcode: for HDTC-2US they would
 * offer it and append ?transcode= (protocols.md §2.2).
 */
#define MODEL            "HDHR5-4US"
#define FIRMWARE_NAME    "hdhomerun5_atsc"
#define FIRMWARE_VERSION "20240101"
#define REPLY_MAX        (1u << 20)
#define LINKS_MAX        1024

/* The device of the path, the first one without; replies 404 and returns NULL if there is none. */
static struct device *
which_device(struct http_request *req, const struct gateway *g)
{
	const char *wanted = http_param(req, "device");

	if (wanted[0] == '\0')
		return g->devices[0];
	for (size_t i = 0; i < g->device_count; i++) {
		if (strcasecmp(device_id_text(g->devices[i]), wanted) == 0)
			return g->devices[i];
	}
	http_reply_text(req, 404, "There is no device '%s' here. /discover.json names the first.",
	    wanted);
	return NULL;
}

/* What the device's addresses begin with; `out` holds LINKS_MAX bytes. */
static void
links(char *out, const struct http_request *req, const struct gateway *g, const struct device *d)
{
	const char *base = gateway_base_url(g, req);

	if (d == g->devices[0])
		snprintf(out, LINKS_MAX, "%s", base);
	else
		snprintf(out, LINKS_MAX, "%s/device/%s", base, device_id_text(d));
}

static void
reply_json(struct http_request *req, struct buf *out)
{
	http_add_header(req, "Access-Control-Allow-Origin", "*");
	http_add_header(req, "Cache-Control", "no-cache");
	http_reply_buf(req, 200, "application/json; charset=\"utf-8\"", out);
}

void
api_discover(struct http_request *req, void *arg)
{
	const struct gateway *g = arg;
	const struct device *d = which_device(req, g);
	struct buf out = BUF_INIT(REPLY_MAX);
	struct json j = JSON_INIT(&out);
	char at[LINKS_MAX], lineup[LINKS_MAX + 16];

	if (d == NULL)
		return;
	links(at, req, g, d);
	snprintf(lineup, sizeof(lineup), "%s/lineup.json", at);
	json_object(&j, NULL);
	json_str(&j, "FriendlyName", device_name(d));
	json_str(&j, "ModelNumber", MODEL);
	json_str(&j, "FirmwareName", FIRMWARE_NAME);
	json_str(&j, "FirmwareVersion", FIRMWARE_VERSION);
	json_str(&j, "DeviceID", device_id_text(d));
	json_str(&j, "DeviceAuth", "mastheadmastheadmasthead");
	json_str(&j, "BaseURL", at);
	json_str(&j, "LineupURL", lineup);
	json_uint(&j, "TunerCount", device_tuners(d));
	json_object_end(&j);
	reply_json(req, &out);
	buf_release(&out);
}

/* -- the lineup ------------------------------------------------------------------------ */

static void
row_json(struct buf *out, const struct lineup_channel *channel, const char *at)
{
	struct json j = JSON_INIT(out);
	struct buf url = BUF_INIT(2 * LINKS_MAX);
	char number[24];

	lineup_number_text(channel, number);
	buf_printf(&url, "%s/auto/v%s", at, number);
	json_object(&j, NULL);
	json_str(&j, "GuideNumber", number);
	json_str(&j, "GuideName", channel->name);
	json_str(&j, "URL", url.data);
	json_object_end(&j);
	buf_release(&url);
}

static void
row_xml(struct buf *out, const struct lineup_channel *channel, const char *at)
{
	char number[24];

	lineup_number_text(channel, number);
	buf_printf(out, "<Program><GuideNumber>%s</GuideNumber><GuideName>", number);
	buf_xml(out, channel->name);
	buf_str(out, "</GuideName><URL>");
	buf_xml(out, at);
	buf_printf(out, "/auto/v%s</URL></Program>\n", number);
}

static void
row_m3u(struct buf *out, const struct lineup_channel *channel, const char *at)
{
	struct buf url = BUF_INIT(2 * LINKS_MAX);
	char number[24];

	lineup_number_text(channel, number);
	buf_printf(&url, "%s/auto/v%s", at, number);
	rows_add_m3u(out, channel, url.data);
	buf_release(&url);
}

static void
reply_lineup(struct http_request *req, const struct gateway *g, const struct rows_reply *form)
{
	const struct device *d = which_device(req, g);
	char at[LINKS_MAX];

	if (d == NULL)
		return;
	links(at, req, g, d);
	http_add_header(req, "Access-Control-Allow-Origin", "*");
	rows_reply(req, g, form, at);
}

void
api_lineup_json(struct http_request *req, void *arg)
{
	static const struct rows_reply form = { .type = "application/json; charset=\"utf-8\"",
		.before = "[",
		.between = ",\n",
		.after = "]\n",
		.row = row_json };

	reply_lineup(req, arg, &form);
}

void
api_lineup_xml(struct http_request *req, void *arg)
{
	static const struct rows_reply form = { .type = "application/xml; charset=\"utf-8\"",
		.before = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Lineup>\n",
		.after = "</Lineup>\n",
		.row = row_xml };

	reply_lineup(req, arg, &form);
}

void
api_lineup_m3u(struct http_request *req, void *arg)
{
	static const struct rows_reply form = { .type = "audio/x-mpegurl; charset=\"utf-8\"",
		.before = "#EXTM3U\n",
		.after = "",
		.row = row_m3u };

	reply_lineup(req, arg, &form);
}

/* A scan is done as soon as it is asked for: the sources tell us, nobody searches. */
void
api_lineup_status(struct http_request *req, void *arg)
{
	struct buf out = BUF_INIT(REPLY_MAX);
	struct json j = JSON_INIT(&out);

	if (which_device(req, arg) == NULL)
		return;
	json_object(&j, NULL);
	json_int(&j, "ScanInProgress", 0);
	json_int(&j, "ScanPossible", 1);
	json_str(&j, "Source", "Cable");
	json_array(&j, "SourceList");
	json_str(&j, NULL, "Antenna");
	json_str(&j, NULL, "Cable");
	json_array_end(&j);
	json_object_end(&j);
	reply_json(req, &out);
	buf_release(&out);
}

/* scan=start looks for news in the playlists; the reply is always good, as clients need it. */
void
api_lineup_post(struct http_request *req, void *arg)
{
	const struct gateway *g = arg;
	struct buf scan = BUF_INIT(32);

	if (which_device(req, g) == NULL)
		return;
	if (url_query_get(&scan, http_query(req), "scan") && strcmp(scan.data, "start") == 0) {
		for (size_t i = 0; i < g->playlist_count; i++)
			source_refresh(g->playlists[i].source);
	}
	buf_release(&scan);
	http_reply(req, 200, "application/json", "{}", 2);
}

/* -- state ---------------------------------------------------------------------------------- */

struct rate_search {
	uint64_t channel, bits_per_second;
};

static void
find_rate(void *arg, const struct relay_channel_info *info)
{
	struct rate_search *search = arg;

	if (info->id == search->channel)
		search->bits_per_second = info->bits_per_second;
}

static void
add_tuner(struct json *j, const struct gateway *g, const struct device *d, unsigned i)
{
	const struct device_tuner *t = device_tuner(d, i);
	struct rate_search search = { t->channel, 0 };
	char resource[16];

	snprintf(resource, sizeof(resource), "tuner%u", i);
	json_object(j, NULL);
	json_str(j, "Resource", resource);
	if (t->holds > 0) {
		relay_each_channel(g->relay, find_rate, &search);
		json_str(j, "VctNumber", t->number);
		json_str(j, "VctName", t->name);
		json_uint(j, "SignalStrengthPercent", 100);
		json_uint(j, "SignalQualityPercent", 100);
		json_uint(j, "SymbolQualityPercent", 100);
		json_str(j, "TargetIP", t->peer);
		json_uint(j, "NetworkRate", search.bits_per_second);
	}
	json_object_end(j);
}

void
api_status(struct http_request *req, void *arg)
{
	const struct gateway *g = arg;
	const struct device *d = which_device(req, g);
	struct buf out = BUF_INIT(REPLY_MAX);
	struct json j = JSON_INIT(&out);

	if (d == NULL)
		return;
	json_array(&j, NULL);
	for (unsigned i = 0; i < device_tuners(d); i++)
		add_tuner(&j, g, d, i);
	json_array_end(&j);
	reply_json(req, &out);
	buf_release(&out);
}

void
api_device_xml(struct http_request *req, void *arg)
{
	const struct gateway *g = arg;
	const struct device *d = which_device(req, g);
	struct buf out = BUF_INIT(REPLY_MAX);
	char at[LINKS_MAX], uuid[37];

	if (d == NULL)
		return;
	links(at, req, g, d);
	identity_uuid(device_id(d), uuid);
	buf_str(&out,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<root xmlns=\"urn:schemas-upnp-org:device-1-0\">\n"
	    "<specVersion><major>1</major><minor>0</minor></specVersion>\n<URLBase>");
	buf_xml(&out, at);
	buf_str(&out,
	    "</URLBase>\n<device>\n"
	    "<deviceType>urn:schemas-upnp-org:device:MediaServer:1</deviceType>\n"
	    "<friendlyName>");
	buf_xml(&out, device_name(d));
	buf_printf(&out,
	    "</friendlyName>\n<manufacturer>Silicondust</manufacturer>\n"
	    "<modelName>" MODEL "</modelName>\n<modelNumber>" MODEL "</modelNumber>\n"
	    "<serialNumber>%s</serialNumber>\n<UDN>uuid:%s</UDN>\n</device>\n</root>\n",
	    device_id_text(d), uuid);
	http_reply_buf(req, 200, "application/xml; charset=\"utf-8\"", &out);
	buf_release(&out);
}

/* -- streams -------------------------------------------------------------------------------- */

/* The N of /tunerN/...; DEVICE_ANY_TUNER for /auto/..., -2 (no such tuner) for other text. */
static int
which_tuner(const struct http_request *req)
{
	const char *text = http_param(req, "n");
	size_t len = strlen(text);

	if (len == 0)
		return DEVICE_ANY_TUNER;
	if (len > 2 || strspn(text, "0123456789") != len)
		return -2;
	return (int)strtol(text, NULL, 10);
}

void
api_stream(struct http_request *req, void *arg)
{
	struct gateway *g = arg;
	struct device *d = which_device(req, g);
	struct lineup *lineup = channels_lineup(g->channels);
	struct lineup_channel channel;

	if (d == NULL)
		return;
	if (lineup == NULL || !lineup_find_number(lineup, http_param(req, "channel"), &channel)) {
		tune_unknown(req);
		return;
	}
	tune(req, g, &channel, d, which_tuner(req));
}

void
api_no_frequency(struct http_request *req, void *arg)
{
	(void)arg;
	tune_unknown(req);
}
