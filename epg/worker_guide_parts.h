/*
 * What the guide worker was told on its command line (epg/workers.h), apart from what it does.
 */
#ifndef EPG_WORKER_GUIDE_PARTS_H
#define EPG_WORKER_GUIDE_PARTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/sandbox.h"
#include "epg/madeup.h"

struct err;

struct guide_arguments {
	int64_t now, past, ahead; /* seconds since 1970; of the window, before and behind `now` */
	_Bool fill, all, gzip, index;
	struct madeup_settings madeup;
	const char *zone;                 /* argv's; "": this machine's */
	int32_t shifts[SANDBOX_KEEP_MAX]; /* seconds, of each source */
	size_t sources;
};

/* 0, or -EINVAL: an argument that it does not know. */
int guide_arguments_read(struct guide_arguments *s, int argc, char **argv, struct err *err);

#endif
