/*
 * Errors: a negative errno as the result, and a sentence for a person.
 *
 * The lowest layer states the fact (err_set, err_sys); each layer above adds
 * its noun (err_wrap); only the top logs. The text is built without an
 * allocation, so errors work when memory is short. A text that does not fit is
 * cut, never refused.
 *
 *	guide 'uk.xml.gz': line 12: #EXTINF without a comma
 *
 * Every function here takes err == NULL: the caller wants only the code.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

struct err {
	int code; /* negative errno; 0 while nothing went wrong */
	char text[240];
};
#define ERR_INIT      \
	{             \
		0, "" \
	}

/* Sets the text. `code` is an errno of either sign. Returns -code. */
int err_set(struct err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Like err_set with errno, and ": strerror" after the text. Returns -errno. */
int err_sys(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Puts "TEXT: " before the text. Returns the code that was set (0 without an err). */
int err_wrap(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
