#include "gateway/images.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/loop.h"
#include "base/url.h"
#include "gateway/http/http.h"
#include "gateway/images_parts.h"
#include "gateway/store.h"
#include "playlist/lineup.h"

#define KEY_SETTING "images.key"
#define CODE_LEN    16
#define TOUCH_S     3600 /* the time of the last use is as exact as that */

/* -- making ------------------------------------------------------------------------------ */

static _Bool
read_key(struct images *im, const char *text)
{
	if (strlen(text) != 2 * sizeof(im->key))
		return 0;
	for (size_t i = 0; i < sizeof(im->key); i++) {
		unsigned byte;

		if (sscanf(text + 2 * i, "%2x", &byte) != 1)
			return 0;
		im->key[i] = (unsigned char)byte;
	}
	return 1;
}

/* The key is made once: addresses that were handed out stay good. */
static int
load_key(struct images *im, struct err *err)
{
	struct buf text = BUF_INIT(256);
	int rc;

	rc = store_get(im->deps.store, KEY_SETTING, &text, err);
	if (rc > 0 && read_key(im, text.data)) {
		buf_release(&text);
		return 0;
	}
	buf_clear(&text);
	if (rc >= 0 && getrandom(im->key, sizeof(im->key), 0) != (ssize_t)sizeof(im->key))
		rc = err_sys(err, "no randomness");
	for (size_t i = 0; i < sizeof(im->key); i++)
		buf_printf(&text, "%02x", im->key[i]);
	if (rc >= 0)
		rc = buf_status(&text) < 0 ? err_set(err, ENOMEM, "out of memory")
					   : store_set(im->deps.store, KEY_SETTING, text.data, err);
	buf_release(&text);
	return rc < 0 ? rc : 0;
}

struct images *
images_new(const struct images_deps *deps, struct err *err)
{
	struct images *im = calloc(1, sizeof(*im));

	if (im == NULL) {
		err_set(err, ENOMEM, "out of memory");
		return NULL;
	}
	im->deps = *deps;
	im->deps.data = NULL;
	TAILQ_INIT(&im->running);
	TAILQ_INIT(&im->queued);
	if (asprintf(&im->folder, "%s/images", deps->data) == -1)
		im->folder = NULL;
	if (asprintf(&im->local, "%s/logos", deps->data) == -1)
		im->local = NULL;
	if (im->folder == NULL || im->local == NULL || logos_init(&im->logos, im->local) < 0) {
		err_set(err, ENOMEM, "out of memory");
		images_free(im);
		return NULL;
	}
	if (load_key(im, err) < 0) {
		images_free(im);
		return NULL;
	}
	return im;
}

void
images_free(struct images *im)
{
	if (im == NULL)
		return;
	images_fetch_end_all(im);
	images_sweep_end(im);
	loop_event_free(im->sweep_turn);
	logos_release(&im->logos);
	free(im->failures);
	free(im->folder);
	free(im->local);
	free(im);
}

int
images_configure(struct images *im, const struct images_settings *settings)
{
	const char *folder = settings->logos != NULL ? settings->logos : im->local;
	_Bool counts = settings->proxy &&
	    (!im->settings.proxy || settings->space_bytes != im->settings.space_bytes);
	struct logos logos;

	if (strcmp(folder, im->logos.folder) != 0) {
		if (logos_init(&logos, folder) < 0)
			return -ENOMEM;
		logos_release(&im->logos);
		im->logos = logos;
	}
	im->settings = *settings;
	im->settings.logos = NULL;
	if (counts)
		images_sweep_begin(im);
	return 0;
}

void
images_get_info(const struct images *im, struct images_info *ret)
{
	*ret = im->info;
	ret->proxy = im->settings.proxy;
	ret->fetching = im->running_count + im->queued_count;
	ret->waiting = im->waiting_count;
	ret->local = im->logos.count - im->logos.refused;
}

/* -- addresses of ours ---------------------------------------------------------------------- */

uint64_t
images_tag(struct images *im)
{
	if (im == NULL)
		return 0;
	logos_refresh(&im->logos, clock_ms(im->deps.clock));
	if (im->logos.tag == 0 && !im->settings.proxy)
		return 0;
	return (im->logos.tag ^ im->settings.proxy) | 2;
}

_Bool
images_proxies(const struct images *im)
{
	return im->settings.proxy;
}

uint64_t
image_key(const struct images *im, const char *url)
{
	return hash_code(im->key, url, strlen(url));
}

void
image_path(const struct images *im, uint64_t key, char *out)
{
	snprintf(out, IMAGE_PATH_MAX, "%s/%016" PRIx64, im->folder, key);
}

static _Bool
is_http(const char *url)
{
	return url_has_scheme(url, "http") || url_has_scheme(url, "https");
}

_Bool
images_add_logo(struct images *im, struct buf *out, const char *links,
    const struct lineup_channel *channel, const char *logo)
{
	char id[17];

	if (!logos_has(&im->logos, channel) && !(im->settings.proxy && is_http(logo)))
		return 0;
	lineup_id_text(channel->id, id);
	buf_printf(out, "%s/images/logo/%s", links, id);
	return 1;
}

_Bool
images_add_picture(struct images *im, struct buf *out, const char *links, const char *url)
{
	/* Percent-encoded it must fit into a request. */
	if (!im->settings.proxy || !is_http(url) || strlen(url) > URL_MAX / 4)
		return 0;
	buf_printf(out, "%s/images/%016" PRIx64 "?url=", links, image_key(im, url));
	url_add_encoded(out, url);
	return 1;
}

_Bool
images_is_ours(const struct images *im, const char *code, const char *url)
{
	char ours[CODE_LEN + 1];

	snprintf(ours, sizeof(ours), "%016" PRIx64, image_key(im, url));
	return strcmp(ours, code) == 0;
}

/* -- serving ------------------------------------------------------------------------ */

_Bool
images_reply_local(struct images *im, struct http_request *req,
    const struct lineup_channel *channel)
{
	const char *type;
	int fd;

	logos_refresh(&im->logos, clock_ms(im->deps.clock));
	fd = logos_open(&im->logos, channel, &type);
	if (fd < 0)
		return 0;
	image_send(req, fd, type);
	return 1;
}

/* That it was used is its access time; who mounts without those gets them all the same. */
static void
touch(int fd, const struct stat *st, time_t now)
{
	const struct timespec times[2] = { { .tv_sec = now }, { .tv_nsec = UTIME_OMIT } };

	if (now - st->st_atim.tv_sec > TOUCH_S)
		(void)futimens(fd, times);
}

static _Bool
is_old(const struct images *im, const struct stat *st, time_t now)
{
	return now > st->st_mtim.tv_sec &&
	    (uint64_t)(now - st->st_mtim.tv_sec) > im->settings.age_ms / 1000;
}

void
images_reply(struct images *im, struct http_request *req, const struct images_source *source)
{
	uint64_t key = image_key(im, source->url), now_ms = clock_ms(im->deps.clock);
	const struct image_failure *failure = images_failure(im, key, source->url);
	time_t now = clock_wall(im->deps.clock);
	char path[IMAGE_PATH_MAX];
	const char *type;
	struct stat st;
	int fd;

	image_path(im, key, path);
	fd = image_open(path, &type, &st);
	if (fd >= 0) {
		touch(fd, &st, now);
		if (failure == NULL && is_old(im, &st, now))
			images_fetch(im, NULL, source, key);
		im->info.kept++;
		image_send(req, fd, type);
	} else if (failure != NULL) {
		im->info.refused++;
		http_add_header(req, "Retry-After", "%" PRIu64,
		    (failure->until_ms - now_ms + 999) / 1000);
		http_reply_text(req, 502, "The picture cannot be had: %s.", failure->why);
	} else {
		images_fetch(im, req, source, key);
	}
}
