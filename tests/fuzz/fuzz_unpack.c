/* rooms: base */
/*
 * Compressed input of every form. The first byte says how it is cut: whatever it is, the
 * same text must come out, or the same complaint, and never more than the limits allow.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/unpack.h"

static const struct unpack_limits limits = {
	.bytes_max = 1u << 20,
	.ratio_free = 64u << 10,
	.ratio_max = 50,
};

struct seen {
	uint64_t hash;
	size_t bytes;
};

static int
see(const void *data, size_t len, void *arg, struct err *err)
{
	struct seen *seen = arg;

	(void)err;
	seen->hash = hash_fnv(seen->hash, data, len);
	seen->bytes += len;
	if (seen->bytes > limits.bytes_max)
		abort();
	return 0;
}

static int
unpack(const uint8_t *data, size_t size, size_t step, struct seen *seen, struct err *err)
{
	struct unpack *u = unpack_new(&limits, see, seen);
	int rc = 0;

	if (u == NULL)
		abort();
	*seen = (struct seen){ HASH_FNV_INIT, 0 };
	for (size_t at = 0; at < size && rc == 0; at += step)
		rc = unpack_feed(u, data + at, size - at < step ? size - at : step, err);
	if (rc == 0)
		rc = unpack_finish(u, err);
	unpack_free(u);
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err whole_err = ERR_INIT, cut_err = ERR_INIT;
	struct seen whole, cut;
	int rc;

	if (size == 0)
		return 0;
	rc = unpack(data + 1, size - 1, size, &whole, &whole_err);
	/* At the edge of the ratio limit it counts how far a decoder has read ahead. */
	if (unpack(data + 1, size - 1, 1 + data[0] % 64u, &cut, &cut_err) != rc &&
	    whole_err.code != -EFBIG && cut_err.code != -EFBIG)
		abort();
	/* Where it stopped may differ by a piece when it is broken; what was whole may not. */
	if (rc == 0 && cut_err.code == 0 && (cut.hash != whole.hash || cut.bytes != whole.bytes))
		abort();
	return 0;
}
