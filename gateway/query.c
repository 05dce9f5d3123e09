#include "gateway/query.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/url.h"
#include "epg/xmltime.h"

#define DIGITS       "0123456789"
#define DIGITS_MAX   18 /* whatever they are, they fit into 64 bits */
#define VALUE_MAX    64
#define TIME_MAX     INT64_C(4291747199) /* the end of 2105, as far as guides go */
#define OFFSET_BEGIN 19                  /* of "2024-01-01T12:00:00+01:00" */

static _Bool
is_number(const char *text)
{
	size_t len = strlen(text);

	return len > 0 && len <= DIGITS_MAX && strspn(text, DIGITS) == len;
}

int
query_uint(const char *query, const char *name, uint64_t min, uint64_t max, uint64_t *ret,
    struct err *err)
{
	struct buf text = BUF_INIT(VALUE_MAX);
	_Bool there = url_query_get(&text, query, name), good;
	uint64_t value = 0;

	good = there && buf_status(&text) == 0 && is_number(text.data);
	if (good) {
		value = strtoull(text.data, NULL, 10);
		good = value >= min && value <= max;
	}
	buf_release(&text);
	if (!there)
		return 0;
	if (!good)
		return err_set(err, EINVAL,
		    "'%s' must be a number from %" PRIu64 " to %" PRIu64 ".", name, min, max);
	*ret = value;
	return 1;
}

/* RFC 3339's form, of which the readers of guides take more than it allows. */
static int
read_date(char *text, int64_t *ret)
{
	static const struct xmltime_rules utc;
	size_t len = strlen(text);

	if (len <= OFFSET_BEGIN || text[4] != '-' || text[7] != '-' ||
	    strchr("Tt ", text[10]) == NULL || text[13] != ':' || text[16] != ':')
		return -EINVAL;
	text[10] = 'T';
	for (char *p = text + OFFSET_BEGIN; *p != '\0'; p++)
		*p = *p == ' ' ? '+' : *p == 'z' ? 'Z' : *p;
	if (strpbrk(text + OFFSET_BEGIN, "+-Z") == NULL)
		return -EINVAL;
	return xmltime_parse(text, len, &utc, ret);
}

int
query_time(const char *query, const char *name, int64_t *ret, struct err *err)
{
	struct buf text = BUF_INIT(VALUE_MAX);
	_Bool there = url_query_get(&text, query, name), good = 0;
	int64_t value = 0;

	if (there && buf_status(&text) == 0 && is_number(text.data)) {
		value = strtoll(text.data, NULL, 10);
		good = value <= TIME_MAX;
	} else if (there && buf_status(&text) == 0) {
		good = read_date(text.data, &value) == 0;
	}
	buf_release(&text);
	if (!there)
		return 0;
	if (!good)
		return err_set(err, EINVAL,
		    "'%s' must be a time like 2026-01-31T20:15:00Z, or seconds since 1970.", name);
	*ret = value;
	return 1;
}
