#include "playlist/m3u_write.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "playlist/m3u.h"
#include "unit.h"

START_TEST(writes_attributes_in_order_and_leaves_out_the_empty)
{
	struct buf out = BUF_INIT(4096);
	const struct m3u_out full = { .name = "One, two",
		.url = "http://gw/stream/1.ts",
		.tvg_id = "one.uk",
		.tvg_name = "One",
		.chno = "5.1",
		.logo = "http://l/1.png",
		.group = "News, UK",
		.extra = "catchup\0default\0"
			 "tvg-id\0other\0"
			 "catchup-source\0http://u:p@provider/\0"
			 "bad name\0x\0"
			 "Catchup-Source\0?start={utc}&token=s3cret\0"
			 "x-proxy\0http%3A%2F%2Fu:p@provider\0"
			 "http-cookie\0session=s3cret\0"
			 "HTTP-Authorization\0Basic czNjcmV0\0"
			 "user-agent\0Provider/1.0\0"
			 "tvg-shift\0"
			 "2\0",
		.radio = 1 };
	const struct m3u_out bare = { .name = "Two", .url = "http://gw/2.ts", .tvg_id = "" };

	m3u_write_header(&out, "http://gw/guide.xml");
	m3u_write_entry(&out, &full);
	m3u_write_entry(&out, &bare);
	ck_assert_str_eq(out.data,
	    "#EXTM3U url-tvg=\"http://gw/guide.xml\" x-tvg-url=\"http://gw/guide.xml\"\n"
	    "#EXTINF:-1 tvg-id=\"one.uk\" tvg-name=\"One\" tvg-chno=\"5.1\" "
	    "tvg-logo=\"http://l/1.png\" group-title=\"News  UK\" radio=\"true\" "
	    "catchup=\"default\",One, two\nhttp://gw/stream/1.ts\n"
	    "#EXTINF:-1,Two\nhttp://gw/2.ts\n");
	buf_clear(&out);
	m3u_write_header(&out, NULL);
	ck_assert_str_eq(out.data, "#EXTM3U\n");
	buf_release(&out);
}
END_TEST

START_TEST(nothing_in_a_name_forges_a_line)
{
	struct buf out = BUF_INIT(4096);
	const struct m3u_out evil = { .name = "A\" tvg-id=\"x\"\r\n#EXTINF:-1,B\nhttp://evil/",
		.url = "http://gw/1.ts\nhttp://evil/",
		.group = "x\",y\n" };

	m3u_write_entry(&out, &evil);
	ck_assert_str_eq(out.data,
	    "#EXTINF:-1 group-title=\"x' y\",A' tvg-id='x'  #EXTINF:-1,B http://evil/\n"
	    "http://gw/1.ts http://evil/\n");
	buf_release(&out);
}
END_TEST

/* -- what was written reads back as what it meant ---------------------------- */

static uint32_t
next_number(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

/* A text of the characters that readers stumble over. */
static void
random_text(char out[64], uint32_t *state)
{
	static const char *const parts[] = { "\"", "'", ",", "=", " ", "tvg-id=", "a", "=\"", "\n",
		"\xc3\xa9", "#EXTINF:-1,", "|", "x = ", "\xf0\x9f\x93\xba", "://", "\x01" };
	size_t len = 0;

	out[0] = '\0';
	for (uint32_t n = next_number(state) % 9; n > 0; n--) {
		const char *part = parts[next_number(state) % ARRAY_LEN(parts)];

		if (len + strlen(part) < 63)
			len += (size_t)snprintf(out + len, 64 - len, "%s", part);
	}
}

/* What the reader must make of it. */
static void
normalise(char *text, _Bool group)
{
	size_t len;

	for (char *p = text; *p != '\0'; p++) {
		if (*p == '"')
			*p = '\'';
		else if ((unsigned char)*p < 0x20 || (group && *p == ','))
			*p = ' ';
	}
	len = strlen(text);
	while (len > 0 && text[len - 1] == ' ')
		len--;
	text[len] = '\0';
	memmove(text, text + strspn(text, " "), strlen(text + strspn(text, " ")) + 1);
}

struct written {
	char name[64], tvg_id[64], tvg_name[64], logo[64], group[64];
	unsigned seen;
};

static int
compare(const struct m3u_entry *e, void *arg)
{
	struct written *w = arg;

	ck_assert_str_eq(e->tvg_id, w->tvg_id);
	ck_assert_str_eq(e->tvg_name, w->tvg_name);
	ck_assert_str_eq(e->tvg_logo, w->logo);
	ck_assert_str_eq(e->group, w->group);
	ck_assert_str_eq(e->name,
	    w->name[0] != '\0'           ? w->name
		: w->tvg_name[0] != '\0' ? w->tvg_name
					 : "1.ts");
	ck_assert_str_eq(e->url, "http://gw/1.ts");
	ck_assert_str_eq(e->chno, "7");
	w->seen++;
	return 0;
}

START_TEST(what_is_written_reads_back)
{
	uint32_t state = 7;

	for (int i = 0; i < 20000; i++) {
		struct buf out = BUF_INIT(4096);
		struct written w = { .seen = 0 };
		const struct m3u_out entry = { .name = w.name,
			.url = "http://gw/1.ts",
			.tvg_id = w.tvg_id,
			.tvg_name = w.tvg_name,
			.chno = "7",
			.logo = w.logo,
			.group = w.group };
		struct m3u_reader *r = m3u_reader_new(&m3u_limits_default, compare, NULL, &w);
		struct err err = ERR_INIT;

		random_text(w.name, &state);
		random_text(w.tvg_id, &state);
		random_text(w.tvg_name, &state);
		random_text(w.logo, &state);
		random_text(w.group, &state);
		m3u_write_header(&out, NULL);
		m3u_write_entry(&out, &entry);
		normalise(w.name, 0);
		normalise(w.tvg_id, 0);
		normalise(w.tvg_name, 0);
		normalise(w.logo, 0);
		normalise(w.group, 1);
		ck_assert_msg(m3u_reader_feed(r, out.data, out.len, &err) == 0, "%s", err.text);
		ck_assert_int_eq(m3u_reader_finish(r, &err), 0);
		ck_assert_uint_eq(w.seen, 1);
		ck_assert_uint_eq(m3u_reader_counts(r)->skipped, 0);
		m3u_reader_free(r);
		buf_release(&out);
	}
}
END_TEST

UNIT_MAIN("m3u_write", UNIT_TEST(writes_attributes_in_order_and_leaves_out_the_empty),
    UNIT_TEST(nothing_in_a_name_forges_a_line), UNIT_TEST(what_is_written_reads_back))
