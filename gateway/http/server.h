/*
 * The server's own state: connections by state and by address, listeners, and
 * the tick that looks for deadlines.
 */
#ifndef GATEWAY_HTTP_SERVER_H
#define GATEWAY_HTTP_SERVER_H

#include "gateway/http/conn.h"
#include "gateway/http/negotiate.h"

#define SERVER_ADDRESS_BUCKETS 1024
/* Bytes taken from a socket at a time. */
#define SERVER_RECEIVE_BYTES   (16u << 10)
/* How often deadlines are looked at, and listeners that paused try again. */
#define SERVER_TICK_MS         250

TAILQ_HEAD(http_conn_list, http_conn);
LIST_HEAD(http_conn_bucket, http_conn);
TAILQ_HEAD(http_listener_list, http_listener);

struct http_server {
	struct event_base *base;
	struct http_config config;                /* limits and clock filled in */
	struct http_conn_list conns[CONN_STATES]; /* each by deadline */
	struct http_conn_bucket by_address[SERVER_ADDRESS_BUCKETS];
	struct http_listener_list listeners;
	struct event tick; /* pending while there is a connection or a pause */
	struct event reap; /* active when a connection has died */
	int reserve;       /* a descriptor to give up when there is no other; -1: none */
	_Bool paused;      /* not accepting, for lack of descriptors or memory */
	_Bool stopping;
	struct http_stats stats;
	time_t date_when; /* of `date` */
	char date[HTTP_DATE_SIZE];
	char scratch[SERVER_RECEIVE_BYTES];
};

/* -- for connections --------------------------------------------------------- */

uint64_t http_server_now_ms(const struct http_server *server);
/* The Date header's value. */
const char *http_server_date(struct http_server *server);
struct http_conn_bucket *http_server_bucket(struct http_server *server,
    const struct in6_addr *address);
void http_server_conn_added(struct http_server *server);
void http_server_conn_died(struct http_server *server);

/* -- for listeners ----------------------------------------------------------- */

/* May this peer have one more connection? */
_Bool http_server_has_room(struct http_server *server, const struct sockaddr_storage *peer);
/* Stops accepting until the next tick. */
void http_server_pause(struct http_server *server);
/* A descriptor held in reserve: server->reserve is open again, if that is possible. */
void http_server_fill_reserve(struct http_server *server);

/* -- listeners ---------------------------------------------------------------- */

/* To begin or to cease accepting, on all of them. */
void http_listeners_watch(struct http_server *server, _Bool accepting);
/* Closes the sockets; the addresses can still be asked for. */
void http_listeners_close(struct http_server *server);
void http_listeners_free(struct http_server *server);

#endif
