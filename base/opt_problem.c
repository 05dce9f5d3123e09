#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/opt_parts.h"
#include "base/redact.h"
#include "base/yaml.h"

#define PROBLEM_MAX 8192
/* A key of a hostile file may be as long as the file. */
#define KEY_SHOWN   60

static void
add_place(struct buf *b, const struct opt_load *load, const struct yaml_node *node,
    enum opt_mark mark)
{
	unsigned line = 0, column = 0;

	if (node != NULL && node->origin != NULL) {
		buf_printf(b, "%s: ", node->origin);
		return;
	}
	if (load->file == NULL)
		return;
	if (node != NULL && mark == OPT_MARK_KEY && node->key_line != 0) {
		line = node->key_line;
		column = node->key_column;
	} else if (node != NULL) {
		line = node->line;
		column = node->column;
	}
	buf_str(b, load->file);
	if (line != 0)
		buf_printf(b, ":%u:%u", line, column);
	buf_str(b, ": ");
}

static void
add_path(struct buf *b, const struct opt_at *at)
{
	if (at->up != NULL) {
		add_path(b, at->up);
		buf_char(b, '.');
	}
	if (at->name != NULL)
		buf_printf(b, "%.*s%s", KEY_SHOWN, at->name,
		    strlen(at->name) > KEY_SHOWN ? "..." : "");
	else
		buf_printf(b, "%zu", at->index);
}

static void
tell(struct opt_load *load, const char *text)
{
	struct buf clean = BUF_INIT(4 * PROBLEM_MAX), shown = BUF_INIT(16 * PROBLEM_MAX);

	redact_add(&clean, text);
	buf_visible(&shown, clean.data);
	if (load->problems == 1 && load->first[0] == '\0')
		snprintf(load->first, sizeof(load->first), "%s", shown.data);
	if (load->tell != NULL)
		load->tell(shown.data, load->tell_arg);
	buf_release(&clean);
	buf_release(&shown);
}

/* `before` stands before the text: "warning: ". */
static void __attribute__((format(printf, 6, 0)))
tell_of(struct opt_load *load, const struct opt_at *at, const struct yaml_node *node,
    enum opt_mark mark, const char *before, const char *fmt, va_list ap)
{
	struct buf b = BUF_INIT(PROBLEM_MAX);

	add_place(&b, load, node, mark);
	if (at != NULL) {
		add_path(&b, at);
		buf_str(&b, ": ");
	}
	buf_str(&b, before);
	buf_vprintf(&b, fmt, ap);
	tell(load, b.data);
	buf_release(&b);
}

void
opt_problem(struct opt_load *load, const struct opt_at *at, const struct yaml_node *node,
    enum opt_mark mark, const char *fmt, ...)
{
	va_list ap;

	load->problems++;
	va_start(ap, fmt);
	tell_of(load, at, node, mark, "", fmt, ap);
	va_end(ap);
}

void
opt_warning(struct opt_load *load, const struct opt_at *at, const struct yaml_node *node,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell_of(load, at, node, OPT_MARK_VALUE, "warning: ", fmt, ap);
	va_end(ap);
}

static struct yaml_node *
node_at(const struct opt_load *load, const char *path)
{
	struct yaml_node *node = load->root;

	while (node != NULL && *path != '\0') {
		size_t len = strcspn(path, ".");
		char name[64];

		snprintf(name, sizeof(name), "%.*s", (int)len, path);
		if (node->kind == YAML_MAP)
			node = yaml_get(node, name);
		else if (node->kind == YAML_LIST && isdigit((unsigned char)name[0]))
			node = yaml_at(node, strtoul(name, NULL, 10));
		else
			node = NULL;
		path += len + (path[len] == '.');
	}
	return node;
}

_Bool
opt_is_set(const struct opt_load *load, const char *path)
{
	const struct yaml_node *node = node_at(load, path);

	if (node == NULL || yaml_is_null(node))
		return 0;
	return node->kind != YAML_LIST || node->count > 0;
}

void
opt_syntax(struct opt_load *load, const struct err *err)
{
	struct buf b = BUF_INIT(PROBLEM_MAX);

	if (load->file != NULL)
		buf_printf(&b, "%s:%s", load->file, err->code == -EBADMSG ? "" : " ");
	buf_str(&b, err->text);
	load->problems++;
	tell(load, b.data);
	buf_release(&b);
}

void
opt_complain(struct opt_load *load, const char *path, const char *fmt, ...)
{
	const struct opt_at at = { NULL, path, 0 };
	va_list ap;

	load->problems++;
	va_start(ap, fmt);
	tell_of(load, &at, node_at(load, path), OPT_MARK_VALUE, "", fmt, ap);
	va_end(ap);
}

void
opt_warn(struct opt_load *load, const char *path, const char *fmt, ...)
{
	const struct opt_at at = { NULL, path, 0 };
	va_list ap;

	va_start(ap, fmt);
	tell_of(load, &at, node_at(load, path), OPT_MARK_VALUE, "warning: ", fmt, ap);
	va_end(ap);
}
