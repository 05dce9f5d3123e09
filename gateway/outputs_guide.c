/*
 * The guide as players take it: the whole of it from its files, or a part of it, made as it
 * is sent.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/url.h"
#include "epg/guide_index.h"
#include "gateway/channels.h"
#include "gateway/gateway.h"
#include "gateway/guide.h"
#include "gateway/guide_body.h"
#include "gateway/guide_gzip.h"
#include "gateway/http/http.h"
#include "gateway/images.h"
#include "gateway/outputs.h"
#include "gateway/query.h"
#include "gateway/tuner/device.h"
#include "gateway/version.h"
#include "playlist/lineup.h"

#define XML_TYPE  "application/xml; charset=utf-8"
#define GZIP_TYPE "application/gzip"
#define HOUR      INT64_C(3600)
#define DAYS_MAX  60
#define LIST_MAX  4096 /* bytes of ?channels= */

/* What of the guide is asked for. */
struct wanted {
	_Bool part; /* not all of it */
	int64_t from, to;
	char *channels; /* owned; NULL: all */
};

/* -- the whole ------------------------------------------------------------------------ */

/* A descriptor of its own for a reply; -1: there is none. */
static int
own(int fd)
{
	return fd == -1 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

static void
reply_missing(struct http_request *req)
{
	http_add_header(req, "Retry-After", "10");
	http_reply_text(req, 503, "The guide is not there yet. Try again in a moment.");
}

static void
reply_file(struct http_request *req, const struct gateway *g, _Bool gzip)
{
	int xml = -1, packed = own(guide_gzip_fd(g->guide));

	if (!gzip)
		xml = own(guide_xml_fd(g->guide));
	if (gzip && packed != -1) {
		http_reply_file(req, GZIP_TYPE, packed, -1);
	} else if (xml != -1) {
		http_reply_file(req, XML_TYPE, xml, packed);
	} else {
		if (packed != -1)
			(void)close(packed);
		reply_missing(req);
	}
}

/* -- a part ---------------------------------------------------------------------------- */

/*
 * From the present hour on: that all who ask within it get the same, with the same ETag.
 */
static int
read_window(const char *query, time_t now, struct wanted *w, struct err *err)
{
	uint64_t days = 0, hours = 0;
	int has_days = query_uint(query, "days", 1, DAYS_MAX, &days, err);
	int has_hours = 0;

	if (has_days >= 0)
		has_hours = query_uint(query, "hours", 1, 24 * DAYS_MAX, &hours, err);
	if (has_days < 0 || has_hours < 0)
		return -EINVAL;
	w->from = INT64_MIN;
	w->to = INT64_MAX;
	if (has_days == 0 && has_hours == 0)
		return 0;
	if (has_days > 0 && has_hours > 0)
		return err_set(err, EINVAL, "'days' and 'hours' cannot be asked for together.");
	w->part = 1;
	w->from = (int64_t)now - (int64_t)now % HOUR;
	w->to = w->from + (int64_t)(24 * days + hours) * HOUR;
	return 0;
}

static int
read_wanted(const char *query, time_t now, struct wanted *w, struct err *err)
{
	struct buf list = BUF_INIT(LIST_MAX);
	int rc = 0;

	*w = (struct wanted){ 0 };
	if (url_query_get(&list, query, "channels")) {
		w->part = 1;
		rc = buf_status(&list);
		if (rc == -EMSGSIZE)
			rc = err_set(err, EINVAL, "'channels' has at most %d bytes.", LIST_MAX);
		else if (rc == 0 && list.len == 0)
			rc = err_set(err, EINVAL, "'channels' must be " GUIDE_PLACES_FORM ".");
		else if (rc == 0 && (w->channels = buf_take(&list, NULL)) == NULL)
			rc = -ENOMEM;
	}
	buf_release(&list);
	if (rc == 0)
		rc = read_window(query, now, w, err);
	return rc;
}

/* A strong one: the same for the same bytes only. */
static void
make_etag(char *out, size_t size, const struct guide_body_spec *spec, uint64_t images, _Bool gzip)
{
	struct guide_index_info info;
	const char *links = spec->links != NULL ? spec->links : "";
	uint64_t lineup = spec->lineup != NULL ? lineup_tag(spec->lineup) : 0, hash;

	guide_index_get_info(spec->index, &info);
	hash = hash_fnv(HASH_FNV_INIT, &info.tag, sizeof(info.tag));
	hash = hash_fnv(hash, &spec->from, sizeof(spec->from));
	hash = hash_fnv(hash, &spec->to, sizeof(spec->to));
	hash = hash_fnv(hash, &images, sizeof(images));
	hash = hash_fnv(hash, &lineup, sizeof(lineup)); /* by which logos are found */
	hash = hash_fnv(hash, masthead_version, strlen(masthead_version));
	for (size_t i = 0; i < spec->places.count; i++)
		hash = hash_fnv(hash, &spec->places.spans[i], sizeof(spec->places.spans[i]));
	hash = hash_fnv(hash, links, strlen(links));
	snprintf(out, size, "\"%016" PRIx64 "%s\"", hash, gzip ? "-gz" : "");
}

static int
next_xml(void *arg, struct buf *out)
{
	return guide_body_next(arg, out);
}

static void
free_xml(void *arg)
{
	guide_body_free(arg);
}

static int
next_gzip(void *arg, struct buf *out)
{
	return guide_gzip_next(arg, out);
}

static void
free_gzip(void *arg)
{
	guide_gzip_free(arg);
}

static void
reply_body(struct http_request *req, struct guide_body *body, const char *etag, _Bool gzip)
{
	struct http_generator generator = { next_xml, free_xml, body };

	if (body != NULL && gzip) {
		generator = (struct http_generator){ next_gzip, free_gzip, guide_gzip_new(body) };
	}
	if (generator.arg == NULL)
		http_reply_text(req, 503, "Out of memory. Try again in a moment.");
	else
		http_reply_generated(req, 200, gzip ? GZIP_TYPE : XML_TYPE, etag, &generator);
}

static void
reply_part(struct http_request *req, const struct gateway *g, const struct wanted *w,
    uint64_t images, _Bool gzip)
{
	struct guide_body_spec spec = { .index = guide_index(g->guide),
		.from = w->from,
		.to = w->to };
	struct err err = ERR_INIT;
	char etag[32];
	int rc;

	if (spec.index == NULL) {
		reply_missing(req);
		return;
	}
	if (images != 0) {
		spec.images = g->images;
		spec.lineup = channels_lineup(g->channels);
		spec.links = gateway_base_url(g, req);
	}
	rc = guide_places_init(&spec.places, spec.index, w->channels, &err);
	if (rc < 0) {
		http_reply_text(req, rc == -EINVAL ? 400 : 503, "%s", err.text);
		return;
	}
	make_etag(etag, sizeof(etag), &spec, images, gzip);
	reply_body(req, guide_body_new(&spec), etag, gzip);
}

/* -- handlers --------------------------------------------------------------------------- */

/* All devices have all channels, so their guides are one; but there must be such a device. */
static _Bool
has_device(const struct http_request *req, const struct gateway *g)
{
	const char *id = http_param(req, "device");

	for (size_t i = 0; i < g->device_count; i++) {
		if (strcasecmp(device_id_text(g->devices[i]), id) == 0)
			return 1;
	}
	return id[0] == '\0';
}

static void
reply(struct http_request *req, const struct gateway *g, _Bool gzip)
{
	uint64_t images = images_tag(g->images);
	struct err err = ERR_INIT;
	struct wanted wanted;
	int rc;

	if (!has_device(req, g)) {
		http_reply_text(req, 404,
		    "There is no device '%s' here. /discover.json names the first.",
		    http_param(req, "device"));
		return;
	}
	rc = read_wanted(http_query(req), clock_wall(g->clock), &wanted, &err);
	if (rc < 0)
		http_reply_text(req, rc == -EINVAL ? 400 : 503, "%s",
		    rc == -EINVAL ? err.text : "Out of memory. Try again in a moment.");
	else if (wanted.part || images != 0)
		reply_part(req, g, &wanted, images, gzip);
	else
		reply_file(req, g, gzip);
	free(wanted.channels);
}

void
outputs_guide(struct http_request *req, void *arg)
{
	reply(req, arg, 0);
}

void
outputs_guide_gzip(struct http_request *req, void *arg)
{
	reply(req, arg, 1);
}
