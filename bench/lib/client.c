#include "bench/lib/client.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/buf.h"
#include "bench/lib/child.h"
#include "bench/lib/net.h"
#include "bench/lib/subject.h"

#define HEAD_MAX 4096
#define BODY_MAX (8u << 20)

/* Waits for bytes, never past the deadline. */
static ssize_t
client_recv(int fd, void *data, size_t len, uint64_t deadline_ns)
{
	uint64_t now = bench_now_ns(), left;
	struct timeval tv;

	if (now >= deadline_ns)
		return -1;
	left = (deadline_ns - now) / 1000 + 1;
	tv.tv_sec = (time_t)(left / 1000000);
	tv.tv_usec = (suseconds_t)(left % 1000000);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	return recv(fd, data, len, 0);
}

static void
client_body(struct visit *v, const uint8_t *data, size_t len, const struct ts_stream *stream)
{
	if (len == 0)
		return;
	if (v->first_ns == 0)
		v->first_ns = bench_now_ns();
	v->body += len;
	if (stream == NULL)
		return;
	check_feed(&v->check, data, len);
	if (v->rap_ns == 0 && v->check.first_rap_ns != 0)
		v->rap_ns = bench_now_ns();
}

/* The reply's head; what came of the body with it goes to client_body. */
static _Bool
client_head(int fd, struct visit *v, const struct ts_stream *stream, uint64_t deadline_ns)
{
	char head[HEAD_MAX], *end = NULL;
	size_t have = 0;

	while (end == NULL) {
		ssize_t n = client_recv(fd, head + have, sizeof(head) - 1 - have, deadline_ns);

		if (n <= 0)
			return 0;
		have += (size_t)n;
		head[have] = '\0';
		end = strstr(head, "\r\n\r\n");
	}
	v->status = (int)strtoul(head + strcspn(head, " "), NULL, 10);
	client_body(v, (const uint8_t *)end + 4, (size_t)(head + have - (end + 4)), stream);
	return 1;
}

_Bool
client_visit(const struct subject *s, const char *path, const struct ts_stream *stream, size_t want,
    unsigned timeout_ms, struct visit *ret)
{
	static uint8_t buf[64 << 10];
	uint64_t deadline = bench_now_ns() + (uint64_t)timeout_ms * 1000000;
	int fd;

	memset(ret, 0, sizeof(*ret));
	check_init(&ret->check, stream);
	ret->request_ns = bench_now_ns();
	fd = net_get(s->host, s->port, path);
	if (fd == -1)
		return 0;
	if (client_head(fd, ret, stream, deadline)) {
		while (ret->body < want || (want == 0 && ret->rap_ns == 0)) {
			ssize_t n = client_recv(fd, buf, sizeof(buf), deadline);

			if (n <= 0)
				break;
			client_body(ret, buf, (size_t)n, stream);
		}
	}
	(void)close(fd);
	return ret->status == 200 && ret->body >= want && (want > 0 || ret->rap_ns != 0);
}

int
client_get(const struct subject *s, const char *path, struct buf *out)
{
	uint64_t deadline = bench_now_ns() + UINT64_C(10) * 1000000000;
	struct buf reply = BUF_INIT(BODY_MAX);
	int fd = net_get(s->host, s->port, path), status = 0;
	const char *body;

	while (fd != -1 && buf_reserve(&reply, 16384)) {
		ssize_t n = client_recv(fd, reply.data + reply.len, 16384, deadline);

		if (n <= 0)
			break;
		reply.len += (size_t)n;
		reply.data[reply.len] = '\0';
	}
	if (fd != -1)
		(void)close(fd);
	body = strstr(reply.data, "\r\n\r\n");
	if (body != NULL && sscanf(reply.data, "HTTP/%*s %d", &status) == 1)
		buf_add(out, body + 4, (size_t)(reply.data + reply.len - (body + 4)));
	buf_release(&reply);
	return status;
}

_Bool
client_until_ok(const struct subject *s, const char *path, unsigned timeout_ms)
{
	struct visit visit;

	for (uint64_t end = bench_now_ns() + (uint64_t)timeout_ms * 1000000;
	     bench_now_ns() < end;) {
		(void)client_visit(s, path, NULL, 1, timeout_ms, &visit);
		if (visit.status == 200)
			return 1;
		if (!child_alive(s->pid))
			return 0;
		bench_sleep_ms(20);
	}
	return 0;
}

double
client_metric(const struct subject *s, const char *name)
{
	struct buf text = BUF_INIT(BODY_MAX);
	size_t len = strlen(name);
	double value = NAN;

	(void)client_get(s, "/metrics", &text);
	for (const char *line = text.data; line != NULL && *line != '\0';) {
		if (strncmp(line, name, len) == 0 && line[len] == ' ')
			value = strtod(line + len, NULL);
		line = strchr(line, '\n');
		line += line != NULL;
	}
	buf_release(&text);
	return value;
}
