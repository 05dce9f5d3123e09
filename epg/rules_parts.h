/*
 * What rules are made of, for those who read and who apply them.
 */
#ifndef EPG_RULES_PARTS_H
#define EPG_RULES_PARTS_H

#include <stddef.h>
#include <stdint.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/buf.h"
#include "base/hash.h"
#include "epg/rules.h"
#include "epg/rules_words.h"
#include "epg/xmltv.h"

enum rule_action { RULE_DROP, RULE_REPLACE, RULE_CATEGORY, RULE_SET };

struct rule {
	enum rule_action action;
	enum xmltv_element field; /* not of RULE_CATEGORY */
	enum rules_kind kind;     /* of RULE_CATEGORY and RULE_SET */
	pcre2_code *code;
	char *to; /* of RULE_REPLACE */
	size_t to_len;
};

struct rules {
	struct rule list[RULES_MAX];
	size_t count;
	_Bool categories, kinds, repeats; /* some rule asks for that; RULE_SET for the first */
	uint64_t without;                 /* 1 << enum xmltv_element */
	pcre2_match_data *match;
	pcre2_match_context *context;
	struct buf changed;    /* a text in the making */
	struct hash_map known; /* hash of a category to its kinds: few texts, many times */
	uint64_t exhausted;
};
_Static_assert(XMLTV_ELEMENTS <= 64, "rules.without has a bit for each");

/* Adds the rules of the text to r; what was added before an error is freed with r. */
int rules_read(struct rules *r, const char *text, size_t len, struct err *err);

#endif
