/*
 * Kinds of programmes, and the words by which categories tell them in the languages that
 * guides come in.
 */
#ifndef EPG_RULES_WORDS_H
#define EPG_RULES_WORDS_H

#include <stddef.h>

enum rules_kind { RULES_MOVIE, RULES_SERIES, RULES_SPORTS, RULES_NEWS, RULES_KIDS };
#define RULES_KINDS 5

/*
 * As media servers know them: Jellyfin compares whole categories without regard to case
 * (movie, sports, news, kids), Emby's defaults are the same words, Plex goes by them and
 * by Series.
 */
extern const char *const rules_kind_names[RULES_KINDS];

/* The kinds that the category's words say: bits, 1 << enum rules_kind. */
unsigned rules_kinds_of(const char *category, size_t len);

/*
 * The table, for its test: needles of one language and kind, with blanks between them.
 * `denied` takes a kind away again that other words say.
 */
struct rules_words {
	const char *needles;
	enum rules_kind kind;
	_Bool denied;
};
extern const struct rules_words rules_words[];
extern const size_t rules_words_count;
/*
 * Needles are looked for in this: the category without case and accents, with one _ for
 * all that is no letter or digit, also at both ends. Returns its length; 0: too long, or
 * no UTF-8.
 */
#define RULES_FOLD_MAX 256
size_t rules_fold(const char *category, size_t len, char out[RULES_FOLD_MAX * 4]);

#endif
