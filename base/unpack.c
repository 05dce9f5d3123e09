#include "base/unpack.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/list.h"
#include "base/unpack_codec.h"

#define PIECE (256u << 10)

static const struct unpack_codec *const codecs[] = { &unpack_gzip, &unpack_xz, &unpack_zstd,
	&unpack_zip };

struct unpack {
	struct unpack_limits limits;
	unpack_cb *out;
	void *arg;
	unsigned layers; /* that may still be found */
	unsigned char magic[UNPACK_MAGIC_MAX];
	size_t magic_len;
	_Bool known, over;                /* the form is; nothing that follows matters */
	const struct unpack_codec *codec; /* NULL: plain */
	void *state;
	struct unpack *inner; /* what the codec gives may be compressed once more */
	uint64_t in_bytes, out_bytes;
	unsigned char *piece; /* PIECE bytes, with a codec */
};

static struct unpack *
new_layer(const struct unpack_limits *limits, unpack_cb *out, void *arg, unsigned layers)
{
	struct unpack *u = calloc(1, sizeof(*u));

	if (u == NULL)
		return NULL;
	u->limits = *limits;
	u->out = out;
	u->arg = arg;
	u->layers = layers;
	return u;
}

struct unpack *
unpack_new(const struct unpack_limits *limits, unpack_cb *out, void *arg)
{
	return new_layer(limits, out, arg, UNPACK_LAYERS_MAX);
}

void
unpack_free(struct unpack *u)
{
	if (u == NULL)
		return;
	if (u->state != NULL)
		u->codec->free(u->state);
	unpack_free(u->inner);
	free(u->piece);
	free(u);
}

static int
give(struct unpack *u, const void *data, size_t len, struct err *err)
{
	if (len == 0)
		return 0;
	u->out_bytes += len;
	if (u->out_bytes > u->limits.bytes_max)
		return err_set(err, EFBIG, "more than %" PRIu64 " MiB", u->limits.bytes_max >> 20);
	if (u->codec != NULL && u->out_bytes > u->limits.ratio_free &&
	    u->out_bytes / u->limits.ratio_max > u->in_bytes)
		return err_set(err, EFBIG, "%s: more than %u times its size", u->codec->name,
		    u->limits.ratio_max);
	return u->inner != NULL ? unpack_feed(u->inner, data, len, err)
				: u->out(data, len, u->arg, err);
}

static int
feed(struct unpack *u, const unsigned char *data, size_t len, struct err *err)
{
	struct unpack_io io = { .in = data, .in_len = len };

	if (u->codec == NULL)
		return give(u, data, len, err);
	while (!u->over && (io.in_len > 0 || io.room == 0)) {
		size_t before = io.in_len;
		int rc, given;

		io.out = u->piece;
		io.room = PIECE;
		rc = u->codec->run(u->state, &io, err);
		if (rc < 0)
			return rc;
		u->in_bytes += before - io.in_len;
		u->over = rc > 0;
		if (!u->over && io.in_len == before && io.room == PIECE && before > 0)
			return err_set(err, EBADMSG, "broken %s data: it stands still",
			    u->codec->name);
		given = give(u, u->piece, PIECE - io.room, err);
		if (given < 0)
			return given;
	}
	return 0;
}

static const struct unpack_codec *
find_codec(const struct unpack *u)
{
	for (size_t i = 0; u->layers > 0 && i < ARRAY_LEN(codecs); i++) {
		if (u->magic_len >= codecs[i]->magic_len &&
		    memcmp(u->magic, codecs[i]->magic, codecs[i]->magic_len) == 0)
			return codecs[i];
	}
	return NULL;
}

/* Could it still become one that begin() would know? */
static _Bool
is_undecided(const struct unpack *u)
{
	for (size_t i = 0; u->layers > 0 && i < ARRAY_LEN(codecs); i++) {
		if (u->magic_len < codecs[i]->magic_len &&
		    memcmp(u->magic, codecs[i]->magic, u->magic_len) == 0)
			return 1;
	}
	return 0;
}

/* Decides by what came first what the input is. */
static int
begin(struct unpack *u, struct err *err)
{
	u->known = 1;
	u->codec = find_codec(u);
	if (u->codec != NULL) {
		u->piece = malloc(PIECE);
		u->inner = new_layer(&u->limits, u->out, u->arg, u->layers - 1);
		u->state = u->codec->new ();
		if (u->piece == NULL || u->inner == NULL || u->state == NULL)
			return err_set(err, ENOMEM, "out of memory");
	}
	return feed(u, u->magic, u->magic_len, err);
}

int
unpack_feed(struct unpack *u, const void *data, size_t len, struct err *err)
{
	const unsigned char *p = data;
	int rc = 0;

	while (!u->known && len > 0 && rc == 0) {
		u->magic[u->magic_len++] = *p++;
		len--;
		if (find_codec(u) != NULL || !is_undecided(u))
			rc = begin(u, err);
	}
	return rc == 0 && len > 0 ? feed(u, p, len, err) : rc;
}

int
unpack_finish(struct unpack *u, struct err *err)
{
	int rc = 0;

	if (!u->known)
		rc = begin(u, err);
	if (rc == 0 && u->codec != NULL && !u->over && !u->codec->whole(u->state))
		return err_set(err, ENODATA, "the %s data was cut off", u->codec->name);
	return rc == 0 && u->inner != NULL ? unpack_finish(u->inner, err) : rc;
}
