#include "gateway/http/route.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "unit.h"

static const struct {
	const char *pattern, *path;
	const char *params; /* "name=value " each; NULL: does not fit */
} fits[] = {
	{ "/", "/", "" },
	{ "/", "", NULL },
	{ "/", "/a", NULL },
	{ "/lineup.json", "/lineup.json", "" },
	{ "/lineup.json", "/lineup.jso", NULL },
	{ "/lineup.json", "/lineup.jsonx", NULL },
	{ "/lineup.json", "/lineup.json/", NULL },
	{ "/lineup.json", "//lineup.json", NULL },
	{ "/lineup.json", "/Lineup.json", NULL },
	{ "/auto/v{channel}", "/auto/v5.1", "channel=5.1 " },
	{ "/auto/v{channel}", "/auto/v", NULL },
	{ "/auto/v{channel}", "/auto/v5/x", NULL },
	{ "/auto/v{channel}", "/auto/5", NULL },
	{ "/tuner{n}/v{channel}", "/tuner0/v12", "n=0 channel=12 " },
	{ "/tuner{n}/v{channel}", "/tuner0", NULL },
	{ "/tuner{n}/v{channel}", "/tuner/v12", NULL },
	{ "/{a}/{b}/c", "/x/y/c", "a=x b=y " },
	{ "/{a}/{b}/c", "/x//c", NULL },
	{ "/{a}", "/a b\xc3\xa4", "a=a b\xc3\xa4 " },
	{ "/files/{rest...}", "/files/a/b", "rest=a/b " },
	{ "/files/{rest...}", "/files/", "rest= " },
	{ "/files/{rest...}", "/files", NULL },
	{ "/{rest...}", "/", "rest= " },
	{ "/v{n}/{rest...}", "/v1/a//b", "n=1 rest=a//b " },
};

START_TEST(a_pattern_fits_element_by_element)
{
	struct buf params = BUF_INIT(1000), text = BUF_INIT(1000);
	_Bool does = http_route_fits(fits[_i].pattern, fits[_i].path, &params);

	ck_assert_msg(does == (fits[_i].params != NULL), "'%s' '%s'", fits[_i].pattern,
	    fits[_i].path);
	for (const char *p = params.data; does && p < params.data + params.len;) {
		const char *value = p + strlen(p) + 1;

		buf_printf(&text, "%s=%s ", p, value);
		ck_assert_str_eq(http_route_param(&params, p), value);
		p = value + strlen(value) + 1;
	}
	if (does)
		ck_assert_str_eq(text.data, fits[_i].params);
	ck_assert_str_eq(http_route_param(&params, "other"), "");
	buf_release(&params);
	buf_release(&text);
}
END_TEST

static const struct http_route table[] = {
	{ HTTP_GET, "/a", HTTP_ANYONE, NULL, "first" },
	{ HTTP_GET, "/{x}", HTTP_ANYONE, NULL, "second" },
	{ HTTP_POST, "/a", HTTP_ANYONE, NULL, "third" },
	{ HTTP_POST, "/b/c", HTTP_ANYONE, NULL, "fourth" },
	{ 0, NULL, HTTP_ANYONE, NULL, NULL },
};
static const struct {
	enum http_method method;
	const char *path;
	const char *help; /* NULL: none */
	unsigned allowed;
} finds[] = {
	{ HTTP_GET, "/a", "first", 0 },
	{ HTTP_HEAD, "/a", "first", 0 },
	{ HTTP_GET, "/b", "second", 0 },
	{ HTTP_POST, "/a", "third", 0 },
	{ HTTP_POST, "/b", NULL, HTTP_GET | HTTP_HEAD },
	{ HTTP_OTHER, "/a", NULL, HTTP_GET | HTTP_HEAD | HTTP_POST },
	{ HTTP_GET, "/b/c", NULL, HTTP_POST },
	{ HTTP_GET, "/c/d", NULL, 0 },
};

START_TEST(the_first_row_of_path_and_method_wins)
{
	struct buf params = BUF_INIT(1000);
	const struct http_route *route;
	unsigned allowed = 0;

	route = http_route_find(table, finds[_i].method, finds[_i].path, &params, &allowed);
	if (finds[_i].help != NULL) {
		ck_assert_ptr_nonnull(route);
		ck_assert_str_eq(route->help, finds[_i].help);
	} else {
		ck_assert_ptr_null(route);
		ck_assert_uint_eq(allowed, finds[_i].allowed);
	}
	buf_release(&params);
}
END_TEST

static const struct {
	const char *pattern;
	_Bool sound;
} patterns[] = {
	{ "/", 1 },
	{ "/a/b.c", 1 },
	{ "/a{n}/v{channel}", 1 },
	{ "/{a}/{rest...}", 1 },
	{ "", 0 },
	{ "a", 0 },
	{ "/{}", 0 },
	{ "/{a", 0 },
	{ "/a}", 0 },
	{ "/{a}b", 0 },
	{ "/{a}{b}", 0 },
	{ "/{A}", 0 },
	{ "/x{rest...}", 0 },
	{ "/{rest...}/x", 0 },
};

START_TEST(a_table_with_a_bad_pattern_is_refused)
{
	const struct http_route routes[] = {
		{ HTTP_GET, "/ok", HTTP_ANYONE, NULL, NULL },
		{ HTTP_GET, patterns[_i].pattern, HTTP_ANYONE, NULL, NULL },
		{ 0, NULL, HTTP_ANYONE, NULL, NULL },
	};
	struct err err = ERR_INIT;
	int rc = http_routes_check(routes, &err);

	ck_assert_msg(rc == (patterns[_i].sound ? 0 : -EINVAL), "'%s'", patterns[_i].pattern);
	if (rc < 0 && patterns[_i].pattern[0] != '\0')
		ck_assert_ptr_nonnull(strstr(err.text, patterns[_i].pattern));
}
END_TEST

UNIT_MAIN("http route", UNIT_ROWS(a_pattern_fits_element_by_element, ARRAY_LEN(fits)),
    UNIT_ROWS(the_first_row_of_path_and_method_wins, ARRAY_LEN(finds)),
    UNIT_ROWS(a_table_with_a_bad_pattern_is_refused, ARRAY_LEN(patterns)))
