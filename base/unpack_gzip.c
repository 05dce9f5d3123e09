#include <endian.h>
#include <errno.h>
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/err.h"
#include "base/unpack_codec.h"

enum gzip_place {
	GZIP_MEMBER,
	GZIP_BETWEEN, /* behind one */
};

/* Behind a member's data: its CRC-32 and its length, 32 bits each (RFC 1952 §2.3.1). */
#define TRAILER 8

struct gzip {
	enum gzip_place place;
	z_stream z;
	uint32_t crc, len;           /* of the member's data so far; modulo 2^32 */
	unsigned char tail[TRAILER]; /* the last bytes that went in */
};

static void *
gzip_new(void)
{
	struct gzip *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return NULL;
	/* 15 + 16: the gzip wrapper; its check sum takes zlib a fifth of all the time. */
	if (inflateInit2(&g->z, 15 + 16) == Z_OK && inflateValidate(&g->z, 0) == Z_OK)
		return g;
	(void)inflateEnd(&g->z);
	free(g);
	return NULL;
}

static void
gzip_free(void *state)
{
	struct gzip *g = state;

	(void)inflateEnd(&g->z);
	free(g);
}

/* zlib reads the rest of the magic and complains if it is none; what is no member is padding. */
static int
next_member(struct gzip *g, const struct unpack_io *io, struct err *err)
{
	if (*io->in != 0x1f)
		return 1;
	g->place = GZIP_MEMBER;
	g->crc = g->len = 0;
	return inflateReset(&g->z) == Z_OK ? 0 : err_set(err, ENOMEM, "out of memory");
}

static void
keep_tail(struct gzip *g, const unsigned char *in, size_t len)
{
	size_t n = len < TRAILER ? len : TRAILER;

	memmove(g->tail, g->tail + n, TRAILER - n);
	memcpy(g->tail + TRAILER - n, in + len - n, n);
}

static int
check_member(const struct gzip *g, struct err *err)
{
	uint32_t said[2];

	memcpy(said, g->tail, sizeof(said));
	if (le32toh(said[0]) != g->crc)
		return err_set(err, EBADMSG, "broken gzip data: its check sum differs");
	if (le32toh(said[1]) != g->len)
		return err_set(err, EBADMSG, "broken gzip data: its length differs");
	return 0;
}

static int
gzip_run(void *state, struct unpack_io *io, struct err *err)
{
	const unsigned char *in = io->in, *out = io->out;
	struct gzip *g = state;
	int rc;

	if (g->place == GZIP_BETWEEN) {
		rc = io->in_len == 0 ? 0 : next_member(g, io, err);
		if (io->in_len == 0 || rc != 0)
			return rc;
	}
	rc = unpack_inflate(&g->z, io, "gzip", err);
	g->crc = libdeflate_crc32(g->crc, out, (size_t)(io->out - out));
	g->len += (uint32_t)(io->out - out);
	keep_tail(g, in, (size_t)(io->in - in));
	if (rc <= 0)
		return rc;
	g->place = GZIP_BETWEEN;
	return check_member(g, err);
}

static _Bool
gzip_whole(void *state)
{
	const struct gzip *g = state;

	return g->place == GZIP_BETWEEN;
}

const struct unpack_codec unpack_gzip = { "gzip", { 0x1f, 0x8b }, 2, gzip_new, gzip_free, gzip_run,
	gzip_whole };
