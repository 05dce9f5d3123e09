#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/opt_parts.h"

struct unit {
	const char *name;
	uint64_t factor;
};

/* Largest first: opt_format_number takes the first that divides. */
static const struct unit times[] = {
	{ "d", UINT64_C(86400000) },
	{ "h", 3600000 },
	{ "m", 60000 },
	{ "s", 1000 },
	{ "ms", 1 },
	{ NULL, 0 },
};

static const struct unit sizes[] = {
	{ "GiB", UINT64_C(1) << 30 },
	{ "GB", UINT64_C(1000000000) },
	{ "MiB", UINT64_C(1) << 20 },
	{ "MB", 1000000 },
	{ "KiB", UINT64_C(1) << 10 },
	{ "kB", 1000 },
	{ "B", 1 },
	{ NULL, 0 },
};

static const struct unit *
units_of(enum opt_type type)
{
	return type == OPT_MSEC ? times : type == OPT_SIZE ? sizes : NULL;
}

int
opt_parse_number(enum opt_type type, const char *text, uint64_t *ret)
{
	const struct unit *unit = units_of(type);
	uint64_t value = 0, factor = 1;
	const char *p = text;

	for (; isdigit((unsigned char)*p); p++) {
		uint64_t digit = (uint64_t)(*p - '0');

		if (value > (UINT64_MAX - digit) / 10)
			return -ERANGE;
		value = value * 10 + digit;
	}
	if (p == text)
		return -EINVAL;
	if (*p != '\0' || (unit != NULL && value != 0)) {
		while (unit != NULL && unit->name != NULL && strcasecmp(unit->name, p) != 0)
			unit++;
		if (unit == NULL || unit->name == NULL)
			return -EINVAL;
		factor = unit->factor;
	}
	if (value > UINT64_MAX / factor)
		return -ERANGE;
	*ret = value * factor;
	return 0;
}

void
opt_format_number(enum opt_type type, uint64_t value, struct buf *out)
{
	const struct unit *unit = units_of(type);

	if (unit == NULL || value == 0) {
		buf_printf(out, "%" PRIu64, value);
		return;
	}
	while (value % unit->factor != 0)
		unit++;
	buf_printf(out, "%" PRIu64 "%s", value / unit->factor, unit->name);
}

static void
describe_words(const struct opt *row, struct buf *out)
{
	buf_str(out, "one of");
	for (size_t i = 0; row->words[i] != NULL; i++)
		buf_printf(out, "%s %s", i > 0 ? "," : "", row->words[i]);
}

static void
describe_number(const struct opt *row, const char *noun, struct buf *out)
{
	buf_printf(out, "%sa %s from ", (row->flags & OPT_ZERO) != 0 ? "0 or " : "", noun);
	opt_format_number(row->type, row->min, out);
	buf_str(out, " to ");
	opt_format_number(row->type, row->max, out);
}

void
opt_describe(const struct opt *row, struct buf *out)
{
	switch (row->type) {
	case OPT_TEXT: buf_str(out, "a text"); break;
	case OPT_UINT: describe_number(row, "whole number", out); break;
	case OPT_MSEC: describe_number(row, "time", out); break;
	case OPT_SIZE: describe_number(row, "size", out); break;
	case OPT_WORD: describe_words(row, out); break;
	case OPT_TEXTS: buf_str(out, "a list of texts"); break;
	case OPT_GROUP: buf_str(out, "a group of keys"); break;
	case OPT_GROUPS: buf_str(out, "a list of groups of keys"); break;
	}
}
