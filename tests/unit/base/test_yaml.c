#include "base/yaml.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "unit.h"

/* The tree on one line: {key@L:C: 'text'@L:C, list: [...]}; plain texts without quotes. */
static void
show(struct buf *b, const struct yaml_node *node)
{
	const char *ends = node->kind == YAML_MAP ? "{}" : "[]";

	if (node->kind == YAML_SCALAR) {
		buf_printf(b, node->plain ? "%s" : "'%s'", node->text);
		return;
	}
	buf_char(b, ends[0]);
	for (const struct yaml_node *n = node->first; n != NULL; n = n->next) {
		if (n != node->first)
			buf_str(b, ", ");
		if (n->key != NULL)
			buf_printf(b, "%s: ", n->key);
		show(b, n);
	}
	buf_char(b, ends[1]);
}

static const struct {
	const char *text, *tree, *error;
} documents[] = {
	{ "", "{}", NULL },
	{ "# nothing\n", "{}", NULL },
	{ "---\n...\n", "{}", NULL },
	{ "~", "{}", NULL },
	{ "\xef\xbb\xbf"
	  "a: 1\r\nb: 2\r\n",
	    "{a: 1, b: 2}", NULL },
	{ "a: 1\nb: [x, 'y', \"z\"]\nc:\n  - d: ~\n    e:\n",
	    "{a: 1, b: [x, 'y', 'z'], c: [{d: ~, e: }]}", NULL },
	{ "a: |\n  two\n  lines\n", "{a: 'two\nlines\n'}", NULL },
	{ "%YAML 1.2\n---\na: yes\n", "{a: yes}", NULL },
	{ "{\"a\": [1, {\"b\": null}], \"c\": true}", "{a: [1, {b: null}], c: true}", NULL },
	{ "a: http://u:p@h/?x=1&y=#z\n", "{a: http://u:p@h/?x=1&y=#z}", NULL },
	{ "- a\n- b\n", "[a, b]", NULL },
	{ "word", "word", NULL },
	{ "a: &name 1\n", "{a: 1}", NULL },
	/* What is refused, with its place. */
	{ "a: *name\n", NULL,
	    "1:4: aliases (*name) are not taken; quote a text that begins with *" },
	{ "a: &x [1]\nb:\n  <<: *x\n", NULL,
	    "3:7: aliases (*name) are not taken; quote a text that begins with *" },
	{ "a: !!str 1\n", NULL, "1:4: tags (!...) are not taken; quote a text that begins with !" },
	{ "a: !x [1]\n", NULL, "1:4: tags (!...) are not taken" },
	{ "? [a]\n: b\n", NULL, "1:3: a key must be a text; quote a text that begins with { or [" },
	{ "{{a: b}: c}", NULL, "1:2: a key must be a text; quote a text that begins with { or [" },
	{ "a: \"\\0\"\n", NULL, "1:4: a NUL character in a text" },
	{ "a: 1\n---\nb: 2\n", NULL, "3:1: a second document; one file holds one" },
	{ "a: 1\n\tb: 2\n", NULL, "2:1: a tab cannot indent; use blanks" },
	{ "\ta: 1\n", NULL, "1:1: a tab cannot indent; use blanks" },
	{ "a: b: c\n", NULL,
	    "1:5: mapping values are not allowed in this context; quote a text with a colon and a "
	    "blank in it, and look at the indentation" },
	{ "a: @b\n", NULL,
	    "1:4: while scanning for the next token, found character that cannot start any token; "
	    "quote a text that begins with a special character" },
	{ "a: [1,\nb: 2\n", NULL, NULL },
	{ "a: \"never ends\n", NULL, NULL },
	{ "one: 1\ntwo: \xff\n", NULL, "2:6: invalid leading UTF-8 octet" },
	{ "one: \x01\n", NULL, "1:6: control characters are not allowed" },
};

START_TEST(reads_what_is_plain_and_refuses_the_rest)
{
	struct buf shown = BUF_INIT(1024);
	struct err err = ERR_INIT;
	struct yaml_node *root;
	int rc;

	rc = yaml_parse(&root, documents[_i].text, strlen(documents[_i].text), &yaml_limits_default,
	    &err);
	if (documents[_i].tree != NULL) {
		ck_assert_msg(rc == 0, "%s: %s", documents[_i].text, err.text);
		show(&shown, root);
		ck_assert_str_eq(shown.data, documents[_i].tree);
	} else {
		ck_assert_int_eq(rc, -EBADMSG);
		ck_assert_ptr_null(root);
		if (documents[_i].error != NULL)
			ck_assert_str_eq(err.text, documents[_i].error);
	}
	yaml_node_free(root);
	buf_release(&shown);
}
END_TEST

/* Cut anywhere a document is a whole one, or an error with a place: never a crash or a leak. */
START_TEST(survives_every_cut)
{
	const char *text = documents[_i].text;

	for (size_t len = 0; len < strlen(text); len++) {
		char *copy = strndup(text, len);
		struct err err = ERR_INIT;
		struct yaml_node *root;
		int rc;

		rc = yaml_parse(&root, copy, len, &yaml_limits_default, &err);
		ck_assert(rc == 0 || (rc == -EBADMSG && strchr(err.text, ':') != NULL));
		yaml_node_free(root);
		free(copy);
	}
}
END_TEST

START_TEST(every_node_knows_its_place)
{
	static const char text[] = "one: 1\ntwo:\n  - three:  x\n    four: [y, z]\n";
	struct yaml_node *root, *entry, *four;

	ck_assert_int_eq(yaml_parse(&root, text, strlen(text), &yaml_limits_default, NULL), 0);
	entry = yaml_at(yaml_get(root, "two"), 0);
	ck_assert_uint_eq(entry->line, 3);
	ck_assert_uint_eq(entry->column, 5);
	ck_assert_uint_eq(yaml_get(entry, "three")->key_column, 5);
	ck_assert_uint_eq(yaml_get(entry, "three")->column, 13);
	four = yaml_get(entry, "four");
	ck_assert_uint_eq(four->key_line, 4);
	ck_assert_uint_eq(yaml_at(four, 1)->column, 15);
	ck_assert_ptr_null(yaml_at(four, 2));
	ck_assert_ptr_null(yaml_get(entry, "five"));
	yaml_node_free(root);
}
END_TEST

START_TEST(a_duplicate_key_stays_and_names_the_first)
{
	static const char text[] = "a: 1\nb: 2\na: 3\n";
	struct yaml_node *root;

	ck_assert_int_eq(yaml_parse(&root, text, strlen(text), &yaml_limits_default, NULL), 0);
	ck_assert_uint_eq(root->count, 3);
	ck_assert_uint_eq(root->first->first_line, 0);
	ck_assert_uint_eq(root->last->first_line, 1);
	ck_assert_str_eq(yaml_get(root, "a")->text, "1");
	yaml_node_free(root);
}
END_TEST

static const struct {
	const char *text;
	_Bool null;
} scalars[] = { { "", 1 }, { "~", 1 }, { "null", 1 }, { "Null", 1 }, { "NULL", 1 }, { "nULL", 0 },
	{ "''", 0 }, { "'null'", 0 }, { "\"~\"", 0 }, { "no", 0 }, { "0", 0 } };

START_TEST(null_is_that_of_yaml_1_2)
{
	struct buf text = BUF_INIT(64);
	struct yaml_node *root;

	buf_printf(&text, "k: %s", scalars[_i].text);
	ck_assert_int_eq(yaml_parse(&root, text.data, text.len, &yaml_limits_default, NULL), 0);
	ck_assert_int_eq(yaml_is_null(yaml_get(root, "k")), scalars[_i].null);
	yaml_node_free(root);
	buf_release(&text);
}
END_TEST

/* `count` times `piece` behind `head`; a $ in it is its number. */
static int
parse_many(const char *head, const char *piece, size_t count, const struct yaml_limits *limits,
    struct err *err)
{
	struct buf text = BUF_INIT(32u << 20);
	struct yaml_node *root;
	int rc;

	buf_str(&text, head);
	for (size_t i = 0; i < count; i++) {
		size_t before = strcspn(piece, "$");

		buf_add(&text, piece, before);
		if (piece[before] == '$')
			buf_printf(&text, "%zu%s", i, piece + before + 1);
	}
	rc = yaml_parse(&root, text.data, text.len, limits, err);
	yaml_node_free(root);
	buf_release(&text);
	return rc;
}

START_TEST(every_limit_holds)
{
	struct yaml_limits limits = { .bytes_max = 4096,
		.nodes_max = 20,
		.keys_max = 5,
		.depth_max = 4 };
	struct err err = ERR_INIT;

	ck_assert_int_eq(parse_many("", "- $\n", 19, &limits, &err), 0);
	ck_assert_int_eq(parse_many("", "- $\n", 20, &limits, &err), -EBADMSG);
	ck_assert_str_eq(err.text, "20:3: the document has too many entries");
	ck_assert_int_eq(parse_many("", "k$: x\n", 5, &limits, &err), 0);
	ck_assert_int_eq(parse_many("", "k$: x\n", 6, &limits, &err), -EBADMSG);
	ck_assert_str_eq(err.text, "6:5: too many keys in one map");
	ck_assert_int_eq(parse_many("[[[[]]]]", "", 0, &limits, &err), 0);
	ck_assert_int_eq(parse_many("[[[[[]]]]]", "", 0, &limits, &err), -EBADMSG);
	ck_assert_str_eq(err.text, "1:5: nested too deeply");
	ck_assert_int_eq(parse_many("# ", "#", 4100, &limits, &err), -EFBIG);
	ck_assert_str_eq(err.text, "larger than 4096 bytes");
}
END_TEST

/* The worst that fits into the default limits is over in a moment. */
START_TEST(bombs_end_soon)
{
	ck_assert_int_eq(parse_many("", "[", 200000, &yaml_limits_default, NULL), -EBADMSG);
	ck_assert_int_eq(parse_many("", "{a: ", 200000, &yaml_limits_default, NULL), -EBADMSG);
	ck_assert_int_eq(parse_many("", "? ", 200000, &yaml_limits_default, NULL), -EBADMSG);
	ck_assert_int_eq(parse_many("", "- ", 200000, &yaml_limits_default, NULL), -EBADMSG);
	ck_assert_int_eq(parse_many("", "k$: x\n", 200000, &yaml_limits_default, NULL), -EBADMSG);
	ck_assert_int_eq(parse_many("a: [", "x,", 200000, &yaml_limits_default, NULL), -EBADMSG);
	ck_assert_int_eq(parse_many("a: ", "word ", 200000, &yaml_limits_default, NULL), 0);
	ck_assert_int_eq(parse_many("a: \"", "\\x41", 200000, &yaml_limits_default, NULL),
	    -EBADMSG);
	ck_assert_int_eq(
	    parse_many("a: &a [x]\n", "b$: [*a,*a,*a]\n", 20, &yaml_limits_default, NULL),
	    -EBADMSG);
}
END_TEST

START_TEST(a_node_can_be_made_another)
{
	struct yaml_node *root = yaml_node_new(YAML_MAP, NULL, NULL, NULL);
	struct yaml_node *list = yaml_node_new(YAML_LIST, "list", NULL, "here");

	ck_assert(root != NULL && list != NULL);
	yaml_node_add(root, list);
	yaml_node_add(root, yaml_node_new(YAML_SCALAR, "after", "x", NULL));
	yaml_node_add(list, yaml_node_new(YAML_SCALAR, NULL, "one", NULL));
	ck_assert_int_eq(yaml_node_turn(list, YAML_SCALAR, "two", "there"), 0);
	ck_assert_ptr_eq(yaml_get(root, "list"), list);
	ck_assert_str_eq(list->text, "two");
	ck_assert_str_eq(list->origin, "there");
	ck_assert_uint_eq(list->count, 0);
	ck_assert_str_eq(list->next->key, "after");
	yaml_node_free(root);
	yaml_node_free(NULL);
}
END_TEST

UNIT_MAIN("yaml", UNIT_ROWS(reads_what_is_plain_and_refuses_the_rest, ARRAY_LEN(documents)),
    UNIT_ROWS(survives_every_cut, ARRAY_LEN(documents)), UNIT_TEST(every_node_knows_its_place),
    UNIT_TEST(a_duplicate_key_stays_and_names_the_first),
    UNIT_ROWS(null_is_that_of_yaml_1_2, ARRAY_LEN(scalars)), UNIT_TEST(every_limit_holds),
    UNIT_TEST(bombs_end_soon), UNIT_TEST(a_node_can_be_made_another))
