#include <errno.h>
#include <lzma.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/unpack.h"
#include "base/unpack_codec.h"

static void *
xz_new(void)
{
	lzma_stream *z = calloc(1, sizeof(*z));

	if (z != NULL && lzma_stream_decoder(z, UNPACK_MEMORY_MAX, LZMA_CONCATENATED) != LZMA_OK) {
		free(z);
		return NULL;
	}
	return z;
}

static void
xz_free(void *state)
{
	lzma_end(state);
	free(state);
}

static int
xz_error(lzma_ret code, struct err *err)
{
	if (code == LZMA_MEM_ERROR)
		return err_set(err, ENOMEM, "out of memory");
	if (code == LZMA_MEMLIMIT_ERROR)
		return err_set(err, EFBIG,
		    "xz: wants more than %u MiB of memory; compress it with -9 or less",
		    (unsigned)(UNPACK_MEMORY_MAX >> 20));
	return err_set(err, EBADMSG, "broken xz data: %s",
	    code == LZMA_OPTIONS_ERROR ? "unknown options" : "it is damaged");
}

static int
xz_run(void *state, struct unpack_io *io, struct err *err)
{
	lzma_stream *z = state;
	lzma_ret code;

	z->next_in = io->in;
	z->avail_in = io->in_len;
	z->next_out = io->out;
	z->avail_out = io->room;
	code = lzma_code(z, LZMA_RUN);
	io->in = z->next_in;
	io->in_len = z->avail_in;
	io->out = z->next_out;
	io->room = z->avail_out;
	/* LZMA_BUF_ERROR: neither input nor room, twice. */
	return code == LZMA_OK || code == LZMA_BUF_ERROR ? 0 : xz_error(code, err);
}

/* With LZMA_CONCATENATED the end of the input must be said, and only then is it an end. */
static _Bool
xz_whole(void *state)
{
	lzma_stream *z = state;
	unsigned char none;

	z->next_in = NULL;
	z->avail_in = 0;
	z->next_out = &none;
	z->avail_out = 1;
	return lzma_code(z, LZMA_FINISH) == LZMA_STREAM_END;
}

const struct unpack_codec unpack_xz = { "xz", { 0xfd, '7', 'z', 'X', 'Z', 0 }, 6, xz_new, xz_free,
	xz_run, xz_whole };
