#include "gateway/http/http.h"

#include "tests/unit/gateway-http/served.h"

#define ASK(lines) "GET /generated HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" lines "\r\n"

/* What the generator makes; the last numbers say what became of it. */
struct recipe {
	const char *etag;
	unsigned pieces;
	size_t piece_size;
	int fails_at;         /* piece at which it fails; -1: never */
	unsigned yields;      /* times that it makes nothing yet */
	unsigned made, freed; /* calls of next and free */
};

static int
next_piece(void *arg, struct buf *out)
{
	struct recipe *recipe = arg;

	recipe->made++;
	if (recipe->yields > 0) {
		recipe->yields--;
		return 1;
	}
	if (recipe->fails_at == (int)recipe->made)
		return -EIO;
	for (size_t i = 0; i < recipe->piece_size; i += 16)
		buf_printf(out, "%015u\n", recipe->made);
	return recipe->made < recipe->pieces;
}

static void
free_pieces(void *arg)
{
	((struct recipe *)arg)->freed++;
}

static void
run_generated(struct http_request *req, void *arg)
{
	struct recipe *recipe = ((struct served *)arg)->arg;
	struct http_generator generator = { next_piece, free_pieces, recipe };

	http_reply_generated(req, 200, "text/plain", recipe->etag, &generator);
}

static const struct http_route routes[] = {
	{ HTTP_GET, "/generated", HTTP_ANYONE, run_generated, NULL },
	{ 0, NULL, HTTP_ANYONE, NULL, NULL },
};

/* The chunks' data, checked on the way; false: it does not end as it must. */
static _Bool
dechunk(const char *p, struct buf *out)
{
	for (;;) {
		char *end;
		size_t size = strtoul(p, &end, 16);

		if (end == p || strncmp(end, "\r\n", 2) != 0)
			return 0;
		p = end + 2;
		if (size == 0)
			return strcmp(p, "\r\n") == 0;
		if (strlen(p) < size + 2 || strncmp(p + size, "\r\n", 2) != 0)
			return 0;
		buf_add(out, p, size);
		p += size + 2;
	}
}

static const struct {
	unsigned pieces;
	size_t size;
	unsigned yields;
} makes[] = { { 1, 16, 0 }, { 1, 0, 0 }, { 3, 160, 0 }, { 3, 160, 2 }, { 200, 65536, 0 } };

START_TEST(a_generated_body_is_chunked_or_ends_with_the_connection)
{
	struct recipe recipe = { .pieces = makes[_i].pieces + makes[_i].yields,
		.piece_size = makes[_i].size,
		.yields = makes[_i].yields,
		.fails_at = -1 };
	struct served s = { .arg = &recipe };
	struct buf in = SERVED_BUF, body = SERVED_BUF;

	served_start(&s, routes, NULL);
	served_ask(&s, ASK(""), &in);
	ck_assert_str_eq(served_header(&in, "Transfer-Encoding"), "chunked");
	ck_assert_ptr_null(served_header(&in, "Content-Length"));
	ck_assert(dechunk(served_body(&in), &body));
	ck_assert_uint_eq(body.len, makes[_i].pieces * makes[_i].size);
	ck_assert_uint_eq(recipe.freed, 1);

	recipe.made = 0;
	recipe.yields = makes[_i].yields;
	served_ask(&s, "GET /generated HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", &in);
	ck_assert_ptr_null(served_header(&in, "Transfer-Encoding"));
	ck_assert_str_eq(served_header(&in, "Connection"), "close");
	ck_assert_str_eq(served_body(&in), body.data);
	ck_assert_uint_eq(recipe.freed, 2);

	recipe.made = 0;
	served_ask(&s, "HEAD /generated HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", &in);
	ck_assert_str_eq(served_body(&in), "");
	ck_assert_uint_eq(recipe.made, 0);
	ck_assert_uint_eq(recipe.freed, 3);
	buf_release(&in);
	buf_release(&body);
	served_stop(&s);
}
END_TEST

START_TEST(a_generated_body_with_a_known_etag_is_not_made_again)
{
	struct recipe recipe = { .pieces = 1, .piece_size = 16, .fails_at = -1, .etag = "\"v1\"" };
	struct served s = { .arg = &recipe };
	struct buf in = SERVED_BUF;

	served_start(&s, routes, NULL);
	served_ask(&s, ASK("If-None-Match: \"v0\"\r\n"), &in);
	assert_has(in, "HTTP/1.1 200 ");
	ck_assert_str_eq(served_header(&in, "ETag"), "\"v1\"");
	served_ask(&s, ASK("If-None-Match: \"v0\", \"v1\"\r\n"), &in);
	assert_has(in, "HTTP/1.1 304 ");
	ck_assert_ptr_null(served_header(&in, "Transfer-Encoding"));
	ck_assert_str_eq(served_body(&in), "");
	ck_assert_uint_eq(recipe.made, 1);
	ck_assert_uint_eq(recipe.freed, 2);
	buf_release(&in);
	served_stop(&s);
}
END_TEST

START_TEST(a_generator_is_asked_only_for_what_the_reader_takes)
{
	struct recipe recipe = { .pieces = 1000, .piece_size = 65536, .fails_at = -1 };
	struct served s = { .arg = &recipe };
	struct buf in = SERVED_BUF;
	unsigned made;
	_Bool reset;
	int fd;

	served_start(&s, routes, NULL);
	fd = served_connect(&s);
	served_send(fd, ASK(""), strlen(ASK("")));
	SERVED_UNTIL(&s, recipe.made > 0);
	for (made = 0; made != recipe.made;) {
		made = recipe.made;
		for (int i = 0; i < 10; i++)
			served_turn(&s);
	}
	/* What fits into the socket's buffers, and the one that did not. */
	ck_assert_uint_lt(made, 100);
	SERVED_UNTIL(&s, (served_receive(fd, &in, &reset), recipe.made > made + 10));
	ck_assert_uint_le(recipe.made, made + 10 + 5 + in.len / 65536);
	(void)close(fd);
	SERVED_UNTIL(&s, recipe.freed == 1);
	buf_release(&in);
	served_stop(&s);
}
END_TEST

START_TEST(a_generator_that_fails_leaves_a_short_body)
{
	struct recipe recipe = { .pieces = 10, .piece_size = 160, .fails_at = 3 };
	struct served s = { .arg = &recipe };
	struct buf in = SERVED_BUF, body = SERVED_BUF;
	int fd;

	served_start(&s, routes, NULL);
	fd = served_connect_tcp(&s);
	served_send(fd, ASK(""), strlen(ASK("")));
	ck_assert(!served_read_end(&s, fd, &in));
	ck_assert(!dechunk(served_body(&in), &body));
	ck_assert_uint_eq(recipe.freed, 1);
	(void)close(fd);
	/* So does one that goes beyond what one call may make. */
	recipe = (struct recipe){ .pieces = 1, .piece_size = 3u << 20, .fails_at = -1 };
	buf_clear(&in);
	fd = served_connect_tcp(&s);
	served_send(fd, ASK(""), strlen(ASK("")));
	ck_assert(!served_read_end(&s, fd, &in));
	ck_assert_uint_eq(recipe.freed, 1);
	(void)close(fd);
	buf_release(&in);
	buf_release(&body);
	served_stop(&s);
}
END_TEST

UNIT_MAIN("http generated",
    UNIT_ROWS(a_generated_body_is_chunked_or_ends_with_the_connection, ARRAY_LEN(makes)),
    UNIT_TEST(a_generated_body_with_a_known_etag_is_not_made_again),
    UNIT_TEST(a_generator_is_asked_only_for_what_the_reader_takes),
    UNIT_TEST(a_generator_that_fails_leaves_a_short_body))
