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
	union {
		const unsigned char *in;
		unsigned char *z; /* zlib's next_in lacks the const that it keeps */
	} cast = { .in = io->in };
	uInt n = io->in_len > (1u << 30) ? 1u << 30 : (uInt)io->in_len;
	int code, rc;

	if (g->place == GZIP_BETWEEN) {
		rc = n == 0 ? 0 : next_member(g, io, err);
		if (n == 0 || rc != 0)
			return rc;
	}
	g->z.next_in = cast.z;
	g->z.avail_in = n;
	g->z.next_out = io->out;
	g->z.avail_out = (uInt)io->room;
	code = inflate(&g->z, Z_NO_FLUSH);
	io->in += n - g->z.avail_in;
	io->in_len -= n - g->z.avail_in;
	io->out = g->z.next_out;
	io->room = g->z.avail_out;
	if (code == Z_STREAM_END)
		g->place = GZIP_BETWEEN;
	if (code == Z_MEM_ERROR)
		return err_set(err, ENOMEM, "out of memory");
	if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
		return err_set(err, EBADMSG, "broken gzip data: %s",
		    g->z.msg == NULL ? "preset dictionary" : g->z.msg);
	return 0;
}

static _Bool
gzip_whole(void *state)
{
	const struct gzip *g = state;

	return g->place == GZIP_BETWEEN;
}

const struct unpack_codec unpack_gzip = { "gzip", { 0x1f, 0x8b }, 2, gzip_new, gzip_free, gzip_run,
	gzip_whole };
