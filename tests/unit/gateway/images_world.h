/*
 * A gateway with pictures: a lineup whose first channel has a logo, a guide that has one for
 * the others, and the origin of both.
 */
#ifndef TESTS_GATEWAY_IMAGES_WORLD_H
#define TESTS_GATEWAY_IMAGES_WORLD_H

#include "gateway/images_parts.h"
#include "tests/unit/gateway/guide_world.h"
#include "tests/unit/provider.h"

static const char png[] = "\x89PNG\r\n\x1a\n....IHDR and so on";
#define PNG_LEN (sizeof(png) - 1)

#define PROXY "images: {proxy: true}\n"

static struct provider origin;
static struct buf answer; /* what the origin says */

static inline void
on_request(struct provider_conn *conn)
{
	provider_send(conn, answer.data, answer.len);
	provider_close(conn, 0);
}

static inline void
say(int status, const void *body, size_t len)
{
	buf_release(&answer);
	buf_init(&answer, 64u << 20);
	buf_printf(&answer, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n\r\n", status, len);
	buf_add(&answer, body, len);
}

static const char picture[] = "<title>A</title>\n<icon src=\"http://127.0.0.1:%u/p.png?a=1&amp;b="
			      "%%20\"/>\n<image type=\"still\">http://127.0.0.1:%u/s.png</image>\n"
			      "<image>ftp://h/no.png</image>\n";
static char body[1024], source_xml[256];

/* The origin answers before there is a gateway: its address is in the list. */
static inline void
open_images(const char *more)
{
	static struct event_base *own;
	const struct test_programme one = { 0, 12, 1, "", body };
	struct buf list = BUF_INIT(65536);

	own = event_base_new();
	provider_begin(&origin, own, on_request);
	buf_printf(&list,
	    "#EXTM3U\n#EXTINF:-1 tvg-id=\"one.uk\" tvg-chno=\"1\""
	    " tvg-logo=\"http://127.0.0.1:%u/one.png\",One/A\nhttp://127.0.0.1:9/1\n"
	    "#EXTINF:-1 tvg-chno=\"2\",Two\nhttp://127.0.0.1:9/2\n"
	    "#EXTINF:-1 tvg-chno=\"3\" tvg-logo=\"data:image/png;base64,AA==\",Three\n"
	    "http://127.0.0.1:9/3\n",
	    origin.port);
	guide_world_open(list.data, more);
	buf_release(&list);
	/* Now that there is a loop of the gateway's, the origin moves to it. */
	event_free(origin.ev);
	event_base_free(own);
	origin.base = g.base;
	origin.ev = event_new(g.base, origin.fd, EV_READ | EV_PERSIST, provider_on_connection,
	    &origin);
	event_add(origin.ev, NULL);
	snprintf(body, sizeof(body), picture, origin.port, origin.port);
	snprintf(source_xml, sizeof(source_xml),
	    "<icon src=\"http://127.0.0.1:%u/source.png\"/>\n<url>http://one</url>\n", origin.port);
	world_give_guide(&one, 1, source_xml);
	say(200, png, PNG_LEN);
}

static inline void
close_images(void)
{
	provider_end(&origin);
	buf_release(&answer);
	world_close();
}

/* For the logo of channel i. */
static inline void
ask_logo(uint32_t i)
{
	char path[64];

	snprintf(path, sizeof(path), "/images/logo/%.16s", world_id(i));
	ask(path);
}

static inline void
expect_picture(void)
{
	ck_assert_msg(reply.status == 200, "%ld %s", reply.status, reply.body.data);
	ck_assert_uint_eq(reply.body.len, PNG_LEN);
	ck_assert_mem_eq(reply.body.data, png, PNG_LEN);
	ck_assert_str_eq(reply_header("Content-Type"), "image/png");
	ck_assert_str_eq(reply_header("X-Content-Type-Options"), "nosniff");
	ck_assert_str_eq(reply_header("Content-Security-Policy"), "default-src 'none'; sandbox");
}

#endif
