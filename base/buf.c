#include "base/buf.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

char buf_empty[1] = "";

void
buf_init(struct buf *b, size_t max)
{
	*b = (struct buf)BUF_INIT(max);
}

void
buf_release(struct buf *b)
{
	if (b->cap > 0)
		free(b->data);
	buf_init(b, b->max);
}

void
buf_clear(struct buf *b)
{
	b->len = 0;
	b->error = 0;
	if (b->cap > 0)
		b->data[0] = '\0';
}

_Bool
buf_reserve(struct buf *b, size_t n)
{
	size_t want, cap;
	char *data;

	if (b->error != 0)
		return 0;
	if (n > b->max - b->len) {
		b->error = -EMSGSIZE;
		return 0;
	}
	want = b->len + n + 1;
	if (want <= b->cap)
		return 1;
	cap = b->cap < 64 ? 64 : b->cap * 2;
	if (cap < want)
		cap = want;
	if (cap > b->max + 1)
		cap = b->max + 1;
	data = realloc(b->cap > 0 ? b->data : NULL, cap);
	if (data == NULL) {
		b->error = -ENOMEM;
		return 0;
	}
	data[b->len] = '\0';
	b->data = data;
	b->cap = cap;
	return 1;
}

void
buf_add(struct buf *b, const void *data, size_t len)
{
	if (len == 0 || !buf_reserve(b, len))
		return;
	memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void
buf_str(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text));
}

void
buf_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void
buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	size_t room;
	int n;

	if (!buf_reserve(b, 0))
		return;
	va_copy(again, ap);
	room = b->cap - b->len;
	n = vsnprintf(b->data + b->len, room, fmt, ap);
	if (n < 0) {
		/* More than INT_MAX bytes. */
		b->error = -EMSGSIZE;
		b->data[b->len] = '\0';
	} else if ((size_t)n >= room) {
		b->data[b->len] = '\0';
		if (buf_reserve(b, (size_t)n)) {
			vsnprintf(b->data + b->len, (size_t)n + 1, fmt, again);
			b->len += (size_t)n;
		}
	} else {
		b->len += (size_t)n;
	}
	va_end(again);
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}

/* The Char of XML 1.0 §2.2, of `n` bytes. */
static _Bool
is_xml_char(const char *p, size_t n)
{
	if (n == 1)
		return (unsigned char)*p >= 0x20 || *p == '\t' || *p == '\n' || *p == '\r';
	/* U+FFFE, U+FFFF */
	return n != 0 && (n != 3 || memcmp(p, "\xef\xbf", 2) != 0 || (unsigned char)p[2] < 0xbe);
}

void
buf_real(struct buf *b, double value)
{
	char text[32];

	snprintf(text, sizeof(text), "%.15g", value);
	if (strtod(text, NULL) != value)
		snprintf(text, sizeof(text), "%.17g", value);
	buf_str(b, text);
}

void
buf_xml(struct buf *b, const char *text)
{
	const char *run = text, *end = text + strlen(text), *ref;
	size_t n;

	for (const char *p = text; p < end; p += n) {
		n = utf8_char(p, end);
		switch (*p) {
		case '&': ref = "&amp;"; break;
		case '<': ref = "&lt;"; break;
		case '>': ref = "&gt;"; break;
		case '"': ref = "&quot;"; break;
		case '\'': ref = "&apos;"; break;
		default:
			if (is_xml_char(p, n))
				continue;
			ref = "";
		}
		buf_add(b, run, (size_t)(p - run));
		buf_str(b, ref);
		n = n == 0 ? 1 : n;
		run = p + n;
	}
	buf_add(b, run, (size_t)(end - run));
}

/* Whether the character, of `n` bytes, does something to a line or a terminal. */
static _Bool
is_control(const char *p, size_t n)
{
	const unsigned char *s = (const unsigned char *)p;

	switch (n) {
	case 1: return s[0] < 0x20 || s[0] == 0x7f;
	case 2: return s[0] == 0xc2 && s[1] < 0xa0; /* C1 */
	case 3: return s[0] == 0xe2 && s[1] == 0x80 && (s[2] == 0xa8 || s[2] == 0xa9);
	default: return 0;
	}
}

void
buf_visible(struct buf *b, const char *text)
{
	const char *end = text + strlen(text);
	size_t n;

	for (const char *p = text; p < end; p += n) {
		n = utf8_char(p, end);
		if (n > 0 && !is_control(p, n)) {
			buf_add(b, p, n);
			continue;
		}
		n = n == 0 ? 1 : n;
		for (size_t i = 0; i < n; i++)
			buf_printf(b, "\\x%02x", (unsigned char)p[i]);
	}
}

void
buf_drop(struct buf *b, size_t n)
{
	assert(n <= b->len);
	if (n == 0)
		return;
	memmove(b->data, b->data + n, b->len - n + 1);
	b->len -= n;
}

void
buf_truncate(struct buf *b, size_t n)
{
	assert(n <= b->len);
	if (n == b->len)
		return;
	b->len = n;
	b->data[n] = '\0';
}

int
buf_status(const struct buf *b)
{
	return b->error;
}

char *
buf_take(struct buf *b, size_t *ret_len)
{
	char *data;

	if (!buf_reserve(b, 0)) {
		buf_release(b);
		return NULL;
	}
	data = b->data;
	if (ret_len != NULL)
		*ret_len = b->len;
	buf_init(b, b->max);
	return data;
}
