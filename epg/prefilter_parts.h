/*
 * The prefilter's insides, shared by its files: its state, and the walks that change it. Each
 * walk goes from p->at as far as its state lasts. It returns 0 for the next walk, 1 when it
 * needs more text than there is before p->end, or a negative errno.
 */
#ifndef EPG_PREFILTER_PARTS_H
#define EPG_PREFILTER_PARTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "epg/prefilter.h"
#include "epg/prefilter_alias.h"
#include "epg/prefilter_token.h"

struct err;

enum prefilter_state {
	STATE_OUTSIDE, /* before, between and behind the entries */
	STATE_CLOSING, /* in a comment, CDATA section or instruction outside of entries */
	STATE_KEPT,    /* in an entry that is wanted */
	STATE_SKIPPED, /* in one that is not, or no more */
};

/*
 * The text is walked from '<' to '<' in whatever piece of memory it came in. What is not
 * whole at a piece's end is moved to `window` and has the next pieces put behind it until it
 * is; then the walk goes back to the caller's memory. So a kept entry is always in one piece,
 * and copied only when it lay across two. Nothing that is decided depends on where a piece
 * ended: a construct is decided on when it is whole, or longer than its limit.
 */
struct prefilter {
	struct prefilter_limits limits;
	struct prefilter_events events;
	void *arg;
	struct prefilter_counts counts;
	int failed; /* what stopped it */

	enum prefilter_state state;
	enum token_kind closing;  /* STATE_CLOSING: in which */
	enum prefilter_kind kind; /* of the entry that it is in */
	uint32_t entry_line;      /* STATE_KEPT: where that begins */
	_Bool dirty;              /* STATE_KEPT: there is something to mend, or to leave out */
	_Bool ended;              /* the root has, and nothing of another document has come */
	char first[24];           /* the name of the first tag before the root */
	/* The value without references that `wanted` was asked about last, and the answer. */
	char asked[64];
	size_t asked_len; /* 0: none that fitted */
	_Bool answer;
	struct aliases aliases; /* of the documents' own entities */
	/* Places of the text: no "-->", "]]>", "?>" begins before; no document type ends before. */
	uint64_t open_until[3], doctype_until;

	struct buf window; /* from the kept entry, or from what is not whole */
	size_t walked;     /* STATE_KEPT: of the window, already */
	size_t ready;      /* the window is not looked at again before it is so long */
	struct buf id, text;

	/* The piece that is being walked. */
	const char *base, *at, *end;
	const char *entry;   /* STATE_KEPT: its '<' */
	const char *counted; /* `line` is here */
	uint32_t line;
	uint64_t offset; /* of base in the text */
	_Bool last;      /* no more pieces come */
	/* Then, of the last </tv in it: what goes on there without an end is broken, not cut. */
	uint64_t root_end;
};

/* prefilter_entry.c: from an entry's start tag, and within it. */
int prefilter_entry_begin(struct prefilter *p, const struct token *t, struct err *err);
int prefilter_walk_entry(struct prefilter *p, struct err *err);
/* An entry is lost. */
void prefilter_broken(struct prefilter *p, uint32_t line, enum prefilter_kind kind,
    const char *what);

/* prefilter_outside.c */
int prefilter_walk_outside(struct prefilter *p, struct err *err);
int prefilter_walk_closing(struct prefilter *p);
/* -EBADMSG: no <tv came in time, or at all. */
int prefilter_refuse(const struct prefilter *p, struct err *err);

/* Bytes before a place of the piece. */
static inline uint64_t
prefilter_offset(const struct prefilter *p, const char *at)
{
	return p->offset + (uint64_t)(at - p->base);
}

/* The line of a place that is not before the last one asked for. */
uint32_t prefilter_line(struct prefilter *p, const char *at);

#endif
