#include "playlist/m3u_headers.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/list.h"
#include "base/url.h"
#include "base/utf8.h"
#include "playlist/m3u_text.h"

void
m3u_headers_init(struct m3u_headers *h)
{
	h->count = 0;
	buf_init(&h->store, M3U_HEADERS_TEXT);
	buf_init(&h->text, M3U_HEADERS_TEXT + M3U_HEADERS_MAX);
}

void
m3u_headers_release(struct m3u_headers *h)
{
	h->count = 0;
	buf_release(&h->store);
	buf_release(&h->text);
}

void
m3u_headers_clear(struct m3u_headers *h)
{
	h->count = 0;
	buf_clear(&h->store);
	buf_clear(&h->text);
}

/* A token (RFC 9110 §5.6.2) that is not ours to send. */
static _Bool
name_is_free(const char *name)
{
	static const char *const ours[] = { "Host", "Connection", "Content-Length", "Expect",
		"Keep-Alive", "Range", "TE", "Trailer", "Transfer-Encoding", "Upgrade" };

	if (name[0] == '\0' || strncasecmp(name, "Proxy-", 6) == 0)
		return 0;
	for (const char *p = name; *p != '\0'; p++) {
		if (!isalnum((unsigned char)*p) && strchr("!#$%&'*+-.^_`|~", *p) == NULL)
			return 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(ours); i++) {
		if (strcasecmp(name, ours[i]) == 0)
			return 0;
	}
	return 1;
}

static _Bool
value_is_text(const char *value)
{
	const char *end = value + strlen(value);
	size_t n;

	for (; value < end; value += n) {
		n = utf8_char(value, end);
		if (n == 0 || (n == 1 && iscntrl((unsigned char)*value)))
			return 0;
	}
	return 1;
}

static void
add_header(struct m3u_headers *h, const char *name, const char *value)
{
	size_t i = 0, before = h->store.len;

	if (!name_is_free(name) || value[0] == '\0' || !value_is_text(value))
		return;
	while (i < h->count && strcasecmp(h->store.data + h->list[i].name, name) != 0)
		i++;
	if (i == M3U_HEADERS_MAX)
		return;
	buf_add(&h->store, name, strlen(name) + 1);
	buf_add(&h->store, value, strlen(value) + 1);
	if (buf_status(&h->store) != 0) {
		/* Too much is as if it had not been there; the rest stays good. */
		h->store.error = 0;
		buf_truncate(&h->store, before);
		return;
	}
	h->list[i].name = before;
	h->list[i].value = before + strlen(name) + 1;
	if (i == h->count)
		h->count++;
}

void
m3u_headers_option(struct m3u_headers *h, const char *option, const char *value)
{
	static const struct {
		const char *option, *header;
	} rows[] = {
		{ "http-user-agent", "User-Agent" },
		{ "user-agent", "User-Agent" },
		{ "http-referrer", "Referer" },
		{ "http-referer", "Referer" },
		{ "http-origin", "Origin" },
		{ "http-cookie", "Cookie" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (strcasecmp(option, rows[i].option) == 0)
			add_header(h, rows[i].header, value);
	}
}

void
m3u_headers_pairs(struct m3u_headers *h, const char *pairs)
{
	struct buf pair = BUF_INIT(URL_MAX);
	size_t n;

	for (;; pairs += n + 1) {
		char *value;

		n = strcspn(pairs, "&|");
		buf_clear(&pair);
		buf_add(&pair, pairs, n);
		value = buf_status(&pair) == 0 ? strchr(pair.data, '=') : NULL;
		if (value != NULL) {
			*value++ = '\0';
			if (url_decode(pair.data) >= 0 && url_decode(value) >= 0)
				add_header(h, m3u_trim(pair.data), m3u_trim(value));
		}
		if (pairs[n] == '\0')
			break;
	}
	buf_release(&pair);
}

/* {"User-Agent":"a b"} */
static void
add_json(struct m3u_headers *h, const char *json)
{
	cJSON *tree = json_parse(json, strlen(json), M3U_HEADERS_TEXT, NULL), *item;

	cJSON_ArrayForEach(item, tree) {
		if (item->string != NULL && cJSON_IsString(item))
			add_header(h, item->string, item->valuestring);
	}
	cJSON_Delete(tree);
}

/* "NAME=value" of an option line, taken apart. */
static void
directive_option(struct m3u_headers *h, const char *option)
{
	size_t n = strcspn(option, "=");
	char name[32];

	if (option[n] != '=' || n >= sizeof(name))
		return;
	memcpy(name, option, n);
	name[n] = '\0';
	m3u_headers_option(h, name, option + n + 1);
}

/* "inputstream.adaptive.stream_headers=A=b&C=d" and its kin. */
static void
directive_kodi(struct m3u_headers *h, const char *property)
{
	size_t n = strcspn(property, "=");

	if (property[n] == '=' && n > 8 && strncasecmp(property + n - 8, "_headers", 8) == 0)
		m3u_headers_pairs(h, property + n + 1);
}

void
m3u_headers_directive(struct m3u_headers *h, const char *line)
{
	static const struct {
		const char *start;
		void (*read)(struct m3u_headers *h, const char *rest);
	} rows[] = {
		{ "#EXTVLCOPT:", directive_option },
		{ "#EXTVLCOPT--", directive_option },
		{ "#KODIPROP:", directive_kodi },
		{ "#EXTHTTP:", add_json },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t n = strlen(rows[i].start);

		if (strncasecmp(line, rows[i].start, n) == 0)
			rows[i].read(h, line + n + strspn(line + n, " "));
	}
}

const char *
m3u_headers_user_agent(const struct m3u_headers *h)
{
	for (size_t i = 0; i < h->count; i++) {
		if (strcasecmp(h->store.data + h->list[i].name, "User-Agent") == 0)
			return h->store.data + h->list[i].value;
	}
	return "";
}

const char *
m3u_headers_text(struct m3u_headers *h)
{
	buf_clear(&h->text);
	for (size_t i = 0; i < h->count; i++) {
		const char *name = h->store.data + h->list[i].name;

		if (strcasecmp(name, "User-Agent") != 0)
			buf_printf(&h->text, "%s: %s\n", name, h->store.data + h->list[i].value);
	}
	return h->text.data;
}
