#include "epg/guide_copy.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/err.h"
#include "base/file.h"

#define PIECE     (64u << 10)
#define TAIL      64 /* the last bytes of the text, to find </tv> in */
#define TOKEN_MAX 11 /* "<programme" and the byte after it */

const struct guide_limits guide_limits_default = {
	.bytes_max = UINT64_C(4) << 30,
	.ratio_free = UINT64_C(64) << 20,
	.ratio_max = 200,
	.prolog_max = 4096,
};

enum guide_form { GUIDE_UNKNOWN, GUIDE_PLAIN, GUIDE_GZIP };

struct guide_copy {
	struct guide_limits limits;
	struct guide_counts counts;
	int xml_fd, gzip_fd;
	enum guide_form form;
	unsigned char magic[2];
	size_t magic_len;
	uint64_t taken; /* input bytes */
	_Bool inflate_open, deflate_open;
	_Bool member_done; /* a gzip member has ended; another may follow */
	z_stream in, out;
	_Bool root_seen; /* <tv was found */
	char prolog[4096];
	size_t prolog_len;
	char token[TOKEN_MAX]; /* what follows the last <, as far as it matters */
	size_t token_len;      /* 0: not behind a < */
	char tail[TAIL];
	size_t tail_len;
	unsigned char piece[PIECE], packed[PIECE];
};

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
	if (!g->deflate_open) {
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
	if (g->inflate_open)
		(void)inflateEnd(&g->in);
	if (g->deflate_open)
		(void)deflateEnd(&g->out);
	free(g);
}

const struct guide_counts *
guide_copy_counts(const struct guide_copy *g)
{
	return &g->counts;
}

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

static int
take_text(struct guide_copy *g, const unsigned char *data, size_t len, struct err *err)
{
	int rc;

	if (len == 0)
		return 0;
	if (g->counts.bytes + len > g->limits.bytes_max)
		return err_set(err, EFBIG, "is larger than %" PRIu64 " bytes", g->limits.bytes_max);
	g->counts.bytes += len;
	rc = find_root(g, (const char *)data, len, err);
	if (rc < 0)
		return rc;
	count_elements(g, (const char *)data, len);
	if (len >= TAIL) {
		memcpy(g->tail, data + len - TAIL, TAIL);
		g->tail_len = TAIL;
	} else {
		size_t keep = g->tail_len + len > TAIL ? TAIL - len : g->tail_len;

		memmove(g->tail, g->tail + g->tail_len - keep, keep);
		memcpy(g->tail + keep, data, len);
		g->tail_len = keep + len;
	}
	rc = file_write_all(g->xml_fd, data, len, err);
	if (rc < 0)
		return err_wrap(err, "guide.xml");
	g->out.next_in = unconst(data);
	g->out.avail_in = (unsigned)len;
	return pack(g, Z_NO_FLUSH, err);
}

static int
take_gzip(struct guide_copy *g, const unsigned char *data, size_t len, struct err *err)
{
	int z, rc;

	g->in.next_in = unconst(data);
	g->in.avail_in = (unsigned)len;
	do {
		if (g->member_done) {
			if (g->in.avail_in == 0)
				break;
			(void)inflateReset(&g->in);
			g->member_done = 0;
		}
		g->in.next_out = g->piece;
		g->in.avail_out = sizeof(g->piece);
		z = inflate(&g->in, Z_NO_FLUSH);
		if (z != Z_OK && z != Z_STREAM_END && z != Z_BUF_ERROR)
			return err_set(err, EBADMSG,
			    "is damaged gzip (after %" PRIu64 " bytes of text)", g->counts.bytes);
		g->member_done = z == Z_STREAM_END;
		rc = take_text(g, g->piece, sizeof(g->piece) - g->in.avail_out, err);
		if (rc < 0)
			return rc;
		if (g->counts.bytes > g->limits.ratio_free &&
		    g->counts.bytes / g->limits.ratio_max > g->taken)
			return err_set(err, EFBIG, "inflates more than %u times: a bomb",
			    g->limits.ratio_max);
	} while (g->in.avail_in > 0 || g->in.avail_out == 0);
	return 0;
}

static int
find_form(struct guide_copy *g, struct err *err)
{
	g->form = GUIDE_PLAIN;
	if (g->magic_len == 2 && g->magic[0] == 0x1f && g->magic[1] == 0x8b) {
		g->form = GUIDE_GZIP;
		g->inflate_open = inflateInit2(&g->in, 15 + 16) == Z_OK;
		if (!g->inflate_open)
			return err_set(err, ENOMEM, "out of memory");
	}
	return 0;
}

static int
take(struct guide_copy *g, const unsigned char *data, size_t len, struct err *err)
{
	int rc = 0;

	g->taken += len;
	while (rc == 0 && len > 0) {
		size_t n = len < PIECE ? len : PIECE;

		rc = g->form == GUIDE_GZIP ? take_gzip(g, data, n, err)
					   : take_text(g, data, n, err);
		data += n;
		len -= n;
	}
	return rc;
}

int
guide_copy_feed(struct guide_copy *g, const void *data, size_t len, struct err *err)
{
	const unsigned char *p = data;
	int rc;

	if (g->form == GUIDE_UNKNOWN) {
		while (len > 0 && g->magic_len < 2) {
			g->magic[g->magic_len++] = *p++;
			len--;
		}
		if (g->magic_len < 2)
			return 0;
		rc = find_form(g, err);
		if (rc == 0)
			rc = take(g, g->magic, g->magic_len, err);
		if (rc < 0)
			return rc;
	}
	return take(g, p, len, err);
}

int
guide_copy_finish(struct guide_copy *g, struct err *err)
{
	size_t len;

	if (g->form == GUIDE_GZIP && !g->member_done)
		return err_set(err, EBADMSG, "is cut short inside its gzip data");
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
