#include "gateway/demo.h"

#include <stdio.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/url.h"
#include "playlist/m3u_write.h"

#define HOUR      3600
#define DAY       (24 * HOUR)
#define DAYS_PAST 1
#define DAYS_NEXT 3

/* MPEG-2 first: it is what every tuner client can show. */
static const struct {
	const char *name, *codec, *size;
} cards[] = {
	{ "Test Card One", "mpeg2", "720x576" },
	{ "Test Card Two", "mpeg2", "720x576" },
	{ "Test Card Three", "mpeg2", "720x576" },
	{ "Test Card Four", "mpeg2", "720x576" },
	{ "Test Card H.264", "h264", "1280x720" },
	{ "Test Card HEVC", "hevc", "1280x720" },
};

static const struct {
	const char *title, *desc;
	unsigned hours;
} programmes[] = {
	{ "Bars and Tone", "Eight bars, in order of brightness, and one note.", 1 },
	{ "The Clock", "It tells the time. In the last minute, the next hour.", 1 },
	{ "Frame by Frame", "Every frame has its number. Tonight: all of them.", 2 },
	{ "Something Moves", "A block crosses the screen, and comes back.", 1 },
	{ "A Quiet Second",
	    "Once a second the tone rests, so that you can check that lips would "
	    "match.",
	    1 },
};

void
demo_playlist(struct buf *out)
{
	struct buf url = BUF_INIT(URL_MAX);

	m3u_write_header(out, NULL);
	for (size_t i = 0; i < ARRAY_LEN(cards); i++) {
		char number[8], id[32];
		struct m3u_out entry = { .name = cards[i].name,
			.tvg_name = cards[i].name,
			.tvg_id = id,
			.chno = number,
			.group = "Test cards" };

		snprintf(number, sizeof(number), "%zu", i + 1);
		snprintf(id, sizeof(id), "testcard.%zu", i + 1);
		buf_clear(&url);
		buf_printf(&url, "testcard:?n=%zu&codec=%s&size=%s&name=", i + 1, cards[i].codec,
		    cards[i].size);
		url_add_encoded(&url, cards[i].name);
		entry.url = url.data;
		m3u_write_entry(out, &entry);
	}
	buf_release(&url);
}

static void
add_time(struct buf *out, const char *name, time_t when)
{
	struct tm tm;
	char text[32];

	gmtime_r(&when, &tm);
	strftime(text, sizeof(text), "%Y%m%d%H%M%S +0000", &tm);
	buf_printf(out, " %s=\"%s\"", name, text);
}

/* A fixed rota by the hour since 1970, shifted by channel: the same whenever it is made. */
static void
add_programmes(struct buf *out, size_t card, time_t from, time_t to)
{
	size_t i = ((size_t)(from / DAY) + card) % ARRAY_LEN(programmes);

	while (from < to) {
		time_t stop = from + (time_t)programmes[i].hours * HOUR;

		buf_str(out, "<programme");
		add_time(out, "start", from);
		add_time(out, "stop", stop < to ? stop : to);
		buf_printf(out, " channel=\"testcard.%zu\">\n<title lang=\"en\">", card + 1);
		buf_xml(out, programmes[i].title);
		buf_str(out, "</title>\n<desc lang=\"en\">");
		buf_xml(out, programmes[i].desc);
		buf_str(out, "</desc>\n<category lang=\"en\">Series</category>\n</programme>\n");
		from = stop;
		i = (i + 1) % ARRAY_LEN(programmes);
	}
}

void
demo_guide(struct buf *out)
{
	time_t today = clock_wall(&clock_system) / DAY * DAY;

	buf_str(out,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE tv SYSTEM \"xmltv.dtd\">\n"
	    "<tv generator-info-name=\"Masthead\">\n");
	for (size_t i = 0; i < ARRAY_LEN(cards); i++) {
		buf_printf(out, "<channel id=\"testcard.%zu\">\n<display-name>", i + 1);
		buf_xml(out, cards[i].name);
		buf_printf(out, "</display-name>\n<display-name>%zu</display-name>\n</channel>\n",
		    i + 1);
	}
	for (size_t i = 0; i < ARRAY_LEN(cards); i++) {
		/* Day by day, so that a day reads the same whenever the guide is made. */
		for (int day = -DAYS_PAST; day < DAYS_NEXT; day++)
			add_programmes(out, i, today + day * DAY, today + (day + 1) * DAY);
	}
	buf_str(out, "</tv>\n");
}
