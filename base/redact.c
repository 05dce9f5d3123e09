#include "base/redact.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/url.h"

#define SECRET_MIN 4
#define HIDDEN     "***"

static char **secrets;
static size_t secret_count;

/* Query parameters whose value is never shown. */
static const char *const secret_params[] = { "username", "user", "u", "password", "pass", "passwd",
	"pwd", "p", "login", "apikey", "api_key", "key", "x-api-key", "sig", "sign", "hash", "sid",
	"mac", "hdnts", "hdnea" };

/* ... and parts of the names of such. */
static const char *const secret_parts[] = { "auth", "jwt", "secret", "session", "signature",
	"token" };

/* Parts of the names of headers whose value is never shown. */
static const char *const secret_headers[] = { "auth", "cookie", "key", "secret", "session",
	"token" };

/* First path elements that are followed by an account's name and password. */
static const char *const account_paths[] = { "live", "movie", "series", "timeshift" };

/* Where a URL goes that is taken apart: its hidden parts are left out of `out`, or learnt. */
struct shape {
	struct buf *out; /* NULL: the parts are told to redact_secret */
};

void
redact_secret(const char *secret)
{
	char **bigger, *copy;

	if (secret == NULL || strlen(secret) < SECRET_MIN)
		return;
	for (size_t i = 0; i < secret_count; i++) {
		if (strcmp(secrets[i], secret) == 0)
			return;
	}
	bigger = realloc(secrets, (secret_count + 1) * sizeof(*secrets));
	if (bigger == NULL)
		return;
	secrets = bigger;
	copy = strdup(secret);
	if (copy != NULL)
		secrets[secret_count++] = copy;
}

void
redact_forget(void)
{
	for (size_t i = 0; i < secret_count; i++)
		free(secrets[i]);
	free(secrets);
	secrets = NULL;
	secret_count = 0;
}

/* -- by value ------------------------------------------------------------------ */

/* Bytes at `p` that are a secret, the longest; a text that was cut may end in the midst of one. */
static size_t
secret_at(const char *p, size_t left)
{
	size_t longest = 0;

	for (size_t i = 0; i < secret_count; i++) {
		size_t len = strlen(secrets[i]);

		if (len > left)
			len = left;
		if (len > longest && len >= SECRET_MIN && strncmp(p, secrets[i], len) == 0)
			longest = len;
	}
	return longest;
}

/* The end of what is hidden from `p` on: secrets may overlap. */
static const char *
hidden_end(const char *p, const char *end)
{
	const char *stop = p + secret_at(p, (size_t)(end - p));

	for (const char *q = p + 1; q < stop; q++) {
		size_t len = secret_at(q, (size_t)(end - q));

		if (q + len > stop)
			stop = q + len;
	}
	return stop;
}

static void
redact_values(struct buf *b, const char *text)
{
	const char *run = text, *end = text + strlen(text), *p = text;

	while (p < end) {
		const char *stop = hidden_end(p, end);

		if (stop == p) {
			p++;
			continue;
		}
		buf_add(b, run, (size_t)(p - run));
		buf_str(b, HIDDEN);
		run = p = stop;
	}
	buf_str(b, run);
}

/* -- by shape ------------------------------------------------------------------ */

static void
show(struct shape *s, const char *p, size_t len)
{
	if (s->out != NULL)
		buf_add(s->out, p, len);
}

static void
hide(struct shape *s, const char *p, size_t len)
{
	char *copy;

	if (len == 0)
		return;
	if (s->out != NULL) {
		buf_str(s->out, HIDDEN);
		return;
	}
	copy = strndup(p, len);
	if (copy == NULL)
		return;
	redact_secret(copy);
	if (url_decode(copy) > 0)
		redact_secret(copy);
	free(copy);
}

static _Bool
is_url_char(char c)
{
	return c != '\0' && (unsigned char)c > ' ' && strchr("\"'<>`", c) == NULL;
}

static _Bool
is_listed(const char *const *list, size_t count, const char *word, size_t len)
{
	for (size_t i = 0; i < count; i++) {
		if (strlen(list[i]) == len && strncasecmp(list[i], word, len) == 0)
			return 1;
	}
	return 0;
}

static _Bool
has_listed(const char *const *list, size_t count, const char *word, size_t len)
{
	for (size_t i = 0; i < count; i++) {
		size_t part = strlen(list[i]);

		for (size_t at = 0; at + part <= len; at++) {
			if (strncasecmp(list[i], word + at, part) == 0)
				return 1;
		}
	}
	return 0;
}

static _Bool
is_secret_param(const char *name, size_t len)
{
	return is_listed(secret_params, ARRAY_LEN(secret_params), name, len) ||
	    has_listed(secret_parts, ARRAY_LEN(secret_parts), name, len);
}

static size_t
span_until(const char *p, const char *end, const char *stops)
{
	const char *q = p;

	while (q < end && strchr(stops, *q) == NULL)
		q++;
	return (size_t)(q - p);
}

static const char *
find_mark(const char *p, const char *end)
{
	return memmem(p, (size_t)(end - p), "://", 3);
}

/* A URL in a URL, as a proxy's: what stands before `p` is a scheme, what follows is "//". */
static _Bool
is_inner_url(const char *p, const char *end)
{
	return p[-1] == ':' && end - p >= 2 && p[0] == '/' && p[1] == '/';
}

static const char *redact_url(struct shape *s, const char *p, const char *end);

/* /USER/PASS/123 or /USER/PASS/123.ts: an Xtream stream in its short form. */
static _Bool
is_account_path(const char *p, const char *end)
{
	size_t len, digits;

	for (int i = 0; i < 2; i++) {
		len = p < end && *p == '/' ? span_until(p + 1, end, "/?#") : 0;
		if (len == 0)
			return 0;
		p += 1 + len;
	}
	if (p == end || *p++ != '/')
		return 0;
	len = span_until(p, end, "/?#");
	digits = strspn(p, "0123456789");
	return digits > 0 && (digits == len || p[digits] == '.') &&
	    (p + len == end || p[len] != '/');
}

/*
 * The path: hides the two elements after one of account_paths. A short form is only
 * hidden, not learnt from: what else looks like one holds common words.
 */
static const char *
redact_path(struct shape *s, const char *p, const char *end)
{
	int hidden = s->out != NULL && is_account_path(p, end) ? 2 : 0;

	while (p < end && *p == '/') {
		size_t len = span_until(p + 1, end, "/?#");
		const char *next = p + 1 + len;

		show(s, "/", 1);
		if (hidden > 0 && len > 0) {
			hide(s, p + 1, len);
			hidden--;
		} else {
			show(s, p + 1, len);
			if (is_listed(account_paths, ARRAY_LEN(account_paths), p + 1, len))
				hidden = 2;
		}
		if (is_inner_url(next, end)) {
			show(s, "//", 2);
			return redact_url(s, next + 2, end);
		}
		p = next;
	}
	return p;
}

/* name=value&name=value after a ?, a # or an &, on which `p` stands. */
static const char *
redact_query(struct shape *s, const char *p, const char *end)
{
	while (p < end) {
		size_t name, value;
		const char *mark;

		show(s, p++, 1);
		name = span_until(p, end, "=&#?;");
		show(s, p, name);
		if (p + name >= end || p[name] != '=') {
			p += name;
			continue;
		}
		show(s, "=", 1);
		/* A secret may have any of these signs in it; then it ends at the & only. */
		if (is_secret_param(p, name)) {
			p += name + 1;
			value = span_until(p, end, "&");
			hide(s, p, value);
			p += value;
			continue;
		}
		p += name + 1;
		value = span_until(p, end, "&#?;");
		mark = find_mark(p, p + value);
		if (mark != NULL) {
			show(s, p, (size_t)(mark + 3 - p));
			p = redact_url(s, mark + 3, end);
		} else {
			show(s, p, value);
			p += value;
		}
	}
	return p;
}

/* "user:password", one of which may be missing. */
static void
hide_userinfo(struct shape *s, const char *p, size_t len)
{
	size_t user = span_until(p, p + len, ":");

	if (s->out != NULL) {
		hide(s, p, len);
		return;
	}
	hide(s, p, user);
	if (user < len)
		hide(s, p + user + 1, len - user - 1);
}

/*
 * The end of the userinfo, or NULL. People write passwords with / ? # in them as
 * they are: what stands behind a colon and is no port is taken for one.
 */
static const char *
find_at(const char *p, const char *end)
{
	size_t host = span_until(p, end, "/?#");
	const char *at = memrchr(p, '@', host), *colon = memchr(p, ':', host);

	if (at != NULL || colon == NULL || *p == '[')
		return at;
	colon++;
	if (colon + strspn(colon, "0123456789") >= p + host)
		return NULL;
	return memrchr(p, '@', (size_t)(end - p));
}

/* `p` stands behind "scheme://"; everything up to `end` belongs to the URL. Returns `end`. */
static const char *
redact_url(struct shape *s, const char *p, const char *end)
{
	const char *at = find_at(p, end);
	size_t host;

	if (at != NULL) {
		hide_userinfo(s, p, (size_t)(at - p));
		p = at;
	}
	host = span_until(p, end, "/?#");
	show(s, p, host);
	if (is_inner_url(p + host, end)) {
		show(s, "//", 2);
		return redact_url(s, p + host + 2, end);
	}
	p = redact_path(s, p + host, end);
	return redact_query(s, p, end);
}

static void
redact_shapes(struct shape *s, const char *text)
{
	const char *run = text, *mark, *end;

	while ((mark = strstr(run, "://")) != NULL) {
		show(s, run, (size_t)(mark + 3 - run));
		for (end = mark + 3; is_url_char(*end); end++)
			;
		run = redact_url(s, mark + 3, end);
	}
	show(s, run, strlen(run));
}

/* -- both ---------------------------------------------------------------------- */

void
redact_url_secrets(const char *url)
{
	struct shape learn = { NULL };

	redact_shapes(&learn, url);
}

void
redact_header_secret(const char *header)
{
	size_t name = strcspn(header, ":");
	const char *value;

	if (header[name] == '\0')
		return;
	value = header + name + 1 + strspn(header + name + 1, " \t");
	if (has_listed(secret_headers, ARRAY_LEN(secret_headers), header, name))
		redact_secret(value);
}

/* By value first: a shape that is cut out of a secret would leave halves that are no longer it. */
void
redact_add(struct buf *b, const char *text)
{
	struct buf known = BUF_INIT(b->max);
	struct shape shape = { b };

	redact_values(&known, text);
	if (buf_status(&known) < 0)
		b->error = buf_status(&known);
	else
		redact_shapes(&shape, known.data);
	buf_release(&known);
}
