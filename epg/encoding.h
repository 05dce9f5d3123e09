/*
 * Makes UTF-8 of whatever a guide is written in: by its byte order mark, by the shape of
 * its first bytes (UTF-16 with no mark), or by the encoding= of its XML declaration
 * (XML 1.0 appendix F). Bytes go in, cut anywhere; UTF-8 comes out, without a mark.
 *
 * What claims to be UTF-8 (or nothing) passes as it is, bad bytes too: the prefilter mends
 * those. An encoding that this system does not have is -EBADMSG and named.
 */
#ifndef EPG_ENCODING_H
#define EPG_ENCODING_H

#include <stddef.h>

struct encoding;
struct err;

/*
 * Loads the converters of the usual encodings (iconv's, from files), so that they are there
 * when the jail has closed. Without it only those that need no file are known.
 */
void encoding_prepare(void);

typedef int encoding_cb(void *arg, const void *data, size_t len, struct err *err);

struct encoding *encoding_new(encoding_cb *out, void *arg);
void encoding_free(struct encoding *e);
/* 0, -EBADMSG, -ENOMEM, or what the callback returned. */
int encoding_feed(struct encoding *e, const void *data, size_t len, struct err *err);
int encoding_finish(struct encoding *e, struct err *err);
/* "UTF-8", "UTF-16LE", "windows-1251"; "" before it is known. */
const char *encoding_name(const struct encoding *e);

#endif
