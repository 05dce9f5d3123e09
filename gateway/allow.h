/*
 * Who may watch: a list of networks in CIDR form, IPv4 and IPv6. Local tuner
 * clients cannot log in, so this list is what stands between them and the world.
 */
#ifndef GATEWAY_ALLOW_H
#define GATEWAY_ALLOW_H

#include <stddef.h>

struct allow;
struct err;

/* "10.0.0.0/8", "fd00::/8", or a single address. NULL with *err naming the bad one. */
struct allow *allow_new(char *const *networks, size_t count, struct err *err);
void allow_free(struct allow *allow);
/* `address` is numeric; an IPv4 address mapped into IPv6 counts as IPv4; "unix" is in. */
_Bool allow_has(const struct allow *allow, const char *address);
/* Is the text a network? -EINVAL says what is wrong. */
int allow_check(const char *network, struct err *err);

#endif
