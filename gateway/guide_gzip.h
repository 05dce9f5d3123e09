/*
 * A guide in pieces (gateway/guide_body.h) as one gzip member (RFC 1952), deflated as it is
 * sent: a bounded piece in one turn of the loop, and then the others have theirs.
 */
#ifndef GATEWAY_GUIDE_GZIP_H
#define GATEWAY_GUIDE_GZIP_H

struct buf;
struct guide_body;
struct guide_gzip;

/* Takes the body over, also on failure. NULL: no memory. */
struct guide_gzip *guide_gzip_new(struct guide_body *body);
void guide_gzip_free(struct guide_gzip *z);
/* As guide_body_next. */
int guide_gzip_next(struct guide_gzip *z, struct buf *out);

#endif
