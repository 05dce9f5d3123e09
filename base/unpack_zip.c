#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/err.h"
#include "base/unpack_codec.h"

/* A local file header (APPNOTE 4.3.7): where in it what stands. */
#define HEAD_LEN       30
#define HEAD_FLAGS     6
#define HEAD_METHOD    8
#define HEAD_CRC       14
#define HEAD_PACKED    18
#define HEAD_NAME_LEN  26
#define HEAD_EXTRA_LEN 28

#define FLAG_ENCRYPTED  0x0001
#define FLAG_DESCRIPTOR 0x0008 /* CRC and sizes stand behind the data */
#define METHOD_STORED   0
#define METHOD_DEFLATED 8
#define DESCRIPTOR_LEN  8 /* of it we read: perhaps a signature, then the CRC */
#define DESCRIPTOR_SIG  0x08074b50u

enum zip_place { ZIP_HEAD, ZIP_NAMES, ZIP_STORED, ZIP_DEFLATED, ZIP_DESCRIPTOR, ZIP_OVER };

struct zip {
	enum zip_place place;
	unsigned char head[HEAD_LEN];
	size_t have;   /* bytes of the head, or of the descriptor, that stand in `head` */
	uint64_t left; /* bytes of the names, or of stored data, still to come */
	char last;     /* of the name */
	unsigned flags, method;
	uint32_t crc_want, crc;
	z_stream z;
};

static unsigned
u16(const unsigned char *p)
{
	return p[0] | (unsigned)p[1] << 8;
}

static uint32_t
u32(const unsigned char *p)
{
	return u16(p) | (uint32_t)u16(p + 2) << 16;
}

static void *
zip_new(void)
{
	struct zip *s = calloc(1, sizeof(*s));

	/* -15: raw deflate. */
	if (s != NULL && inflateInit2(&s->z, -15) != Z_OK) {
		free(s);
		return NULL;
	}
	return s;
}

static void
zip_free(void *state)
{
	struct zip *s = state;

	(void)inflateEnd(&s->z);
	free(s);
}

/* Moves up to `want` bytes into s->head; true when they are all there. */
static _Bool
gather(struct zip *s, struct unpack_io *io, size_t want)
{
	while (s->have < want && io->in_len > 0) {
		s->head[s->have++] = *io->in++;
		io->in_len--;
	}
	return s->have == want;
}

static int
read_head(struct zip *s, struct unpack_io *io, struct err *err)
{
	if (!gather(s, io, HEAD_LEN))
		return 0;
	if (u32(s->head) != 0x04034b50)
		return err_set(err, EBADMSG, "zip: there is no file in it");
	s->flags = u16(s->head + HEAD_FLAGS);
	s->method = u16(s->head + HEAD_METHOD);
	s->crc_want = u32(s->head + HEAD_CRC);
	s->left = u16(s->head + HEAD_NAME_LEN) + (uint64_t)u16(s->head + HEAD_EXTRA_LEN);
	s->place = ZIP_NAMES;
	if (s->flags & FLAG_ENCRYPTED)
		return err_set(err, EBADMSG, "zip: it is encrypted");
	if (s->method == METHOD_DEFLATED)
		return 0;
	if (s->method != METHOD_STORED || s->flags & FLAG_DESCRIPTOR ||
	    u32(s->head + HEAD_PACKED) == UINT32_MAX)
		return err_set(err, EBADMSG,
		    "zip: it is not compressed with deflate; zip it with an ordinary tool");
	return 0;
}

/* The name and the extra field; a folder before the first file is skipped. */
static int
skip_names(struct zip *s, struct unpack_io *io)
{
	uint64_t extra = u16(s->head + HEAD_EXTRA_LEN);

	while (s->left > 0 && io->in_len > 0) {
		if (s->left-- > extra)
			s->last = (char)*io->in;
		io->in++;
		io->in_len--;
	}
	if (s->left > 0)
		return 0;
	s->have = 0;
	if (s->last == '/')
		s->place = ZIP_HEAD;
	else if (s->method == METHOD_DEFLATED)
		s->place = ZIP_DEFLATED;
	else
		s->place = ZIP_STORED;
	if (s->place == ZIP_STORED)
		s->left = u32(s->head + HEAD_PACKED);
	return 0;
}

static int
check_crc(struct zip *s, struct err *err)
{
	s->place = ZIP_OVER;
	return s->crc == s->crc_want
	    ? 1
	    : err_set(err, EBADMSG, "broken zip data: its check sum differs");
}

static int
copy_stored(struct zip *s, struct unpack_io *io, struct err *err)
{
	size_t n = io->in_len < io->room ? io->in_len : io->room;

	if (n > s->left)
		n = (size_t)s->left;
	memcpy(io->out, io->in, n);
	s->crc = (uint32_t)crc32_z(s->crc, io->in, n);
	io->in += n;
	io->in_len -= n;
	io->out += n;
	io->room -= n;
	s->left -= n;
	return s->left > 0 ? 0 : check_crc(s, err);
}

static int
inflate_some(struct zip *s, struct unpack_io *io, struct err *err)
{
	const unsigned char *out = io->out;
	int rc = unpack_inflate(&s->z, io, "zip", err);

	s->crc = (uint32_t)crc32_z(s->crc, out, (size_t)(io->out - out));
	if (rc <= 0)
		return rc;
	if (!(s->flags & FLAG_DESCRIPTOR))
		return check_crc(s, err);
	s->place = ZIP_DESCRIPTOR;
	return 0;
}

static int
read_descriptor(struct zip *s, struct unpack_io *io, struct err *err)
{
	if (!gather(s, io, DESCRIPTOR_LEN))
		return 0;
	/* The signature is optional (APPNOTE 4.3.9.3). */
	s->crc_want = u32(s->head);
	if (s->crc_want == DESCRIPTOR_SIG && s->crc != DESCRIPTOR_SIG)
		s->crc_want = u32(s->head + 4);
	return check_crc(s, err);
}

static int
zip_run(void *state, struct unpack_io *io, struct err *err)
{
	struct zip *s = state;
	int rc = 0;

	while (rc == 0 && (io->in_len > 0 || s->place == ZIP_STORED)) {
		enum zip_place before = s->place;

		switch (s->place) {
		case ZIP_HEAD: rc = read_head(s, io, err); break;
		case ZIP_NAMES: rc = skip_names(s, io); break;
		case ZIP_STORED: rc = copy_stored(s, io, err); break;
		case ZIP_DEFLATED: rc = inflate_some(s, io, err); break;
		case ZIP_DESCRIPTOR: rc = read_descriptor(s, io, err); break;
		case ZIP_OVER: rc = 1; break;
		}
		if (s->place == before)
			break; /* it wants input or room */
	}
	return rc;
}

static _Bool
zip_whole(void *state)
{
	const struct zip *s = state;

	return s->place == ZIP_OVER;
}

const struct unpack_codec unpack_zip = { "zip", { 'P', 'K', 3, 4 }, 4, zip_new, zip_free, zip_run,
	zip_whole };
