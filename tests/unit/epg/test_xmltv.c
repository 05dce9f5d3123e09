#include "epg/xmltv.h"

#include <libxml/parser.h>
#include <libxml/valid.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "tests/unit/epg/entries.h"
#include "tests/unit/epg/entry.h"

/* -- every element and attribute, as it is written ------------------------------ */

static const char *const channel[] = {
	"<display-name lang=\"en\">One</display-name>\n",
	"<display-name>1</display-name>\n",
	"<icon src=\"https://x.example/1.png\" width=\"100\" height=\"50\"/>\n",
	"<url system=\"web\">https://x.example/</url>\n",
};

static const char *const programme[] = {
	"<title lang=\"en\">The Title</title>\n",
	"<title lang=\"de\">Der Titel</title>\n",
	"<sub-title lang=\"en\">The Sub-title</sub-title>\n",
	"<desc lang=\"en\">What happens.</desc>\n",
	"<credits>\n"
	"<director>Director<image type=\"person\" size=\"1\" orient=\"P\" system=\"x\">i</image>"
	"<url system=\"imdb\">u</url></director>\n"
	"<actor role=\"Hero\" guest=\"yes\">Actor</actor>\n"
	"<actor>Other</actor>\n"
	"<writer>Writer</writer>\n"
	"<adapter>Adapter</adapter>\n"
	"<producer>Producer</producer>\n"
	"<composer>Composer</composer>\n"
	"<editor>Editor</editor>\n"
	"<presenter>Presenter</presenter>\n"
	"<commentator>Commentator</commentator>\n"
	"<guest>Guest</guest>\n"
	"</credits>\n",
	"<date>20231224</date>\n",
	"<category lang=\"en\">Series</category>\n",
	"<category lang=\"fr\">S\xc3\xa9rie</category>\n",
	"<keyword lang=\"en\">snow</keyword>\n",
	"<language lang=\"en\">English</language>\n",
	"<orig-language lang=\"en\">French</orig-language>\n",
	"<length units=\"minutes\">60</length>\n",
	"<icon src=\"i.png\" width=\"1\" height=\"2\"/>\n",
	"<url system=\"web\">https://x.example/?a=1&amp;b=2</url>\n",
	"<country lang=\"en\">UK</country>\n",
	"<episode-num system=\"xmltv_ns\">0.11.0/1</episode-num>\n",
	"<episode-num system=\"onscreen\">S01E12</episode-num>\n",
	"<video>\n<present>yes</present>\n<colour>no</colour>\n<aspect>16:9</aspect>\n"
	"<quality>HDTV</quality>\n</video>\n",
	"<audio>\n<present>yes</present>\n<stereo>dolby digital</stereo>\n</audio>\n",
	"<previously-shown start=\"20200101\" channel=\"two\"/>\n",
	"<premiere lang=\"en\">First time</premiere>\n",
	"<last-chance lang=\"en\">Last time</last-chance>\n",
	"<new/>\n",
	"<subtitles type=\"teletext\">\n<language lang=\"en\">English</language>\n</subtitles>\n",
	"<subtitles type=\"deaf-signed\"/>\n",
	"<rating system=\"UK\">\n<value>PG</value>\n<icon src=\"pg.png\"/>\n</rating>\n",
	"<star-rating system=\"x\">\n<value>3/5</value>\n<icon src=\"3.png\"/>\n</star-rating>\n",
	"<review type=\"text\" source=\"Paper\" reviewer=\"A. N.\" lang=\"en\">Fine.</review>\n",
	"<image type=\"poster\" size=\"1\" orient=\"P\" system=\"tvdb\">p.jpg</image>\n",
};

#define CHANNEL_TAG "<channel id=\"one\">\n"
#define PROGRAMME_TAG                                                                            \
	"<programme start=\"20240101120000 +0000\" stop=\"20240101130000 +0000\" "               \
	"channel=\"one\" pdc-start=\"20240101115900 +0000\" vps-start=\"20240101120001 +0000\" " \
	"showview=\"123\" videoplus=\"456\" clumpidx=\"0/2\">\n"

static unsigned seed;

static unsigned
below(unsigned n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % n;
}

/*
 * The lines in an order at random; but those of one name stay in theirs, which nothing
 * tells apart from how they are meant.
 */
static void
add_shuffled(struct buf *out, const char *const *lines, size_t count)
{
	_Bool used[64] = { 0 };

	for (size_t done = 0; done < count; done++) {
		size_t i = below((unsigned)count), name;

		while (used[i])
			i = (i + 1) % count;
		name = strcspn(lines[i], " >/\n");
		for (size_t k = 0; k < i; k++) {
			if (!used[k] && strncmp(lines[k], lines[i], name) == 0 &&
			    strcspn(lines[k], " >/\n") == name) {
				i = k;
				break;
			}
		}
		used[i] = 1;
		buf_str(out, lines[i]);
	}
}

static void
add_all(struct buf *out, const char *const *lines, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buf_str(out, lines[i]);
}

START_TEST(every_element_comes_back_in_the_dtds_order)
{
	struct buf in = BUF_INIT(1u << 20), expected = BUF_INIT(1u << 20);
	struct entries all;

	entries_init(&all);
	all.as_xml = 1;
	buf_str(&expected, CHANNEL_TAG);
	add_all(&expected, channel, ARRAY_LEN(channel));
	buf_str(&expected, "</channel>\n" PROGRAMME_TAG);
	add_all(&expected, programme, ARRAY_LEN(programme));
	buf_str(&expected, "</programme>\n");
	for (seed = 1; seed < 200; seed++) {
		unsigned from = seed;

		buf_clear(&in);
		buf_str(&in, "<tv>" CHANNEL_TAG);
		add_shuffled(&in, channel, ARRAY_LEN(channel));
		buf_str(&in, "</channel>\n" PROGRAMME_TAG);
		add_shuffled(&in, programme, ARRAY_LEN(programme));
		buf_str(&in, "</programme>\n</tv>");
		ck_assert_int_eq(entries_read(&all, in.data, in.len, in.len), 0);
		ck_assert_str_eq(all.text.data, expected.data);
		ck_assert_uint_eq(all.counts.unknown, 0);
		seed = from;
	}
	entries_release(&all);
	buf_release(&in);
	buf_release(&expected);
}
END_TEST

START_TEST(the_table_has_what_the_dtd_has)
{
	/* Each attribute of each row is somewhere in the lines above, so in the test above. */
	for (size_t i = 0; i < XMLTV_ELEMENTS; i++) {
		const struct xmltv_row *row = &xmltv_rows[i];
		_Bool is_channel = i <= XMLTV_CHANNEL_URL;
		size_t count = is_channel ? ARRAY_LEN(channel) : ARRAY_LEN(programme);
		const char *const *lines = is_channel ? channel : programme;

		ck_assert_ptr_nonnull(row->name);
		for (size_t k = 0; k < XMLTV_ATTRS_MAX && row->attrs[k] != NULL; k++) {
			char open[40], attr[40];
			_Bool found = 0;

			snprintf(open, sizeof(open), "<%s ", row->name);
			snprintf(attr, sizeof(attr), " %s=\"", row->attrs[k]);
			for (size_t n = 0; n < count && !found; n++) {
				const char *at = strstr(lines[n], open);
				const char *value = at == NULL ? NULL : strstr(at, attr);

				found = value != NULL && value < strchr(at, '>');
			}
			ck_assert_msg(found, "%s %s", row->name, row->attrs[k]);
		}
	}
	ck_assert_int_eq(xmltv_find(XMLTV_CHANNEL, XMLTV_NONE, "title"), XMLTV_NONE);
	ck_assert_int_eq(xmltv_find(XMLTV_PROGRAMME, XMLTV_NONE, "title"), XMLTV_TITLE);
	ck_assert_int_eq(xmltv_find(XMLTV_PROGRAMME, XMLTV_TITLE, "title"), XMLTV_NONE);
	ck_assert_int_eq(xmltv_find(XMLTV_PROGRAMME, XMLTV_ACTOR, "image"), XMLTV_PERSON_IMAGE);
	ck_assert_int_eq(xmltv_find(XMLTV_CHANNEL, XMLTV_NONE, "icon"), XMLTV_CHANNEL_ICON);
}
END_TEST

/* -- what is left out, and what is put in ---------------------------------------- */

#define TITLE "<title>T</title>\n"

static const struct {
	const char *in, *out; /* below <programme> */
} rows[] = {
	/* what says nothing */
	{ "", "<title></title>\n" },
	{ "<title/><title> </title>", "<title></title>\n" },
	{ "<title/>" TITLE "<title></title>", TITLE },
	{ TITLE "<desc/><desc lang='en'> \n </desc>", TITLE },
	{ TITLE "<sub-title></sub-title><category/><keyword/><country/><date/>", TITLE },
	{ TITLE "<episode-num system='onscreen'/><url/><image type='poster'/><language/>", TITLE },
	{ TITLE "<icon/><icon width='3'/><icon src=''/><icon src=' '/>", TITLE },
	{ TITLE "<credits/><credits></credits><credits><actor/><actor> </actor></credits>", TITLE },
	{ TITLE "<video/><video><present/></video><audio><stereo></stereo></audio>", TITLE },
	{ TITLE "<rating/><rating><icon src='x'/></rating><star-rating><value/></star-rating>",
	    TITLE },
	{ TITLE "<length>60</length><length units='days'>1</length><length units='hours'/>",
	    TITLE },
	{ TITLE "<review>x</review><review type='x'>y</review><review type='url'/>", TITLE },
	{ TITLE "<title lang=''>U</title>", TITLE "<title>U</title>\n" },
	/* and what does */
	{ TITLE "<premiere/><last-chance/><new/><previously-shown/><subtitles/>",
	    TITLE "<previously-shown/>\n<premiere/>\n<last-chance/>\n<new/>\n<subtitles/>\n" },
	{ TITLE "<credits><actor><image>i</image></actor></credits>",
	    TITLE "<credits>\n<actor><image>i</image></actor>\n</credits>\n" },
	{ TITLE "<subtitles><language/></subtitles>", TITLE "<subtitles>\n</subtitles>\n" },
	/* values that the DTD does not allow */
	{ TITLE "<subtitles type='x'/>", TITLE "<subtitles/>\n" },
	{ TITLE "<credits><actor guest='maybe' role='r'>A</actor></credits>",
	    TITLE "<credits>\n<actor role=\"r\">A</actor>\n</credits>\n" },
	/* what may be there once */
	{ TITLE "<date>1</date><date>2</date><new/><new/><length units='days'>1</length>"
		"<length units='hours'>2</length>",
	    TITLE "<date>1</date>\n<length units=\"hours\">2</length>\n<new/>\n" },
	{ TITLE "<credits><actor>A</actor></credits><credits><actor>B</actor></credits>",
	    TITLE "<credits>\n<actor>A</actor>\n</credits>\n" },
	{ TITLE "<rating><value>1</value><value>2</value></rating>",
	    TITLE "<rating>\n<value>1</value>\n</rating>\n" },
	/* what the DTD does not have, or not there */
	{ TITLE "<live/><foo>x<title>y</title></foo>", TITLE },
	{ "<desc>a<title>b</title>c</desc>" TITLE, TITLE "<desc>ac</desc>\n" },
	{ TITLE "<actor>A</actor><value>V</value><display-name>D</display-name>", TITLE },
	{ "<title foo='x' lang='en'>T</title>", "<title lang=\"en\">T</title>\n" },
	{ TITLE "text", TITLE },
	/* order below an element */
	{ TITLE "<credits><guest>G</guest><actor>B</actor><director>D</director><actor>A</actor>"
		"</credits>",
	    TITLE "<credits>\n<director>D</director>\n<actor>B</actor>\n<actor>A</actor>\n"
		  "<guest>G</guest>\n</credits>\n" },
	{ TITLE "<rating><icon src='x'/><value>1</value></rating>",
	    TITLE "<rating>\n<value>1</value>\n<icon src=\"x\"/>\n</rating>\n" },
	{ TITLE "<credits><actor>A<url>u</url>B<image>i</image> C</actor></credits>",
	    TITLE "<credits>\n<actor>AB C<image>i</image><url>u</url></actor>\n</credits>\n" },
	/* characters */
	{ "<title>&lt;b&gt; &amp;amp; \"'</title>", "<title>&lt;b&gt; &amp;amp; \"'</title>\n" },
	{ TITLE "<icon src='a&amp;b\"&lt;&gt;&apos;'/>",
	    TITLE "<icon src=\"a&amp;b&quot;&lt;&gt;'\"/>\n" },
	{ "<title> a \n\t b&#10;c&#160;d </title>",
	    "<title>a b c\xc2\xa0"
	    "d</title>\n" },
	{ "<title>a&#x85;b&#x7f;c&#x9f;</title>", "<title>abc</title>\n" },
	{ "<title>\xf0\x9f\x93\xba &#x1F4FA;</title>",
	    "<title>\xf0\x9f\x93\xba \xf0\x9f\x93\xba</title>\n" },
	{ "<title><![CDATA[<b>&amp;]]></title>", "<title>&lt;b&gt;&amp;amp;</title>\n" },
};

START_TEST(writes_what_is_valid_and_says_something)
{
	struct buf in = BUF_INIT(1u << 20);
	struct entries all;
	const char *body;

	entries_init(&all);
	all.as_xml = 1;
	buf_printf(&in, "<tv><programme start=\"2024\" channel=\"c\">%s</programme></tv>",
	    rows[_i].in);
	ck_assert_int_eq(entries_read(&all, in.data, in.len, in.len), 0);
	body = strchr(all.text.data, '\n');
	ck_assert_msg(body != NULL, "%s", all.notes.data);
	buf_clear(&in);
	buf_printf(&in, "%s</programme>\n", rows[_i].out);
	ck_assert_str_eq(body + 1, in.data);
	entries_release(&all);
	buf_release(&in);
}
END_TEST

START_TEST(a_channel_without_a_name_is_called_by_its_id)
{
	static const char guide[] = "<tv><channel id='a &amp; b'><display-name/></channel></tv>";
	struct entries all;

	entries_init(&all);
	all.as_xml = 1;
	ck_assert_int_eq(entries_read(&all, guide, strlen(guide), 3), 0);
	ck_assert_str_eq(all.text.data,
	    "<channel id=\"a &amp; b\">\n<display-name>a &amp; b</display-name>\n</channel>\n");
	entries_release(&all);
}
END_TEST

/* -- entries ---------------------------------------------------------------------- */

static void
ck_written(const struct xmltv_entry *e, const char *expected)
{
	struct buf out = BUF_INIT(4096);

	xmltv_write_children(&out, e);
	ck_assert_str_eq(out.data, expected);
	buf_release(&out);
}

/* The entry's text may hold what no parser gives; it is written so that all can read it. */
START_TEST(what_must_not_be_written_is_not)
{
	static const struct {
		const char *text, *out;
	} texts[] = {
		{ "a\x01\x1f"
		  "b",
		    "ab" },
		{ "a\nb\tc\rd", "a b c d" },
		{ "a\xff\xc3"
		  "b",
		    "ab" },
		{ "\xed\xa0\x80x\xc0\x80", "x" },
		{ "\xef\xbf\xbe\xef\xbf\xbf\xef\xbf\xbd", "\xef\xbf\xbd" },
		{ "0123456789abcde\x02"
		  "0123456789abcdef&0123456789abcdef<",
		    "0123456789abcde0123456789abcdef&amp;0123456789abcdef&lt;" },
		{ "\xd0\x9d\xd0\xbe\xd0\xb2\xd0\xbe\xd1\x81\xd1\x82\xd0\xb8 & \xd0\x9d",
		    "\xd0\x9d\xd0\xbe\xd0\xb2\xd0\xbe\xd1\x81\xd1\x82\xd0\xb8 &amp; \xd0\x9d" },
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct buf expected = BUF_INIT(4096);
		struct xmltv_node *node;
		struct xmltv_entry e;

		entry_begin(&e, XMLTV_PROGRAMME, "");
		node = entry_add(&e, XMLTV_TITLE, 1, texts[i].text);
		node->attrs[0] = node->text;
		buf_printf(&expected, "<title lang=\"%s\">%s</title>\n", texts[i].out,
		    texts[i].out);
		ck_written(&e, expected.data);
		xmltv_entry_release(&e);
		buf_release(&expected);
	}
}
END_TEST

START_TEST(nodes_at_odd_places_are_left_out)
{
	struct xmltv_entry e;

	entry_begin(&e, XMLTV_PROGRAMME, "");
	entry_add(&e, XMLTV_ACTOR, 3, "deep");
	entry_add(&e, XMLTV_DISPLAY_NAME, 1, "channel's");
	entry_add(&e, XMLTV_CREDITS, 1, NULL);
	entry_add(&e, XMLTV_TITLE, 2, "in credits");
	entry_add(&e, XMLTV_TITLE, 1, "T");
	entry_add(&e, XMLTV_PERSON_URL, 1, "u");
	ck_written(&e, "<title>T</title>\n");
	xmltv_entry_release(&e);
}
END_TEST

START_TEST(drops_a_node_with_all_below_it)
{
	struct xmltv_entry e;

	entry_begin(&e, XMLTV_PROGRAMME, "");
	entry_add(&e, XMLTV_TITLE, 1, "T");
	entry_add(&e, XMLTV_CREDITS, 1, NULL);
	entry_add(&e, XMLTV_ACTOR, 2, "A");
	entry_add(&e, XMLTV_PERSON_URL, 3, "u");
	entry_add(&e, XMLTV_GUEST, 2, "G");
	entry_add(&e, XMLTV_NEW, 1, NULL);
	xmltv_drop(&e, 2);
	ck_written(&e, "<title>T</title>\n<credits>\n<guest>G</guest>\n</credits>\n<new/>\n");
	xmltv_drop(&e, 1);
	ck_written(&e, "<title>T</title>\n<new/>\n");
	xmltv_drop(&e, 1);
	xmltv_drop(&e, 0);
	ck_assert_uint_eq(e.count, 0);
	xmltv_entry_release(&e);
}
END_TEST

START_TEST(texts_beyond_the_limit_are_absent)
{
	struct xmltv_span span;
	struct xmltv_entry e;

	xmltv_entry_init(&e, 10);
	xmltv_entry_clear(&e, XMLTV_CHANNEL);
	span = xmltv_keep(&e, "", 0);
	ck_assert_uint_ne(span.at, 0);
	span = xmltv_keep(&e, "12345678", 8);
	ck_assert_uint_eq(span.len, 8);
	ck_assert_mem_eq(xmltv_text(&e, span), "12345678", 8);
	span = xmltv_keep(&e, "90", 2);
	ck_assert_uint_eq(span.at, 0);
	ck_assert_int_lt(buf_status(&e.text), 0);
	xmltv_entry_clear(&e, XMLTV_CHANNEL);
	ck_assert_int_eq(buf_status(&e.text), 0);
	xmltv_entry_release(&e);
}
END_TEST

START_TEST(tidies_at_every_length)
{
	/* Something at each place of texts around the width that is looked at together. */
	static const struct {
		const char *in, *out;
	} odd[] = { { "  ", " " }, { "\n", " " }, { "\x01", "" }, { "\xc2\x85", "" },
		{ "\x7f", "" }, { "\xc2\xa0", "\xc2\xa0" }, { " ", " " }, { "\t \n", " " },
		{ "\xe2\x82\xac", "\xe2\x82\xac" } };

	for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
		for (size_t before = 1; before < 40; before++) {
			for (size_t after = 1; after < 40; after += 3) {
				char in[100], out[100];
				size_t len;

				snprintf(in, sizeof(in), "%.*s%s%.*s", (int)before,
				    "0123456789012345678901234567890123456789", odd[i].in,
				    (int)after, "abcdefghijklmnopqrstuvwxyzabcdefghijklmnop");
				snprintf(out, sizeof(out), "%.*s%s%.*s", (int)before,
				    "0123456789012345678901234567890123456789", odd[i].out,
				    (int)after, "abcdefghijklmnopqrstuvwxyzabcdefghijklmnop");
				len = xmltv_tidy(in, strlen(in));
				ck_assert_uint_eq(len, strlen(out));
				ck_assert_mem_eq(in, out, len);
			}
		}
	}
}
END_TEST

/* -- the DTD ---------------------------------------------------------------------- */

static xmlDtdPtr
load_dtd(void)
{
	xmlParserInputBufferPtr input;
	char *text;
	size_t len;

	ck_assert_int_eq(file_load("tests/data/xmltv.dtd", 1u << 20, &text, &len, NULL), 0);
	input = xmlParserInputBufferCreateMem(text, (int)len, XML_CHAR_ENCODING_NONE);
	free(text);
	return xmlIOParseDTD(NULL, input, XML_CHAR_ENCODING_NONE);
}

START_TEST(what_is_written_is_valid)
{
	struct buf in = BUF_INIT(1u << 20), out = BUF_INIT(1u << 20);
	xmlDtdPtr dtd = load_dtd();
	struct entries all;
	xmlValidCtxtPtr valid = xmlNewValidCtxt();
	xmlDocPtr doc;

	ck_assert_ptr_nonnull(dtd);
	entries_init(&all);
	all.as_xml = 1;
	buf_str(&in, "<tv>" CHANNEL_TAG);
	add_all(&in, channel, ARRAY_LEN(channel));
	buf_str(&in, "</channel>\n<channel id='x'/>" PROGRAMME_TAG);
	add_all(&in, programme, ARRAY_LEN(programme));
	buf_str(&in, "</programme>");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		buf_printf(&in, "<programme start='2024' channel='c'>%s</programme>", rows[i].in);
	buf_str(&in, "</tv>");
	ck_assert_int_eq(entries_read(&all, in.data, in.len, in.len), 0);
	ck_assert_uint_eq(all.counts.kept, 1 + ARRAY_LEN(rows));
	buf_printf(&out, "<tv>\n%s</tv>\n", all.text.data);
	doc = xmlReadMemory(out.data, (int)out.len, NULL, NULL, XML_PARSE_NONET);
	ck_assert_ptr_nonnull(doc);
	ck_assert_msg(xmlValidateDtd(valid, doc, dtd) == 1, "%s", out.data);
	xmlFreeDoc(doc);
	xmlFreeDtd(dtd);
	xmlFreeValidCtxt(valid);
	entries_release(&all);
	buf_release(&in);
	buf_release(&out);
}
END_TEST

UNIT_MAIN("xmltv", UNIT_TEST(every_element_comes_back_in_the_dtds_order),
    UNIT_TEST(the_table_has_what_the_dtd_has),
    UNIT_ROWS(writes_what_is_valid_and_says_something, ARRAY_LEN(rows)),
    UNIT_TEST(a_channel_without_a_name_is_called_by_its_id),
    UNIT_TEST(what_must_not_be_written_is_not), UNIT_TEST(nodes_at_odd_places_are_left_out),
    UNIT_TEST(drops_a_node_with_all_below_it), UNIT_TEST(texts_beyond_the_limit_are_absent),
    UNIT_TEST(tidies_at_every_length), UNIT_TEST(what_is_written_is_valid))
