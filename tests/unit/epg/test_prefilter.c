#include "epg/prefilter.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "unit.h"

#define SHOWN_MAX (64u << 20)

/* What comes out, a line each: "2P<programme ...>", "2C<channel ...>", "2! a note". */
struct seen {
	struct buf out;
	const char *unwanted; /* programmes of this channel are not wanted; NULL: all are */
	int stop;             /* what the first entry returns */
};

static _Bool
is_wanted(void *arg, const char *id, size_t len)
{
	const struct seen *s = arg;

	return s->unwanted == NULL || strlen(s->unwanted) != len ||
	    memcmp(id, s->unwanted, len) != 0;
}

static int
show_entry(void *arg, enum prefilter_kind kind, const char *text, size_t len, uint32_t line,
    struct err *err)
{
	struct seen *s = arg;

	buf_printf(&s->out, "%u%c", line, kind == PREFILTER_CHANNEL ? 'C' : 'P');
	buf_add(&s->out, text, len);
	buf_char(&s->out, '\n');
	return s->stop < 0 ? err_set(err, -s->stop, "stopped") : 0;
}

static void
show_note(void *arg, uint32_t line, const char *text)
{
	struct seen *s = arg;

	buf_printf(&s->out, "%u! %s\n", line, text);
}

static const struct prefilter_events events = { is_wanted, NULL, show_entry, show_note };

/* How it is cut: after `first` bytes, then every `step`. */
struct cut {
	size_t first, step;
};

/* At the end of what is seen: the counts, and the error. */
static int
read_text(const struct prefilter_limits *limits, const char *text, size_t len, struct cut cut,
    struct seen *s)
{
	struct prefilter *p = prefilter_new(limits, &events, s);
	const struct prefilter_counts *c = prefilter_counts(p);
	struct err err = ERR_INIT;
	int rc = 0;

	ck_assert_ptr_nonnull(p);
	for (size_t at = 0, n = cut.first; rc == 0 && at < len; at += n, n = cut.step) {
		/* Exactly as large as the piece, so that a read past its end is seen. */
		size_t size = len - at < n ? len - at : n;
		char *piece = malloc(size == 0 ? 1 : size);

		ck_assert_ptr_nonnull(piece);
		memcpy(piece, text + at, size);
		rc = prefilter_feed(p, piece, size, &err);
		free(piece);
	}
	if (rc == 0)
		rc = prefilter_finish(p, &err);
	if (rc == 0)
		ck_assert_uint_eq(c->bytes, len);
	buf_printf(&s->out, "= %u channels, %u programmes", (unsigned)c->channels,
	    (unsigned)c->programmes);
	if (c->mended > 0)
		buf_printf(&s->out, ", %u mended", (unsigned)c->mended);
	if (c->broken > 0)
		buf_printf(&s->out, ", %u broken", (unsigned)c->broken);
	buf_str(&s->out, c->whole ? "\n" : ", cut\n");
	if (rc < 0)
		buf_printf(&s->out, "%s\n", err.text);
	prefilter_free(p);
	return rc;
}

static int
read_whole(const char *text, size_t len, struct seen *s)
{
	return read_text(&prefilter_limits_default, text, len, (struct cut){ len, 1 }, s);
}

static void
check_cut(const struct prefilter_limits *limits, const char *text, size_t len, struct cut cut,
    const char *unwanted, const char *want)
{
	struct seen s = { BUF_INIT(SHOWN_MAX), unwanted, 0 };

	(void)read_text(limits, text, len, cut, &s);
	if (strcmp(s.out.data, want) != 0)
		ck_abort_msg("cut at %zu, then every %zu: got\n%s\ninstead of\n%s", cut.first,
		    cut.step, s.out.data, want);
	buf_release(&s.out);
}

/* The same whole, byte by byte, and cut once anywhere. */
static void
check_cuts(const struct prefilter_limits *limits, const char *text, size_t len,
    const char *unwanted, const char *want)
{
	check_cut(limits, text, len, (struct cut){ len, 1 }, unwanted, want);
	check_cut(limits, text, len, (struct cut){ 1, 1 }, unwanted, want);
	check_cut(limits, text, len, (struct cut){ 3, 7 }, unwanted, want);
	for (size_t at = 1; at < len; at++)
		check_cut(limits, text, len, (struct cut){ at, len }, unwanted, want);
}

/* -- entries: what stands within <tv> ------------------------------------------------ */

#define P "<programme channel=\"a\">"
#define Q "<programme channel='a'>" /* for between double quotes */
#define E "</programme>"

struct row {
	const char *label, *text, *want;
};

static const struct row entries[] = {
	{ "nothing", "", "= 0 channels, 0 programmes\n" },
	{ "a channel and a programme",
	    "\n<channel id=\"a\"><display-name>A</display-name></channel>\n" P "<title>T</title>" E,
	    "2C<channel id=\"a\"><display-name>A</display-name></channel>\n3P" P
	    "<title>T</title>" E "\n= 1 channels, 1 programmes\n" },
	{ "entries that are their own end", "<channel id=\"a\"/><programme channel=\"a\" />",
	    "1C<channel id=\"a\"/>\n1P<programme channel=\"a\" />\n= 1 channels, 1 programmes\n" },
	{ "lines", "\n\n" P "\n\n" E "\n" P "\r\n" E,
	    "3P" P "\n\n" E "\n6P" P "\r\n" E "\n= 0 channels, 2 programmes\n" },
	{ "blanks in tags", "<programme\n\tstart='1'\r\nchannel\n=\n'a'\n>x</programme\n>",
	    "1P<programme\n\tstart='1'\r\nchannel\n=\n'a'\n>x</programme\n>\n"
	    "= 0 channels, 1 programmes\n" },
	{ "what is not wanted",
	    "<programme channel=\"no\"><title>T</title>" E P E "<programme channel='no'/>",
	    "1P" P E "\n= 0 channels, 3 programmes\n" },
	{ "an id with blanks around it", "<programme channel=\" \tno\n \">" E P E,
	    "2P" P E "\n= 0 channels, 2 programmes\n" },
	{ "an id with references", "<programme channel=\"&#110;&#x6F;\">" E P E,
	    "1P" P E "\n= 0 channels, 2 programmes\n" },
	{ "no channel", "\n<programme start=\"1\">x" E P E,
	    "2! a programme without a channel\n2P" P E "\n= 0 channels, 2 programmes, 1 broken\n" },
	{ "an empty channel", "<programme channel=\"  \"/>" P E,
	    "1! a programme without a channel\n1P" P E "\n= 0 channels, 2 programmes, 1 broken\n" },
	{ "other names of an attribute",
	    "<programme my-channel=\"no\" channel=\"a\" xchannel=\"no\">x" E,
	    "1P<programme my-channel=\"no\" channel=\"a\" xchannel=\"no\">x" E
	    "\n= 0 channels, 1 programmes\n" },
	{ "the attribute's name in a value", "<programme start=\" channel='no' \" channel=\"a\">" E,
	    "1P<programme start=\" channel='no' \" channel=\"a\">" E
	    "\n= 0 channels, 1 programmes\n" },

	{ "names that only begin so",
	    "<programmes channel=\"a\">" P E "</programmes><channels/><tvs/>",
	    "1P" P E "\n= 0 channels, 1 programmes\n" },
	{ "a name with a prefix", "<x:programme channel=\"a\">x</x:programme>" P E,
	    "1P" P E "\n= 0 channels, 1 programmes\n" },
	{ "names that go on", "<programme.x channel=\"a\"/><programme-x/><programme\xc3\xa9/>" P E,
	    "1P" P E "\n= 0 channels, 1 programmes\n" },
	{ "other cases", "<PROGRAMME channel=\"a\"></PROGRAMME><Programme/>" P E,
	    "1P" P E "\n= 0 channels, 1 programmes\n" },
	{ "elements that hold entries", "<all lang=\"x\">" P E "</all>" P E,
	    "1P" P E "\n1P" P E "\n= 0 channels, 2 programmes\n" },
	{ "an end in another's name", P "</programmes></x:programme></programm>x" E,
	    "1P" P "</programmes></x:programme></programm>x" E "\n= 0 channels, 1 programmes\n" },

	{ "comments", "<!-- " P " -->" P "<!-- " E " --><t>x<!-- > --></t>" E,
	    "1P" P "<t>x</t>" E "\n= 0 channels, 1 programmes\n" },
	{ "comments that look like more", "<!--->" P "--><!---->" P "<!-- - -- ---->" E,
	    "1P" P E "\n= 0 channels, 1 programmes\n" },
	{ "comments in what is skipped", "<programme channel=\"no\"><!-- " E P " -->" E P E,
	    "1P" P E "\n= 0 channels, 2 programmes\n" },
	{ "CDATA", P "<d><![CDATA[a & b < c > d &amp; " E P "]]></d>" E,
	    "1P" P
	    "<d>a &amp; b &lt; c > d &amp;amp; &lt;/programme>&lt;programme channel=\"a\"></d>" E
	    "\n= 0 channels, 1 programmes\n" },
	{ "CDATA that looks like more", P "<![CDATA[]]]]><![CDATA[>]]><![CDATA[]]>" E,
	    "1P" P "]]&gt;" E "\n= 0 channels, 1 programmes\n" },
	{ "CDATA in what is skipped", "<programme channel=\"no\"><![CDATA[" E P "]]>" E P E,
	    "1P" P E "\n= 0 channels, 2 programmes\n" },
	{ "CDATA outside", "<![CDATA[" P E "]]>" P E, "1P" P E "\n= 0 channels, 1 programmes\n" },
	{ "instructions", "<?x " P " ?>" P "<?y a=\"" E "\" ?>x" E,
	    "1P" P "x" E "\n= 0 channels, 1 programmes\n" },
	{ "instructions in what is skipped",
	    "<programme channel=\"no\"><?xml-stylesheet " E P "?>" E P E,
	    "1P" P E "\n= 0 channels, 2 programmes\n" },
	{ "values", P "<t x=\"" E "\" y='" P "'>x</t>" E,
	    "1P" P "<t x=\"&lt;/programme>\" y='&lt;programme channel=\"a\">'>x</t>" E
	    "\n= 0 channels, 1 programmes, 1 mended\n" },
	{ "values in what is skipped",
	    "<programme channel=\"no\"><t x=\"> " E Q "\" y = '> " E P "'>x</t>" E P E,
	    "1P" P E "\n= 0 channels, 2 programmes\n" },
	{ "values outside", "<t x=\"" Q "\" y='" P "' z='<!--'/>" P E,
	    "1P" P E "\n= 0 channels, 1 programmes\n" },
	{ "> in values", "<programme x='>' channel=\"a\"><t x=\"/>\">></t>" E,
	    "1P<programme x='>' channel=\"a\"><t x=\"/>\">></t>" E
	    "\n= 0 channels, 1 programmes\n" },
	{ "the other quote in a value", P "<t x=\"it's\" y='\"'>it's \"x\"</t>" E,
	    "1P" P "<t x=\"it's\" y='\"'>it's \"x\"</t>" E "\n= 0 channels, 1 programmes\n" },
	{ "quotes in text", P "a=\"<t>x='</t>" E P E,
	    "1P" P "a=\"<t>x='</t>" E "\n1P" P E "\n= 0 channels, 2 programmes\n" },
	{ "quotes in text that is skipped", "<programme channel=\"no\">a=\"<t>x='</t>" E P E,
	    "1P" P E "\n= 0 channels, 2 programmes\n" },

	{ "bare &", P "AT&T & R&D; &" E,
	    "1P" P "AT&amp;T &amp; R&amp;D; &amp;" E "\n= 0 channels, 1 programmes, 1 mended\n" },
	{ "bare & in a value", P "<i src=\"http://h/?a=1&b=2&amp;c\"/>" E,
	    "1P" P "<i src=\"http://h/?a=1&amp;b=2&amp;c\"/>" E
	    "\n= 0 channels, 1 programmes, 1 mended\n" },
	{ "XML's own references", P "&amp;&lt;&gt;&quot;&apos;&#65;&#x1F600;&#0009;" E,
	    "1P" P "&amp;&lt;&gt;&quot;&apos;&#65;&#x1F600;&#0009;" E
	    "\n= 0 channels, 1 programmes\n" },
	{ "references that are none", P "&; &#; &#x; &#xg; &#6 5; &am p; &AMP &nosuch; &#X41;" E,
	    "1P" P "&amp;; &amp;#; &amp;#x; &amp;#xg; &amp;#6 5; &amp;am p; &amp;AMP &amp;nosuch; "
	    "&amp;#X41;" E "\n= 0 channels, 1 programmes, 1 mended\n" },
	{ "references to what XML forbids", P "a&#0;b&#x1f;c&#xD800;d&#xFFFF;e&#99999999999;f" E,
	    "1P" P "abcdef" E "\n= 0 channels, 1 programmes, 1 mended\n" },
	{ "HTML's entities", P "<t x=\"&eacute;&quot;\">&nbsp;&eacute;&Zcaron;&AMP;&lsqb;</t>" E,
	    "1P" P "<t x=\"\xc3\xa9&quot;\">\xc2\xa0\xc3\xa9\xc5\xbd&#38;&#91;</t>" E
	    "\n= 0 channels, 1 programmes, 1 mended\n" },
	{ "stray <", P "1 < 2 <3 <= <> </ > <- <b c" E,
	    "1P" P "1 &lt; 2 &lt;3 &lt;= &lt;> &lt;/ > &lt;- &lt;b c" E
	    "\n= 0 channels, 1 programmes, 1 mended\n" },
	{ "stray < that almost opens", P "<!- <![CDAT[ <!x> <?> <? x?>" E,
	    "1P" P "&lt;!- &lt;![CDAT[ &lt;!x> &lt;?> &lt;? x?>" E
	    "\n= 0 channels, 1 programmes, 1 mended\n" },
	{ "stray < in what is skipped", "<programme channel=\"no\">1 < 2 <3 <b c <" E P E,
	    "1P" P E "\n= 0 channels, 2 programmes\n" },
	{ "stray < outside", "1 < 2 <3 <b c <" P E, "1P" P E "\n= 0 channels, 1 programmes\n" },
	{ "an end tag that does not end", P "</t </b>x" E,
	    "1P" P "&lt;/t </b>x" E "\n= 0 channels, 1 programmes, 1 mended\n" },
	{ "]]> in text", P "a]]>b ]] > ]>" E,
	    "1P" P "a]]&gt;b ]] > ]>" E "\n= 0 channels, 1 programmes, 1 mended\n" },
	{ "]]> in a value", P "<t x=\"a]]>\">]]</t>" E,
	    "1P" P "<t x=\"a]]>\">]]</t>" E "\n= 0 channels, 1 programmes\n" },
	{ "control characters",
	    P "a\x01"
	      "b\x0b\x1f\t\x7f" E,
	    "1P" P "ab\t\x7f" E "\n= 0 channels, 1 programmes, 1 mended\n" },
	{ "control characters in tags", P "<t\x0bx=\x01\"a\x02\"\x03>x</t\x04>" E,
	    "1P" P "<t x= \"a\" >x</t >" E "\n= 0 channels, 1 programmes, 1 mended\n" },
	{ "UTF-8", P "\xc3\xa9 \xd0\x96\xe2\x82\xac\xf0\x9f\x98\x80\xed\x9f\xbf\xee\x80\x80" E,
	    "1P" P "\xc3\xa9 \xd0\x96\xe2\x82\xac\xf0\x9f\x98\x80\xed\x9f\xbf\xee\x80\x80" E
	    "\n= 0 channels, 1 programmes\n" },
	{ "bytes that are no UTF-8", P "caf\xe9 \x80 \x93x\x94 \x81|\xc3 \xe2\x82 \xff" E,
	    "1P" P "caf\xc3\xa9 \xe2\x82\xac \xe2\x80\x9cx\xe2\x80\x9d |\xc3\x83 "
	    "\xc3\xa2\xe2\x80\x9a \xc3\xbf" E "\n= 0 channels, 1 programmes, 1 mended\n" },
	{ "overlong forms and surrogates", P "\xc0\xaf|\xed\xa0\x80|\xf4\x90\x80\x80" E,
	    "1P" P
	    "\xc3\x80\xc2\xaf|\xc3\xad\xc2\xa0\xe2\x82\xac|\xc3\xb4\xe2\x82\xac\xe2\x82\xac" E
	    "\n= 0 channels, 1 programmes, 1 mended\n" },
	{ "characters that XML forbids", P "a\xef\xbf\xbe\xef\xbf\xbf\xef\xbf\xbd" E,
	    "1P" P "a\xef\xbf\xbd" E "\n= 0 channels, 1 programmes, 1 mended\n" },
	{ "bytes that are no UTF-8 in a name", P "<\xe9 \x81=\"\x81\"/>" E,
	    "1P" P "<\xc3\xa9 _=\"\"/>" E "\n= 0 channels, 1 programmes, 1 mended\n" },
	{ "an id that is no UTF-8", "<programme channel=\"\xe9\">" E,
	    "1P<programme channel=\"\xc3\xa9\">" E "\n= 0 channels, 1 programmes, 1 mended\n" },
	{ "a channel to mend", "<channel id=\"a&b\"><display-name>A&B</display-name></channel>",
	    "1C<channel id=\"a&amp;b\"><display-name>A&amp;B</display-name></channel>\n"
	    "= 1 channels, 0 programmes, 1 mended\n" },

	{ "a programme without its end", P "<t>x</t>\n" P E,
	    "1P" P "<t>x</t>\n" E "\n2P" P E "\n= 0 channels, 2 programmes, 1 mended\n" },
	{ "a skipped one without its end", "<programme channel=\"no\"><t>x</t>" P E,
	    "1P" P E "\n= 0 channels, 2 programmes\n" },
	{ "the last one without its end", P "x",
	    "1P" P "x" E "\n= 0 channels, 1 programmes, 1 mended\n" },
	{ "a channel without its end", "<channel id=\"a\">x<channel id=\"b\">y" P E,
	    "1C<channel id=\"a\">x</channel>\n1C<channel id=\"b\">y</channel>\n1P" P E
	    "\n= 2 channels, 1 programmes, 2 mended\n" },
	{ "a channel in a programme", P "<channel>x</channel>" E,
	    "1P" P "<channel>x</channel>" E "\n= 0 channels, 1 programmes\n" },
	{ "ends that nothing began", E "</channel></x>" P E E,
	    "1P" P E "\n= 0 channels, 1 programmes\n" },
	{ "a start tag that does not end", "\n<programme channel=\"a\"\n<title>x</title>" E P E,
	    "2! a programme whose tag does not end\n3P" P E
	    "\n= 0 channels, 1 programmes, 1 broken\n" },
	{ "a channel's tag that does not end", "<channel id=\"a\" <x/></channel>" P E,
	    "1! a channel whose tag does not end\n1P" P E
	    "\n= 0 channels, 1 programmes, 1 broken\n" },
	{ "a value that does not end", P "<i src=\"a></i>\n<t lang=\"b\">x</t>" E P E,
	    "1P" P "<i src=\"a>&lt;/i>\n&lt;t lang=\"b\">x</t>" E "\n2P" P E
	    "\n= 0 channels, 2 programmes, 1 mended\n" },
	{ "text between entries", "x & < > \x01 ]]> \"'" P E "y",
	    "1P" P E "\n= 0 channels, 1 programmes\n" },
};

START_TEST(entries_are_cut_out_and_mended)
{
	struct buf text = BUF_INIT(1u << 20);

	/* Wherever they lie in the blocks that are looked at together. */
	for (size_t pad = 0; pad < 70; pad += pad == 0 ? 13 : 19) {
		buf_clear(&text);
		buf_printf(&text, "<tv>%*s", (int)pad, "");
		buf_str(&text, entries[_i].text);
		buf_str(&text, "</tv>");
		check_cuts(&prefilter_limits_default, text.data, text.len, "no", entries[_i].want);
	}
	buf_release(&text);
}
END_TEST

static const char *const bad[] = { "\xc3", "\xe2\x82", "\xe2", "\x82", "\xef\xbf\xbe",
	"\xed\xa0\x80", "\xf0\x9f\x98", "\x01", "&x", "]]>", "<b c=\"<\">", "<" };

/* At each place of the blocks that are looked at together, before and behind good ones. */
START_TEST(a_bad_character_is_found_wherever_it_stands)
{
	static const char *const good[] = { "a", "\xd0\x96", "\xe2\x82\xac", "\xe0\xb8\x81",
		"\xf0\x9f\x98\x80", "<b c=\"\xe2\x82\xac\">" };

	for (size_t i = 0; i < ARRAY_LEN(good) * 140; i++) {
		struct buf text = BUF_INIT(4096);
		struct seen s = { BUF_INIT(SHOWN_MAX), NULL, 0 };
		size_t before = i / ARRAY_LEN(good);

		buf_str(&text, "<tv>" P);
		for (size_t n = 0; n < 140; n++)
			buf_str(&text, n == before ? bad[_i] : good[i % ARRAY_LEN(good)]);
		buf_str(&text, E "</tv>");
		(void)read_whole(text.data, text.len, &s);
		ck_assert_msg(strstr(s.out.data, ", 1 mended") != NULL, "%s behind %zu", bad[_i],
		    before);
		buf_release(&text);
		buf_release(&s.out);
	}
}
END_TEST

/* All rows behind each other, again and again. */
static void
add_all_entries(struct buf *out, int times)
{
	while (times-- > 0) {
		for (size_t i = 0; i < ARRAY_LEN(entries); i++) {
			buf_str(out, entries[i].text);
			buf_printf(out, "%*s", times, "");
		}
	}
}

START_TEST(a_long_text_gives_the_same_however_it_is_cut)
{
	static const size_t steps[] = { 1, 2, 61, 64, 67, 509, 4096, 65536 };
	struct buf text = BUF_INIT(4u << 20);
	struct seen whole = { BUF_INIT(SHOWN_MAX), "no", 0 };

	buf_str(&text, "<tv>");
	add_all_entries(&text, 40);
	buf_str(&text, "</tv>");
	ck_assert_int_eq(buf_status(&text), 0);
	(void)read_whole(text.data, text.len, &whole);
	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		check_cut(&prefilter_limits_default, text.data, text.len,
		    (struct cut){ steps[i], steps[i] }, "no", whole.out.data);
	buf_release(&whole.out);
	buf_release(&text);
}
END_TEST

START_TEST(what_was_mended_needs_no_mending)
{
	struct buf text = BUF_INIT(4u << 20), again = BUF_INIT(4u << 20);
	struct seen first = { BUF_INIT(SHOWN_MAX), NULL, 0 };
	struct seen second = { BUF_INIT(SHOWN_MAX), NULL, 0 };
	const char *line;

	buf_str(&text, "<tv>");
	add_all_entries(&text, 1);
	(void)read_whole(text.data, text.len, &first);
	/* What stands before the entries of a line makes it text between them. */
	buf_str(&again, "<tv>");
	buf_add(&again, first.out.data, (size_t)(strrchr(first.out.data, '=') - first.out.data));
	(void)read_whole(again.data, again.len, &second);
	line = strrchr(second.out.data, '=');
	ck_assert_ptr_null(strstr(line, "mended"));
	ck_assert_ptr_null(strstr(line, "broken"));
	buf_release(&text);
	buf_release(&again);
	buf_release(&first.out);
	buf_release(&second.out);
}
END_TEST

/* -- documents ----------------------------------------------------------------------- */

#define TV(inner)   "<tv>" inner "</tv>"
#define ONE         "1P" P E "\n= 0 channels, 1 programmes\n"
#define CUT         "1P" P E "\n= 0 channels, 1 programmes, cut\n"
#define DTD(subset) "<!DOCTYPE tv [" subset "]>"

static const struct row documents[] = {
	{ "a declaration and a type",
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><!DOCTYPE tv SYSTEM \"xmltv.dtd\">" TV(P E),
	    ONE },
	{ "attributes of the root",
	    "<tv date=\"1\" generator-info-name='<programme channel=\"a\">'>" P E "</tv>", ONE },
	{ "an empty root", "<tv/>", "= 0 channels, 0 programmes\n" },
	{ "blanks before it", "  \t<?xml version=\"1.0\"?> " TV(P E), ONE },
	{ "junk before it",
	    "<br />\xff<b>Notice</b>: x = \" & 1 < 2 in <b>/a.php</b> <!-- <tv> --><?x <tv> ?>" TV(
		P E),
	    ONE },
	{ "a byte order mark", "\xef\xbb\xbf" TV(P E), ONE },
	{ "entries before it", P E "<channel id=\"x\"/>" TV(P E), ONE },
	{ "blanks and comments behind it", TV(P E) " \r<!-- 3 s --><?x y?>\t", ONE },
	{ "text behind it", TV(P E) " x", ONE },
	{ "a stray < behind it", TV(P E) "<", ONE },
	{ "a tag behind it", TV(P E) "<br/>", ONE },
	{ "CDATA behind it", TV(P E) "<![CDATA[]]>", ONE },
	{ "a comment that is cut behind it", TV(P E) "<!-- ", ONE },
	{ "no end", "<tv>" P E, CUT },
	{ "an entry behind it", TV("") P E, CUT },
	{ "a second document",
	    "<?xml version=\"1.0\"?>" TV(P E) "<?xml version=\"1.0\"?><!DOCTYPE tv>\n" TV(P E),
	    "1P" P E "\n2P" P E "\n= 0 channels, 2 programmes\n" },
	{ "a second document without a declaration", TV(P E) TV(P E),
	    "1P" P E "\n1P" P E "\n= 0 channels, 2 programmes\n" },
	{ "a second document of which only the declaration came", TV(P E) "<?xml version=\"1.0\"?>",
	    CUT },
	{ "a second document in an entry",
	    "<tv>" P "<t>x</t><?xml version=\"1.0\"?>" TV("<channel id=\"b\"/>"),
	    "1P" P "<t>x</t>" E "\n1C<channel id=\"b\"/>\n= 1 channels, 1 programmes, 1 mended\n" },
	{ "a second document's type in an entry",
	    "<tv>" P "x<!DOCTYPE tv>" TV("<channel id=\"b\"/>"),
	    "1P" P "x" E "\n1C<channel id=\"b\"/>\n= 1 channels, 1 programmes, 1 mended\n" },
	{ "a second document's root in an entry", "<tv>" P "x" TV("<channel id=\"b\"/>"),
	    "1P" P "x" E "\n1C<channel id=\"b\"/>\n= 1 channels, 1 programmes, 1 mended\n" },
	{ "a second document in what is skipped",
	    "<tv><programme channel=\"no\"><t>x<?xml version=\"1.0\"?>" TV(P E),
	    "1P" P E "\n= 0 channels, 2 programmes\n" },

	{ "cut in a programme", "<tv>\n" P "<t>x</t>",
	    "2! a programme in which the text ends\n= 0 channels, 1 programmes, 1 broken, cut\n" },
	{ "cut in a channel", "<tv><channel id=\"a\">",
	    "1! a channel in which the text ends\n= 1 channels, 0 programmes, 1 broken, cut\n" },
	{ "cut in a start tag", "<tv>" P E "\n<programme channel=\"a",
	    "1P" P E "\n2! a programme whose tag does not end\n"
	    "= 0 channels, 1 programmes, 1 broken, cut\n" },
	{ "cut in what is skipped", "<tv>" P E "<programme channel=\"no\"><t",
	    "1P" P E "\n= 0 channels, 2 programmes, cut\n" },
	{ "cut in a comment of an entry", "<tv>" P "<!-- " E P E,
	    "1! a programme in which the text ends\n= 0 channels, 1 programmes, 1 broken, cut\n" },
	{ "CDATA without an end", "<tv>" P "<![CDATA[x" E Q E "</tv>",
	    "1P" P "&lt;![CDATA[x" E "\n1P" Q E "\n= 0 channels, 2 programmes, 1 mended\n" },
	{ "a comment without an end in what is skipped",
	    "<tv><programme channel=\"no\"><!-- " E P E "</tv>",
	    "1P" P E "\n= 0 channels, 2 programmes\n" },
	{ "cut in a value", "<tv>" P "<t x=\"y" E Q E,
	    "1P" P "&lt;t x=\"y" E "\n1P" Q E "\n= 0 channels, 2 programmes, 1 mended, cut\n" },

	{ "its own names of characters",
	    DTD("<!ENTITY a \"&#233;\"><!ENTITY b '&#xE9;'> <!ENTITY c \"\xc3\xa9\" >"
		"<!ENTITY d '&#38;#60;'><!ENTITY e \"&#34;\"><!ENTITY nbsp \"_\"><!ENTITY f.-_ "
		"'&lt;'>") TV(P "<t x=\"&a;&e;\">&a;&b;&c;&d;&nbsp;&f.-_;</t>" E),
	    "1P" P "<t x=\"\xc3\xa9&#34;\">\xc3\xa9\xc3\xa9\xc3\xa9&#60;&#95;&#60;</t>" E
	    "\n= 0 channels, 1 programmes\n" },
	{ "its own name of a character in an id",
	    DTD("<!ENTITY n \"n\">") TV("<programme channel=\"&n;o\"/>" P E),
	    "1P" P E "\n= 0 channels, 2 programmes\n" },
	{ "a name declared twice, and one of XML's",
	    DTD("<!ENTITY a 'b'><!ENTITY a 'c'><!ENTITY lt 'c'>") TV(P "&a;&lt;" E),
	    "1P" P "&#98;&lt;" E "\n= 0 channels, 1 programmes\n" },
	{ "names of characters in a second document", TV(P E) DTD("<!ENTITY a '1'>") TV(P "&a;" E),
	    "1P" P E "\n1P" P "&#49;" E "\n= 0 channels, 2 programmes\n" },
	{ "a whole subset",
	    "<!DOCTYPE tv PUBLIC \"-//x]>\" 'y]>' [ <!-- ]> <!ENTITY x 'yz'> ' -->\n<?p ]> \"?>"
	    "<!ELEMENT tv (channel*)> <!ATTLIST tv a CDATA \"]> <programme channel='a'>\">%x; ] "
	    ">" TV(P E),
	    "2P" P E "\n= 0 channels, 1 programmes\n" },
	{ "a type without its end", "<!DOCTYPE tv [ " TV(P E),
	    "= 0 channels, 0 programmes, cut\nnot XMLTV: there is no <tv>\n" },

	{ "nothing", "", "= 0 channels, 0 programmes, cut\nnot XMLTV: there is no <tv>\n" },
	{ "text", "no guide here < & >",
	    "= 0 channels, 0 programmes, cut\nnot XMLTV: there is no <tv>\n" },
	{ "a page of the web",
	    "<!DOCTYPE html>\n<html lang=\"en\"><head><title>404</title></head></html>",
	    "= 0 channels, 0 programmes, cut\nnot XMLTV: it begins with <html>, not with <tv>\n" },
	{ "only the end of a root", "</tv>",
	    "= 0 channels, 0 programmes, cut\nnot XMLTV: there is no <tv>\n" },
	{ "a root that does not end", "<tv date=\"1",
	    "= 0 channels, 0 programmes, cut\nnot XMLTV: there is no <tv>\n" },
	{ "a root with a prefix", "<x:tv>" P E "</x:tv>",
	    "= 0 channels, 0 programmes, cut\nnot XMLTV: it begins with <x:tv>, not with <tv>\n" },

	{ "an entity of two characters", DTD("<!ENTITY a 'bc'>") TV(P E),
	    "= 0 channels, 0 programmes, cut\n"
	    "its DTD declares the entity 'a', which is no single character\n" },
	{ "an empty entity", DTD("<!ENTITY a ''>") TV(P E),
	    "= 0 channels, 0 programmes, cut\n"
	    "its DTD declares the entity 'a', which is no single character\n" },
	{ "an entity of a forbidden character", DTD("<!ENTITY a '&#0;'>") TV(P E),
	    "= 0 channels, 0 programmes, cut\n"
	    "its DTD declares the entity 'a', which is no single character\n" },
	{ "an entity of markup", DTD("<!ENTITY a '<b/>'>") TV(P E),
	    "= 0 channels, 0 programmes, cut\n"
	    "its DTD declares the entity 'a', which is no single character\n" },
	{ "an external entity", DTD("<!ENTITY a SYSTEM \"file:///etc/hostname\">") TV(P "&a;" E),
	    "= 0 channels, 0 programmes, cut\n"
	    "its DTD declares the entity 'a', which is no single character\n" },
	{ "a parameter entity", DTD("<!ENTITY % a 'b'>") TV(P E),
	    "= 0 channels, 0 programmes, cut\n"
	    "its DTD declares the entity '%', which is no single character\n" },
	{ "an external parameter entity", DTD("<!ENTITY % a SYSTEM 'http://h/x.dtd'> %a;") TV(P E),
	    "= 0 channels, 0 programmes, cut\n"
	    "its DTD declares the entity '%', which is no single character\n" },
	{ "an entity of another", DTD("<!ENTITY a 'b'><!ENTITY c '&a;&a;'>") TV(P "&c;" E),
	    "= 0 channels, 0 programmes, cut\n"
	    "its DTD declares the entity 'c', which is no single character\n" },
	{ "an entity of itself", DTD("<!ENTITY a '&a;'>") TV(P "&a;" E),
	    "= 0 channels, 0 programmes, cut\n"
	    "its DTD declares the entity 'a', which is no single character\n" },
	{ "a refused second document", TV(P E) DTD("<!ENTITY a '&a;'>") TV(P "&a;" E),
	    "1P" P E "\n= 0 channels, 1 programmes, cut\n"
	    "its DTD declares the entity 'a', which is no single character\n" },
};

START_TEST(documents_are_read_through)
{
	check_cuts(&prefilter_limits_default, documents[_i].text, strlen(documents[_i].text), "no",
	    documents[_i].want);
}
END_TEST

static void
ck_is_bomb(const struct buf *text)
{
	struct seen s = { BUF_INIT(SHOWN_MAX), NULL, 0 };

	ck_assert_int_eq(read_whole(text->data, text->len, &s), -EBADMSG);
	ck_assert_msg(strstr(s.out.data, "declares the entity 'a'") != NULL, "%s", s.out.data);
	buf_release(&s.out);
}

START_TEST(bombs_are_refused_at_the_first_entity)
{
	struct buf text = BUF_INIT(64u << 20);

	/* A billion laughs. */
	buf_str(&text, "<!DOCTYPE tv [<!ENTITY a \"ha\">");
	for (char c = 'b'; c < 'l'; c++)
		buf_printf(&text, "<!ENTITY %c \"&%c;&%c;&%c;&%c;\">", c, c - 1, c - 1, c - 1,
		    c - 1);
	buf_str(&text, "]><tv>" P "&k;" E "</tv>");
	ck_is_bomb(&text);
	/* One long value, used often. */
	buf_clear(&text);
	buf_str(&text, "<!DOCTYPE tv [<!ENTITY a \"");
	for (int i = 0; i < 10000; i++)
		buf_char(&text, 'x');
	buf_str(&text, "\">]><tv>" P);
	for (int i = 0; i < 1000000; i++)
		buf_str(&text, "&a;");
	ck_is_bomb(&text);
	buf_release(&text);
}
END_TEST

/* -- a guide as guides are ------------------------------------------------------------- */

static const char guide[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE tv SYSTEM \"xmltv.dtd\">\n"
    "<!-- made by <a> & \"it's\" -->\n<tv source-info-name=\"a > b\">\n"
    "  <channel id=\"one.example\">\n    <display-name lang='de'>Eins &amp; Z\xc3\xbcge"
    "</display-name>\n    <icon src=\"http://h/1.png?a=1&amp;b=2\" />\n  </channel>\n"
    "  <!-- <programme channel=\"off.example\"><title>x</title></programme> -->\n"
    "  <programme start=\"20240101000000 +0000\" channel=\"one.example\">\n"
    "    <title lang=\"en\">A > B</title><desc><![CDATA[<b> & </programme>]]></desc>\n"
    "    <rating system=\"</x>\"><value/></rating>\n  </programme>\n"
    "  <programme start=\"20240101010000 +0000\" channel=\"two.example\">\n"
    "    <title>&#x416;</title><!-- </programme> --><?p </programme> ?>\n  </programme>\n"
    "  <programme channel=\"one.example\" start=\"20240101020000\" stop=\"20240101030000\"/>\n"
    "</tv>\n<!-- 3 s -->\n";

START_TEST(a_text_cut_short_gives_the_first_of_the_entries)
{
	struct seen whole = { BUF_INIT(SHOWN_MAX), NULL, 0 };
	const size_t root = (size_t)(strstr(guide, "</tv>") - guide) + strlen("</tv>");
	size_t entries_len;

	(void)read_whole(guide, sizeof(guide) - 1, &whole);
	entries_len = (size_t)(strstr(whole.out.data, "\n= ") - whole.out.data) + 1;
	for (size_t len = 0; len < sizeof(guide) - 1; len++) {
		struct seen s = { BUF_INIT(SHOWN_MAX), NULL, 0 };
		size_t same = 0;

		(void)read_text(&prefilter_limits_default, guide, len, (struct cut){ 100, 100 },
		    &s);
		/* As far as it is the same, whole entries; then a note, or the end. */
		while (same < entries_len && s.out.data[same] == whole.out.data[same])
			same++;
		while (same > 0 && s.out.data[same - 1] != '\n')
			same--;
		ck_assert_msg(s.out.data[same] == '=' || strchr(s.out.data + same, '!') != NULL,
		    "%zu bytes: %s", len, s.out.data + same);
		ck_assert_msg(strstr(s.out.data + same, "P<programme") == NULL, "%zu bytes: %s",
		    len, s.out.data + same);
		/* Whole with and without what is behind the root. */
		ck_assert_msg((strstr(s.out.data, ", cut") == NULL) == (len >= root),
		    "%zu bytes: %s", len, s.out.data);
		buf_release(&s.out);
	}
	buf_release(&whole.out);
}
END_TEST

START_TEST(what_is_wanted_does_not_depend_on_what_is_not)
{
	struct seen all = { BUF_INIT(SHOWN_MAX), NULL, 0 };
	struct seen some = { BUF_INIT(SHOWN_MAX), "two.example", 0 };
	char *from, *to;

	(void)read_whole(guide, sizeof(guide) - 1, &all);
	(void)read_whole(guide, sizeof(guide) - 1, &some);
	from = strstr(all.out.data, "14P");
	to = strstr(all.out.data, "17P");
	ck_assert(from != NULL && to != NULL);
	memmove(from, to, strlen(to) + 1);
	ck_assert_str_eq(some.out.data, all.out.data);
	buf_release(&all.out);
	buf_release(&some.out);
}
END_TEST

/* -- limits ---------------------------------------------------------------------------- */

static const struct prefilter_limits low = { .prolog_max = 64,
	.tag_max = 40,
	.entry_max = 100,
	.alias_max = 2 };

#define TEN "0123456789"

static const struct row limited[] = {
	{ "an entry as long as it may be", "<tv>" P TEN TEN TEN TEN TEN TEN "01234" E "</tv>",
	    "1P" P TEN TEN TEN TEN TEN TEN "01234" E "\n= 0 channels, 1 programmes\n" },
	{ "an entry that is longer", "<tv>\n" P TEN TEN TEN TEN TEN TEN "012345" E P E "</tv>",
	    "2! a programme longer than 100 bytes\n2P" P E
	    "\n= 0 channels, 2 programmes, 1 broken\n" },
	{ "an entry that is longer and never ends",
	    "<tv>" P TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN,
	    "1! a programme longer than 100 bytes\n= 0 channels, 1 programmes, 1 broken, cut\n" },
	{ "an entry that is longer when it is mended",
	    "<tv>" P "&&&&&&&&&&&&&&&&&&&&" E P E "</tv>",
	    "1! a programme longer than 100 bytes\n1P" P E
	    "\n= 0 channels, 2 programmes, 1 broken\n" },
	{ "an entry that is longer and is not wanted",
	    "<tv><programme channel=\"no\">" TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN E P E "</tv>",
	    "1P" P E "\n= 0 channels, 2 programmes\n" },
	{ "a tag as long as it may be", "<tv>" P "<t a=\"" TEN TEN TEN "01\">" E "</tv>",
	    "1P" P "<t a=\"" TEN TEN TEN "01\">" E "\n= 0 channels, 1 programmes\n" },
	{ "a tag that is longer", "<tv>" P "<t a=\"" TEN TEN TEN "012\">" E "</tv>",
	    "1P" P "&lt;t a=\"" TEN TEN TEN "012\">" E "\n= 0 channels, 1 programmes, 1 mended\n" },
	{ "a tag that is longer with an end in it",
	    "<tv>" P "<t a=\"" E TEN TEN TEN TEN "\">" P E "</tv>",
	    "1P" P "&lt;t a=\"" E "\n1P" P E "\n= 0 channels, 2 programmes, 1 mended\n" },
	{ "an entry's tag that is longer",
	    "<tv><programme channel=\"" TEN TEN TEN "\">" E P E "</tv>",
	    "1! a programme whose tag does not end\n1P" P E
	    "\n= 0 channels, 1 programmes, 1 broken\n" },
	{ "a comment that is longer than an entry",
	    "<tv>" P "<!-- " E P "x<!-- " E TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN "-->" P E
	    "</tv>",
	    "1P" P "&lt;!-- " E "\n1P" P "x&lt;!-- " E "\n1P" P E
	    "\n= 0 channels, 3 programmes, 2 mended\n" },
	{ "a comment that is longer in what is skipped",
	    "<tv><programme channel=\"no\"><!-- " E P E TEN TEN TEN TEN TEN TEN TEN TEN TEN "-->" E
	    "</tv>",
	    "1P" P E "\n= 0 channels, 2 programmes\n" },
	{ "a comment outside may be as long as it likes",
	    "<tv><!-- " P E TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN "-->" P E "</tv>", ONE },
	{ "a root that comes late", "<!--" TEN TEN TEN TEN TEN "012345-->" TV(P E), ONE },
	{ "a root that comes too late", "<!--" TEN TEN TEN TEN TEN "0123456-->" TV(P E),
	    "= 0 channels, 0 programmes, cut\nnot XMLTV: there is no <tv>\n" },
	{ "another root, and then too late a one", "<html>" TEN TEN TEN TEN TEN TEN TV(P E),
	    "= 0 channels, 0 programmes, cut\nnot XMLTV: it begins with <html>, not with <tv>\n" },
	{ "too late a one in a comment", "<!--" TEN TEN TEN TEN TEN TEN TEN TEN,
	    "= 0 channels, 0 programmes, cut\nnot XMLTV: there is no <tv>\n" },
	{ "as many entities as there may be", DTD("<!ENTITY a '1'><!ENTITY b '2'>") TV(P E), ONE },
	{ "more entities", TV(P E) DTD("<!ENTITY a '1'><!ENTITY b '2'><!ENTITY c '3'>") TV(P E),
	    "1P" P E "\n= 0 channels, 1 programmes, cut\n"
	    "its DTD declares more than 2 entities\n" },
	{ "a later type that is too long", TV(P E) DTD(TEN TEN TEN TEN TEN TEN) TV(P E),
	    "1P" P E "\n1P" P E "\n= 0 channels, 2 programmes\n" },
};

START_TEST(limits_hold)
{
	check_cuts(&low, limited[_i].text, strlen(limited[_i].text), "no", limited[_i].want);
}
END_TEST

/* What is looked for in vain, again and again, is not looked for from the start each time. */
START_TEST(hostile_texts_take_no_time)
{
	static const char *const words[] = { "<!--", "<![CDATA[", "<?x ", "<a b=\"", "<a b='\"",
		"<", "&", "</", "<programme ", "=\"<b ", "&#0000", "]]", "'", "\xe2\x82",
		"<a b=\"'' c='<x y='\"\" z=\"", "<a='' b='", "= \"", "<a b=\"\"<pr", "<!DOCTYPE",
		"<!DOCTYPE a [<!--", "<!DOCTYPE a [<!A" };
	struct buf text = BUF_INIT(16u << 20);

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		struct seen s = { BUF_INIT(SHOWN_MAX), NULL, 0 };

		/* An entry that ends, and one that never does. */
		buf_clear(&text);
		buf_str(&text, "<tv>" P);
		while (text.len < 900u << 10)
			buf_str(&text, words[i]);
		buf_str(&text, E P);
		while (text.len < 2u << 20)
			buf_str(&text, words[i]);
		(void)read_text(&prefilter_limits_default, text.data, text.len,
		    (struct cut){ 1000, 1000 }, &s);
		buf_release(&s.out);
	}
	buf_release(&text);
}
END_TEST

/* -- the caller ------------------------------------------------------------------------ */

START_TEST(an_entry_that_is_refused_stops_it)
{
	struct seen s = { BUF_INIT(SHOWN_MAX), NULL, -ECANCELED };
	struct prefilter *p = prefilter_new(&prefilter_limits_default, &events, &s);
	static const char text[] = TV(P E P E);
	struct err err = ERR_INIT;

	ck_assert_int_eq(prefilter_feed(p, text, sizeof(text) - 1, &err), -ECANCELED);
	ck_assert_str_eq(err.text, "stopped");
	ck_assert_int_eq(prefilter_feed(p, text, sizeof(text) - 1, &err), -ECANCELED);
	ck_assert_int_eq(prefilter_finish(p, &err), -ECANCELED);
	ck_assert_str_eq(s.out.data, "1P" P E "\n");
	ck_assert(!prefilter_counts(p)->whole);
	prefilter_free(p);
	buf_release(&s.out);
}
END_TEST

START_TEST(without_a_choice_all_are_wanted)
{
	struct seen s = { BUF_INIT(SHOWN_MAX), "a", 0 };
	struct prefilter_events all = events;
	struct prefilter *p;
	static const char text[] = TV(P E);

	all.wanted = NULL;
	p = prefilter_new(&prefilter_limits_default, &all, &s);
	ck_assert_int_eq(prefilter_feed(p, text, sizeof(text) - 1, NULL), 0);
	ck_assert_int_eq(prefilter_finish(p, NULL), 0);
	ck_assert_str_eq(s.out.data, "1P" P E "\n");
	ck_assert(prefilter_counts(p)->root_seen && prefilter_counts(p)->whole);
	prefilter_free(p);
	prefilter_free(NULL);
	buf_release(&s.out);
}
END_TEST

UNIT_MAIN("prefilter", UNIT_ROWS(entries_are_cut_out_and_mended, ARRAY_LEN(entries)),
    UNIT_ROWS(a_bad_character_is_found_wherever_it_stands, ARRAY_LEN(bad)),
    UNIT_TEST(a_long_text_gives_the_same_however_it_is_cut),
    UNIT_TEST(what_was_mended_needs_no_mending),
    UNIT_ROWS(documents_are_read_through, ARRAY_LEN(documents)),
    UNIT_TEST(bombs_are_refused_at_the_first_entity),
    UNIT_TEST(a_text_cut_short_gives_the_first_of_the_entries),
    UNIT_TEST(what_is_wanted_does_not_depend_on_what_is_not),
    UNIT_ROWS(limits_hold, ARRAY_LEN(limited)), UNIT_TEST(hostile_texts_take_no_time),
    UNIT_TEST(an_entry_that_is_refused_stops_it), UNIT_TEST(without_a_choice_all_are_wanted))
