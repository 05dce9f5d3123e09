#include "base/url.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "unit.h"

static const struct {
	const char *url, *scheme;
	_Bool has;
} schemes[] = {
	{ "http://h/", "http", 1 },
	{ "HTTP://h/", "http", 1 },
	{ "https://h/", "http", 0 },
	{ "file:/a", "file", 1 },
	{ "testcard:?n=1", "testcard", 1 },
	{ "a/b:c", "a", 0 },
	{ ":x", "", 0 },
	{ "1http:", "1http", 0 },
	{ "", "http", 0 },
};

START_TEST(knows_a_scheme_in_any_case)
{
	ck_assert_int_eq(url_has_scheme(schemes[_i].url, schemes[_i].scheme), schemes[_i].has);
}
END_TEST

static const struct {
	const char *base, *url, *want; /* want == NULL: -EINVAL */
} resolved[] = {
	{ "http://h/a/list.m3u?x=1", "b.ts", "http://h/a/b.ts" },
	{ "http://h/get.php?username=u&password=p/q", "live/b c.ts", "http://h/live/b%20c.ts" },
	{ "http://h/a/list.m3u", "/r/s.ts", "http://h/r/s.ts" },
	{ "http://h/a/list.m3u", "../s.ts", "http://h/s.ts" },
	{ "http://h/a/list.m3u", "//k:8080/s.ts", "http://k:8080/s.ts" },
	{ "http://h/a/list.m3u", "?q=1", "http://h/a/list.m3u?q=1" },
	{ "http://u:p@h:8080/x/y", "b.ts", "http://u:p@h:8080/x/b.ts" },
	{ "http://h/", "http://k/a b.ts", "http://k/a%20b.ts" },
	{ "http://h/", "rtp://@239.0.0.1:1234", "rtp://@239.0.0.1:1234" },
	{ "http://h/", "testcard:?n=1", "testcard:?n=1" },
	{ "file:/a/list.m3u", "b.ts", "file:///a/b.ts" },
	{ "file:/a b/list.m3u", "../c.ts", "file:///c.ts" },
	{ "file:/a/list.m3u", "http://h/", "http://h/" },
	{ "http://h/", "", NULL },
	{ "http://h/", "a\nb", NULL },
	{ "http://h/", "http://h/\x7f", NULL },
	{ "not a base", "b.ts", NULL },
};

START_TEST(resolves)
{
	struct buf out = BUF_INIT(URL_MAX);
	struct err err = ERR_INIT;
	int rc = url_resolve(&out, resolved[_i].base, resolved[_i].url, &err);

	if (resolved[_i].want == NULL) {
		ck_assert_int_eq(rc, -EINVAL);
		ck_assert_str_ne(err.text, "");
	} else {
		ck_assert_msg(rc == 0, "%s", err.text);
		ck_assert_str_eq(out.data, resolved[_i].want);
	}
	buf_release(&out);
}
END_TEST

START_TEST(takes_nothing_longer_than_its_limit)
{
	static char url[URL_MAX + 2];
	struct buf out = BUF_INIT(4 * URL_MAX);

	memset(url, 'a', URL_MAX + 1);
	ck_assert_int_eq(url_resolve(&out, "http://h/", url, NULL), -EINVAL);
	url[URL_MAX - 5] = '\0';
	ck_assert_int_eq(url_resolve(&out, "http://host/", url, NULL), -EINVAL);
	url[URL_MAX - 20] = '\0';
	ck_assert_int_eq(url_resolve(&out, "http://host/", url, NULL), 0);
	ck_assert_int_eq(url_check_http(url, NULL), -EINVAL);
	buf_release(&out);
}
END_TEST

static const struct {
	const char *url, *error, *host; /* host: what url_add_host gives; NULL: -EINVAL */
} checked[] = {
	{ "http://h", NULL, "h:80" },
	{ "https://example.com/a?b#c", NULL, "example.com:443" },
	{ "http://u:p@h:8080/x", NULL, "h:8080" },
	{ "http://[::1]:81/", NULL, "[::1]:81" },
	{ "http://h/a b", "bad URL: ", "h:80" },
	{ "http://", "bad URL: ", NULL },
	{ "http://h:99999/", "bad URL: ", NULL },
	{ "ftp://h/", "not an http:// or https:// URL", NULL },
	{ "h/a", "not an http:// or https:// URL", NULL },
	{ "", "an empty URL", NULL },
	{ "http://h/\r\nX: y", "a control byte in the URL", NULL },
};

START_TEST(checks_and_names_the_host)
{
	struct buf out = BUF_INIT(URL_MAX);
	struct err err = ERR_INIT;
	int rc = url_check_http(checked[_i].url, &err);

	if (checked[_i].error == NULL) {
		ck_assert_msg(rc == 0, "%s", err.text);
	} else {
		ck_assert_int_eq(rc, -EINVAL);
		/* What follows "bad URL: " is libcurl's own wording. */
		ck_assert_msg(strncmp(err.text, checked[_i].error, strlen(checked[_i].error)) == 0,
		    "%s", err.text);
	}
	rc = url_add_host(&out, checked[_i].url);
	if (checked[_i].host == NULL) {
		ck_assert_int_eq(rc, -EINVAL);
	} else {
		ck_assert_int_eq(rc, 0);
		ck_assert_str_eq(out.data, checked[_i].host);
	}
	buf_release(&out);
}
END_TEST

START_TEST(decodes_what_it_encoded)
{
	struct buf out = BUF_INIT(4096);
	char all[256];

	for (int i = 0; i < 255; i++)
		all[i] = (char)(i + 1);
	all[255] = '\0';
	url_add_encoded(&out, all);
	ck_assert_ptr_nonnull(strstr(out.data, "%20%21"));
	ck_assert_ptr_nonnull(strstr(out.data, "-.%2F0"));
	ck_assert_int_eq(url_decode(out.data), 255);
	ck_assert_str_eq(out.data, all);
	buf_release(&out);
}
END_TEST

START_TEST(refuses_bad_percent_codes)
{
	static const char *const bad[] = { "%", "a%2", "%zz", "%0g", "a%00b" };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		char text[8];

		snprintf(text, sizeof(text), "%s", bad[i]);
		ck_assert_msg(url_decode(text) == -EINVAL, "%s", bad[i]);
	}
}
END_TEST

static const struct {
	const char *query, *name, *want; /* NULL: absent */
} queries[] = {
	{ "a=1&b=2", "b", "2" },
	{ "a=1&b=2", "a", "1" },
	{ "a=1&a=2", "a", "1" },
	{ "ab=1&b=", "b", "" },
	{ "name=One+two%2Bthree", "name", "One two+three" },
	{ "na%6de=x", "name", "x" },
	{ "a&b=1", "a", NULL },
	{ "a=%zz&a=3", "a", "3" },
	{ "a=%00", "a", NULL },
	{ "", "a", NULL },
	{ "&&a=1", "a", "1" },
	{ "a=b=c", "a", "b=c" },
};

START_TEST(finds_a_query_parameter)
{
	struct buf out = BUF_INIT(100);
	_Bool found = url_query_get(&out, queries[_i].query, queries[_i].name);

	ck_assert_int_eq(found, queries[_i].want != NULL);
	ck_assert_str_eq(out.data, found ? queries[_i].want : "");
	buf_release(&out);
}
END_TEST

UNIT_MAIN("url", UNIT_ROWS(knows_a_scheme_in_any_case, ARRAY_LEN(schemes)),
    UNIT_ROWS(resolves, ARRAY_LEN(resolved)), UNIT_TEST(takes_nothing_longer_than_its_limit),
    UNIT_ROWS(checks_and_names_the_host, ARRAY_LEN(checked)), UNIT_TEST(decodes_what_it_encoded),
    UNIT_TEST(refuses_bad_percent_codes), UNIT_ROWS(finds_a_query_parameter, ARRAY_LEN(queries)))
