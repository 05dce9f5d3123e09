#include "gateway/guide_gzip.h"

#include <errno.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/buf.h"
#include "gateway/guide_body.h"

#define LEVEL     5           /* of 9: a piece takes well under a millisecond */
#define SLICE     (16u << 10) /* bytes deflated in one turn */
#define PLAIN_MAX (1u << 20)

struct guide_gzip {
	struct guide_body *body;
	z_stream z;
	struct buf plain; /* what the body gave last */
	size_t done;      /* of it */
	_Bool more;       /* the body has more */
	_Bool rests;      /* this turn was had */
};

struct guide_gzip *
guide_gzip_new(struct guide_body *body)
{
	struct guide_gzip *z = calloc(1, sizeof(*z));

	if (z == NULL || deflateInit2(&z->z, LEVEL, Z_DEFLATED, 15 + 16, 8, 0) != Z_OK) {
		guide_body_free(body);
		free(z);
		return NULL;
	}
	z->body = body;
	buf_init(&z->plain, PLAIN_MAX);
	z->more = 1;
	return z;
}

void
guide_gzip_free(struct guide_gzip *z)
{
	if (z == NULL)
		return;
	(void)deflateEnd(&z->z);
	buf_release(&z->plain);
	guide_body_free(z->body);
	free(z);
}

/* Deflates one slice; 1: it was not the end. */
static int
deflate_slice(struct guide_gzip *z, struct buf *out)
{
	size_t left = z->plain.len - z->done, n = left < SLICE ? left : SLICE;
	int flush = !z->more && n == left ? Z_FINISH : Z_NO_FLUSH;
	size_t room = deflateBound(&z->z, (uLong)n);

	if (!buf_reserve(out, room))
		return buf_status(out);
	z->z.next_in = (Bytef *)z->plain.data + z->done;
	z->z.avail_in = (uInt)n;
	z->done += n;
	do {
		int rc;

		if (!buf_reserve(out, room))
			return buf_status(out);
		z->z.next_out = (Bytef *)out->data + out->len;
		z->z.avail_out = (uInt)room;
		rc = deflate(&z->z, flush);
		out->len += room - z->z.avail_out;
		if (rc == Z_STREAM_END)
			return 0;
		if (rc == Z_STREAM_ERROR)
			return -EIO;
	} while (z->z.avail_out == 0);
	return 1;
}

int
guide_gzip_next(struct guide_gzip *z, struct buf *out)
{
	int rc;

	/* Small as it is, what was made would else be sent and more be made, all in one turn. */
	z->rests = !z->rests;
	if (!z->rests)
		return 1;
	if (z->done == z->plain.len && z->more) {
		buf_clear(&z->plain);
		z->done = 0;
		rc = guide_body_next(z->body, &z->plain);
		if (rc < 0)
			return rc;
		z->more = rc > 0;
	}
	return deflate_slice(z, out);
}
