#include "gateway/http/http.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "base/buf.h"
#include "base/hash.h"
#include "gateway/http/reply.h"

/* One form of the content: as it is, or as gzip. */
struct form {
	char *data; /* owned; NULL: there is no such form */
	size_t len;
	char etag[48];
};

struct http_asset {
	unsigned refs;
	char *type; /* owned; NULL: none */
	struct form plain, gzip;
};

/* A gzip stream (RFC 1952) of the bytes, if that is smaller; equal bytes give equal streams. */
static void
make_gzip(struct form *gzip, const struct form *plain)
{
	z_stream z = { 0 };
	char *data, *fitting;

	if (plain->len > UINT_MAX ||
	    deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) !=
		Z_OK)
		return;
	data = malloc(plain->len);
	if (data != NULL) {
		z.next_in = (Bytef *)plain->data;
		z.avail_in = (uInt)plain->len;
		z.next_out = (Bytef *)data;
		z.avail_out = (uInt)plain->len;
		/* Ends early, without a result, when it would be no smaller. */
		if (deflate(&z, Z_FINISH) == Z_STREAM_END && z.total_out < plain->len) {
			fitting = realloc(data, z.total_out);
			gzip->data = fitting != NULL ? fitting : data;
			gzip->len = z.total_out;
			data = NULL;
		}
		free(data);
	}
	(void)deflateEnd(&z);
}

struct http_asset *
http_asset_new(const char *type, struct buf *b)
{
	struct http_asset *asset = calloc(1, sizeof(*asset));
	uint64_t hash;

	if (asset == NULL) {
		buf_release(b);
		return NULL;
	}
	asset->refs = 1;
	asset->plain.data = buf_take(b, &asset->plain.len);
	asset->type = type != NULL ? strdup(type) : NULL;
	if (asset->plain.data == NULL || (type != NULL && asset->type == NULL)) {
		http_asset_unref(asset);
		return NULL;
	}
	hash = hash_fnv(HASH_FNV_INIT, asset->plain.data, asset->plain.len);
	snprintf(asset->plain.etag, sizeof(asset->plain.etag), "\"%016" PRIx64 "-%zx\"", hash,
	    asset->plain.len);
	snprintf(asset->gzip.etag, sizeof(asset->gzip.etag), "\"%016" PRIx64 "-%zx-gz\"", hash,
	    asset->plain.len);
	make_gzip(&asset->gzip, &asset->plain);
	return asset;
}

struct http_asset *
http_asset_ref(struct http_asset *asset)
{
	asset->refs++;
	return asset;
}

void
http_asset_unref(struct http_asset *asset)
{
	if (asset == NULL || --asset->refs > 0)
		return;
	free(asset->plain.data);
	free(asset->gzip.data);
	free(asset->type);
	free(asset);
}

void
http_reply_asset(struct http_request *req, struct http_asset *asset)
{
	const struct form *form = &asset->plain;
	struct http_content content;
	struct http_part part;

	if (asset->gzip.data != NULL) {
		http_add_header(req, "Vary", "Accept-Encoding");
		if (http_accepts_gzip(&req->head)) {
			http_add_header(req, "Content-Encoding", "gzip");
			form = &asset->gzip;
		}
	}
	content = (struct http_content){ .etag = form->etag, .size = form->len };
	if (http_reply_content(req, asset->type, &content, &part) != 0)
		return;
	req->send.asset = http_asset_ref(asset);
	http_send_add(&req->send, form->data + part.offset, (size_t)part.length);
	http_conn_reply(req);
}
