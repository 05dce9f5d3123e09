#include "gateway/http/listen.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "gateway/http/server.h"

/* Says so and goes; what the client sends now has no reader. */
static void
turn_away(struct http_server *server, int fd)
{
	static const char text[] = "HTTP/1.1 503 Service Unavailable\r\nServer: Masthead\r\n"
				   "Content-Type: text/plain; charset=utf-8\r\n"
				   "Content-Length: 55\r\nRetry-After: 5\r\n"
				   "Connection: close\r\n\r\n"
				   "This server has too many connections; try again later.\n";

	server->stats.refused++;
	(void)send(fd, text, sizeof(text) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	(void)shutdown(fd, SHUT_WR);
	(void)recv(fd, server->scratch, sizeof(server->scratch), MSG_DONTWAIT);
	(void)close(fd);
}

static int
accept_one(struct http_listener *listener, union http_address *peer)
{
	socklen_t len = sizeof(*peer);

	memset(peer, 0, sizeof(*peer));
	return accept4(listener->fd, &peer->any, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

/*
 * There is no descriptor left. The reserve makes one for as long as it takes to
 * turn the next clients away; then accepting rests, so that the loop does not spin
 * on a listener that it cannot serve.
 */
static void
shed(struct http_listener *listener)
{
	struct http_server *server = listener->server;
	union http_address peer;

	if (server->reserve != -1) {
		(void)close(server->reserve);
		server->reserve = -1;
		for (unsigned i = 0; i < server->config.limits.accept_budget; i++) {
			int fd = accept_one(listener, &peer);

			if (fd == -1)
				break;
			turn_away(server, fd);
		}
		http_server_fill_reserve(server);
	}
	http_server_pause(server);
}

/* Is accepting worth another try at once? */
static _Bool
accept_failed(struct http_listener *listener, int error)
{
	switch (error) {
	case EAGAIN: return 0;
	case EMFILE:
	case ENFILE: shed(listener); return 0;
	/* accept(2): what went wrong with that one connection before it was ours. */
	case EINTR:
	case ECONNABORTED:
	case EPERM:
	case EPROTO:
	case ENOPROTOOPT:
	case EOPNOTSUPP:
	case ENETDOWN:
	case ENETUNREACH:
	case EHOSTDOWN:
	case EHOSTUNREACH:
	case ENONET:
	case ETIMEDOUT: return 1;
	default: http_server_pause(listener->server); return 0;
	}
}

static void
on_accept(evutil_socket_t sock, short what, void *arg)
{
	struct http_listener *listener = arg;
	struct http_server *server = listener->server;
	union http_address peer;

	(void)sock;
	(void)what;
	for (unsigned i = 0; i < server->config.limits.accept_budget; i++) {
		int fd = accept_one(listener, &peer);

		if (fd == -1) {
			if (!accept_failed(listener, errno))
				break;
		} else if (!http_server_has_room(server, &peer.storage)) {
			turn_away(server, fd);
		} else if (http_conn_new(server, fd, &peer.storage, listener->private) < 0) {
			http_server_pause(server);
			break;
		}
	}
}

int
http_listener_watch(struct http_listener *listener, _Bool accepting)
{
	if (listener->fd == -1 || listener->watched == accepting)
		return 0;
	if (!accepting)
		(void)event_del(&listener->accept);
	else if (event_assign(&listener->accept, listener->server->base, listener->fd,
		     EV_READ | EV_PERSIST, on_accept, listener) == -1 ||
	    event_add(&listener->accept, NULL) == -1)
		return -1;
	listener->watched = accepting;
	return 0;
}
