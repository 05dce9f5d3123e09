#include "gateway/tuner/tune.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/url.h"
#include "gateway/channels.h"
#include "gateway/gateway.h"
#include "gateway/http/http.h"
#include "gateway/relay/relay.h"
#include "gateway/stream.h"
#include "gateway/tuner/device.h"
#include "playlist/lineup.h"

#define STREAM_TYPE  "video/mp2t"
#define HEAD_MAX     4096
#define DURATION_MAX (366ul * 24 * 3600) /* seconds; more means for ever */

/* One stream from the request to the reader's end. */
struct tune {
	struct http_request *req; /* NULL once it was answered */
	struct relay_join *join;  /* NULL once it became a reader, or ended */
	struct device *device;    /* NULL: no tuner is held */
	int tuner;
	uint64_t duration_ms;
	struct log log;
};

static void
tune_free(struct tune *t)
{
	if (t->device != NULL)
		device_drop(t->device, t->tuner);
	free(t);
}

/* -- refusals ------------------------------------------------------------------------ */

/* The body stays empty: a client that does not look at the status would play it. */
static void
refuse(struct http_request *req, int status, const char *error)
{
	http_add_header(req, "X-HDHomeRun-Error", "%s", error);
	http_reply(req, status, NULL, "", 0);
}

void
tune_unknown(struct http_request *req)
{
	refuse(req, 404, "801 Unknown Channel");
}

static void
refuse_rc(struct http_request *req, int rc)
{
	switch (rc) {
	case -EUSERS:
	case -EBUSY: refuse(req, 503, "805 All Tuners In Use"); break;
	case -ETIMEDOUT: refuse(req, 503, "807 No Video Data"); break;
	default: refuse(req, 503, "806 Tune Failed"); break;
	}
}

/* -- callbacks ------------------------------------------------------------------------- */

static void
on_closed(void *arg)
{
	struct tune *t = arg;

	log_info(&t->log, "ended");
	tune_free(t);
}

static void
on_gone(void *arg)
{
	struct tune *t = arg;

	t->req = NULL;
	relay_cancel(t->join);
	log_info(&t->log, "left before the first byte");
	tune_free(t);
}

static void
on_ready(void *arg, int rc, const struct err *err)
{
	struct tune *t = arg;
	struct buf head = BUF_INIT(HEAD_MAX);
	struct err attach_err = ERR_INIT;
	struct relay_reader_options options = { .duration_ms = t->duration_ms,
		.closed = on_closed,
		.arg = t };
	char peer[64], agent[96];
	int fd;

	if (rc < 0) {
		log_warn_e(&t->log, err, "cannot start");
		refuse_rc(t->req, rc);
		tune_free(t);
		return;
	}
	/* They go with the request when its socket is taken. */
	snprintf(peer, sizeof(peer), "%s", http_peer(t->req));
	snprintf(agent, sizeof(agent), "%s",
	    http_header(t->req, "User-Agent") != NULL ? http_header(t->req, "User-Agent") : "");
	options.peer = peer;
	options.agent = agent[0] == '\0' ? NULL : agent;
	if (t->device != NULL)
		http_add_header(t->req, "X-HDHomeRun-Resource", "tuner%d", t->tuner);
	http_add_header(t->req, "Cache-Control", "no-store");
	fd = http_take_socket(t->req, 200, STREAM_TYPE, &head);
	t->req = NULL;
	options.head = head.data;
	options.head_len = head.len;
	rc = buf_status(&head);
	if (rc == 0) {
		rc = relay_attach(t->join, fd, &options, &attach_err);
	} else {
		err_set(&attach_err, -rc, "the reply's head cannot be made");
		relay_cancel(t->join);
		(void)close(fd);
	}
	if (rc < 0) {
		log_warn_e(&t->log, &attach_err, "cannot start");
		tune_free(t);
	}
	buf_release(&head);
}

/* -- asking ------------------------------------------------------------------------------ */

static uint64_t
wanted_duration_ms(const struct http_request *req)
{
	struct buf text = BUF_INIT(32);
	unsigned long seconds = 0;

	if (url_query_get(&text, http_query(req), "duration") &&
	    strspn(text.data, "0123456789") == text.len)
		seconds = strtoul(text.data, NULL, 10);
	buf_release(&text);
	return seconds <= DURATION_MAX ? (uint64_t)seconds * 1000 : 0;
}

/* The head that a GET would get, without tuning: Jellyfin asks so for the type alone. */
static void
reply_head(struct http_request *req)
{
	struct buf head = BUF_INIT(HEAD_MAX);
	int fd = http_take_socket(req, 200, STREAM_TYPE, &head);

	(void)send(fd, head.data, head.len, MSG_NOSIGNAL); /* it fits a fresh socket's buffer */
	(void)close(fd);
	buf_release(&head);
}

static int
take_tuner(struct tune *t, struct device *device, int tuner, const struct lineup_channel *channel)
{
	struct device_tuner what = { .channel = channel->id };

	lineup_number_text(channel, what.number);
	snprintf(what.name, sizeof(what.name), "%s", channel->name);
	snprintf(what.peer, sizeof(what.peer), "%s", http_peer(t->req));
	t->tuner = device_take(device, tuner, &what);
	if (t->tuner < 0)
		return t->tuner;
	t->device = device;
	return 0;
}

static void
refuse_tuner(struct http_request *req, int rc, int tuner)
{
	if (rc == -ENOENT)
		refuse(req, 404, "806 Tune Failed");
	else if (tuner != DEVICE_ANY_TUNER)
		refuse(req, 503, "804 Tuner In Use");
	else
		refuse(req, 503, "805 All Tuners In Use");
}

static void
join(struct tune *t, struct gateway *g, const struct lineup_channel *channel)
{
	struct err err = ERR_INIT;
	struct stream_plan plan;

	if (stream_plan_init(&plan, g, channels_lineup(g->channels), channel) < 0) {
		refuse(t->req, 503, "806 Tune Failed");
		tune_free(t);
	} else if ((t->join = relay_join(g->relay, &plan.channel, on_ready, t, &err)) == NULL) {
		log_warn_e(&t->log, &err, "refused");
		refuse(t->req, 503, "803 System Busy");
		tune_free(t);
	} else {
		http_hold(t->req, on_gone, t);
	}
	stream_plan_release(&plan);
}

void
tune(struct http_request *req, struct gateway *g, const struct lineup_channel *channel,
    struct device *device, int tuner)
{
	struct tune *t;
	char number[24];
	int rc;

	if (http_method(req) == HTTP_HEAD) {
		reply_head(req);
		return;
	}
	t = calloc(1, sizeof(*t));
	if (t == NULL) {
		refuse(req, 503, "803 System Busy");
		return;
	}
	t->req = req;
	t->duration_ms = wanted_duration_ms(req);
	lineup_number_text(channel, number);
	log_init(&t->log, "viewer %s of %s \"%.40s\"", http_peer(req), number, channel->name);
	if (device != NULL && (rc = take_tuner(t, device, tuner, channel)) < 0) {
		refuse_tuner(req, rc, tuner);
		tune_free(t);
		return;
	}
	log_info(&t->log, "asks");
	join(t, g, channel);
}
