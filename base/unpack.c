#include "base/unpack.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/err.h"

#define PIECE (128u << 10)

enum unpack_form {
	UNPACK_UNKNOWN, /* fewer than two bytes so far */
	UNPACK_PLAIN,
	UNPACK_MEMBER,  /* in a member */
	UNPACK_BETWEEN, /* behind one */
	UNPACK_PADDING, /* behind the last */
};

struct unpack {
	struct unpack_limits limits;
	unpack_cb *out;
	void *arg;
	enum unpack_form form;
	unsigned char magic[2];
	size_t magic_len;
	uint64_t in_bytes, out_bytes;
	_Bool open;
	z_stream z;
	unsigned char piece[PIECE];
};

struct unpack *
unpack_new(const struct unpack_limits *limits, unpack_cb *out, void *arg)
{
	struct unpack *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return NULL;
	g->limits = *limits;
	g->out = out;
	g->arg = arg;
	return g;
}

void
unpack_free(struct unpack *g)
{
	if (g == NULL)
		return;
	if (g->open)
		(void)inflateEnd(&g->z);
	free(g);
}

static int
give(struct unpack *g, const void *data, size_t len, struct err *err)
{
	if (len == 0)
		return 0;
	g->out_bytes += len;
	if (g->out_bytes > g->limits.bytes_max)
		return err_set(err, EFBIG, "more than %" PRIu64 " MiB", g->limits.bytes_max >> 20);
	if (g->form != UNPACK_PLAIN && g->out_bytes > g->limits.ratio_free &&
	    g->out_bytes / g->limits.ratio_max > g->in_bytes)
		return err_set(err, EFBIG, "gzip: more than %u times its size",
		    g->limits.ratio_max);
	return g->out(data, len, g->arg, err);
}

/* Inflates up to the end of the input or of the member. */
static int
inflate_some(struct unpack *g, struct err *err)
{
	int code = Z_OK, rc;

	while (code == Z_OK && (g->z.avail_in > 0 || g->z.avail_out == 0)) {
		g->z.next_out = g->piece;
		g->z.avail_out = PIECE;
		code = inflate(&g->z, Z_NO_FLUSH);
		if (code == Z_MEM_ERROR)
			return err_set(err, ENOMEM, "out of memory");
		if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
			return err_set(err, EBADMSG, "broken gzip data: %s",
			    g->z.msg == NULL ? "preset dictionary" : g->z.msg);
		rc = give(g, g->piece, PIECE - g->z.avail_out, err);
		if (rc < 0)
			return rc;
	}
	if (code == Z_STREAM_END)
		g->form = UNPACK_BETWEEN;
	return 0;
}

static int
next_member(struct unpack *g, struct err *err)
{
	/* zlib reads the rest of the magic and complains if it is none. */
	g->form = *g->z.next_in == 0x1f ? UNPACK_MEMBER : UNPACK_PADDING;
	if (g->form == UNPACK_MEMBER && inflateReset(&g->z) != Z_OK)
		return err_set(err, ENOMEM, "out of memory");
	return 0;
}

static int
feed(struct unpack *g, const unsigned char *data, size_t len, struct err *err)
{
	int rc = 0;

	if (g->form == UNPACK_PLAIN)
		return give(g, data, len, err);
	while (len > 0 && rc == 0 && g->form != UNPACK_PADDING) {
		uInt n = len > (1u << 30) ? 1u << 30 : (uInt)len;
		union {
			const unsigned char *in;
			unsigned char *out;
		} cast = { .in = data };

		g->z.next_in = cast.out;
		g->z.avail_in = n;
		g->in_bytes += n;
		data += n;
		len -= n;
		while (rc == 0 && g->z.avail_in > 0 && g->form != UNPACK_PADDING) {
			if (g->form == UNPACK_BETWEEN)
				rc = next_member(g, err);
			if (rc == 0 && g->form == UNPACK_MEMBER)
				rc = inflate_some(g, err);
		}
	}
	return rc;
}

/* Decides by what came first what the input is. */
static int
begin(struct unpack *g, struct err *err)
{
	g->form = UNPACK_PLAIN;
	if (g->magic_len == 2 && g->magic[0] == 0x1f && g->magic[1] == 0x8b) {
		/* 15 + 16: the gzip wrapper, with its check sum. */
		if (inflateInit2(&g->z, 15 + 16) != Z_OK)
			return err_set(err, ENOMEM, "out of memory");
		g->open = 1;
		g->form = UNPACK_MEMBER;
	}
	return feed(g, g->magic, g->magic_len, err);
}

int
unpack_feed(struct unpack *g, const void *data, size_t len, struct err *err)
{
	const unsigned char *p = data;
	int rc = 0;

	while (g->form == UNPACK_UNKNOWN && len > 0 && rc == 0) {
		g->magic[g->magic_len++] = *p++;
		len--;
		if (g->magic_len == 2)
			rc = begin(g, err);
	}
	return rc == 0 && len > 0 ? feed(g, p, len, err) : rc;
}

int
unpack_finish(struct unpack *g, struct err *err)
{
	if (g->form == UNPACK_UNKNOWN)
		return begin(g, err);
	if (g->form == UNPACK_MEMBER)
		return err_set(err, EBADMSG, "the gzip data was cut off");
	return 0;
}
