#include "base/opt.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/redact.h"
#include "base/yaml.h"
#include "unit.h"

/* -- a table with one row of each kind -------------------------------------------- */

struct item {
	char *name, *secret;
	char **tags;
	size_t tag_count;
	unsigned weight;
};

struct inner {
	uint64_t time, size;
};

struct settings {
	char *text;
	unsigned number, word;
	char **list;
	size_t list_count;
	struct inner inner;
	struct item *items;
	size_t item_count;
	struct item *needed;
	size_t needed_count;
};

static int
check_lower(const char *text, struct err *err)
{
	for (; *text != '\0'; text++) {
		if (*text >= 'A' && *text <= 'Z')
			return err_set(err, EINVAL, "has a capital %c", *text);
	}
	return 0;
}

static const char *const words[] = { "red", "green", "blue", NULL };

static const struct opt item_rows[] = {
	{ "name", OPT_TEXT, OPT_REQUIRED | OPT_UNIQUE, offsetof(struct item, name), .max = 8,
	    .check = check_lower, .example = "one", .help = "Its name." },
	{ "secret", OPT_TEXT, OPT_PRIVATE, offsetof(struct item, secret), .max = 20,
	    .check = check_lower, .otherwise = "none", .example = "hush",
	    .help = "Not to be told." },
	{ "tags", OPT_TEXTS, .offset = offsetof(struct item, tags),
	    .count_offset = offsetof(struct item, tag_count), .max = 3, .otherwise = "none",
	    .example = "a: b\nc", .help = "Words for it." },
	{ "weight", OPT_UINT, OPT_PRIVATE, offsetof(struct item, weight), .min = 1, .max = 9,
	    .fallback = "5", .help = "How much it counts." },
	OPT_END,
};

static const struct opt needed_rows[] = {
	{ "name", OPT_TEXT, .offset = offsetof(struct item, name), .max = 8, .fallback = "dflt",
	    .help = "Its name." },
	OPT_END,
};

static const struct opt inner_rows[] = {
	{ "time", OPT_MSEC, OPT_ZERO, offsetof(struct inner, time), .min = 1000, .max = 86400000,
	    .fallback = "10s", .help = "A time." },
	{ "size", OPT_SIZE, .offset = offsetof(struct inner, size), .min = 1024, .max = 1 << 30,
	    .fallback = "12MiB", .help = "A size | amount." },
	OPT_END,
};

static const struct opt rows[] = {
	{ "text", OPT_TEXT, .offset = offsetof(struct settings, text), .max = 10,
	    .otherwise = "nothing",
	    .help = "A text, whose help is so long that it does not fit into "
		    "one line of a comment and goes on in the next." },
	{ "number", OPT_UINT, .offset = offsetof(struct settings, number), .max = 100,
	    .fallback = "7", .help = "A number." },
	{ "word", OPT_WORD, .offset = offsetof(struct settings, word), .words = words,
	    .fallback = "green", .help = "A colour." },
	{ "list", OPT_TEXTS, .offset = offsetof(struct settings, list),
	    .count_offset = offsetof(struct settings, list_count), .min = 1, .max = 4,
	    .fallback = "first\nthe second", .check = check_lower, .help = "Texts." },
	{ "inner", OPT_GROUP, .offset = offsetof(struct settings, inner), .rows = inner_rows,
	    .help = "A group." },
	{ "items", OPT_GROUPS, .offset = offsetof(struct settings, items),
	    .count_offset = offsetof(struct settings, item_count), .max = 3, .rows = item_rows,
	    .size = sizeof(struct item), .help = "Groups." },
	{ "needed", OPT_GROUPS, .offset = offsetof(struct settings, needed),
	    .count_offset = offsetof(struct settings, needed_count), .min = 1, .max = 3,
	    .rows = needed_rows, .size = sizeof(struct item), .help = "At least one." },
	OPT_END,
};

/* -- loading ------------------------------------------------------------------------ */

struct fixture {
	struct settings settings;
	struct opt_load load;
	struct buf problems; /* a line each */
};

static void
keep_problem(const char *problem, void *arg)
{
	buf_printf(arg, "%s\n", problem);
}

/* "<x>" is "X", "<bad>" cannot be had. */
static int
expand(void *arg, const char *text, struct buf *out, struct err *err)
{
	(void)arg;
	if (strcmp(text, "<bad>") == 0)
		return err_set(err, ENOENT, "nothing is called bad");
	buf_str(out, strcmp(text, "<42>") == 0 ? "42" : text);
	return 0;
}

static void
begin(struct fixture *f, const char *text)
{
	*f = (struct fixture){
		.load = { .rows = rows, .file = "f.yaml", .expand = expand, .tell = keep_problem },
		.problems = BUF_INIT(65536),
	};
	f->load.tell_arg = &f->problems;
	ck_assert_int_eq(yaml_parse(&f->load.root, text, strlen(text), &yaml_limits_default, NULL),
	    0);
}

static void
end(struct fixture *f)
{
	opt_release(rows, &f->settings);
	ck_assert_ptr_null(f->settings.items);
	ck_assert_uint_eq(f->settings.list_count, 0);
	yaml_node_free(f->load.root);
	buf_release(&f->problems);
}

START_TEST(defaults_fill_in_what_is_not_set)
{
	struct fixture f;

	begin(&f, "number: ~\ninner:\nitems: []\n");
	opt_apply(&f.load, &f.settings);
	ck_assert_str_eq(f.problems.data, "");
	ck_assert_ptr_null(f.settings.text);
	ck_assert_uint_eq(f.settings.number, 7);
	ck_assert_uint_eq(f.settings.word, 1);
	ck_assert_uint_eq(f.settings.list_count, 2);
	ck_assert_str_eq(f.settings.list[1], "the second");
	ck_assert_uint_eq(f.settings.inner.time, 10000);
	ck_assert_uint_eq(f.settings.inner.size, 12u << 20);
	ck_assert_uint_eq(f.settings.item_count, 0);
	ck_assert_uint_eq(f.settings.needed_count, 1);
	ck_assert_str_eq(f.settings.needed[0].name, "dflt");
	end(&f);
}
END_TEST

START_TEST(reads_every_kind)
{
	struct fixture f;

	begin(&f,
	    "text: yes\nnumber: <42>\nword: blue\nlist: [x]\ninner: {time: 5m, size: 1MB}\n"
	    "items:\n  - {name: a, secret: s, tags: [t, u], weight: '9'}\n  - name: b\n");
	opt_apply(&f.load, &f.settings);
	ck_assert_str_eq(f.problems.data, "");
	ck_assert_str_eq(f.settings.text, "yes");
	ck_assert_uint_eq(f.settings.number, 42);
	ck_assert_uint_eq(f.settings.word, 2);
	ck_assert_uint_eq(f.settings.list_count, 1);
	ck_assert_uint_eq(f.settings.inner.time, 300000);
	ck_assert_uint_eq(f.settings.inner.size, 1000000);
	ck_assert_uint_eq(f.settings.item_count, 2);
	ck_assert_str_eq(f.settings.items[0].tags[1], "u");
	ck_assert_uint_eq(f.settings.items[0].weight, 9);
	ck_assert_uint_eq(f.settings.items[1].weight, 5);
	end(&f);
}
END_TEST

static const struct {
	const char *text, *problems;
} wrong[] = {
	{ "txt: x", "f.yaml:1:1: txt: there is no such key; did you mean 'text'?\n" },
	{ "zzz: x", "f.yaml:1:1: zzz: there is no such key\n" },
	{ "inner: {tiem: 3s}",
	    "f.yaml:1:9: inner.tiem: there is no such key; did you mean 'time'?\n" },
	{ "text: a\nnumber: 1\ntext: b", "f.yaml:3:1: text: this key stands in line 1 already\n" },
	{ "[a]", "f.yaml:1:1: is a list; it must be a group of keys\n" },
	{ "text: [a]", "f.yaml:1:7: text: is a list; it must be a text\n" },
	{ "text: {a: b}", "f.yaml:1:7: text: is a group of keys; it must be a text\n" },
	{ "text: ''", "f.yaml:1:7: text: is empty\n" },
	{ "text: 12345678901", "f.yaml:1:7: text: is longer than 10 bytes\n" },
	{ "text: \"a\\nb\"",
	    "f.yaml:1:7: text: has a line break or another control character in it\n" },
	{ "text: <bad>", "f.yaml:1:7: text: nothing is called bad\n" },
	{ "number: [1]",
	    "f.yaml:1:9: number: is a list; it must be a whole number from 0 to 100\n" },
	{ "number: 101", "f.yaml:1:9: number: '101' is not a whole number from 0 to 100\n" },
	{ "number: -1", "f.yaml:1:9: number: '-1' is not a whole number from 0 to 100\n" },
	{ "number: 1.5", "f.yaml:1:9: number: '1.5' is not a whole number from 0 to 100\n" },
	{ "number: 0x10", "f.yaml:1:9: number: '0x10' is not a whole number from 0 to 100\n" },
	{ "number: 18446744073709551617",
	    "f.yaml:1:9: number: '18446744073709551617' is not a whole number from 0 to 100\n" },
	{ "number: 010",
	    "f.yaml:1:9: number: warning: the number begins with 0 and is read as decimal\n" },
	{ "number: \"\\e[31m\"",
	    "f.yaml:1:9: number: '\\x1b[31m' is not a whole number from 0 to 100\n" },
	{ "number: 0123456789012345678901234567890123456789012345678901234567890123456789",
	    "f.yaml:1:9: number: '012345678901234567890123456789012345678901234567890123456789...' "
	    "is not a whole number from 0 to 100\n" },
	{ "number: 'http://u:hunter2@h/'",
	    "f.yaml:1:9: number: 'http://***@h/' is not a whole number from 0 to 100\n" },
	{ "word: gren",
	    "f.yaml:1:7: word: 'gren' is not one of red, green, blue; did you mean green?\n" },
	{ "word: Green",
	    "f.yaml:1:7: word: 'Green' is not one of red, green, blue; did you mean green?\n" },
	{ "list: []", "f.yaml:1:7: list: needs at least 1 entry\n" },
	{ "list: [a, b, c, d, e]", "f.yaml:1:7: list: has 5 entries; at most 4\n" },
	{ "list: a", "f.yaml:1:7: list: is a text; it must be a list of texts\n" },
	{ "list: [a, [b], '', C, d]", "f.yaml:1:7: list: has 5 entries; at most 4\n" },
	{ "list: [[b], '', C, d]",
	    "f.yaml:1:8: list.0: is a list; it must be a text\nf.yaml:1:13: list.1: is empty\n"
	    "f.yaml:1:17: list.2: has a capital C\n" },
	{ "inner: 5", "f.yaml:1:8: inner: is a text; it must be a group of keys\n" },
	{ "inner: {time: 5}",
	    "f.yaml:1:15: inner.time: '5' is not 0 or a time from 1s to 1d; a time has a unit: "
	    "500ms, "
	    "10s, 5m, 12h, 1d\n" },
	{ "inner: {time: 5ms}",
	    "f.yaml:1:15: inner.time: '5ms' is not 0 or a time from 1s to 1d\n" },
	{ "inner: {time: 99999999999999999999d}",
	    "f.yaml:1:15: inner.time: '99999999999999999999d' is not 0 or a time from 1s to 1d\n" },
	{ "inner: {time: 0}", "" },
	{ "inner: {size: 0}", "f.yaml:1:15: inner.size: '0' is not a size from 1KiB to 1GiB\n" },
	{ "inner: {size: 12M}",
	    "f.yaml:1:15: inner.size: '12M' is not a size from 1KiB to 1GiB; a size has a unit: "
	    "64KiB, "
	    "12MiB, 1GiB\n" },
	{ "items: {name: a}",
	    "f.yaml:1:8: items: is a group of keys; it must be a list of groups of keys\n" },
	{ "items: [a]", "f.yaml:1:9: items.0: is a text; it must be a group of keys\n" },
	{ "items: [{secret: s}]", "f.yaml:1:9: items.0: needs the key 'name'\n" },
	{ "items: [{name: ~}]", "f.yaml:1:9: items.0: needs the key 'name'\n" },
	{ "items: [{name: a}, {name: b}, {name: a}]",
	    "f.yaml:1:38: items.2.name: 'a' is the name of items.0 already\n" },
	{ "items: [{name: a, secret: Hidden}]", "f.yaml:1:27: items.0.secret: has a capital H\n" },
	{ "items: [{name: a, weight: hunter2}]",
	    "f.yaml:1:27: items.0.weight: the value is not a whole number from 1 to 9\n" },
	{ "items: [{name: a}, {name: b}, {name: c}, {name: d}]",
	    "f.yaml:1:8: items: has 4 entries; at most 3\n" },
	{ "needed: []", "f.yaml:1:9: needed: needs at least 1 entry\n" },
	{ "a: 1\nb: 2\nnumber: x\n",
	    "f.yaml:1:1: a: there is no such key\nf.yaml:2:1: b: there is no such key\n"
	    "f.yaml:3:9: number: 'x' is not a whole number from 0 to 100\n" },
};

START_TEST(tells_every_problem_with_its_place)
{
	struct fixture f;
	unsigned warnings = 0, lines = 0;

	begin(&f, wrong[_i].text);
	opt_apply(&f.load, &f.settings);
	ck_assert_str_eq(f.problems.data, wrong[_i].problems);
	for (const char *p = f.problems.data; (p = strchr(p, '\n')) != NULL; p++)
		lines++;
	warnings = strstr(f.problems.data, "warning: ") != NULL ? 1 : 0;
	ck_assert_uint_eq(f.load.problems, lines - warnings);
	if (f.load.problems > 0)
		ck_assert_int_eq(strncmp(f.load.first, f.problems.data, strlen(f.load.first)), 0);
	end(&f);
}
END_TEST

START_TEST(a_huge_key_or_value_is_cut_where_it_is_told)
{
	struct buf text = BUF_INIT(1 << 20);
	struct fixture f;

	buf_printf(&text, "? %0100000d\n: x\nnumber: %0100000d\n", 0, 1);
	begin(&f, text.data);
	opt_apply(&f.load, &f.settings);
	ck_assert_uint_lt(f.problems.len, 400);
	ck_assert_ptr_nonnull(strstr(f.problems.data, "000...: there is no such key\n"));
	end(&f);
	begin(&f, "");
	opt_overlay_set(&f.load, text.data, "arg");
	buf_str(&text, "=1");
	opt_overlay_set(&f.load, text.data, "arg");
	ck_assert_uint_eq(f.load.problems, 2);
	ck_assert_uint_lt(f.problems.len, 800);
	end(&f);
	buf_release(&text);
}
END_TEST

/* -- overlays ------------------------------------------------------------------------ */

static const struct {
	const char *text, *set, *problems;
} overlays[] = {
	{ "number: 1", "number=2", "" },
	{ "", "number=2", "" },
	{ "number: [1]", "number=2", "" },
	{ "number: 1\nnumber: 3", "number=2",
	    "f.yaml:2:1: number: this key stands in line 1 already\n" },
	{ "", "number=x", "arg: number: 'x' is not a whole number from 0 to 100\n" },
	{ "", "number", "arg: 'number' has no value; it must be KEY=VALUE\n" },
	{ "", "nmber=2", "arg: there is no key 'nmber'; did you mean 'number'?\n" },
	{ "", "=2", "arg: there is no key ''\n" },
	{ "", "number.x=2", "arg: there is no key 'number.x'; did you mean 'number'?\n" },
	{ "", "inner=2", "arg: there is no key 'inner'\n" },
	{ "", "inner.=2", "arg: there is no key 'inner.'\n" },
	{ "", "inner.tme=2s", "arg: there is no key 'inner.tme'; did you mean 'inner.time'?\n" },
	{ "", "item.0.name=a",
	    "arg: there is no key 'item.0.name'; did you mean 'items.0.name'?\n" },
	{ "", "items.name=a", "arg: there is no key 'items.name'; did you mean 'items.0.name'?\n" },
	{ "", "items.7.nam=a",
	    "arg: there is no key 'items.7.nam'; did you mean 'items.7.name'?\n" },
	{ "", "items.-1.name=a",
	    "arg: there is no key 'items.-1.name'; did you mean 'items.1.name'?\n" },
	{ "", "items.1.name=a", "arg: 'items' has no entry 1; the next new one is 0\n" },
	{ "items: 3", "items.0.name=a",
	    "f.yaml:1:8: items: is a text; it must be a list of groups of keys\n" },
	{ "inner: 3", "inner.time=3s",
	    "f.yaml:1:8: inner: is a text; it must be a group of keys\n" },
	{ "[a]", "number=3", "f.yaml:1:1: is a list; it must be a group of keys\n" },
	{ "", "items.0.weight=3", "arg: items.0: needs the key 'name'\n" },
	{ "list: [a, b]", "list.3=x", "arg: 'list' has no entry 3; the next new one is 2\n" },
	{ "", "list.0.x=3", "arg: there is no key 'list.0.x'\n" },
};

START_TEST(an_overlay_goes_where_the_table_lets_it)
{
	struct fixture f;

	begin(&f, overlays[_i].text);
	opt_overlay_set(&f.load, overlays[_i].set, "arg");
	opt_apply(&f.load, &f.settings);
	ck_assert_str_eq(f.problems.data, overlays[_i].problems);
	end(&f);
}
END_TEST

START_TEST(overlays_change_and_add_entries)
{
	struct fixture f;

	begin(&f, "list: [a, b]\nitems:\n  - {name: x, weight: 1}\n  - ~\n");
	opt_overlay(&f.load, "list.1", "c", "arg");
	opt_overlay(&f.load, "list.2", "d", "arg");
	opt_overlay(&f.load, "items.0.weight", "2", "arg");
	opt_overlay(&f.load, "items.1.name", "y", "arg");
	opt_overlay(&f.load, "items.2.name", "z", "arg");
	opt_overlay(&f.load, "items.2.tags", "t", "arg");
	opt_overlay(&f.load, "items.2.tags.1", "u", "arg");
	opt_overlay(&f.load, "inner.time", "1m", "arg");
	opt_apply(&f.load, &f.settings);
	ck_assert_str_eq(f.problems.data, "");
	ck_assert_uint_eq(f.settings.list_count, 3);
	ck_assert_str_eq(f.settings.list[0], "a");
	ck_assert_str_eq(f.settings.list[1], "c");
	ck_assert_str_eq(f.settings.list[2], "d");
	ck_assert_uint_eq(f.settings.item_count, 3);
	ck_assert_uint_eq(f.settings.items[0].weight, 2);
	ck_assert_str_eq(f.settings.items[1].name, "y");
	ck_assert_uint_eq(f.settings.items[2].tag_count, 2);
	ck_assert_uint_eq(f.settings.inner.time, 60000);
	end(&f);
}
END_TEST

START_TEST(a_list_set_as_a_whole_has_one_entry)
{
	struct fixture f;

	begin(&f, "list: [a, b, c]\n");
	opt_overlay(&f.load, "list", "x", "arg");
	opt_apply(&f.load, &f.settings);
	ck_assert_uint_eq(f.settings.list_count, 1);
	ck_assert_str_eq(f.settings.list[0], "x");
	end(&f);
}
END_TEST

static _Bool
is_known(const char *name)
{
	return strcmp(name, "APP_OTHER") == 0;
}

static const char *const variables_of_all_kinds[] = { "APP_ITEMS__1__NAME=late", "PATH=/bin",
	"APP_NUMBER=8", "APP_OTHER=x", "APP_ITEMS__0__NAME=early",
	"APP_WORD=", "APP_INNER__TIME=2s", "APP_LIST=one", "APP_TEXT_FILE=/run/x", "APPENDIX=1",
	"APP_LIST__1=two", "APP_NO_EQUALS" };

START_TEST(the_environment_lies_over_the_file)
{
	char *env[ARRAY_LEN(variables_of_all_kinds) + 1] = { NULL };
	struct fixture f;

	for (size_t i = 0; i < ARRAY_LEN(variables_of_all_kinds); i++)
		env[i] = strdup(variables_of_all_kinds[i]);
	begin(&f, "number: 1\nword: red\n");
	opt_overlay_env(&f.load, env, "APP_", is_known);
	ck_assert_str_eq(f.problems.data, "");
	ck_assert_str_eq(yaml_get(f.load.root, "text")->text, "${file:/run/x}");
	ck_assert_int_eq(yaml_node_turn(yaml_get(f.load.root, "text"), YAML_SCALAR, "t", NULL), 0);
	opt_apply(&f.load, &f.settings);
	ck_assert_str_eq(f.problems.data, "");
	ck_assert_uint_eq(f.settings.number, 8);
	ck_assert_uint_eq(f.settings.word, 0);
	ck_assert_uint_eq(f.settings.inner.time, 2000);
	ck_assert_str_eq(f.settings.items[0].name, "early");
	ck_assert_str_eq(f.settings.items[1].name, "late");
	ck_assert_uint_eq(f.settings.list_count, 2);
	end(&f);
	for (size_t i = 0; env[i] != NULL; i++)
		free(env[i]);
}
END_TEST

static const struct {
	const char *entry, *problem;
} variables[] = {
	{ "APP_NUMER=1", "APP_NUMER: no setting has this name; did you mean APP_NUMBER?\n" },
	{ "APP_number=1", "APP_number: no setting has this name; did you mean APP_NUMBER?\n" },
	{ "APP_INNER_TIME=1s",
	    "APP_INNER_TIME: no setting has this name; did you mean APP_INNER__TIME?\n" },
	{ "APP_ITEMS_3_NAME=x",
	    "APP_ITEMS_3_NAME: no setting has this name; did you mean APP_ITEMS__3__NAME?\n" },
	{ "APP_ZZZ=1", "APP_ZZZ: no setting has this name\n" },
	{ "APP_=1", "APP_: no setting has this name\n" },
	{ "APP__FILE=1", "APP__FILE: no setting has this name\n" },
	{ "APP_NUMBER=x", "APP_NUMBER: number: 'x' is not a whole number from 0 to 100\n" },
	{ "APP_NUMBER_FILE=x",
	    "APP_NUMBER_FILE: number: '${file:x}' is not a whole number from 0 to 100\n" },
	{ "APP_ITEMS__1__NAME=x",
	    "APP_ITEMS__1__NAME: 'items' has no entry 1; the next new one is 0\n" },
};

START_TEST(a_variable_that_is_no_setting_is_told)
{
	char *env[] = { strdup(variables[_i].entry), NULL };
	struct fixture f;

	begin(&f, "");
	opt_overlay_env(&f.load, env, "APP_", NULL);
	opt_apply(&f.load, &f.settings);
	ck_assert_str_eq(f.problems.data, variables[_i].problem);
	end(&f);
	free(env[0]);
}
END_TEST

START_TEST(complaints_find_their_place)
{
	struct fixture f;

	begin(&f, "inner:\n  time: 3s\nitems: [{name: a}, {name: b}]\nlist: []\n");
	opt_overlay(&f.load, "number", "3", "arg");
	ck_assert(opt_is_set(&f.load, "inner.time"));
	ck_assert(opt_is_set(&f.load, "items.1.name"));
	ck_assert(!opt_is_set(&f.load, "items.2"));
	ck_assert(!opt_is_set(&f.load, "list"));
	ck_assert(!opt_is_set(&f.load, "items.x"));
	ck_assert(!opt_is_set(&f.load, "inner.time.x"));
	opt_complain(&f.load, "inner.time", "is %d", 1);
	opt_complain(&f.load, "items.1.name", "is 2");
	opt_complain(&f.load, "number", "is 3");
	opt_complain(&f.load, "text", "is 4");
	ck_assert_str_eq(f.problems.data,
	    "f.yaml:2:9: inner.time: is 1\nf.yaml:3:27: items.1.name: is 2\narg: number: is 3\n"
	    "f.yaml: text: is 4\n");
	ck_assert_uint_eq(f.load.problems, 4);
	end(&f);
}
END_TEST

START_TEST(no_problem_shows_a_known_secret)
{
	struct fixture f;

	redact_secret("hunter2");
	begin(&f, "number: hunter2\nhunter2: 1\n");
	opt_apply(&f.load, &f.settings);
	ck_assert_uint_eq(f.load.problems, 2);
	ck_assert_ptr_null(strstr(f.problems.data, "hunter2"));
	ck_assert_ptr_null(strstr(f.load.first, "hunter2"));
	end(&f);
	redact_forget();
}
END_TEST

/* -- numbers -------------------------------------------------------------------------- */

static const struct {
	enum opt_type type;
	const char *text;
	int rc;
	uint64_t value;
	const char *shown; /* NULL: as written */
} numbers[] = {
	{ OPT_UINT, "0", 0, 0, NULL },
	{ OPT_UINT, "42", 0, 42, NULL },
	{ OPT_UINT, "0042", 0, 42, "42" },
	{ OPT_UINT, "18446744073709551615", 0, UINT64_MAX, NULL },
	{ OPT_UINT, "18446744073709551616", -ERANGE, 0, NULL },
	{ OPT_UINT, "", -EINVAL, 0, NULL },
	{ OPT_UINT, "-1", -EINVAL, 0, NULL },
	{ OPT_UINT, "+1", -EINVAL, 0, NULL },
	{ OPT_UINT, " 1", -EINVAL, 0, NULL },
	{ OPT_UINT, "1 ", -EINVAL, 0, NULL },
	{ OPT_UINT, "1s", -EINVAL, 0, NULL },
	{ OPT_UINT, "yes", -EINVAL, 0, NULL },
	{ OPT_MSEC, "0", 0, 0, NULL },
	{ OPT_MSEC, "0s", 0, 0, "0" },
	{ OPT_MSEC, "500ms", 0, 500, NULL },
	{ OPT_MSEC, "10s", 0, 10000, NULL },
	{ OPT_MSEC, "5m", 0, 300000, NULL },
	{ OPT_MSEC, "12h", 0, 43200000, NULL },
	{ OPT_MSEC, "24h", 0, 86400000, "1d" },
	{ OPT_MSEC, "90s", 0, 90000, NULL },
	{ OPT_MSEC, "5", -EINVAL, 0, NULL },
	{ OPT_MSEC, "s", -EINVAL, 0, NULL },
	{ OPT_MSEC, "1.5h", -EINVAL, 0, NULL },
	{ OPT_MSEC, "5 m", -EINVAL, 0, NULL },
	{ OPT_MSEC, "1h30m", -EINVAL, 0, NULL },
	{ OPT_MSEC, "5x", -EINVAL, 0, NULL },
	{ OPT_MSEC, "213503982335d", -ERANGE, 0, NULL },
	{ OPT_SIZE, "12MiB", 0, 12u << 20, NULL },
	{ OPT_SIZE, "12mib", 0, 12u << 20, "12MiB" },
	{ OPT_SIZE, "4MB", 0, 4000000, NULL },
	{ OPT_SIZE, "1024KiB", 0, 1u << 20, "1MiB" },
	{ OPT_SIZE, "3GiB", 0, UINT64_C(3) << 30, NULL },
	{ OPT_SIZE, "64kB", 0, 64000, NULL },
	{ OPT_SIZE, "7B", 0, 7, NULL },
	{ OPT_SIZE, "12M", -EINVAL, 0, NULL },
	{ OPT_SIZE, "12", -EINVAL, 0, NULL },
};

START_TEST(numbers_are_read_and_shown)
{
	struct buf shown = BUF_INIT(64);
	uint64_t value = 0;

	ck_assert_int_eq(opt_parse_number(numbers[_i].type, numbers[_i].text, &value),
	    numbers[_i].rc);
	if (numbers[_i].rc < 0)
		return;
	ck_assert_uint_eq(value, numbers[_i].value);
	opt_format_number(numbers[_i].type, value, &shown);
	ck_assert_str_eq(shown.data,
	    numbers[_i].shown != NULL ? numbers[_i].shown : numbers[_i].text);
	buf_release(&shown);
}
END_TEST

/* -- documentation -------------------------------------------------------------------- */

/* Takes the # away in front of what is not a comment of the top level. */
static void
uncomment(const char *example, struct buf *out)
{
	const char *line = example;

	while (*line != '\0') {
		size_t len = strcspn(line, "\n") + 1;
		size_t skip = line[0] == '#' && (line[1] != ' ' || line[2] == ' ') ? 1 : 0;

		buf_add(out, line + skip, len - skip);
		line += len;
	}
}

START_TEST(the_example_is_all_comment_and_whole_without_its_signs)
{
	struct buf example = BUF_INIT(65536), whole = BUF_INIT(65536);
	struct fixture f;

	opt_print_example(rows, &example);
	for (const char *line = example.data; *line != '\0'; line += strcspn(line, "\n") + 1)
		ck_assert_msg(*line == '#' || *line == '\n', "%s", line);
	uncomment(example.data, &whole);
	begin(&f, whole.data);
	ck_assert_ptr_nonnull(yaml_get(f.load.root, "text"));
	yaml_node_turn(yaml_get(f.load.root, "text"), YAML_SCALAR, "x", NULL);
	opt_apply(&f.load, &f.settings);
	ck_assert_str_eq(f.problems.data, "");
	ck_assert_uint_eq(f.settings.number, 7);
	ck_assert_str_eq(f.settings.list[1], "the second");
	ck_assert_str_eq(f.settings.items[0].name, "one");
	ck_assert_str_eq(f.settings.items[0].tags[0], "a: b");
	ck_assert_uint_eq(f.settings.inner.size, 12u << 20);
	end(&f);
	buf_release(&example);
	buf_release(&whole);
}
END_TEST

START_TEST(the_manual_has_every_key)
{
	struct buf text = BUF_INIT(65536);

	opt_print_markdown(rows, &text);
	ck_assert_ptr_nonnull(strstr(text.data, "| `text` | a text | nothing | A text, whose"));
	ck_assert_ptr_nonnull(
	    strstr(text.data, "| `list` | a list of texts | `first`, `the second` |"));
	ck_assert_ptr_nonnull(strstr(text.data,
	    "| `size` | a size from 1KiB to 1GiB | `12MiB` | "
	    "A size \\| amount. |"));
	ck_assert_ptr_nonnull(strstr(text.data, "\n## `items`\n\nGroups.\n\n"));
	ck_assert_ptr_nonnull(strstr(text.data, "| `name` | a text | *required* | Its name. |"));
	buf_release(&text);
}
END_TEST

UNIT_MAIN("opt", UNIT_TEST(defaults_fill_in_what_is_not_set), UNIT_TEST(reads_every_kind),
    UNIT_ROWS(tells_every_problem_with_its_place, ARRAY_LEN(wrong)),
    UNIT_ROWS(an_overlay_goes_where_the_table_lets_it, ARRAY_LEN(overlays)),
    UNIT_TEST(a_huge_key_or_value_is_cut_where_it_is_told),
    UNIT_TEST(overlays_change_and_add_entries), UNIT_TEST(a_list_set_as_a_whole_has_one_entry),
    UNIT_TEST(the_environment_lies_over_the_file),
    UNIT_ROWS(a_variable_that_is_no_setting_is_told, ARRAY_LEN(variables)),
    UNIT_TEST(complaints_find_their_place), UNIT_TEST(no_problem_shows_a_known_secret),
    UNIT_ROWS(numbers_are_read_and_shown, ARRAY_LEN(numbers)),
    UNIT_TEST(the_example_is_all_comment_and_whole_without_its_signs),
    UNIT_TEST(the_manual_has_every_key))
