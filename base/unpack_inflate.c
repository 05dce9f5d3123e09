#include <errno.h>
#include <zlib.h>

#include "base/err.h"
#include "base/unpack_codec.h"

#define PIECE_MAX ((size_t)1 << 30) /* zlib counts in 32 bits */

int
unpack_inflate(struct z_stream_s *z, struct unpack_io *io, const char *form, struct err *err)
{
	union {
		const unsigned char *in;
		unsigned char *z; /* zlib's next_in lacks the const that it keeps */
	} cast = { .in = io->in };
	uInt n = (uInt)(io->in_len > PIECE_MAX ? PIECE_MAX : io->in_len);
	int code;

	z->next_in = cast.z;
	z->avail_in = n;
	z->next_out = io->out;
	z->avail_out = (uInt)io->room;
	code = inflate(z, Z_NO_FLUSH);
	io->in += n - z->avail_in;
	io->in_len -= n - z->avail_in;
	io->out = z->next_out;
	io->room = z->avail_out;
	if (code == Z_STREAM_END)
		return 1;
	if (code == Z_MEM_ERROR)
		return err_set(err, ENOMEM, "out of memory");
	if (code != Z_OK && code != Z_BUF_ERROR)
		return err_set(err, EBADMSG, "broken %s data: %s", form,
		    z->msg == NULL ? "preset dictionary" : z->msg);
	return 0;
}
