#include "gateway/rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/url.h"
#include "gateway/channels.h"
#include "gateway/gateway.h"
#include "gateway/http/http.h"
#include "gateway/images.h"
#include "gateway/version.h"
#include "playlist/lineup.h"
#include "playlist/m3u_write.h"

#define PIECE      (48u << 10) /* bytes made in one turn */
#define GROUPS_MAX 4096        /* bytes of ?group-title= */
#define LOGO_MAX   4096        /* bytes of an address of ours */
/* Rows looked at in one turn, so that a filter that finds nothing does not hold the loop. */
#define ROWS_MAX   4096

struct rows {
	struct rows_reply form;
	struct lineup *lineup;
	uint32_t next;
	_Bool begun, some;
	char *before, *links;
	char *groups;          /* as in the query, decoded; NULL: all */
	struct images *images; /* NULL: logos stay what they are */
	struct buf logo;
};

static void
rows_free(void *arg)
{
	struct rows *rows = arg;

	lineup_unref(rows->lineup);
	free(rows->before);
	free(rows->links);
	free(rows->groups);
	buf_release(&rows->logo);
	free(rows);
}

/* Is `group` one of the names between commas? */
static _Bool
has_group(const char *groups, const char *group)
{
	size_t len = strlen(group);

	while (groups != NULL) {
		const char *end = strchrnul(groups, ',');

		if ((size_t)(end - groups) == len && memcmp(groups, group, len) == 0)
			return 1;
		groups = *end == ',' ? end + 1 : NULL;
	}
	return 0;
}

static void
add_row(struct rows *rows, struct buf *out, struct lineup_channel *channel)
{
	buf_clear(&rows->logo);
	if (rows->images != NULL &&
	    images_add_logo(rows->images, &rows->logo, rows->links, channel, channel->logo) &&
	    buf_status(&rows->logo) == 0)
		channel->logo = rows->logo.data;
	if (rows->some && rows->form.between != NULL)
		buf_str(out, rows->form.between);
	rows->some = 1;
	rows->form.row(out, channel, rows->links);
}

static int
rows_next(void *arg, struct buf *out)
{
	struct rows *rows = arg;
	uint32_t count = lineup_count(rows->lineup), stop;
	struct lineup_channel channel;

	if (!rows->begun) {
		buf_str(out, rows->before);
		rows->begun = 1;
	}
	stop = count - rows->next < ROWS_MAX ? count : rows->next + ROWS_MAX;
	while (rows->next < stop && out->len < PIECE) {
		lineup_get(rows->lineup, rows->next++, &channel);
		if (rows->groups != NULL && !has_group(rows->groups, channel.group))
			continue;
		add_row(rows, out, &channel);
	}
	if (rows->next >= count)
		buf_str(out, rows->form.after);
	if (buf_status(out) < 0)
		return buf_status(out);
	return rows->next < count;
}

static uint64_t
hash_text(uint64_t hash, const char *text)
{
	return text == NULL ? hash : hash_fnv(hash, text, strlen(text) + 1);
}

static struct rows *
rows_new(struct http_request *req, struct lineup *lineup, const struct rows_reply *form,
    const char *links)
{
	struct rows *rows = calloc(1, sizeof(*rows));
	struct buf groups = BUF_INIT(GROUPS_MAX);

	if (rows == NULL)
		return NULL;
	rows->form = *form;
	rows->lineup = lineup_ref(lineup);
	rows->before = strdup(form->before);
	rows->links = strdup(links);
	buf_init(&rows->logo, LOGO_MAX);
	if (form->by_group && url_query_get(&groups, http_query(req), "group-title"))
		rows->groups = buf_take(&groups, NULL);
	buf_release(&groups);
	if (rows->before == NULL || rows->links == NULL) {
		rows_free(rows);
		return NULL;
	}
	return rows;
}

void
rows_reply(struct http_request *req, const struct gateway *g, const struct rows_reply *form,
    const char *links)
{
	struct http_generator generator = { rows_next, rows_free, NULL };
	struct lineup *lineup = channels_lineup(g->channels);
	uint64_t images = images_tag(g->images), hash;
	struct rows *rows;
	char etag[24];

	if (lineup == NULL) {
		http_add_header(req, "Retry-After", "2");
		http_reply_text(req, 503, "The channels are not there yet. Try again in a moment.");
		return;
	}
	rows = rows_new(req, lineup, form, links);
	if (rows == NULL) {
		http_reply_text(req, 503, "Out of memory. Try again in a moment.");
		return;
	}
	hash = hash_text(hash_text(lineup_tag(lineup), masthead_version), form->type);
	hash = hash_text(hash, rows->before);
	hash = hash_text(hash_text(hash, rows->links), rows->groups);
	hash = hash_fnv(hash, &images, sizeof(images));
	rows->images = images != 0 ? g->images : NULL;
	snprintf(etag, sizeof(etag), "\"%016" PRIx64 "\"", hash);
	generator.arg = rows;
	http_reply_generated(req, 200, form->type, etag, &generator);
}

void
rows_add_m3u(struct buf *out, const struct lineup_channel *channel, const char *url)
{
	char number[24], guide_id[LINEUP_GUIDE_ID_SIZE];
	const struct m3u_out entry = { .name = channel->name,
		.url = url,
		.chno = number,
		.tvg_name = channel->name,
		.tvg_id = guide_id,
		.logo = channel->logo,
		.group = channel->group,
		.extra = channel->attrs,
		.radio = channel->radio };

	lineup_number_text(channel, number);
	lineup_guide_id(channel->id, guide_id);
	m3u_write_entry(out, &entry);
}
