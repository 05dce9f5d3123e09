/*
 * One connection and the request that is on it. http_conn_step is the one place
 * where a connection moves on; what libevent and handlers call only translates
 * to it.
 *
 *	HEAD -> (BODY) -> HELD -> SENDING -> IDLE -> HEAD ...
 *	                                  -> DRAINING -> DEAD
 *
 * Each state is a list of the server in which connections stand by deadline. A
 * dead one has given its descriptor up already and is freed from the loop, never
 * inside a call that came from it. An idle one holds no buffer and no request.
 */
#ifndef GATEWAY_HTTP_CONN_H
#define GATEWAY_HTTP_CONN_H

#include <sys/socket.h>

#include <event2/event_struct.h>

#include "base/list.h"
#include "gateway/http/request.h"

enum http_conn_state {
	CONN_IDLE,     /* between requests */
	CONN_HEAD,     /* reading a head; a new connection begins here, without a request */
	CONN_BODY,     /* reading a body */
	CONN_HELD,     /* the request is its handler's */
	CONN_SENDING,  /* the reply is under way */
	CONN_DRAINING, /* all was said; the peer may still be talking */
	CONN_DEAD,     /* to be freed */
	CONN_STATES
};

enum http_conn_event {
	CONN_READY, /* readable or writable, as the state asked */
	CONN_LATE,  /* the state's deadline has passed */
};

/* After the last reply the peer may go on for so long and so many bytes before it is cut. */
#define HTTP_DRAIN_MS      2000
#define HTTP_DRAIN_BYTES   (1u << 20)
/* Pipelined requests taken in one turn of the loop. */
#define HTTP_TURN_REQUESTS 16

struct http_conn {
	TAILQ_ENTRY(http_conn) in_state;  /* server->conns[state] */
	LIST_ENTRY(http_conn) in_address; /* http_server_bucket(address) */
	struct http_server *server;
	struct http_request *req; /* NULL while there is none */
	struct event io;
	struct buf in;     /* received, not yet taken: one receive at most */
	uint64_t deadline; /* by the server's clock; UINT64_MAX: none */
	size_t drained;
	unsigned requests; /* begun */
	int fd;            /* -1 once dead */
	enum http_conn_state state;
	short armed;             /* what `io` waits for; 0: nothing */
	_Bool stepping;          /* inside http_conn_step */
	_Bool local;             /* a Unix socket */
	_Bool private;           /* of a private listener */
	struct in6_addr address; /* IPv4 as ::ffff:a.b.c.d; all zero for a Unix socket */
};

/* The peer's address as connections keep it. */
struct in6_addr http_conn_address(const struct sockaddr_storage *peer);
/* Takes a connected, non-blocking socket, also on failure (-ENOMEM). */
int http_conn_new(struct http_server *server, int fd, const struct sockaddr_storage *peer,
    _Bool private);
void http_conn_step(struct http_conn *conn, enum http_conn_event ev);
/* Ends it without another word; `gone` of a held request is called. */
void http_conn_cut(struct http_conn *conn);
/* Frees a dead one. */
void http_conn_free(struct http_conn *conn);

/* req->send is filled: off it goes, now or from the loop. */
void http_conn_reply(struct http_request *req);
/* Gives the descriptor away; the connection is dead. */
int http_conn_take(struct http_request *req);

#endif
