#include "epg/encoding.h"

#include <ctype.h>
#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/list.h"

#define HEAD_MAX  512 /* bytes in which a declaration must end */
#define LABEL_MAX 40
#define CARRY_MAX 16 /* bytes of a character that is not whole yet */
#define PIECE     (64u << 10)

#define NO_CONVERTER ((iconv_t)-1)

/*
 * What a label means: the Encoding Standard's view, in which Latin 1 is windows-1252 and
 * each of the old Chinese, Japanese and Korean sets is its modern superset.
 */
static struct converter {
	const char *labels; /* without case, blanks and punctuation; between blanks */
	const char *name;   /* iconv's; NULL: no conversion */
	iconv_t cd;
	_Bool open;
} converters[] = {
	{ .labels = " utf8 usascii ascii ", .name = NULL },
	{ .labels = " iso88591 latin1 l1 windows1252 cp1252 ", .name = "WINDOWS-1252" },
	{ .labels = " iso88592 latin2 ", .name = "ISO-8859-2" },
	{ .labels = " iso88593 ", .name = "ISO-8859-3" },
	{ .labels = " iso88594 ", .name = "ISO-8859-4" },
	{ .labels = " iso88595 ", .name = "ISO-8859-5" },
	{ .labels = " iso88596 ", .name = "ISO-8859-6" },
	{ .labels = " iso88597 ", .name = "ISO-8859-7" },
	{ .labels = " iso88598 iso88598i ", .name = "ISO-8859-8" },
	{ .labels = " iso88599 latin5 windows1254 cp1254 ", .name = "WINDOWS-1254" },
	{ .labels = " iso885910 ", .name = "ISO-8859-10" },
	{ .labels = " iso885913 ", .name = "ISO-8859-13" },
	{ .labels = " iso885914 ", .name = "ISO-8859-14" },
	{ .labels = " iso885915 latin9 ", .name = "ISO-8859-15" },
	{ .labels = " iso885916 ", .name = "ISO-8859-16" },
	{ .labels = " windows1250 cp1250 ", .name = "WINDOWS-1250" },
	{ .labels = " windows1251 cp1251 ", .name = "WINDOWS-1251" },
	{ .labels = " windows1253 cp1253 ", .name = "WINDOWS-1253" },
	{ .labels = " windows1255 cp1255 ", .name = "WINDOWS-1255" },
	{ .labels = " windows1256 cp1256 ", .name = "WINDOWS-1256" },
	{ .labels = " windows1257 cp1257 ", .name = "WINDOWS-1257" },
	{ .labels = " windows1258 cp1258 ", .name = "WINDOWS-1258" },
	{ .labels = " koi8r ", .name = "KOI8-R" },
	{ .labels = " koi8u ", .name = "KOI8-U" },
	{ .labels = " windows874 tis620 iso885911 ", .name = "CP874" },
	{ .labels = " gb18030 gbk gb2312 ", .name = "GB18030" },
	{ .labels = " big5 big5hkscs ", .name = "BIG5-HKSCS" },
	{ .labels = " shiftjis sjis windows31j ", .name = "CP932" },
	{ .labels = " eucjp ", .name = "EUC-JP" },
	{ .labels = " euckr ksc56011987 ", .name = "CP949" },
	{ .labels = " utf16le ", .name = "UTF-16LE" },
	{ .labels = " utf16be ", .name = "UTF-16BE" },
	{ .labels = " utf32le ", .name = "UTF-32LE" },
	{ .labels = " utf32be ", .name = "UTF-32BE" },
};

struct encoding {
	encoding_cb *out;
	void *arg;
	const struct converter *converter; /* NULL: not known yet */
	unsigned char head[HEAD_MAX];      /* until it is */
	size_t head_len;
	char carry[CARRY_MAX];
	size_t carry_len;
	char *piece; /* PIECE bytes, with a converter that converts */
};

/* -- converters ---------------------------------------------------------------- */

static _Bool
open_converter(struct converter *c)
{
	if (!c->open && c->name != NULL) {
		c->cd = iconv_open("UTF-8", c->name);
		c->open = c->cd != NO_CONVERTER;
	}
	return c->open || c->name == NULL;
}

void
encoding_prepare(void)
{
	for (size_t i = 0; i < ARRAY_LEN(converters); i++)
		(void)open_converter(&converters[i]);
}

/* " LABEL " with nothing in it but small letters and digits. */
static void
normalise(const char *label, size_t len, char out[LABEL_MAX + 3])
{
	size_t n = 0;

	out[n++] = ' ';
	for (size_t i = 0; i < len && n <= LABEL_MAX; i++) {
		if (isalnum((unsigned char)label[i]))
			out[n++] = (char)tolower((unsigned char)label[i]);
	}
	out[n++] = ' ';
	out[n] = '\0';
}

static struct converter *
find_converter(const char *label, size_t len)
{
	char wanted[LABEL_MAX + 3];

	normalise(label, len, wanted);
	for (size_t i = 0; i < ARRAY_LEN(converters); i++) {
		if (strstr(converters[i].labels, wanted) != NULL)
			return &converters[i];
	}
	return NULL;
}

/* -- what it is (XML 1.0, appendix F) ---------------------------------------------- */

static const struct mark {
	const char *bytes;
	size_t len;
	const char *label;
	_Bool skip; /* it is a mark and no text */
} marks[] = {
	{ "\xff\xfe\0\0", 4, "utf32le", 1 },
	{ "\0\0\xfe\xff", 4, "utf32be", 1 },
	{ "\xff\xfe", 2, "utf16le", 1 },
	{ "\xfe\xff", 2, "utf16be", 1 },
	{ "\xef\xbb\xbf", 3, "utf8", 1 },
	{ "<\0\0\0", 4, "utf32le", 0 },
	{ "\0\0\0<", 4, "utf32be", 0 },
	{ "<\0", 2, "utf16le", 0 },
	{ "\0<", 2, "utf16be", 0 },
};

static const struct mark *
find_mark(const struct encoding *e)
{
	for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
		if (e->head_len >= marks[i].len &&
		    memcmp(e->head, marks[i].bytes, marks[i].len) == 0)
			return &marks[i];
	}
	return NULL;
}

/* The value of encoding= in an XML declaration at the text's beginning; NULL: none. */
static const char *
find_label(const struct encoding *e, size_t *ret_len)
{
	const char *p = (const char *)e->head, *end = p + e->head_len, *close;
	char quote;

	while (p < end && isspace((unsigned char)*p))
		p++;
	if ((size_t)(end - p) < 5 || memcmp(p, "<?xml", 5) != 0)
		return NULL;
	close = memchr(p, '>', (size_t)(end - p));
	if (close == NULL)
		return NULL;
	p = memmem(p, (size_t)(close - p), "encoding", 8);
	if (p == NULL)
		return NULL;
	p += 8;
	while (p < close && (isspace((unsigned char)*p) || *p == '='))
		p++;
	quote = *p;
	if (quote != '"' && quote != '\'')
		return NULL;
	end = memchr(p + 1, quote, (size_t)(close - p - 1));
	if (end == NULL)
		return NULL;
	*ret_len = (size_t)(end - p - 1);
	return p + 1;
}

/* Is the beginning long enough to tell? */
static _Bool
is_decided(const struct encoding *e)
{
	const unsigned char *p = e->head, *end = p + e->head_len;

	if (e->head_len == HEAD_MAX)
		return 1;
	if (e->head_len < 4)
		return 0;
	if (find_mark(e) != NULL)
		return 1;
	while (p < end && isspace(*p))
		p++;
	if (memcmp(p, "<?xml", (size_t)(end - p) < 5 ? (size_t)(end - p) : 5) != 0)
		return 1;
	return memchr(p, '>', (size_t)(end - p)) != NULL;
}

/* A declaration in bytes of eight bits that says UTF-16 is a lie that many tell: see below. */
static _Bool
is_wide(const struct converter *c)
{
	return c->name != NULL && strncmp(c->name, "UTF-", 4) == 0;
}

static int
decide(struct encoding *e, size_t *ret_skip, struct err *err)
{
	static const char utf8[] = "utf8";
	const struct mark *mark = find_mark(e);
	struct converter *c;
	const char *label;
	size_t len = sizeof(utf8) - 1;

	*ret_skip = mark != NULL && mark->skip ? mark->len : 0;
	label = mark != NULL ? mark->label : find_label(e, &len);
	if (mark != NULL)
		len = strlen(label);
	c = find_converter(label != NULL ? label : utf8, label != NULL ? len : sizeof(utf8) - 1);
	if (mark == NULL &&
	    (c != NULL ? is_wide(c)
		       : len >= 3 && label != NULL && strncasecmp(label, "utf", 3) == 0))
		c = find_converter(utf8, sizeof(utf8) - 1);
	if (c == NULL || !open_converter(c))
		return err_set(err, EBADMSG,
		    "is in the encoding '%.*s', which cannot be read here: convert it to UTF-8",
		    len > LABEL_MAX ? LABEL_MAX : (int)len, label);
	if (c->name != NULL) {
		e->piece = malloc(PIECE);
		if (e->piece == NULL)
			return err_set(err, ENOMEM, "out of memory");
		(void)iconv(c->cd, NULL, NULL, NULL, NULL);
	}
	e->converter = c;
	return 0;
}

/* -- converting ------------------------------------------------------------------------ */

/* Gives U+FFFD for what is none, and passes it by. */
static int
replace(struct encoding *e, char **in, size_t *left, struct err *err)
{
	size_t unit = is_wide(e->converter) ? 2 : 1;

	if (strstr(e->converter->name, "32") != NULL)
		unit = 4;
	if (unit > *left)
		unit = *left;
	*in += unit;
	*left -= unit;
	return e->out(e->arg, "\xef\xbf\xbd", 3, err);
}

/* Converts what is whole; what is left of *left is the beginning of a character. */
static int
convert(struct encoding *e, char **in, size_t *left, struct err *err)
{
	int rc = 0;

	while (*left > 0 && rc == 0) {
		char *out = e->piece;
		size_t room = PIECE;
		size_t result = iconv(e->converter->cd, in, left, &out, &room);
		int why = result == (size_t)-1 ? errno : 0;

		if (room < PIECE)
			rc = e->out(e->arg, e->piece, PIECE - room, err);
		if (rc == 0 && why == EILSEQ)
			rc = replace(e, in, left, err);
		if (why == EINVAL)
			break;
	}
	return rc;
}

/* First what was left of the last piece, with as much of this one as makes it whole. */
static int
convert_carry(struct encoding *e, const char **data, size_t *len, struct err *err)
{
	int rc = 0;

	while (rc == 0 && e->carry_len > 0 && *len > 0) {
		char *in = e->carry;
		size_t left;

		e->carry[e->carry_len++] = *(*data)++;
		--*len;
		left = e->carry_len;
		rc = convert(e, &in, &left, err);
		if (left == CARRY_MAX)
			left = 0; /* no character is that long */
		memmove(e->carry, in, left);
		e->carry_len = left;
	}
	return rc;
}

static int
pass(struct encoding *e, const void *data, size_t len, struct err *err)
{
	const char *p = data;
	union {
		const char *in;
		char *iconv; /* lacks the const that it keeps */
	} cast;
	int rc;

	if (len == 0)
		return 0;
	if (e->converter->name == NULL)
		return e->out(e->arg, data, len, err);
	rc = convert_carry(e, &p, &len, err);
	if (rc < 0 || len == 0)
		return rc;
	cast.in = p;
	rc = convert(e, &cast.iconv, &len, err);
	if (rc == 0 && len < CARRY_MAX) {
		memcpy(e->carry, cast.in, len);
		e->carry_len = len;
	}
	return rc;
}

/* -- the public face --------------------------------------------------------------------- */

struct encoding *
encoding_new(encoding_cb *out, void *arg)
{
	struct encoding *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return NULL;
	e->out = out;
	e->arg = arg;
	return e;
}

void
encoding_free(struct encoding *e)
{
	if (e == NULL)
		return;
	free(e->piece);
	free(e);
}

static int
begin(struct encoding *e, struct err *err)
{
	size_t skip;
	int rc = decide(e, &skip, err);

	return rc < 0 ? rc : pass(e, e->head + skip, e->head_len - skip, err);
}

int
encoding_feed(struct encoding *e, const void *data, size_t len, struct err *err)
{
	const unsigned char *p = data;
	int rc = 0;

	while (e->converter == NULL && len > 0 && rc == 0) {
		e->head[e->head_len++] = *p++;
		len--;
		if (is_decided(e))
			rc = begin(e, err);
	}
	return rc < 0 ? rc : e->converter == NULL ? 0 : pass(e, p, len, err);
}

int
encoding_finish(struct encoding *e, struct err *err)
{
	int rc = e->converter == NULL ? begin(e, err) : 0;

	/* Half a character at the end is none. */
	if (rc == 0 && e->carry_len > 0)
		rc = e->out(e->arg, "\xef\xbf\xbd", 3, err);
	return rc;
}

const char *
encoding_name(const struct encoding *e)
{
	if (e->converter == NULL)
		return "";
	return e->converter->name != NULL ? e->converter->name : "UTF-8";
}
