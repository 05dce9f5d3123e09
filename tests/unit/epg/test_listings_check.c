#include <stdio.h>
#include <string.h>

#include "epg/listings_format.h"
#include "unit.h"

/* Whether the text is a sound record, and nothing else. */
static _Bool
is_sound(const char *text)
{
	const char *end = text + strlen(text) + 1;

	return listings_check_record(text, end) == end;
}

static const struct {
	const char *text;
	_Bool sound;
} records[] = {
	{ "p<title>a</title>\n", 1 },
	{ "p<title></title>\n", 1 },
	{ "p<title/>\n", 1 },
	{ "p<title lang=\"de\">\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80</title>\n", 1 },
	{ "p<title>&amp;&lt;&gt;&quot;&apos; ' \"</title>\n<new/>\n", 1 },
	{ "p clumpidx=\"0/1\" showview=\"&quot;\"<title>a</title>\n", 1 },
	{ "p<credits>\n<actor role=\"x\">A<image type=\"person\">u</image></actor>\n</credits>\n",
	    1 },
	{ "", 0 },
	{ "p", 0 },
	{ "x<icon/>\n", 1 },
	{ "x", 1 },
	{ "x<display-name>a\nb</display-name>\n", 0 },
	{ "x<display-name>\n<icon/></display-name>\n", 0 },
	{ "x\n", 0 },
	{ "xtext", 0 },
	{ "ia<b & \xc3\xa4\">", 1 },
	{ "i", 0 },
	{ "ia\n", 0 },
	{ "i\xff", 0 },
	{ "q<title>a</title>\n", 0 },
	{ "p\n", 0 },
	{ "p<title>a</title>", 0 },
	{ "p<title>a</title> \n", 0 },
	{ "p<title>a</title>\n\n", 0 },
	{ "ptext\n", 0 },
	{ "p<title>a</title>\ntext\n", 0 },
	{ "p<title>a\n", 0 },
	{ "p<title>a</desc>\n", 0 },
	{ "p</title>\n", 0 },
	{ "p<title>a</title></title>\n", 0 },
	{ "p<title><b><i><u>a</u></i></b></title>\n", 0 },
	{ "p</programme><programme>\n", 0 },
	{ "p<programme>a</programme>\n", 0 },
	{ "p<credits>\n<channel/>\n</credits>\n", 0 },
	{ "p<tv/>\n", 0 },
	{ "p<!-- -->\n", 0 },
	{ "p<?php ?>\n", 0 },
	{ "p<![CDATA[a]]>\n", 0 },
	{ "p<title><![CDATA[a]]></title>\n", 0 },
	{ "p<title>]]></title>\n", 0 },
	{ "p<title>a & b</title>\n", 0 },
	{ "p<title>&nbsp;</title>\n", 0 },
	{ "p<title>&#0;</title>\n", 0 },
	{ "p<title>&am</title>\n", 0 },
	{ "p<title>\xff</title>\n", 0 },
	{ "p<title>\xc3</title>\n", 0 },
	{ "p<title>\xed\xa0\x80</title>\n", 0 },
	{ "p<title>\xef\xbf\xbe</title>\n", 0 },
	{ "p<title>\t</title>\n", 0 },
	{ "p<title>\x01</title>\n", 0 },
	{ "p<title>a</title>\r\n", 0 },
	{ "p<Title>a</Title>\n", 0 },
	{ "p<-title>a</-title>\n", 0 },
	{ "p<title >a</title>\n", 0 },
	{ "p<title lang=de>a</title>\n", 0 },
	{ "p<title lang='de'>a</title>\n", 0 },
	{ "p<title lang=\"d\ne\">a</title>\n", 0 },
	{ "p<title lang=\"<\">a</title>\n", 0 },
	{ "p<title lang=\"de>a</title>\n", 0 },
	{ "p<title lang=\"a\" lang=\"b\">a</title>\n", 0 },
	{ "p<title lang=\"a\"id=\"b\">a</title>\n", 0 },
	{ "p<i a=\"\" b=\"\" c=\"\" d=\"\" e=\"\" f=\"\"/>\n", 0 },
	{ "p<title", 0 },
	{ "p<title/", 0 },
	{ "p<", 0 },
	{ "p start=\"1\"<title>a</title>\n", 0 },
	{ "p channel=\"1\"<title>a</title>\n", 0 },
	{ "p ><title>a</title>\n", 0 },
	{ "p/><title>a</title>\n", 0 },
	{ "p clumpidx=\"0/1\"", 0 },
};

START_TEST(only_what_leaves_a_guide_well_formed_is_sound)
{
	const char *text = records[_i].text;

	ck_assert_msg(is_sound(text) == records[_i].sound, "%s", text);
}
END_TEST

/* Longer than what is looked at at once, with each byte at each place of it. */
START_TEST(long_texts_are_looked_at_everywhere)
{
	for (unsigned value = 1; value < 256; value++) {
		_Bool sound = value >= 0x20 && value < 0x80 && strchr("<>&", (int)value) == NULL;
		char text[80] = "p<desc>";

		for (size_t at = 7; at < 60; at++) {
			(void)snprintf(text + 7, sizeof(text) - 7, "%053d</desc>\n", 0);
			text[at] = (char)value;
			/* A newline stands between elements. */
			ck_assert_msg(is_sound(text) == (sound || value == '\n'), "%u at %zu",
			    value, at);
		}
	}
}
END_TEST

UNIT_MAIN("listings_check",
    UNIT_ROWS(only_what_leaves_a_guide_well_formed_is_sound, ARRAY_LEN(records)),
    UNIT_TEST(long_texts_are_looked_at_everywhere))
