/*
 * A string buffer that owns its memory, never grows past its limit, and keeps
 * its first error: append as much as you like, ask once with buf_status().
 *
 * The bytes are always followed by a NUL that is not counted, so `data` is a C
 * string whenever it holds no NUL of its own; an empty buffer reads as "".
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>

struct buf {
	char *data; /* owned; "" until something was added */
	size_t len; /* bytes, without the NUL */
	size_t cap; /* bytes allocated; 0 while data is "" */
	size_t max; /* len never exceeds this */
	int error;  /* 0, -ENOMEM or -EMSGSIZE; sticky */
};

extern char buf_empty[1];
#define BUF_INIT(max_len)                           \
	{                                           \
		.data = buf_empty, .max = (max_len) \
	}

void buf_init(struct buf *b, size_t max);
void buf_release(struct buf *b); /* frees the memory; b is as after buf_init */
void buf_clear(struct buf *b);   /* empties, keeps the memory, forgets the error */

void buf_add(struct buf *b, const void *data, size_t len);
void buf_str(struct buf *b, const char *text);
void buf_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
/* A finite number, short where that is the same number: 0.1, not 0.10000000000000001. */
void buf_real(struct buf *b, double value);
/* `text` with & < > " ' as XML references and what XML 1.0 forbids, or is not UTF-8, left out. */
void buf_xml(struct buf *b, const char *text);

/*
 * `text` with control characters, C1 and U+2028/9 too, and what is not UTF-8 as \xNN:
 * fit for a line and a terminal.
 */
void buf_visible(struct buf *b, const char *text);

/* Drops the first n bytes (n <= len). */
void buf_drop(struct buf *b, size_t n);
/* Makes the length n (n <= len). */
void buf_truncate(struct buf *b, size_t n);
/* Room for n more bytes at data + len; false sets the error. */
_Bool buf_reserve(struct buf *b, size_t n);

/* 0, -ENOMEM or -EMSGSIZE. */
int buf_status(const struct buf *b);
/* The bytes, NUL-terminated, now the caller's to free(); b is empty again. NULL on error. */
char *buf_take(struct buf *b, size_t *ret_len);

#endif
