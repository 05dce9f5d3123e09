#include <errno.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/err.h"
#include "base/unpack_codec.h"

enum gzip_place {
	GZIP_MEMBER,
	GZIP_BETWEEN, /* behind one */
};

struct gzip {
	enum gzip_place place;
	z_stream z;
};

static void *
gzip_new(void)
{
	struct gzip *g = calloc(1, sizeof(*g));

	/* 15 + 16: the gzip wrapper, with its check sum. */
	if (g != NULL && inflateInit2(&g->z, 15 + 16) != Z_OK) {
		free(g);
		return NULL;
	}
	return g;
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
	return inflateReset(&g->z) == Z_OK ? 0 : err_set(err, ENOMEM, "out of memory");
}

static int
gzip_run(void *state, struct unpack_io *io, struct err *err)
{
	struct gzip *g = state;
	int rc;

	if (g->place == GZIP_BETWEEN) {
		rc = io->in_len == 0 ? 0 : next_member(g, io, err);
		if (io->in_len == 0 || rc != 0)
			return rc;
	}
	rc = unpack_inflate(&g->z, io, "gzip", err);
	if (rc > 0)
		g->place = GZIP_BETWEEN;
	return rc < 0 ? rc : 0;
}

static _Bool
gzip_whole(void *state)
{
	const struct gzip *g = state;

	return g->place == GZIP_BETWEEN;
}

const struct unpack_codec unpack_gzip = { "gzip", { 0x1f, 0x8b }, 2, gzip_new, gzip_free, gzip_run,
	gzip_whole };
