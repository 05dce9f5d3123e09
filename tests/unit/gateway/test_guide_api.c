/*
 * What is on, and when, as JSON.
 */
#include "gateway/guide_api.h"

#include <cjson/cJSON.h>

#include "tests/unit/gateway/guide_world.h"

static const char three[] = "#EXTM3U\n"
			    "#EXTINF:-1 tvg-chno=\"1\" tvg-logo=\"http://l/1.png?a=1&b=2\",One\n"
			    "http://127.0.0.1:9/1\n"
			    "#EXTINF:-1 tvg-chno=\"5.1\",Five \"one\"\nhttp://127.0.0.1:9/3\n"
			    "#EXTINF:-1 tvg-chno=\"20\",Twenty\nhttp://127.0.0.1:9/4\n";

static const char rich[] = "<title lang=\"en\">The \"A\" &amp; B</title>\n"
			   "<sub-title>Sub &lt;1&gt;</sub-title>\n"
			   "<desc>Long &amp; dull.</desc>\n"
			   "<credits>\n<director>Somebody</director>\n</credits>\n"
			   "<date>2024</date>\n"
			   "<category>News</category>\n<category>Nachrichten</category>\n"
			   "<icon src=\"http://p/1.jpg?a=1&amp;b=2\" width=\"100\"/>\n"
			   "<episode-num system=\"xmltv_ns\">0.11.</episode-num>\n"
			   "<episode-num system=\"onscreen\">S01E12</episode-num>\n"
			   "<previously-shown start=\"20230101\"/>\n<new/>\n"
			   "<rating system=\"VCHIP\">\n<value>TV-PG</value>\n</rating>\n";

/* It is 12:15 of the first day of 2024. */
static const struct test_programme programmes[] = {
	{ 0, 10, 2, "", "<title>Past news</title>\n" },
	{ 0, 12, 1, "", rich },
	{ 0, 13, 1, "", "<title>Next</title>\n<episode-num>12/20</episode-num>\n" },
	{ 0, 36, 1, "", "<title>Late n\xc3\xa9ws</title>\n" },
	{ 1, 14, 2, "", "<title>News of five</title>\n" },
};

static cJSON *json;

static void
open_three(void)
{
	guide_world_open(three, "");
	world_give_guide(programmes, ARRAY_LEN(programmes), "");
}

/* Asks, and has the answer parsed. */
static void
ask_json(const char *path)
{
	const char *end;

	cJSON_Delete(json);
	ask(path);
	ck_assert_msg(reply.status == 200, "%s: %ld %s", path, reply.status, reply.body.data);
	ck_assert_str_eq(reply_header("Content-Type"), "application/json; charset=utf-8");
	json = cJSON_ParseWithOpts(reply.body.data, &end, 0);
	ck_assert_msg(json != NULL, "%s", reply.body.data);
	ck_assert_str_eq(end, "\n");
}

static void
close_three(void)
{
	cJSON_Delete(json);
	json = NULL;
	world_close();
}

/* "channels/0/now/title" */
static const cJSON *
at(const char *path)
{
	const cJSON *item = json;
	char name[64];

	while (*path != '\0') {
		size_t len = strcspn(path, "/");

		snprintf(name, sizeof(name), "%.*s", (int)len, path);
		item = cJSON_IsArray(item) ? cJSON_GetArrayItem(item, (int)strtoul(name, NULL, 10))
					   : cJSON_GetObjectItemCaseSensitive(item, name);
		path += len + (path[len] == '/');
	}
	return item;
}

/* As text, whatever it is; good until the next call. */
static const char *
text_at(const char *path)
{
	static char other[64];
	const cJSON *item = at(path);

	if (item == NULL)
		return "absent";
	if (cJSON_IsString(item))
		return item->valuestring;
	ck_assert_msg(cJSON_PrintPreallocated((cJSON *)(uintptr_t)item, other, sizeof(other), 0),
	    "%s is more than a value", path);
	return other;
}

static void
expect_count(const char *path, int count)
{
	ck_assert_msg(cJSON_IsArray(at(path)), "%s is no array: %s", path, reply.body.data);
	ck_assert_msg(cJSON_GetArraySize(at(path)) == count, "%s: %d instead of %d in %s", path,
	    cJSON_GetArraySize(at(path)), count, reply.body.data);
}

static void
expect_text(const char *path, const char *text)
{
	ck_assert_msg(strcmp(text_at(path), text) == 0, "%s: '%s' instead of '%s'", path,
	    text_at(path), text);
}

/* What stands at a path of an answer. */
struct stand {
	const char *path, *text;
};

static void
expect_texts(const struct stand *all, size_t count)
{
	for (size_t i = 0; i < count; i++)
		expect_text(all[i].path, all[i].text);
}

static const struct stand now_stands[] = {
	{ "at", "2024-01-01T12:15:00Z" },
	{ "channels/0/number", "1" },
	{ "channels/0/name", "One" },
	{ "channels/0/logo", "http://l/1.png?a=1&b=2" },
	{ "channels/0/now/title", "The \"A\" & B" },
	{ "channels/0/next/title", "Next" },
	/* Nothing is on, something comes. */
	{ "channels/1/name", "Five \"one\"" },
	{ "channels/1/logo", "null" },
	{ "channels/1/now", "null" },
	{ "channels/1/next/title", "News of five" },
	{ "channels/2/now", "null" },
	{ "channels/2/next", "null" },
	{ "next", "null" },
};

START_TEST(now_has_what_is_on_and_what_comes)
{
	open_three();
	ask_json("/api/v1/guide/now");
	expect_count("channels", 3);
	expect_text("channels/0/id", world_id(0));
	expect_texts(now_stands, ARRAY_LEN(now_stands));
	/* To the second: one ends when the next begins. */
	wall = NEW_YEAR + 13 * 3600;
	ask_json("/api/v1/guide/now?channel=1");
	expect_count("channels", 1);
	expect_text("channels/0/now/title", "Next");
	close_three();
}
END_TEST

static const struct stand member_stands[] = {
	{ "channels/0/now/start", "2024-01-01T12:00:00Z" },
	{ "channels/0/now/stop", "2024-01-01T13:00:00Z" },
	{ "channels/0/now/start_epoch", "1704110400" },
	{ "channels/0/now/stop_epoch", "1704114000" },
	{ "channels/0/now/sub_title", "Sub <1>" },
	{ "channels/0/now/desc", "Long & dull." },
	{ "channels/0/now/categories/0", "News" },
	{ "channels/0/now/categories/1", "Nachrichten" },
	{ "channels/0/now/icon", "http://p/1.jpg?a=1&b=2" },
	{ "channels/0/now/episode/xmltv_ns", "0.11." },
	{ "channels/0/now/episode/onscreen", "S01E12" },
	{ "channels/0/now/date", "2024" },
	{ "channels/0/now/rating", "TV-PG" },
	{ "channels/0/now/new", "true" },
	{ "channels/0/now/previously_shown", "true" },
	{ "channels/0/now/premiere", "false" },
	/* What it has not is null, not absent; a number without a system is onscreen. */
	{ "channels/0/next/sub_title", "null" },
	{ "channels/0/next/desc", "null" },
	{ "channels/0/next/episode/xmltv_ns", "null" },
	{ "channels/0/next/episode/onscreen", "12/20" },
	{ "channels/0/next/rating", "null" },
	{ "channels/0/next/new", "false" },
};

START_TEST(a_programme_has_all_its_members)
{
	open_three();
	ask_json("/api/v1/guide/now?channel=1,20");
	expect_count("channels", 2);
	expect_texts(member_stands, ARRAY_LEN(member_stands));
	expect_count("channels/0/now/categories", 2);
	expect_count("channels/0/next/categories", 0);
	close_three();
}
END_TEST

static const struct {
	const char *query;
	unsigned titles[3]; /* of each channel */
} windows[] = {
	{ "", { 2, 1, 0 } },
	{ "?from=2024-01-01T12:00:00Z&to=2024-01-01T14:00:00Z", { 2, 0, 0 } },
	{ "?from=2024-01-01T13:00:00%2B01:00&to=2024-01-01T14:00:00%2B00:00", { 2, 0, 0 } },
	{ "?from=2024-01-01T13:00:00+01:00&to=2024-01-01T14:00:00-00:00", { 2, 0, 0 } },
	{ "?from=1704067200&to=1704240000", { 4, 1, 0 } },
	{ "?from=1704067200", { 0, 0, 0 } },
	{ "?from=2024-01-01T12:00:00Z&to=2024-01-01T12:00:01Z", { 1, 0, 0 } },
	{ "?to=2024-01-02T13:00:00Z", { 3, 1, 0 } },
};

START_TEST(a_window_has_what_is_on_air_in_it)
{
	char path[256];

	open_three();
	snprintf(path, sizeof(path), "/api/v1/guide%s", windows[_i].query);
	ask_json(path);
	expect_count("channels", 3);
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "channels/%d/programmes", i);
		expect_count(path, (int)windows[_i].titles[i]);
	}
	expect_text("next", "null");
	close_three();
}
END_TEST

START_TEST(a_window_says_what_it_is_of)
{
	open_three();
	ask_json("/api/v1/guide?from=1704110400&to=2024-01-01T14:00:00Z&channel=5.1");
	expect_text("from", "2024-01-01T12:00:00Z");
	expect_text("to", "2024-01-01T14:00:00Z");
	expect_text("to_epoch", "1704117600");
	expect_count("channels", 1);
	expect_text("channels/0/number", "5.1");
	close_three();
}
END_TEST

START_TEST(answers_lead_to_the_next)
{
	static const char *const begins[] = { "/api/v1/guide/now?limit=2",
		"/api/v1/guide?limit=2&from=1704110400&to=1704117600",
		"/api/v1/guide?limit=2&channel=1-30" };
	char next[512];

	open_three();
	for (size_t i = 0; i < ARRAY_LEN(begins); i++) {
		ask_json(begins[i]);
		expect_count("channels", 2);
		snprintf(next, sizeof(next), "%s", text_at("next"));
		ask_json(next);
		expect_count("channels", 1);
		expect_text("channels/0/id", world_id(2));
		expect_text("next", "null");
	}
	close_three();
}
END_TEST

START_TEST(a_search_finds_words_of_titles_in_any_form)
{
	char next[512];

	open_three();
	ask_json("/api/v1/guide/search?q=NEWS");
	expect_count("found", 3);
	expect_text("found/0/programme/title", "Past news");
	expect_text("found/1/programme/title", "Late n\xc3\xa9ws");
	expect_text("found/2/channel/number", "5.1");
	expect_text("next", "null");
	ask_json("/api/v1/guide/search?q=n%C3%A9ws+late");
	expect_count("found", 1);
	ask_json("/api/v1/guide/search?q=news&limit=2");
	expect_count("found", 2);
	snprintf(next, sizeof(next), "%s", text_at("next"));
	ask_json(next);
	expect_count("found", 1);
	expect_text("found/0/programme/title", "News of five");
	expect_text("next", "null");
	ask_json("/api/v1/guide/search?q=news&limit=3");
	expect_text("next", "null");
	ask_json("/api/v1/guide/search?q=nothing%20like%20%22this%22");
	expect_count("found", 0);
	close_three();
}
END_TEST

static const struct {
	const char *path;
	long status;
	const char *why;
} wrong[] = {
	{ "/api/v1/guide/now?channel=77", 404, "The guide has no channel '77'." },
	{ "/api/v1/guide/now?channel=abc", 400, "'abc' is no channel; there must be" },
	{ "/api/v1/guide/now?from_channel=77", 404, "The guide has no channel '77'." },
	{ "/api/v1/guide/now?limit=0", 400, "'limit' must be a number from 1 to 1000." },
	{ "/api/v1/guide?limit=501", 400, "'limit' must be a number from 1 to 500." },
	{ "/api/v1/guide?from=yesterday", 400, "'from' must be a time like 2026-01-31T20:15:00Z" },
	{ "/api/v1/guide?from=2024-01-01", 400, "'from' must be a time" },
	{ "/api/v1/guide?from=2024-01-01T12:00:00", 400, "'from' must be a time" },
	{ "/api/v1/guide?to=99999999999", 400, "'to' must be a time" },
	{ "/api/v1/guide?from=-5", 400, "'from' must be a time" },
	{ "/api/v1/guide?from=1704117600&to=1704117600", 400, "'to' must be after 'from'" },
	{ "/api/v1/guide?from=0&to=1704117600", 400, "by 14 days at most" },
	{ "/api/v1/guide/search", 400, "'q' must be words of a title" },
	{ "/api/v1/guide/search?q=", 400, "'q' must be words of a title" },
	{ "/api/v1/guide/search?q=%20", 400, "'q' must be words of a title" },
	{ "/api/v1/guide/search?q=a&limit=501", 400, "'limit' must be a number from 1 to 500." },
	{ "/api/v1/guide/search?q=a&from=x", 400, "'from' must be a number" },
};

START_TEST(what_is_wrong_is_told)
{
	open_three();
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		ask(wrong[i].path);
		ck_assert_msg(reply.status == wrong[i].status, "%s: %ld %s", wrong[i].path,
		    reply.status, reply.body.data);
		ck_assert_msg(strstr(reply.body.data, wrong[i].why) != NULL, "%s: %s",
		    wrong[i].path, reply.body.data);
	}
	close_three();
}
END_TEST

START_TEST(long_texts_are_cut_between_characters)
{
	enum { LONG = 200001 };
	char *body = malloc(LONG + 128);
	const struct test_programme one = { 0, 12, 1, "", body };
	const char *desc;

	memcpy(body, "<title>a</title>\n<desc>a", 24);
	for (size_t i = 24; i < LONG; i += 2)
		memcpy(body + i, "\xc3\xa9", 2);
	memcpy(body + LONG + 1, "</desc>\n", 9);
	guide_world_open(three, "");
	world_give_guide(&one, 1, "");
	ask_json("/api/v1/guide/now?channel=1");
	desc = text_at("channels/0/now/desc");
	ck_assert_uint_eq(strlen(desc), 32767);
	ck_assert_ptr_null(strstr(desc, "\xef\xbf\xbd"));
	free(body);
	close_three();
}
END_TEST

/* A channel's time, and what it costs, whatever the others have. */
START_TEST(many_channels_come_in_bounded_pieces)
{
	enum { CHANNELS = 1500 };
	struct test_programme *many = calloc(CHANNELS, sizeof(*many));
	struct buf list = BUF_INIT(1 << 20);
	unsigned seen = 0;
	char next[512];

	buf_str(&list, "#EXTM3U\n");
	for (int i = 1; i <= CHANNELS; i++)
		buf_printf(&list, "#EXTINF:-1 tvg-chno=\"%d\",C%d\nhttp://127.0.0.1:9/%d\n", i, i,
		    i);
	for (int i = 0; i < CHANNELS; i++)
		many[i] = (struct test_programme){ i, 12, 1, "", rich };
	guide_world_open(list.data, "");
	world_give_guide(many, CHANNELS, "");
	snprintf(next, sizeof(next), "/api/v1/guide/now?limit=1000");
	for (int i = 0; i < 2; i++) {
		ask_json(next);
		seen += (unsigned)cJSON_GetArraySize(at("channels"));
		snprintf(next, sizeof(next), "%s", text_at("next"));
	}
	ck_assert_uint_eq(seen, CHANNELS);
	ck_assert_str_eq(next, "null");
	buf_release(&list);
	free(many);
	close_three();
}
END_TEST

WORLD_MAIN("guide_api", UNIT_TEST(now_has_what_is_on_and_what_comes),
    UNIT_TEST(a_programme_has_all_its_members),
    UNIT_ROWS(a_window_has_what_is_on_air_in_it, ARRAY_LEN(windows)),
    UNIT_TEST(a_window_says_what_it_is_of), UNIT_TEST(answers_lead_to_the_next),
    UNIT_TEST(a_search_finds_words_of_titles_in_any_form), UNIT_TEST(what_is_wrong_is_told),
    UNIT_TEST(long_texts_are_cut_between_characters),
    UNIT_TEST(many_channels_come_in_bounded_pieces))
