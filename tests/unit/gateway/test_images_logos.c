/*
 * The folder of local logos: what is found there, and what is passed over.
 */
#include "gateway/images.h"

#include <sys/stat.h>

#include "tests/unit/gateway/images_world.h"

/* -- the local folder ------------------------------------------------------------------------ */

static const struct {
	const char *file; /* %: the first channel's id */
	_Bool found;
} locals[] = {
	{ "%.png", 1 },
	{ "%.masthead.PNG", 1 },
	{ "1.jpg", 1 },
	{ "ONE.uk.webp", 1 },
	{ "one_a.gif", 1 },
	{ "One_A.jpeg", 1 },
	{ "One_A.AVIF", 1 },
	{ "one.png", 0 },
	{ "01.png", 0 },
	{ "1.svg", 0 },
	{ "1", 0 },
	{ ".png", 0 },
};

START_TEST(a_local_logo_is_found_by_what_the_channel_is_called)
{
	char file[256];

	open_images("");
	ck_assert_int_eq(mkdir(in_dir("logos"), 0700), 0);
	if (locals[_i].file[0] == '%')
		snprintf(file, sizeof(file), "logos/%.16s%s", world_id(0), locals[_i].file + 1);
	else
		snprintf(file, sizeof(file), "logos/%s", locals[_i].file);
	ck_assert_int_eq(unit_write_file(in_dir(file), png, PNG_LEN), 0);
	later_us += 6000000;
	ask_logo(0);
	if (locals[_i].found)
		expect_picture();
	else
		ck_assert_int_eq(reply.status, 404);
	ask("/guide.xml");
	ck_assert_uint_eq(reply_count("/images/logo/"), locals[_i].found);
	ask("/playlist.m3u");
	ck_assert_uint_eq(reply_count("/images/logo/"), locals[_i].found);
	/* Without the proxy, pictures of programmes stay where they are. */
	ask("/api/v1/guide/now");
	ck_assert_uint_eq(reply_count("\"icon\":\"http://127.0.0.1"), 1);
	ck_assert_uint_eq(origin.requests, 0);
	close_images();
}
END_TEST

START_TEST(a_local_logo_goes_before_the_playlists)
{
	static const char gif[] = "GIF89a of ours";
	char logos[1024];

	open_images(PROXY);
	ck_assert_int_eq(mkdir(in_dir("mine"), 0700), 0);
	ck_assert_int_eq(unit_write_file(in_dir("mine/1.gif"), gif, sizeof(gif) - 1), 0);
	/* No picture inside: it does not count. */
	ck_assert_int_eq(unit_write_file(in_dir("mine/2.png"), "<svg/>", 6), 0);
	snprintf(logos, sizeof(logos), "images: {proxy: true, logos: %s}\n", in_dir("mine"));
	guide_world_apply(logos);
	ask_logo(0);
	ck_assert_str_eq(reply_header("Content-Type"), "image/gif");
	ck_assert_str_eq(reply.body.data, gif);
	ck_assert_uint_eq(origin.requests, 0);
	ask_logo(1);
	expect_picture();
	ck_assert_uint_eq(origin.requests, 1);
	/* A change is noticed within seconds. */
	ck_assert_int_eq(unlink(in_dir("mine/1.gif")), 0);
	later_us += 6000000;
	ask_logo(0);
	expect_picture();
	close_images();
}
END_TEST

/* -- files in the folder that are no pictures ------------------------------------------------ */

static unsigned warned;
static char warning[LOG_LINE_MAX];

static void
hear_warnings(enum log_level level, const char *line, void *arg)
{
	(void)arg;
	if (level != LOG_LEVEL_WARN || strstr(line, "is passed over") == NULL)
		return;
	warned++;
	snprintf(warning, sizeof(warning), "%s", line);
}

/* Both documents have so many local logos; without one, channel 1 has the list's. */
static void
expect_local(unsigned n)
{
	static const char *const paths[] = { "/guide.xml", "/playlist.m3u" };

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		ask(paths[i]);
		ck_assert_int_eq(reply.status, 200);
		ck_assert_uint_eq(reply_count("http://tv:1/images/logo/"), n);
		ck_assert_uint_eq(reply_count("/one.png\""), n == 0);
	}
}

static const struct {
	const char *bytes;
	off_t size; /* 0: as long as they are */
	const char *why;
} no_pictures[] = {
	{ "hi\n", 0, "it is no PNG, JPEG, GIF, WebP or AVIF" },
	{ "", 0, "it is no PNG, JPEG, GIF, WebP or AVIF" },
	{ "<svg/>", 0, "it is no PNG, JPEG, GIF, WebP or AVIF" },
	{ png, IMAGES_BYTES_MAX + 1, "it is larger than 10 MiB" },
};

START_TEST(a_file_that_is_no_picture_takes_no_logo_away)
{
	char tag[64];

	open_images("");
	log_set_sink(hear_warnings, NULL);
	warned = 0;
	ck_assert_int_eq(mkdir(in_dir("logos"), 0700), 0);
	ck_assert_int_eq(unit_write_file(in_dir("logos/1.png"), no_pictures[_i].bytes,
			     strlen(no_pictures[_i].bytes)),
	    0);
	if (no_pictures[_i].size > 0)
		ck_assert_int_eq(truncate(in_dir("logos/1.png"), no_pictures[_i].size), 0);
	later_us += 6000000;
	expect_local(0);
	snprintf(tag, sizeof(tag), "%.60s", reply_header("ETag"));
	/* It is said once, whatever else changes in the folder. */
	ck_assert_int_eq(unit_write_file(in_dir("logos/other.png"), png, PNG_LEN), 0);
	later_us += 6000000;
	expect_local(0);
	ask_logo(0);
	ck_assert_int_eq(reply.status, 404);
	ck_assert_uint_eq(warned, 1);
	ck_assert_msg(strstr(warning, "logos/1.png'") != NULL, "%s", warning);
	ck_assert_msg(strstr(warning, no_pictures[_i].why) != NULL, "%s", warning);
	/* Written anew in its place it counts within seconds. */
	ck_assert_int_eq(unit_write_file(in_dir("logos/1.png"), png, PNG_LEN), 0);
	later_us += 6000000;
	expect_local(1);
	ck_assert_str_ne(reply_header("ETag"), tag);
	ask_logo(0);
	expect_picture();
	close_images();
}
END_TEST

START_TEST(a_picture_that_is_spoilt_in_its_place_is_found_out)
{
	char tag[64];

	open_images("");
	log_set_sink(hear_warnings, NULL);
	warned = 0;
	ck_assert_int_eq(mkdir(in_dir("logos"), 0700), 0);
	ck_assert_int_eq(unit_write_file(in_dir("logos/1.png"), png, PNG_LEN), 0);
	later_us += 6000000;
	expect_local(1);
	snprintf(tag, sizeof(tag), "%.60s", reply_header("ETag"));
	ck_assert_int_eq(unit_write_file(in_dir("logos/1.png"), "hi\n", 3), 0);
	ask_logo(0);
	ck_assert_int_eq(reply.status, 404);
	ck_assert_uint_eq(warned, 1);
	expect_local(0);
	ck_assert_str_ne(reply_header("ETag"), tag);
	close_images();
}
END_TEST

START_TEST(the_next_picture_of_that_name_stands_in)
{
	static const char gif[] = "GIF89a of ours";

	open_images("");
	ck_assert_int_eq(mkdir(in_dir("logos"), 0700), 0);
	ck_assert_int_eq(mkdir(in_dir("logos/1.avif"), 0700), 0);
	ck_assert_int_eq(unit_write_file(in_dir("logos/1.jpg"), "hi", 2), 0);
	ck_assert_int_eq(symlink("nowhere", in_dir("logos/1.png")), 0);
	ck_assert_int_eq(unit_write_file(in_dir("logos/One_A.gif"), gif, sizeof(gif) - 1), 0);
	later_us += 6000000;
	expect_local(1);
	ask_logo(0);
	ck_assert_str_eq(reply.body.data, gif);
	close_images();
}
END_TEST

WORLD_MAIN("images_logos",
    UNIT_ROWS(a_local_logo_is_found_by_what_the_channel_is_called, ARRAY_LEN(locals)),
    UNIT_TEST(a_local_logo_goes_before_the_playlists),
    UNIT_ROWS(a_file_that_is_no_picture_takes_no_logo_away, ARRAY_LEN(no_pictures)),
    UNIT_TEST(a_picture_that_is_spoilt_in_its_place_is_found_out),
    UNIT_TEST(the_next_picture_of_that_name_stands_in))
