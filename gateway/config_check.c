#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "base/err.h"
#include "base/list.h"
#include "base/url.h"
#include "epg/rules.h"
#include "gateway/config_parts.h"
#include "gateway/tuner/identity.h"

/* -- addresses ----------------------------------------------------------------- */

/* Decimal digits only, at most `max`. -1: no such number. */
static long
small_number(const char *text, long max)
{
	size_t len = strlen(text);
	long n;

	if (len == 0 || len > 5 || strspn(text, "0123456789") != len)
		return -1;
	n = strtol(text, NULL, 10);
	return n <= max ? n : -1;
}

static int
check_unix(const char *path, struct err *err)
{
	struct sockaddr_un address;

	if (*path == '\0')
		return err_set(err, EINVAL, "unix: needs the path of a socket after it");
	if (strlen(path) >= sizeof(address.sun_path))
		return err_set(err, EINVAL, "the path of a socket has at most %zu bytes",
		    sizeof(address.sun_path) - 1);
	return 0;
}

int
config_check_listen(const char *text, struct err *err)
{
	const char *colon = strrchr(text, ':');
	struct in6_addr address;
	char host[64];
	size_t len;

	if (strncmp(text, "unix:", 5) == 0)
		return check_unix(text + 5, err);
	len = colon != NULL ? (size_t)(colon - text) : 0;
	if (len == 0 || len >= sizeof(host) || small_number(colon + 1, 65535) < 0)
		goto bad;
	memcpy(host, text, len);
	host[len] = '\0';
	if (host[0] == '[' && host[len - 1] == ']') {
		host[len - 1] = '\0';
		if (inet_pton(AF_INET6, host + 1, &address) == 1)
			return 0;
	} else if (inet_pton(AF_INET, host, &address) == 1) {
		return 0;
	}
bad:
	return err_set(err, EINVAL,
	    "'%.80s' is no address to answer on; it must be like 0.0.0.0:34400, [::]:34400 or "
	    "unix:/run/masthead.sock",
	    text);
}

/* -- URLs: the value may hold a password, so no text shows it -------------------- */

int
config_check_public_url(const char *text, struct err *err)
{
	int rc = url_check_http(text, err);

	if (rc < 0)
		return rc;
	if (strpbrk(text, "?#@") != NULL)
		return err_set(err, EINVAL,
		    "it must be like https://tv.example or https://example/tv, without ?, # and @");
	return 0;
}

int
config_check_source_url(const char *text, struct err *err)
{
	const char *mark = strstr(text, "://");

	if (strcmp(text, "demo:") == 0)
		return 0;
	if (url_has_scheme(text, "file"))
		return text[5] == '/'
		    ? 0
		    : err_set(err, EINVAL, "a file needs its whole path: file:/media/channels.m3u");
	if (url_has_scheme(text, "http") || url_has_scheme(text, "https"))
		return url_check_http(text, err);
	/* Of a URL that may hold a password, only the scheme is shown. */
	if (mark != NULL && mark - text <= 16)
		return err_set(err, EINVAL,
		    "%.*s:// cannot be read; the URL must begin with http://, https:// or file:/",
		    (int)(mark - text), text);
	return err_set(err, EINVAL,
	    "the URL must begin with http://, https:// or file:/, or be demo:");
}

int
config_check_proxy(const char *text, struct err *err)
{
	static const char *const schemes[] = { "http://", "https://", "socks5://", "socks5h://" };

	for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
		size_t len = strlen(schemes[i]);

		if (strncasecmp(text, schemes[i], len) == 0 && text[len] != '\0')
			return 0;
	}
	return err_set(err, EINVAL,
	    "a proxy must be like http://HOST:PORT, socks5://HOST:PORT or socks5h://HOST:PORT "
	    "(names are looked up by the proxy)");
}

/* RFC 9110 §5.1: a field's name is a token. Control characters were refused before. */
int
config_check_header(const char *text, struct err *err)
{
	size_t len = strcspn(text, ":");

	if (text[len] != ':' || len == 0)
		return err_set(err, EINVAL, "a header must be like 'Referer: https://tv.example/'");
	for (size_t i = 0; i < len; i++) {
		if (!isalnum((unsigned char)text[i]) && strchr("!#$%&'*+-.^_`|~", text[i]) == NULL)
			return err_set(err, EINVAL, "a header's name cannot have a '%c' in it",
			    isprint((unsigned char)text[i]) ? text[i] : '?');
	}
	return 0;
}

/* -- names ----------------------------------------------------------------------- */

/* Names become parts of file names and of metrics' labels. */
int
config_check_name(const char *text, struct err *err)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c >= 0x80 || (!isalnum(c) && strchr("-_. ", c) == NULL))
			goto bad;
	}
	if (isalnum((unsigned char)text[0]) && text[len - 1] != ' ')
		return 0;
bad:
	return err_set(err, EINVAL,
	    "'%.60s' is no name; a name has the letters a to z, digits, - _ . and blanks, and "
	    "begins with a letter or digit",
	    text);
}

int
config_check_device_id(const char *text, struct err *err)
{
	size_t len = strlen(text);
	char fixed[9];
	uint32_t id;

	if (identity_parse(text, &id))
		return 0;
	if (len != 8 || strspn(text, "0123456789abcdefABCDEF") != len)
		return err_set(err, EINVAL, "'%.20s' is no device id; it must be eight hex digits",
		    text);
	/* The checksum is in the last digit: one of the sixteen fits. */
	memcpy(fixed, text, sizeof(fixed));
	for (const char *digit = "0123456789ABCDEF"; *digit != '\0'; digit++) {
		fixed[7] = *digit;
		if (identity_parse(fixed, &id))
			break;
	}
	return err_set(err, EINVAL,
	    "the checksum of device id '%s' does not hold, so clients would refuse it; the nearest "
	    "id that they take is %s",
	    text, fixed);
}

/* -- rules of the guide ---------------------------------------------------------- */

int
config_check_rule(const char *text, struct err *err)
{
	static const char number[] = "rule 1: ";
	struct rules *rules = rules_new(text, strlen(text), err);

	/* Of a single rule that number says nothing; its key has the true one. */
	if (rules == NULL && strncmp(err->text, number, strlen(number)) == 0)
		memmove(err->text, err->text + strlen(number),
		    strlen(err->text + strlen(number)) + 1);
	rules_free(rules);
	return rules == NULL ? err->code : 0;
}
