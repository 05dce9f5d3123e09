#include <errno.h>

#include "base/err.h"
#include "base/job.h"
#include "base/list.h"
#include "epg/wanted.h"
#include "epg/worker_guide_parts.h"

#define SPAN_MAX (INT64_C(1000) * 86400) /* past= and ahead= */

static _Bool
read_argument(struct guide_arguments *s, const char *arg)
{
	const struct {
		const char *key;
		int64_t *seconds;
		_Bool *flag;
	} rows[] = {
		{ "now", &s->now, NULL },
		{ "past", &s->past, NULL },
		{ "ahead", &s->ahead, NULL },
		{ "fill", NULL, &s->fill },
		{ "events", NULL, &s->madeup.events },
		{ "all", NULL, &s->all },
		{ "gzip", NULL, &s->gzip },
		{ "index", NULL, &s->index },
	};
	const char *value;
	int64_t number;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		value = job_value(arg, rows[i].key);
		if (value == NULL)
			continue;
		if (rows[i].seconds != NULL)
			return job_number(value, 0,
			    rows[i].seconds == &s->now ? UINT32_MAX : SPAN_MAX, rows[i].seconds);
		if (!job_number(value, 0, 1, &number))
			return 0;
		*rows[i].flag = number == 1;
		return 1;
	}
	if ((value = job_value(arg, "zone")) != NULL) {
		s->zone = value;
		return 1;
	}
	if ((value = job_value(arg, "block")) != NULL && job_number(value, 0, SPAN_MAX, &number)) {
		s->madeup.block_s = (uint32_t)number;
		return 1;
	}
	if ((value = job_value(arg, "shift")) != NULL && s->sources < ARRAY_LEN(s->shifts) &&
	    job_number(value, -WANTED_SHIFT_MAX, WANTED_SHIFT_MAX, &number)) {
		s->shifts[s->sources++] = (int32_t)number;
		return 1;
	}
	return 0;
}

int
guide_arguments_read(struct guide_arguments *s, int argc, char **argv, struct err *err)
{
	*s = (struct guide_arguments){ .gzip = 1, .index = 1, .zone = "" };
	for (int i = 1; i < argc; i++) {
		if (!read_argument(s, argv[i]))
			return err_set(err, EINVAL, "'%s' is no argument of worker guide", argv[i]);
	}
	return 0;
}
