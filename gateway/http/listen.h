/*
 * A listening socket: made in listen.c, served in accept.c.
 */
#ifndef GATEWAY_HTTP_LISTEN_H
#define GATEWAY_HTTP_LISTEN_H

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <event2/event_struct.h>

#include "base/list.h"

struct http_server;

struct http_listener {
	TAILQ_ENTRY(http_listener) entry;
	struct http_server *server;
	struct event accept;
	int fd; /* -1: closed */
	_Bool private;
	_Bool watched;    /* `accept` is pending */
	_Bool both;       /* of IPv6, and takes IPv4 too */
	in_port_t v4port; /* in host order; 0 unless an IPv4 listener */
	dev_t dev;        /* of the socket file, to remove that one and no other */
	ino_t ino;
	char address[sizeof(struct sockaddr_un) + 8]; /* "ADDR:PORT" or "unix:PATH" */
};

union http_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un local;
	struct sockaddr_storage storage;
};

/* Begins or ceases to accept. 0, or -1 with errno. */
int http_listener_watch(struct http_listener *listener, _Bool accepting);

#endif
