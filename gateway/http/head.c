#include "gateway/http/head.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#include "base/list.h"
#include "gateway/http/chars.h"
#include "gateway/http/target.h"

/* Bytes of a request line beside the target, with room for a method that we do not know. */
#define REQUEST_LINE_EXTRA 64

static int
refuse(struct http_head *h, int status, const char *reason)
{
	h->phase = HEAD_REFUSED;
	h->status = status;
	h->reason = reason;
	return -1;
}

/* -- the request line: METHOD SP TARGET SP VERSION ---------------------------- */

static int
take_method(struct http_head *h, const char *method, size_t len)
{
	static const struct {
		const char *name;
		enum http_method method;
	} methods[] = {
		{ "GET", HTTP_GET },
		{ "HEAD", HTTP_HEAD },
		{ "POST", HTTP_POST },
		/* Known to all, and at most not allowed. */
		{ "PUT", HTTP_OTHER },
		{ "DELETE", HTTP_OTHER },
		{ "OPTIONS", HTTP_OTHER },
		{ "PATCH", HTTP_OTHER },
		{ "TRACE", HTTP_OTHER },
	};

	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		if (len == strlen(methods[i].name) && memcmp(method, methods[i].name, len) == 0) {
			h->method = methods[i].method;
			return 0;
		}
	}
	return refuse(h, 501, "This server does not know that method.");
}

static int
take_version(struct http_head *h, const char *version, size_t len)
{
	if (len != 8 || memcmp(version, "HTTP/", 5) != 0 ||
	    !http_is_digit((unsigned char)version[5]) || version[6] != '.' ||
	    !http_is_digit((unsigned char)version[7]))
		return refuse(h, 400, "The request line is not METHOD TARGET HTTP/1.1.");
	if (version[5] != '1' || (version[7] != '0' && version[7] != '1'))
		return refuse(h, 505, "This server speaks HTTP/1.1 and HTTP/1.0.");
	h->minor = (unsigned)(version[7] - '0');
	return 0;
}

static int
take_request_line(struct http_head *h, char *line, size_t len)
{
	size_t method_len = 0, target_len;
	char *end = line + len, *target, *space;
	struct http_target parts;
	const char *complaint;

	while (method_len < len && http_is_token_char((unsigned char)line[method_len]))
		method_len++;
	target = line + method_len + 1;
	space = target < end ? memchr(target, ' ', (size_t)(end - target)) : NULL;
	if (method_len == 0 || line[method_len] != ' ' || space == NULL)
		return refuse(h, 400, "The request line is not METHOD TARGET HTTP/1.1.");
	target_len = (size_t)(space - target);
	if (take_version(h, space + 1, (size_t)(end - space - 1)) < 0 ||
	    take_method(h, line, method_len) < 0)
		return -1;
	if (target_len > h->limits->target_max)
		return refuse(h, 414, "The target is too long.");
	complaint = http_target_write(line, target, target_len, &parts);
	if (complaint != NULL)
		return refuse(h, 400, complaint);
	if (line[parts.path] == '*' && h->method != HTTP_OTHER)
		return refuse(h, 400, "The target * is for OPTIONS.");
	h->path = parts.path;
	h->query = parts.query;
	h->fields = parts.end;
	buf_truncate(&h->text, parts.end);
	h->phase = HEAD_FIELDS;
	return 0;
}

/* -- header lines ------------------------------------------------------------ */

static int
mean_host(struct http_head *h, char *value)
{
	if (h->host_seen)
		return refuse(h, 400, "The request has two Host headers.");
	h->host_seen = 1;
	if (http_host_kind(value, strlen(value)) == HTTP_HOST_BAD)
		return refuse(h, 400, "The Host header is not HOST or HOST:PORT.");
	return 0;
}

static int
mean_length(struct http_head *h, char *value)
{
	uint64_t n = 0;

	if (h->length_seen)
		return refuse(h, 400, "The request has two Content-Length headers.");
	h->length_seen = 1;
	if (*value == '\0')
		return refuse(h, 400, "Content-Length is empty.");
	for (const char *p = value; *p != '\0'; p++) {
		if (!http_is_digit((unsigned char)*p))
			return refuse(h, 400, "Content-Length is not a number.");
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, (unsigned)(*p - '0'), &n))
			n = UINT64_MAX;
	}
	h->length = n;
	return 0;
}

static int
mean_coding(struct http_head *h, char *value)
{
	if (h->coding_seen)
		return refuse(h, 400, "The request has two Transfer-Encoding headers.");
	h->coding_seen = 1;
	if (strcmp(value, "chunked") != 0)
		return refuse(h, 501, "The only Transfer-Encoding of this server is chunked.");
	h->chunked = 1;
	return 0;
}

static int
mean_connection(struct http_head *h, char *value)
{
	for (const char *p = value; *p != '\0';) {
		size_t n;

		p += strspn(p, ", \t");
		n = strcspn(p, ", \t");
		if (n == 5 && strncasecmp(p, "close", n) == 0)
			h->close = 1;
		if (n == 10 && strncasecmp(p, "keep-alive", n) == 0)
			h->keep_alive = 1;
		p += n;
	}
	return 0;
}

static int
mean_expect(struct http_head *h, char *value)
{
	if (strcasecmp(value, "100-continue") == 0)
		h->expect_continue = 1;
	else
		h->expect_other = 1;
	return 0;
}

/* What a header means for the connection. The others mean something to handlers only. */
static const struct {
	const char *name;
	int (*mean)(struct http_head *h, char *value);
} meanings[] = {
	{ "Host", mean_host },
	{ "Content-Length", mean_length },
	{ "Transfer-Encoding", mean_coding },
	{ "Connection", mean_connection },
	{ "Expect", mean_expect },
};

/* Leaves "name\0value\0" in place of the line. */
static int
take_field(struct http_head *h, char *line, size_t len)
{
	char *value, *end = line + len;
	size_t name_len = 0;

	if (++h->count > h->limits->header_count_max)
		return refuse(h, 431, "The request has too many headers.");
	if (line[0] == ' ' || line[0] == '\t')
		return refuse(h, 400, "A header line is folded.");
	while (name_len < len && http_is_token_char((unsigned char)line[name_len]))
		name_len++;
	if (name_len == 0 || name_len == len || line[name_len] != ':')
		return refuse(h, 400, "A header line is not NAME: VALUE.");
	value = line + name_len + 1;
	while (value < end && (*value == ' ' || *value == '\t'))
		value++;
	while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	for (const char *p = value; p < end; p++) {
		if (!http_is_value_char((unsigned char)*p))
			return refuse(h, 400, "A header's value holds a control byte.");
	}
	line[name_len] = '\0';
	memmove(line + name_len + 1, value, (size_t)(end - value));
	value = line + name_len + 1 + (end - value);
	*value++ = '\0';
	buf_truncate(&h->text, (size_t)(value - h->text.data));
	for (size_t i = 0; i < ARRAY_LEN(meanings); i++) {
		if (strcasecmp(line, meanings[i].name) == 0)
			return meanings[i].mean(h, line + name_len + 1);
	}
	return 0;
}

/* RFC 9112 §3.2, §6.1, §6.3 */
static int
take_end(struct http_head *h)
{
	if (h->minor >= 1 && !h->host_seen)
		return refuse(h, 400, "The request has no Host header.");
	if (h->length_seen && h->coding_seen)
		return refuse(h, 400, "The request has Content-Length and Transfer-Encoding.");
	if (h->minor == 0 && h->coding_seen)
		return refuse(h, 400, "HTTP/1.0 has no Transfer-Encoding.");
	buf_truncate(&h->text, h->line);
	h->phase = HEAD_WHOLE;
	return 1;
}

/* -- lines ------------------------------------------------------------------- */

static int
take_line(struct http_head *h)
{
	char *line = h->text.data + h->line;
	size_t len = h->text.len - h->line - 1;
	int rc;

	if (len == 0 || line[len - 1] != '\r')
		return refuse(h, 400, "A line does not end with CR LF.");
	len--;
	if (h->phase == HEAD_REQUEST_LINE && len == 0 && !h->blank_skipped) {
		h->blank_skipped = 1;
		buf_truncate(&h->text, 0);
		return 0;
	}
	if (h->phase == HEAD_REQUEST_LINE)
		rc = take_request_line(h, line, len);
	else if (len > 0)
		rc = take_field(h, line, len);
	else
		rc = take_end(h);
	h->line = h->text.len;
	return rc;
}

/* `n` bytes of one line, of which the last is LF when it is the line's end. */
static int
take_bytes(struct http_head *h, const char *data, size_t n)
{
	_Bool first_line = h->phase == HEAD_REQUEST_LINE;
	const struct http_limits *limits = h->limits;

	/* No request begins so (a TLS hello does): do not wait for a line that never ends. */
	if (first_line && h->text.len == 0 && !http_is_token_char((unsigned char)data[0]) &&
	    data[0] != '\r')
		return refuse(h, 400, "This is not an HTTP request.");
	h->total += n;
	if (first_line &&
	    (h->text.len + n > limits->target_max + REQUEST_LINE_EXTRA ||
		h->total > limits->head_max))
		return refuse(h, 414, "The request line is too long.");
	if (h->total > limits->head_max)
		return refuse(h, 431, "The request's head is too large.");
	buf_add(&h->text, data, n);
	if (buf_status(&h->text) < 0)
		return refuse(h, 503, "The server is short of memory.");
	return data[n - 1] == '\n' ? take_line(h) : 0;
}

void
http_head_init(struct http_head *h, const struct http_limits *limits)
{
	*h = (struct http_head){ .limits = limits, .text = BUF_INIT(limits->head_max) };
}

void
http_head_release(struct http_head *h)
{
	buf_release(&h->text);
}

int
http_head_feed(struct http_head *h, const char *data, size_t len, size_t *ret_used)
{
	int rc = 0;

	assert(h->phase == HEAD_REQUEST_LINE || h->phase == HEAD_FIELDS);
	*ret_used = 0;
	while (rc == 0 && *ret_used < len) {
		const char *from = data + *ret_used;
		const char *end = memchr(from, '\n', len - *ret_used);
		size_t n = end == NULL ? len - *ret_used : (size_t)(end - from) + 1;

		*ret_used += n;
		rc = take_bytes(h, from, n);
	}
	return rc;
}

/* -- a whole head ------------------------------------------------------------ */

const char *
http_head_path(const struct http_head *h)
{
	return h->text.data + h->path;
}

const char *
http_head_query(const struct http_head *h)
{
	return h->text.data + h->query;
}

const char *
http_head_field(const struct http_head *h, const char *name)
{
	const char *end = h->text.data + h->text.len;
	const char *p = h->text.data + h->fields;

	while (p < end) {
		const char *value = p + strlen(p) + 1;

		if (strcasecmp(p, name) == 0)
			return value;
		p = value + strlen(value) + 1;
	}
	return NULL;
}

const char *
http_head_host(const struct http_head *h)
{
	const char *host = h->text.data;

	/* RFC 9112 §3.2.2: the target's authority goes before Host. */
	if (*host == '\0')
		host = http_head_field(h, "Host");
	return host != NULL ? host : "";
}
