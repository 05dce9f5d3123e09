#include "gateway/http/body.h"

#include <assert.h>

#include "base/buf.h"
#include "gateway/http/chars.h"
#include "gateway/http/head.h"

static void
refuse(struct http_body *b, int status, const char *reason)
{
	b->phase = BODY_REFUSED;
	b->status = status;
	b->reason = reason;
}

_Bool
http_body_expected(const struct http_head *head)
{
	return head->chunked || head->length > 0;
}

void
http_body_init(struct http_body *b, const struct http_head *head, size_t max)
{
	*b = (struct http_body){ .max = max, .chunked = head->chunked };
	b->phase = head->chunked ? BODY_SIZE : BODY_DATA;
	b->left = head->length;
}

static void
take_size(struct http_body *b, unsigned char c)
{
	int digit = http_hex_value(c);

	if (c == '\r' && b->digits > 0)
		b->phase = BODY_SIZE_LF;
	else if (c == ';' && b->digits > 0)
		b->phase = BODY_EXTENSION;
	else if (digit < 0)
		refuse(b, 400, "A chunk's size is not a hexadecimal number.");
	else if (++b->digits > HTTP_CHUNK_DIGITS_MAX)
		refuse(b, 400, "A chunk's size has too many digits.");
	else
		b->left = b->left << 4 | (unsigned)digit;
}

static void
take_extension(struct http_body *b, unsigned char c)
{
	if (c == '\r')
		b->phase = BODY_SIZE_LF;
	else if (!http_is_value_char(c))
		refuse(b, 400, "A chunk's extension holds a control byte.");
	else if (++b->extensions > HTTP_EXTENSIONS_MAX)
		refuse(b, 400, "The chunks' extensions are too long.");
}

/* Any byte of a trailer line but its LF. */
static void
take_trailer(struct http_body *b, unsigned char c)
{
	if (++b->trailer > HTTP_TRAILER_MAX)
		refuse(b, 431, "The trailers are too long.");
	else if (b->phase == BODY_TRAILER && c == '\r')
		b->phase = BODY_LAST_LF;
	else if (b->phase == BODY_TRAILER && http_is_token_char(c))
		b->phase = BODY_TRAILER_NAME;
	else if (b->phase == BODY_TRAILER_NAME && c == ':')
		b->phase = BODY_TRAILER_VALUE;
	else if (b->phase == BODY_TRAILER_VALUE && c == '\r')
		b->phase = BODY_TRAILER_LF;
	else if (!(b->phase == BODY_TRAILER_NAME && http_is_token_char(c)) &&
	    !(b->phase == BODY_TRAILER_VALUE && http_is_value_char(c)))
		refuse(b, 400, "A trailer line is not NAME: VALUE.");
}

/* The line break after a size, a chunk or a trailer. */
static void
take_break(struct http_body *b, unsigned char c, unsigned char wanted, enum http_body_phase next)
{
	if (c != wanted)
		refuse(b, 400, "A chunk does not end with CR LF.");
	else
		b->phase = next;
}

static void
take_framing(struct http_body *b, unsigned char c)
{
	switch (b->phase) {
	case BODY_SIZE: take_size(b, c); break;
	case BODY_EXTENSION: take_extension(b, c); break;
	case BODY_SIZE_LF: take_break(b, c, '\n', b->left > 0 ? BODY_DATA : BODY_TRAILER); break;
	case BODY_DATA_CR: take_break(b, c, '\r', BODY_DATA_LF); break;
	case BODY_DATA_LF:
		b->digits = 0;
		take_break(b, c, '\n', BODY_SIZE);
		break;
	case BODY_TRAILER:
	case BODY_TRAILER_NAME:
	case BODY_TRAILER_VALUE: take_trailer(b, c); break;
	case BODY_TRAILER_LF: take_break(b, c, '\n', BODY_TRAILER); break;
	case BODY_LAST_LF: take_break(b, c, '\n', BODY_WHOLE); break;
	case BODY_DATA:
	case BODY_WHOLE:
	case BODY_REFUSED: break;
	}
}

static size_t
take_data(struct http_body *b, struct buf *out, const char *data, size_t len)
{
	size_t n = len < b->left ? len : (size_t)b->left;

	if (b->left > b->max - out->len) {
		refuse(b, 413, "The request's body is too large.");
		return 0;
	}
	buf_add(out, data, n);
	if (buf_status(out) < 0)
		refuse(b, 503, "The server is short of memory.");
	b->left -= n;
	if (b->left == 0 && b->phase == BODY_DATA)
		b->phase = b->chunked ? BODY_DATA_CR : BODY_WHOLE;
	return n;
}

int
http_body_feed(struct http_body *b, struct buf *out, const char *data, size_t len, size_t *ret_used)
{
	size_t used = 0;

	assert(b->phase < BODY_WHOLE && out->len <= b->max);
	while (used < len && b->phase < BODY_WHOLE) {
		if (b->phase == BODY_DATA)
			used += take_data(b, out, data + used, len - used);
		else
			take_framing(b, (unsigned char)data[used++]);
	}
	*ret_used = used;
	return b->phase == BODY_WHOLE ? 1 : b->phase == BODY_REFUSED ? -1 : 0;
}
