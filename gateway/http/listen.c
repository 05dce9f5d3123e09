#include "gateway/http/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/err.h"
#include "gateway/http/server.h"

#define BACKLOG              4096
/* Keep-alive probes notice a peer that vanished while nothing was under way. */
#define KEEPALIVE_IDLE_S     10
#define KEEPALIVE_INTERVAL_S 5

/* "ADDR:PORT" or "[V6]:PORT", numeric. */
static int
parse_where(const char *where, union http_address *ret, socklen_t *ret_len, struct err *err)
{
	const char *colon = strrchr(where, ':');
	char host[INET6_ADDRSTRLEN];
	size_t len = colon != NULL ? (size_t)(colon - where) : 0;
	unsigned long port;
	char *end;

	memset(ret, 0, sizeof(*ret));
	if (colon == NULL || colon[1] < '0' || colon[1] > '9')
		return err_set(err, EINVAL, "not ADDRESS:PORT, [IPV6]:PORT or unix:PATH");
	port = strtoul(colon + 1, &end, 10);
	if (*end != '\0' || port > 65535)
		return err_set(err, EINVAL, "'%s' is not a port from 0 to 65535", colon + 1);
	if (where[0] == '[' && len > 2 && where[len - 1] == ']') {
		where++;
		len -= 2;
		ret->v6.sin6_family = AF_INET6;
		ret->v6.sin6_port = htons((in_port_t)port);
		*ret_len = sizeof(ret->v6);
	} else {
		ret->v4.sin_family = AF_INET;
		ret->v4.sin_port = htons((in_port_t)port);
		*ret_len = sizeof(ret->v4);
	}
	snprintf(host, sizeof(host), "%.*s", (int)len, where);
	if (len >= sizeof(host) ||
	    inet_pton(ret->any.sa_family, host,
		ret->any.sa_family == AF_INET ? (void *)&ret->v4.sin_addr
					      : (void *)&ret->v6.sin6_addr) != 1)
		return err_set(err, EINVAL, "'%.*s' is not a numeric address (0.0.0.0: all)",
		    (int)len, where);
	return 0;
}

/* A sentence for what people meet when they listen. */
static int
listen_error(struct http_server *server, const union http_address *address, struct err *err)
{
	struct http_listener *other;

	switch (errno) {
	case EADDRINUSE:
		TAILQ_FOREACH(other, &server->listeners, entry) {
			if (other->both && address->any.sa_family == AF_INET)
				return err_set(err, EADDRINUSE,
				    "%s takes IPv4 on all addresses already; leave this one out, "
				    "or list it first",
				    other->address);
		}
		return err_set(err, EADDRINUSE,
		    "the address is in use; stop the program that has it, or listen elsewhere");
	case EADDRNOTAVAIL: return err_set(err, EADDRNOTAVAIL, "this machine has no such address");
	case EACCES:
		return err_set(err, EACCES,
		    "not permitted; ports below 1024 need root or CAP_NET_BIND_SERVICE");
	default: return err_sys(err, "listen");
	}
}

/* All of these pass from the listener to the sockets that it accepts. */
static int
set_tcp_options(struct http_listener *listener, const union http_address *address)
{
	const struct {
		int level, name, value;
	} options[] = {
		{ SOL_SOCKET, SO_REUSEADDR, 1 },
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ IPPROTO_TCP, TCP_NODELAY, 1 },
		{ IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S },
		{ IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S },
		{ IPPROTO_TCP, TCP_USER_TIMEOUT, (int)listener->server->config.limits.send_ms },
	};
	const struct http_listener *other;
	int only = 0;

	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		if (setsockopt(listener->fd, options[i].level, options[i].name, &options[i].value,
			sizeof(options[i].value)) == -1)
			return -1;
	}
	if (address->any.sa_family != AF_INET6)
		return 0;
	TAILQ_FOREACH(other, &listener->server->listeners, entry)
		only |= other->v4port != 0 && other->v4port == ntohs(address->v6.sin6_port);
	listener->both = !only && IN6_IS_ADDR_UNSPECIFIED(&address->v6.sin6_addr);
	return setsockopt(listener->fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only));
}

/* Writes the address that was really bound. */
static int
name_tcp(struct http_listener *listener)
{
	union http_address own = { .storage = { 0 } };
	socklen_t len = sizeof(own);
	char text[INET6_ADDRSTRLEN];

	if (getsockname(listener->fd, &own.any, &len) == -1)
		return -1;
	if (own.any.sa_family == AF_INET) {
		listener->v4port = ntohs(own.v4.sin_port);
		snprintf(listener->address, sizeof(listener->address), "%s:%u",
		    inet_ntop(AF_INET, &own.v4.sin_addr, text, sizeof(text)), listener->v4port);
	} else {
		snprintf(listener->address, sizeof(listener->address), "[%s]:%u",
		    inet_ntop(AF_INET6, &own.v6.sin6_addr, text, sizeof(text)),
		    ntohs(own.v6.sin6_port));
	}
	return 0;
}

static int
listen_tcp(struct http_listener *listener, const char *where, struct err *err)
{
	union http_address address;
	socklen_t len = 0;
	int rc = parse_where(where, &address, &len, err);

	if (rc < 0)
		return rc;
	listener->fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (listener->fd == -1 || set_tcp_options(listener, &address) == -1 ||
	    bind(listener->fd, &address.any, len) == -1 || listen(listener->fd, BACKLOG) == -1 ||
	    name_tcp(listener) == -1)
		return listen_error(listener->server, &address, err);
	return 0;
}

/* Removes a socket file that nobody listens on, and nothing else. */
static int
clear_path(const union http_address *address, struct err *err)
{
	const char *path = address->local.sun_path;
	struct stat st;
	int fd, rc;

	if (lstat(path, &st) == -1)
		return errno == ENOENT ? 0 : err_sys(err, "look");
	if (!S_ISSOCK(st.st_mode))
		return err_set(err, EEXIST, "there is a file that is not a socket; remove it");
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return err_sys(err, "socket");
	rc = connect(fd, &address->any, sizeof(address->local)) == -1 ? errno : 0;
	(void)close(fd);
	if (rc != ECONNREFUSED)
		return err_set(err, EADDRINUSE,
		    "the socket is in use; stop the program that has it, or listen elsewhere");
	return unlink(path) == 0 ? 0 : err_sys(err, "remove the old socket");
}

static int
listen_local(struct http_listener *listener, const char *path, struct err *err)
{
	union http_address address = { .local = { .sun_family = AF_UNIX } };
	mode_t mode = listener->private ? 0600 : 0666;
	size_t len = strlen(path);
	struct stat st;
	int rc;

	if (len == 0 || len >= sizeof(address.local.sun_path))
		return err_set(err, ENAMETOOLONG, "a socket's path has 1 to %zu bytes",
		    sizeof(address.local.sun_path) - 1);
	memcpy(address.local.sun_path, path, len);
	rc = clear_path(&address, err);
	if (rc < 0)
		return rc;
	snprintf(listener->address, sizeof(listener->address), "unix:%s", path);
	listener->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (listener->fd == -1)
		return err_sys(err, "socket");
	if (bind(listener->fd, &address.any, sizeof(address.local)) == -1)
		return err_sys(err, "bind");
	/* Nobody can connect before listen(), so the mode holds from the first moment. */
	if (stat(path, &st) == -1 || chmod(path, mode) == -1 ||
	    listen(listener->fd, BACKLOG) == -1) {
		rc = err_sys(err, "listen");
		(void)unlink(path);
		return rc;
	}
	listener->dev = st.st_dev;
	listener->ino = st.st_ino;
	return 0;
}

static void
listener_close(struct http_listener *listener)
{
	const char *path = listener->address + strlen("unix:");
	struct stat st;

	(void)http_listener_watch(listener, 0);
	if (listener->fd == -1)
		return;
	if (listener->ino != 0 && lstat(path, &st) == 0 && st.st_ino == listener->ino &&
	    st.st_dev == listener->dev)
		(void)unlink(path);
	(void)close(listener->fd);
	listener->fd = -1;
}

int
http_server_listen(struct http_server *server, const char *where, _Bool private, struct err *err)
{
	static const char local[] = "unix:";
	struct http_listener *listener = calloc(1, sizeof(*listener));
	int rc;

	if (listener == NULL)
		return err_set(err, ENOMEM, "listen on '%s': out of memory", where);
	listener->server = server;
	listener->fd = -1;
	listener->private = private;
	if (strncmp(where, local, sizeof(local) - 1) == 0)
		rc = listen_local(listener, where + sizeof(local) - 1, err);
	else
		rc = listen_tcp(listener, where, err);
	if (rc == 0 && !server->paused && http_listener_watch(listener, 1) < 0)
		rc = err_sys(err, "watch");
	if (rc < 0) {
		err_wrap(err, "listen on '%s'", where);
		listener_close(listener);
		free(listener);
		return rc;
	}
	TAILQ_INSERT_TAIL(&server->listeners, listener, entry);
	return 0;
}

const char *
http_server_address(const struct http_server *server, size_t i)
{
	const struct http_listener *listener;

	TAILQ_FOREACH(listener, &server->listeners, entry) {
		if (i-- == 0)
			return listener->address;
	}
	return NULL;
}

void
http_listeners_watch(struct http_server *server, _Bool accepting)
{
	struct http_listener *listener;

	/* One that fails now gets another chance after the next pause. */
	TAILQ_FOREACH(listener, &server->listeners, entry) {
		(void)http_listener_watch(listener, accepting);
	}
}

void
http_listeners_close(struct http_server *server)
{
	struct http_listener *listener;

	TAILQ_FOREACH(listener, &server->listeners, entry)
		listener_close(listener);
}

void
http_listeners_free(struct http_server *server)
{
	struct http_listener *listener;

	http_listeners_close(server);
	while ((listener = TAILQ_FIRST(&server->listeners)) != NULL) {
		TAILQ_REMOVE(&server->listeners, listener, entry);
		free(listener);
	}
}
