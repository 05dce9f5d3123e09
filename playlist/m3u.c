#include "playlist/m3u.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/list.h"
#include "base/url.h"
#include "playlist/m3u_address.h"
#include "playlist/m3u_attr.h"
#include "playlist/m3u_headers.h"
#include "playlist/m3u_lines.h"
#include "playlist/m3u_sniff.h"
#include "playlist/m3u_text.h"

const struct m3u_limits m3u_limits_default = {
	.line_max = 65536,
	.attr_max = 64,
	.entry_max = 2000000,
};

/* What an entry's lines have said so far is in `entry`, `headers`, `directives`, `group`. */
struct m3u_reader {
	struct m3u_limits limits;
	m3u_entry_cb *on_entry;
	m3u_note_cb *on_note;
	void *arg;

	struct m3u_lines lines;
	char *line;   /* the line at hand, clean */
	char *extinf; /* the entry's #EXTINF line: entry's text points into it */

	_Bool begun;   /* the first line that says something was seen */
	_Bool is_m3u;  /* #EXTM3U or #EXTINF was seen */
	_Bool pending; /* an #EXTINF waits for its URL */
	_Bool lost;    /* the coming URL's own lines were skipped: skip it too */

	struct m3u_attrs attrs;
	struct m3u_extinf info;
	struct m3u_entry entry;
	struct m3u_headers headers;
	struct buf directives;
	struct buf group;      /* #EXTGRP of this entry */
	struct buf group_from; /* #EXTGRP that stood outside an entry: for all that follow */
	char *name;            /* made from the URL */
	struct buf guide_url, user_agent;
	char excerpt[60];
	struct m3u_header header;
	struct m3u_counts counts;
};

/* -- entries ---------------------------------------------------------------- */

/* A line or an entry that cannot be taken. */
static void __attribute__((format(printf, 2, 3))) skip(struct m3u_reader *r, const char *fmt, ...)
{
	char text[160];
	va_list ap;

	r->counts.skipped++;
	if (r->on_note == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	r->on_note((uint32_t)r->counts.lines, text, r->arg);
}

/* Forgets all that was said about an entry. */
static void
entry_clear(struct m3u_reader *r)
{
	r->pending = 0;
	r->attrs.count = 0;
	r->entry = (struct m3u_entry){ .name = "",
		.duration = "-1",
		.tvg_id = "",
		.tvg_name = "",
		.tvg_logo = "",
		.chno = "",
		.group = "" };
	buf_clear(&r->directives);
	buf_clear(&r->group);
	m3u_headers_clear(&r->headers);
}

static int
entry_emit(struct m3u_reader *r, char *address, struct err *err)
{
	struct m3u_entry *e = &r->entry;
	char *headers = m3u_address_headers(address);

	if (r->counts.entries == r->limits.entry_max)
		return err_set(err, EFBIG, "more than %zu entries", r->limits.entry_max);
	if (strlen(address) > URL_MAX) {
		skip(r, "a URL of more than %d bytes", URL_MAX);
		return 0;
	}
	if (address[0] == '\0') {
		skip(r, "headers without a URL");
		return 0;
	}
	if (headers != NULL)
		m3u_headers_pairs(&r->headers, headers);
	e->line = (uint32_t)r->counts.lines;
	e->url = address;
	if (e->name[0] == '\0')
		e->name = e->tvg_name;
	if (e->name[0] == '\0') {
		/* The line's buffer is taken by the address, #EXTINF's by the attributes. */
		m3u_address_name(r->name, address);
		e->name = r->name;
	}
	if (e->group[0] == '\0')
		e->group = r->group.len > 0 ? r->group.data : r->group_from.data;
	e->attrs = r->attrs.list;
	e->attr_count = r->attrs.count;
	e->directives = r->directives.data;
	e->headers = m3u_headers_text(&r->headers);
	e->user_agent = m3u_headers_user_agent(&r->headers);
	if (e->user_agent[0] == '\0')
		e->user_agent = r->user_agent.data;
	if (buf_status(&r->directives) < 0 || buf_status(&r->group) < 0 ||
	    buf_status(&r->group_from) < 0 || buf_status(&r->user_agent) < 0)
		return err_set(err, ENOMEM, "out of memory");
	r->counts.entries++;
	return r->on_entry(e, r->arg);
}

static int
take_address(struct m3u_reader *r, char *line, struct err *err)
{
	int rc = 0;

	if (r->lost) {
		r->lost = 0;
	} else if (r->pending || m3u_is_address(line)) {
		rc = entry_emit(r, line, err);
	} else if (!r->is_m3u && r->counts.entries == 0) {
		return err_set(err, EBADMSG, "not an M3U playlist: it starts with \"%s\"",
		    m3u_excerpt(line, r->excerpt, sizeof(r->excerpt)));
	} else {
		skip(r, "neither an address nor a directive: \"%s\"",
		    m3u_excerpt(line, r->excerpt, sizeof(r->excerpt)));
	}
	entry_clear(r);
	return rc;
}

/* -- directives ------------------------------------------------------------- */

/* What follows the colon of "#NAME:", or "#NAME" itself. */
static char *
after_colon(char *line, size_t name_len)
{
	line += name_len;
	line += *line == ':';
	return line + strspn(line, " ");
}

/* user-agent, http-referrer, ... */
static void
add_attr_headers(struct m3u_reader *r)
{
	for (size_t i = 0; i < r->attrs.count; i++) {
		const struct m3u_attr *attr = &r->attrs.list[i];

		if ((attr->name[0] | 0x20) == 'u' || (attr->name[0] | 0x20) == 'h')
			m3u_headers_option(&r->headers, attr->name, attr->value);
	}
}

static int
take_extinf(struct m3u_reader *r, char *line, struct err *err)
{
	(void)err;
	if (r->pending) {
		skip(r, "the #EXTINF before this one has no URL");
		entry_clear(r);
	}
	r->is_m3u = 1;
	r->pending = 1;
	r->lost = 0;
	r->line = r->extinf;
	r->extinf = line;
	m3u_attr_extinf(after_colon(line, 7), &r->attrs, &r->info);
	if (r->attrs.dropped > 0)
		skip(r, "more than %u attributes", r->limits.attr_max);
	if (r->info.duration[0] != '\0')
		r->entry.duration = r->info.duration;
	r->entry.name = r->info.name;
	m3u_attr_meanings(&r->attrs, &r->entry);
	add_attr_headers(r);
	return 0;
}

static int
take_extm3u(struct m3u_reader *r, char *line, struct err *err)
{
	static const char *const guides[] = { "url-tvg", "x-tvg-url", "tvg-url" };

	(void)err;
	if (r->pending)
		skip(r, "the #EXTINF before #EXTM3U has no URL");
	r->is_m3u = 1;
	m3u_attr_header(after_colon(line, 7), &r->attrs);
	for (size_t i = 0; i < r->attrs.count; i++) {
		const struct m3u_attr *attr = &r->attrs.list[i];

		for (size_t k = 0; k < ARRAY_LEN(guides) && r->guide_url.len == 0; k++) {
			if (strcasecmp(attr->name, guides[k]) == 0)
				buf_add(&r->guide_url, attr->value, strcspn(attr->value, ", "));
		}
	}
	add_attr_headers(r);
	r->header.guide_url = r->guide_url.data;
	buf_clear(&r->user_agent);
	buf_str(&r->user_agent, m3u_headers_user_agent(&r->headers));
	entry_clear(r);
	return 0;
}

/*
 * Behind an #EXTINF it is that entry's group; elsewhere it begins a group that
 * goes on until the next one.
 */
static int
take_extgrp(struct m3u_reader *r, char *line, struct err *err)
{
	struct buf *group = r->pending ? &r->group : &r->group_from;

	(void)err;
	buf_clear(group);
	buf_str(group, after_colon(line, 7));
	return 0;
}

static int
take_option(struct m3u_reader *r, char *line, struct err *err)
{
	size_t len = strlen(line);

	(void)err;
	if (len + 1 > r->directives.max - r->directives.len) {
		skip(r, "more than %zu bytes of directives", r->directives.max);
		return 0;
	}
	buf_add(&r->directives, line, len);
	buf_char(&r->directives, '\n');
	m3u_headers_directive(&r->headers, line);
	return 0;
}

static int
take_hls(struct m3u_reader *r, char *line, struct err *err)
{
	/* RFC 8216 §4.3.3 and §4.3.4: tags of a stream, which come before its first #EXTINF. */
	static const char *const tags[] = { "#EXT-X-TARGETDURATION", "#EXT-X-MEDIA-SEQUENCE",
		"#EXT-X-STREAM-INF" };

	for (size_t i = 0; i < ARRAY_LEN(tags) && r->counts.entries == 0 && !r->pending; i++) {
		if (strncasecmp(line, tags[i], strlen(tags[i])) == 0)
			return err_set(err, EBADMSG,
			    "not a list of channels but one HLS stream (%s)", tags[i] + 1);
	}
	return take_option(r, line, err);
}

static int
take_directive(struct m3u_reader *r, char *line, struct err *err)
{
	static const struct {
		const char *start;
		int (*take)(struct m3u_reader *r, char *line, struct err *err);
	} rows[] = {
		{ "#EXTINF", take_extinf },
		{ "#EXTM3U", take_extm3u },
		{ "#EXTGRP", take_extgrp },
		{ "#EXTVLCOPT", take_option },
		{ "#KODIPROP", take_option },
		{ "#EXTHTTP", take_option },
		{ "#EXT-X-", take_hls },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (strncasecmp(line, rows[i].start, strlen(rows[i].start)) == 0)
			return rows[i].take(r, line, err);
	}
	return 0; /* a comment */
}

/* -- lines ------------------------------------------------------------------ */

static int
begin(struct m3u_reader *r, const char *data, size_t len, struct err *err)
{
	const char *what = m3u_sniff(data, len);

	r->begun = 1;
	return what == NULL ? 0 : err_set(err, EBADMSG, "not an M3U playlist but %s", what);
}

static int
on_line(const char *data, size_t len, _Bool overlong, void *arg, struct err *err)
{
	struct m3u_reader *r = arg;
	size_t clean;
	int rc;

	r->counts.lines = r->lines.number;
	clean = m3u_clean(r->line, data, len);
	if (clean == 0 && !overlong)
		return 0;
	if (clean > 0 && !r->begun) {
		rc = begin(r, data, len, err);
		if (rc < 0)
			return rc;
	}
	if (overlong) {
		/* The entry that the line belongs to goes with it. */
		r->lost = r->line[0] == '#';
		entry_clear(r);
		skip(r, "a line of more than %zu bytes", r->limits.line_max);
		return 0;
	}
	if (r->line[0] == '#')
		return take_directive(r, r->line, err);
	return take_address(r, r->line, err);
}

/* -- the reader ------------------------------------------------------------- */

struct m3u_reader *
m3u_reader_new(const struct m3u_limits *limits, m3u_entry_cb *entry, m3u_note_cb *note, void *arg)
{
	struct m3u_reader *r = calloc(1, sizeof(*r));
	size_t text_max = M3U_CLEAN_GROWTH * limits->line_max;

	if (r == NULL)
		return NULL;
	r->limits = *limits;
	r->on_entry = entry;
	r->on_note = note;
	r->arg = arg;
	buf_init(&r->directives, limits->line_max);
	buf_init(&r->group, text_max);
	buf_init(&r->group_from, text_max);
	buf_init(&r->guide_url, URL_MAX);
	buf_init(&r->user_agent, M3U_HEADERS_TEXT);
	m3u_headers_init(&r->headers);
	r->header.guide_url = r->guide_url.data;
	r->attrs.max = limits->attr_max;
	r->attrs.list = calloc(limits->attr_max, sizeof(*r->attrs.list));
	r->line = malloc(text_max + 1);
	r->extinf = malloc(text_max + 1);
	r->name = malloc(M3U_CLEAN_GROWTH * URL_MAX + 1);
	if (m3u_lines_init(&r->lines, limits->line_max, on_line, r) < 0 || r->attrs.list == NULL ||
	    r->line == NULL || r->extinf == NULL || r->name == NULL) {
		m3u_reader_free(r);
		return NULL;
	}
	entry_clear(r);
	return r;
}

void
m3u_reader_free(struct m3u_reader *r)
{
	if (r == NULL)
		return;
	m3u_headers_release(&r->headers);
	m3u_lines_release(&r->lines);
	buf_release(&r->directives);
	buf_release(&r->group);
	buf_release(&r->group_from);
	buf_release(&r->guide_url);
	buf_release(&r->user_agent);
	free(r->attrs.list);
	free(r->line);
	free(r->extinf);
	free(r->name);
	free(r);
}

int
m3u_reader_feed(struct m3u_reader *r, const void *data, size_t len, struct err *err)
{
	r->counts.bytes += len;
	return m3u_lines_feed(&r->lines, data, len, err);
}

int
m3u_reader_finish(struct m3u_reader *r, struct err *err)
{
	int rc = m3u_lines_finish(&r->lines, err);

	if (rc < 0)
		return rc;
	if (r->pending)
		skip(r, "the last #EXTINF has no URL");
	if (!r->begun)
		return err_set(err, EBADMSG, "the playlist is empty");
	if (r->counts.entries == 0)
		return err_set(err, EBADMSG, "the playlist has no entries");
	return 0;
}

const struct m3u_header *
m3u_reader_header(const struct m3u_reader *r)
{
	return &r->header;
}

const struct m3u_counts *
m3u_reader_counts(const struct m3u_reader *r)
{
	return &r->counts;
}
