#include "gateway/relay/reader.h"

#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "gateway/relay/relay.h"
#include "gateway/relay/ts.h"
#include "gateway/relay/window.h"

/* One reader's share of a turn; a new one with a whole window to catch up takes several. */
#define SHARE_MAX   (1 << 20)
/* Unsent bytes that the kernel may hold for a reader; more would only hide how late it is. */
#define NOTSENT_MAX (128 << 10)
/* A viewer has asked for all that it gets; one that talks on and on is no viewer. */
#define HEARD_MAX   65536

void
reader_group_init(struct reader_group *group)
{
	TAILQ_INIT(&group->list);
}

static void
reader_end(struct relay_reader *r)
{
	if (r->dead)
		return;
	r->dead = 1;
	event_del(&r->readable);
	event_del(&r->writable);
	close(r->fd);
	r->fd = -1;
	r->group->ended = 1;
}

/* -- sending --------------------------------------------------------------------- */

static void
reader_wait(struct relay_reader *r)
{
	if (r->blocked_ms == 0)
		r->blocked_ms = clock_ms(r->group->clock);
	r->waiting = 1;
	if (event_add(&r->writable, NULL) == -1)
		reader_end(r);
}

/* The socket took `n` of `offered` bytes, or n is -errno. True: it may take more. */
static _Bool
reader_sent(struct relay_reader *r, ssize_t n, size_t offered)
{
	r->group->stats->sends++;
	if (n > 0)
		r->blocked_ms = 0;
	if (n == (ssize_t)offered)
		return 1;
	if (n > 0 || n == -EAGAIN)
		reader_wait(r);
	else
		reader_end(r);
	return 0;
}

static _Bool
reader_send_prefix(struct relay_reader *r)
{
	int more = r->position < r->group->window->head ? MSG_MORE : 0;
	_Bool go_on;
	ssize_t n;

	do {
		n = send(r->fd, r->prefix + r->prefix_sent, r->prefix_len - r->prefix_sent,
		    MSG_NOSIGNAL | MSG_DONTWAIT | more);
	} while (n == -1 && errno == EINTR);
	go_on = reader_sent(r, n == -1 ? -errno : n, r->prefix_len - r->prefix_sent);
	if (n > 0)
		r->prefix_sent += (uint16_t)n;
	if (go_on) {
		free(r->prefix);
		r->prefix = NULL;
	}
	return go_on;
}

static void
reader_send(struct relay_reader *r)
{
	struct reader_group *group = r->group;
	struct window *w = group->window;
	size_t share = 0, offered;

	if (r->prefix != NULL && !reader_send_prefix(r))
		return;
	while (r->position < w->head) {
		_Bool go_on;
		ssize_t n;

		if (share >= SHARE_MAX) {
			reader_wait(r); /* others' turn; the loop comes back at once */
			return;
		}
		n = group->sendfile ? window_sendfile(w, r->fd, r->position, &offered)
				    : window_send(w, r->fd, r->position, &offered);
		go_on = reader_sent(r, n, offered);
		if (n > 0) {
			r->position += (uint64_t)n;
			r->bytes += (uint64_t)n;
			group->bytes_out += (uint64_t)n;
			group->stats->bytes_out += (uint64_t)n;
			share += (size_t)n;
		}
		if (!go_on)
			return;
	}
}

void
reader_pump(struct reader_group *group)
{
	struct relay_reader *r;

	TAILQ_FOREACH(r, &group->list, link) {
		if (!r->dead && !r->waiting)
			reader_send(r);
	}
}

static void
reader_on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct relay_reader *r = arg;

	(void)fd;
	(void)what;
	r->waiting = 0;
	reader_send(r);
	if (r->dead)
		r->group->changed(r->group->arg);
}

static void
reader_on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct relay_reader *r = arg;
	char junk[2048];
	ssize_t n = recv(fd, junk, sizeof(junk), MSG_DONTWAIT);

	(void)what;
	if (n > 0 && (r->heard += (uint32_t)n) <= HEARD_MAX)
		return;
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	reader_end(r);
	r->group->changed(r->group->arg);
}

/* -- coming ------------------------------------------------------------------------ */

/* None of these is vital, and a Unix socket has none of them. */
static void
set_socket_options(int fd)
{
	static const struct {
		int level, name, value;
	} options[] = {
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ IPPROTO_TCP, TCP_KEEPIDLE, READER_SILENT_MS / 3000 },
		{ IPPROTO_TCP, TCP_KEEPINTVL, READER_SILENT_MS / 3000 },
		{ IPPROTO_TCP, TCP_KEEPCNT, 2 },
		/*
		 * Whatever it was before: it would also end a player on pause, whose window is
		 * closed but whose kernel answers, and which late_ms allows to live longer.
		 */
		{ IPPROTO_TCP, TCP_USER_TIMEOUT, 0 },
		{ IPPROTO_TCP, TCP_NODELAY, 1 },
		{ IPPROTO_TCP, TCP_NOTSENT_LOWAT, NOTSENT_MAX },
	};

	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		(void)setsockopt(fd, options[i].level, options[i].name, &options[i].value,
		    sizeof(options[i].value));
}

static int
set_prefix(struct relay_reader *r, const void *head, size_t head_len, const uint8_t *psi,
    size_t psi_len)
{
	if (head_len + psi_len == 0)
		return 0;
	r->prefix = malloc(head_len + psi_len);
	if (r->prefix == NULL)
		return -ENOMEM;
	if (head_len > 0)
		memcpy(r->prefix, head, head_len);
	if (psi_len > 0)
		memcpy(r->prefix + head_len, psi, psi_len);
	r->prefix_len = (uint16_t)(head_len + psi_len);
	r->prefix_sent = 0;
	return 0;
}

static struct relay_reader *
reader_alloc(const struct relay_reader_options *options)
{
	const char *peer = options->peer != NULL ? options->peer : "";
	const char *agent = options->agent != NULL ? options->agent : "";
	size_t peer_len = strnlen(peer, 63), agent_len = strnlen(agent, 127);
	struct relay_reader *r = calloc(1, sizeof(*r) + peer_len + agent_len + 2);

	if (r == NULL)
		return NULL;
	memcpy(r->text, peer, peer_len);
	memcpy(r->text + peer_len + 1, agent, agent_len);
	r->peer = r->text;
	r->agent = r->text + peer_len + 1;
	return r;
}

int
reader_join(struct reader_group *group, int fd, const struct relay_reader_options *options,
    uint64_t position, const uint8_t *psi, size_t psi_len, struct err *err)
{
	struct relay_reader *r;

	if (options->head_len > READER_HEAD_MAX)
		return err_set(err, EMSGSIZE, "a head of %zu bytes", options->head_len);
	r = reader_alloc(options);
	if (r == NULL || set_prefix(r, options->head, options->head_len, psi, psi_len) < 0)
		goto fail;
	r->group = group;
	r->fd = fd;
	r->position = position;
	r->started_ms = clock_ms(group->clock);
	r->end_ms = options->duration_ms > 0 ? r->started_ms + options->duration_ms : 0;
	r->closed = options->closed;
	r->arg = options->arg;
	event_assign(&r->readable, group->base, fd, EV_READ | EV_PERSIST, reader_on_readable, r);
	event_assign(&r->writable, group->base, fd, EV_WRITE, reader_on_writable, r);
	if (event_add(&r->readable, NULL) == -1)
		goto fail;
	set_socket_options(fd);
	TAILQ_INSERT_TAIL(&group->list, r, link);
	group->count++;
	return 0;
fail:
	if (r != NULL)
		free(r->prefix);
	free(r);
	return err_set(err, ENOMEM, "no memory for a viewer");
}

/* -- going on, and going ------------------------------------------------------------ */

/*
 * Moves one reader. It may have been sent half a packet: the rest of that one is
 * still there to be copied.
 */
static void
reader_move(struct relay_reader *r, uint64_t to, const uint8_t *psi, size_t psi_len)
{
	uint8_t rest[TS_PACKET];
	size_t rest_len = (TS_PACKET - r->position % TS_PACKET) % TS_PACKET;
	uint64_t skipped = to - r->position - rest_len;

	/* With a prefix still waiting it is at a boundary already, and will hear that PSI. */
	if (r->prefix == NULL) {
		if (rest_len > 0)
			window_copy(r->group->window, r->position, rest, rest_len);
		if (set_prefix(r, rest, rest_len, psi, psi_len) < 0) {
			reader_end(r);
			return;
		}
	}
	r->position = to;
	r->skipped += skipped;
	r->group->stats->bytes_skipped += skipped;
}

void
reader_skip(struct reader_group *group, uint64_t position, uint64_t to, const uint8_t *psi,
    size_t psi_len)
{
	struct relay_reader *r;

	TAILQ_FOREACH(r, &group->list, link) {
		if (!r->dead && r->position < position)
			reader_move(r, to, psi, psi_len);
	}
}

/*
 * What it was sent waits for an acknowledgement, and none of any kind has come for so
 * long. A player on pause has acknowledged all and answers each probe of its closed
 * window, but the kernel probes ever more rarely: only probes without an answer count,
 * and the newest may still get one.
 */
static _Bool
is_peer_silent(int fd, uint64_t ms)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0 &&
	    info.tcpi_last_ack_recv >= ms && (info.tcpi_unacked > 0 || info.tcpi_probes > 1);
}

void
reader_check(struct reader_group *group)
{
	uint64_t now_ms = clock_ms(group->clock), quiet;
	struct relay_reader *r;

	if (group->seen_head != group->window->head) {
		group->seen_head = group->window->head;
		group->seen_ms = now_ms;
	}
	quiet = now_ms - group->seen_ms;
	TAILQ_FOREACH(r, &group->list, link) {
		uint64_t blocked = r->blocked_ms != 0 ? now_ms - r->blocked_ms : 0;
		/* While bytes flow to it, a dead peer soon blocks: no need to ask. */
		_Bool ask = blocked >= group->silent_ms || quiet >= group->silent_ms;

		if (r->dead)
			continue;
		if (r->end_ms != 0 && now_ms >= r->end_ms) {
			reader_end(r);
		} else if (blocked >= group->late_ms ||
		    (ask && is_peer_silent(r->fd, group->silent_ms))) {
			group->stats->readers_dropped++;
			reader_end(r);
		}
	}
}

void
reader_end_all(struct reader_group *group)
{
	struct relay_reader *r;

	TAILQ_FOREACH(r, &group->list, link)
		reader_end(r);
}

unsigned
reader_reap(struct reader_group *group)
{
	struct relay_reader *r, *next;
	unsigned gone = 0;

	if (!group->ended)
		return 0;
	group->ended = 0;
	TAILQ_FOREACH_SAFE(r, &group->list, link, next) {
		if (!r->dead)
			continue;
		TAILQ_REMOVE(&group->list, r, link);
		group->count--;
		gone++;
		if (r->closed != NULL)
			r->closed(r->arg);
		free(r->prefix);
		free(r);
	}
	return gone;
}
