#include "gateway/guide_api.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/url.h"
#include "epg/guide_index.h"
#include "gateway/channels.h"
#include "gateway/gateway.h"
#include "gateway/guide.h"
#include "gateway/guide_json.h"
#include "gateway/http/http.h"
#include "gateway/images.h"
#include "gateway/query.h"

#define JSON_TYPE      "application/json; charset=utf-8"
#define VALUE_MAX      4096 /* bytes of a text in the query */
#define NEXT_MAX       (8 * VALUE_MAX)
#define NOW_LIMIT      100 /* channels, unless the query says otherwise, and at most */
#define NOW_LIMIT_MAX  1000
#define WINDOW_LIMIT   50
#define WINDOW_MAX     500
#define PROGRAMMES_MAX 5000 /* in one answer; then it ends with the channel */
#define FOUND_LIMIT    50
#define FOUND_MAX      500
#define WINDOW_DEFAULT INT64_C(14400) /* seconds */
#define WINDOW_LONGEST INT64_C(1209600)

/* -- parameters -------------------------------------------------------------------------- */

/* The text `name` of the query, *ret owned; 1; 0: it is not there; negative. */
static int
query_text(const char *query, const char *name, char **ret, struct err *err)
{
	struct buf text = BUF_INIT(VALUE_MAX);
	int rc = url_query_get(&text, query, name);

	*ret = NULL;
	if (rc > 0 && buf_status(&text) == -EMSGSIZE)
		rc = err_set(err, EINVAL, "'%s' has at most %d bytes.", name, VALUE_MAX);
	else if (rc > 0 && (*ret = buf_take(&text, NULL)) == NULL)
		rc = err_set(err, ENOMEM, "Out of memory. Try again in a moment.");
	buf_release(&text);
	return rc;
}

/* ?channel= and ?from_channel=, which both may be numbers or ids. */
static int
read_channels(const char *query, struct guide_json_spec *spec, struct buf *next, struct err *err)
{
	char *list = NULL, *first = NULL;
	int rc;

	rc = query_text(query, "channel", &list, err);
	if (rc >= 0)
		rc = guide_places_init(&spec->places, spec->index, list, err);
	if (rc == 0 && list != NULL && spec->places.count == 0)
		rc = err_set(err, ENOENT, "The guide has no channel '%.80s'.", list);
	if (rc == 0 && query_text(query, "from_channel", &first, err) < 0)
		rc = err->code;
	if (rc == 0 && first != NULL && !guide_index_find(spec->index, first, &spec->first))
		rc = err_set(err, ENOENT, "The guide has no channel '%.80s'.", first);
	if (rc == 0 && list != NULL) {
		buf_str(next, "channel=");
		url_add_encoded(next, list);
		buf_char(next, '&');
	}
	free(list);
	free(first);
	return rc;
}

/* *ret stays what it is without a ?limit=. */
static int
read_limit(const char *query, uint64_t max, uint64_t *ret, struct buf *next, struct err *err)
{
	int rc = query_uint(query, "limit", 1, max, ret, err);

	if (rc > 0)
		buf_printf(next, "limit=%" PRIu64 "&", *ret);
	return rc < 0 ? rc : 0;
}

/* spec->from is now. */
static int
read_window(const char *query, struct guide_json_spec *spec, struct buf *next, struct err *err)
{
	if (query_time(query, "from", &spec->from, err) < 0)
		return err->code;
	spec->to = spec->from + WINDOW_DEFAULT;
	if (query_time(query, "to", &spec->to, err) < 0)
		return err->code;
	if (spec->to <= spec->from || spec->to - spec->from > WINDOW_LONGEST)
		return err_set(err, EINVAL,
		    "'to' must be after 'from', by 14 days at most; without them it is the next "
		    "four hours.");
	buf_printf(next, "from=%" PRId64 "&to=%" PRId64 "&", spec->from, spec->to);
	return 0;
}

/* -- replies ------------------------------------------------------------------------------ */

static int
next_json(void *arg, struct buf *out)
{
	return guide_json_next(arg, out);
}

static void
free_json(void *arg)
{
	guide_json_free(arg);
}

static void
reply_wrong(struct http_request *req, const struct err *err)
{
	int status = err->code == -EINVAL ? 400 : err->code == -ENOENT ? 404 : 503;

	http_reply_text(req, status, "%s", err->text);
}

/* Takes over what the spec holds. */
static void
reply(struct http_request *req, const struct gateway *g, struct guide_json_spec *spec)
{
	struct http_generator generator = { next_json, free_json, NULL };

	spec->images = images_tag(g->images) != 0 ? g->images : NULL;
	spec->lineup = channels_lineup(g->channels);
	spec->links = gateway_base_url(g, req);
	generator.arg = guide_json_new(spec);
	if (generator.arg == NULL) {
		http_reply_text(req, 503, "Out of memory. Try again in a moment.");
		return;
	}
	http_add_header(req, "Cache-Control", "no-store");
	http_reply_generated(req, 200, JSON_TYPE, NULL, &generator);
}

/* The index; false: there is none yet, and that was the reply. */
static _Bool
get_index(struct http_request *req, const struct gateway *g, struct guide_json_spec *spec)
{
	spec->index = guide_index(g->guide);
	if (spec->index != NULL)
		return 1;
	http_add_header(req, "Retry-After", "10");
	http_reply_text(req, 503, "The guide is not there yet. Try again in a moment.");
	return 0;
}

/* -- handlers ------------------------------------------------------------------------------ */

/* The two that answer by channel: `limit` of those is what the query may change, up to `max`. */
static void
answer_channels(struct http_request *req, const struct gateway *g, struct guide_json_spec *spec,
    const char *path, uint64_t limit, uint64_t max)
{
	const char *query = http_query(req);
	struct buf next = BUF_INIT(NEXT_MAX);
	struct err err = ERR_INIT;
	int rc;

	if (!get_index(req, g, spec))
		return;
	spec->from = (int64_t)clock_wall(g->clock);
	buf_printf(&next, "%s?", path);
	rc = read_limit(query, max, &limit, &next, &err);
	if (rc == 0 && spec->question == GUIDE_WINDOW)
		rc = read_window(query, spec, &next, &err);
	if (rc == 0)
		rc = read_channels(query, spec, &next, &err);
	spec->channels_max = (uint32_t)limit;
	buf_str(&next, "from_channel=");
	spec->next = next.data;
	if (rc == 0) {
		reply(req, g, spec);
	} else {
		guide_places_release(&spec->places);
		reply_wrong(req, &err);
	}
	buf_release(&next);
}

void
guide_api_now(struct http_request *req, void *arg)
{
	struct guide_json_spec spec = { .question = GUIDE_NOW, .programmes_max = UINT64_MAX };

	answer_channels(req, arg, &spec, "/api/v1/guide/now", NOW_LIMIT, NOW_LIMIT_MAX);
}

void
guide_api_window(struct http_request *req, void *arg)
{
	struct guide_json_spec spec = { .question = GUIDE_WINDOW,
		.programmes_max = PROGRAMMES_MAX };

	answer_channels(req, arg, &spec, "/api/v1/guide", WINDOW_LIMIT, WINDOW_MAX);
}

/* Fills the spec with what was found. */
static int
search(struct guide_json_spec *spec, const char *words, uint32_t from, size_t limit,
    struct err *err)
{
	uint32_t next;

	spec->found_next = UINT32_MAX;
	spec->found = calloc(limit + 1, sizeof(*spec->found));
	if (spec->found == NULL)
		return err_set(err, ENOMEM, "Out of memory. Try again in a moment.");
	/* One more than is answered: whether there is more shall be true. */
	spec->found_count = guide_index_search(spec->index, words, from, spec->found, limit + 1,
	    &next);
	if (spec->found_count > limit)
		spec->found_next = spec->found[--spec->found_count];
	return 0;
}

void
guide_api_search(struct http_request *req, void *arg)
{
	const struct gateway *g = arg;
	struct guide_json_spec spec = { .question = GUIDE_FOUND };
	struct buf next = BUF_INIT(NEXT_MAX);
	struct err err = ERR_INIT;
	uint64_t limit = FOUND_LIMIT, from = 0;
	char *words = NULL;
	int rc;

	if (!get_index(req, g, &spec))
		return;
	buf_str(&next, "/api/v1/guide/search?");
	rc = read_limit(http_query(req), FOUND_MAX, &limit, &next, &err);
	if (rc == 0 && query_uint(http_query(req), "from", 0, UINT32_MAX - 1, &from, &err) < 0)
		rc = err.code;
	if (rc == 0 && query_text(http_query(req), "q", &words, &err) < 0)
		rc = err.code;
	if (rc == 0 && (words == NULL || words[strspn(words, " ")] == '\0'))
		rc = err_set(&err, EINVAL, "'q' must be words of a title, as in ?q=news.");
	if (rc == 0)
		rc = search(&spec, words, (uint32_t)from, (size_t)limit, &err);
	if (rc == 0) {
		buf_str(&next, "q=");
		url_add_encoded(&next, words);
		buf_str(&next, "&from=");
		spec.next = next.data;
		reply(req, g, &spec);
	} else {
		reply_wrong(req, &err);
	}
	free(words);
	buf_release(&next);
}
