/*
 * "Did you mean ...?": of the names that there are, the one that a mistyped
 * word is nearest to. Feed it the names one by one.
 */
#ifndef BASE_NEAR_H
#define BASE_NEAR_H

struct near {
	const char *word; /* borrowed */
	const char *best; /* borrowed; NULL: none is near enough */
	unsigned distance;
};

/* At most one edit in three characters (an exchange of neighbours is one), letters of any case. */
void near_init(struct near *n, const char *word);
void near_try(struct near *n, const char *name);

#endif
