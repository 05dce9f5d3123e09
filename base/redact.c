#include "base/redact.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/list.h"

#define SECRET_MIN 4
#define HIDDEN     "***"

static char **secrets;
static size_t secret_count;

/* Query parameters whose value is never shown. */
static const char *const secret_params[] = { "username", "user", "u", "password", "pass", "passwd",
	"pwd", "p", "token", "access_token", "auth", "apikey", "api_key", "key", "secret", "sig",
	"signature", "hash", "session", "mac", "x-plex-token", "x-api-key", "x-emby-token" };

/* First path elements that are followed by an account's name and password. */
static const char *const account_paths[] = { "live", "movie", "series", "timeshift" };

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

static size_t
secret_at(const char *p)
{
	for (size_t i = 0; i < secret_count; i++) {
		size_t len = strlen(secrets[i]);

		if (*p == secrets[i][0] && strncmp(p, secrets[i], len) == 0)
			return len;
	}
	return 0;
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

static size_t
span_until(const char *p, const char *end, const char *stops)
{
	const char *q = p;

	while (q < end && strchr(stops, *q) == NULL)
		q++;
	return (size_t)(q - p);
}

/* The path: hides the two elements after one of account_paths. */
static const char *
redact_path(struct buf *b, const char *p, const char *end)
{
	int hide = 0;

	while (p < end && *p == '/') {
		size_t len = span_until(p + 1, end, "/?#");

		buf_char(b, '/');
		if (hide > 0 && len > 0) {
			buf_str(b, HIDDEN);
			hide--;
		} else {
			buf_add(b, p + 1, len);
			if (is_listed(account_paths, ARRAY_LEN(account_paths), p + 1, len))
				hide = 2;
		}
		p += 1 + len;
	}
	return p;
}

static const char *
redact_query(struct buf *b, const char *p, const char *end)
{
	while (p < end) {
		size_t name, value;

		buf_char(b, *p++); /* ? & or # */
		name = span_until(p, end, "=&#");
		buf_add(b, p, name);
		if (p + name < end && p[name] == '=') {
			value = span_until(p + name + 1, end, "&#");
			buf_char(b, '=');
			if (value > 0 &&
			    is_listed(secret_params, ARRAY_LEN(secret_params), p, name))
				buf_str(b, HIDDEN);
			else
				buf_add(b, p + name + 1, value);
			p += name + 1 + value;
		} else {
			p += name;
		}
	}
	return p;
}

/* `p` stands behind "scheme://". Appends the rest of the URL and returns its end. */
static const char *
redact_url(struct buf *b, const char *p)
{
	const char *end = p, *at = NULL;
	size_t host;

	while (is_url_char(*end))
		end++;
	host = span_until(p, end, "/?#");
	for (size_t i = 0; i < host; i++) {
		if (p[i] == '@')
			at = p + i;
	}
	if (at != NULL) {
		buf_str(b, HIDDEN);
		host -= (size_t)(at - p);
		p = at;
	}
	buf_add(b, p, host);
	p = redact_path(b, p + host, end);
	return redact_query(b, p, end);
}

/* Hides secrets by value; what is shaped like a URL was dealt with before. */
static void
redact_values(struct buf *b, const char *text)
{
	const char *run = text;

	for (const char *p = text; *p != '\0';) {
		size_t len = secret_at(p);

		if (len == 0) {
			p++;
			continue;
		}
		buf_add(b, run, (size_t)(p - run));
		buf_str(b, HIDDEN);
		p += len;
		run = p;
	}
	buf_str(b, run);
}

void
redact_add(struct buf *b, const char *text)
{
	struct buf shaped = BUF_INIT(b->max);
	const char *run = text, *mark;

	while ((mark = strstr(run, "://")) != NULL) {
		buf_add(&shaped, run, (size_t)(mark + 3 - run));
		run = redact_url(&shaped, mark + 3);
	}
	buf_str(&shaped, run);
	if (buf_status(&shaped) < 0)
		b->error = buf_status(&shaped);
	else
		redact_values(b, shaped.data);
	buf_release(&shaped);
}
