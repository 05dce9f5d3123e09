/*
 * What is still to be sent of one reply: bytes in memory, a file, or a body that
 * is made as it goes. It holds what it sends until released.
 */
#ifndef GATEWAY_HTTP_SEND_H
#define GATEWAY_HTTP_SEND_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "base/buf.h"
#include "gateway/http/http.h"

/* Sent in one turn of the loop; then the other connections have theirs. */
#define HTTP_TURN_BYTES    (256u << 10)
/* The same of a file, which costs no copy: a turn of some 200 us, and an eighth of the wake-ups. */
#define HTTP_TURN_FILE     (2u << 20)
/* A generator that appends more than this in one call is cut off. */
#define HTTP_GENERATED_MAX (1u << 20)

struct http_send {
	struct buf head;          /* the reply's head; a short body may follow in it */
	struct buf body;          /* owned bytes, or what the generator made last */
	struct http_asset *asset; /* a reference to hold; NULL: none */

	/* Bytes to send next, before all else: head, chunk size, data, chunk end. */
	struct iovec pieces[4];
	unsigned piece_count;

	int file; /* -1: none */
	off_t offset;
	uint64_t left; /* of the file */

	struct http_generator generator; /* next NULL: none, or it has ended */
	_Bool begun;                     /* it was called */
	_Bool chunked;                   /* its body is framed as chunks */
	char chunk_size[20];
};

void http_send_init(struct http_send *s);
/* Closes, frees and unrefs all of it. */
void http_send_release(struct http_send *s);

/* Frees the generator: nothing more will be made. */
void http_send_end(struct http_send *s);
/* Bytes that are sent next; they stay where they are until then. */
void http_send_add(struct http_send *s, const void *data, size_t len);

/*
 * Sends what the socket takes, at most about HTTP_TURN_BYTES (of a file
 * HTTP_TURN_FILE). Returns 1: all is sent; 0: go on when the socket is writable;
 * -errno: the reply cannot be ended as it was begun, so the connection must be cut.
 * *ret_sent: bytes taken now.
 */
int http_send_some(struct http_send *s, int sock, uint64_t *ret_sent);

#endif
