/*
 * JSON: a writer that appends to a buf, and cJSON behind limits for reading.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stddef.h>
#include <stdint.h>

struct buf;
struct cJSON;
struct err;

/*
 * Writes compact JSON. `key` is NULL inside an array and at the top. Text is
 * taken as UTF-8; bytes that are not become U+FFFD, so the output is always valid.
 */
struct json {
	struct buf *out;
	uint64_t filled; /* bit d: something stands at depth d already */
	unsigned depth;  /* at most 63 */
};
#define JSON_INIT(buf_ptr)      \
	{                       \
		(buf_ptr), 0, 0 \
	}

void json_object(struct json *j, const char *key);
void json_object_end(struct json *j);
void json_array(struct json *j, const char *key);
void json_array_end(struct json *j);
void json_str(struct json *j, const char *key, const char *value); /* NULL: null */
void json_int(struct json *j, const char *key, int64_t value);
void json_uint(struct json *j, const char *key, uint64_t value);
void json_bool(struct json *j, const char *key, _Bool value);

/*
 * Parses a document of at most `max` bytes and 32 levels. The tree is the
 * caller's to cJSON_Delete(). NULL with *err set: -EFBIG, -EBADMSG (with the offset).
 */
#define JSON_DEPTH_MAX 32
struct cJSON *json_parse(const char *text, size_t len, size_t max, struct err *err);

#endif
