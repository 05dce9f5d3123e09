#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/opt_parts.h"

/* Columns of the example's comments. */
#define WIDTH 90

/* -- the example --------------------------------------------------------------- */

/* A text with the quotes that YAML needs around it, if any. */
static void
add_scalar(struct buf *out, const char *text)
{
	_Bool plain = isalnum((unsigned char)text[0]) || text[0] == '/';

	for (const char *p = text; *p != '\0'; p++) {
		if (strchr("#{}[],&*!|>'\"%@`", *p) != NULL ||
		    (*p == ':' && (p[1] == ' ' || p[1] == '\0')))
			plain = 0;
	}
	buf_printf(out, plain ? "%s" : "\"%s\"", text);
}

/* Lines as a YAML list. */
static void
add_list(struct buf *out, const char *lines)
{
	const char *p = lines;

	buf_char(out, '[');
	while (*p != '\0') {
		size_t len = strcspn(p, "\n");

		buf_printf(out, "%s\"%.*s\"", p != lines ? ", " : "", (int)len, p);
		p += len + strspn(p + len, "\n");
	}
	buf_char(out, ']');
}

/* The help, filled into lines of comment. */
static void
add_comment(struct buf *out, const char *margin, const char *help)
{
	const char *p = help;

	while (*p != '\0') {
		size_t room = WIDTH - strlen(margin) - 4, len = strlen(p);

		if (len > room) {
			for (len = room; len > 0 && p[len] != ' '; len--)
				;
			len = len > 0 ? len : strcspn(p, " ");
		}
		buf_printf(out, "#%s%s%.*s\n", margin, *margin != '\0' ? "# " : " ", (int)len, p);
		p += len + strspn(p + len, " ");
	}
}

/*
 * `margin` stands before each key; the first key of a list's entry has a dash
 * in it. A comment of the top level is "# text", a setting "#key:" or "#  key:":
 * taking the # away where no single blank follows makes it a whole config.
 */
static void
print_rows(const struct opt *rows, const char *margin, _Bool entry, struct buf *out)
{
	char deeper[32];

	for (const struct opt *row = rows; row->name != NULL; row++) {
		const char *value = row->example != NULL ? row->example : row->fallback;

		if (*margin == '\0')
			buf_char(out, '\n');
		add_comment(out, margin, row->help);
		if (entry && row == rows)
			buf_printf(out, "#%.*s- %s:", (int)strlen(margin) - 2, margin, row->name);
		else
			buf_printf(out, "#%s%s:", margin, row->name);
		if (row->type == OPT_GROUP || row->type == OPT_GROUPS) {
			buf_char(out, '\n');
			snprintf(deeper, sizeof(deeper), "%s%s", margin,
			    row->type == OPT_GROUPS ? "    " : "  ");
			print_rows(row->rows, deeper, row->type == OPT_GROUPS, out);
			continue;
		}
		buf_char(out, ' ');
		if (row->type == OPT_TEXTS)
			add_list(out, value != NULL ? value : "");
		else
			add_scalar(out, value != NULL ? value : "");
		buf_char(out, '\n');
	}
}

void
opt_print_example(const struct opt *rows, struct buf *out)
{
	print_rows(rows, "", 0, out);
}

/* -- the manual ---------------------------------------------------------------- */

/* A cell of a table: the | of a text would end it. */
static void
add_cell(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '|')
			buf_char(out, '\\');
		buf_char(out, *text);
	}
}

static void
add_default(struct buf *out, const struct opt *row)
{
	if ((row->flags & OPT_REQUIRED) != 0)
		buf_str(out, "*required*");
	else if (row->fallback == NULL)
		add_cell(out, row->otherwise);
	else if (row->type != OPT_TEXTS)
		buf_printf(out, "`%s`", row->fallback);
	for (const char *p = row->fallback; row->type == OPT_TEXTS && p != NULL && *p != '\0';) {
		size_t len = strcspn(p, "\n");

		buf_printf(out, "%s`%.*s`", p != row->fallback ? ", " : "", (int)len, p);
		p += len + strspn(p + len, "\n");
	}
}

static void
print_table(const struct opt *rows, struct buf *out)
{
	struct buf value = BUF_INIT(1024);

	buf_str(out, "| Key | Value | Default | Meaning |\n| --- | --- | --- | --- |\n");
	for (const struct opt *row = rows; row->name != NULL; row++) {
		if (row->rows != NULL)
			continue;
		buf_clear(&value);
		opt_describe(row, &value);
		buf_printf(out, "| `%s` | %s | ", row->name, value.data);
		add_default(out, row);
		buf_str(out, " | ");
		add_cell(out, row->help);
		buf_str(out, " |\n");
	}
	buf_release(&value);
}

static void
print_sections(const struct opt *rows, const char *above, struct buf *out)
{
	char name[64];

	for (const struct opt *row = rows; row->name != NULL; row++) {
		if (row->rows == NULL)
			continue;
		snprintf(name, sizeof(name), "%s%s.", above, row->name);
		buf_printf(out, "\n## `%s%s`\n\n%s\n\n", above, row->name, row->help);
		print_table(row->rows, out);
		print_sections(row->rows, name, out);
	}
}

void
opt_print_markdown(const struct opt *rows, struct buf *out)
{
	print_table(rows, out);
	print_sections(rows, "", out);
}
