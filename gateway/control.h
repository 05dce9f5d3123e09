/*
 * The other end of the control socket: how the commands talk to the gateway that
 * runs. It is DATA/masthead.sock; who may enter that folder may control.
 */
#ifndef GATEWAY_CONTROL_H
#define GATEWAY_CONTROL_H

#include <stddef.h>

#include "gateway/args.h"

struct buf;
struct err;

/* How a command finds the gateway: --data, or the config's `data`. */
struct control_options {
	const char *data, *config;
};
#define CONTROL_ARGS(type, member)                                              \
	{ "data", 'd', ARG_TEXT, offsetof(type, member.data), "DIR",            \
		"the data folder of the gateway that runs", NULL },             \
	{                                                                       \
		"config", 'c', ARG_TEXT, offsetof(type, member.config), "FILE", \
		    "the configuration that names it", "MASTHEAD_CONFIG"        \
	}

/*
 * Sends one request and appends the reply's body. Returns the HTTP status, or
 * -ENOENT when no gateway runs there, -EINVAL when the config cannot be read.
 */
int control_request(const struct control_options *options, const char *method, const char *path,
    struct buf *ret_body, struct err *err);

#endif
