/*
 * Takes secrets out of a text that is about to be shown: a log line, an error
 * in a reply, a URL in a status page. Two ways at once:
 *
 * - by shape: userinfo in a URL; the values of query parameters that name a
 *   secret (username, password, token, key, ...); the account in an Xtream path
 *   (/live/USER/PASS/1.ts, /movie/..., /series/..., /timeshift/...);
 * - by value: every secret that the configuration holds (redact_secret).
 *
 * A hidden part becomes ***. Hiding too much is fine, too little is a defect.
 */
#ifndef BASE_REDACT_H
#define BASE_REDACT_H

struct buf;

/*
 * From now on hides this text wherever it stands, and its beginning (4 bytes or more) where a
 * text was cut. Shorter than 4 bytes: ignored (too common).
 */
void redact_secret(const char *secret);
/*
 * Tells redact_secret what a URL holds by shape, so that it stays hidden where
 * the shape is lost: a provider's streams have the account of its playlist in
 * their paths.
 */
void redact_url_secrets(const char *url);
/* The same for the value of "Name: value", if the name is that of a secret (Authorization, ...). */
void redact_header_secret(const char *header);
/* Forgets all that redact_secret was told. */
void redact_forget(void);
/* Appends `text` to `b` without its secrets. */
void redact_add(struct buf *b, const char *text);

#endif
