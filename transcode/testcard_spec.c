#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/list.h"
#include "base/url.h"
#include "transcode/font.h"
#include "transcode/testcard.h"

#define VALUE_MAX 255 /* bytes of one parameter, encoded */

struct param {
	const char *name;
	int (*set)(const struct param *p, struct testcard_spec *spec, const char *value,
	    struct err *err);
	size_t offset; /* of the number in the spec */
	unsigned min, max;
	const char *range; /* as a person reads it */
};

/* Decimal digits, nothing before or behind them but `*end`. */
static _Bool
read_number(const char *text, unsigned long long *ret, const char **end)
{
	unsigned long long n = 0;
	const char *p = text;

	for (; *p >= '0' && *p <= '9'; p++) {
		if (__builtin_mul_overflow(n, 10ull, &n) ||
		    __builtin_add_overflow(n, (unsigned long long)(*p - '0'), &n))
			return 0;
	}
	*ret = n;
	*end = p;
	return p > text;
}

static int
set_number(const struct param *p, struct testcard_spec *spec, const char *value, struct err *err)
{
	unsigned long long n;
	const char *end;

	if (!read_number(value, &n, &end) || *end != '\0' || n < p->min || n > p->max)
		return err_set(err, EINVAL, "'%s' is not a number from %s", value, p->range);
	*(unsigned *)(void *)((char *)spec + p->offset) = (unsigned)n;
	return 0;
}

static int
set_rate(const struct param *p, struct testcard_spec *spec, const char *value, struct err *err)
{
	unsigned long long n, unit = 1;
	const char *end;
	_Bool good = read_number(value, &n, &end);

	if (good && (*end == 'k' || *end == 'K')) {
		unit = 1000;
		end++;
	} else if (good && *end == 'M') {
		unit = 1000000;
		end++;
	}
	if (!good || *end != '\0' || __builtin_mul_overflow(n, unit, &n) || n < p->min ||
	    n > p->max)
		return err_set(err, EINVAL, "'%s' is not a bit rate from %s", value, p->range);
	spec->rate = (unsigned)n;
	return 0;
}

static int
set_frames(const struct param *p, struct testcard_spec *spec, const char *value, struct err *err)
{
	const char *end;

	if (!read_number(value, &spec->frames, &end) || *end != '\0')
		return err_set(err, EINVAL, "'%s' is not a number from %s", value, p->range);
	return 0;
}

static int
set_pace(const struct param *p, struct testcard_spec *spec, const char *value, struct err *err)
{
	if (strcmp(value, "0") != 0 && strcmp(value, "1") != 0)
		return err_set(err, EINVAL, "'%s' is not %s", value, p->range);
	spec->pace = value[0] == '1';
	return 0;
}

static int
set_codec(const struct param *p, struct testcard_spec *spec, const char *value, struct err *err)
{
	static const struct {
		const char *name;
		enum testcard_codec codec;
	} codecs[] = {
		{ "mpeg2", TESTCARD_MPEG2 },
		{ "h264", TESTCARD_H264 },
		{ "hevc", TESTCARD_HEVC },
	};

	for (size_t i = 0; i < ARRAY_LEN(codecs); i++) {
		if (strcmp(value, codecs[i].name) == 0) {
			spec->codec = codecs[i].codec;
			return 0;
		}
	}
	return err_set(err, EINVAL, "'%s' is not %s", value, p->range);
}

static int
set_size(const struct param *p, struct testcard_spec *spec, const char *value, struct err *err)
{
	unsigned long long w = 0, h = 0;
	const char *end;

	if (!read_number(value, &w, &end) || *end != 'x' || !read_number(end + 1, &h, &end) ||
	    *end != '\0' || w < 160 || w > 1920 || h < 120 || h > 1080 || w % 2 || h % 2)
		return err_set(err, EINVAL, "'%s' is not WxH, both even, from %s", value, p->range);
	spec->width = (unsigned)w;
	spec->height = (unsigned)h;
	return 0;
}

static int
set_name(const struct param *p, struct testcard_spec *spec, const char *value, struct err *err)
{
	size_t len = strlen(value);
	const char *text = value;
	uint32_t code;

	if (len == 0 || len > p->max)
		return err_set(err, EINVAL, "not %s bytes long", p->range);
	while ((code = font_next(&text)) != 0) {
		if (code == FONT_BAD_UTF8)
			return err_set(err, EINVAL, "not UTF-8");
		if (code < ' ' || (code >= 0x7f && code < 0xa0))
			return err_set(err, EINVAL, "has a control character");
	}
	memcpy(spec->name, value, len + 1);
	return 0;
}

static const struct param params[] = {
	{ "n", set_number, offsetof(struct testcard_spec, number), 1, 9999, "1 to 9999" },
	{ "name", set_name, 0, 1, TESTCARD_NAME_MAX, "1 to 40" },
	{ "codec", set_codec, 0, 0, 0, "mpeg2, h264 or hevc" },
	{ "fps", set_number, offsetof(struct testcard_spec, fps), 1, 60, "1 to 60" },
	{ "gop", set_number, offsetof(struct testcard_spec, gop), 1, 500, "1 to 500" },
	{ "rate", set_rate, 0, 100000, 50000000, "100k to 50M" },
	{ "size", set_size, 0, 0, 0, "160x120 to 1920x1080" },
	{ "frames", set_frames, 0, 0, 0, "0 to 18446744073709551615" },
	{ "pace", set_pace, 0, 0, 1, "0 or 1" },
};

static int
set_param(struct testcard_spec *spec, char *name, unsigned *seen, struct err *err)
{
	char *value = strchr(name, '=');

	if (value == NULL)
		return err_set(err, EINVAL, "'%s' has no value", name);
	*value++ = '\0';
	for (size_t i = 0; i < ARRAY_LEN(params); i++) {
		const struct param *p = &params[i];

		if (strcmp(name, p->name) != 0)
			continue;
		if (*seen & 1u << i)
			return err_set(err, EINVAL, "%s: given twice", name);
		*seen |= 1u << i;
		if (url_decode(value) < 0) {
			err_set(err, EINVAL, "'%s' has a bad %%XX", value);
			return err_wrap(err, "%s", name);
		}
		return p->set(p, spec, value, err) < 0 ? err_wrap(err, "%s", name) : 0;
	}
	return err_set(err, EINVAL,
	    "'%s' is not one of n, name, codec, fps, gop, rate, size, frames, pace", name);
}

static int
set_params(struct testcard_spec *spec, const char *query, struct err *err)
{
	char text[VALUE_MAX + 1];
	unsigned seen = 0;

	while (*query != '\0') {
		size_t len = strcspn(query, "&");
		int rc;

		if (len > VALUE_MAX)
			return err_set(err, EINVAL, "'%.20s...' is too long", query);
		memcpy(text, query, len);
		text[len] = '\0';
		query += len + (query[len] == '&');
		rc = len > 0 ? set_param(spec, text, &seen, err) : 0;
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* ISO 13818-2 6.3.3: frame_rate_code times (n + 1) / (d + 1), n of 2 bits, d of 5. */
static _Bool
mpeg2_has_rate(unsigned fps)
{
	static const unsigned codes[] = { 24, 25, 30, 50, 60 };

	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		for (unsigned n = 1; n <= 4; n++) {
			if (codes[i] * n % fps == 0 && codes[i] * n / fps <= 32)
				return 1;
		}
	}
	return 0;
}

int
testcard_parse(struct testcard_spec *spec, const char *url, struct err *err)
{
	const char *rest = strchr(url, ':');
	int rc;

	*spec = (struct testcard_spec){
		.number = 1,
		.codec = TESTCARD_MPEG2,
		.fps = 25,
		.gop = 25,
		.rate = 3000000,
		.width = 720,
		.height = 576,
		.pace = 1,
	};
	if (!url_has_scheme(url, "testcard") || rest == NULL)
		return err_set(err, EINVAL, "'%.40s' is not testcard:?...", url);
	rest++;
	if (*rest != '\0' && *rest != '?')
		return err_set(err, EINVAL, "testcard: '%.40s' should begin with '?'", rest);
	rc = set_params(spec, rest + (*rest == '?'), err);
	if (rc == 0 && spec->codec == TESTCARD_MPEG2 && !mpeg2_has_rate(spec->fps))
		rc = err_set(err, EINVAL, "fps: mpeg2 cannot express %u; 25 is safe", spec->fps);
	if (rc < 0)
		return err_wrap(err, "testcard");
	if (spec->name[0] == '\0')
		snprintf(spec->name, sizeof(spec->name), "Channel %u", spec->number);
	return 0;
}
