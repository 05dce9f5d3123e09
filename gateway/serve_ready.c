#include <event2/event.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "gateway/channels.h"
#include "gateway/http/http.h"
#include "gateway/process.h"
#include "gateway/serve_parts.h"

/* The first address of ours that others can reach, for a listener on all of them. */
static void
own_address(char *out, size_t size)
{
	struct ifaddrs *list, *i;

	snprintf(out, size, "127.0.0.1");
	if (getifaddrs(&list) == -1)
		return;
	for (i = list; i != NULL; i = i->ifa_next) {
		if (i->ifa_addr == NULL || i->ifa_addr->sa_family != AF_INET ||
		    (i->ifa_flags & IFF_LOOPBACK) != 0 || (i->ifa_flags & IFF_UP) == 0)
			continue;
		if (getnameinfo(i->ifa_addr, sizeof(struct sockaddr_in), out, (socklen_t)size, NULL,
			0, NI_NUMERICHOST) == 0)
			break;
	}
	freeifaddrs(list);
}

static void
print_ready(const struct gateway *g)
{
	char host[NI_MAXHOST];
	const char *where = NULL;

	for (size_t i = 0; (where = http_server_address(g->http, i)) != NULL; i++) {
		if (strncmp(where, "unix:", 5) != 0)
			break;
	}
	if (where == NULL) {
		printf("ready %s\n", http_server_address(g->http, 1));
	} else if (strncmp(where, "0.0.0.0:", 8) == 0 || strncmp(where, "[::]:", 5) == 0) {
		own_address(host, sizeof(host));
		printf("ready http://%s%s/\n", host, strrchr(where, ':'));
	} else {
		printf("ready http://%s/\n", where);
	}
	fflush(stdout);
}

void
serve_announce(struct serve *s)
{
	s->g.ready = 1;
	if (s->announced)
		return;
	s->announced = 1;
	event_del(s->settle);
	print_ready(&s->g);
	process_notify("READY=1\nSTATUS=serving");
}

void
serve_check_ready(struct serve *s)
{
	struct channels_info info;

	channels_get_info(s->g.channels, &info);
	if (channels_lineup(s->g.channels) != NULL || (s->sources_settled && !info.building))
		serve_announce(s);
}
