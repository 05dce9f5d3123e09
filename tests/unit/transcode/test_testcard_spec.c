#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "transcode/testcard.h"
#include "unit.h"

#define DEFAULTS                                                                         \
	.number = 1, .name = "Channel 1", .codec = TESTCARD_MPEG2, .fps = 25, .gop = 25, \
	.rate = 3000000, .width = 720, .height = 576, .frames = 0, .pace = 1

/* Later initialisers override the defaults: that is the point of the rows. */
#pragma GCC diagnostic ignored "-Woverride-init"
#define FORTY "1234567890123456789012345678901234567890"

static const struct {
	const char *url;
	struct testcard_spec spec;
} good[] = {
	{ "testcard:", { DEFAULTS } },
	{ "testcard:?", { DEFAULTS } },
	{ "TestCard:?&&", { DEFAULTS } },
	{ "testcard:?n=9999", { DEFAULTS, .number = 9999, .name = "Channel 9999" } },
	{ "testcard:?name=Arte%20%C3%A9", { DEFAULTS, .name = "Arte \303\251" } },
	{ "testcard:?name=" FORTY, { DEFAULTS, .name = FORTY } },
	{ "testcard:?name=a=b", { DEFAULTS, .name = "a=b" } },
	{ "testcard:?codec=h264", { DEFAULTS, .codec = TESTCARD_H264 } },
	{ "testcard:?codec=hevc&fps=7", { DEFAULTS, .codec = TESTCARD_HEVC, .fps = 7 } },
	{ "testcard:?fps=7&codec=hevc", { DEFAULTS, .codec = TESTCARD_HEVC, .fps = 7 } },
	{ "testcard:?fps=1&gop=1", { DEFAULTS, .fps = 1, .gop = 1 } },
	{ "testcard:?fps=60&gop=500", { DEFAULTS, .fps = 60, .gop = 500 } },
	{ "testcard:?rate=100k", { DEFAULTS, .rate = 100000 } },
	{ "testcard:?rate=50M", { DEFAULTS, .rate = 50000000 } },
	{ "testcard:?rate=123456", { DEFAULTS, .rate = 123456 } },
	{ "testcard:?size=160x120", { DEFAULTS, .width = 160, .height = 120 } },
	{ "testcard:?size=1920x1080", { DEFAULTS, .width = 1920, .height = 1080 } },
	{ "testcard:?frames=250&pace=0", { DEFAULTS, .frames = 250, .pace = 0 } },
	{ "testcard:?frames=18446744073709551615",
	    { DEFAULTS, .frames = 18446744073709551615ull } },
};

START_TEST(reads_every_parameter)
{
	struct err err = ERR_INIT;
	struct testcard_spec spec;

	ck_assert_msg(testcard_parse(&spec, good[_i].url, &err) == 0, "%s: %s", good[_i].url,
	    err.text);
	ck_assert_uint_eq(spec.number, good[_i].spec.number);
	ck_assert_str_eq(spec.name, good[_i].spec.name);
	ck_assert_int_eq(spec.codec, good[_i].spec.codec);
	ck_assert_uint_eq(spec.fps, good[_i].spec.fps);
	ck_assert_uint_eq(spec.gop, good[_i].spec.gop);
	ck_assert_uint_eq(spec.rate, good[_i].spec.rate);
	ck_assert_uint_eq(spec.width, good[_i].spec.width);
	ck_assert_uint_eq(spec.height, good[_i].spec.height);
	ck_assert_uint_eq(spec.frames, good[_i].spec.frames);
	ck_assert_int_eq(spec.pace, good[_i].spec.pace);
}
END_TEST

static const struct {
	const char *url, *text;
} bad[] = {
	{ "http://a/", "'http://a/' is not testcard:?..." },
	{ "", "'' is not testcard:?..." },
	{ "testcard", "'testcard' is not testcard:?..." },
	{ "testcard:n=1", "testcard: 'n=1' should begin with '?'" },
	{ "testcard:?n", "testcard: 'n' has no value" },
	{ "testcard:?n=", "testcard: n: '' is not a number from 1 to 9999" },
	{ "testcard:?n=0", "testcard: n: '0' is not a number from 1 to 9999" },
	{ "testcard:?n=10000", "testcard: n: '10000' is not a number from 1 to 9999" },
	{ "testcard:?n=-1", "testcard: n: '-1' is not a number from 1 to 9999" },
	{ "testcard:?n=1x", "testcard: n: '1x' is not a number from 1 to 9999" },
	{ "testcard:?n=18446744073709551617",
	    "testcard: n: '18446744073709551617' is not a number from 1 to 9999" },
	{ "testcard:?n=1&n=2", "testcard: n: given twice" },
	{ "testcard:?name=", "testcard: name: not 1 to 40 bytes long" },
	{ "testcard:?name=" FORTY "1", "testcard: name: not 1 to 40 bytes long" },
	{ "testcard:?name=a%0Ab", "testcard: name: has a control character" },
	{ "testcard:?name=a%C2%85b", "testcard: name: has a control character" },
	{ "testcard:?name=%E9", "testcard: name: not UTF-8" },
	{ "testcard:?name=%00", "testcard: name: '%00' has a bad %XX" },
	{ "testcard:?name=%4", "testcard: name: '%4' has a bad %XX" },
	{ "testcard:?codec=av1", "testcard: codec: 'av1' is not mpeg2, h264 or hevc" },
	{ "testcard:?fps=0", "testcard: fps: '0' is not a number from 1 to 60" },
	{ "testcard:?fps=61", "testcard: fps: '61' is not a number from 1 to 60" },
	{ "testcard:?fps=7", "testcard: fps: mpeg2 cannot express 7; 25 is safe" },
	{ "testcard:?gop=0", "testcard: gop: '0' is not a number from 1 to 500" },
	{ "testcard:?gop=501", "testcard: gop: '501' is not a number from 1 to 500" },
	{ "testcard:?rate=99k", "testcard: rate: '99k' is not a bit rate from 100k to 50M" },
	{ "testcard:?rate=51M", "testcard: rate: '51M' is not a bit rate from 100k to 50M" },
	{ "testcard:?rate=1G", "testcard: rate: '1G' is not a bit rate from 100k to 50M" },
	{ "testcard:?rate=M", "testcard: rate: 'M' is not a bit rate from 100k to 50M" },
	{ "testcard:?rate=18446744073709551615M",
	    "testcard: rate: '18446744073709551615M' is not a bit rate from 100k to 50M" },
	{ "testcard:?size=720",
	    "testcard: size: '720' is not WxH, both even, from 160x120 to 1920x1080" },
	{ "testcard:?size=721x576",
	    "testcard: size: '721x576' is not WxH, both even, from 160x120 to 1920x1080" },
	{ "testcard:?size=158x120",
	    "testcard: size: '158x120' is not WxH, both even, from 160x120 to 1920x1080" },
	{ "testcard:?size=160x1082",
	    "testcard: size: '160x1082' is not WxH, both even, from 160x120 to 1920x1080" },
	{ "testcard:?size=720x576x",
	    "testcard: size: '720x576x' is not WxH, both even, from 160x120 to 1920x1080" },
	{ "testcard:?frames=-1",
	    "testcard: frames: '-1' is not a number from 0 to 18446744073709551615" },
	{ "testcard:?frames=18446744073709551616",
	    "testcard: frames: '18446744073709551616' is not a number from 0 to "
	    "18446744073709551615" },
	{ "testcard:?pace=2", "testcard: pace: '2' is not 0 or 1" },
	{ "testcard:?colour=red",
	    "testcard: 'colour' is not one of n, name, codec, fps, gop, rate, size, frames, pace" },
};

START_TEST(names_what_is_wrong)
{
	struct err err = ERR_INIT;
	struct testcard_spec spec;

	ck_assert_int_eq(testcard_parse(&spec, bad[_i].url, &err), -EINVAL);
	ck_assert_str_eq(err.text, bad[_i].text);
}
END_TEST

START_TEST(takes_no_endless_parameter)
{
	char url[4096] = "testcard:?name=";
	struct err err = ERR_INIT;
	struct testcard_spec spec;

	memset(url + strlen(url), 'x', sizeof(url) - strlen(url) - 1);
	url[sizeof(url) - 1] = '\0';
	ck_assert_int_eq(testcard_parse(&spec, url, &err), -EINVAL);
	ck_assert_str_eq(err.text, "testcard: 'name=xxxxxxxxxxxxxxx...' is too long");
}
END_TEST

UNIT_MAIN("testcard_spec", UNIT_ROWS(reads_every_parameter, ARRAY_LEN(good)),
    UNIT_ROWS(names_what_is_wrong, ARRAY_LEN(bad)), UNIT_TEST(takes_no_endless_parameter))
