/* rooms: gateway/http base */
/*
 * A connection's bytes, request after request: head, body, next head. Beyond not
 * crashing it must hold that
 *  - the same bytes give the same requests however they are cut;
 *  - what is accepted keeps the rules, by the eyes of a second, plainer reader;
 *  - a path and the parameters of a route are what they promise.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "gateway/http/body.h"
#include "gateway/http/head.h"
#include "gateway/http/negotiate.h"
#include "gateway/http/route.h"

#define BODY_MAX 4096

static const struct http_limits limits = {
	.head_max = 2048,
	.target_max = 512,
	.header_count_max = 16,
};

/* Lines of the head that begin with `name:`, in any case. */
static unsigned
count_lines(const char *text, size_t len, const char *name)
{
	unsigned count = 0;

	for (const char *p = text, *end = text + len; (p = memchr(p, '\n', (size_t)(end - p)));) {
		p++;
		if ((size_t)(end - p) > strlen(name) && strncasecmp(p, name, strlen(name)) == 0 &&
		    p[strlen(name)] == ':')
			count++;
	}
	return count;
}

/* The second reader: of an accepted head, byte by byte, with no state to get wrong. */
static void
check_head(const char *text, size_t len, const struct http_head *h)
{
	unsigned lengths = count_lines(text, len, "Content-Length");
	unsigned codings = count_lines(text, len, "Transfer-Encoding");
	unsigned hosts = count_lines(text, len, "Host");

	assert(len >= 4 && len <= limits.head_max && memcmp(text + len - 4, "\r\n\r\n", 4) == 0);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		assert(c != '\n' || (i > 0 && text[i - 1] == '\r'));
		assert(c != '\r' || (i + 1 < len && text[i + 1] == '\n'));
		assert(c >= 0x20 || c == '\n' || c == '\r' || c == '\t');
		assert(c != 0x7f);
		/* No line is folded. */
		assert(i < 1 || text[i - 1] != '\n' || (c != ' ' && c != '\t'));
	}
	assert(hosts <= 1 && (hosts == 1 || h->minor == 0));
	assert(lengths + codings <= 1);
	assert(h->chunked == (codings == 1) && (lengths == 1 || h->length == 0));
	assert(h->minor == 1 || !h->chunked);
	assert(h->method != 0 && h->count <= limits.header_count_max);
}

static void
check_path(const struct http_head *h)
{
	const char *path = http_head_path(h), *query = http_head_query(h);
	static const char *const patterns[] = { "/", "/tuner{n}/v{channel}", "/{a}/{b}/{rest...}" };
	struct buf params = BUF_INIT(8192);
	struct http_content content = { "\"e\"", NULL, 1000 };
	struct http_part part;

	assert(path[0] == '/' || strcmp(path, "*") == 0);
	assert(strstr(path, "/../") == NULL && strstr(path, "/./") == NULL);
	for (const char *p = path; *p != '\0'; p++)
		assert((unsigned char)*p >= 0x20 && *p != 0x7f);
	for (const char *p = query; *p != '\0'; p++)
		assert(
		    (unsigned char)*p > 0x20 && (unsigned char)*p < 0x7f && *p != '"' && *p != '<');
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		if (http_route_fits(patterns[i], path, &params))
			assert(strchr(http_route_param(&params, "n"), '/') == NULL);
	}
	switch (http_select(h, &content, &part)) {
	case 200: assert(part.offset == 0 && part.length == 1000); break;
	case 206:
		assert(part.length > 0 && part.offset < 1000 && part.length <= 1000 - part.offset);
		break;
	default: assert(part.length == 0);
	}
	(void)http_accepts_gzip(h);
	buf_release(&params);
}

/* A request with all that came of it. */
struct result {
	int rc, status;
	size_t used; /* bytes of input */
	struct http_head head;
	struct buf body;
};

/* Reads one request. `step` bytes at a time; 0: all at once. */
static void
read_request(const char *data, size_t size, size_t step, struct result *r)
{
	struct http_body body;
	_Bool in_body = 0;
	size_t used;

	memset(r, 0, sizeof(*r));
	http_head_init(&r->head, &limits);
	buf_init(&r->body, BODY_MAX);
	while (r->rc == 0 && r->used < size) {
		size_t n = size - r->used;

		if (step > 0 && step < n)
			n = step;
		if (!in_body) {
			r->rc = http_head_feed(&r->head, data + r->used, n, &used);
			r->status = r->head.status;
			if (r->rc == 1 && http_body_expected(&r->head)) {
				http_body_init(&body, &r->head, BODY_MAX);
				in_body = 1;
				r->rc = 0;
			}
		} else {
			r->rc = http_body_feed(&body, &r->body, data + r->used, n, &used);
			r->status = body.status;
		}
		assert(used <= n);
		r->used += used;
	}
}

static void
release(struct result *r)
{
	http_head_release(&r->head);
	buf_release(&r->body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	size_t step = size > 0 ? data[size - 1] % 7 + 1 : 1;
	int rc;

	do {
		struct result whole, cut;

		read_request(text, size, 0, &whole);
		read_request(text, size, step, &cut);
		assert(whole.rc == cut.rc && whole.status == cut.status);
		assert((whole.rc < 0) == (whole.status != 0));
		if (whole.rc == 1) {
			const char *start = memcmp(text, "\r\n", 2) == 0 ? text + 2 : text;
			const char *end = memmem(start, size - (size_t)(start - text), "\r\n\r\n",
			    4);

			assert(whole.used == cut.used && whole.body.len == cut.body.len);
			assert(whole.head.text.len == cut.head.text.len);
			assert(memcmp(whole.head.text.data, cut.head.text.data,
				   whole.head.text.len) == 0);
			assert(end != NULL);
			check_head(text, (size_t)(end + 4 - text), &whole.head);
			check_path(&whole.head);
		}
		rc = whole.rc;
		text += whole.used;
		size -= whole.used;
		release(&whole);
		release(&cut);
	} while (rc == 1 && size > 0);
	return 0;
}
