/*
 * What comes out of the reader is what a plain parse of the whole text by libxml2 and a look
 * at its tree give: over guides that are made up at random to be well-formed and nasty.
 */
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "entries.h"
#include "epg/reader_entry.h"
#include "epg/reader_plain.h"
#include "epg/reader_sax.h"

#define GUIDES 1000

/* -- a guide at random --------------------------------------------------------- */

static uint64_t seed;

static unsigned
below(unsigned n)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(seed >> 33) % n;
}

#define ONE_OF(list) ((list)[below(ARRAY_LEN(list))])

static const char *const texts[] = { "News", " ", "\n\t", "A  B", "a\r\nb", "\xc3\xa9t\xc3\xa9",
	"\xe2\x82\xac", "\xf0\x9f\x93\xba", "&amp;", "&lt;programme start=\"1\" channel=\"c1\"&gt;",
	"&#60;", "&#x26;amp;", "&#233;", "&#x1F4FA;", "&#10;", "&#9;", "&#13;", "&quot;", "&apos;",
	"]a", "]]a", "] ]>", ">", "a > b", "'", "\"", "/>", "\xc2\x85", "\xc2\xa0", "&#x85;",
	"\x7f", "x", "0123456789abcdefghijklmnopqrstuvwxyz 0123456789",
	"Dr. Who: The \"Five\" Doctors'", "trailing ", " leading", "\xef\xbf\xbd", "&eacute;",
	"&gt;&gt;" };

static const char *const insides[] = { "<!-- <programme start='20240101' channel='c1'> -->",
	"<!-- > -->", "<!---->", "<!-- & < -->", "<![CDATA[<programme channel=\"c1\">]]>",
	"<![CDATA[</programme>]]>", "<![CDATA[]]>", "<![CDATA[ & ]] > ]]>", "<![CDATA[a&amp;b]]>",
	"<?pi <programme channel='c1'> ?>", "<?pi?>", "<!-- </tv> -->",
	"<![CDATA[]]]]><![CDATA[>]]>" };

static const char *const values[] = { "en", "", " ", "a>b", "a &gt; b", "&lt;tv&gt;", "&amp;",
	"&#65;&#x42;", "\xc3\xbc", "/", "a/>", "=", "a=b", "-->", "]]>", "\n", "\t x \r\n y",
	"&#10;", "https://x.example/?a=1&amp;b=2", "programme channel=", "seconds", "text", "yes",
	"teletext", "&eacute;", "20240101120000 +0100", "\xe2\x82\xac\xe2\x82\xac",
	"0123456789abcdef", "?>" };

static const char *const unknown_attrs[] = { "foo", "x-y", "xml:lang", "catchup-id", "Lang", "q:r",
	"channels", "starts" };
static const char *const unknown_elements[] = { "live", "programmes", "channels", "channel-x",
	"tv-x", "TITLE", "x", "b", "x:title", "programme.", "titles", "displayname", "_a",
	"\xc3\xa9" };
static const char *const blanks[] = { " ", " ", " ", "\n", "  ", "\t", "\r\n", "\n      " };
static const char *const ids[] = { "c1", "c2", " c1 ", "c&amp;1", "\xc3\xa9.tv", "&#99;1", "c1\n",
	"C1", "c 1", "c1&#32;", "", " ", "c>1", "&eacute;" };
static const char *const starts[] = { "20240101120000 +0000", "20240101120000 +0100",
	"202401011200", "2024&#48;101", " 20240101120000", "20240101120000\n", "never", "",
	"20240101120000 BST" };

static void
add_attr(struct buf *out, const char *name, const char *value)
{
	char quote = below(3) == 0 ? '\'' : '"';

	buf_str(out, ONE_OF(blanks));
	buf_printf(out, "%s%s=%s%c", name, below(20) == 0 ? " " : "", below(20) == 0 ? "\n" : "",
	    quote);
	buf_str(out, value);
	/* The other quote may stand in it. */
	if (below(6) == 0)
		buf_str(out, quote == '"' ? "it's" : "6\"");
	buf_char(out, quote);
}

static void
add_text(struct buf *out, int most)
{
	for (int n = (int)below((unsigned)most); n > 0; n--)
		buf_str(out, below(5) == 0 ? ONE_OF(insides) : ONE_OF(texts));
}

static void
add_space(struct buf *out)
{
	if (below(8) == 0)
		buf_str(out, insides[below(4)]); /* a comment */
	buf_str(out, ONE_OF(blanks));
}

/* The attributes of the row, some unknown ones among them, none twice. */
static void
add_attrs(struct buf *out, const char *const names[XMLTV_ATTRS_MAX])
{
	unsigned other = below(ARRAY_LEN(unknown_attrs));

	if (below(10) == 0)
		add_attr(out, unknown_attrs[other], ONE_OF(values));
	for (size_t k = 0; k < XMLTV_ATTRS_MAX && names[k] != NULL; k++) {
		if (below(3) != 0)
			add_attr(out, names[k], ONE_OF(values));
	}
	if (below(20) == 0)
		add_attr(out, unknown_attrs[(other + 1) % ARRAY_LEN(unknown_attrs)],
		    ONE_OF(values));
}

static void
add_element(struct buf *out, unsigned depth)
{
	static const char *const none[XMLTV_ATTRS_MAX];
	_Bool known = below(12) != 0;
	const struct xmltv_row *row = &xmltv_rows[below(XMLTV_ELEMENTS)];
	const char *name = known ? row->name : ONE_OF(unknown_elements);

	buf_printf(out, "<%s", name);
	/* A prefix that nothing declares is fine to libxml2, and to us. */
	add_attrs(out, known ? row->attrs : none);
	if (below(8) == 0) {
		buf_str(out, below(2) == 0 ? " />" : "/>");
		return;
	}
	buf_printf(out, "%s>", below(10) == 0 ? " " : "");
	add_text(out, 4);
	for (unsigned n = depth < 5 && below(3) == 0 ? below(4) : 0; n > 0; n--) {
		add_element(out, depth + 1);
		add_text(out, 3);
	}
	buf_printf(out, "</%s%s>", name, below(10) == 0 ? "\n" : "");
}

static void
add_entry(struct buf *out)
{
	_Bool channel = below(4) == 0;

	buf_str(out, channel ? "<channel" : "<programme");
	if (below(12) == 0)
		add_attr(out, ONE_OF(unknown_attrs), ONE_OF(values));
	if (channel) {
		add_attr(out, "id", ONE_OF(ids));
	} else {
		if (below(10) != 0)
			add_attr(out, "start", below(4) != 0 ? starts[0] : ONE_OF(starts));
		if (below(3) != 0)
			add_attr(out, "stop", ONE_OF(starts));
		for (size_t k = 0; k < XMLTV_PROGRAMME_ATTRS; k++) {
			if (below(10) == 0)
				add_attr(out, xmltv_programme_attrs[k], ONE_OF(values));
		}
		if (below(20) != 0)
			add_attr(out, "channel", ONE_OF(ids));
	}
	if (below(15) == 0) {
		buf_str(out, "/>");
		return;
	}
	buf_str(out, ">");
	for (unsigned n = below(8); n > 0; n--) {
		add_space(out);
		add_element(out, 1);
	}
	add_text(out, 2);
	buf_str(out, channel ? "</channel>" : "</programme>");
}

static void
make_guide(struct buf *out)
{
	buf_clear(out);
	if (below(2) == 0)
		buf_str(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	if (below(3) == 0)
		buf_str(out, "<!-- <tv> <channel id='c1'/> -->\n");
	buf_str(out,
	    below(2) == 0 ? "<!DOCTYPE tv SYSTEM \"xmltv.dtd\" [<!ENTITY eacute \"&#233;\">]>\n"
			  : "<!DOCTYPE tv [\n<!ENTITY eacute '\xc3\xa9'>\n<!-- ]> -->\n]>");
	buf_str(out, "<tv date='1>0' generator-info-name=\"&lt;tv>\" >");
	for (unsigned n = below(12); n > 0; n--) {
		add_space(out);
		add_entry(out);
	}
	buf_str(out, "\n</tv>\n");
}

/* -- what libxml2's tree says of it --------------------------------------------- */

/* Apart from the reader's: runs of blanks are a blank, none at the ends, no controls. */
static void
add_tidy(struct buf *out, const char *name, const char *text, _Bool id)
{
	struct buf tidy = BUF_INIT(1u << 20);
	_Bool blank = 0;

	for (const char *p = text; *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p, next = (unsigned char)p[1];

		if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
			if (id && tidy.len > 0)
				buf_char(&tidy, *p);
			blank = 1;
			continue;
		}
		if (!id && c == 0x7f)
			continue;
		if (!id && c == 0xc2 && next < 0xa0) {
			p++;
			continue;
		}
		if (!id && blank && tidy.len > 0)
			buf_char(&tidy, ' ');
		blank = 0;
		buf_char(&tidy, *p);
	}
	while (id && tidy.len > 0 && tidy.data[tidy.len - 1] <= ' ' && tidy.data[tidy.len - 1] > 0)
		buf_truncate(&tidy, tidy.len - 1);
	if (tidy.len > 0)
		buf_printf(out, " %s='%s'", name, tidy.data);
	buf_release(&tidy);
}

static _Bool
is_time(xmlNodePtr node, const char *name)
{
	return strcmp(name, "pdc-start") == 0 || strcmp(name, "vps-start") == 0 ||
	    (strcmp((const char *)node->name, "previously-shown") == 0 &&
		strcmp(name, "start") == 0);
}

static void
add_tree_attr(struct buf *out, xmlNodePtr node, const char *name, const char *shown, _Bool id)
{
	xmlChar *value = xmlGetNoNsProp(node, (const xmlChar *)name);
	static const struct xmltime_rules rules;
	const char *text = (const char *)value;
	char utc[XMLTIME_SIZE];
	int64_t when;

	/* A time to the minute is in UTC then. */
	if (value != NULL && is_time(node, name) &&
	    strcspn(text, "0123456789") + 12 <= strlen(text) &&
	    strspn(text + strcspn(text, "0123456789"), "0123456789") >= 12 &&
	    xmltime_parse(text, strlen(text), &rules, &when) == 0) {
		xmltime_format(when, utc);
		text = utc;
	}
	if (value != NULL)
		add_tidy(out, shown, text, id);
	xmlFree(value);
}

static void
add_tree_text(struct buf *out, xmlNodePtr node)
{
	struct buf text = BUF_INIT(1u << 20);

	for (xmlNodePtr c = node->children; c != NULL; c = c->next) {
		if (c->type == XML_TEXT_NODE || c->type == XML_CDATA_SECTION_NODE)
			buf_str(&text, (const char *)c->content);
	}
	add_tidy(out, "=", text.data, 0);
	buf_release(&text);
}

static void
add_tree_children(struct buf *out, xmlNodePtr parent, enum xmltv_kind kind,
    enum xmltv_element below_what, unsigned depth)
{
	for (xmlNodePtr node = parent->children; node != NULL; node = node->next) {
		enum xmltv_element element;
		const struct xmltv_row *row;

		if (node->type != XML_ELEMENT_NODE ||
		    (node->ns != NULL && node->ns->prefix != NULL))
			continue;
		element = xmltv_find(kind, below_what, (const char *)node->name);
		if (element == XMLTV_NONE)
			continue;
		row = &xmltv_rows[element];
		buf_printf(out, "%*s%s", (int)depth, "", row->name);
		for (size_t k = 0; k < XMLTV_ATTRS_MAX && row->attrs[k] != NULL; k++)
			add_tree_attr(out, node, row->attrs[k], row->attrs[k], 0);
		if (row->text)
			add_tree_text(out, node);
		buf_str(out, "\n");
		add_tree_children(out, node, kind, element, depth + 1);
	}
}

static int64_t
tree_time(xmlNodePtr node, const char *name, _Bool *ret_ok)
{
	static const struct xmltime_rules rules;
	xmlChar *value = xmlGetNoNsProp(node, (const xmlChar *)name);
	int64_t when = 0;

	*ret_ok = value != NULL &&
	    xmltime_parse((const char *)value, strlen((const char *)value), &rules, &when) == 0;
	xmlFree(value);
	return when;
}

static _Bool
is_wanted(void *arg, const char *id, size_t len)
{
	(void)arg;
	return len > 0 && id[len - 1] == '1';
}

static void
add_tree_entry(struct buf *out, xmlNodePtr node)
{
	enum xmltv_kind kind = strcmp((const char *)node->name, "channel") == 0 ? XMLTV_CHANNEL
										: XMLTV_PROGRAMME;
	struct buf id = BUF_INIT(1u << 16);
	int64_t start, stop;
	_Bool ok;

	/* " id='...'" */
	add_tree_attr(&id, node, kind == XMLTV_CHANNEL ? "id" : "channel", "id", 1);
	start = tree_time(node, "start", &ok);
	if (id.len == 0 ||
	    (kind == XMLTV_PROGRAMME && (!ok || !is_wanted(NULL, id.data, id.len - 1)))) {
		buf_release(&id);
		return;
	}
	buf_printf(out, "%s%s", kind == XMLTV_CHANNEL ? "channel" : "programme", id.data);
	if (kind == XMLTV_PROGRAMME) {
		stop = tree_time(node, "stop", &ok);
		buf_printf(out, " %" PRId64 " to %" PRId64, start, stop);
		for (size_t k = 0; k < XMLTV_PROGRAMME_ATTRS; k++)
			add_tree_attr(out, node, xmltv_programme_attrs[k], xmltv_programme_attrs[k],
			    0);
	}
	buf_str(out, "\n");
	add_tree_children(out, node, kind, XMLTV_NONE, 1);
	buf_release(&id);
}

static void
quiet(void *arg, const char *fmt, ...)
{
	(void)arg;
	(void)fmt;
}

static void
read_tree(struct buf *out, const char *text, size_t len)
{
	xmlDocPtr doc;

	xmlSetGenericErrorFunc(NULL, quiet);
	buf_clear(out);
	/* Here the one entity that there is may be expanded. */
	doc = xmlReadMemory(text, (int)len, NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOENT);
	ck_assert_msg(doc != NULL, "not well-formed: %s: %s", xmlGetLastError()->message, text);
	for (xmlNodePtr node = xmlDocGetRootElement(doc)->children; node != NULL;
	     node = node->next) {
		if (node->type == XML_ELEMENT_NODE)
			add_tree_entry(out, node);
	}
	xmlFreeDoc(doc);
}

START_TEST(the_reader_gives_what_a_plain_parse_gives)
{
	struct buf guide = BUF_INIT(16u << 20), tree = BUF_INIT(16u << 20);
	struct entries all;

	entries_init(&all);
	all.wanted = is_wanted;
	for (uint64_t n = 0; n < GUIDES; n++) {
		seed = (uint64_t)_i * GUIDES + n;
		(void)below(2);
		make_guide(&guide);
		read_tree(&tree, guide.data, guide.len);
		ck_assert_msg(entries_read(&all, guide.data, guide.len, 1 + below(200)) == 0,
		    "seed %d/%d: %s\n%s", _i, (int)n, all.err.text, guide.data);
		ck_assert_msg(strcmp(all.text.data, tree.data) == 0,
		    "seed %d/%d:\n%s\ngave\n%s\nnot\n%s\n%s", _i, (int)n, guide.data, all.text.data,
		    tree.data, all.notes.data);
	}
	entries_release(&all);
	buf_release(&guide);
	buf_release(&tree);
}
END_TEST

/* Takes bytes out, puts some in, or says some twice. */
static void
damage(struct buf *text)
{
	static const char marks[] = "<>&;/='\"! ?-[]#x0:a\n\r\t\x01\x7f\xc2\xff\xef\xbf\xbe";
	struct buf out = BUF_INIT(1u << 20);
	size_t at = below((unsigned)text->len), n = below(4), from = below((unsigned)text->len);

	buf_add(&out, text->data, at);
	if (below(2) == 0)
		buf_char(&out, marks[below(sizeof(marks) - 1)]);
	if (below(4) == 0)
		buf_add(&out, text->data + from, text->len - from < 30 ? text->len - from : 30);
	if (text->len - at > n)
		buf_add(&out, text->data + at + n, text->len - at - n);
	buf_release(text);
	*text = out;
}

START_TEST(what_is_plain_is_what_libxml2_reads)
{
	const struct xmltime_rules times = { 0 };
	struct buf entry = BUF_INIT(1u << 20), decoded = BUF_INIT(1u << 20);
	struct buf plain = BUF_INIT(1u << 20), full = BUF_INIT(1u << 20);
	struct reader_fault fault;
	struct reader_sax *sax;
	struct reader_entry b;
	size_t at, both = 0;

	ck_assert_ptr_nonnull(libxml_load(NULL));
	sax = reader_sax_new();
	reader_entry_init(&b, &reader_limits_default, &times);
	for (uint64_t n = 0; n < 20 * GUIDES; n++) {
		seed = (uint64_t)(_i + 100) * 20 * GUIDES + n;
		(void)below(2);
		buf_clear(&entry);
		add_entry(&entry);
		for (unsigned times_damaged = below(3); times_damaged > 0 && entry.len > 0;
		     times_damaged--)
			damage(&entry);
		reader_entry_begin(&b, 1);
		if (reader_plain_parse(&b, &decoded, entry.data, entry.len, &at) != 1)
			continue;
		both++;
		buf_clear(&plain);
		entries_tell(&plain, &b.entry);
		reader_entry_begin(&b, 1);
		ck_assert_msg(reader_sax_parse(sax, &b, entry.data, entry.len, &fault) == 0,
		    "seed %d/%d: %s: '%s'", _i, (int)n, fault.text, entry.data);
		buf_clear(&full);
		entries_tell(&full, &b.entry);
		ck_assert_msg(strcmp(plain.data, full.data) == 0,
		    "seed %d/%d:\n%s\ngave\n%s\nnot\n%s", _i, (int)n, entry.data, plain.data,
		    full.data);
	}
	ck_assert_uint_gt(both, GUIDES);
	reader_entry_release(&b);
	reader_sax_free(sax);
	buf_release(&entry);
	buf_release(&decoded);
	buf_release(&plain);
	buf_release(&full);
}
END_TEST

UNIT_MAIN("reader_same", UNIT_ROWS(the_reader_gives_what_a_plain_parse_gives, 4),
    UNIT_ROWS(what_is_plain_is_what_libxml2_reads, 4))
