#include "playlist/m3u_write.h"

#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/list.h"

/* Pairs looked at: the reader makes no more (m3u_limits_default), a hostile snapshot may. */
#define EXTRA_MAX 64

/* What becomes a blank: all that could end a line, and `drop`. */
static _Bool
is_blank(char c, char drop)
{
	return (unsigned char)c <= 0x20 || c == 0x7f || c == drop;
}

/* Adds text in which nothing can end a value or a line, without blanks at its ends. */
static void
add_text(struct buf *out, const char *text, char drop)
{
	const char *end, *run;

	while (*text != '\0' && is_blank(*text, drop))
		text++;
	end = text + strlen(text);
	while (end > text && is_blank(end[-1], drop))
		end--;
	run = text;
	for (const char *p = text; p < end; p++) {
		if (!is_blank(*p, drop) && *p != '"')
			continue;
		buf_add(out, run, (size_t)(p - run));
		buf_char(out, *p == '"' ? '\'' : ' ');
		run = p + 1;
	}
	buf_add(out, run, (size_t)(end - run));
}

static void
add_attr(struct buf *out, const char *name, const char *value, char drop)
{
	while (value != NULL && *value != '\0' && is_blank(*value, drop))
		value++;
	if (value == NULL || *value == '\0')
		return;
	buf_printf(out, " %s=\"", name);
	add_text(out, value, drop);
	buf_char(out, '"');
}

void
m3u_write_header(struct buf *out, const char *guide_url)
{
	buf_str(out, "#EXTM3U");
	add_attr(out, "url-tvg", guide_url, '\0');
	add_attr(out, "x-tvg-url", guide_url, '\0');
	buf_char(out, '\n');
}

/*
 * What struct m3u_out says, under each of the names that it goes by; and what our guide has
 * done already: players would add tvg-shift to its times once more.
 */
static _Bool
is_said(const char *name)
{
	static const char *const said[] = { "tvg-id", "tvg-name", "tvg-chno", "tvg-logo",
		"group-title", "radio", "channel-number", "ch-number", "channel-id", "tvg-shift" };

	for (size_t i = 0; i < ARRAY_LEN(said); i++) {
		if (strcasecmp(name, said[i]) == 0)
			return 1;
	}
	return 0;
}

static _Bool
is_name(const char *name)
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-_.:";

	return name[0] != '\0' && name[strspn(name, chars)] == '\0';
}

/*
 * What is between us and the provider: addresses, which may tell the account, and
 * headers (m3u_headers_option), which may be the account.
 */
static _Bool
is_ours(const char *name, const char *value)
{
	return strncasecmp(name, "http-", 5) == 0 || strcasecmp(name, "user-agent") == 0 ||
	    strcasecmp(name, "catchup-source") == 0 || strstr(value, "://") != NULL ||
	    strcasestr(value, "%3a%2f%2f") != NULL;
}

static void
add_extra(struct buf *out, const char *extra)
{
	const char *name = extra, *value;

	for (unsigned n = 0; *name != '\0' && n < EXTRA_MAX; n++) {
		value = name + strlen(name) + 1;
		if (is_name(name) && !is_said(name) && !is_ours(name, value))
			add_attr(out, name, value, '\0');
		name = value + strlen(value) + 1;
	}
}

void
m3u_write_entry(struct buf *out, const struct m3u_out *entry)
{
	buf_str(out, "#EXTINF:-1");
	add_attr(out, "tvg-id", entry->tvg_id, '\0');
	add_attr(out, "tvg-name", entry->tvg_name, '\0');
	add_attr(out, "tvg-chno", entry->chno, '\0');
	add_attr(out, "tvg-logo", entry->logo, '\0');
	/* Simple readers take a comma in the last attribute for the name's. */
	add_attr(out, "group-title", entry->group, ',');
	if (entry->radio)
		add_attr(out, "radio", "true", '\0');
	if (entry->extra != NULL)
		add_extra(out, entry->extra);
	buf_char(out, ',');
	add_text(out, entry->name, '\0');
	buf_char(out, '\n');
	add_text(out, entry->url, '\0');
	buf_char(out, '\n');
}
