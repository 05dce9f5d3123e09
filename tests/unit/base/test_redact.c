#include "base/redact.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "unit.h"

/* What `text` looks like; the caller frees. */
static char *
redacted(const char *text)
{
	struct buf b = BUF_INIT(1 << 20);

	redact_add(&b, text);
	ck_assert_int_eq(buf_status(&b), 0);
	return buf_take(&b, NULL);
}

/* -- by shape ------------------------------------------------------------------ */

static const struct {
	const char *text, *shown;
} shapes[] = {
	{ "", "" },
	{ "plain words, 12:30 and a/b/c?d=e", "plain words, 12:30 and a/b/c?d=e" },
	{ "http://h/list.m3u", "http://h/list.m3u" },
	{ "http://h:8080/list.m3u", "http://h:8080/list.m3u" },
	/* userinfo */
	{ "http://bob:pw@h/x", "http://***@h/x" },
	{ "HTTP://bob:pw@h/x", "HTTP://***@h/x" },
	{ "http://bob@h/x", "http://***@h/x" },
	{ "http://:pw@h/x", "http://***@h/x" },
	{ "http://a@b:c@h/x", "http://***@h/x" },
	{ "rtsp://bob:pw@[::1]:554/x", "rtsp://***@[::1]:554/x" },
	{ "socks5h://bob:pw@h:1080", "socks5h://***@h:1080" },
	{ "http://bob:p/w@h/x", "http://***@h/x" },
	{ "http://bob:p?w#q@h/x", "http://***@h/x" },
	{ "http://h:80/@user", "http://h:80/@user" },
	{ "http://[::1]:80/@user", "http://[::1]:80/@user" },
	{ "http://h/@user", "http://h/@user" },
	/* query parameters */
	{ "http://h/get.php?username=bob&password=pw&type=m3u_plus",
	    "http://h/get.php?username=***&password=***&type=m3u_plus" },
	{ "http://h/x?USERNAME=bob", "http://h/x?USERNAME=***" },
	{ "http://h/x?type=m3u&token=abc", "http://h/x?type=m3u&token=***" },
	{ "http://h/x?token=", "http://h/x?token=" },
	{ "http://h/x?token", "http://h/x?token" },
	{ "http://h/x?token=a?b#c;d&e=f", "http://h/x?token=***&e=f" },
	{ "http://h/x?a=1;token=b", "http://h/x?a=1;token=***" },
	{ "http://h/x?next=/y?token=b", "http://h/x?next=/y?token=***" },
	{ "http://h/x#token=b", "http://h/x#token=***" },
	{ "http://h/x?tokens=b&mytoken=c", "http://h/x?tokens=***&mytoken=***" },
	{ "http://h?key=b", "http://h?key=***" },
	/* ... of which providers have many */
	{ "http://h/x?play_token=b&wmsAuthSign=c&sid=d&jwt=e&hdnts=f&hdnea=g&sign=h",
	    "http://h/"
	    "x?play_token=***&wmsAuthSign=***&sid=***&jwt=***&hdnts=***&hdnea=***&sign=***" },
	{ "http://h/x?session_id=b&sessionid=c&login=d&client_secret=e&X-Amz-Signature=f",
	    "http://h/x?session_id=***&sessionid=***&login=***&client_secret=***"
	    "&X-Amz-Signature=***" },
	{ "http://h/x?page=2&sort=name", "http://h/x?page=2&sort=name" },
	/* Xtream paths */
	{ "http://h/live/bob/pw/1.ts", "http://h/live/***/***/1.ts" },
	{ "http://h/movie/bob/pw/1.mkv?x=1", "http://h/movie/***/***/1.mkv?x=1" },
	{ "http://h/series/bob/pw/1.mkv", "http://h/series/***/***/1.mkv" },
	{ "http://h/timeshift/bob/pw/60/2026-01-01:10-00/1.ts",
	    "http://h/timeshift/***/***/60/2026-01-01:10-00/1.ts" },
	{ "http://h/c/LIVE/bob/pw/1.ts", "http://h/c/LIVE/***/***/1.ts" },
	{ "http://h/live/bob", "http://h/live/***" },
	{ "http://h/live//bob/pw", "http://h/live//***/***" },
	{ "http://h/alive/bob/pw/1.ts", "http://h/alive/bob/pw/1.ts" },
	{ "http://h/bob/pw/123", "http://h/***/***/123" },
	{ "http://h:80/bob/pw/123.ts?x=1", "http://h:80/***/***/123.ts?x=1" },
	{ "http://h/bob/pw/123.m3u8", "http://h/***/***/123.m3u8" },
	{ "http://bob:pw@h/bob/pw/123 'x'", "http://***@h/***/***/123 'x'" },
	{ "http://h/pw/123.ts", "http://h/pw/123.ts" },
	{ "http://h/a/b/c/123.ts", "http://h/a/b/c/123.ts" },
	{ "http://h/a/b/list.m3u", "http://h/a/b/list.m3u" },
	{ "http://h/a/b/", "http://h/a/b/" },
	{ "http://h/a/b", "http://h/a/b" },
	{ "http://h/a/b?123", "http://h/a/b?123" },
	{ "http://h/a/b/123/", "http://h/a/b/123/" },
	{ "http://bob:pw@h/live/bob/pw/1.ts?token=t", "http://***@h/live/***/***/1.ts?token=***" },
	/* in the midst of a text, and several */
	{ "open 'http://bob:pw@h/x': no route", "open 'http://***@h/x': no route" },
	{ "<http://bob:pw@h/x>", "<http://***@h/x>" },
	{ "http://a:b@h/ and https://c:d@i/?key=e.", "http://***@h/ and https://***@i/?key=***" },
	/* a URL in a URL */
	{ "http://proxy/http://bob:pw@h/live/bob/pw/1.ts",
	    "http://proxy/http://***@h/live/***/***/1.ts" },
	{ "http://proxy/?url=http://bob:pw@h/x?token=t&password=p",
	    "http://proxy/?url=http://***@h/x?token=***&password=***" },
	{ "http://", "http://" },
	{ "://", "://" },
	{ "http://@", "http://@" },
	{ "a://b://c:d@e", "a://b://***@e" },
};

START_TEST(hides_what_is_shaped_like_a_secret)
{
	char *shown = redacted(shapes[_i].text);

	ck_assert_str_eq(shown, shapes[_i].shown);
	free(shown);
}
END_TEST

/* -- by value ------------------------------------------------------------------ */

static const struct {
	const char *secrets[3];
	const char *text, *shown;
} values[] = {
	{ { "hunter2" }, "the word hunter2, and hunter2 again", "the word ***, and *** again" },
	{ { "hunter2" }, "hunter2hunter2", "******" },
	{ { "hunter2" }, "hunter3 Hunter2", "hunter3 Hunter2" },
	{ { "hunter2" }, "cut off at hunt", "cut off at ***" },
	{ { "hunter2" }, "cut off at hun", "cut off at hun" },
	{ { "hunter2" }, "hunt the fox", "hunt the fox" },
	{ { "abc" }, "abc is too short to be one", "abc is too short to be one" },
	/* the longest, whatever the order */
	{ { "pass", "password99" }, "password99!", "***!" },
	{ { "password99", "pass" }, "password99!", "***!" },
	/* overlapping ones leave no rest */
	{ { "abcdef", "defghi" }, "abcdefghi!", "***!" },
	{ { "abcdef", "bcde" }, "abcdef!", "***!" },
	/* a secret with a shape in it is hidden whole */
	{ { "sec?token=abc&def" }, "http://h/sec?token=abc&def", "http://h/***" },
	{ { "http://h/a?b=c" }, "GET http://h/a?b=c 404", "GET *** 404" },
	{ { "user9", "pw99" }, "http://h/user9/pw99/1.ts", "http://h/***/***/1.ts" },
};

START_TEST(hides_what_was_told_to_be_a_secret)
{
	char *shown;

	for (size_t i = 0; i < 3 && values[_i].secrets[i] != NULL; i++)
		redact_secret(values[_i].secrets[i]);
	shown = redacted(values[_i].text);
	ck_assert_str_eq(shown, values[_i].shown);
	free(shown);
	redact_forget();
	shown = redacted("hunter2");
	ck_assert_str_eq(shown, "hunter2");
	free(shown);
}
END_TEST

/* However a text is cut, four bytes of a secret in a row are never shown. */
START_TEST(no_cut_shows_a_secret)
{
	static const char text[] = "x http://h/S3cr3tW0rd/y?a=S3cr3tW0rd S3cr3tW0rd";
	static const char secret[] = "S3cr3tW0rd";

	redact_secret(secret);
	for (size_t len = 0; len <= strlen(text); len++) {
		char *cut = strndup(text, len), *shown = redacted(cut);

		for (size_t i = 0; i + 4 <= strlen(secret); i++) {
			char part[5];

			memcpy(part, secret + i, 4);
			part[4] = '\0';
			ck_assert_msg(strstr(shown, part) == NULL, "%s", shown);
		}
		free(shown);
		free(cut);
	}
	redact_forget();
}
END_TEST

/* -- learning ------------------------------------------------------------------- */

static const struct {
	const char *url, *text, *shown;
} lessons[] = {
	{ "http://h/get.php?username=bobby&password=hunter2", "http://h/bobby/hunter2/1.ts",
	    "http://h/***/***/1.ts" },
	{ "http://bobby:hunter2@h/", "bobby hunter2", "*** ***" },
	{ "http://h/live/bobby/hunter2/1.ts", "bobby hunter2", "*** ***" },
	{ "http://h/?password=p%40ss%20word", "p@ss word p%40ss%20word", "*** ***" },
	{ "http://h/?type=m3u_plus&output=mpegts", "m3u_plus mpegts", "m3u_plus mpegts" },
	{ "http://h/?password=a%zzb", "a%zzb", "***" },
	{ "file:/media/list.m3u", "/media/list.m3u", "/media/list.m3u" },
	{ "demo:", "demo:", "demo:" },
};

START_TEST(learns_the_secrets_of_a_url)
{
	char *shown;

	redact_url_secrets(lessons[_i].url);
	shown = redacted(lessons[_i].text);
	ck_assert_str_eq(shown, lessons[_i].shown);
	free(shown);
	redact_forget();
}
END_TEST

static const struct {
	const char *header, *text, *shown;
} headers[] = {
	{ "Authorization: Bearer abcdef", "Bearer abcdef", "***" },
	{ "x-api-KEY:abcdef", "abcdef", "***" },
	{ "Cookie: a=bcdef", "a=bcdef", "***" },
	{ "Referer: https://token.example/", "https://token.example/", "https://token.example/" },
	{ "Accept-Language: english", "english", "english" },
	{ "Authorization", "Authorization", "Authorization" },
};

START_TEST(learns_the_secret_of_a_header)
{
	char *shown;

	redact_header_secret(headers[_i].header);
	shown = redacted(headers[_i].text);
	ck_assert_str_eq(shown, headers[_i].shown);
	free(shown);
	redact_forget();
}
END_TEST

/* What is shown may come from outside: the loop must not wait for it. */
START_TEST(a_long_text_takes_no_time)
{
	struct buf text = BUF_INIT(1 << 20);
	char *shown;

	buf_str(&text, "http://h/?");
	while (text.len < text.max - 3)
		buf_str(&text, "==?");
	shown = redacted(text.data);
	ck_assert_str_eq(shown, text.data);
	free(shown);
	buf_release(&text);
}
END_TEST

START_TEST(appends_and_keeps_to_the_limit)
{
	struct buf b = BUF_INIT(13);

	buf_str(&b, "so: ");
	redact_add(&b, "a://b:c@d");
	ck_assert_int_eq(buf_status(&b), 0);
	ck_assert_str_eq(b.data, "so: a://***@d");
	redact_add(&b, "x");
	ck_assert_int_eq(buf_status(&b), -EMSGSIZE);
	buf_release(&b);
}
END_TEST

UNIT_MAIN("redact", UNIT_ROWS(hides_what_is_shaped_like_a_secret, ARRAY_LEN(shapes)),
    UNIT_ROWS(hides_what_was_told_to_be_a_secret, ARRAY_LEN(values)),
    UNIT_TEST(no_cut_shows_a_secret), UNIT_ROWS(learns_the_secrets_of_a_url, ARRAY_LEN(lessons)),
    UNIT_ROWS(learns_the_secret_of_a_header, ARRAY_LEN(headers)),
    UNIT_TEST(a_long_text_takes_no_time), UNIT_TEST(appends_and_keeps_to_the_limit))
