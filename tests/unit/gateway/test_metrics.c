/*
 * /metrics as a scraper reads it: Prometheus' text format 0.0.4, every line of it.
 */
#include <ctype.h>
#include <stdlib.h>

#include "tests/unit/gateway/gateway_world.h"

#define FAMILIES_MAX 256
#define SAMPLES_MAX  1024

static const char playlists[] =
    "playlists: [{name: Acme TV.1, url: \"@\", max_streams: 2}, {name: b, url: \"@\"}]\n"
    "devices: [{name: \"A \\\"<B>\\\\\", id: 10AF6F4B}, {name: Two}]\n";
static const char list[] = "#EXTM3U\n#EXTINF:-1 tvg-id=\"one.uk\",One\nhttp://127.0.0.1:9/1\n"
			   "#EXTINF:-1,Two\nhttp://127.0.0.1:9/2\n";
static const char guide[] =
    "<tv>\n<channel id=\"one.uk\"><display-name>One</display-name></channel>\n"
    "<programme start=\"20240101120000 +0000\" stop=\"20240101130000 +0000\""
    " channel=\"one.uk\"><title><b>A</title></programme>\n"
    "<programme start=\"20240101130000 +0000\" stop=\"20240101140000 +0000\""
    " channel=\"one.uk\"><title>B</title></programme>\n</tv>\n";

static void
take_settled(struct source *source)
{
	struct source_info info = { 0 };

	while (!info.settled) {
		ck_assert_int_ne(event_base_loop(g.base, EVLOOP_ONCE), -1);
		source_get_info(source, &info);
	}
}

static void
open_metrics(void)
{
	struct err err = ERR_INIT;
	char yaml[1024];

	world_open(list, playlists);
	ck_assert_int_eq(unit_write_file(in_dir("guide.xml"), guide, strlen(guide)), 0);
	snprintf(yaml, sizeof(yaml),
	    "%sguides: [{name: uk 1, url: \"file:%s\"}, {name: gone, url: \"file:/no\"}]\n",
	    playlists, in_dir("guide.xml"));
	ck_assert_msg(world_apply(yaml, &err) == 0, "%s", err.text);
	world_await_lineup();
	ck_assert_int_eq(setup_wanted(&g), 0);
	take_settled(g.guides[0].source);
	take_settled(g.guides[1].source);
	ask("/metrics");
	ck_assert_int_eq(reply.status, 200);
}

/* -- a scraper ------------------------------------------------------------------------- */

struct family {
	char name[128], type[16];
	unsigned samples;
};

static struct {
	struct family families[FAMILIES_MAX];
	size_t family_count;
	struct {
		char text[256]; /* name and labels, as they stand */
		double value;
	} samples[SAMPLES_MAX];
	size_t sample_count;
} scraped;

/* How many bytes of it are a name. */
static size_t
name_len(const char *p)
{
	size_t len = 0;

	while (isalnum((unsigned char)p[len]) || p[len] == '_')
		len++;
	ck_assert_msg(len > 0 && !isdigit((unsigned char)*p), "no name: %s", p);
	return len;
}

/* "# HELP name text" and "# TYPE name type" behind it, which begin a family. */
static const char *
scrape_head(const char *p)
{
	struct family *family = &scraped.families[scraped.family_count];
	size_t len = name_len(p + 7);
	char type_line[160];

	ck_assert_uint_lt(scraped.family_count, FAMILIES_MAX);
	ck_assert_msg(strncmp(p, "# HELP ", 7) == 0, "%.80s", p);
	snprintf(family->name, sizeof(family->name), "%.*s", (int)len, p + 7);
	for (size_t i = 0; i < scraped.family_count; i++)
		ck_assert_str_ne(scraped.families[i].name, family->name);
	scraped.family_count++;
	ck_assert_msg(p[7 + len] == ' ' && p[8 + len] > ' ', "%s: no help", family->name);
	p = strchr(p, '\n') + 1;
	snprintf(type_line, sizeof(type_line), "# TYPE %s ", family->name);
	ck_assert_msg(strncmp(p, type_line, strlen(type_line)) == 0, "%.80s", p);
	p += strlen(type_line);
	snprintf(family->type, sizeof(family->type), "%.*s", (int)strcspn(p, "\n"), p);
	ck_assert_msg(strcmp(family->type, "gauge") == 0 || strcmp(family->type, "counter") == 0,
	    "%s: %s", family->name, family->type);
	return strchr(p, '\n') + 1;
}

/* {name="value",...} with \\, \" and \n as the only escapes; what follows it. */
static const char *
scrape_labels(const char *p)
{
	do {
		p++;
		p += name_len(p);
		ck_assert_msg(strncmp(p, "=\"", 2) == 0, "%.80s", p);
		for (p += 2; *p != '"'; p++) {
			ck_assert_msg(*p != '\n' && *p != '\0', "a label has no end");
			if (*p == '\\')
				ck_assert_ptr_nonnull(strchr("\\\"n", *++p));
		}
		p++;
	} while (*p == ',');
	ck_assert_msg(*p == '}', "%.80s", p);
	return p + 1;
}

static const char *
scrape_sample(const char *p)
{
	struct family *family = &scraped.families[scraped.family_count - 1];
	const char *end = p + name_len(p);
	char *stop;

	ck_assert_uint_lt(scraped.sample_count, SAMPLES_MAX);
	ck_assert_msg((size_t)(end - p) == strlen(family->name) &&
		strncmp(p, family->name, (size_t)(end - p)) == 0,
	    "%.80s stands below %s", p, family->name);
	if (*end == '{')
		end = scrape_labels(end);
	snprintf(scraped.samples[scraped.sample_count].text, sizeof(scraped.samples[0].text),
	    "%.*s", (int)(end - p), p);
	for (size_t i = 0; i < scraped.sample_count; i++)
		ck_assert_str_ne(scraped.samples[i].text,
		    scraped.samples[scraped.sample_count].text);
	ck_assert_msg(*end == ' ' && (isdigit((unsigned char)end[1]) || end[1] == '-'), "%.80s", p);
	scraped.samples[scraped.sample_count++].value = strtod(end + 1, &stop);
	ck_assert_msg(*stop == '\n', "%.80s", p);
	family->samples++;
	return stop + 1;
}

static void
scrape(void)
{
	memset(&scraped, 0, sizeof(scraped));
	for (const char *p = reply.body.data; *p != '\0';)
		p = *p == '#' ? scrape_head(p) : scrape_sample(p);
}

static double
sample(const char *text)
{
	for (size_t i = 0; i < scraped.sample_count; i++) {
		if (strcmp(scraped.samples[i].text, text) == 0)
			return scraped.samples[i].value;
	}
	ck_abort_msg("no %s", text);
}

/* -- tests ----------------------------------------------------------------------------- */

START_TEST(a_scraper_can_read_every_line)
{
	open_metrics();
	ck_assert_str_eq(reply_header("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
	scrape();
	ck_assert_uint_gt(scraped.family_count, 60);
	for (size_t i = 0; i < scraped.family_count; i++) {
		const struct family *family = &scraped.families[i];
		size_t len = strlen(family->name);
		_Bool total = len > 6 && strcmp(family->name + len - 6, "_total") == 0;

		ck_assert_msg(family->samples > 0, "%s has no sample", family->name);
		ck_assert_msg(total == (strcmp(family->type, "counter") == 0), "%s is a %s",
		    family->name, family->type);
	}
	world_close();
}
END_TEST

START_TEST(each_source_and_device_has_its_figures)
{
	struct source_info info;

	open_metrics();
	scrape();
	ck_assert_double_eq(sample("masthead_lineup_channels"), 4);
	ck_assert_double_eq(sample("masthead_source_streams{source=\"Acme TV.1\"}"), 2);
	ck_assert_double_eq(sample("masthead_source_streams{source=\"b\"}"), 2);
	ck_assert_double_eq(sample("masthead_source_slots_limit{source=\"Acme TV.1\"}"), 2);
	ck_assert_double_eq(sample("masthead_source_complaints{source=\"b\"}"), 0);
	ck_assert_double_eq(sample("masthead_source_progress_bytes{source=\"b\"}"), 0);
	ck_assert_double_eq(sample("masthead_source_progress_size_bytes{source=\"b\"}"), 0);
	ck_assert_double_eq(sample("masthead_tuners_used{device=\"10AF6F4B\"}"), 0);
	source_get_info(g.guides[0].source, &info);
	ck_assert_uint_gt(info.note_total, 0);
	ck_assert_double_eq(sample("masthead_guide_source_complaints{guide=\"uk 1\"}"),
	    (double)info.note_total);
	ck_assert_double_eq(sample("masthead_guide_source_programmes{guide=\"uk 1\"}"), 2);
	ck_assert_double_eq(sample("masthead_guide_source_read_bytes_total{guide=\"uk 1\"}"),
	    (double)strlen(guide));
	ck_assert_double_eq(sample("masthead_guide_source_progress_bytes{guide=\"uk 1\"}"), 0);
	ck_assert_double_eq(sample("masthead_guide_source_refresh_failures_total{guide=\"gone\"}"),
	    1);
	ck_assert_double_eq(sample("masthead_guide_source_refresh_failures_total{guide=\"uk 1\"}"),
	    0);
	world_close();
}
END_TEST

WORLD_MAIN("metrics", UNIT_TEST(a_scraper_can_read_every_line),
    UNIT_TEST(each_source_and_device_has_its_figures))
