#include "gateway/tuner/identity.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What must be XORed into the last nibble to make the checksum hold. */
static uint32_t
checksum(uint32_t id)
{
	static const uint8_t table[16] = { 0xa, 0x5, 0xf, 0x6, 0x7, 0xc, 0x1, 0xb, 0x9, 0x2, 0x8,
		0xd, 0x4, 0x3, 0xe, 0x0 };
	uint32_t sum = 0;

	for (int nibble = 7; nibble >= 0; nibble--) {
		uint32_t n = id >> (4 * nibble) & 0xf;

		sum ^= nibble % 2 == 1 ? table[n] : n;
	}
	return sum;
}

_Bool
identity_is_valid(uint32_t id)
{
	return checksum(id) == 0;
}

uint32_t
identity_make(uint32_t bits)
{
	uint32_t id = UINT32_C(0x10a00000) | (bits & UINT32_C(0xffff0));

	return id ^ checksum(id);
}

_Bool
identity_parse(const char *text, uint32_t *ret)
{
	uint32_t id;

	if (strlen(text) != 8 || strspn(text, "0123456789abcdefABCDEF") != 8)
		return 0;
	id = (uint32_t)strtoul(text, NULL, 16);
	if (!identity_is_valid(id))
		return 0;
	*ret = id;
	return 1;
}

void
identity_text(uint32_t id, char out[9])
{
	snprintf(out, 9, "%08" PRIX32, id);
}

void
identity_uuid(uint32_t id, char out[37])
{
	/* A version 8 UUID (RFC 9562 §5.8): "masthead" and the device id. */
	snprintf(out, 37, "6d617374-6865-8164-8000-0000%08" PRIx32, id);
}
