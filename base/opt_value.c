#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/near.h"
#include "base/opt_parts.h"
#include "base/yaml.h"

#define PROBLEM_MAX  4096
#define EXPANDED_MAX (64u << 10)
/* Bytes of one text of a list. */
#define ENTRY_MAX    4096
/* How much of a value a problem shows, in bytes. */
#define SHOWN_MAX    60

static void
wrong_value(struct opt_load *load, const struct opt_value *v, const char *hint)
{
	struct buf b = BUF_INIT(PROBLEM_MAX);

	if ((v->row->flags & OPT_PRIVATE) != 0)
		buf_str(&b, "the value");
	else
		buf_printf(&b, "'%.*s%s'", SHOWN_MAX, v->raw,
		    strlen(v->raw) > SHOWN_MAX ? "..." : "");
	buf_str(&b, " is not ");
	opt_describe(v->row, &b);
	buf_str(&b, hint);
	opt_problem(load, v->at, v->node, OPT_MARK_VALUE, "%s", b.data);
	buf_release(&b);
}

static _Bool
in_range(const struct opt *row, uint64_t value)
{
	if (value == 0 && (row->flags & OPT_ZERO) != 0)
		return 1;
	return value >= row->min && value <= row->max;
}

static void
set_number(struct opt_load *load, const struct opt_value *v, void *field)
{
	static const char *const hints[] = {
		[OPT_MSEC] = "; a time has a unit: 500ms, 10s, 5m, 12h, 1d",
		[OPT_SIZE] = "; a size has a unit: 64KiB, 12MiB, 1GiB",
		[OPT_UINT] = "",
	};
	enum opt_type type = v->row->type;
	uint64_t number;
	int rc;

	rc = opt_parse_number(type, v->text, &number);
	if (rc == -EINVAL) {
		wrong_value(load, v, hints[type]);
		return;
	}
	if (rc < 0 || !in_range(v->row, number)) {
		wrong_value(load, v, "");
		return;
	}
	/* YAML 1.1 read 0123 as octal, and some who write it still mean that. */
	if (v->text[0] == '0' && number != 0)
		opt_warning(load, v->at, v->node,
		    "the number begins with 0 and is read as decimal");
	if (type == OPT_UINT)
		*(unsigned *)field = (unsigned)number;
	else
		*(uint64_t *)field = number;
}

static void
set_word(struct opt_load *load, const struct opt_value *v, void *field)
{
	char hint[80] = "";
	struct near near;

	near_init(&near, v->text);
	for (unsigned i = 0; v->row->words[i] != NULL; i++) {
		if (strcmp(v->row->words[i], v->text) == 0) {
			*(unsigned *)field = i;
			return;
		}
		near_try(&near, v->row->words[i]);
	}
	if (near.best != NULL)
		snprintf(hint, sizeof(hint), "; did you mean %s?", near.best);
	wrong_value(load, v, hint);
}

static _Bool
has_control(const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++) {
		if (*p < 0x20 || *p == 0x7f)
			return 1;
	}
	return 0;
}

/* A copy of the text, or NULL after a problem. */
static char *
take_text(struct opt_load *load, const struct opt_value *v)
{
	size_t len = strlen(v->text), max = v->row->type == OPT_TEXT ? v->row->max : ENTRY_MAX;
	struct err err = ERR_INIT;
	char *copy;

	if (len == 0) {
		opt_problem(load, v->at, v->node, OPT_MARK_VALUE, "is empty");
		return NULL;
	}
	if (len > max) {
		opt_problem(load, v->at, v->node, OPT_MARK_VALUE, "is longer than %zu bytes", max);
		return NULL;
	}
	if (has_control(v->text)) {
		opt_problem(load, v->at, v->node, OPT_MARK_VALUE,
		    "has a line break or another control character in it");
		return NULL;
	}
	if (v->row->check != NULL && v->row->check(v->text, &err) < 0) {
		opt_problem(load, v->at, v->node, OPT_MARK_VALUE, "%s", err.text);
		return NULL;
	}
	copy = strdup(v->text);
	if (copy == NULL)
		opt_problem(load, v->at, NULL, OPT_MARK_VALUE, "out of memory");
	return copy;
}

void
opt_set_value(struct opt_load *load, const struct opt_value *v, void *field)
{
	switch (v->row->type) {
	case OPT_UINT:
	case OPT_MSEC:
	case OPT_SIZE: set_number(load, v, field); break;
	case OPT_WORD: set_word(load, v, field); break;
	case OPT_TEXT:
	case OPT_TEXTS: *(char **)field = take_text(load, v); break;
	case OPT_GROUP:
	case OPT_GROUPS: break;
	}
}

void
opt_read_value(struct opt_load *load, struct opt_value *v, void *field)
{
	struct buf expanded = BUF_INIT(EXPANDED_MAX);
	struct err err = ERR_INIT;
	int rc = 0;

	v->text = v->raw;
	if (load->expand != NULL && v->node != NULL) {
		rc = load->expand(load->expand_arg, v->raw, &expanded, &err);
		if (rc == 0 && buf_status(&expanded) < 0)
			rc = err_set(&err, EMSGSIZE,
			    "is too long once its references are replaced");
		v->text = expanded.data;
	}
	if (rc < 0)
		opt_problem(load, v->at, v->node, OPT_MARK_VALUE, "%s", err.text);
	else
		opt_set_value(load, v, field);
	buf_release(&expanded);
}
