#include "gateway/http/chars.h"

#include <string.h>

_Bool
http_is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static _Bool
is_alnum(unsigned char c)
{
	return http_is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static _Bool
is_one_of(unsigned char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

_Bool
http_is_token_char(unsigned char c)
{
	return is_alnum(c) || is_one_of(c, "-_.!#$%&'*+^`|~");
}

_Bool
http_is_value_char(unsigned char c)
{
	return (c >= 0x20 && c != 0x7f) || c == '\t';
}

_Bool
http_is_path_char(unsigned char c)
{
	return is_alnum(c) || is_one_of(c, "/-._~%!$&'()*+,;=:@");
}

_Bool
http_is_query_char(unsigned char c)
{
	return http_is_path_char(c) || is_one_of(c, "?[]{}|\\^`");
}

int
http_hex_value(unsigned char c)
{
	if (http_is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The end of the host's name or bracketed address; 0: there is none. */
static size_t
host_end(const char *host, size_t len, enum http_host *kind)
{
	size_t n = 0;

	*kind = HTTP_HOST_PLAIN;
	if (len > 0 && host[0] == '[') {
		n++;
		while (n < len &&
		    (http_hex_value((unsigned char)host[n]) >= 0 ||
			is_one_of((unsigned char)host[n], ":.")))
			n++;
		return n > 2 && n < len && host[n] == ']' ? n + 1 : 0;
	}
	for (; n < len && host[n] != ':'; n++) {
		if (is_alnum((unsigned char)host[n]) || is_one_of((unsigned char)host[n], "-._"))
			continue;
		if (!is_one_of((unsigned char)host[n], "~%!$&'()*+,;="))
			return 0;
		*kind = HTTP_HOST_ODD;
	}
	return n;
}

enum http_host
http_host_kind(const char *host, size_t len)
{
	enum http_host kind;
	size_t n = host_end(host, len, &kind), digits = 0;

	if (n == 0)
		return len == 0 ? HTTP_HOST_ODD : HTTP_HOST_BAD;
	if (n == len)
		return kind;
	if (host[n++] != ':')
		return HTTP_HOST_BAD;
	while (n + digits < len && http_is_digit((unsigned char)host[n + digits]))
		digits++;
	if (n + digits != len)
		return HTTP_HOST_BAD;
	return digits >= 1 && digits <= 5 ? kind : HTTP_HOST_ODD;
}
