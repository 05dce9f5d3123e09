#include <stdarg.h>

#include "fixture.h"
#include "gateway/relay/cooldown.h"
#include "gateway/relay/upstream.h"
#include "provider.h"

static struct provider provider;
static struct stream second; /* one second of a stream */

#define OK "HTTP/1.1 200 OK\r\nContent-Type: video/mp2t\r\n\r\n"

/* What the provider does, by the first word of the path. */
static void
serve(struct provider_conn *conn)
{
	const char *path = conn->path;
	static char junk[2 << 20];

	if (strncmp(path, "/live", 5) == 0) {
		provider_say(conn, OK);
		provider_send(conn, second.data, second.len);
	} else if (strncmp(path, "/redirect", 9) == 0) {
		provider_say(conn,
		    "HTTP/1.1 302 Found\r\nLocation: /live/token\r\n"
		    "Set-Cookie: session=42; Path=/\r\nContent-Length: 0\r\n\r\n");
	} else if (strncmp(path, "/loop", 5) == 0) {
		provider_say(conn,
		    "HTTP/1.1 302 Found\r\nLocation: /loop\r\nContent-Length: 0\r\n\r\n");
	} else if (strncmp(path, "/html", 5) == 0) {
		provider_say(conn,
		    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>Blocked");
	} else if (strncmp(path, "/typeless", 9) == 0) {
		provider_say(conn, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n");
		provider_send(conn, second.data, second.len);
	} else if (strncmp(path, "/whole", 6) == 0) {
		char head[80];

		snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n",
		    second.len);
		provider_say(conn, head);
		provider_send(conn, second.data, second.len);
	} else if (strncmp(path, "/short", 6) == 0) {
		provider_say(conn, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnope");
	} else if (strncmp(path, "/junk", 5) == 0) {
		provider_say(conn, OK);
		(void)!send(conn->fd, junk, sizeof(junk), MSG_NOSIGNAL);
	} else if (strncmp(path, "/endless", 8) == 0) {
		provider_say(conn, "HTTP/1.1 200 OK\r\nX-Never: ");
	} else if (strncmp(path, "/chunked", 8) == 0) {
		char size[20];

		provider_say(conn, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
		for (size_t at = 0; at < second.len; at += 1316) {
			size_t n = second.len - at < 1316 ? second.len - at : 1316;

			snprintf(size, sizeof(size), "%zx\r\n", n);
			provider_say(conn, size);
			provider_send(conn, second.data + at, n);
			provider_say(conn, "\r\n");
		}
	} else if (strncmp(path, "/status/", 8) == 0) {
		char text[100];

		snprintf(text, sizeof(text), "HTTP/1.1 %s No\r\nContent-Length: 2\r\n\r\nno",
		    path + 8);
		provider_say(conn, text);
	} else if (strncmp(path, "/close", 6) == 0) {
		provider_close(conn, 0);
	} else if (strncmp(path, "/reset", 6) == 0) {
		provider_close(conn, 1);
	}
	/* and /mute says nothing */
}

static void
begin_http(void)
{
	begin();
	memset(&second, 0, sizeof(second));
	stream_second(&second, 20);
	provider_begin(&provider, base, serve);
}

static void
finish_http(void)
{
	finish();
	provider_end(&provider);
	stream_release(&second);
}

#define URL_TEXT 100
static char urls[8][URL_TEXT];

/* A viewer of channel `id` with one source for each path; all on that account. */
static struct viewer *
view(uint64_t id, struct ledger *account, int count, ...)
{
	struct relay_source sources[8] = { { .url = NULL } };
	va_list ap;

	va_start(ap, count);
	for (int i = 0; i < count; i++) {
		snprintf(urls[i], URL_TEXT, "http://127.0.0.1:%u%s", provider.port,
		    va_arg(ap, const char *));
		sources[i] = (struct relay_source){ .url = urls[i],
			.label = "acme",
			.account = account };
	}
	va_end(ap);
	return view_sources(id, sources, (size_t)count);
}

/* A listener whose queue is full: who connects hears nothing. */
static int
open_deaf_listener(unsigned *ret_port, int queue[4])
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, len), 0);
	ck_assert_int_eq(listen(fd, 0), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	for (int i = 0; i < 4; i++) {
		queue[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)!connect(queue[i], (struct sockaddr *)&at, len);
	}
	*ret_port = ntohs(at.sin_port);
	return fd;
}

/* -- what goes well ------------------------------------------------------------------ */

START_TEST(plays_what_a_provider_sends_however_it_sends_it)
{
	static const char *const paths[] = { "/live/1", "/redirect/1", "/typeless", "/chunked" };
	struct viewer *v;

	begin_http();
	v = view(1, NULL, 1, paths[_i]);
	UNTIL(got_all(v, &second, 2 * TS_PACKET));
	ck_assert_uint_eq(check_start(v), 0);
	ck_assert_uint_gt(stats().reads, 0);
	ck_assert_uint_gt(stats().sends, 0);
	viewer_leave(v);
	finish_http();
}
END_TEST

START_TEST(the_request_carries_what_the_source_says)
{
	char url[URL_TEXT];
	struct relay_source source = { .url = url,
		.user_agent = "VLC/3.0.20 LibVLC/3.0.20",
		.headers = "Referer: http://x/\nX-Key: a b\n",
		.label = "acme" };
	struct viewer *v;

	begin_http();
	snprintf(url, sizeof(url), "http://u:p@127.0.0.1:%u/live", provider.port);
	v = view_sources(1, &source, 1);
	UNTIL(v->got.len > 0);
	ck_assert_ptr_nonnull(strstr(provider_newest(&provider)->head, "User-Agent: VLC/3.0.20"));
	ck_assert_ptr_nonnull(
	    strstr(provider_newest(&provider)->head, "\r\nReferer: http://x/\r\n"));
	ck_assert_ptr_nonnull(strstr(provider_newest(&provider)->head, "\r\nX-Key: a b\r\n"));
	ck_assert_ptr_nonnull(strstr(provider_newest(&provider)->head, "Authorization: Basic"));
	viewer_leave(v);
	finish_http();
}
END_TEST

START_TEST(bytes_below_the_low_water_mark_are_not_stranded)
{
	struct stream s = { 0 };
	struct viewer *v;
	size_t total;

	begin_http();
	v = view(1, NULL, 1, "/live/1");
	UNTIL(v->got.len > 0);
	/* At 16 Mbit/s for a second the kernel is told to wait for 60,000 bytes. */
	for (int i = 0; i < 250; i++)
		stream_filler(&s, STREAM_VIDEO);
	for (int i = 0; i < 40; i++) {
		pass_ms(25);
		provider_send(provider_newest(&provider), s.data, s.len);
		total = v->got.len + s.len;
		UNTIL(v->got.len == total);
	}
	for (int i = 0; i < 10; i++) { /* then it is a trickle */
		provider_send(provider_newest(&provider), s.data, TS_PACKET);
		total = v->got.len + TS_PACKET;
		UNTIL(v->got.len == total);
	}
	viewer_leave(v);
	stream_release(&s);
	finish_http();
}
END_TEST

/* An upstream alone, settled as a channel does it: by an event that its bytes make active. */
struct lone {
	struct upstream *upstream;
	struct event *settle;
	size_t bytes;
	int strangers[64]; /* sockets that others opened meanwhile */
	_Bool met, ended;
};

static void
lone_on_bytes(void *arg, const uint8_t *data, size_t len)
{
	struct lone *lone = arg;

	(void)data;
	lone->bytes += len;
	event_active(lone->settle, 0, 0);
}

static void
lone_on_ended(void *arg, enum upstream_fault fault, const struct err *err)
{
	(void)fault;
	(void)err;
	((struct lone *)arg)->ended = 1;
}

static void
lone_on_settle(evutil_socket_t fd, short what, void *arg)
{
	struct lone *lone = arg;

	(void)fd;
	(void)what;
	if (lone->bytes == second.len && !lone->met) {
		ck_assert(!lone->ended);
		lone->met = 1;
		for (size_t i = 0; i < ARRAY_LEN(lone->strangers); i++)
			lone->strangers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	}
	upstream_settle(lone->upstream);
}

START_TEST(a_socket_that_takes_the_number_of_a_closed_one_is_left_alone)
{
	static const struct upstream_events events = { lone_on_bytes, lone_on_ended, NULL };
	struct lone lone = { .bytes = 0 };
	struct relay_stats counters = { 0 };
	struct upstream_host host;
	struct relay_source source = { .url = urls[0], .label = "acme" };
	enum upstream_fault fault;

	begin_http();
	lone.settle = event_new(base, -1, 0, lone_on_settle, &lone);
	snprintf(urls[0], URL_TEXT, "http://127.0.0.1:%u/whole", provider.port);
	host = (struct upstream_host){ base, multi, NULL, &test_clock, &counters, NULL };
	lone.upstream = upstream_open(&host, &source, &events, &lone, &fault, NULL);
	ck_assert_ptr_nonnull(lone.upstream);
	UNTIL(lone.ended);
	ck_assert(lone.met);
	for (size_t i = 0; i < ARRAY_LEN(lone.strangers); i++) {
		int lowat = 0;
		socklen_t len = sizeof(lowat);

		ck_assert_int_eq(
		    getsockopt(lone.strangers[i], SOL_SOCKET, SO_RCVLOWAT, &lowat, &len), 0);
		ck_assert_int_eq(lowat, 1);
		close(lone.strangers[i]);
	}
	upstream_close(lone.upstream);
	event_free(lone.settle);
	finish_http();
}
END_TEST

/* -- what does not --------------------------------------------------------------------- */

static const struct {
	const char *path;
	int rc;
	uint64_t ms;      /* that pass before the viewer is told */
	unsigned most;    /* requests, at most */
	const char *text; /* in the error */
} failures[] = {
	{ "/status/404", -ENOENT, 0, 1, "404" },
	{ "/status/410", -ENOENT, 0, 1, "410" },
	{ "/status/401", -EACCES, 0, 1, "401" },
	{ "/status/403", -EACCES, 0, 1, "403" },
	{ "/status/429", -EBUSY, 8000, 12, "429" },
	{ "/status/456", -EBUSY, 8000, 12, "456" },
	{ "/status/509", -EBUSY, 8000, 12, "509" },
	{ "/status/500", -EBUSY, 8000, 12, "500" },
	{ "/status/503", -EBUSY, 8000, 12, "503" },
	{ "/status/304", -EBADMSG, 0, 1, "" },
	{ "/status/204", -EBADMSG, 0, 1, "" },
	{ "/loop", -ELOOP, 0, 6, "redirects" },
	{ "/html", -EBADMSG, 0, 1, "text/html" },
	{ "/short", -EBADMSG, 0, 1, "not MPEG-TS" },
	{ "/junk", -EBADMSG, 0, 1, "not MPEG-TS" },
	{ "/close", -ECONNRESET, 0, 1, "" },
	{ "/reset", -ECONNRESET, 0, 1, "" },
	{ "/mute", -ETIMEDOUT, 8000, 1, "in time" },
	{ "/endless", -ETIMEDOUT, 8000, 1, "in time" },
};

START_TEST(a_source_that_fails_alone_fails_the_join_with_the_reason)
{
	struct ledger *account;
	struct viewer *v;
	uint64_t passed = 0;

	begin_http();
	account = ledger_new("acme", 1);
	v = view(1, account, 1, failures[_i].path);
	UNTIL(provider.requests > 0);
	while (passed < failures[_i].ms) {
		for (int i = 0; i < 3; i++)
			turn();
		ck_assert_msg(!v->told, "%s: told after %ju ms: %s", failures[_i].path,
		    (uintmax_t)passed, v->err.text);
		pass_ms(100);
		passed += 100;
	}
	pass_ms(failures[_i].ms > 0 ? 8000 : 0); /* the pause before the last attempt */
	UNTIL(v->told);
	ck_assert_msg(v->rc == failures[_i].rc, "%s: %d, %s", failures[_i].path, v->rc,
	    v->err.text);
	ck_assert_msg(strstr(v->err.text, failures[_i].text) != NULL, "%s: %s", failures[_i].path,
	    v->err.text);
	ck_assert_uint_le(provider.requests, failures[_i].most);
	ck_assert_uint_eq(ledger_taken(account), 0);
	ck_assert(!channel_runs(1));
	viewer_leave(v);
	ledger_unref(account);
	finish_http();
}
END_TEST

START_TEST(nobody_there_is_said_at_once)
{
	struct viewer *v;

	begin_http();
	provider_end(&provider); /* its port is free now */
	v = view(1, NULL, 1, "/live");
	UNTIL(v->told);
	ck_assert_int_eq(v->rc, -ECONNREFUSED);
	viewer_leave(v);
	provider_begin(&provider, base, serve);
	finish_http();
}
END_TEST

START_TEST(the_next_source_is_tried_at_once)
{
	struct viewer *v;

	begin_http();
	v = view(1, NULL, 4, "/status/404", "/html", "/reset", "/live");
	UNTIL(v->got.len > 0); /* and no time has passed */
	ck_assert_uint_eq(provider.requests, 4);
	viewer_leave(v);
	finish_http();
}
END_TEST

START_TEST(a_mute_source_leaves_time_for_the_next)
{
	struct viewer *v;

	begin_http();
	v = view(1, NULL, 2, "/mute", "/live");
	UNTIL(provider.requests == 1);
	pass_ms(3999);
	turn();
	ck_assert_uint_eq(provider.requests, 1);
	pass_ms(1);
	UNTIL(v->got.len > 0);
	viewer_leave(v);
	finish_http();
}
END_TEST

START_TEST(a_provider_that_refuses_us_is_not_hammered)
{
	struct viewer *v;

	begin_http();
	for (int i = 0; i < 20; i++) { /* a player that insists, one minute long */
		v = view(1, NULL, 1, "/status/403");
		UNTIL(v->told);
		ck_assert_int_eq(v->rc, -EACCES);
		viewer_leave(v);
		pass_ms(COOLDOWN_MS / 20 - 1);
	}
	ck_assert_uint_eq(provider.requests, 1);
	v = view(1, NULL, 1, "/live"); /* another address of the same channel */
	UNTIL(v->got.len > 0);
	viewer_leave(v);
	pass_ms(1000);
	v = view(2, NULL, 1, "/status/403");
	UNTIL(v->told);
	ck_assert_uint_eq(provider.requests, 3);
	viewer_leave(v);
	finish_http();
}
END_TEST

/* -- reconnecting ------------------------------------------------------------------------ */

START_TEST(viewers_stay_over_ends_and_resets_and_the_original_address_is_asked)
{
	struct ledger *account;
	struct viewer *v;
	uint64_t total = 0;

	begin_http();
	account = ledger_new("acme", 1);
	v = view(1, account, 1, "/redirect/1");
	for (unsigned i = 1; i <= 20; i++) { /* tokens that expire every few minutes */
		UNTIL(channel_is(1, RELAY_STREAMING));
		ck_assert_uint_eq(provider.requests, 2 * i);
		ck_assert_uint_eq(ledger_taken(account), 1);
		total += second.len;
		UNTIL(channel_bytes_in(1) == total);
		for (int k = 0; k < 3; k++) {
			pass_ms(2000);
			provider_send(provider_newest(&provider), second.data, second.len);
			total += second.len;
			UNTIL(channel_bytes_in(1) == total);
		}
		provider_close(provider_newest(&provider), i % 2);
		UNTIL(channel_is(1, RELAY_RETRYING));
		ck_assert_uint_eq(ledger_taken(account), 0);
		pass_ms(250);
	}
	UNTIL(channel_is(1, RELAY_STREAMING));
	ck_assert_ptr_nonnull(strstr(provider_newest(&provider)->head, "Cookie: session=42"));
	ck_assert(!v->closed);
	ck_assert_uint_eq(stats().reconnects, 20);
	viewer_leave(v);
	ledger_unref(account);
	finish_http();
}
END_TEST

START_TEST(a_new_list_of_sources_holds_for_the_next_connection)
{
	char url[URL_TEXT];
	const struct relay_source source = { .url = url, .label = "new" };
	const struct relay_channel channel = { 1, "8", "Eight", &source, 1 };
	struct relay_channel_info info;
	struct viewer *v;

	begin_http();
	v = view(1, NULL, 1, "/live/old");
	UNTIL(v->got.len > 0);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/live/new", provider.port);
	relay_update(relay, &channel);
	relay_update(relay, &(struct relay_channel){ 99, "9", "Nine", &source, 1 });
	ck_assert(channel_info(1, &info));
	ck_assert_str_eq(info.number, "8");
	ck_assert_str_eq(info.name, "Eight");
	ck_assert_uint_eq(provider.requests, 1);
	provider_close(provider_newest(&provider), 0);
	UNTIL(provider.requests == 2); /* at once: it is another one */
	ck_assert_str_eq(provider_newest(&provider)->path, "/live/new");
	viewer_leave(v);
	finish_http();
}
END_TEST

/* -- leases --------------------------------------------------------------------------------- */

START_TEST(a_lingering_channel_gives_its_lease_to_the_next)
{
	struct ledger *account;
	struct viewer *v;

	begin_http();
	account = ledger_new("acme", 1);
	for (uint64_t id = 1; id <= 10; id++) { /* zapping with one connection */
		v = view(id, account, 1, "/live");
		UNTIL(v->got.len > 0);
		ck_assert_uint_eq(ledger_taken(account), 1);
		viewer_leave(v);
		UNTIL(channel_is(id, RELAY_LINGERING));
		ck_assert_uint_eq(stats().channels, 1);
	}
	ck_assert_uint_eq(ledger_refusals(account), 0);
	/* The provider may see the new connection just before it sees the old one's end. */
	ck_assert_uint_le(provider.peak, 2);
	UNTIL(provider.open == 1);
	ledger_unref(account);
	finish_http();
}
END_TEST

START_TEST(a_zap_waits_a_moment_for_the_old_viewer_to_go)
{
	struct ledger *account;
	struct viewer *a, *b, *c;

	begin_http();
	account = ledger_new("acme", 1);
	a = view(1, account, 1, "/live/1");
	UNTIL(a->got.len > 0);
	b = view(2, account, 1, "/live/2");
	for (int i = 0; i < 5; i++)
		turn();
	ck_assert(!b->told);
	viewer_leave(a);
	UNTIL(channel_is(1, RELAY_LINGERING));
	pass_ms(250);
	UNTIL(b->got.len > 0);
	c = view(3, account, 1, "/live/3"); /* and this one waits for nothing */
	for (int i = 0; i < 11; i++) {
		turn();
		pass_ms(100);
	}
	UNTIL(c->told);
	ck_assert_int_eq(c->rc, -EUSERS);
	ck_assert_ptr_nonnull(strstr(c->err.text, "'acme'"));
	ck_assert_uint_eq(ledger_taken(account), 1);
	ck_assert(!b->closed);
	viewer_leave(b);
	viewer_leave(c);
	ledger_unref(account);
	finish_http();
}
END_TEST

START_TEST(a_source_whose_account_is_full_yields_to_the_next)
{
	struct ledger *full, *other;
	struct lease taken = { NULL };
	struct relay_source sources[2];
	char url[URL_TEXT];
	struct viewer *v;

	begin_http();
	full = ledger_new("full", 1);
	other = ledger_new("other", 1);
	lease_take(&taken, full);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/live", provider.port);
	sources[0] = (struct relay_source){ .url = url, .label = "a", .account = full };
	sources[1] = (struct relay_source){ .url = url, .label = "b", .account = other };
	v = view_sources(1, sources, 2);
	UNTIL(v->got.len > 0);
	ck_assert_uint_eq(ledger_taken(other), 1);
	viewer_leave(v);
	lease_drop(&taken);
	ledger_unref(full);
	ledger_unref(other);
	finish_http();
}
END_TEST

/*
 * Ten thousand random events. At any time no account has more leases than it
 * allows; whenever all is quiet, there are as many leases as connections at the
 * provider; in the end there are none.
 */
static uint32_t dice_state = 12345;

static unsigned
dice(unsigned sides)
{
	dice_state = dice_state * 1103515245 + 12345;
	return (dice_state >> 16) % sides;
}

static void
random_event(struct ledger *const accounts[2])
{
	static const char *const paths[] = { "/live", "/live", "/live", "/redirect", "/status/404",
		"/status/503", "/mute", "/reset", "/close", "/html", "/junk" };
	unsigned place = dice(24);
	struct provider_conn *conn;

	switch (dice(8)) {
	case 0:
	case 1:
	case 2:
	case 3:
	case 4:
		if (viewers[place] != NULL) {
			viewer_leave(viewers[place]);
		} else {
			uint64_t id = dice(6);
			struct viewer *v = view(id, accounts[id % 2], 2,
			    paths[dice(ARRAY_LEN(paths))], paths[dice(ARRAY_LEN(paths))]);

			v->hold = dice(8) == 0;
			v->duration_ms = dice(4) == 0 ? dice(3000) : 0;
		}
		break;
	case 5:
		TAILQ_FOREACH(conn, &provider.conns, link) {
			if (dice(4) != 0)
				continue;
			provider_close(conn, (_Bool)dice(2));
			break;
		}
		break;
	case 6: ledger_set_limit(accounts[dice(2)], 1 + dice(2)); break;
	default: pass_ms(dice(10) == 0 ? dice(9000) : dice(300)); break;
	}
}

START_TEST(a_provider_that_does_not_answer_keeps_no_lease)
{
	struct ledger *account = ledger_new("a", 1);
	unsigned open;
	int queue[4], fd;
	struct viewer *v;

	begin_http();
	open = provider.port;
	fd = open_deaf_listener(&provider.port, queue);
	for (int i = 0; i < 3; i++) {
		v = view(1, account, 1, "/live");
		UNTIL(ledger_taken(account) == 1);
		if (i > 0)
			viewer_leave(v);
		pass_ms(60000);
		UNTIL(stats().channels == 0);
		ck_assert_uint_eq(ledger_taken(account), 0);
		if (i == 0)
			viewer_leave(v);
	}
	provider.port = open;
	v = view(1, account, 1, "/live");
	UNTIL(got_all(v, &second, 2 * TS_PACKET));
	viewer_leave(v);
	for (int i = 0; i < 4; i++)
		close(queue[i]);
	close(fd);
	ledger_unref(account);
	finish_http();
}
END_TEST

START_TEST(leases_are_exact_in_a_storm_of_events)
{
	struct ledger *accounts[2];
	unsigned n;

	begin_http();
	accounts[0] = ledger_new("a", 1);
	accounts[1] = ledger_new("b", 2);
	for (int i = 0; i < 10000; i++) {
		random_event(accounts);
		event_base_loop(base, EVLOOP_NONBLOCK);
		ck_assert_uint_le(ledger_taken(accounts[0]), 2);
		ck_assert_uint_le(ledger_taken(accounts[1]), 2);
		/* Those who closed are not asked again: they go. */
		for (n = 0; n < VIEWERS; n++) {
			if (viewers[n] != NULL &&
			    (viewers[n]->closed || (viewers[n]->told && viewers[n]->rc < 0) ||
				(viewers[n]->join == NULL && !viewers[n]->told)))
				viewer_leave(viewers[n]);
		}
		if (i % 100 == 0)
			UNTIL(
			    provider.open == ledger_taken(accounts[0]) + ledger_taken(accounts[1]));
	}
	for (n = 0; n < VIEWERS; n++) {
		if (viewers[n] != NULL)
			viewer_leave(viewers[n]);
	}
	for (n = 0; n < 40; n++) {
		pass_ms(1000);
		turn();
	}
	UNTIL(stats().channels == 0 && provider.open == 0);
	ck_assert_uint_eq(ledger_taken(accounts[0]) + ledger_taken(accounts[1]), 0);
	ck_assert_uint_eq(stats().readers, 0);
	ck_assert_uint_gt(stats().tunes, 100);
	ck_assert_uint_gt(stats().tune_failures, 100);
	ledger_unref(accounts[0]);
	ledger_unref(accounts[1]);
	finish_http();
}
END_TEST

UNIT_MAIN("relay over HTTP", UNIT_ROWS(plays_what_a_provider_sends_however_it_sends_it, 4),
    UNIT_TEST(the_request_carries_what_the_source_says),
    UNIT_TEST(bytes_below_the_low_water_mark_are_not_stranded),
    UNIT_TEST(a_socket_that_takes_the_number_of_a_closed_one_is_left_alone),
    UNIT_ROWS(a_source_that_fails_alone_fails_the_join_with_the_reason, ARRAY_LEN(failures)),
    UNIT_TEST(nobody_there_is_said_at_once), UNIT_TEST(the_next_source_is_tried_at_once),
    UNIT_TEST(a_mute_source_leaves_time_for_the_next),
    UNIT_TEST(a_provider_that_refuses_us_is_not_hammered),
    UNIT_TEST(viewers_stay_over_ends_and_resets_and_the_original_address_is_asked),
    UNIT_TEST(a_new_list_of_sources_holds_for_the_next_connection),
    UNIT_TEST(a_lingering_channel_gives_its_lease_to_the_next),
    UNIT_TEST(a_zap_waits_a_moment_for_the_old_viewer_to_go),
    UNIT_TEST(a_source_whose_account_is_full_yields_to_the_next),
    UNIT_TEST(a_provider_that_does_not_answer_keeps_no_lease),
    UNIT_TEST(leases_are_exact_in_a_storm_of_events))
