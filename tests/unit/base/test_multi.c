#include "base/multi.h"

#include <errno.h>

#include "base/err.h"
#include "provider.h"
#include "unit.h"

static struct event_base *base;
static struct multi *multi;
static struct provider provider;

struct transfer_seen {
	CURL *easy;
	curl_socket_t fd;
	unsigned done;
	CURLcode result;
	size_t len;
	char body[64];
};

static size_t
on_body(char *data, size_t size, size_t count, void *arg)
{
	struct transfer_seen *t = arg;

	for (size_t i = 0; i < size * count && t->len < sizeof(t->body) - 1; i++)
		t->body[t->len++] = data[i];
	return size * count;
}

static int
on_socket(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	struct transfer_seen *t = arg;

	(void)purpose;
	t->fd = fd;
	return CURL_SOCKOPT_OK;
}

static void
on_done(CURL *easy, CURLcode result, void *arg)
{
	struct transfer_seen *t = arg;

	ck_assert_ptr_eq(easy, t->easy);
	t->done++;
	t->result = result;
}

static void
serve(struct provider_conn *conn)
{
	if (strcmp(conn->path, "/ok") == 0)
		provider_say(conn, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
	else if (strcmp(conn->path, "/loop") == 0)
		provider_say(conn,
		    "HTTP/1.1 302 Found\r\nLocation: /loop\r\nContent-Length: 0\r\n\r\n");
	else if (strcmp(conn->path, "/ftp") == 0)
		provider_say(conn,
		    "HTTP/1.1 302 Found\r\nLocation: ftp://127.0.0.1/\r\nContent-Length: "
		    "0\r\n\r\n");
	else if (strcmp(conn->path, "/slow") == 0)
		provider_say(conn, "HTTP/1.1 200 OK\r\n\r\nfirst");
}

static void
begin(void)
{
	struct err err = ERR_INIT;

	curl_global_init(CURL_GLOBAL_DEFAULT);
	base = event_base_new();
	multi = multi_new(base, &err);
	ck_assert_msg(multi != NULL, "%s", err.text);
	provider_begin(&provider, base, serve);
}

static void
finish(void)
{
	provider_end(&provider);
	multi_free(multi);
	event_base_free(base);
	curl_global_cleanup();
}

static void
start(struct transfer_seen *t, const char *path)
{
	char url[100];
	struct err err = ERR_INIT;

	snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", provider.port, path);
	*t = (struct transfer_seen){ .easy = multi_easy() };
	curl_easy_setopt(t->easy, CURLOPT_URL, url);
	curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(t->easy, CURLOPT_SOCKOPTFUNCTION, on_socket);
	curl_easy_setopt(t->easy, CURLOPT_SOCKOPTDATA, t);
	ck_assert_int_eq(multi_add(multi, t->easy, on_done, t, &err), 0);
	ck_assert_uint_eq(t->done, 0);
}

static void
until_done(struct transfer_seen *t)
{
	while (t->done == 0)
		event_base_loop(base, EVLOOP_ONCE);
}

START_TEST(runs_transfers_side_by_side)
{
	struct transfer_seen t[20];

	begin();
	for (size_t i = 0; i < ARRAY_LEN(t); i++)
		start(&t[i], "/ok");
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		until_done(&t[i]);
		ck_assert_int_eq(t[i].result, CURLE_OK);
		ck_assert_str_eq(t[i].body, "hello");
		curl_easy_cleanup(t[i].easy);
	}
	ck_assert_uint_eq(provider.requests, ARRAY_LEN(t)); /* no connection was used twice */
	while (provider.open > 0)
		event_base_loop(base, EVLOOP_ONCE);
	finish();
}
END_TEST

static const struct {
	const char *path;
	CURLcode result;
	unsigned requests;
} failures[] = {
	{ "/loop", CURLE_TOO_MANY_REDIRECTS, 6 },
	{ "/ftp", CURLE_UNSUPPORTED_PROTOCOL, 1 },
};

START_TEST(keeps_the_house_rules)
{
	struct transfer_seen t;

	begin();
	start(&t, failures[_i].path);
	until_done(&t);
	ck_assert_int_eq(t.result, failures[_i].result);
	ck_assert_uint_eq(provider.requests, failures[_i].requests);
	curl_easy_cleanup(t.easy);
	finish();
}
END_TEST

START_TEST(a_removed_transfer_is_never_heard_of_again)
{
	struct transfer_seen gone, ended, other;

	begin();
	start(&gone, "/slow");
	start(&ended, "/ok");
	while (gone.len == 0 || ended.len == 0)
		event_base_loop(base, EVLOOP_ONCE);
	multi_remove(multi, gone.easy);
	curl_easy_cleanup(gone.easy);
	if (ended.done == 0) { /* it has ended, and was not told of yet */
		multi_remove(multi, ended.easy);
		ended.done = 1;
	}
	curl_easy_cleanup(ended.easy);
	start(&other, "/ok");
	until_done(&other);
	ck_assert_uint_eq(gone.done, 0);
	ck_assert_uint_eq(ended.done, 1);
	curl_easy_cleanup(other.easy);
	finish();
}
END_TEST

START_TEST(a_poke_reads_what_the_loop_is_not_woken_for)
{
	struct transfer_seen t;
	int lowat = 60000;

	begin();
	start(&t, "/slow");
	while (t.len == 0)
		event_base_loop(base, EVLOOP_ONCE);
	ck_assert_int_eq(setsockopt(t.fd, SOL_SOCKET, SO_RCVLOWAT, &lowat, sizeof(lowat)), 0);
	provider_say(TAILQ_FIRST(&provider.conns), " second");
	for (int i = 0; i < 50; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
	ck_assert_str_eq(t.body, "first");
	while (strcmp(t.body, "first second") != 0) /* loopback may take a moment */
		multi_poke(multi, t.fd);
	provider_close(TAILQ_FIRST(&provider.conns), 0);
	until_done(&t);
	ck_assert_int_eq(t.result, CURLE_OK);
	multi_poke(multi, t.fd); /* a socket that is gone: nothing */
	curl_easy_cleanup(t.easy);
	finish();
}
END_TEST

UNIT_MAIN("multi", UNIT_TEST(runs_transfers_side_by_side),
    UNIT_ROWS(keeps_the_house_rules, ARRAY_LEN(failures)),
    UNIT_TEST(a_removed_transfer_is_never_heard_of_again),
    UNIT_TEST(a_poke_reads_what_the_loop_is_not_woken_for))
