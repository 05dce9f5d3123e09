#include "gateway/http/server.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "gateway/http/route.h"

const struct http_limits http_limits_default = {
	.head_max = 16u << 10,
	.target_max = 8u << 10,
	.header_count_max = 64,
	.body_max = 1u << 20,
	.head_ms = 10000,
	.idle_ms = 15000,
	.body_ms = 30000,
	.send_ms = 20000,
	.connections_max = 4096,
	.per_address_max = 256,
	.accept_budget = 64,
	.requests_max = 1000,
};

static void
fill_limits(struct http_limits *limits)
{
	const struct http_limits *d = &http_limits_default;

#define FILL(field) limits->field = limits->field != 0 ? limits->field : d->field
	FILL(head_max);
	FILL(target_max);
	FILL(header_count_max);
	FILL(body_max);
	FILL(head_ms);
	FILL(idle_ms);
	FILL(body_ms);
	FILL(send_ms);
	FILL(connections_max);
	FILL(per_address_max);
	FILL(accept_budget);
	FILL(requests_max);
#undef FILL
}

/* -- the tick ---------------------------------------------------------------- */

static void
start_tick(struct http_server *server)
{
	static const struct timeval every = { 0, SERVER_TICK_MS * 1000L };

	/* Without a tick nothing ends a connection; the next one tries again. */
	if (!event_pending(&server->tick, EV_TIMEOUT, NULL))
		(void)event_add(&server->tick, &every);
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct http_server *server = arg;
	uint64_t now = http_server_now_ms(server);
	struct http_conn *conn;

	(void)fd;
	(void)what;
	for (int state = 0; state < CONN_DEAD; state++) {
		/* A step moves a connection that is late to another list, or gives it more time. */
		while ((conn = TAILQ_FIRST(&server->conns[state])) != NULL && conn->deadline <= now)
			http_conn_step(conn, CONN_LATE);
	}
	if (server->paused) {
		server->paused = 0;
		http_server_fill_reserve(server);
		http_listeners_watch(server, 1);
	}
	if (server->stats.connections == 0 && !server->paused)
		(void)event_del(&server->tick);
}

static void
on_reap(evutil_socket_t fd, short what, void *arg)
{
	struct http_server *server = arg;
	struct http_conn *conn;

	(void)fd;
	(void)what;
	while ((conn = TAILQ_FIRST(&server->conns[CONN_DEAD])) != NULL)
		http_conn_free(conn);
}

/* -- for connections and listeners ------------------------------------------- */

uint64_t
http_server_now_ms(const struct http_server *server)
{
	return clock_ms(server->config.clock);
}

const char *
http_server_date(struct http_server *server)
{
	time_t now = clock_wall(server->config.clock);

	if (now != server->date_when || server->date[0] == '\0') {
		server->date_when = now;
		http_date(server->date, now);
	}
	return server->date;
}

struct http_conn_bucket *
http_server_bucket(struct http_server *server, const struct in6_addr *address)
{
	uint64_t hash = hash_sip(address, sizeof(*address));

	return &server->by_address[hash % SERVER_ADDRESS_BUCKETS];
}

void
http_server_conn_added(struct http_server *server)
{
	server->stats.connections++;
	server->stats.accepted++;
	start_tick(server);
}

void
http_server_conn_died(struct http_server *server)
{
	server->stats.connections--;
	event_active(&server->reap, EV_TIMEOUT, 0);
}

static _Bool
is_exempt(const struct in6_addr *address)
{
	return IN6_IS_ADDR_LOOPBACK(address) ||
	    (IN6_IS_ADDR_V4MAPPED(address) && address->s6_addr[12] == 127);
}

_Bool
http_server_has_room(struct http_server *server, const struct sockaddr_storage *peer)
{
	const struct http_limits *limits = &server->config.limits;
	struct in6_addr address = http_conn_address(peer);
	struct http_conn *conn;
	unsigned count = 0;

	if (server->stats.connections >= limits->connections_max)
		return 0;
	if (peer->ss_family == AF_UNIX || is_exempt(&address))
		return 1;
	LIST_FOREACH(conn, http_server_bucket(server, &address), in_address)
		count += memcmp(&conn->address, &address, sizeof(address)) == 0;
	return count < limits->per_address_max;
}

void
http_server_pause(struct http_server *server)
{
	server->paused = 1;
	server->stats.paused++;
	http_listeners_watch(server, 0);
	start_tick(server);
}

void
http_server_fill_reserve(struct http_server *server)
{
	if (server->reserve == -1)
		server->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* -- life -------------------------------------------------------------------- */

struct http_server *
http_server_new(struct event_base *base, const struct http_config *config, struct err *err)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct http_server *server;

	if (http_routes_check(config->routes, err) < 0)
		return NULL;
	/* sendfile has no MSG_NOSIGNAL: a client that leaves must be an error, not a signal. */
	if (sigaction(SIGPIPE, &ignore, NULL) == -1) {
		err_sys(err, "ignore SIGPIPE");
		return NULL;
	}
	server = calloc(1, sizeof(*server));
	if (server == NULL) {
		err_set(err, ENOMEM, "out of memory");
		return NULL;
	}
	server->base = base;
	server->config = *config;
	fill_limits(&server->config.limits);
	if (server->config.clock == NULL)
		server->config.clock = &clock_system;
	for (int state = 0; state < CONN_STATES; state++)
		TAILQ_INIT(&server->conns[state]);
	TAILQ_INIT(&server->listeners);
	(void)event_assign(&server->tick, base, -1, EV_PERSIST, on_tick, server);
	(void)event_assign(&server->reap, base, -1, 0, on_reap, server);
	server->reserve = -1;
	http_server_fill_reserve(server);
	return server;
}

void
http_server_free(struct http_server *server)
{
	struct http_conn *conn;

	if (server == NULL)
		return;
	http_listeners_free(server);
	for (int state = 0; state < CONN_DEAD; state++) {
		while ((conn = TAILQ_FIRST(&server->conns[state])) != NULL)
			http_conn_cut(conn);
	}
	on_reap(-1, 0, server);
	(void)event_del(&server->tick);
	(void)event_del(&server->reap);
	if (server->reserve != -1)
		(void)close(server->reserve);
	free(server);
}

void
http_server_stop(struct http_server *server)
{
	struct http_conn *conn, *next;

	server->stopping = 1;
	http_listeners_close(server);
	TAILQ_FOREACH_SAFE(conn, &server->conns[CONN_IDLE], in_state, next)
		http_conn_cut(conn);
	TAILQ_FOREACH_SAFE(conn, &server->conns[CONN_HEAD], in_state, next) {
		if (conn->req == NULL)
			http_conn_cut(conn);
	}
}

void
http_server_stats(const struct http_server *server, struct http_stats *ret)
{
	*ret = server->stats;
}
