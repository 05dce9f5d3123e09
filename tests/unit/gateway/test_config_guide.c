/*
 * What a config says of guides; test_config.c has the rest.
 */
#include "gateway/config.h"

#include "tests/unit/gateway/config_texts.h"

START_TEST(every_key_arrives_in_its_field)
{
	struct buf problems = BUF_INIT(65536);
	struct config *c = load(
	    "playlists: [{name: a, url: 'http://h/', refresh: '23:59'}]\n"
	    "guides:\n"
	    "  - {name: uk, url: 'http://g/', refresh: 0, shrink_percent: 20, timeshift: -90m,\n"
	    "     zone: Europe/London, offsets: ignore}\n"
	    "  - {name: de, url: 'file:/de.xml', refresh: '04:30', timeshift: +1h}\n"
	    "guide: {days_back: 0, days: 7, merge: first, made_up: 30m, events: false,\n"
	    "        categories: false, rules: [repeats, 'drop title /x/']}\n"
	    "images: {proxy: true, space: 1GiB, age: 1d, logos: /l}\n",
	    NULL, NULL, &problems);
	const struct config_guide *g;

	ck_assert_msg(c != NULL, "%s", problems.data);
	g = &c->guides[0];
	ck_assert_int_eq(c->playlists[0].source.refresh_minute, 23 * 60 + 59);
	ck_assert_uint_eq(g->source.refresh_ms, 0);
	ck_assert_int_eq(g->source.refresh_minute, -1);
	ck_assert_uint_eq(g->source.shrink_percent, 20);
	ck_assert_int_eq(g->shift_s, -5400);
	ck_assert_str_eq(g->zone, "Europe/London");
	ck_assert_uint_eq(g->ignore_offsets, 1);
	ck_assert_uint_eq(g[1].source.refresh_ms, 0);
	ck_assert_int_eq(g[1].source.refresh_minute, 4 * 60 + 30);
	ck_assert_uint_eq(g[1].source.shrink_percent, 50);
	ck_assert_int_eq(g[1].shift_s, 3600);
	ck_assert_ptr_null(g[1].zone);
	ck_assert_uint_eq(g[1].ignore_offsets, 0);
	ck_assert_uint_eq(c->guide.days_back, 0);
	ck_assert_uint_eq(c->guide.days, 7);
	ck_assert_uint_eq(c->guide.fill, 0);
	ck_assert_uint_eq(c->guide.made_up_ms, 1800000);
	ck_assert_uint_eq(c->guide.events, 0);
	ck_assert_uint_eq(c->guide.categories, 0);
	ck_assert_uint_eq(c->guide.rule_count, 2);
	ck_assert_str_eq(c->guide.rules[1], "drop title /x/");
	ck_assert_uint_eq(c->images.proxy, 1);
	ck_assert_uint_eq(c->images.space_bytes, 1u << 30);
	ck_assert_uint_eq(c->images.age_ms, 86400000);
	ck_assert_str_eq(c->images.logos, "/l");
	config_free(c);
	buf_release(&problems);
}
END_TEST

#define P(entry) "playlists: [{name: a, url: 'http://h/', " entry "}]"
#define G(entry) "guides: [{name: a, url: 'http://h/', " entry "}]"

static const struct {
	const char *text, *problem; /* without "f.yaml:" */
} wrong[] = {
	{ P("refresh: '24:00'"), "1:50: playlists.0.refresh: '24:00' is not 0" },
	{ P("refresh: '04:60'"), "1:50: playlists.0.refresh: '04:60' is not 0" },
	{ P("refresh: '4:5'"), "1:50: playlists.0.refresh: '4:5' is not 0" },
	{ G("timeshift: 1 h"), "1:49: guides.0.timeshift: '1 h' is no shift of up to 14d" },
	{ G("timeshift: 15d"), "1:49: guides.0.timeshift: '15d' is no shift" },
	{ G("timeshift: '+-1h'"), "1:49: guides.0.timeshift: '+-1h' is no shift" },
	{ G("timeshift: '500ms'"), "1:49: guides.0.timeshift: '500ms' is no shift" },
	{ G("zone: Europe/Lodnon"),
	    "1:44: guides.0.zone: there is no time zone 'Europe/Lodnon' on this system" },
	{ G("zone: Europe"), "1:44: guides.0.zone: there is no time zone 'Europe' on this system" },
	{ G("zone: ../../etc/passwd"), "1:44: guides.0.zone: there is no time zone" },
	{ G("zone: /etc/localtime"), "1:44: guides.0.zone: there is no time zone" },
	{ G("zone: 'CET-1CEST,M3.5.0'"), "1:44: guides.0.zone: there is no time zone" },
	{ G("offsets: on"), "1:47: guides.0.offsets: 'on' is not one of use, ignore" },
	{ "guide: {rules: ['drop title /(/']}", "1:17: guide.rules.0: its pattern, at character " },
	{ "guide: {rules: [repeats, 'drop name /x/']}",
	    "1:26: guide.rules.1: its field is not title, sub-title, desc or category" },
	{ "guide: {merge: all}", "1:16: guide.merge: 'all' is not one of first, fill" },
	{ "guide: {made_up: 10m}", "1:18: guide.made_up: '10m' is not 0 or a time from 30m to 3h" },
	{ "guide: {events: yes}", "1:17: guide.events: 'yes' is not one of false, true" },
	{ "guide: {days: 0}", "1:15: guide.days: '0' is not a whole number from 1 to 60" },
};

START_TEST(what_is_wrong_is_told_with_its_place)
{
	expect_problem(wrong[_i].text, wrong[_i].problem);
}
END_TEST

UNIT_MAIN("config_guide", UNIT_TEST(every_key_arrives_in_its_field),
    UNIT_ROWS(what_is_wrong_is_told_with_its_place, ARRAY_LEN(wrong)))
