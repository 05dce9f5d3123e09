#include "gateway/http/target.h"

#include <string.h>
#include <strings.h>

#include "gateway/http/chars.h"

/* A piece of the target, not NUL-terminated. */
struct piece {
	char *at;
	size_t len;
};

/* The byte that "XX" of %XX stands for; -1 if these are not two hex digits within the text. */
static int
escape_value(const char *text, const char *end)
{
	int high, low;

	if (end - text < 2)
		return -1;
	high = http_hex_value((unsigned char)text[0]);
	low = http_hex_value((unsigned char)text[1]);
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

static const char *
split(struct piece whole, struct piece *host, struct piece *path, struct piece *query)
{
	static const char scheme[] = "http://";
	const size_t skip = sizeof(scheme) - 1;
	char *end = whole.at + whole.len;
	char *mark = memchr(whole.at, '?', whole.len);

	*query = (struct piece){ end, 0 };
	if (mark != NULL) {
		*query = (struct piece){ mark + 1, (size_t)(end - mark - 1) };
		end = mark;
	}
	*host = (struct piece){ whole.at, 0 };
	*path = (struct piece){ whole.at, (size_t)(end - whole.at) };
	if (path->len > 0 && (path->at[0] == '/' || (whole.len == 1 && path->at[0] == '*')))
		return NULL;
	if (path->len <= skip || strncasecmp(path->at, scheme, skip) != 0)
		return "The target is neither /PATH nor http://HOST/PATH.";
	host->at = path->at + skip;
	mark = memchr(host->at, '/', (size_t)(end - host->at));
	host->len = (size_t)((mark != NULL ? mark : end) - host->at);
	path->at = host->at + host->len;
	path->len -= skip + host->len;
	if (host->len == 0 || http_host_kind(host->at, host->len) == HTTP_HOST_BAD)
		return "The target's host is not HOST or HOST:PORT.";
	return NULL;
}

static const char *
check_query(const struct piece *query)
{
	const char *end = query->at + query->len;

	for (const char *p = query->at; p < end; p++) {
		if (!http_is_query_char((unsigned char)*p))
			return "The query holds a byte that must be written as %XX.";
		if (*p == '%' && escape_value(p + 1, end) <= 0)
			return "The query holds a bad %XX.";
	}
	return NULL;
}

/* Decodes to *to, which lies at or before the path, and moves it on. */
static const char *
decode_path(char **to, const struct piece *path)
{
	const char *end = path->at + path->len;

	for (const char *p = path->at; p < end; p++) {
		int c = (unsigned char)*p;

		if (!http_is_path_char((unsigned char)c))
			return "The path holds a byte that must be written as %XX.";
		if (c == '%') {
			c = escape_value(p + 1, end);
			p += 2;
		}
		if (c < 0x20 || c == 0x7f)
			return "The path holds a bad %XX.";
		*(*to)++ = (char)c;
	}
	return NULL;
}

/* "/a/../b", "/a/." and the like: what they mean depends on who reads them. */
static _Bool
has_dot_segment(const char *path)
{
	for (const char *p = path; (p = strstr(p, "/.")) != NULL; p++) {
		size_t n = strcspn(p + 1, "/");

		if (n == 1 || (n == 2 && p[2] == '.'))
			return 1;
	}
	return 0;
}

const char *
http_target_write(char *out, char *at, size_t len, struct http_target *ret)
{
	struct piece whole = { at, len }, host, path, query;
	const char *complaint;
	char *to = out;

	if ((complaint = split(whole, &host, &path, &query)) != NULL ||
	    (complaint = check_query(&query)) != NULL)
		return complaint;
	memmove(to, host.at, host.len);
	to += host.len;
	*to++ = '\0';
	ret->path = (size_t)(to - out);
	if (path.len == 0)
		*to++ = '/';
	complaint = decode_path(&to, &path);
	if (complaint != NULL)
		return complaint;
	*to++ = '\0';
	if (has_dot_segment(out + ret->path))
		return "The path holds a . or .. element.";
	ret->query = (size_t)(to - out);
	memmove(to, query.at, query.len);
	to += query.len;
	*to++ = '\0';
	ret->end = (size_t)(to - out);
	return NULL;
}
