/*
 * Serving the guide: CPU seconds for 1e9 bytes of it, against the least that a server can
 * do (accept, read, one head, sendfile) and nginx with the same file.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "bench/lib/child.h"
#include "bench/lib/client.h"
#include "bench/lib/guide.h"
#include "bench/lib/net.h"
#include "bench/lib/proc.h"
#include "bench/lib/report.h"
#include "bench/lib/subject.h"

#define CLAIM    "E7"
#define HOST     "127.0.0.1"
#define READY_MS 10000
#define VISIT_MS 30000

static const struct place place = { .subject = 1 };

/* -- the least -------------------------------------------------------------------- */

static void
answer(int client, const char *path)
{
	char request[2048], head[128];
	int fd = open(path, O_RDONLY | O_CLOEXEC), len;
	struct stat st;
	off_t at = 0;

	if (fd == -1 || fstat(fd, &st) == -1 || recv(client, request, sizeof(request), 0) <= 0)
		_exit(2);
	len = snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %lld\r\n\r\n",
	    (long long)st.st_size);
	(void)send(client, head, (size_t)len, MSG_MORE | MSG_NOSIGNAL);
	while (at < st.st_size && sendfile(client, fd, &at, (size_t)(st.st_size - at)) > 0)
		;
	(void)close(fd);
	(void)close(client);
}

static void
start_bare(struct subject *s, const char *path)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(listener, (struct sockaddr *)&sin, len) == -1 || listen(listener, 64) == -1 ||
	    getsockname(listener, (struct sockaddr *)&sin, &len) == -1)
		bench_die("cannot listen");
	*s = (struct subject){ .name = "bare sendfile", .host = HOST, .port = ntohs(sin.sin_port) };
	s->pid = child_fork(&place);
	while (s->pid == 0) {
		int client = accept(listener, NULL, NULL);

		if (client == -1)
			_exit(2);
		answer(client, path);
	}
	(void)close(listener);
}

/* -- nginx ------------------------------------------------------------------------ */

static _Bool
start_nginx(struct subject *s)
{
	struct buf text = BUF_INIT(4096);
	const char *conf;

	if (!child_installed("nginx"))
		return 0;
	*s = (struct subject){ .name = "nginx", .host = HOST, .port = net_free_port() };
	buf_printf(&text,
	    "daemon off;\nmaster_process off;\npid %s/e7.pid;\nerror_log stderr error;\n"
	    "events { worker_connections 512; }\nhttp {\naccess_log off;\nsendfile on;\n"
	    "server {\nlisten %s:%u;\nroot %s/data/guide;\n}\n}\n",
	    bench_dir(), HOST, s->port, bench_dir());
	conf = bench_write("e7.conf", text.data);
	buf_release(&text);
	const char *const argv[] = { "nginx", "-e", "stderr", "-p", bench_dir(), "-c", conf, NULL };
	s->pid = child_exec(&place, argv, -1, "nginx.log");
	if (!client_until_ok(s, "/guide.idx", READY_MS))
		bench_die("nginx does not answer");
	return 1;
}

/* -- measuring ---------------------------------------------------------------------- */

static double
cpu_per_gb(const struct subject *s, size_t size, unsigned visits)
{
	uint64_t before = proc_cpu_ns(s->pid);

	for (unsigned i = 0; i < visits; i++) {
		struct visit visit;

		if (!client_visit(s, "/guide.xml", NULL, size, VISIT_MS, &visit) ||
		    visit.body < size)
			bench_die("%s: %llu of %zu bytes", s->name, (unsigned long long)visit.body,
			    size);
	}
	return (double)(proc_cpu_ns(s->pid) - before) / (double)(size * visits);
}

int
main(int argc, char **argv)
{
	const char *guide;
	struct subject_options options = { .guides = &guide, .guide_count = 1 };
	struct subject ours, bare, nginx;
	double values[3][5], median[3];
	unsigned rounds, visits;
	_Bool has_nginx;
	struct stat st;

	report_init(argc, argv);
	rounds = report_pick(1, 5);
	visits = report_pick(10, 40);
	guide = guide_make("guide.xml", report_pick(24, 50), 1);
	options.playlist = guide_playlist(GUIDE_CHANNELS);
	guide_start(&ours, &options);
	if (stat(bench_path("data/guide/guide.xml"), &st) == -1)
		bench_die("there is no guide.xml");
	start_bare(&bare, bench_path("data/guide/guide.xml"));
	has_nginx = start_nginx(&nginx);
	for (unsigned i = 0; i < rounds; i++) {
		values[0][i] = cpu_per_gb(&ours, (size_t)st.st_size, visits);
		values[1][i] = cpu_per_gb(&bare, (size_t)st.st_size, visits);
		if (has_nginx)
			values[2][i] = cpu_per_gb(&nginx, (size_t)st.st_size, visits);
	}
	for (unsigned i = 0; i < 3; i++)
		median[i] = i == 2 && !has_nginx ? NAN : report_median(values[i], rounds);
	report_row(&(struct report_row){ CLAIM, "the guide served, CPU", "s/GB", median[0],
	    "bare sendfile", median[1], GOAL_TIMES_MOST, 2, 0 });
	report_row(&(struct report_row){ CLAIM, "the guide served, CPU", "s/GB", median[0], "nginx",
	    median[2], GOAL_NONE, 0, 0 });
	subject_stop(&ours);
	child_stop(bare.pid);
	if (has_nginx)
		child_stop(nginx.pid);
	return report_status();
}
