/*
 * What a document's own internal subset declares as other names of single characters
 * (<!ENTITY eacute "&#233;">), and the references that a text may hold.
 */
#ifndef EPG_PREFILTER_ALIAS_H
#define EPG_PREFILTER_ALIAS_H

#include <stddef.h>
#include <stdint.h>

struct alias;
struct buf;
struct err;

struct aliases {
	struct alias *rows; /* owned; by name */
	size_t count;
	unsigned max;
};

void alias_release(struct aliases *a);

/*
 * Reads a document type from behind its "<!DOCTYPE". *ret_end is behind its '>', NULL when
 * it goes on behind `end`; to read one again adds nothing. -EBADMSG: it declares an entity
 * that is no single character, or too many; -ENOMEM.
 */
int alias_read_doctype(struct aliases *a, const char *p, const char *end, const char **ret_end,
    struct err *err);

enum reference_kind {
	REFERENCE_NONE,  /* a bare & */
	REFERENCE_XML,   /* a number, or one of XML's own five names */
	REFERENCE_ALIAS, /* declared by the document */
	REFERENCE_HTML,
};

struct reference {
	enum reference_kind kind;
	uint32_t code; /* its character; 0: one that XML forbids */
	size_t len;    /* from & to ; */
};

/* `p` points to a & before `end`. */
void reference_read(struct reference *r, const char *p, const char *end, const struct aliases *a);

/* Does XML 1.0 allow the character? */
_Bool character_allowed(uint32_t code);
/*
 * Reads one character, one byte of windows-1252 where no UTF-8 stands (*ret_utf8 = 0). Returns
 * its bytes; *ret_code = 0: one that is undefined or that XML forbids.
 */
size_t character_read(const char *p, const char *end, uint32_t *ret_code, _Bool *ret_utf8);
/* Appends it as UTF-8. */
void character_add(struct buf *out, uint32_t code);

#endif
