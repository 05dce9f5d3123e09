#include "bench/lib/subject.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "bench/lib/bare.h"
#include "bench/lib/child.h"
#include "bench/lib/net.h"
#include "bench/lib/origin.h"

#define START_MS 15000

static const struct {
	const char *name;
	enum bare_kind bare;
	_Bool (*start)(struct subject *s, const struct subject_options *o);
} kinds[] = {
	[SUBJECT_MASTHEAD] = { "masthead", 0, subject_start_masthead },
	[SUBJECT_BARE_RELAY] = { "bare relay", BARE_RELAY, NULL },
	[SUBJECT_BARE_INPLACE] = { "bare in-place sendfile", BARE_INPLACE, NULL },
	[SUBJECT_BARE_SEND] = { "bare send", BARE_SEND, NULL },
	[SUBJECT_BARE_SENDFILE] = { "bare sendfile", BARE_SENDFILE, NULL },
	[SUBJECT_NGINX] = { "nginx", 0, subject_start_nginx },
	[SUBJECT_HAPROXY] = { "haproxy", 0, subject_start_haproxy },
	[SUBJECT_ICECAST] = { "icecast", 0, subject_start_icecast },
	[SUBJECT_DIRECT] = { "direct", 0, NULL },
};

const char *
subject_name(enum subject_kind kind)
{
	return kinds[kind].name;
}

static void
subject_start_bare(struct subject *s, const struct subject_options *o)
{
	const struct place place = { .subject = 1, .netns = o->netns };
	struct bare_options bare = { .kind = kinds[s->kind].bare };
	int ready[2];

	if (pipe(ready) == -1)
		bench_die("no pipe");
	s->pid = child_fork(&place);
	if (s->pid == 0) {
		bare.listener = net_listen(s->host, &s->port);
		bare.origin_host = o->origin->host;
		bare.origin_port = o->origin->port;
		bare.origin_path = s->path;
		if (write(ready[1], &s->port, sizeof(s->port)) != sizeof(s->port))
			_exit(2);
		bare_run(&bare);
	}
	(void)close(ready[1]);
	if (read(ready[0], &s->port, sizeof(s->port)) != sizeof(s->port))
		bench_die("%s did not start", s->name);
	(void)close(ready[0]);
}

_Bool
subject_start(struct subject *s, enum subject_kind kind, const struct subject_options *o)
{
	memset(s, 0, sizeof(*s));
	s->kind = kind;
	s->name = kinds[kind].name;
	s->host = o->host != NULL ? o->host : NET_LOOPBACK;
	if (o->stream_count > 0)
		origin_path(s->path, &o->streams[0], 1);
	if (kind == SUBJECT_DIRECT) {
		s->host = o->origin->host;
		s->port = o->origin->port;
		return 1;
	}
	if (kinds[kind].start != NULL)
		return kinds[kind].start(s, o);
	subject_start_bare(s, o);
	return 1;
}

void
subject_stop(struct subject *s)
{
	child_stop(s->pid);
	s->pid = 0;
}

char *
subject_write(const char *name, struct buf *text)
{
	char *path;

	if (buf_status(text) < 0)
		bench_die("%s does not fit", name);
	path = bench_write(name, text->data);
	buf_release(text);
	return path;
}

void
subject_exec(struct subject *s, const struct subject_options *o, const char *const *argv)
{
	const struct place place = { .subject = 1, .netns = o->netns };
	char log[64];

	(void)snprintf(log, sizeof(log), "%s.log", s->name);
	s->pid = child_exec(&place, argv, -1, log);
	for (unsigned ms = 0; ms < START_MS; ms += 20) {
		int fd = net_connect(s->host, s->port);

		if (fd != -1) {
			(void)close(fd);
			return;
		}
		if (!child_alive(s->pid))
			break;
		bench_sleep_ms(20);
	}
	child_show_log(log);
	bench_die("%s did not start", s->name);
}
