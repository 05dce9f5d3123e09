#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#include "base/err.h"
#include "base/list.h"
#include "base/unpack_codec.h"

/* A local file header (APPNOTE 4.3.7): where in it what stands. */
#define HEAD_LEN       30
#define HEAD_SIG       0x04034b50u
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
#define DESCRIPTOR_REST 16 /* behind those, at most: the sizes, of 4 or 8 bytes each */

#define DIRECTORY_SIG 0x02014b50u /* of the central directory, behind the last file */

#define MAC_FOLDER "__MACOSX/"
/* Plain bytes of all that is passed over: no bomb is hidden there. */
#define ASIDE_MAX  ((size_t)1 << 20)

enum zip_place {
	ZIP_HEAD,
	ZIP_NAMES,
	ZIP_STORED,
	ZIP_DEFLATED,
	ZIP_DESCRIPTOR,
	ZIP_HELD, /* gives what was held, then goes on at `then` */
	ZIP_OVER
};

enum zip_entry {
	ZIP_FILE,   /* what is looked for */
	ZIP_FOLDER, /* passed over */
	ZIP_ASIDE,  /* as a README: passed over, but the first is held in case it is all there is */
};

struct zip {
	enum zip_place place, then;
	enum zip_entry entry;
	unsigned char head[HEAD_LEN];
	size_t have;   /* bytes of the head, or of the descriptor, that stand in `head` */
	size_t slack;  /* bytes that may stand before the head */
	uint64_t left; /* bytes of the names, or of stored data, still to come */
	char start[sizeof(MAC_FOLDER) - 1], end[4]; /* of the name */
	unsigned flags, method;
	uint32_t crc_want, crc;
	unsigned char *aside; /* ASIDE_MAX bytes, once anything is passed over */
	size_t aside_len, from;
	size_t held, held_end; /* the first of them: where in `aside` */
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
	free(s->aside);
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

/* Behind the entries: of those that were passed over the first that is no folder is the file. */
static int
read_directory(struct zip *s, struct err *err)
{
	if (s->held == s->held_end)
		return err_set(err, EBADMSG, "zip: there is no file in it");
	s->place = ZIP_HELD;
	s->then = ZIP_OVER;
	return 0;
}

/* All of a head, or of what stands in its place; sizes of a descriptor before it are dropped. */
static _Bool
gather_head(struct zip *s, struct unpack_io *io)
{
	while (gather(s, io, HEAD_LEN)) {
		if (s->slack == 0 || u32(s->head) == HEAD_SIG || u32(s->head) == DIRECTORY_SIG)
			return 1;
		s->slack -= 4;
		s->have -= 4;
		memmove(s->head, s->head + 4, s->have);
	}
	return 0;
}

static int
read_head(struct zip *s, struct unpack_io *io, struct err *err)
{
	if (!gather_head(s, io))
		return 0;
	if (u32(s->head) != HEAD_SIG)
		return read_directory(s, err);
	s->flags = u16(s->head + HEAD_FLAGS);
	s->method = u16(s->head + HEAD_METHOD);
	s->crc_want = u32(s->head + HEAD_CRC);
	s->crc = 0;
	s->left = u16(s->head + HEAD_NAME_LEN) + (uint64_t)u16(s->head + HEAD_EXTRA_LEN);
	s->have = 0; /* now of the name */
	memset(s->end, 0, sizeof(s->end));
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

static void
add_to_name(struct zip *s, char c)
{
	if (s->have < sizeof(s->start))
		s->start[s->have++] = c;
	memmove(s->end, s->end + 1, sizeof(s->end) - 1);
	s->end[sizeof(s->end) - 1] = c;
}

/* What an entry is, by its name. */
static enum zip_entry
judge_name(const struct zip *s)
{
	static const char *const ends[] = { ".txt", ".md", ".nfo", ".url" };

	if (s->end[sizeof(s->end) - 1] == '/' ||
	    (s->have == sizeof(s->start) && strncasecmp(s->start, MAC_FOLDER, s->have) == 0))
		return ZIP_FOLDER;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		size_t len = strlen(ends[i]);

		if (strncasecmp(s->end + sizeof(s->end) - len, ends[i], len) == 0)
			return ZIP_ASIDE;
	}
	return ZIP_FILE;
}

/* The name and the extra field. */
static int
read_names(struct zip *s, struct unpack_io *io, struct err *err)
{
	uint64_t extra = u16(s->head + HEAD_EXTRA_LEN);

	while (s->left > 0 && io->in_len > 0) {
		if (s->left-- > extra)
			add_to_name(s, (char)*io->in);
		io->in++;
		io->in_len--;
	}
	if (s->left > 0)
		return 0;
	s->entry = judge_name(s);
	s->have = 0;
	s->from = s->aside_len;
	if (s->entry != ZIP_FILE && s->aside == NULL)
		s->aside = malloc(ASIDE_MAX);
	if (s->entry != ZIP_FILE && s->aside == NULL)
		return err_set(err, ENOMEM, "out of memory");
	s->place = s->method == METHOD_DEFLATED ? ZIP_DEFLATED : ZIP_STORED;
	if (s->place == ZIP_STORED)
		s->left = u32(s->head + HEAD_PACKED);
	return 0;
}

/* The data of an entry is over; 1: it was the file. */
static int
end_entry(struct zip *s, struct err *err)
{
	if (s->crc != s->crc_want)
		return err_set(err, EBADMSG, "broken zip data: its check sum differs");
	if (s->entry == ZIP_FILE) {
		s->place = ZIP_OVER;
		return 1;
	}
	if (s->entry == ZIP_ASIDE && s->held == s->held_end) {
		s->held = s->from;
		s->held_end = s->aside_len;
	}
	(void)inflateReset(&s->z);
	s->have = 0;
	s->slack = s->flags & FLAG_DESCRIPTOR ? DESCRIPTOR_REST : 0;
	s->place = ZIP_HEAD;
	return 0;
}

static int
copy_stored(struct zip *s, struct unpack_io *io)
{
	size_t n = io->in_len < io->room ? io->in_len : io->room;

	if (n > s->left)
		n = (size_t)s->left;
	memcpy(io->out, io->in, n);
	io->in += n;
	io->in_len -= n;
	io->out += n;
	io->room -= n;
	s->left -= n;
	return s->left == 0;
}

/* 1: the data of the entry ends here. */
static int
decode(struct zip *s, struct unpack_io *io, struct err *err)
{
	const unsigned char *out = io->out;
	int rc = s->place == ZIP_STORED ? copy_stored(s, io)
					: unpack_inflate(&s->z, io, "zip", err);

	s->crc = (uint32_t)crc32_z(s->crc, out, (size_t)(io->out - out));
	return rc;
}

/* As decode(), of an entry that is not the file, or that has more in it than such have. */
static int
pass_over(struct zip *s, struct unpack_io *io, struct err *err)
{
	struct unpack_io aside = { .in = io->in,
		.in_len = io->in_len,
		.out = s->aside + s->aside_len,
		.room = ASIDE_MAX - s->aside_len };
	int rc = decode(s, &aside, err);

	io->in = aside.in;
	io->in_len = aside.in_len;
	s->aside_len = ASIDE_MAX - aside.room;
	if (rc != 0 || aside.room > 0)
		return rc;
	if (s->entry == ZIP_FOLDER)
		return err_set(err, EFBIG, "zip: more than %zu MiB stand before its file",
		    ASIDE_MAX >> 20);
	s->entry = ZIP_FILE;
	s->held = s->from;
	s->held_end = s->aside_len;
	s->then = s->place;
	s->place = ZIP_HELD;
	return 0;
}

static int
read_data(struct zip *s, struct unpack_io *io, struct err *err)
{
	int rc = s->entry == ZIP_FILE ? decode(s, io, err) : pass_over(s, io, err);

	if (rc <= 0)
		return rc;
	if (!(s->flags & FLAG_DESCRIPTOR))
		return end_entry(s, err);
	s->place = ZIP_DESCRIPTOR;
	return 0;
}

static int
give_held(struct zip *s, struct unpack_io *io)
{
	size_t n = s->held_end - s->held;

	if (n > io->room)
		n = io->room;
	memcpy(io->out, s->aside + s->held, n);
	io->out += n;
	io->room -= n;
	s->held += n;
	if (s->held < s->held_end)
		return 0;
	s->place = s->then;
	return s->place == ZIP_OVER;
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
	return end_entry(s, err);
}

static int
zip_run(void *state, struct unpack_io *io, struct err *err)
{
	struct zip *s = state;
	int rc = 0;

	while (rc == 0 && (io->in_len > 0 || s->place == ZIP_STORED || s->place == ZIP_HELD)) {
		enum zip_place before = s->place;

		switch (s->place) {
		case ZIP_HEAD: rc = read_head(s, io, err); break;
		case ZIP_NAMES: rc = read_names(s, io, err); break;
		case ZIP_STORED:
		case ZIP_DEFLATED: rc = read_data(s, io, err); break;
		case ZIP_DESCRIPTOR: rc = read_descriptor(s, io, err); break;
		case ZIP_HELD: rc = give_held(s, io); break;
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
