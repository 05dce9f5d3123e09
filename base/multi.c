#include "base/multi.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/loop.h"

struct multi {
	struct event_base *base;
	CURLM *curl;
	struct event *timer;  /* libcurl's one timeout */
	struct event *finish; /* activated when a transfer has ended */
	int transfers;        /* added, and neither ended nor removed */
	_Bool inside;         /* libcurl is at work: none of its functions may be called */
};

/* What belongs to a handle while it is in the multi (its CURLOPT_PRIVATE). */
struct transfer {
	multi_done_cb *done;
	void *arg;
};

static void
multi_action(struct multi *m, curl_socket_t fd, int what)
{
	int running = m->transfers;

	assert(!m->inside);
	m->inside = 1;
	curl_multi_socket_action(m->curl, fd, what, &running);
	m->inside = 0;
	/*
	 * Ended transfers are told of from an event of their own, in this same turn of
	 * the loop, so that no owner is called from inside a call that it made.
	 */
	if (running < m->transfers)
		event_active(m->finish, 0, 0);
}

static void
multi_on_socket(evutil_socket_t fd, short what, void *arg)
{
	multi_action(arg, fd,
	    (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0));
}

static void
multi_on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	multi_action(arg, CURL_SOCKET_TIMEOUT, 0);
}

static void
multi_on_finish(evutil_socket_t fd, short what, void *arg)
{
	struct multi *m = arg;
	CURLMsg *msg;
	int left;

	(void)fd;
	(void)what;
	while ((msg = curl_multi_info_read(m->curl, &left)) != NULL) {
		CURL *easy = msg->easy_handle;
		CURLcode result = msg->data.result;
		struct transfer *transfer = NULL, ended;

		curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&transfer);
		ended = *transfer;
		multi_remove(m, easy);
		ended.done(easy, result, ended.arg);
	}
}

/* libcurl wants another set of events for a socket. `event` is what it was given the last time. */
static int
multi_socket_cb(CURL *easy, curl_socket_t fd, int what, void *arg, void *event)
{
	struct multi *m = arg;
	struct event *ev = event;
	short events = EV_PERSIST;

	(void)easy;
	loop_event_free(ev);
	if (what == CURL_POLL_REMOVE) {
		curl_multi_assign(m->curl, fd, NULL);
		return 0;
	}
	if (what != CURL_POLL_OUT)
		events |= EV_READ;
	if (what != CURL_POLL_IN)
		events |= EV_WRITE;
	ev = event_new(m->base, fd, events, multi_on_socket, m);
	if (ev != NULL && event_add(ev, NULL) == -1) {
		event_free(ev);
		ev = NULL;
	}
	/* Without memory this one hears nothing more and ends by its deadline; -1 would end all. */
	curl_multi_assign(m->curl, fd, ev);
	return 0;
}

static int
multi_timer_cb(CURLM *curl, long ms, void *arg)
{
	struct multi *m = arg;

	(void)curl;
	if (ms < 0)
		return event_del(m->timer);
	return loop_after(m->timer, (uint64_t)ms) < 0 ? -1 : 0;
}

struct multi *
multi_new(struct event_base *base, struct err *err)
{
	struct multi *m = calloc(1, sizeof(*m));

	if (m == NULL) {
		err_set(err, ENOMEM, "no memory for transfers");
		return NULL;
	}
	m->base = base;
	m->timer = evtimer_new(base, multi_on_timer, m);
	m->finish = event_new(base, -1, 0, multi_on_finish, m);
	if (m->timer == NULL || m->finish == NULL) {
		err_set(err, ENOMEM, "no memory for transfers");
		multi_free(m);
		return NULL;
	}
	return m;
}

/* libcurl's own handle, made when it is first needed. */
static _Bool
multi_open(struct multi *m)
{
	if (m->curl != NULL)
		return 1;
	m->curl = curl_multi_init();
	if (m->curl == NULL)
		return 0;
	curl_multi_setopt(m->curl, CURLMOPT_SOCKETFUNCTION, multi_socket_cb);
	curl_multi_setopt(m->curl, CURLMOPT_SOCKETDATA, m);
	curl_multi_setopt(m->curl, CURLMOPT_TIMERFUNCTION, multi_timer_cb);
	curl_multi_setopt(m->curl, CURLMOPT_TIMERDATA, m);
	return 1;
}

void
multi_free(struct multi *m)
{
	if (m == NULL)
		return;
	assert(m->transfers == 0);
	if (m->curl != NULL)
		curl_multi_cleanup(m->curl);
	loop_event_free(m->timer);
	loop_event_free(m->finish);
	free(m);
}

CURL *
multi_easy(void)
{
	CURL *easy = curl_easy_init();

	if (easy == NULL)
		return NULL;
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(easy, CURLOPT_MAXREDIRS, 5L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
	/* Giving up on a mute name server must not wait for the resolver's thread. */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "Masthead");
	return easy;
}

int
multi_add(struct multi *m, CURL *easy, multi_done_cb *done, void *arg, struct err *err)
{
	struct transfer *transfer = malloc(sizeof(*transfer));
	CURLMcode rc;

	if (transfer == NULL || !multi_open(m)) {
		free(transfer);
		return err_set(err, ENOMEM, "no memory for a transfer");
	}
	*transfer = (struct transfer){ done, arg };
	curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
	rc = curl_multi_add_handle(m->curl, easy);
	if (rc != CURLM_OK) {
		free(transfer);
		return err_set(err, rc == CURLM_OUT_OF_MEMORY ? ENOMEM : EIO,
		    "cannot start a transfer: %s", curl_multi_strerror(rc));
	}
	m->transfers++;
	return 0;
}

void
multi_remove(struct multi *m, CURL *easy)
{
	struct transfer *transfer = NULL;

	assert(!m->inside);
	curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&transfer);
	curl_multi_remove_handle(m->curl, easy);
	free(transfer);
	m->transfers--;
}

void
multi_poke(struct multi *m, curl_socket_t fd)
{
	multi_action(m, fd, CURL_CSELECT_IN);
}
