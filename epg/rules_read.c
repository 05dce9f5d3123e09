/*
 * Rules from their lines.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/list.h"
#include "base/utf8.h"
#include "epg/rules.h"
#include "epg/rules_parts.h"

#define LINE_BYTES_MAX 4096

/* What of a line is left to read. */
struct rest {
	const char *p, *end;
};

static _Bool
take_word(struct rest *line, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(line->end - line->p) < len || memcmp(line->p, word, len) != 0)
		return 0;
	if (line->p + len < line->end && line->p[len] != ' ')
		return 0;
	line->p += len;
	if (line->p < line->end)
		line->p++;
	return 1;
}

static int
take_field(struct rest *line, enum xmltv_element *ret, struct err *err)
{
	static const enum xmltv_element fields[] = { XMLTV_TITLE, XMLTV_SUB_TITLE, XMLTV_DESC,
		XMLTV_CATEGORY };

	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		*ret = fields[i];
		if (take_word(line, xmltv_rows[fields[i]].name))
			return 0;
	}
	return err_set(err, EINVAL, "its field is not title, sub-title, desc or category");
}

/* /PATTERN/ and a blank, if more follows. */
static int
take_pattern(struct rest *line, struct rule *rule, struct err *err)
{
	const char *start = line->p + 1, *p = start;
	PCRE2_UCHAR text[120];
	PCRE2_SIZE at;
	int code;

	if (line->p == line->end || *line->p != '/')
		return err_set(err, EINVAL, "its pattern does not stand between / and /");
	while (p < line->end && *p != '/')
		p += *p == '\\' && p + 1 < line->end ? 2 : 1;
	if (p >= line->end)
		return err_set(err, EINVAL, "its pattern has no / at its end");
	if (p == start)
		return err_set(err, EINVAL, "its pattern is empty, and would match everything");
	rule->code = pcre2_compile((PCRE2_SPTR)start, (size_t)(p - start),
	    PCRE2_UTF | PCRE2_UCP | PCRE2_CASELESS | PCRE2_NEVER_BACKSLASH_C, &code, &at, NULL);
	if (rule->code == NULL) {
		(void)pcre2_get_error_message(code, text, sizeof(text));
		return err_set(err, EINVAL, "its pattern, at character %zu: %s", at + 1,
		    (const char *)text);
	}
	line->p = p + 1;
	if (line->p < line->end && *line->p++ != ' ')
		return err_set(err, EINVAL,
		    "no blank follows the / that ends its pattern; a / within is written \\/");
	return 0;
}

/* $1, ${1}, $$: pcre2_substitute knows more, which is not ours to promise. */
static int
check_to(const struct rule *rule, struct err *err)
{
	const char *p = rule->to, *end = p + rule->to_len;
	uint32_t groups = 0;

	(void)pcre2_pattern_info(rule->code, PCRE2_INFO_CAPTURECOUNT, &groups);
	while ((p = memchr(p, '$', (size_t)(end - p))) != NULL) {
		const char *digits;
		uint32_t n = 0;
		_Bool brace;

		if (*++p == '$') {
			p++;
			continue;
		}
		brace = *p == '{';
		digits = p += brace;
		for (; *p >= '0' && *p <= '9' && n <= groups; p++)
			n = n * 10 + (uint32_t)(*p - '0');
		if (p == digits || n > groups || (brace && *p++ != '}'))
			return err_set(err, EINVAL,
			    "a $ without a group that the pattern has; $$ stands for itself");
	}
	return 0;
}

static int
take_to(struct rest *line, struct rule *rule, struct err *err)
{
	rule->to_len = (size_t)(line->end - line->p);
	rule->to = strndup(line->p, rule->to_len);
	if (rule->to == NULL)
		return err_set(err, ENOMEM, "out of memory");
	return check_to(rule, err);
}

static int
take_kind(struct rest *line, struct rule *rule, struct err *err)
{
	for (unsigned i = 0; i < RULES_KINDS; i++) {
		size_t len = strlen(rules_kind_names[i]);

		if ((size_t)(line->end - line->p) == len &&
		    strncasecmp(line->p, rules_kind_names[i], len) == 0) {
			rule->kind = (enum rules_kind)i;
			return 0;
		}
	}
	return err_set(err, EINVAL, "its kind is not movie, series, sports, news or kids");
}

static int
read_without(struct rules *r, struct rest *line, struct err *err)
{
	uint64_t without = 0;

	for (unsigned i = XMLTV_TITLE + 1; i < XMLTV_ELEMENTS; i++) {
		size_t len = strlen(xmltv_rows[i].name);

		if ((size_t)(line->end - line->p) == len &&
		    memcmp(line->p, xmltv_rows[i].name, len) == 0)
			without |= UINT64_C(1) << i;
	}
	r->without |= without;
	return without == 0
	    ? err_set(err, EINVAL, "it names no element that a programme can be without")
	    : 0;
}

/* The rules that have a pattern. */
static int
read_pattern_rule(struct rules *r, struct rest *line, struct err *err)
{
	struct rule *rule = &r->list[r->count];
	int rc = 0;

	if (take_word(line, "drop"))
		rule->action = RULE_DROP;
	else if (take_word(line, "replace"))
		rule->action = RULE_REPLACE;
	else if (take_word(line, "category"))
		rule->action = RULE_CATEGORY;
	else if (take_word(line, "set"))
		rule->action = RULE_SET;
	else
		return err_set(err, EINVAL,
		    "it begins with none of drop, replace, category, set, without, repeats");
	r->count++;
	if (rule->action != RULE_CATEGORY)
		rc = take_field(line, &rule->field, err);
	if (rc == 0)
		rc = take_pattern(line, rule, err);
	if (rc < 0)
		return rc;
	if (rule->action == RULE_REPLACE)
		return take_to(line, rule, err);
	if (rule->action == RULE_CATEGORY || rule->action == RULE_SET) {
		r->categories = 1;
		return take_kind(line, rule, err);
	}
	return line->p == line->end ? 0 : err_set(err, EINVAL, "it has more than a pattern");
}

static int
read_rule(struct rules *r, struct rest *line, struct err *err)
{
	const char *p = line->p;
	size_t n;

	if (line->end - p > LINE_BYTES_MAX)
		return err_set(err, EINVAL, "it is longer than %d bytes", LINE_BYTES_MAX);
	for (; p < line->end; p += n) {
		n = utf8_char(p, line->end);
		if (n == 0 || (unsigned char)*p < 0x20 || *p == 0x7f)
			return err_set(err, EINVAL, "it is no line of UTF-8");
	}
	if (take_word(line, "without"))
		return read_without(r, line, err);
	if (take_word(line, "kinds"))
		r->kinds = 1;
	else if (take_word(line, "repeats"))
		r->repeats = 1;
	else
		return read_pattern_rule(r, line, err);
	return line->p == line->end ? 0 : err_set(err, EINVAL, "it has more than one word");
}

int
rules_read(struct rules *r, const char *text, size_t len, struct err *err)
{
	const char *end = text + len;
	unsigned number = 0;

	for (const char *p = text, *newline; p < end; p = newline + 1) {
		struct rest line = { p, end };
		int rc;

		newline = memchr(p, '\n', (size_t)(end - p));
		if (newline == NULL)
			newline = end - 1;
		else
			line.end = newline;
		rc = ++number > RULES_MAX ? err_set(err, E2BIG, "there are more than %d", RULES_MAX)
					  : read_rule(r, &line, err);
		if (rc < 0) {
			err_wrap(err, "rule %u", number);
			return rc;
		}
	}
	return 0;
}
