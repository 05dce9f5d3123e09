/*
 * Heads that break a rule, with the status that each must get: what smuggling is
 * made of, and what is merely wrong. The pure reader and the whole server are
 * tried with the same rows. "/evil" is what must never run.
 */
#ifndef TESTS_UNIT_GATEWAY_HTTP_BAD_HEADS_H
#define TESTS_UNIT_GATEWAY_HTTP_BAD_HEADS_H

#include <stddef.h>

#define EVIL "GET /evil HTTP/1.1\r\nHost: h\r\n\r\n"
#define HEAD(lines)                                       \
	"POST /post HTTP/1.1\r\nHost: h\r\n" lines "\r\n" \
	"0\r\n\r\n" EVIL
#define GET(line)   line "\r\nHost: h\r\n\r\n"
/* The bytes of a literal that may hold NUL. */
#define BYTES(text) (text), sizeof(text) - 1

struct bad_head {
	const char *label;
	const char *text;
	size_t len;
	int status;
};

static const struct bad_head bad_heads[] = {
	/* two opinions on where the body ends */
	{ "two lengths", BYTES(HEAD("Content-Length: 5\r\nContent-Length: 6\r\n")), 400 },
	{ "two equal lengths", BYTES(HEAD("Content-Length: 5\r\nContent-Length: 5\r\n")), 400 },
	{ "a list of lengths", BYTES(HEAD("Content-Length: 5, 5\r\n")), 400 },
	{ "length and coding", BYTES(HEAD("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")),
	    400 },
	{ "coding and length", BYTES(HEAD("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")),
	    400 },
	{ "coding and length 0", BYTES(HEAD("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n")),
	    400 },
	{ "+ before a length", BYTES(HEAD("Content-Length: +5\r\n")), 400 },
	{ "- before a length", BYTES(HEAD("Content-Length: -5\r\n")), 400 },
	{ "hexadecimal length", BYTES(HEAD("Content-Length: 0x5\r\n")), 400 },
	{ "length of letters", BYTES(HEAD("Content-Length: five\r\n")), 400 },
	{ "fraction as length", BYTES(HEAD("Content-Length: 5.0\r\n")), 400 },
	{ "space in a length", BYTES(HEAD("Content-Length: 5 5\r\n")), 400 },
	{ "quoted length", BYTES(HEAD("Content-Length: \"5\"\r\n")), 400 },
	{ "empty length", BYTES(HEAD("Content-Length:\r\n")), 400 },
	{ "vertical tab before a length", BYTES(HEAD("Content-Length: \v5\r\n")), 400 },
	{ "NUL behind a length", BYTES(HEAD("Content-Length: 5\0\r\n")), 400 },
	{ "length beyond 64 bits", BYTES(HEAD("Content-Length: 18446744073709551621\r\n")), 413 },
	{ "length of a gigabyte", BYTES(HEAD("Content-Length: 1073741824\r\n")), 413 },
	{ "two codings",
	    BYTES(HEAD("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")), 400 },
	{ "coding and identity",
	    BYTES(HEAD("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n")), 400 },
	{ "list of codings", BYTES(HEAD("Transfer-Encoding: gzip, chunked\r\n")), 501 },
	{ "chunked twice", BYTES(HEAD("Transfer-Encoding: chunked, chunked\r\n")), 501 },
	{ "chunked and a comma", BYTES(HEAD("Transfer-Encoding: chunked,\r\n")), 501 },
	{ "identity", BYTES(HEAD("Transfer-Encoding: identity\r\n")), 501 },
	{ "unknown coding", BYTES(HEAD("Transfer-Encoding: xchunked\r\n")), 501 },
	{ "coding in capitals", BYTES(HEAD("Transfer-Encoding: Chunked\r\n")), 501 },
	{ "coding in quotes", BYTES(HEAD("Transfer-Encoding: \"chunked\"\r\n")), 501 },
	{ "coding with a parameter", BYTES(HEAD("Transfer-Encoding: chunked;q=1\r\n")), 501 },
	{ "empty coding", BYTES(HEAD("Transfer-Encoding:\r\n")), 501 },
	{ "vertical tab before a coding", BYTES(HEAD("Transfer-Encoding: \vchunked\r\n")), 400 },
	{ "NUL behind a coding", BYTES(HEAD("Transfer-Encoding: chunked\0\r\n")), 400 },
	{ "coding in HTTP/1.0",
	    BYTES("POST /post HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" EVIL), 400 },
	{ "body of a GET",
	    BYTES("GET /good HTTP/1.1\r\nHost: h\r\nContent-Length: 31\r\n\r\n" EVIL), 413 },
	{ "chunks of a GET",
	    BYTES("GET /good HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
		  "chunked\r\n\r\n0\r\n\r\n" EVIL),
	    413 },
	{ "body of a HEAD",
	    BYTES("HEAD /good HTTP/1.1\r\nHost: h\r\nContent-Length: 31\r\n\r\n" EVIL), 413 },

	/* two opinions on where a line or a name ends */
	{ "bare LF after the request line", BYTES("GET / HTTP/1.1\nHost: h\r\n\r\n" EVIL), 400 },
	{ "bare LF after a header", BYTES("GET / HTTP/1.1\r\nHost: h\n\r\n" EVIL), 400 },
	{ "bare LF as the end", BYTES("GET / HTTP/1.1\r\nHost: h\r\n\n" EVIL), 400 },
	{ "nothing but bare LF", BYTES("GET / HTTP/1.1\nHost: h\n\n" EVIL), 400 },
	{ "bare CR in the request line", BYTES(GET("GET /\r HTTP/1.1") EVIL), 400 },
	{ "bare CR in a value", BYTES(HEAD("X: a\rContent-Length: 5\r\n")), 400 },
	{ "two CR", BYTES("GET / HTTP/1.1\r\r\nHost: h\r\n\r\n" EVIL), 400 },
	{ "folded with a space", BYTES(HEAD("X: a\r\n b\r\n")), 400 },
	{ "folded with a tab", BYTES(HEAD("Transfer-Encoding:\r\n\tchunked\r\n")), 501 },
	{ "folded first header", BYTES("GET / HTTP/1.1\r\n Host: h\r\n\r\n" EVIL), 400 },
	{ "space before the colon", BYTES(HEAD("Content-Length : 5\r\n")), 400 },
	{ "tab before the colon", BYTES(HEAD("Content-Length\t: 5\r\n")), 400 },
	{ "no colon", BYTES(HEAD("Content-Length 5\r\n")), 400 },
	{ "no name", BYTES(HEAD(": 5\r\n")), 400 },
	{ "NUL in a name", BYTES(HEAD("Content\0Length: 5\r\n")), 400 },
	{ "NUL in a value", BYTES(HEAD("X: a\0b\r\n")), 400 },
	{ "control byte in a value",
	    BYTES(HEAD("X: a\x01"
		       "b\r\n")),
	    400 },
	{ "escape in a value", BYTES(HEAD("X: \x1b[2J\r\n")), 400 },
	{ "DEL in a value", BYTES(HEAD("X: a\x7f\r\n")), 400 },
	{ "8-bit byte in a name", BYTES(HEAD("Content-L\xe4ngth: 5\r\n")), 400 },
	{ "brackets in a name", BYTES(HEAD("X(a): b\r\n")), 400 },

	/* whose request it is */
	{ "no host", BYTES("GET / HTTP/1.1\r\n\r\n" EVIL), 400 },
	{ "two hosts", BYTES("GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n" EVIL), 400 },
	{ "two hosts in HTTP/1.0", BYTES("GET / HTTP/1.0\r\nHost: h\r\nhost: i\r\n\r\n" EVIL),
	    400 },
	{ "space in the host", BYTES("GET / HTTP/1.1\r\nHost: h i\r\n\r\n" EVIL), 400 },
	{ "user in the host", BYTES("GET / HTTP/1.1\r\nHost: u@h\r\n\r\n" EVIL), 400 },
	{ "path in the host", BYTES("GET / HTTP/1.1\r\nHost: h/p\r\n\r\n" EVIL), 400 },
	{ "list of hosts", BYTES("GET / HTTP/1.1\r\nHost: h, i:1\r\n\r\n" EVIL), 400 },
	{ "port that is no number", BYTES("GET / HTTP/1.1\r\nHost: h:p\r\n\r\n" EVIL), 400 },
	{ "open bracket", BYTES("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n" EVIL), 400 },
	{ "8-bit byte in the host", BYTES("GET / HTTP/1.1\r\nHost: h\xc3\xa4\r\n\r\n" EVIL), 400 },

	/* the request line */
	{ "HTTP/0.9", BYTES("GET /evil\r\n" EVIL), 400 },
	{ "no version", BYTES(GET("GET / ") EVIL), 400 },
	{ "no target", BYTES(GET("GET HTTP/1.1") EVIL), 400 },
	{ "empty target", BYTES(GET("GET  HTTP/1.1") EVIL), 400 },
	{ "two spaces before the target", BYTES(GET("GET  / HTTP/1.1") EVIL), 400 },
	{ "two spaces before the version", BYTES(GET("GET /  HTTP/1.1") EVIL), 400 },
	{ "space at the end", BYTES(GET("GET / HTTP/1.1 ") EVIL), 400 },
	{ "space at the beginning", BYTES(GET(" GET / HTTP/1.1") EVIL), 400 },
	{ "tab between the parts", BYTES(GET("GET\t/\tHTTP/1.1") EVIL), 400 },
	{ "version in small letters", BYTES(GET("GET / http/1.1") EVIL), 400 },
	{ "version with two digits", BYTES(GET("GET / HTTP/1.10") EVIL), 400 },
	{ "version without a minor", BYTES(GET("GET / HTTP/1") EVIL), 400 },
	{ "HTTP/1.2", BYTES(GET("GET / HTTP/1.2") EVIL), 505 },
	{ "HTTP/2.0", BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505 },
	{ "method in small letters", BYTES(GET("get / HTTP/1.1") EVIL), 501 },
	{ "unknown method", BYTES(GET("BREW / HTTP/1.1") EVIL), 501 },
	{ "CONNECT", BYTES(GET("CONNECT h:443 HTTP/1.1") EVIL), 501 },
	{ "byte that no method has", BYTES(GET("G\xc3T / HTTP/1.1") EVIL), 400 },
	{ "two empty lines first", BYTES("\r\n\r\n" EVIL), 400 },
	{ "LF first", BYTES("\n" EVIL), 400 },
	{ "TLS", BYTES("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"), 400 },
	{ "NUL first", BYTES("\0" EVIL), 400 },

	/* the target */
	{ "relative target", BYTES(GET("GET evil HTTP/1.1") EVIL), 400 },
	{ "other scheme", BYTES(GET("GET ftp://h/ HTTP/1.1") EVIL), 400 },
	{ "no host in the target", BYTES(GET("GET http:///evil HTTP/1.1") EVIL), 400 },
	{ "user in the target", BYTES(GET("GET http://u:p@h/ HTTP/1.1") EVIL), 400 },
	{ "* of a GET", BYTES(GET("GET * HTTP/1.1") EVIL), 400 },
	{ "%00 in the path", BYTES(GET("GET /good%00/evil HTTP/1.1") EVIL), 400 },
	{ "%0a in the path", BYTES(GET("GET /good%0aX:y HTTP/1.1") EVIL), 400 },
	{ "%7f in the path", BYTES(GET("GET /good%7f HTTP/1.1") EVIL), 400 },
	{ "half an escape", BYTES(GET("GET /good%4 HTTP/1.1") EVIL), 400 },
	{ "escape that is no number", BYTES(GET("GET /good%zz HTTP/1.1") EVIL), 400 },
	{ "%00 in the query", BYTES(GET("GET /good?a=%00 HTTP/1.1") EVIL), 400 },
	{ "bad escape in the query", BYTES(GET("GET /good?a=%g0 HTTP/1.1") EVIL), 400 },
	{ "dot segments", BYTES(GET("GET /good/../evil HTTP/1.1") EVIL), 400 },
	{ "dot segment at the end", BYTES(GET("GET /good/.. HTTP/1.1") EVIL), 400 },
	{ "single dot", BYTES(GET("GET /./evil HTTP/1.1") EVIL), 400 },
	{ "escaped dot segments", BYTES(GET("GET /good/%2e%2E/evil HTTP/1.1") EVIL), 400 },
	{ "escaped slash and dots", BYTES(GET("GET /good%2f..%2fevil HTTP/1.1") EVIL), 400 },
	{ "fragment", BYTES(GET("GET /good#x HTTP/1.1") EVIL), 400 },
	{ "backslash in the path", BYTES(GET("GET /good\\..\\evil HTTP/1.1") EVIL), 400 },
	{ "quote in the path", BYTES(GET("GET /good\" HTTP/1.1") EVIL), 400 },
	{ "8-bit byte in the path", BYTES(GET("GET /g\xc3\xb6od HTTP/1.1") EVIL), 400 },
	{ "< in the query", BYTES(GET("GET /good?<script> HTTP/1.1") EVIL), 400 },
	{ "NUL in the path", BYTES(GET("GET /good\0 HTTP/1.1") EVIL), 400 },
};

#endif
