#include "base/url.h"

#include <ctype.h>
#include <curl/curl.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/err.h"

/* Bytes of the scheme of "scheme:...", 0 without one (RFC 3986 §3.1). */
static size_t
scheme_len(const char *url)
{
	size_t n = 0;

	if (!isalpha((unsigned char)url[0]))
		return 0;
	while (isalnum((unsigned char)url[n]) || url[n] == '+' || url[n] == '-' || url[n] == '.')
		n++;
	return url[n] == ':' ? n : 0;
}

_Bool
url_has_scheme(const char *url, const char *scheme)
{
	size_t len = strlen(scheme);

	return len > 0 && scheme_len(url) == len && strncasecmp(url, scheme, len) == 0;
}

const char *
url_file_path(const char *url)
{
	if (!url_has_scheme(url, "file"))
		return NULL;
	url += strlen("file:");
	return strncmp(url, "//", 2) == 0 ? url + 2 : url;
}

static int
check_bytes(const char *url, struct err *err)
{
	size_t n = 0;

	for (; url[n] != '\0'; n++) {
		if (iscntrl((unsigned char)url[n]))
			return err_set(err, EINVAL, "a control byte in the URL");
	}
	if (n == 0)
		return err_set(err, EINVAL, "an empty URL");
	if (n > URL_MAX)
		return err_set(err, EINVAL, "a URL of more than %d bytes", URL_MAX);
	return 0;
}

/* Playlists write blanks into addresses that nobody may send. */
static void
add_without_blanks(struct buf *out, const char *url)
{
	for (size_t n; *url != '\0'; url += n) {
		n = strcspn(url, " ");
		buf_add(out, url, n);
		if (url[n] == ' ') {
			buf_str(out, "%20");
			n++;
		}
	}
}

int
url_resolve(struct buf *out, const char *base, const char *url, struct err *err)
{
	const unsigned in = CURLU_NON_SUPPORT_SCHEME | CURLU_ALLOW_SPACE;
	char *text = NULL;
	CURLUcode code;
	CURLU *parts;
	int rc;

	rc = check_bytes(url, err);
	if (rc < 0)
		return rc;
	if (scheme_len(url) > 0) {
		add_without_blanks(out, url);
		return buf_status(out);
	}
	parts = curl_url();
	if (parts == NULL)
		return err_set(err, ENOMEM, "out of memory");
	code = curl_url_set(parts, CURLUPART_URL, base, in);
	if (code == CURLUE_OK)
		code = curl_url_set(parts, CURLUPART_URL, url, in | CURLU_URLENCODE);
	if (code == CURLUE_OK)
		code = curl_url_get(parts, CURLUPART_URL, &text, 0);
	if (code == CURLUE_OK && strlen(text) > URL_MAX)
		code = CURLUE_MALFORMED_INPUT;
	if (code == CURLUE_OK)
		buf_str(out, text);
	else
		rc = err_set(err, code == CURLUE_OUT_OF_MEMORY ? ENOMEM : EINVAL,
		    "a relative URL without a place: %s", curl_url_strerror(code));
	curl_free(text);
	curl_url_cleanup(parts);
	return rc < 0 ? rc : buf_status(out);
}

int
url_check_http(const char *url, struct err *err)
{
	char *host = NULL;
	CURLUcode code;
	CURLU *parts;
	int rc;

	rc = check_bytes(url, err);
	if (rc < 0)
		return rc;
	if (!url_has_scheme(url, "http") && !url_has_scheme(url, "https"))
		return err_set(err, EINVAL, "not an http:// or https:// URL");
	parts = curl_url();
	if (parts == NULL)
		return err_set(err, ENOMEM, "out of memory");
	code = curl_url_set(parts, CURLUPART_URL, url, 0);
	if (code == CURLUE_OK)
		code = curl_url_get(parts, CURLUPART_HOST, &host, 0);
	if (code == CURLUE_OUT_OF_MEMORY)
		rc = err_set(err, ENOMEM, "out of memory");
	else if (code != CURLUE_OK)
		rc = err_set(err, EINVAL, "bad URL: %s", curl_url_strerror(code));
	curl_free(host);
	curl_url_cleanup(parts);
	return rc;
}

int
url_add_host(struct buf *out, const char *url)
{
	char *host = NULL, *port = NULL;
	CURLUcode code;
	CURLU *parts;
	int rc = 0;

	if (!url_has_scheme(url, "http") && !url_has_scheme(url, "https"))
		return -EINVAL;
	parts = curl_url();
	if (parts == NULL)
		return -ENOMEM;
	code = curl_url_set(parts, CURLUPART_URL, url, CURLU_ALLOW_SPACE);
	if (code == CURLUE_OK)
		code = curl_url_get(parts, CURLUPART_HOST, &host, 0);
	if (code == CURLUE_OK)
		code = curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT);
	if (code == CURLUE_OK)
		buf_printf(out, "%s:%s", host, port);
	else
		rc = code == CURLUE_OUT_OF_MEMORY ? -ENOMEM : -EINVAL;
	curl_free(port);
	curl_free(host);
	curl_url_cleanup(parts);
	return rc < 0 ? rc : buf_status(out);
}

void
url_add_encoded(struct buf *out, const char *text)
{
	static const char hex[16] = "0123456789ABCDEF";

	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		/* Not isalnum(): what is unreserved must not depend on a locale. */
		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		    c == '-' || c == '.' || c == '_' || c == '~') {
			buf_char(out, (char)c);
		} else {
			char code[3] = { '%', hex[c >> 4], hex[c & 15] };

			buf_add(out, code, sizeof(code));
		}
	}
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int
url_decode(char *text)
{
	char *in = text, *out = text;

	for (; *in != '\0'; in++, out++) {
		int high, low;

		if (*in != '%') {
			*out = *in;
			continue;
		}
		high = hex_value(in[1]);
		low = high < 0 ? -1 : hex_value(in[2]);
		if (low < 0 || (high == 0 && low == 0))
			return -EINVAL;
		*out = (char)(high << 4 | low);
		in += 2;
	}
	*out = '\0';
	return (int)(out - text);
}

_Bool
url_query_get(struct buf *out, const char *query, const char *name)
{
	struct buf pair = BUF_INIT(URL_MAX);
	_Bool found = 0;
	size_t n;

	for (; !found; query += n + 1) {
		char *value;

		n = strcspn(query, "&");
		buf_clear(&pair);
		buf_add(&pair, query, n);
		value = buf_status(&pair) == 0 ? strchr(pair.data, '=') : NULL;
		if (value != NULL) {
			*value++ = '\0';
			for (char *p = value; (p = strchr(p, '+')) != NULL; p++)
				*p = ' ';
			if (url_decode(pair.data) >= 0 && strcmp(pair.data, name) == 0 &&
			    url_decode(value) >= 0) {
				buf_str(out, value);
				found = 1;
			}
		}
		if (query[n] == '\0')
			break;
	}
	buf_release(&pair);
	return found;
}
