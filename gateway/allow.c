#include "gateway/allow.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/* IPv4 lives in ::ffff:0:0/96, so there is one form to compare. */
struct network {
	unsigned char bytes[16];
	unsigned bits;
};

struct allow {
	size_t count;
	struct network networks[];
};

static _Bool
parse_address(const char *text, unsigned char out[16], unsigned *ret_offset)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (inet_pton(AF_INET, text, out + 12) == 1) {
		memcpy(out, mapped, sizeof(mapped));
		*ret_offset = 96;
		return 1;
	}
	*ret_offset = 0;
	return inet_pton(AF_INET6, text, out) == 1;
}

static int
parse_network(struct network *network, const char *text, struct err *err)
{
	char address[64];
	const char *slash = strchrnul(text, '/');
	size_t len = (size_t)(slash - text);
	unsigned offset, bits;

	if (len >= sizeof(address))
		return err_set(err, EINVAL, "'%.60s' is not a network such as 192.168.0.0/16",
		    text);
	memcpy(address, text, len);
	address[len] = '\0';
	if (!parse_address(address, network->bytes, &offset))
		return err_set(err, EINVAL, "'%s' is not a network such as 192.168.0.0/16", text);
	bits = 128 - offset;
	if (*slash == '/') {
		size_t digits = strspn(slash + 1, "0123456789");

		if (digits == 0 || digits > 3 || slash[1 + digits] != '\0' ||
		    strtoul(slash + 1, NULL, 10) > bits)
			return err_set(err, EINVAL, "'%s': the part behind / is from 0 to %u", text,
			    bits);
		bits = (unsigned)strtoul(slash + 1, NULL, 10);
	}
	network->bits = offset + bits;
	return 0;
}

int
allow_check(const char *network, struct err *err)
{
	struct network parsed;

	return parse_network(&parsed, network, err);
}

struct allow *
allow_new(char *const *networks, size_t count, struct err *err)
{
	struct allow *allow = calloc(1, sizeof(*allow) + count * sizeof(allow->networks[0]));

	if (allow == NULL) {
		err_set(err, ENOMEM, "out of memory");
		return NULL;
	}
	for (; allow->count < count; allow->count++) {
		if (parse_network(&allow->networks[allow->count], networks[allow->count], err) <
		    0) {
			allow_free(allow);
			return NULL;
		}
	}
	return allow;
}

void
allow_free(struct allow *allow)
{
	free(allow);
}

static _Bool
covers(const struct network *network, const unsigned char address[16])
{
	unsigned whole = network->bits / 8, rest = network->bits % 8;

	if (memcmp(network->bytes, address, whole) != 0)
		return 0;
	return rest == 0 || (network->bytes[whole] ^ address[whole]) >> (8 - rest) == 0;
}

_Bool
allow_has(const struct allow *allow, const char *address)
{
	unsigned char bytes[16];
	char plain[64];
	unsigned offset;
	size_t len = strcspn(address, "%"); /* fe80::1%eth0 */

	if (strcmp(address, "unix") == 0)
		return 1;
	if (len >= sizeof(plain))
		return 0;
	memcpy(plain, address, len);
	plain[len] = '\0';
	if (!parse_address(plain, bytes, &offset))
		return 0;
	for (size_t i = 0; i < allow->count; i++) {
		if (covers(&allow->networks[i], bytes))
			return 1;
	}
	return 0;
}
