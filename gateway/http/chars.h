/*
 * The classes of bytes in HTTP and in URLs.
 */
#ifndef GATEWAY_HTTP_CHARS_H
#define GATEWAY_HTTP_CHARS_H

#include <stddef.h>

/* RFC 9110 §5.6.2: may stand in a method, a header's name, a coding's name. */
_Bool http_is_token_char(unsigned char c);
/* RFC 9110 §5.5: may stand in a header's value. */
_Bool http_is_value_char(unsigned char c);
/* RFC 3986: pchar and "/", % included. */
_Bool http_is_path_char(unsigned char c);
/* The same, "?", and what browsers leave as it is (WHATWG URL, the query percent-encode set). */
_Bool http_is_query_char(unsigned char c);
_Bool http_is_digit(unsigned char c);
/* 0 to 15; -1: not a hexadecimal digit. */
int http_hex_value(unsigned char c);

/* What a Host header or a target says (RFC 9110 §7.2, RFC 3986 §3.2.2). */
enum http_host {
	HTTP_HOST_BAD,   /* not HOST[:PORT] */
	HTTP_HOST_ODD,   /* allowed, but empty or with bytes that need care where they are quoted */
	HTTP_HOST_PLAIN, /* letters, digits, -._ or [V6], and a port: fit for a link anywhere */
};
enum http_host http_host_kind(const char *host, size_t len);

#endif
