#include "base/unpack.h"

#include <errno.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "base/buf.h"
#include "base/err.h"
#include "unit.h"

static const struct unpack_limits limits = {
	.bytes_max = 4 << 20,
	.ratio_free = 1 << 20,
	.ratio_max = 200,
};

static int
collect(const void *data, size_t len, void *arg, struct err *err)
{
	(void)err;
	buf_add(arg, data, len);
	return 0;
}

/* Adds a gzip member with the bytes. */
static void
add_member(struct buf *out, const void *data, size_t len)
{
	z_stream z = { .next_in = (unsigned char *)(uintptr_t)data, .avail_in = (uInt)len };

	ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	ck_assert(buf_reserve(out, deflateBound(&z, len)));
	z.next_out = (unsigned char *)out->data + out->len;
	z.avail_out = (uInt)deflateBound(&z, len);
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	out->len += z.total_out;
	deflateEnd(&z);
}

static void
add_xz(struct buf *out, const void *data, size_t len)
{
	size_t room = lzma_stream_buffer_bound(len), used = 0;

	ck_assert(buf_reserve(out, room));
	ck_assert_int_eq(lzma_easy_buffer_encode(6, LZMA_CHECK_CRC64, NULL, data, len,
			     (uint8_t *)out->data + out->len, &used, room),
	    LZMA_OK);
	out->len += used;
}

static void
add_zstd(struct buf *out, const void *data, size_t len)
{
	ZSTD_CCtx *z = ZSTD_createCCtx();
	size_t used;

	ck_assert(buf_reserve(out, ZSTD_compressBound(len)));
	(void)ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1);
	used = ZSTD_compress2(z, out->data + out->len, ZSTD_compressBound(len), data, len);
	ck_assert(!ZSTD_isError(used));
	out->len += used;
	ZSTD_freeCCtx(z);
}

static void
add_u16(struct buf *out, unsigned value)
{
	buf_char(out, (char)(value & 0xff));
	buf_char(out, (char)(value >> 8 & 0xff));
}

static void
add_u32(struct buf *out, uint32_t value)
{
	add_u16(out, value & 0xffff);
	add_u16(out, value >> 16);
}

/* A file's local header; a folder is one that ends in /. */
static void
add_zip_head(struct buf *out, const char *name, unsigned flags, unsigned method, uint32_t crc,
    size_t packed, size_t len)
{
	buf_add(out, "PK\3\4\24", 5);
	buf_char(out, '\0');
	add_u16(out, flags);
	add_u16(out, method);
	add_u32(out, 0x58210000);
	add_u32(out, flags & 8 ? 0 : crc);
	add_u32(out, flags & 8 ? 0 : (uint32_t)packed);
	add_u32(out, flags & 8 ? 0 : (uint32_t)len);
	add_u16(out, (unsigned)strlen(name));
	add_u16(out, 4);
	buf_str(out, name);
	buf_add(out, "EXTR", 4);
}

#define DIRECTORY "PK\1\2 and what else a directory has"

static void
add_zip_entry(struct buf *out, const char *name, const void *data, size_t len, unsigned flags,
    unsigned method, _Bool signature)
{
	uint32_t crc = (uint32_t)crc32(0, data, (uInt)len);
	struct buf packed = BUF_INIT(8 << 20);
	z_stream z = { .next_in = (unsigned char *)(uintptr_t)data, .avail_in = (uInt)len };

	if (method == 8) {
		ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
		ck_assert(buf_reserve(&packed, deflateBound(&z, len)));
		z.next_out = (unsigned char *)packed.data;
		z.avail_out = (uInt)deflateBound(&z, len);
		ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
		packed.len = z.total_out;
		deflateEnd(&z);
	} else {
		buf_add(&packed, data, len);
	}
	add_zip_head(out, name, flags, method, crc, packed.len, len);
	buf_add(out, packed.data, packed.len);
	if (flags & 8) {
		if (signature)
			buf_add(out, "PK\7\10", 4);
		add_u32(out, crc);
		add_u32(out, (uint32_t)packed.len);
		add_u32(out, (uint32_t)len);
	}
	buf_release(&packed);
}

static void
add_zip_form(struct buf *out, const void *data, size_t len, unsigned flags, unsigned method,
    _Bool signature)
{
	add_zip_entry(out, "guide.xml", data, len, flags, method, signature);
	buf_str(out, DIRECTORY);
}

static void
add_zip(struct buf *out, const void *data, size_t len)
{
	add_zip_form(out, data, len, 0, 8, 0);
}

static const struct {
	const char *name;
	void (*add)(struct buf *out, const void *data, size_t len);
	size_t magic; /* so many bytes tell that it is this form */
	size_t head;  /* in so many a time, a name or a size may differ unseen */
	size_t rest;  /* at its end, that is not read */
} forms[] = {
	{ "gzip", add_member, 2, 10, 0 },
	{ "xz", add_xz, 6, 6, 0 },
	{ "zstd", add_zstd, 4, 4, 0 },
	{ "zip", add_zip, 4, 30 + sizeof("guide.xmlEXTR") - 1, sizeof(DIRECTORY) - 1 },
};

static int
unpack(const struct buf *in, size_t step, struct buf *out, struct err *err)
{
	struct unpack *g = unpack_new(&limits, collect, out);
	int rc = 0;

	for (size_t at = 0; rc == 0 && at < in->len; at += step)
		rc = unpack_feed(g, in->data + at, in->len - at < step ? in->len - at : step, err);
	if (rc == 0)
		rc = unpack_finish(g, err);
	unpack_free(g);
	return rc;
}

static void
expect(const struct buf *in, const char *want)
{
	for (size_t step = 1; step <= in->len + 1; step++) {
		struct buf out = BUF_INIT(1 << 20);
		struct err err = ERR_INIT;

		ck_assert_msg(unpack(in, step, &out, &err) == 0, "step %zu: %s", step, err.text);
		ck_assert_str_eq(out.data, want);
		buf_release(&out);
	}
}

START_TEST(plain_bytes_pass_through)
{
	static const char *const texts[] = { "", "x", "\x1f", "\x1fx", "some text" };
	struct buf in = BUF_INIT(100);

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		buf_clear(&in);
		buf_str(&in, texts[i]);
		expect(&in, texts[i]);
	}
	buf_release(&in);
}
END_TEST

START_TEST(members_are_one_text_and_padding_is_none)
{
	struct buf in = BUF_INIT(1000);

	add_member(&in, "one ", 4);
	expect(&in, "one ");
	add_member(&in, "", 0);
	add_member(&in, "two", 3);
	expect(&in, "one two");
	buf_add(&in, "\0\0\0padding", 10);
	expect(&in, "one two");
	buf_release(&in);
}
END_TEST

START_TEST(bombs_stop_at_their_limits)
{
	struct buf in = BUF_INIT(8 << 20), out = BUF_INIT(8 << 20);
	char *zeros = calloc(1, 4 << 20);
	struct err err = ERR_INIT;
	struct unpack *g;

	add_member(&in, zeros, 2 << 20);
	ck_assert_int_eq(unpack(&in, 4096, &out, &err), -EFBIG);
	ck_assert_str_eq(err.text, "gzip: more than 200 times its size");
	buf_clear(&in);
	buf_add(&in, zeros, (4 << 18));
	buf_clear(&out);
	ck_assert_int_eq(unpack(&in, 4096, &out, &err), 0);
	g = unpack_new(&limits, collect, &out);
	buf_clear(&out);
	ck_assert_int_eq(unpack_feed(g, zeros, 4 << 20, &err), 0);
	ck_assert_int_eq(unpack_feed(g, zeros, 1, &err), -EFBIG);
	ck_assert_str_eq(err.text, "more than 4 MiB");
	unpack_free(g);
	free(zeros);
	buf_release(&in);
	buf_release(&out);
}
END_TEST

static const char sentence[] = "some text that is long enough, and long enough some text";

START_TEST(every_form_gives_its_text_at_every_cut)
{
	struct buf in = BUF_INIT(4096);

	forms[_i].add(&in, sentence, strlen(sentence));
	expect(&in, sentence);
	buf_release(&in);
}
END_TEST

START_TEST(a_form_in_a_form_is_unpacked_too)
{
	struct buf in = BUF_INIT(4096), once = BUF_INIT(4096), thrice = BUF_INIT(4096);
	struct buf out = BUF_INIT(4096);
	struct err err = ERR_INIT;

	forms[_i].add(&once, sentence, strlen(sentence));
	add_member(&in, once.data, once.len);
	expect(&in, sentence);
	/* A third layer is given as it is. */
	add_member(&thrice, in.data, in.len);
	ck_assert_int_eq(unpack(&thrice, 100, &out, &err), 0);
	ck_assert_uint_eq(out.len, once.len);
	ck_assert_mem_eq(out.data, once.data, once.len);
	buf_release(&in);
	buf_release(&once);
	buf_release(&thrice);
	buf_release(&out);
}
END_TEST

START_TEST(every_form_that_is_cut_or_broken_is_an_error)
{
	struct buf whole = BUF_INIT(4096);
	char want[80];
	size_t end;

	forms[_i].add(&whole, sentence, strlen(sentence));
	snprintf(want, sizeof(want), "the %s data was cut off", forms[_i].name);
	end = whole.len - forms[_i].rest;
	for (size_t len = forms[_i].magic; len < end; len++) {
		struct buf in = { .data = whole.data, .len = len }, out = BUF_INIT(4096);
		struct err err = ERR_INIT;

		ck_assert_msg(unpack(&in, 7, &out, &err) == -ENODATA, "%zu bytes", len);
		ck_assert_str_eq(err.text, want);
		buf_release(&out);
	}
	for (size_t at = forms[_i].magic; at < end; at++) {
		struct buf out = BUF_INIT(1 << 20);
		int rc;

		whole.data[at] ^= 0x55;
		rc = unpack(&whole, 7, &out, NULL);
		ck_assert_msg(rc == -EBADMSG || rc == -ENODATA ||
			(at < forms[_i].head && strcmp(out.data, sentence) == 0),
		    "%s: byte %zu", forms[_i].name, at);
		whole.data[at] ^= 0x55;
		buf_release(&out);
	}
	buf_release(&whole);
}
END_TEST

START_TEST(every_form_of_a_bomb_stops_at_its_limit)
{
	struct buf in = BUF_INIT(8 << 20), out = BUF_INIT(8 << 20);
	char *zeros = calloc(1, 4 << 20), want[60];
	struct err err = ERR_INIT;

	snprintf(want, sizeof(want), "%s: more than 200 times its size", forms[_i].name);
	forms[_i].add(&in, zeros, 4 << 20);
	ck_assert_int_eq(unpack(&in, 64, &out, &err), -EFBIG);
	ck_assert_str_eq(err.text, want);
	ck_assert_uint_le(out.len, (1 << 20) + (1 << 18));
	free(zeros);
	buf_release(&in);
	buf_release(&out);
}
END_TEST

START_TEST(zips_come_in_many_ways)
{
	struct buf in = BUF_INIT(4096);

	add_zip_form(&in, sentence, strlen(sentence), 0, 0, 0); /* stored */
	expect(&in, sentence);
	buf_clear(&in);
	add_zip_form(&in, sentence, strlen(sentence), 8, 8, 1); /* sizes behind the data */
	expect(&in, sentence);
	buf_clear(&in);
	add_zip_form(&in, sentence, strlen(sentence), 8, 8, 0); /* and no signature before them */
	expect(&in, sentence);
	buf_clear(&in);
	add_zip_head(&in, "folder/", 0, 0, 0, 0, 0);
	add_zip(&in, sentence, strlen(sentence));
	expect(&in, sentence);
	buf_clear(&in);
	add_zip_form(&in, "", 0, 0, 0, 0);
	expect(&in, "");
	buf_release(&in);
}
END_TEST

/* Entries by their names, each with its name as its text, but for the folders. */
static const struct {
	const char *names[5];
	const char *want; /* NULL: there is none */
} zips[] = {
	{ { "dir/", "dir/guide.xml" }, "dir/guide.xml" },
	{ { "dir/", "dir/in it/", "guide.xml", "more.xml" }, "guide.xml" },
	{ { "README.txt", "guide.xml" }, "guide.xml" },
	{ { "read.Md", "by.nfo", "site.URL", "x" }, "x" },
	{ { "__MACOSX/._guide.xml", "guide.xml" }, "guide.xml" },
	{ { "__macosx/._guide.xml", "guide.xml" }, "guide.xml" },
	{ { "__MACOSX.xml", "guide.xml" }, "__MACOSX.xml" },
	{ { "atxt", "guide.xml" }, "atxt" },
	{ { "guide.xml", "README.txt" }, "guide.xml" },
	{ { "dir/", "dir/channels.txt" }, "dir/channels.txt" },
	{ { "dir/", "channels.txt", "site.url", "__MACOSX/._channels.txt" }, "channels.txt" },
	{ { "dir/" }, NULL },
	{ { "dir/", "__MACOSX/._x" }, NULL },
};

static const struct {
	unsigned flags, method;
	_Bool signature;
} zip_forms[] = { { 0, 0, 0 }, { 0, 8, 0 }, { 8, 8, 0 }, { 8, 8, 1 } };

static void
add_named(struct buf *in, size_t row, size_t form)
{
	for (const char *const *name = zips[row].names; *name != NULL; name++)
		add_zip_entry(in, *name, *name,
		    (*name)[strlen(*name) - 1] == '/' ? 0 : strlen(*name), zip_forms[form].flags,
		    zip_forms[form].method, zip_forms[form].signature);
	buf_str(in, DIRECTORY);
}

START_TEST(the_file_of_a_zip_is_the_first_that_may_be_it)
{
	for (size_t form = 0; form < ARRAY_LEN(zip_forms); form++) {
		struct buf in = BUF_INIT(4096), out = BUF_INIT(4096);
		struct err err = ERR_INIT;

		add_named(&in, (size_t)_i, form);
		if (zips[_i].want != NULL) {
			expect(&in, zips[_i].want);
		} else {
			ck_assert_int_eq(unpack(&in, 1, &out, &err), -EBADMSG);
			ck_assert_str_eq(err.text, "zip: there is no file in it");
		}
		buf_release(&in);
		buf_release(&out);
	}
}
END_TEST

START_TEST(what_is_passed_over_in_a_zip_may_have_long_sizes_behind_it)
{
	struct buf in = BUF_INIT(4096);
	uint32_t crc = (uint32_t)crc32(0, NULL, 0);

	for (int signature = 0; signature < 2; signature++) {
		buf_clear(&in);
		add_zip_head(&in, "dir/", 8, 8, 0, 0, 0);
		buf_add(&in, "\3\0", 2);
		if (signature)
			buf_add(&in, "PK\7\10", 4);
		add_u32(&in, crc);
		buf_add(&in, "\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
		add_zip(&in, sentence, strlen(sentence));
		expect(&in, sentence);
	}
	buf_release(&in);
}
END_TEST

/* What is passed over is at most this, ASIDE_MAX. */
#define ASIDE ((size_t)1 << 20)

START_TEST(what_is_passed_over_in_a_zip_is_bounded)
{
	struct buf in = BUF_INIT(8 << 20), out = BUF_INIT(8 << 20);
	char *text = malloc(3 * ASIDE);
	struct err err = ERR_INIT;

	for (uint32_t i = 0, noise = 1; i < 3 * ASIDE; i++, noise = noise * 1103515245 + 12345)
		text[i] = (char)(noise >> 24);
	/* A text larger than that is the file; all of it comes. */
	add_zip_entry(&in, "README.txt", text, ASIDE / 2, 8, 8, 1);
	add_zip_entry(&in, "channels.txt", text, 3 * ASIDE, zip_forms[_i].flags,
	    zip_forms[_i].method, zip_forms[_i].signature);
	for (size_t step = 1000; step < 8 * ASIDE; step *= 20) {
		buf_clear(&out);
		ck_assert_msg(unpack(&in, step, &out, &err) == 0, "%zu: %s", step, err.text);
		ck_assert_uint_eq(out.len, 3 * ASIDE);
		ck_assert_mem_eq(out.data, text, out.len);
	}
	/* Folders have no such text. */
	buf_clear(&in);
	add_zip_entry(&in, "dir/", text, ASIDE, zip_forms[_i].flags, zip_forms[_i].method,
	    zip_forms[_i].signature);
	add_zip_entry(&in, "dir/", text, 1, 0, 0, 0);
	add_zip(&in, sentence, strlen(sentence));
	ck_assert_int_eq(unpack(&in, 1000, &out, &err), -EFBIG);
	ck_assert_str_eq(err.text, "zip: more than 1 MiB stand before its file");
	free(text);
	buf_release(&in);
	buf_release(&out);
}
END_TEST

START_TEST(what_is_passed_over_in_a_zip_is_checked)
{
	struct buf in = BUF_INIT(4096), out = BUF_INIT(4096);
	struct err err = ERR_INIT;

	add_zip_entry(&in, "README.txt", sentence, strlen(sentence), 0, 0, 0);
	in.data[in.len - 1] ^= 1;
	add_zip(&in, sentence, strlen(sentence));
	ck_assert_int_eq(unpack(&in, 7, &out, &err), -EBADMSG);
	ck_assert_str_eq(err.text, "broken zip data: its check sum differs");
	/* Cut off anywhere before its directory, nobody knows what the file is. */
	buf_clear(&in);
	add_zip_entry(&in, "README.txt", sentence, strlen(sentence), 8, 8, 1);
	for (; in.len > 4; in.len--) {
		ck_assert_int_eq(unpack(&in, 7, &out, &err), -ENODATA);
		ck_assert_str_eq(err.text, "the zip data was cut off");
		ck_assert_uint_eq(out.len, 0);
	}
	buf_release(&in);
	buf_release(&out);
}
END_TEST

static const struct {
	unsigned flags, method;
	const char *want;
} refused_zips[] = {
	{ 1, 8, "zip: it is encrypted" },
	{ 0, 12, "zip: it is not compressed with deflate; zip it with an ordinary tool" },
	{ 8, 0, "zip: it is not compressed with deflate; zip it with an ordinary tool" },
};

START_TEST(zips_that_cannot_be_read_say_why)
{
	struct buf in = BUF_INIT(4096), out = BUF_INIT(4096);
	struct err err = ERR_INIT;

	add_zip_form(&in, sentence, strlen(sentence), refused_zips[_i].flags,
	    refused_zips[_i].method, 0);
	ck_assert_int_eq(unpack(&in, 1, &out, &err), -EBADMSG);
	ck_assert_str_eq(err.text, refused_zips[_i].want);
	buf_release(&in);
	buf_release(&out);
}
END_TEST

START_TEST(what_wants_too_much_memory_is_refused)
{
	struct buf in = BUF_INIT(4096), out = BUF_INIT(4096);
	struct err err = ERR_INIT;
	lzma_options_lzma options;
	lzma_filter chain[] = { { LZMA_FILTER_LZMA2, &options }, { LZMA_VLI_UNKNOWN, NULL } };
	size_t used = 0;
	ZSTD_CCtx *z = ZSTD_createCCtx();

	(void)lzma_lzma_preset(&options, 0);
	options.dict_size = 256u << 20;
	ck_assert(buf_reserve(&in, 4000));
	ck_assert_int_eq(lzma_stream_buffer_encode(chain, LZMA_CHECK_CRC32, NULL,
			     (const uint8_t *)sentence, sizeof(sentence), (uint8_t *)in.data, &used,
			     4000),
	    LZMA_OK);
	in.len = used;
	ck_assert_int_eq(unpack(&in, 100, &out, &err), -EFBIG);
	ck_assert_str_eq(err.text,
	    "xz: wants more than 72 MiB of memory; compress it with -9 or less");

	/* A stream of unknown size has to declare its whole window. */
	(void)ZSTD_CCtx_setParameter(z, ZSTD_c_windowLog, 27);
	{
		ZSTD_inBuffer from = { sentence, sizeof(sentence), 0 };
		ZSTD_outBuffer to = { in.data, 4000, 0 };

		(void)ZSTD_compressStream2(z, &to, &from, ZSTD_e_flush);
		(void)ZSTD_compressStream2(z, &to, &from, ZSTD_e_end);
		in.len = to.pos;
	}
	ck_assert_int_eq(unpack(&in, 100, &out, &err), -EFBIG);
	ck_assert_str_eq(err.text,
	    "zstd: wants more than 64 MiB of memory; compress it without --ultra and --long");
	ZSTD_freeCCtx(z);
	buf_release(&in);
	buf_release(&out);
}
END_TEST

UNIT_MAIN("unpack", UNIT_TEST(plain_bytes_pass_through),
    UNIT_TEST(members_are_one_text_and_padding_is_none), UNIT_TEST(bombs_stop_at_their_limits),
    UNIT_ROWS(every_form_gives_its_text_at_every_cut, ARRAY_LEN(forms)),
    UNIT_ROWS(a_form_in_a_form_is_unpacked_too, ARRAY_LEN(forms)),
    UNIT_ROWS(every_form_that_is_cut_or_broken_is_an_error, ARRAY_LEN(forms)),
    UNIT_ROWS(every_form_of_a_bomb_stops_at_its_limit, ARRAY_LEN(forms)),
    UNIT_TEST(zips_come_in_many_ways),
    UNIT_ROWS(the_file_of_a_zip_is_the_first_that_may_be_it, ARRAY_LEN(zips)),
    UNIT_TEST(what_is_passed_over_in_a_zip_may_have_long_sizes_behind_it),
    UNIT_ROWS(what_is_passed_over_in_a_zip_is_bounded, ARRAY_LEN(zip_forms)),
    UNIT_TEST(what_is_passed_over_in_a_zip_is_checked),
    UNIT_ROWS(zips_that_cannot_be_read_say_why, ARRAY_LEN(refused_zips)),
    UNIT_TEST(what_wants_too_much_memory_is_refused))
