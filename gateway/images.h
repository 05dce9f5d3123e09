/*
 * Pictures: logos of channels and pictures of programmes, handed out under our address, so
 * that clients need no internet.
 *
 * A logo from the local folder goes before all others. With the proxy on, what the lineup
 * and the guide name is fetched once, when somebody first asks for it, kept in DATA/images/
 * (the least recently used go when there is no room), and fetched again when it is old; the
 * old one is handed out meanwhile, and for as long as there is no new one. Only PNG, JPEG,
 * GIF, WebP and AVIF are taken, known by their content; nothing that could hold a script.
 *
 * No open proxy: an address of ours for a picture holds its real address and a code (a
 * keyed hash) that only we can make, and we make it only for what the lineup and the guide
 * name. A fetch that fails is answered with 502 and not tried again for some minutes.
 */
#ifndef GATEWAY_IMAGES_H
#define GATEWAY_IMAGES_H

#include <stddef.h>
#include <stdint.h>

struct buf;
struct clock;
struct err;
struct event_base;
struct http_request;
struct images;
struct lineup_channel;
struct multi;
struct store;

#define IMAGES_BYTES_MAX (10u << 20) /* of one picture */

struct images_deps {
	struct event_base *base;
	struct multi *multi;
	struct store *store; /* has the key of the codes; read in images_new only */
	const struct clock *clock;
	const char *data; /* the data folder; copied */
};

/* Until images_configure nothing is proxied. NULL with *err set. */
struct images *images_new(const struct images_deps *deps, struct err *err);
/* Held requests must be gone: after the HTTP server. NULL: no-op. */
void images_free(struct images *im);

struct images_settings {
	_Bool proxy;
	uint64_t space_bytes; /* for what is kept; more only until a sweep has ended */
	uint64_t age_ms;      /* older ones are fetched again */
	const char *logos;    /* folder; NULL: DATA/logos */
};
/* Copies what it is given. 0 or -ENOMEM (then all stays as it was). */
int images_configure(struct images *im, const struct images_settings *settings);

/* -- addresses of ours ------------------------------------------------------------ */

/*
 * 0 (also of NULL): all addresses are handed out as they are, and none of the others here
 * need be asked. Else a number that changes whenever what they answer may.
 */
uint64_t images_tag(struct images *im);
/* Are addresses of pictures that are not logos of channels ours? */
_Bool images_proxies(const struct images *im);
/*
 * Appends our address of the channel's logo: when there is a local one, or with the proxy
 * on when `logo` is an http(s) address. False: the logo stays what it is. `links` is what
 * our addresses begin with.
 */
_Bool images_add_logo(struct images *im, struct buf *out, const char *links,
    const struct lineup_channel *channel, const char *logo);
/* The same for any other picture; only with the proxy on. */
_Bool images_add_picture(struct images *im, struct buf *out, const char *links, const char *url);

/* -- serving ---------------------------------------------------------------------- */

/* How to fetch a picture. */
struct images_source {
	const char *url;
	const char *user_agent, *proxy; /* NULL: the default, none */
};
/* Replies with the channel's local logo; false: there is none, and no reply yet. */
_Bool images_reply_local(struct images *im, struct http_request *req,
    const struct lineup_channel *channel);
/* Replies with the picture, now or when it has come; 502 when it does not. */
void images_reply(struct images *im, struct http_request *req, const struct images_source *source);
/* Is `code` the one that we made for the address? */
_Bool images_is_ours(const struct images *im, const char *code, const char *url);

struct images_info {
	_Bool proxy;
	uint64_t bytes, files;      /* that are kept, as far as they have been counted */
	uint64_t fetched, failed;   /* fetches */
	uint64_t kept, refused;     /* replies from what was kept; 502s without a fetch */
	unsigned fetching, waiting; /* now; requests that wait for those */
	uint64_t local;             /* logos in the folder, but for those found to be no pictures */
};
void images_get_info(const struct images *im, struct images_info *ret);

#endif
