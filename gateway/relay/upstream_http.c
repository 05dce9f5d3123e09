#include <curl/curl.h>
#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/multi.h"
#include "gateway/relay/rate.h"
#include "gateway/relay/relay.h"
#include "gateway/relay/ts.h"
#include "gateway/relay/upstream_kind.h"

/* The kernel wakes us when so much has come: UPSTREAM_GATHER_MS at the stream's rate. */
#define LOWAT_MIN     4096
#define LOWAT_MAX     131072
#define LOWAT_FIRST   16384 /* while the rate is not known */
/* And a timer reads what is less, so that no byte waits longer than this. */
#define STRANDED_MS   44
/* TLS gives one record a read and leaves the rest unannounced: reads in one turn. */
#define TLS_READS_MAX 64
/* At a time: libcurl tries IPv6 and IPv4 side by side, and keeps one. */
#define SOCKETS_MAX   4

/*
 * The lease and the sockets that it stands for. Apart from the upstream, because
 * libcurl closes a socket when it likes and the lease lasts until then. A redirect
 * closes one and opens another: the lease lasts until the transfer is over too.
 *
 * libcurl 7.88 closes a socket that was never connected (a provider that does not
 * answer, the slower one of IPv6 and IPv4) without a word to on_close_socket. So each
 * is looked up by its inode, which no later owner of the descriptor has.
 */
struct connection {
	struct http_upstream *upstream; /* NULL: its transfer is over */
	struct lease lease;
	struct {
		curl_socket_t fd; /* CURL_SOCKET_BAD: a free place */
		ino_t inode;
	} sockets[SOCKETS_MAX];
};

struct http_upstream {
	struct upstream u;
	CURL *easy;
	struct curl_slist *headers;
	struct connection *connection;
	struct event *stranded;
	curl_socket_t fd; /* of the body; CURL_SOCKET_BAD before, and once it is closed */
	_Bool added;      /* the transfer is in the multi */
	_Bool body, tls;
	_Bool fresh;       /* bytes came since the last settle */
	size_t turn_bytes; /* how many */
	int lowat;
	struct rate rate;
	uint64_t bytes;
	enum upstream_fault fault; /* why the body was refused */
	struct err refused;        /* code 0: it was not */
	char type[64];             /* Content-Type, for messages */
	char error[CURL_ERROR_SIZE];
};

static struct connection *
connection_new(struct http_upstream *upstream)
{
	struct connection *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->upstream = upstream;
	for (int i = 0; i < SOCKETS_MAX; i++)
		c->sockets[i].fd = CURL_SOCKET_BAD;
	return c;
}

/* 0: it is closed. */
static ino_t
inode_of(curl_socket_t fd)
{
	struct stat st;

	return fd != CURL_SOCKET_BAD && fstat(fd, &st) == 0 ? st.st_ino : 0;
}

/* An open socket (the only one, once bytes flow), or CURL_SOCKET_BAD. */
static curl_socket_t
connection_socket(struct connection *c)
{
	curl_socket_t open = CURL_SOCKET_BAD;

	for (int i = 0; i < SOCKETS_MAX; i++) {
		if (inode_of(c->sockets[i].fd) != c->sockets[i].inode)
			c->sockets[i].fd = CURL_SOCKET_BAD;
		if (c->sockets[i].fd != CURL_SOCKET_BAD)
			open = c->sockets[i].fd;
	}
	return open;
}

/* Frees it when the transfer is over and the last socket is closed. */
static void
connection_end(struct connection *c)
{
	if (c->upstream != NULL || connection_socket(c) != CURL_SOCKET_BAD)
		return;
	lease_drop(&c->lease);
	free(c);
}

static curl_socket_t
on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *addr)
{
	struct connection *c = arg;

	(void)purpose;
	(void)connection_socket(c); /* makes room for those that libcurl has closed */
	for (int i = 0; i < SOCKETS_MAX; i++) {
		if (c->sockets[i].fd == CURL_SOCKET_BAD) {
			c->sockets[i].fd = socket(addr->family, addr->socktype | SOCK_CLOEXEC,
			    addr->protocol);
			c->sockets[i].inode = inode_of(c->sockets[i].fd);
			return c->sockets[i].fd;
		}
	}
	return CURL_SOCKET_BAD;
}

static int
on_close_socket(void *arg, curl_socket_t fd)
{
	struct connection *c = arg;
	int rc = close(fd);

	for (int i = 0; i < SOCKETS_MAX; i++) {
		if (c->sockets[i].fd == fd)
			c->sockets[i].fd = CURL_SOCKET_BAD;
	}
	/* The number may be somebody else's before the end of the transfer is told. */
	if (c->upstream != NULL && c->upstream->fd == fd)
		c->upstream->fd = CURL_SOCKET_BAD;
	connection_end(c);
	return rc;
}

/* -- the body ------------------------------------------------------------------ */

static int
refuse(struct http_upstream *h, enum upstream_fault fault, int code, const char *text)
{
	h->fault = fault;
	err_set(&h->refused, code, "%s", text);
	return code;
}

/* What the reply's head says about the body to come. */
static int
check_head(struct http_upstream *h, const uint8_t *data)
{
	char *type = NULL, *scheme = NULL, text[120];
	long status = 0;

	curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(h->easy, CURLINFO_CONTENT_TYPE, &type);
	curl_easy_getinfo(h->easy, CURLINFO_SCHEME, &scheme);
	h->fd = connection_socket(h->connection);
	h->tls = scheme != NULL && strcasecmp(scheme, "https") == 0;
	snprintf(h->type, sizeof(h->type), "%s", type != NULL ? type : "");
	if (status / 100 != 2) {
		snprintf(text, sizeof(text), "the provider answered %ld", status);
		return refuse(h, UPSTREAM_GONE, EBADMSG, text);
	}
	/* Scripts that forgot the type send TS as text/html: the first byte decides. */
	if (data[0] != TS_SYNC &&
	    (strncasecmp(h->type, "text/html", 9) == 0 || strcasestr(h->type, "json") != NULL ||
		strcasestr(h->type, "mpegurl") != NULL)) {
		snprintf(text, sizeof(text), "not MPEG-TS: the provider sent %s", h->type);
		return refuse(h, UPSTREAM_FORMAT, EBADMSG, text);
	}
	return 0;
}

static size_t
on_body(char *data, size_t size, size_t count, void *arg)
{
	struct http_upstream *h = arg;
	size_t len = size * count;

	if (len == 0)
		return 0;
	if (!h->body && check_head(h, (const uint8_t *)data) != 0)
		return 0;
	h->body = 1;
	if (!h->fresh) {
		h->fresh = 1;
		h->u.host->stats->reads++;
		event_del(h->stranded); /* which may be due in this very turn */
	}
	h->turn_bytes += len;
	h->bytes += len;
	h->u.events->bytes(h->u.arg, (const uint8_t *)data, len);
	return len;
}

/* -- the end -------------------------------------------------------------------- */

static enum upstream_fault
fault_of_status(long status, int *ret_code)
{
	switch (status) {
	case 401:
	case 403:
	case 407:
	case 451: *ret_code = EACCES; return UPSTREAM_DENIED;
	case 429:
	case 456: /* what Xtream panels say when the account is in use elsewhere */
	case 458:
	case 509: *ret_code = EBUSY; return UPSTREAM_FULL;
	default:
		*ret_code = status >= 500 ? EBUSY : ENOENT;
		return status >= 500 ? UPSTREAM_BUSY : UPSTREAM_GONE;
	}
}

static int
code_of(CURLcode result)
{
	switch ((int)result) {
	case CURLE_OUT_OF_MEMORY: return ENOMEM;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY: return EHOSTUNREACH;
	case CURLE_COULDNT_CONNECT: return ECONNREFUSED;
	case CURLE_OPERATION_TIMEDOUT: return ETIMEDOUT;
	case CURLE_TOO_MANY_REDIRECTS: return ELOOP;
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_URL_MALFORMAT: return EINVAL;
	default: return ECONNRESET;
	}
}

static enum upstream_fault
explain(struct http_upstream *h, CURLcode result, struct err *err)
{
	enum upstream_fault fault;
	long status = 0;
	int code;

	if (h->refused.code != 0) {
		*err = h->refused;
		return h->fault;
	}
	if (result == CURLE_OK) {
		err_set(err, ECONNRESET, "the provider ended it after %llu bytes%s%s",
		    (unsigned long long)h->bytes, h->type[0] != '\0' ? " of " : "", h->type);
		return UPSTREAM_ENDED;
	}
	if (result == CURLE_HTTP_RETURNED_ERROR) {
		curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &status);
		fault = fault_of_status(status, &code);
		err_set(err, code, "the provider answered %ld", status);
		return fault;
	}
	err_set(err, code_of(result), "%s",
	    h->error[0] != '\0' ? h->error : curl_easy_strerror(result));
	/* What was running and broke off is worth the same address again. */
	return h->body ? UPSTREAM_ENDED : UPSTREAM_UNREACHABLE;
}

/* The transfer is not in the multi any more, and its socket is closed. */
static void
http_over(struct http_upstream *h)
{
	h->added = 0;
	h->fd = CURL_SOCKET_BAD;
	event_del(h->stranded);
	h->connection->upstream = NULL;
	connection_end(h->connection);
	h->connection = NULL;
}

static void
on_done(CURL *easy, CURLcode result, void *arg)
{
	struct http_upstream *h = arg;
	struct err err = ERR_INIT;
	enum upstream_fault fault = explain(h, result, &err);

	(void)easy;
	http_over(h);
	h->u.events->ended(h->u.arg, fault, &err);
}

/* -- batching ------------------------------------------------------------------- */

static void
http_rearm(struct http_upstream *h)
{
	(void)loop_after(h->stranded, STRANDED_MS);
}

static void
http_set_lowat(struct http_upstream *h, int lowat)
{
	if (setsockopt(h->fd, SOL_SOCKET, SO_RCVLOWAT, &lowat, sizeof(lowat)) == 0)
		h->lowat = lowat;
}

static void
http_adapt(struct http_upstream *h)
{
	uint64_t want = h->rate.smooth * UPSTREAM_GATHER_MS / 1000;
	int lowat = want < LOWAT_MIN ? LOWAT_MIN : want > LOWAT_MAX ? LOWAT_MAX : (int)want;

	/* Small changes are not worth a call. */
	if (lowat < h->lowat - h->lowat / 8 || lowat > h->lowat + h->lowat / 8)
		http_set_lowat(h, lowat);
}

static void
http_settle(struct upstream *u)
{
	struct http_upstream *h = (struct http_upstream *)u;

	if (!h->fresh)
		return;
	for (int i = 0; h->tls && h->fresh && i < TLS_READS_MAX && h->fd != CURL_SOCKET_BAD; i++) {
		h->fresh = 0;
		multi_poke(u->host->multi, h->fd);
	}
	h->fresh = 0;
	if (h->fd == CURL_SOCKET_BAD)
		return;
	if (h->lowat == 0)
		http_set_lowat(h, LOWAT_FIRST);
	if (rate_add(&h->rate, h->turn_bytes, clock_ms(u->host->clock)))
		http_adapt(h);
	h->turn_bytes = 0;
	http_rearm(h);
}

static void
on_stranded(evutil_socket_t fd, short what, void *arg)
{
	struct http_upstream *h = arg;

	(void)fd;
	(void)what;
	if (h->fd == CURL_SOCKET_BAD)
		return;
	multi_poke(h->u.host->multi, h->fd);
	if (!h->fresh) {
		h->u.host->stats->reads++;
		http_rearm(h);
	}
}

/* -- opening --------------------------------------------------------------------- */

static struct upstream *
http_create(void)
{
	struct http_upstream *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return NULL;
	h->connection = connection_new(h);
	if (h->connection == NULL) {
		free(h);
		return NULL;
	}
	h->fd = CURL_SOCKET_BAD;
	return &h->u;
}

/* "Name: value\n" each. */
static int
add_headers(struct http_upstream *h, const char *text)
{
	while (text != NULL && *text != '\0') {
		size_t len = strcspn(text, "\r\n");
		char *line = strndup(text, len);
		struct curl_slist *list = line == NULL ? NULL : curl_slist_append(h->headers, line);

		free(line);
		if (list == NULL)
			return -ENOMEM;
		h->headers = list;
		text += len;
		text += strspn(text, "\r\n");
	}
	return 0;
}

static void
set_options(struct http_upstream *h, const struct relay_source *source)
{
	CURL *easy = h->easy;

	curl_easy_setopt(easy, CURLOPT_URL, source->url);
	if (source->user_agent != NULL)
		curl_easy_setopt(easy, CURLOPT_USERAGENT, source->user_agent);
	if (source->proxy != NULL)
		curl_easy_setopt(easy, CURLOPT_PROXY, source->proxy);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, h->headers);
	curl_easy_setopt(easy, CURLOPT_COOKIEFILE, ""); /* a redirect may set one for its target */
	/* HTTP/2 would put a layer of frames and windows between us and the socket. */
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 131072L);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, h->error);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, h);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, h->connection);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close_socket);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, h->connection);
}

static int
http_start(struct upstream *u, const struct relay_source *source, enum upstream_fault *fault,
    struct err *err)
{
	struct http_upstream *h = (struct http_upstream *)u;
	int rc;

	*fault = UPSTREAM_LOCAL;
	h->connection->lease = u->lease;
	u->lease.ledger = NULL;
	h->easy = multi_easy();
	h->stranded = evtimer_new(u->host->base, on_stranded, h);
	if (h->easy == NULL || h->stranded == NULL || add_headers(h, source->headers) < 0)
		return err_set(err, ENOMEM, "no memory for an upstream");
	set_options(h, source);
	rc = multi_add(u->host->multi, h->easy, on_done, h, err);
	h->added = rc == 0;
	return rc;
}

static void
http_close(struct upstream *u)
{
	struct http_upstream *h = (struct http_upstream *)u;

	if (h->added)
		multi_remove(u->host->multi, h->easy);
	if (h->easy != NULL)
		curl_easy_cleanup(h->easy);
	if (h->connection != NULL) {
		h->connection->upstream = NULL;
		connection_end(h->connection);
	}
	loop_event_free(h->stranded);
	curl_slist_free_all(h->headers);
	free(h);
}

const struct upstream_ops upstream_http = {
	.create = http_create,
	.start = http_start,
	.settle = http_settle,
	.close = http_close,
};
