/*
 * Pictures under our address: fetched once, kept, and refused.
 */
#include "gateway/images.h"

#include <dirent.h>

#include "tests/unit/gateway/images_world.h"

/* -- kinds ---------------------------------------------------------------------------- */

static const struct {
	const char *head;
	size_t len;
	const char *type;
} kinds[] = {
	{ png, PNG_LEN, "image/png" },
	{ "\x89PNG\r\n\x1a\n", 8, "image/png" },
	{ "\x89PNG\r\n\x1a", 7, NULL },
	{ "\xff\xd8\xff\xe0", 4, "image/jpeg" },
	{ "\xff\xd8", 2, NULL },
	{ "GIF87a", 6, "image/gif" },
	{ "GIF89a", 6, "image/gif" },
	{ "GIF88a", 6, NULL },
	{ "RIFF1234WEBPVP8 ", 16, "image/webp" },
	{ "RIFF1234WAVEfmt ", 16, NULL },
	{ "\0\0\0\x1c"
	  "ftypavif\0\0\0\0",
	    16, "image/avif" },
	{ "\0\0\0\x1c"
	  "ftypmif1\0\0\0\0miafavif",
	    24, "image/avif" },
	{ "\0\0\0\x10"
	  "ftypmif1\0\0\0\0avifavif",
	    24, NULL }, /* behind its box */
	{ "\0\0\0\x1c"
	  "ftypisomavif",
	    16, NULL }, /* a version, no brand */
	{ "\0\0\0\x1c"
	  "ftypheic\0\0\0\0",
	    16, NULL },
	{ "<svg xmlns=\"http://www.w3.org/2000/svg\"><script/></svg>", 50, NULL },
	{ "<?xml version=\"1.0\"?><svg/>", 27, NULL },
	{ "<!DOCTYPE html>", 15, NULL },
	{ "BM", 2, NULL },
	{ "", 0, NULL },
};

START_TEST(only_pictures_without_scripts_are_pictures)
{
	const char *type = image_type(kinds[_i].head, kinds[_i].len);

	ck_assert_pstr_eq(type, kinds[_i].type);
}
END_TEST

/* -- the replies ------------------------------------------------------------------------- */

/* What stands behind `before` in the last reply up to a quote or a tag, references decoded. */
static const char *
find_address(const char *before)
{
	static char address[4096];
	const char *p = strstr(reply.body.data, before);
	char *amp;

	ck_assert_msg(p != NULL, "no %s in %s", before, reply.body.data);
	p += strlen(before);
	snprintf(address, sizeof(address), "%.*s", (int)strcspn(p, "\"<"), p);
	while ((amp = strstr(address, "&amp;")) != NULL)
		memmove(amp + 1, amp + 5, strlen(amp + 5) + 1);
	return address;
}

/* For the document, in which no address is ours. */
static void
ask_untouched(const char *path)
{
	ask(path);
	ck_assert_msg(reply.status == 200, "%s: %ld", path, reply.status);
	ck_assert_msg(reply_count("/images/") == 0, "%s: %s", path, reply.body.data);
}

static unsigned
files_kept(void)
{
	DIR *kept = opendir(in_dir("images"));
	unsigned n = 0;

	ck_assert_ptr_nonnull(kept);
	for (struct dirent *e; (e = readdir(kept)) != NULL;)
		n += e->d_name[0] != '.';
	closedir(kept);
	return n;
}

/* -- addresses --------------------------------------------------------------------------- */

START_TEST(without_the_proxy_all_addresses_stay)
{
	open_images("");
	ck_assert_uint_eq(images_tag(g.images), 0);
	ask_untouched("/guide.xml");
	ask_untouched("/guide.xml?days=1");
	ask_untouched("/playlist.m3u");
	ask_untouched("/api/v1/guide/now");
	ask("/images/logo/0000000000000000");
	ck_assert_int_eq(reply.status, 404);
	ck_assert_uint_eq(origin.requests, 0);
	close_images();
}
END_TEST

START_TEST(with_the_proxy_addresses_are_ours)
{
	open_images(PROXY);
	ask("/guide.xml");
	/* All channels have an icon, their own or the source's; of programmes all but the ftp: */
	ck_assert_uint_eq(reply_count("<icon src=\"http://tv:1/images/logo/"), 2);
	ck_assert_uint_eq(reply_count("<icon src=\"data:"), 1);
	ck_assert_uint_eq(reply_count("http://127.0.0.1"), 0);
	ck_assert_uint_eq(reply_count("ftp://h/no.png"), 1);
	ck_assert_uint_eq(reply_count("http://tv:1/images/"), 4);
	ck_assert_uint_eq(reply_count("<url>http://one</url>"), 3);
	expect_valid_reply();
	ask("/playlist.m3u");
	ck_assert_uint_eq(reply_count("tvg-logo=\"http://tv:1/images/logo/"), 1);
	ck_assert_uint_eq(reply_count("tvg-logo=\"data:"), 1);
	ask("/api/v1/guide/now");
	ck_assert_uint_eq(reply_count("\"logo\":\"http://tv:1/images/logo/"), 2);
	ck_assert_uint_eq(reply_count("\"icon\":\"http://tv:1/images/"), 1);
	ck_assert_uint_eq(origin.requests, 0);
	close_images();
}
END_TEST

START_TEST(turning_it_on_or_off_is_another_etag)
{
	char tag[64], guide_tag[64];

	open_images("");
	ask("/playlist.m3u");
	snprintf(tag, sizeof(tag), "%.60s", reply_header("ETag"));
	ask("/guide.xml?days=1");
	snprintf(guide_tag, sizeof(guide_tag), "%.60s", reply_header("ETag"));
	guide_world_apply(PROXY);
	ask("/playlist.m3u");
	ck_assert_str_ne(reply_header("ETag"), tag);
	ask("/guide.xml?days=1");
	ck_assert_str_ne(reply_header("ETag"), guide_tag);
	close_images();
}
END_TEST

/* -- fetching ------------------------------------------------------------------------------ */

START_TEST(a_picture_is_fetched_once)
{
	char address[4096], header[128];
	struct images_info info;

	open_images(PROXY);
	ask("/api/v1/guide/now");
	snprintf(address, sizeof(address), "%s", find_address("\"icon\":\""));
	for (int i = 0; i < 3; i++) {
		ask(address);
		expect_picture();
	}
	ck_assert_uint_eq(origin.requests, 1);
	snprintf(header, sizeof(header), "If-None-Match: %.60s", reply_header("ETag"));
	ask_with("GET", address, header);
	ck_assert_int_eq(reply.status, 304);
	ask_with("HEAD", address, NULL);
	ck_assert_int_eq(reply.status, 200);
	/* In all forms it is the same address. */
	ask("/guide.xml");
	ck_assert_str_eq(find_address("<title>A</title>\n<icon src=\""), address);
	images_get_info(g.images, &info);
	ck_assert_uint_eq(info.fetched, 1);
	ck_assert_uint_eq(info.bytes, PNG_LEN);
	ck_assert_uint_eq(files_kept(), 1);
	close_images();
}
END_TEST

START_TEST(a_logo_is_the_playlists_or_else_the_guides)
{
	char path[128];

	open_images(PROXY);
	ask_logo(0);
	expect_picture();
	ck_assert_str_eq(reply_header("Cache-Control"), "max-age=86400");
	snprintf(path, sizeof(path), "/images/logo/%s", world_id(1));
	ask(path);
	expect_picture();
	snprintf(path, sizeof(path), "/images/logo/%s", world_id(2));
	ask(path);
	ck_assert_int_eq(reply.status, 404); /* what is in the list is no address to fetch */
	ck_assert_uint_eq(origin.requests, 2);
	ask("/images/logo/0000000000000000");
	ck_assert_int_eq(reply.status, 404);
	close_images();
}
END_TEST

START_TEST(it_is_no_open_proxy)
{
	char address[4096], other[4200];

	open_images(PROXY);
	ask("/api/v1/guide/now");
	snprintf(address, sizeof(address), "%s", find_address("\"icon\":\""));
	/* Another address, another code, none. */
	snprintf(other, sizeof(other), "%sx", address);
	ask(other);
	ck_assert_int_eq(reply.status, 404);
	snprintf(other, sizeof(other), "%s", address);
	other[20] = other[20] == '0' ? '1' : '0';
	ask(other);
	ck_assert_int_eq(reply.status, 404);
	*strchr(other, '?') = '\0';
	ask(other);
	ck_assert_int_eq(reply.status, 404);
	ask("/images/0000000000000000?url=http%3A%2F%2F127.0.0.1%2F");
	ck_assert_int_eq(reply.status, 404);
	ck_assert_uint_eq(origin.requests, 0);
	/* And when it is off, not even what was handed out. */
	guide_world_apply("");
	ask(address);
	ck_assert_int_eq(reply.status, 404);
	ck_assert_uint_eq(origin.requests, 0);
	close_images();
}
END_TEST

START_TEST(codes_outlive_a_restart)
{
	char address[4096], again[4096];
	struct err err = ERR_INIT;

	open_images(PROXY);
	ask("/api/v1/guide/now");
	snprintf(address, sizeof(address), "%s", find_address("\"icon\":\""));
	images_free(g.images);
	g.images = images_new(&(struct images_deps){ g.base, g.multi, g.store, g.clock, dir },
	    &err);
	guide_world_apply(PROXY);
	ask("/api/v1/guide/now");
	snprintf(again, sizeof(again), "%s", find_address("\"icon\":\""));
	ck_assert_str_eq(again, address);
	close_images();
}
END_TEST

static const struct {
	int status;
	const char *body;
	const char *why;
} bad[] = {
	{ 404, png, "its server answered 404" },
	{ 200, "<svg onload=\"alert(1)\"/>", "it is no picture" },
	{ 200, "", "it is no picture" },
	{ 500, "<p>no</p>", "its server answered 500" },
};

START_TEST(a_failure_is_told_and_remembered_for_a_while)
{
	open_images(PROXY);
	say(bad[_i].status, bad[_i].body, strlen(bad[_i].body));
	for (int i = 0; i < 3; i++) {
		ask_logo(0);
		ck_assert_int_eq(reply.status, 502);
		ck_assert_msg(strstr(reply.body.data, bad[_i].why) != NULL, "%s", reply.body.data);
		ck_assert_str_eq(i == 0 ? "" : reply_header("Retry-After"), i == 0 ? "" : "300");
	}
	ck_assert_uint_eq(origin.requests, 1);
	ck_assert_uint_eq(files_kept(), 0);
	/* Then it is tried again. */
	later_us += UINT64_C(301) * 1000000;
	say(200, png, PNG_LEN);
	ask_logo(0);
	expect_picture();
	ck_assert_uint_eq(origin.requests, 2);
	close_images();
}
END_TEST

START_TEST(a_host_that_is_away_is_left_alone_for_a_while)
{
	open_images(PROXY);
	event_del(origin.ev);
	close(origin.fd);
	origin.fd = dup(0);
	ask_logo(0);
	ck_assert_int_eq(reply.status, 502);
	ck_assert_str_eq(reply_header("Retry-After"), "");
	/* Another picture of it is not even tried. */
	ask_logo(1);
	ck_assert_int_eq(reply.status, 502);
	ck_assert_str_eq(reply_header("Retry-After"), "60");
	close_images();
}
END_TEST

/* Goes on for as long as it is read. */
static void
on_sent(evutil_socket_t fd, short what, void *arg)
{
	static char zeros[65536];
	struct provider_conn *conn = arg;

	(void)what;
	if (send(fd, zeros, sizeof(zeros), MSG_NOSIGNAL | MSG_DONTWAIT) != -1 || errno == EAGAIN)
		return;
	provider_close(conn, 0);
}

static void
serve_endlessly(struct provider_conn *conn)
{
	provider_say(conn, "HTTP/1.1 200 X\r\n\r\n");
	provider_send(conn, png, PNG_LEN);
	event_free(conn->ev);
	conn->ev = event_new(g.base, conn->fd, EV_WRITE | EV_PERSIST, on_sent, conn);
	event_add(conn->ev, NULL);
}

START_TEST(what_is_too_large_is_not_taken)
{
	open_images(PROXY);
	origin.serve = serve_endlessly;
	ask_logo(0);
	ck_assert_int_eq(reply.status, 502);
	ck_assert_ptr_nonnull(strstr(reply.body.data, "larger than 10 MiB"));
	ck_assert_uint_eq(files_kept(), 0);
	close_images();
}
END_TEST

START_TEST(many_who_ask_share_one_fetch)
{
	enum { MANY = 20 };
	int socks[MANY], n = 0;
	struct sockaddr_in addr = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	char request[256], back[1024];
	struct images_info info;

	open_images(PROXY);
	origin.serve = NULL; /* it says nothing yet */
	addr.sin_port = htons(
	    (uint16_t)strtoul(strrchr(http_server_address(g.http, 0), ':') + 1, NULL, 10));
	snprintf(request, sizeof(request), "GET /images/logo/%.16s HTTP/1.1\r\nHost: a\r\n\r\n",
	    world_id(0));
	for (int i = 0; i < MANY; i++) {
		socks[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		ck_assert_int_eq(connect(socks[i], (struct sockaddr *)&addr, sizeof(addr)), 0);
		ck_assert_int_eq(send(socks[i], request, strlen(request), 0),
		    (ssize_t)strlen(request));
	}
	do {
		event_base_loop(g.base, EVLOOP_ONCE);
		images_get_info(g.images, &info);
	} while (info.waiting < MANY || origin.requests == 0);
	/* Half of them leave. */
	for (int i = 0; i < MANY / 2; i++)
		close(socks[i]);
	do {
		event_base_loop(g.base, EVLOOP_ONCE);
		images_get_info(g.images, &info);
	} while (info.waiting > MANY / 2);
	provider_send(provider_newest(&origin), answer.data, answer.len);
	do {
		event_base_loop(g.base, EVLOOP_ONCE);
		images_get_info(g.images, &info);
	} while (info.waiting > 0);
	for (int i = MANY / 2; i < MANY; i++) {
		ssize_t got;

		while ((got = recv(socks[i], back, sizeof(back), MSG_DONTWAIT)) == -1 &&
		    errno == EAGAIN)
			event_base_loop(g.base, EVLOOP_NONBLOCK);
		ck_assert_int_gt(got, 0);
		n += memcmp(back, "HTTP/1.1 200", 12) == 0;
		close(socks[i]);
	}
	ck_assert_int_eq(n, MANY / 2);
	ck_assert_uint_eq(origin.requests, 1);
	close_images();
}
END_TEST

/* It ends while fetches and requests are under way, and leaves nothing behind. */
START_TEST(it_may_end_in_the_midst_of_a_fetch)
{
	struct images_source here = { 0 };
	char url[128];

	open_images(PROXY);
	origin.serve = NULL;
	for (int i = 0; i < 20; i++) {
		snprintf(url, sizeof(url), "http://127.0.0.1:%u/%d.png", origin.port, i);
		here.url = url;
		images_fetch(g.images, NULL, &here, image_key(g.images, url));
	}
	while (origin.requests < 8)
		event_base_loop(g.base, EVLOOP_ONCE);
	close_images();
}
END_TEST

/* -- keeping ------------------------------------------------------------------------------- */

START_TEST(an_old_picture_is_handed_out_while_a_new_one_comes)
{
	static const char newer[] = "GIF89a, and a new one";
	struct timespec times[2] = { { 0 } };
	char file[IMAGE_PATH_MAX], url[128];

	open_images(PROXY);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/one.png", origin.port);
	ask_logo(0);
	expect_picture();
	/* 31 days. */
	image_path(g.images, image_key(g.images, url), file);
	times[0].tv_sec = times[1].tv_sec = wall - 31 * 86400;
	ck_assert_int_eq(utimensat(AT_FDCWD, file, times, 0), 0);
	say(200, newer, sizeof(newer) - 1);
	ask_logo(0);
	expect_picture();
	while (origin.requests < 2 || origin.open > 0)
		event_base_loop(g.base, EVLOOP_ONCE);
	do
		ask_logo(0);
	while (strcmp(reply_header("Content-Type"), "image/gif") != 0);
	ck_assert_str_eq(reply.body.data, newer);
	/* When there is no new one, the old one stays. */
	ck_assert_int_eq(utimensat(AT_FDCWD, file, times, 0), 0);
	say(404, "", 0);
	for (int i = 0; i < 5; i++) {
		ask_logo(0);
		ck_assert_int_eq(reply.status, 200);
		ck_assert_str_eq(reply.body.data, newer);
	}
	close_images();
}
END_TEST

/* A file of that many KiB that was used so many hours ago. */
static void
put_file(unsigned n, size_t kib, int hours)
{
	struct timespec times[2] = { { .tv_sec = wall - hours * 3600 }, { .tv_sec = wall } };
	char *data = calloc(kib, 1024);
	char name[64];

	memcpy(data, png, PNG_LEN);
	snprintf(name, sizeof(name), "images/%016x", n);
	ck_assert_int_eq(unit_write_file(in_dir(name), data, kib * 1024), 0);
	ck_assert_int_eq(utimensat(AT_FDCWD, in_dir(name), times, 0), 0);
	free(data);
}

static _Bool
has_file(unsigned n)
{
	char name[64];

	snprintf(name, sizeof(name), "images/%016x", n);
	return access(in_dir(name), F_OK) == 0;
}

START_TEST(the_least_recently_used_go)
{
	struct images_info info;

	open_images("");
	/* 20 of a MiB in 16 MiB: what is left is at most nine tenths, 14. */
	for (unsigned i = 0; i < 20; i++)
		put_file(i, 1024, (int)i);
	ck_assert_int_eq(unit_write_file(in_dir("images/README"), "mine", 4), 0);
	guide_world_apply("images: {proxy: true, space: 16MiB}\n");
	do {
		event_base_loop(g.base, EVLOOP_ONCE);
		images_get_info(g.images, &info);
	} while (has_file(14) || info.bytes > (16u << 20) || info.bytes == 0);
	for (unsigned i = 0; i < 14; i++)
		ck_assert_msg(has_file(i), "%u has gone", i);
	for (unsigned i = 15; i < 20; i++) {
		while (has_file(i))
			event_base_loop(g.base, EVLOOP_ONCE);
	}
	ck_assert_int_eq(access(in_dir("images/README"), F_OK), 0);
	close_images();
}
END_TEST

START_TEST(of_those_used_at_once_only_so_many_go_as_must)
{
	struct images_info info;

	open_images("");
	for (unsigned i = 0; i < 20; i++)
		put_file(i, 1024, 0);
	guide_world_apply("images: {proxy: true, space: 16MiB}\n");
	do {
		event_base_loop(g.base, EVLOOP_ONCE);
		images_get_info(g.images, &info);
	} while (info.bytes == 0 || info.bytes > (15u << 20));
	for (int i = 0; i < 20; i++)
		event_base_loop(g.base, EVLOOP_NONBLOCK);
	ck_assert_uint_eq(files_kept(), 14);
	close_images();
}
END_TEST

START_TEST(to_be_asked_for_is_to_be_used)
{
	char file[IMAGE_PATH_MAX], url[128];
	struct timespec times[2] = { { .tv_sec = wall - 7200 }, { .tv_sec = wall - 7200 } };
	struct stat st;

	open_images(PROXY);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/one.png", origin.port);
	ask_logo(0);
	image_path(g.images, image_key(g.images, url), file);
	ck_assert_int_eq(utimensat(AT_FDCWD, file, times, 0), 0);
	ask_logo(0);
	expect_picture();
	ck_assert_int_eq(stat(file, &st), 0);
	/* Ours, or the file system's own, which goes by the real clock. */
	ck_assert_int_ge(st.st_atim.tv_sec, wall);
	ck_assert_int_eq(st.st_mtim.tv_sec, wall - 7200);
	close_images();
}
END_TEST

START_TEST(a_broken_file_is_fetched_again)
{
	char file[IMAGE_PATH_MAX], url[128];

	open_images(PROXY);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/one.png", origin.port);
	image_path(g.images, image_key(g.images, url), file);
	ck_assert_int_eq(unit_write_file(file, "", 0), 0);
	ask_logo(0);
	expect_picture();
	close_images();
}
END_TEST

WORLD_MAIN("images", UNIT_ROWS(only_pictures_without_scripts_are_pictures, ARRAY_LEN(kinds)),
    UNIT_TEST(without_the_proxy_all_addresses_stay), UNIT_TEST(with_the_proxy_addresses_are_ours),
    UNIT_TEST(turning_it_on_or_off_is_another_etag), UNIT_TEST(a_picture_is_fetched_once),
    UNIT_TEST(a_logo_is_the_playlists_or_else_the_guides), UNIT_TEST(it_is_no_open_proxy),
    UNIT_TEST(codes_outlive_a_restart),
    UNIT_ROWS(a_failure_is_told_and_remembered_for_a_while, ARRAY_LEN(bad)),
    UNIT_TEST(a_host_that_is_away_is_left_alone_for_a_while),
    UNIT_TEST(what_is_too_large_is_not_taken), UNIT_TEST(many_who_ask_share_one_fetch),
    UNIT_TEST(it_may_end_in_the_midst_of_a_fetch),
    UNIT_TEST(an_old_picture_is_handed_out_while_a_new_one_comes),
    UNIT_TEST(the_least_recently_used_go), UNIT_TEST(of_those_used_at_once_only_so_many_go_as_must),
    UNIT_TEST(to_be_asked_for_is_to_be_used), UNIT_TEST(a_broken_file_is_fetched_again))
