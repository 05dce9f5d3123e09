#include "epg/encoding.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "unit.h"

static int
collect(void *arg, const void *data, size_t len, struct err *err)
{
	(void)err;
	buf_add(arg, data, len);
	return 0;
}

static int
decode(const struct buf *in, size_t step, struct buf *out, char name[40], struct err *err)
{
	struct encoding *e = encoding_new(collect, out);
	int rc = 0;

	for (size_t at = 0; rc == 0 && at < in->len; at += step)
		rc = encoding_feed(e, in->data + at, in->len - at < step ? in->len - at : step,
		    err);
	if (rc == 0)
		rc = encoding_finish(e, err);
	snprintf(name, 40, "%s", encoding_name(e));
	encoding_free(e);
	return rc;
}

static void
expect(const struct buf *in, const char *text, const char *encoding)
{
	for (size_t step = 1; step <= in->len + 1; step++) {
		struct buf out = BUF_INIT(1 << 20);
		struct err err = ERR_INIT;
		char name[40];

		ck_assert_msg(decode(in, step, &out, name, &err) == 0, "step %zu: %s", step,
		    err.text);
		ck_assert_str_eq(out.data, text);
		ck_assert_str_eq(name, encoding);
		buf_release(&out);
	}
}

/* Appends the UTF-8 text as `encoding` has it. */
static void
add_as(struct buf *out, const char *encoding, const char *text)
{
	iconv_t cd = iconv_open(encoding, "UTF-8");
	char *in = strdup(text), *from = in, *to;
	size_t left = strlen(text), room = 4 * left + 16;

	ck_assert(cd != (iconv_t)-1);
	ck_assert(buf_reserve(out, room));
	to = out->data + out->len;
	ck_assert_uint_ne(iconv(cd, &from, &left, &to, &room), (size_t)-1);
	out->len = (size_t)(to - out->data);
	iconv_close(cd);
	free(in);
}

static const struct {
	const char *label, *iconv, *text, *name;
} declared[] = {
	{ "UTF-8", "UTF-8", "Füße, Łódź, Ωmega, Привет, 日本語", "UTF-8" },
	{ "utf8", "UTF-8", "Füße", "UTF-8" },
	{ "US-ASCII", "UTF-8", "Füße all the same", "UTF-8" },
	{ "ISO-8859-1", "ISO-8859-1", "Füße, naïve", "WINDOWS-1252" },
	{ "iso8859-1", "WINDOWS-1252", "It’s 5 €", "WINDOWS-1252" },
	{ "ISO-8859-2", "ISO-8859-2", "Łódź, český", "ISO-8859-2" },
	{ "ISO-8859-5", "ISO-8859-5", "Новости", "ISO-8859-5" },
	{ "ISO-8859-7", "ISO-8859-7", "Ειδήσεις", "ISO-8859-7" },
	{ "iso-8859-9", "ISO-8859-9", "Haberler ığş", "WINDOWS-1254" },
	{ "ISO-8859-15", "ISO-8859-15", "œuvre à 5 €", "ISO-8859-15" },
	{ "Windows-1250", "WINDOWS-1250", "Zprávy č", "WINDOWS-1250" },
	{ "windows-1251", "WINDOWS-1251", "Новости", "WINDOWS-1251" },
	{ "cp1253", "WINDOWS-1253", "Ειδήσεις", "WINDOWS-1253" },
	{ "KOI8-R", "KOI8-R", "Новости", "KOI8-R" },
	{ "GB2312", "GB2312", "新闻联播", "GB18030" },
	{ "gbk", "GBK", "新聞", "GB18030" },
	{ "Big5", "BIG5", "新聞", "BIG5-HKSCS" },
	{ "Shift_JIS", "SHIFT_JIS", "ニュース", "CP932" },
	{ "EUC-JP", "EUC-JP", "ニュース", "EUC-JP" },
	{ "EUC-KR", "EUC-KR", "뉴스", "CP949" },
	{ "TIS-620", "TIS-620", "ข่าว", "CP874" },
	/* Eight bits that claim sixteen. */
	{ "UTF-16", "UTF-8", "Füße", "UTF-8" },
	{ "utf-16le", "UTF-8", "Füße", "UTF-8" },
};

START_TEST(what_the_declaration_says_is_believed)
{
	struct buf in = BUF_INIT(4096), text = BUF_INIT(4096);
	static const char *const heads[][2] = {
		{ "<?xml version=\"1.0\" encoding=\"", "\"?>\n<tv>" },
		{ "\n <?xml version='1.0' encoding = '", "' standalone='yes'?><tv>" },
	};

	for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
		buf_clear(&in);
		buf_clear(&text);
		buf_printf(&text, "%s%s%s", heads[i][0], declared[_i].label, heads[i][1]);
		buf_str(&in, text.data);
		add_as(&in, declared[_i].iconv, declared[_i].text);
		buf_str(&text, declared[_i].text);
		expect(&in, text.data, declared[_i].name);
	}
	buf_release(&in);
	buf_release(&text);
}
END_TEST

static const struct {
	const char *mark;
	size_t mark_len;
	const char *iconv, *name;
} marked[] = {
	{ "\xef\xbb\xbf", 3, "UTF-8", "UTF-8" },
	{ "\xff\xfe", 2, "UTF-16LE", "UTF-16LE" },
	{ "\xfe\xff", 2, "UTF-16BE", "UTF-16BE" },
	{ "\xff\xfe\0\0", 4, "UTF-32LE", "UTF-32LE" },
	{ "\0\0\xfe\xff", 4, "UTF-32BE", "UTF-32BE" },
	{ "", 0, "UTF-16LE", "UTF-16LE" },
	{ "", 0, "UTF-16BE", "UTF-16BE" },
	{ "", 0, "UTF-32LE", "UTF-32LE" },
	{ "", 0, "UTF-32BE", "UTF-32BE" },
	{ "", 0, "UTF-8", "UTF-8" },
};

/* Whatever the declaration says besides. */
START_TEST(what_the_first_bytes_show_is_believed_before)
{
	static const char text[] =
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><tv>Füße 日本語 \xf0\x9f\x93\xba</tv>";
	struct buf in = BUF_INIT(4096);

	buf_add(&in, marked[_i].mark, marked[_i].mark_len);
	add_as(&in, marked[_i].iconv, text);
	expect(&in, text, marked[_i].name);
	buf_release(&in);
}
END_TEST

START_TEST(without_a_declaration_it_passes)
{
	static const char *const texts[] = { "", "<", "<tv", "<tv></tv>", "  <tv>\xff\xc3(</tv>",
		"\xff", "not xml",
		"<?xml version=\"1.0\"?><tv>F\xfc\xdf"
		"e</tv>",
		"<?xml encoding=x>", "<?xml encoding>", "<?xmlencoding=\"UTF-8" };
	struct buf in = BUF_INIT(4096);

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		buf_clear(&in);
		buf_str(&in, texts[i]);
		expect(&in, texts[i], "UTF-8");
	}
	/* A declaration that never ends. */
	buf_clear(&in);
	buf_str(&in, "<?xml ");
	while (in.len < 600)
		buf_char(&in, ' ');
	expect(&in, in.data, "UTF-8");
	buf_release(&in);
}
END_TEST

START_TEST(what_is_no_character_is_replaced)
{
	struct buf in = BUF_INIT(4096);

	/* A lone surrogate, and half a character at the end. */
	buf_add(&in, "\xff\xfe<\0t\0\0\xd8v\0>\0a", 13);
	expect(&in, "<t\xef\xbf\xbdv>\xef\xbf\xbd", "UTF-16LE");
	buf_clear(&in);
	buf_str(&in, "<?xml encoding='EUC-KR'?>a\xff\x41");
	expect(&in,
	    "<?xml encoding='EUC-KR'?>a\xef\xbf\xbd"
	    "A",
	    "CP949");
	buf_release(&in);
}
END_TEST

START_TEST(an_encoding_that_is_not_known_is_named)
{
	static const char text[] = "<?xml version=\"1.0\" encoding=\"EBCDIC-XY\"?><tv/>";
	struct buf in = BUF_INIT(4096), out = BUF_INIT(4096);
	struct err err = ERR_INIT;
	char name[40];

	buf_str(&in, text);
	for (size_t step = 1; step < in.len; step++) {
		ck_assert_int_eq(decode(&in, step, &out, name, &err), -EBADMSG);
		ck_assert_str_eq(err.text,
		    "is in the encoding 'EBCDIC-XY', which cannot be read here: convert it to "
		    "UTF-8");
	}
	ck_assert_uint_eq(out.len, 0);
	buf_release(&in);
	buf_release(&out);
}
END_TEST

UNIT_MAIN("encoding", UNIT_ROWS(what_the_declaration_says_is_believed, ARRAY_LEN(declared)),
    UNIT_ROWS(what_the_first_bytes_show_is_believed_before, ARRAY_LEN(marked)),
    UNIT_TEST(without_a_declaration_it_passes), UNIT_TEST(what_is_no_character_is_replaced),
    UNIT_TEST(an_encoding_that_is_not_known_is_named))
