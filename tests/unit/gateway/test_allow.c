#include "gateway/allow.h"

#include <errno.h>
#include <stdio.h>

#include "base/err.h"
#include "unit.h"

static const struct {
	const char *network, *address;
	_Bool in;
} rows[] = {
	{ "192.168.0.0/16", "192.168.7.9", 1 },
	{ "192.168.0.0/16", "192.169.0.1", 0 },
	{ "10.0.0.0/9", "10.127.255.255", 1 },
	{ "10.0.0.0/9", "10.128.0.0", 0 },
	{ "127.0.0.1", "127.0.0.1", 1 },
	{ "127.0.0.1", "127.0.0.2", 0 },
	{ "0.0.0.0/0", "8.8.8.8", 1 },
	{ "0.0.0.0/0", "2001:db8::1", 0 },
	{ "::/0", "8.8.8.8", 1 },
	{ "fe80::/10", "fe80::1%eth0", 1 },
	{ "fe80::/10", "fec0::1", 0 },
	{ "fd00::/8", "fd12:3456::1", 1 },
	{ "192.168.0.0/16", "::ffff:192.168.1.1", 1 },
	{ "192.168.0.0/16", "unix", 1 },
	{ "192.168.0.0/16", "", 0 },
	{ "192.168.0.0/16", "localhost", 0 },
};

START_TEST(tells_who_is_in)
{
	struct err err = ERR_INIT;
	char text[32];
	char *networks[] = { text };
	struct allow *allow;

	snprintf(text, sizeof(text), "%s", rows[_i].network);
	allow = allow_new(networks, 1, &err);
	ck_assert_msg(allow != NULL, "%s", err.text);
	ck_assert_msg(allow_has(allow, rows[_i].address) == rows[_i].in, "%s in %s",
	    rows[_i].address, rows[_i].network);
	allow_free(allow);
}
END_TEST

static const char *const bad[] = { "", "/", "192.168.0.0/33", "192.168.0.0/", "192.168.0.0/1x",
	"192.168.0/16", "fe80::/129", "fe80::/1000", "everyone", "10.0.0.0/8/8", "1.2.3.4/-1" };

START_TEST(refuses_what_is_no_network)
{
	struct err err = ERR_INIT;

	ck_assert_int_eq(allow_check(bad[_i], &err), -EINVAL);
	ck_assert(err.text[0] != '\0');
}
END_TEST

UNIT_MAIN("allow", UNIT_ROWS(tells_who_is_in, ARRAY_LEN(rows)),
    UNIT_ROWS(refuses_what_is_no_network, ARRAY_LEN(bad)))
