/*
 * A strict HTTP/1.1 server on a libevent loop: the public face of the room.
 *
 * Requests are hostile. The head is bounded and parsed by RFC 9112's letter and
 * not its leniencies: CRLF only, no obs-fold, one Host, at most one
 * Content-Length of digits, no Content-Length beside Transfer-Encoding, which
 * must be exactly "chunked", no control bytes, no %00. What breaks a rule gets
 * 400 and the connection ends; a smuggled second request is never run.
 * Deadlines (head, idle, body, and no progress while sending) are absolute, so a
 * byte a second keeps nothing alive. Connections, and connections per address,
 * are limited; when descriptors run out the listener pauses and a reserve
 * descriptor answers 503.
 *
 * One loop, one thread. Handlers never wait: they reply at once, or hold the
 * request and reply later, or take the socket over (the relay does).
 */
#ifndef GATEWAY_HTTP_HTTP_H
#define GATEWAY_HTTP_HTTP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

struct buf;
struct clock;
struct err;
struct event_base;
struct http_request;
struct http_server;

/* -- the server ------------------------------------------------------------ */

/* Every limit of the room. Zero fields take the defaults in http_limits_default. */
struct http_limits {
	size_t head_max;           /* 16 KiB, request line included */
	size_t target_max;         /* 8 KiB */
	unsigned header_count_max; /* 64 */
	size_t body_max;           /* 1 MiB */
	unsigned head_ms;          /* first byte (or accept) to whole head: 10 s */
	unsigned idle_ms;          /* keep-alive without a request: 15 s */
	unsigned body_ms;          /* whole body: 30 s */
	unsigned send_ms;          /* no byte taken by the peer: 20 s; also TCP_USER_TIMEOUT */
	unsigned connections_max;  /* 4096 */
	unsigned per_address_max;  /* 256; loopback and Unix sockets are exempt */
	unsigned accept_budget;    /* accepted in one turn of the loop: 64 */
	unsigned requests_max;     /* on one connection: 1000 */
};
extern const struct http_limits http_limits_default;

enum http_method { HTTP_GET = 1 << 0, HTTP_HEAD = 1 << 1, HTTP_POST = 1 << 2, HTTP_OTHER = 1 << 3 };

/* Who may call a route. A request that may not gets 403 with a sentence. */
enum http_audience {
	HTTP_ANYONE,  /* no data: health */
	HTTP_VIEWERS, /* the networks of the `allow` list, and Unix sockets */
	/*
	 * Private Unix sockets only: the mode of the file is the lock. Not the others, for a
	 * reverse proxy in front of one brings the whole world.
	 */
	HTTP_ADMIN,
};

typedef void http_handler(struct http_request *req, void *arg);

/*
 * One row a route. `pattern` is matched on the decoded path, element by element:
 * literal text, or {name}, which takes a whole element or the rest of one
 * ("/tuner{n}/v{channel}") and never nothing, or {rest...} as last element, which
 * takes all that follows, be it nothing. The first row that fits path and method
 * wins; a path that fits rows only of other methods gets 405 with Allow. HTTP_GET
 * implies HEAD, whose body is never sent; neither takes a body.
 */
struct http_route {
	unsigned methods; /* bits of enum http_method */
	const char *pattern;
	enum http_audience audience;
	http_handler *handle;
	const char *help; /* one line for docs; NULL: an alias of the row before it */
};

struct http_config {
	struct http_limits limits;
	const struct http_route *routes; /* ends with pattern == NULL; outlives the server */
	void *arg;                       /* for handlers */
	const struct clock *clock;       /* NULL: clock_system */
	/* Is this peer (numeric address, no port) in the allow list? NULL: everyone is. */
	_Bool (*allowed)(void *arg, const char *address);
};

/*
 * NULL with *err set: -EINVAL names a pattern that is none. The process ignores
 * SIGPIPE from here on, for sendfile cannot do without.
 */
struct http_server *http_server_new(struct event_base *base, const struct http_config *config,
    struct err *err);
/*
 * Closes listeners and connections (taken-over sockets are no longer its own); the
 * holders of requests hear it by `gone`. Not from inside a handler. NULL: no-op.
 */
void http_server_free(struct http_server *server);
/*
 * "ADDR:PORT", "[V6]:PORT" (port 0: any) or "unix:PATH" (an old socket file that
 * nobody listens on is replaced; mode 0600 when `private`, else 0666).
 * -EADDRINUSE names the address and what to do.
 */
int http_server_listen(struct http_server *server, const char *where, _Bool private,
    struct err *err);
/*
 * The bound address of listener i as "ADDR:PORT" or "unix:PATH"; NULL past the last.
 * "[::]:PORT" takes IPv4 too, unless an IPv4 listener of that port was there before.
 */
const char *http_server_address(const struct http_server *server, size_t i);
/* No new connections; open ones end after their present reply. For draining. */
void http_server_stop(struct http_server *server);

struct http_stats {
	unsigned connections;            /* open now, taken-over ones not counted */
	uint64_t accepted, refused, bad; /* refused: over a limit; bad: 400 and kin */
	uint64_t requests[6];            /* by status class, [2] = 2xx */
	uint64_t paused;                 /* times accepting paused for lack of descriptors */
};
void http_server_stats(const struct http_server *server, struct http_stats *ret);

/* -- a request ------------------------------------------------------------- */

enum http_method http_method(const struct http_request *req); /* HEAD is HTTP_HEAD */
const char *http_path(const struct http_request *req);        /* decoded */
const char *http_query(const struct http_request *req);       /* raw, without ?; "" */
/* What {name} took; "" for a name that the pattern lacks. */
const char *http_param(const struct http_request *req, const char *name);
/* A header's value by name (any case); NULL if absent. */
const char *http_header(const struct http_request *req, const char *name);
const char *http_body(const struct http_request *req, size_t *ret_len);
/* Numeric, no port, IPv4 never as ::ffff:...; "unix" for a Unix socket. */
const char *http_peer(const struct http_request *req);
/*
 * "http://HOST[:PORT]" as the client addressed us: the Host header if it is well
 * formed, else the socket's own address. For links in replies.
 */
const char *http_base_url(const struct http_request *req);

/*
 * A handler that returns without a reply must have held the request. `gone` is
 * called if the client leaves before the reply; req is dead then. With `gone` NULL
 * req lives until the reply whatever the client does.
 */
void http_hold(struct http_request *req, void (*gone)(void *arg), void *arg);

/* -- replies: one a request ------------------------------------------------ */

/*
 * Adds a header to the coming reply. Name and value are ours, never the client's;
 * control bytes in the value become spaces.
 */
void http_add_header(struct http_request *req, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Copies the bytes. `type` NULL: no Content-Type. len 0: Content-Length: 0. */
void http_reply(struct http_request *req, int status, const char *type, const void *body,
    size_t len);
/* Takes the buffer's memory over; b is empty again. */
void http_reply_buf(struct http_request *req, int status, const char *type, struct buf *b);
/* A plain sentence, as text/plain with a newline. */
void http_reply_text(struct http_request *req, int status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Content that is the same for many requests: made once, with its gzip form and
 * a strong ETag of its bytes. Answers If-None-Match (304), Accept-Encoding, HEAD
 * and one Range (206, 416; not together with gzip).
 */
struct http_asset;
/*
 * Takes b's memory over, also on failure; compresses at once unless that saves
 * nothing. NULL: no memory, or b holds an error.
 */
struct http_asset *http_asset_new(const char *type, struct buf *b);
struct http_asset *http_asset_ref(struct http_asset *asset);
void http_asset_unref(struct http_asset *asset);
void http_reply_asset(struct http_request *req, struct http_asset *asset);

/*
 * A file by sendfile, with ETag from inode, size and mtime, Last-Modified, 304,
 * HEAD, one Range. `fd` is the server's to close from now on. When `gzip_fd` is
 * not -1 it holds the same content as gzip, for those who accept it.
 */
void http_reply_file(struct http_request *req, const char *type, int fd, int gzip_fd);

/*
 * A body that is made as it is sent: `next` appends up to about 64 KiB and
 * returns 1, or 0 when that was the last, or -errno (the connection is cut so
 * that the client sees a short body). `free` is called once, also when the client
 * leaves. `etag` (may be NULL) is quoted text; If-None-Match answers 304 without
 * calling next. Chunked for HTTP/1.1, delimited by close for 1.0.
 */
struct http_generator {
	int (*next)(void *arg, struct buf *out);
	void (*free)(void *arg);
	void *arg;
};
void http_reply_generated(struct http_request *req, int status, const char *type, const char *etag,
    const struct http_generator *generator);

/*
 * Gives the socket away: returns its descriptor, now the caller's, and appends the
 * reply's head (status line, http_add_header's headers, Connection: close, no
 * length) to `head`. The request is gone after this. Non-blocking, TCP_NODELAY, and
 * still with TCP_USER_TIMEOUT, by which the kernel resets a peer that takes nothing for
 * send_ms, be it only on pause: who lets peers pause for longer takes it off.
 * `head` holds an error, and must not be sent, when memory was short.
 */
int http_take_socket(struct http_request *req, int status, const char *type, struct buf *head);

#endif
