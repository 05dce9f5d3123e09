/*
 * Sockets of a benchmark: loopback, or a pair of network namespaces that it makes
 * itself, joined by a veth pair. Nothing here reaches another machine.
 */
#ifndef BENCH_LIB_NET_H
#define BENCH_LIB_NET_H

#include <stddef.h>

#define NET_LOOPBACK "127.0.0.1"

/* A listening socket; port 0: any, and *port says which. */
int net_listen(const char *host, unsigned *port);
/* A port of loopback that was free a moment ago, for programs that cannot choose. */
unsigned net_free_port(void);
/* Connects, waiting. -1 with errno. */
int net_connect(const char *host, unsigned port);
/* Connects, sends a GET for `path`. -1 with errno. */
int net_get(const char *host, unsigned port, const char *path);
void net_nonblock(int fd);
/* Raises this process's limit of descriptors as far as it may. */
void net_many_fds(void);

struct net_veth {
	char near[32], far[32]; /* the namespaces' names */
	const char *near_addr;  /* of the near end; the far end reaches it */
};
/* False: not allowed here (not root), with the reason on stderr. Gone at exit. */
_Bool net_veth_new(struct net_veth *veth);
/* This process moves into a namespace. */
void net_enter(const char *netns);

#endif
