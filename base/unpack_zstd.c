#include <errno.h>
#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/err.h"
#include "base/unpack.h"
#include "base/unpack_codec.h"

#define WINDOW_LOG_MAX 26 /* 64 MiB */
_Static_assert(UINT64_C(1) << WINDOW_LOG_MAX < UNPACK_MEMORY_MAX, "the window fits");

struct zstd {
	ZSTD_DStream *z;
	_Bool between; /* behind a frame */
};

static void
zstd_free(void *state)
{
	struct zstd *s = state;

	(void)ZSTD_freeDStream(s->z);
	free(s);
}

static void *
zstd_new(void)
{
	struct zstd *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->z = ZSTD_createDStream();
	if (s->z == NULL ||
	    ZSTD_isError(ZSTD_DCtx_setParameter(s->z, ZSTD_d_windowLogMax, WINDOW_LOG_MAX))) {
		zstd_free(s);
		return NULL;
	}
	return s;
}

static int
zstd_error(size_t code, struct err *err)
{
	ZSTD_ErrorCode what = ZSTD_getErrorCode(code);

	if (what == ZSTD_error_memory_allocation)
		return err_set(err, ENOMEM, "out of memory");
	if (what == ZSTD_error_frameParameter_windowTooLarge)
		return err_set(err, EFBIG,
		    "zstd: wants more than %u MiB of memory; compress it without --ultra and "
		    "--long",
		    1u << (WINDOW_LOG_MAX - 20));
	return err_set(err, EBADMSG, "broken zstd data: %s", ZSTD_getErrorName(code));
}

static int
zstd_run(void *state, struct unpack_io *io, struct err *err)
{
	struct zstd *s = state;
	ZSTD_inBuffer in = { io->in, io->in_len, 0 };
	ZSTD_outBuffer out = { io->out, io->room, 0 };
	size_t code;

	if (s->between && io->in_len == 0)
		return 0;
	code = ZSTD_decompressStream(s->z, &out, &in);
	io->in += in.pos;
	io->in_len -= in.pos;
	io->out += out.pos;
	io->room -= out.pos;
	if (ZSTD_isError(code))
		return zstd_error(code, err);
	s->between = code == 0;
	return 0;
}

static _Bool
zstd_whole(void *state)
{
	const struct zstd *s = state;

	return s->between;
}

const struct unpack_codec unpack_zstd = { "zstd", { 0x28, 0xb5, 0x2f, 0xfd }, 4, zstd_new,
	zstd_free, zstd_run, zstd_whole };
