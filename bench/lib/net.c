#include "bench/lib/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/list.h"
#include "bench/lib/child.h"

#define VETH_NEAR "10.213.77.1"
#define VETH_FAR  "10.213.77.2"

static struct sockaddr_in
net_addr(const char *host, unsigned port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	if (inet_pton(AF_INET, host, &sin.sin_addr) != 1)
		bench_die("'%s' is not an IPv4 address", host);
	return sin;
}

int
net_listen(const char *host, unsigned *port)
{
	struct sockaddr_in sin = net_addr(host, *port);
	socklen_t len = sizeof(sin);
	int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd == -1 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1 ||
	    bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1 || listen(fd, 4096) == -1 ||
	    getsockname(fd, (struct sockaddr *)&sin, &len) == -1)
		bench_die("listen on %s: %s", host, strerror(errno));
	*port = ntohs(sin.sin_port);
	return fd;
}

unsigned
net_free_port(void)
{
	unsigned port = 0;

	(void)close(net_listen(NET_LOOPBACK, &port));
	return port;
}

int
net_connect(const char *host, unsigned port)
{
	struct sockaddr_in sin = net_addr(host, port);
	int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return -1;
	if (connect(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1) {
		int saved = errno;

		(void)close(fd);
		errno = saved;
		return -1;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

int
net_get(const char *host, unsigned port, const char *path)
{
	char request[512];
	int fd = net_connect(host, port);
	int len = snprintf(request, sizeof(request),
	    "GET %s HTTP/1.1\r\nHost: %s:%u\r\nUser-Agent: masthead-bench\r\n"
	    "Connection: close\r\n\r\n",
	    path, host, port);

	if (fd != -1 && send(fd, request, (size_t)len, MSG_NOSIGNAL) != len) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

void
net_nonblock(int fd)
{
	if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) == -1)
		bench_die("O_NONBLOCK: %s", strerror(errno));
}

void
net_many_fds(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static struct net_veth veth_made;

static void
net_veth_free(void)
{
	const char *const near[] = { "ip", "netns", "del", veth_made.near, NULL };
	const char *const far[] = { "ip", "netns", "del", veth_made.far, NULL };

	child_run(near);
	child_run(far);
}

/* Runs "ip" with the words of `fmt`, where < and > stand for the namespaces. */
static _Bool
net_ip(const char *fmt, const struct net_veth *veth)
{
	char line[256], *save = NULL;
	const char *argv[24];
	size_t n = 0;

	(void)snprintf(line, sizeof(line), "ip ");
	for (size_t at = 3; *fmt != '\0' && at + sizeof(veth->near) < sizeof(line); fmt++) {
		const char *name = *fmt == '<' ? veth->near : *fmt == '>' ? veth->far : NULL;

		if (name != NULL)
			at += (size_t)snprintf(line + at, sizeof(line) - at, "%s", name);
		else
			line[at++] = *fmt;
		line[at] = '\0';
	}
	for (char *word = strtok_r(line, " ", &save); word != NULL && n < ARRAY_LEN(argv) - 1;
	     word = strtok_r(NULL, " ", &save))
		argv[n++] = word;
	argv[n] = NULL;
	return child_run(argv) == 0;
}

_Bool
net_veth_new(struct net_veth *veth)
{
	static const char *const steps[] = {
		"netns add <",
		"netns add >",
		"-n < link set lo up",
		"-n > link set lo up",
		"-n < link add veth0 type veth peer name veth0 netns >",
		"-n < addr add " VETH_NEAR "/30 dev veth0",
		"-n > addr add " VETH_FAR "/30 dev veth0",
		"-n < link set veth0 up",
		"-n > link set veth0 up",
	};

	(void)bench_dir(); /* its cleaning up runs after ours */
	(void)snprintf(veth->near, sizeof(veth->near), "mbench%d-near", (int)getpid());
	(void)snprintf(veth->far, sizeof(veth->far), "mbench%d-far", (int)getpid());
	veth->near_addr = VETH_NEAR;
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		if (!net_ip(steps[i], veth))
			return 0;
		if (i == 0) {
			veth_made = *veth;
			atexit(net_veth_free);
		}
	}
	return 1;
}

void
net_enter(const char *netns)
{
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "/var/run/netns/%s", netns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1 || setns(fd, CLONE_NEWNET) == -1)
		bench_die("network namespace %s: %s", netns, strerror(errno));
	(void)close(fd);
}
