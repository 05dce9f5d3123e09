#include "gateway/http/negotiate.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "gateway/http/head.h"

void
http_date(char out[HTTP_DATE_SIZE], time_t when)
{
	/* Not strftime: its names follow the locale. */
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul",
		"Aug", "Sep", "Oct", "Nov", "Dec" };
	struct tm tm = { .tm_mday = 1, .tm_year = 70, .tm_wday = 4 };

	(void)gmtime_r(&when, &tm);
	snprintf(out, HTTP_DATE_SIZE, "%s, %02u %s %04u %02u:%02u:%02u GMT", days[tm.tm_wday],
	    (unsigned)tm.tm_mday % 100, months[tm.tm_mon], (unsigned)(tm.tm_year + 1900) % 10000,
	    (unsigned)tm.tm_hour % 100, (unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100);
}

/* The next element of a comma-separated list, blanks trimmed; false at its end. */
static _Bool
list_next(const char **list, const char **ret, size_t *ret_len)
{
	*list += strspn(*list, ", \t");
	*ret = *list;
	*ret_len = strcspn(*list, ",");
	*list += *ret_len;
	while (*ret_len > 0 && ((*ret)[*ret_len - 1] == ' ' || (*ret)[*ret_len - 1] == '\t'))
		--*ret_len;
	return *ret_len > 0;
}

/* Of "gzip; q=0.5": is the weight above 0? None counts as 1, a bad one as 0. */
static _Bool
weight_is_positive(const char *params, size_t len)
{
	const char *end = params + len;

	while (params < end && (*params == ' ' || *params == '\t' || *params == ';'))
		params++;
	if (params == end)
		return 1;
	if (end - params < 3 || (params[0] | 0x20) != 'q' || params[1] != '=')
		return 0;
	for (params += 2; params < end; params++) {
		if (*params >= '1' && *params <= '9')
			return 1;
		if (*params != '0' && *params != '.')
			return 0;
	}
	return 0;
}

_Bool
http_accepts_gzip(const struct http_head *head)
{
	const char *list = http_head_field(head, "Accept-Encoding"), *item;
	_Bool any = 0;
	size_t len;

	if (list == NULL || http_head_field(head, "Range") != NULL)
		return 0;
	while (list_next(&list, &item, &len)) {
		size_t name = strcspn(item, "; \t,");

		if ((name == 4 && strncasecmp(item, "gzip", 4) == 0) ||
		    (name == 6 && strncasecmp(item, "x-gzip", 6) == 0))
			return weight_is_positive(item + name, len - name);
		if (name == 1 && *item == '*')
			any = weight_is_positive(item + 1, len - 1);
	}
	return any;
}

_Bool
http_etag_matches(const struct http_head *head, const char *etag)
{
	const char *list = http_head_field(head, "If-None-Match"), *item;
	size_t len;

	if (list == NULL)
		return 0;
	/* Our tags hold no comma, so an element that is one of them is never cut. */
	while (list_next(&list, &item, &len)) {
		if (len == 1 && *item == '*')
			return 1;
		if (len > 2 && strncmp(item, "W/", 2) == 0) {
			item += 2;
			len -= 2;
		}
		if (len == strlen(etag) && memcmp(item, etag, len) == 0)
			return 1;
	}
	return 0;
}

/* Reads digits; no digit, or a number beyond 64 bits: false. */
static _Bool
take_number(const char **p, uint64_t *ret)
{
	const char *start = *p;

	for (*ret = 0; **p >= '0' && **p <= '9'; ++*p) {
		if (__builtin_mul_overflow(*ret, 10, ret) ||
		    __builtin_add_overflow(*ret, (unsigned)(**p - '0'), ret))
			return 0;
	}
	return *p > start;
}

/* "bytes=FIRST-", "bytes=FIRST-LAST" or "bytes=-COUNT". */
static int
select_range(const char *range, uint64_t size, struct http_part *part)
{
	uint64_t first, last;

	if (strncasecmp(range, "bytes=", 6) != 0)
		return 200;
	range += 6;
	if (*range == '-') {
		range++;
		if (!take_number(&range, &last) || *range != '\0')
			return 200;
		first = last < size ? size - last : 0;
		part->length = size - first;
		part->offset = first;
		return part->length > 0 ? 206 : 416;
	}
	if (!take_number(&range, &first) || *range != '-')
		return 200;
	range++;
	last = UINT64_MAX;
	if (*range != '\0' && (!take_number(&range, &last) || *range != '\0' || last < first))
		return 200;
	if (first >= size)
		return 416;
	part->offset = first;
	part->length = (last < size - 1 ? last : size - 1) - first + 1;
	return 206;
}

int
http_select(const struct http_head *head, const struct http_content *content,
    struct http_part *ret_part)
{
	const char *range = http_head_field(head, "Range");
	const char *condition = http_head_field(head, "If-Range");
	const char *since = http_head_field(head, "If-Modified-Since");
	int status = 200;

	*ret_part = (struct http_part){ 0, 0 };
	if (http_head_field(head, "If-None-Match") != NULL) {
		if (http_etag_matches(head, content->etag))
			return 304;
	} else if (since != NULL && content->modified != NULL &&
	    strcmp(since, content->modified) == 0) {
		return 304;
	}
	/* RFC 9110 §14.2: Range means something for GET only. */
	if (range != NULL && head->method == HTTP_GET &&
	    (condition == NULL || strcmp(condition, content->etag) == 0 ||
		(content->modified != NULL && strcmp(condition, content->modified) == 0)))
		status = select_range(range, content->size, ret_part);
	if (status == 416)
		*ret_part = (struct http_part){ 0, 0 };
	else if (status == 200)
		*ret_part = (struct http_part){ 0, content->size };
	return status;
}
