#include "base/json.h"

#include <assert.h>
#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/utf8.h"

static void
add_text(struct buf *out, const char *text)
{
	const char *end = text + strlen(text), *run = text;

	buf_char(out, '"');
	for (const char *p = text; p < end;) {
		size_t n = utf8_char(p, end);

		if (n > 1 || (n == 1 && (unsigned char)*p >= 0x20 && *p != '"' && *p != '\\')) {
			p += n;
			continue;
		}
		buf_add(out, run, (size_t)(p - run));
		if (n == 0)
			buf_str(out, "\xef\xbf\xbd");
		else if (*p == '"' || *p == '\\')
			buf_printf(out, "\\%c", *p);
		else
			buf_printf(out, "\\u%04x", (unsigned)*p);
		run = ++p;
	}
	buf_add(out, run, (size_t)(end - run));
	buf_char(out, '"');
}

/* The comma and the key that stand before a value. */
static void
begin_value(struct json *j, const char *key)
{
	uint64_t bit = UINT64_C(1) << j->depth;

	if ((j->filled & bit) != 0)
		buf_char(j->out, ',');
	j->filled |= bit;
	if (key != NULL) {
		add_text(j->out, key);
		buf_char(j->out, ':');
	}
}

static void
begin_group(struct json *j, const char *key, char open)
{
	assert(j->depth < 63);
	begin_value(j, key);
	buf_char(j->out, open);
	j->depth++;
	j->filled &= ~(UINT64_C(1) << j->depth);
}

static void
end_group(struct json *j, char close)
{
	assert(j->depth > 0);
	j->depth--;
	buf_char(j->out, close);
}

void
json_object(struct json *j, const char *key)
{
	begin_group(j, key, '{');
}

void
json_object_end(struct json *j)
{
	end_group(j, '}');
}

void
json_array(struct json *j, const char *key)
{
	begin_group(j, key, '[');
}

void
json_array_end(struct json *j)
{
	end_group(j, ']');
}

void
json_str(struct json *j, const char *key, const char *value)
{
	begin_value(j, key);
	if (value == NULL)
		buf_str(j->out, "null");
	else
		add_text(j->out, value);
}

void
json_int(struct json *j, const char *key, int64_t value)
{
	begin_value(j, key);
	buf_printf(j->out, "%" PRId64, value);
}

void
json_uint(struct json *j, const char *key, uint64_t value)
{
	begin_value(j, key);
	buf_printf(j->out, "%" PRIu64, value);
}

void
json_bool(struct json *j, const char *key, _Bool value)
{
	begin_value(j, key);
	buf_str(j->out, value ? "true" : "false");
}

/* cJSON recurses once a level, so the levels are counted before it sees the text. */
static int
check_depth(const char *text, size_t len, struct err *err)
{
	unsigned depth = 0;
	_Bool quoted = 0;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c == '\0')
			return err_set(err, EBADMSG, "JSON: a NUL byte at offset %zu", i);
		if (c == '"')
			quoted = !quoted;
		else if (quoted && c == '\\' && i + 1 < len && text[i + 1] != '\0')
			i++;
		else if (!quoted && (c == '{' || c == '['))
			depth++;
		else if (!quoted && (c == '}' || c == ']') && depth > 0)
			depth--;
		if (depth > JSON_DEPTH_MAX)
			return err_set(err, EBADMSG, "JSON: more than %d levels at offset %zu",
			    JSON_DEPTH_MAX, i);
	}
	return 0;
}

struct cJSON *
json_parse(const char *text, size_t len, size_t max, struct err *err)
{
	const char *end = NULL;
	struct cJSON *tree = NULL;
	char *copy;

	if (len > max) {
		err_set(err, EFBIG, "JSON: larger than %zu bytes", max);
		return NULL;
	}
	if (check_depth(text, len, err) < 0)
		return NULL;
	/* cJSON 1.7.15 reads past texts that no NUL ends (CVE-2023-53154). */
	copy = malloc(len + 1);
	if (copy == NULL) {
		err_set(err, ENOMEM, "out of memory");
		return NULL;
	}
	memcpy(copy, text, len);
	copy[len] = '\0';
	tree = cJSON_ParseWithLengthOpts(copy, len + 1, &end, 1);
	if (tree == NULL)
		err_set(err, EBADMSG, "JSON: a mistake at offset %zu",
		    end == NULL ? (size_t)0 : (size_t)(end - copy));
	free(copy);
	return tree;
}
