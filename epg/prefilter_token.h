/*
 * What stands at a '<': a tag, the beginning of a comment, CDATA section or processing
 * instruction, a document type, or nothing of the kind. Reads what is in memory and says
 * when that is not enough; nothing depends on how much more there is.
 *
 * A quote counts in a tag where a value may begin, behind '='. A tag in which another '<'
 * stands outside such a value is no tag: its '<' is a character. Control characters count
 * as blanks.
 */
#ifndef EPG_PREFILTER_TOKEN_H
#define EPG_PREFILTER_TOKEN_H

#include <stddef.h>

/*
 * Values of one tag: with more it is no tag. Without the limit a text in which every '<' seems to
 * begin a tag of tag_max bytes would be walked through from each of them.
 */
#define TOKEN_VALUES_MAX 40
#define TOKEN_VALUE_MIN  4 /* bytes that one takes: a="" */

enum token_kind {
	TOKEN_PART,  /* it goes on behind the end */
	TOKEN_STRAY, /* no markup: `end` is behind the '<' */
	TOKEN_START,
	TOKEN_EMPTY, /* a start tag that is its own end */
	TOKEN_END,
	/* Of these `end` is behind what opens them; token_find finds what closes them. */
	TOKEN_COMMENT,
	TOKEN_CDATA,
	TOKEN_PI,
	TOKEN_XML, /* <?xml: a declaration, so the beginning of a document */
	TOKEN_DOCTYPE,
};

enum token_name { TOKEN_OTHER, TOKEN_TV, TOKEN_CHANNEL, TOKEN_PROGRAMME };

struct token {
	enum token_kind kind;
	enum token_name name; /* of a tag */
	const char *end;
	const char *channel; /* of a start tag: the value of channel=, undecoded; NULL: none */
	size_t channel_len;
};

/*
 * `at` points to a '<' before `end`. A tag is at most `tag_max` bytes long. `last`: nothing
 * follows the end, so TOKEN_PART becomes TOKEN_STRAY.
 */
void token_read(struct token *t, const char *at, const char *end, size_t tag_max, _Bool last);

/*
 * From p, which is in no tag, to the next '<' in no tag at which something else may stand than
 * the tag of another name; `end`: there is none.
 */
const char *token_skip(const char *p, const char *end, size_t tag_max);

/*
 * Behind the "-->", "]]>" or "?>" that closes a comment, CDATA section or processing
 * instruction, looking from p; NULL: there is none.
 */
const char *token_find(enum token_kind kind, const char *p, const char *end);
/* Bytes of what token_find looks for. */
size_t token_close_len(enum token_kind kind);

/*
 * In a start tag, from p: the next quote that opens a value, or the '<' or '>' outside
 * values, or `end`. `name` is behind the tag's '<'.
 */
const char *token_mark(const char *name, const char *p, const char *end);

#endif
