#include "epg/rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "epg/rules_parts.h"

#define HEAP_MAX_KIB 4096 /* of one match, whose depth the match limit bounds too */
#define CHANGED_MAX  (4 * RULES_TEXT_MAX)
#define KNOWN_MAX    32768 /* categories whose kinds are remembered: less than 1 MiB */

/* The matching state that fits all rules. */
static _Bool
prepare(struct rules *r)
{
	uint32_t groups = 0, most = 0;

	for (size_t i = 0; i < r->count; i++) {
		(void)pcre2_pattern_info(r->list[i].code, PCRE2_INFO_CAPTURECOUNT, &groups);
		most = groups > most ? groups : most;
	}
	r->match = pcre2_match_data_create(most + 1, NULL);
	r->context = pcre2_match_context_create(NULL);
	if (r->match == NULL || r->context == NULL)
		return 0;
	(void)pcre2_set_match_limit(r->context, RULES_MATCH_LIMIT);
	(void)pcre2_set_heap_limit(r->context, HEAP_MAX_KIB);
	return 1;
}

struct rules *
rules_new(const char *text, size_t len, struct err *err)
{
	struct rules *r = calloc(1, sizeof(*r));
	int rc;

	if (r == NULL) {
		err_set(err, ENOMEM, "out of memory");
		return NULL;
	}
	hash_map_init(&r->known);
	buf_init(&r->changed, SIZE_MAX / 2);
	rc = rules_read(r, text, len, err);
	if (rc == 0 && !prepare(r))
		rc = err_set(err, ENOMEM, "out of memory");
	if (rc == 0)
		return r;
	rules_free(r);
	return NULL;
}

void
rules_free(struct rules *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->count; i++) {
		pcre2_code_free(r->list[i].code);
		free(r->list[i].to);
	}
	pcre2_match_data_free(r->match);
	pcre2_match_context_free(r->context);
	hash_map_release(&r->known);
	buf_release(&r->changed);
	free(r);
}

uint64_t
rules_exhausted(const struct rules *r)
{
	return r->exhausted;
}

/* -- patterns --------------------------------------------------------------------- */

/* As much of a text as patterns look at, up to a character's end. */
static size_t
looked_at(const char *text, size_t len)
{
	if (len <= RULES_TEXT_MAX)
		return len;
	len = RULES_TEXT_MAX;
	while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	return len;
}

/* Counts what gave up; anything negative is no match. */
static int
result(struct rules *r, int rc)
{
	if (rc == PCRE2_ERROR_MATCHLIMIT || rc == PCRE2_ERROR_HEAPLIMIT ||
	    rc == PCRE2_ERROR_DEPTHLIMIT)
		r->exhausted++;
	return rc;
}

static _Bool
matches(struct rules *r, const struct rule *rule, const char *text, size_t len)
{
	return result(r,
		   pcre2_match(rule->code, (PCRE2_SPTR)text, looked_at(text, len), 0, 0, r->match,
		       r->context)) >= 0;
}

static struct xmltv_span
trimmed(const struct xmltv_entry *e, struct xmltv_span span)
{
	for (; span.len > 0 && xmltv_text(e, span)[0] == ' '; span.at++)
		span.len--;
	while (span.len > 0 && xmltv_text(e, span)[span.len - 1] == ' ')
		span.len--;
	return span;
}

/* The text with all that matches replaced. What cannot be is left as it is. */
static struct xmltv_span
replaced(struct rules *r, const struct rule *rule, struct xmltv_entry *e, struct xmltv_span old)
{
	const char *text = xmltv_text(e, old);
	size_t len = looked_at(text, old.len), changed = CHANGED_MAX;
	struct xmltv_span span;
	int rc;

	buf_clear(&r->changed);
	if (!buf_reserve(&r->changed, CHANGED_MAX + old.len))
		return old;
	rc = result(r,
	    pcre2_substitute(rule->code, (PCRE2_SPTR)text, len, 0,
		PCRE2_SUBSTITUTE_GLOBAL | PCRE2_SUBSTITUTE_UNSET_EMPTY, r->match, r->context,
		(PCRE2_SPTR)rule->to, rule->to_len, (PCRE2_UCHAR *)r->changed.data, &changed));
	if (rc <= 0)
		return old;
	r->changed.len = changed;
	buf_add(&r->changed, text + len, old.len - len);
	span = xmltv_keep(e, r->changed.data, r->changed.len);
	return span.at == 0 ? old : trimmed(e, span);
}

/* The first text of the rule's field that it matches; NULL: none. */
static const struct xmltv_node *
find_match(struct rules *r, const struct rule *rule, const struct xmltv_entry *e)
{
	for (size_t i = 0; i < e->count; i++) {
		const struct xmltv_node *node = &e->nodes[i];

		if (node->element == rule->field &&
		    matches(r, rule, xmltv_text(e, node->text), node->text.len))
			return node;
	}
	return NULL;
}

static void
replace(struct rules *r, const struct rule *rule, struct xmltv_entry *e)
{
	for (size_t i = 0; i < e->count;) {
		struct xmltv_node *node = &e->nodes[i];

		if (node->element == rule->field)
			node->text = replaced(r, rule, e, node->text);
		if (node->element == rule->field && node->text.len == 0)
			xmltv_drop(e, i);
		else
			i++;
	}
}

/* -- categories ------------------------------------------------------------------- */

/* Beside the kinds that a category means: the kind whose name it is. */
#define NAME_OF(kind) (1u << (RULES_KINDS + (kind)))

static unsigned
kinds_of(struct rules *r, const char *text, size_t len)
{
	unsigned kinds = r->kinds ? rules_kinds_of(text, len) : 0;

	for (size_t i = 0; i < r->count; i++) {
		const struct rule *rule = &r->list[i];

		if (rule->action == RULE_CATEGORY && matches(r, rule, text, len))
			kinds |= 1u << rule->kind;
	}
	for (unsigned k = 0; k < RULES_KINDS; k++) {
		if (strlen(rules_kind_names[k]) == len &&
		    strncasecmp(rules_kind_names[k], text, len) == 0)
			kinds |= NAME_OF(k);
	}
	return kinds;
}

static unsigned
known_kinds_of(struct rules *r, const char *text, size_t len)
{
	uint64_t hash = hash_sip(text, len);
	unsigned kinds = hash_map_get(&r->known, hash, UINT32_MAX);

	if (kinds != UINT32_MAX)
		return kinds;
	kinds = kinds_of(r, text, len);
	/* On no memory it is worked out again next time. */
	if (r->known.count < KNOWN_MAX)
		(void)hash_map_put(&r->known, hash, kinds);
	return kinds;
}

/*
 * A kind gets the language of the text that says it: readers that choose one language
 * (Jellyfin) would not see it otherwise.
 */
static unsigned
kinds_of_categories(struct rules *r, const struct xmltv_entry *e,
    struct xmltv_span lang[RULES_KINDS])
{
	unsigned all = 0;

	for (size_t i = 0; i < e->count; i++) {
		const struct xmltv_node *node = &e->nodes[i];
		unsigned kinds;

		if (node->element != XMLTV_CATEGORY || node->text.len == 0)
			continue;
		kinds = known_kinds_of(r, xmltv_text(e, node->text), node->text.len);
		for (unsigned k = 0; k < RULES_KINDS; k++) {
			if ((kinds & ~all & 1u << k) != 0)
				lang[k] = node->attrs[0];
		}
		all |= kinds;
	}
	return all;
}

/* What the rules set for its texts. */
static unsigned
kinds_that_are_set(struct rules *r, const struct xmltv_entry *e,
    struct xmltv_span lang[RULES_KINDS])
{
	unsigned all = 0;

	for (size_t i = 0; i < r->count; i++) {
		const struct rule *rule = &r->list[i];
		const struct xmltv_node *node;

		node = rule->action == RULE_SET ? find_match(r, rule, e) : NULL;
		if (node == NULL)
			continue;
		lang[rule->kind] = node->attrs[0];
		all |= 1u << rule->kind;
	}
	return all;
}

static void
add_kinds(struct rules *r, struct xmltv_entry *e)
{
	struct xmltv_span lang[RULES_KINDS] = { 0 };
	unsigned all = kinds_that_are_set(r, e, lang) | kinds_of_categories(r, e, lang);

	for (unsigned k = 0; k < RULES_KINDS; k++) {
		const char *name = rules_kind_names[k];
		struct xmltv_node *node;
		struct xmltv_span text;

		if ((all & 1u << k) == 0 || (all & NAME_OF(k)) != 0)
			continue;
		text = xmltv_keep(e, name, strlen(name));
		node = text.at == 0 ? NULL : xmltv_add(e, XMLTV_CATEGORY, 1);
		if (node == NULL)
			return;
		node->text = text;
		node->attrs[0] = lang[k];
	}
}

/* -- elements ---------------------------------------------------------------------- */

/* Drops those elements and what is below them. */
static void
leave_out(struct xmltv_entry *e, uint64_t without)
{
	size_t kept = 0;
	unsigned below = UINT8_MAX; /* the depth of the one that goes */

	for (size_t i = 0; i < e->count; i++) {
		const struct xmltv_node *node = &e->nodes[i];

		if (node->depth > below)
			continue;
		below = (without >> node->element & 1) != 0 ? node->depth : UINT8_MAX;
		if (below == UINT8_MAX)
			e->nodes[kept++] = *node;
	}
	e->count = kept;
}

/* Plex takes what says neither for new. */
static void
mark_repeat(struct xmltv_entry *e)
{
	for (size_t i = 0; i < e->count; i++) {
		unsigned element = e->nodes[i].element;

		if (element == XMLTV_NEW || element == XMLTV_PREMIERE ||
		    element == XMLTV_PREVIOUSLY_SHOWN)
			return;
	}
	(void)xmltv_add(e, XMLTV_PREVIOUSLY_SHOWN, 1);
}

_Bool
rules_apply(struct rules *r, struct xmltv_entry *e)
{
	if (e->kind != XMLTV_PROGRAMME)
		return 1;
	for (size_t i = 0; i < r->count; i++) {
		const struct rule *rule = &r->list[i];

		if (rule->action == RULE_DROP && find_match(r, rule, e) != NULL)
			return 0;
		if (rule->action == RULE_REPLACE)
			replace(r, rule, e);
	}
	if (r->categories || r->kinds)
		add_kinds(r, e);
	if (r->repeats)
		mark_repeat(e);
	if (r->without != 0)
		leave_out(e, r->without);
	return 1;
}
