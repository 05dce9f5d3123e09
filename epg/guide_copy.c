#include "epg/guide_copy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/err.h"
#include "base/file.h"
#include "base/unpack.h"

#define PIECE     (64u << 10)
#define TAIL      64 /* the last bytes of the text, to find </tv> in */
#define TOKEN_MAX 11 /* "<programme" and the byte after it */

const struct guide_limits guide_limits_default = {
	.input = { .bytes_max = UINT64_C(4) << 30,
	    .ratio_free = UINT64_C(64) << 20,
	    .ratio_max = 200 },
	.prolog_max = 4096,
};

struct guide_copy {
	struct guide_limits limits;
	struct guide_counts counts;
	int xml_fd, gzip_fd;
	struct unpack *unpack;
	_Bool deflate_open;
	z_stream out;    /* to guide.xml.gz */
	_Bool root_seen; /* <tv was found */
	char prolog[4096];
	size_t prolog_len;
	char token[TOKEN_MAX]; /* what follows the last <, as far as it matters */
	size_t token_len;      /* 0: not behind a < */
	char tail[TAIL];
	size_t tail_len;
	unsigned char packed[PIECE];
};

/* zlib's next_in lacks the const that it keeps. */
static unsigned char *
unconst(const unsigned char *p)
{
	union {
		const unsigned char *in;
		unsigned char *out;
	} cast = { .in = p };

	return cast.out;
}

/* Compresses and writes until the input is used up, or the stream is whole. */
static int
pack(struct guide_copy *g, int flush, struct err *err)
{
	int z;

	do {
		g->out.next_out = g->packed;
		g->out.avail_out = sizeof(g->packed);
		z = deflate(&g->out, flush);
		if (z == Z_STREAM_ERROR)
			return err_set(err, EIO, "cannot compress the guide");
		if (file_write_all(g->gzip_fd, g->packed, sizeof(g->packed) - g->out.avail_out,
			err) < 0)
			return err_wrap(err, "guide.xml.gz");
	} while (g->out.avail_out == 0 || (flush == Z_FINISH && z != Z_STREAM_END));
	return 0;
}

static void
count_token(struct guide_copy *g)
{
	static const char after[] = " \t\r\n>/";

	if (g->token_len == TOKEN_MAX && memcmp(g->token, "<programme", 10) == 0 &&
	    strchr(after, g->token[10]) != NULL)
		g->counts.programmes++;
	else if (g->token_len >= 9 && memcmp(g->token, "<channel", 8) == 0 &&
	    strchr(after, g->token[8]) != NULL)
		g->counts.channels++;
}

/* Counts <channel and <programme start tags, across cuts. A count for people, not a parse. */
static void
count_elements(struct guide_copy *g, const char *p, size_t len)
{
	const char *end = p + len;

	while (p < end) {
		if (g->token_len == TOKEN_MAX || (g->token_len > 0 && *p == '<')) {
			count_token(g);
			g->token_len = 0;
		}
		if (g->token_len == 0) {
			p = memchr(p, '<', (size_t)(end - p));
			if (p == NULL)
				return;
		}
		g->token[g->token_len++] = *p++;
	}
}

/* Nothing but a prolog may stand before <tv. */
static int
find_root(struct guide_copy *g, const char *data, size_t len, struct err *err)
{
	size_t room = sizeof(g->prolog) - 1 - g->prolog_len, max = g->limits.prolog_max;
	const char *p;

	if (g->root_seen)
		return 0;
	if (len < room)
		room = len;
	memcpy(g->prolog + g->prolog_len, data, room);
	g->prolog_len += room;
	g->prolog[g->prolog_len] = '\0';
	p = strstr(g->prolog, "<tv");
	if (p != NULL && strchr(" \t\r\n>/", p[3]) != NULL && p[3] != '\0') {
		g->root_seen = 1;
		return 0;
	}
	if (g->prolog_len >= max || g->prolog_len == sizeof(g->prolog) - 1)
		return err_set(err, EBADMSG, "is not XMLTV: no <tv> in its first %zu bytes", max);
	return 0;
}

static void
keep_tail(struct guide_copy *g, const char *data, size_t len)
{
	size_t keep = len >= TAIL ? 0 : TAIL - len;

	if (keep > g->tail_len)
		keep = g->tail_len;
	if (len > TAIL) {
		data += len - TAIL;
		len = TAIL;
	}
	memmove(g->tail, g->tail + g->tail_len - keep, keep);
	memcpy(g->tail + keep, data, len);
	g->tail_len = keep + len;
}

static int
take_text(const void *data, size_t len, void *arg, struct err *err)
{
	struct guide_copy *g = arg;
	int rc;

	g->counts.bytes += len;
	rc = find_root(g, data, len, err);
	if (rc < 0)
		return rc;
	count_elements(g, data, len);
	keep_tail(g, data, len);
	rc = file_write_all(g->xml_fd, data, len, err);
	if (rc < 0)
		return err_wrap(err, "guide.xml");
	g->out.next_in = unconst(data);
	g->out.avail_in = (unsigned)len;
	return pack(g, Z_NO_FLUSH, err);
}

struct guide_copy *
guide_copy_new(const struct guide_limits *limits, int xml_fd, int gzip_fd)
{
	struct guide_copy *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return NULL;
	g->limits = *limits;
	g->xml_fd = xml_fd;
	g->gzip_fd = gzip_fd;
	/* 15 + 16: the gzip wrapper. */
	g->deflate_open = deflateInit2(&g->out, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) ==
	    Z_OK;
	g->unpack = unpack_new(&limits->input, take_text, g);
	if (!g->deflate_open || g->unpack == NULL) {
		guide_copy_free(g);
		return NULL;
	}
	return g;
}

void
guide_copy_free(struct guide_copy *g)
{
	if (g == NULL)
		return;
	unpack_free(g->unpack);
	if (g->deflate_open)
		(void)deflateEnd(&g->out);
	free(g);
}

const struct guide_counts *
guide_copy_counts(const struct guide_copy *g)
{
	return &g->counts;
}

int
guide_copy_feed(struct guide_copy *g, const void *data, size_t len, struct err *err)
{
	return unpack_feed(g->unpack, data, len, err);
}

int
guide_copy_finish(struct guide_copy *g, struct err *err)
{
	int rc = unpack_finish(g->unpack, err);
	size_t len;

	if (rc < 0)
		return rc;
	if (!g->root_seen)
		return err_set(err, EBADMSG, "is not XMLTV: it has no <tv>");
	count_token(g);
	len = g->tail_len;
	while (len > 0 && (unsigned char)g->tail[len - 1] <= ' ')
		len--;
	if (len < 5 || memcmp(g->tail + len - 5, "</tv>", 5) != 0)
		return err_set(err, EBADMSG, "is cut short: it does not end with </tv>");
	g->out.avail_in = 0;
	return pack(g, Z_FINISH, err);
}
