#include "base/unpack.h"

#include <errno.h>
#include <string.h>
#include <zlib.h>

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

START_TEST(what_is_cut_or_broken_is_an_error)
{
	struct buf whole = BUF_INIT(1000);

	add_member(&whole, "some text that is long enough", 29);
	for (size_t len = 2; len < whole.len; len++) {
		struct buf in = { .data = whole.data, .len = len }, out = BUF_INIT(100);
		struct err err = ERR_INIT;

		ck_assert_int_eq(unpack(&in, 7, &out, &err), -EBADMSG);
		ck_assert_str_eq(err.text, "the gzip data was cut off");
		buf_release(&out);
	}
	for (size_t at = 2; at < whole.len; at++) {
		struct buf out = BUF_INIT(1000);
		int rc;

		whole.data[at] ^= 0x55;
		rc = unpack(&whole, 7, &out, NULL);
		/* Only the header's time, flags and system may differ unseen. */
		ck_assert_msg(rc == -EBADMSG || at < 10, "byte %zu", at);
		whole.data[at] ^= 0x55;
		buf_release(&out);
	}
	buf_release(&whole);
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

UNIT_MAIN("unpack", UNIT_TEST(plain_bytes_pass_through),
    UNIT_TEST(members_are_one_text_and_padding_is_none),
    UNIT_TEST(what_is_cut_or_broken_is_an_error), UNIT_TEST(bombs_stop_at_their_limits))
