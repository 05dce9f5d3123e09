/*
 * What a user wants changed in programmes: patterns (PCRE2, with a match limit) against
 * their titles, sub-titles, descriptions and categories, and what is left out of all.
 *
 * Rules are compiled from lines, one a rule, as the gateway makes them of its config:
 *
 *	drop FIELD /PATTERN/              the programme is dropped
 *	replace FIELD /PATTERN/ TO        wherever it matches; $1 or ${1} stands for a group, $0 for
 *	                                  all, $$ for $; when nothing is left the element goes
 *	category /PATTERN/ KIND           programmes with such a category also get movie, series,
 *	                                  sports, news or kids as Plex, Emby and Jellyfin know them
 *	set FIELD /PATTERN/ KIND          programmes with such a text also get that category
 *	without ELEMENT                   credits, icon, image, url, review, keyword ...
 *	kinds                             the built-in table of words in many languages for KIND
 *	repeats                           programmes without <new>, <premiere> or <previously-shown>
 *	                                  get <previously-shown/>, for Plex
 *
 * FIELD is title, sub-title, desc or category. A pattern is not anchored, knows no case and
 * sees the first RULES_TEXT_MAX bytes of a text; a / in it is written \/. Drops and replaces
 * work in their order, the others behind them.
 */
#ifndef EPG_RULES_H
#define EPG_RULES_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct rules;
struct xmltv_entry;

#define RULES_MAX         200
#define RULES_MATCH_LIMIT 10000 /* pcre2_set_match_limit: what takes longer does not match */
#define RULES_TEXT_MAX    2048  /* so that a match limit at each place of it is bearable */

/* NULL with *err set, which names the rule's number from 1. text may be "". */
struct rules *rules_new(const char *text, size_t len, struct err *err);
void rules_free(struct rules *r);
/* False: the programme is dropped. Channels are left as they are. */
_Bool rules_apply(struct rules *r, struct xmltv_entry *e);
/* Patterns that gave up at the limit, so far. */
uint64_t rules_exhausted(const struct rules *r);

#endif
