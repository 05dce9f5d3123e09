#include "base/json.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "unit.h"

START_TEST(writes_nested_values_with_their_commas)
{
	struct buf out = BUF_INIT(4096);
	struct json j = JSON_INIT(&out);

	json_object(&j, NULL);
	json_str(&j, "a", "x");
	json_str(&j, "none", NULL);
	json_array(&j, "list");
	json_int(&j, NULL, -1);
	json_uint(&j, NULL, UINT64_MAX);
	json_array(&j, NULL);
	json_array_end(&j);
	json_object(&j, NULL);
	json_object_end(&j);
	json_bool(&j, NULL, 1);
	json_array_end(&j);
	json_bool(&j, "no", 0);
	json_object_end(&j);
	ck_assert_str_eq(out.data,
	    "{\"a\":\"x\",\"none\":null,\"list\":[-1,18446744073709551615,[],{},true],"
	    "\"no\":false}");
	buf_release(&out);
}
END_TEST

static const struct {
	const char *text, *json;
} texts[] = {
	{ "", "\"\"" },
	{ "a\"b\\c/", "\"a\\\"b\\\\c/\"" },
	{ "\x01\n\x1f\x7f", "\"\\u0001\\u000a\\u001f\x7f\"" },
	{ "\xc3\xbc \xe2\x82\xac", "\"\xc3\xbc \xe2\x82\xac\"" },
	{ "caf\xe9", "\"caf\xef\xbf\xbd\"" },
	{ "\xc0\x80x\xed\xa0\x80",
	    "\"\xef\xbf\xbd\xef\xbf\xbdx\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
};

START_TEST(writes_any_bytes_as_valid_text)
{
	struct buf out = BUF_INIT(100);
	struct json j = JSON_INIT(&out);

	json_str(&j, NULL, texts[_i].text);
	ck_assert_str_eq(out.data, texts[_i].json);
	buf_release(&out);
}
END_TEST

static const struct {
	const char *text, *error;
	size_t len; /* 0: strlen */
} docs[] = {
	{ "{\"a\":[1,2,{\"b\":null}]}", NULL, 0 },
	{ " [] \n", NULL, 0 },
	{ "\xef\xbb\xbf{}", NULL, 0 },
	{ "\"]]]]\\\"[[[[\"", NULL, 0 },
	{ "{\"a\":1}tail", "JSON: a mistake at offset 7", 7 + 4 },
	{ "", "JSON: a mistake at offset 0", 0 },
	{ "{", "JSON: a mistake at offset 1", 0 },
	{ "{\"a\":\"\\u12", "JSON: a mistake at offset", 0 },
	{ "[1,\0]", "JSON: a NUL byte at offset 3", 5 },
	{ "\"\\\0\"", "JSON: a NUL byte at offset 2", 4 },
	{ "[1]", NULL, 3 },
	{ "[12]", "JSON: a mistake at offset", 3 },
};

START_TEST(reads_whole_documents_only)
{
	size_t len = docs[_i].len > 0 ? docs[_i].len : strlen(docs[_i].text);
	struct err err = ERR_INIT;
	/* A copy of exactly the bytes, so that a sanitizer sees a read past them. */
	char *text = malloc(len + 1);
	struct cJSON *tree;

	memcpy(text, docs[_i].text, len);
	text = realloc(text, len > 0 ? len : 1);
	tree = json_parse(text, len, 1000, &err);
	if (docs[_i].error == NULL) {
		ck_assert_msg(tree != NULL, "%s", err.text);
	} else {
		ck_assert_ptr_null(tree);
		ck_assert_int_eq(err.code, -EBADMSG);
		ck_assert_msg(strncmp(err.text, docs[_i].error, strlen(docs[_i].error)) == 0, "%s",
		    err.text);
	}
	cJSON_Delete(tree);
	free(text);
}
END_TEST

START_TEST(bounds_size_and_depth)
{
	char text[2 * JSON_DEPTH_MAX + 2];
	struct err err = ERR_INIT;
	struct cJSON *tree;

	memset(text, '[', JSON_DEPTH_MAX);
	memset(text + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
	tree = json_parse(text, 2 * JSON_DEPTH_MAX, 1000, &err);
	ck_assert_msg(tree != NULL, "%s", err.text);
	cJSON_Delete(tree);
	memset(text, '[', JSON_DEPTH_MAX + 1);
	memset(text + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX + 1);
	ck_assert_ptr_null(json_parse(text, 2 * JSON_DEPTH_MAX + 2, 1000, &err));
	ck_assert_str_eq(err.text, "JSON: more than 32 levels at offset 32");
	ck_assert_ptr_null(json_parse("[1,2,3]", 7, 6, &err));
	ck_assert_int_eq(err.code, -EFBIG);
}
END_TEST

UNIT_MAIN("json", UNIT_TEST(writes_nested_values_with_their_commas),
    UNIT_ROWS(writes_any_bytes_as_valid_text, ARRAY_LEN(texts)),
    UNIT_ROWS(reads_whole_documents_only, ARRAY_LEN(docs)), UNIT_TEST(bounds_size_and_depth))
