/*
 * What base/unpack.c knows of a compressed form: how it begins, and a decoder that takes
 * and gives bytes in pieces.
 */
#ifndef BASE_UNPACK_CODEC_H
#define BASE_UNPACK_CODEC_H

#include <stddef.h>

struct err;
struct z_stream_s;

struct unpack_io {
	const unsigned char *in;
	size_t in_len; /* what is left of it */
	unsigned char *out;
	size_t room; /* what is left of it */
};

#define UNPACK_MAGIC_MAX 6

struct unpack_codec {
	const char *name;
	unsigned char magic[UNPACK_MAGIC_MAX];
	size_t magic_len;
	void *(*new)(void); /* NULL: no memory */
	void (*free)(void *state);
	/*
	 * Takes input and gives output until one of the two is used up. 0; 1: that was all,
	 * whatever follows; -EBADMSG, -EFBIG or -ENOMEM.
	 */
	int (*run)(void *state, struct unpack_io *io, struct err *err);
	/* May the input end here? Asked last. */
	_Bool (*whole)(void *state);
};

extern const struct unpack_codec unpack_gzip, unpack_xz, unpack_zstd, unpack_zip;

/*
 * One step of deflate data, whose `form` ("gzip") is for errors. 0; 1: the data ends here;
 * -EBADMSG or -ENOMEM.
 */
int unpack_inflate(struct z_stream_s *z, struct unpack_io *io, const char *form, struct err *err);

#endif
