/*
 * masthead worker NAME ARG...: the table of the workers. Not for people: the
 * gateway starts them with the descriptors that they need (gateway/worker.h).
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/list.h"
#include "base/wire.h"
#include "epg/workers.h"
#include "gateway/worker.h"
#include "playlist/workers.h"
#include "transcode/testcard.h"

#define EXIT_USAGE 2

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} workers[] = {
	{ "catalogue", catalogue_worker },
	{ "guide", guide_worker },
	{ "lineup", lineup_worker },
	{ "listings", listings_worker },
	{ "testcard", testcard_worker },
};

/* Not when a person typed it: then nobody listens. */
static _Bool
is_wired(void)
{
	struct sockaddr_storage addr = { 0 };
	socklen_t len = sizeof(addr);

	return getpeername(WIRE_FD, (struct sockaddr *)&addr, &len) == 0 &&
	    addr.ss_family == AF_UNIX;
}

int
worker_main(int argc, char **argv)
{
	if (argc < 1 || !is_wired()) {
		fprintf(stderr, "masthead worker: 'masthead serve' starts it, not a person\n");
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < ARRAY_LEN(workers); i++) {
		if (strcmp(workers[i].name, argv[0]) == 0)
			return workers[i].run(argc, argv);
	}
	fprintf(stderr, "masthead worker: there is none called '%s'\n", argv[0]);
	return EXIT_USAGE;
}
