/*
 * Cuts an XMLTV text into its channels and programmes without parsing it, and mends in
 * those that are wanted what no XML parser survives. What nobody wants is skipped at the
 * speed of memchr and never looked at for well-formedness: one bad foreign programme must
 * not cost a guide.
 *
 * It walks by '<': comments, CDATA, processing instructions and quotes in tags are seen
 * for what they are, so that a <programme inside one of them is text. Mended: bare & and
 * stray < (escaped), HTML's entities (their characters), bytes that are no UTF-8 (taken
 * as windows-1252), characters that XML 1.0 forbids (left out), junk before the root, a
 * second document behind the first (read on), an entry that has not ended where the next
 * programme, the root's end or another document begins (which then ends there).
 *
 * What comes out is tags, text and XML's own references: comments and instructions are
 * left out, CDATA sections are text. Its tags need not match; a parser says so, and it
 * costs that entry. Elements around entries do not matter, nor what stands between them.
 *
 * The input is UTF-8 or close to it (epg/encoding.h makes it so), hostile, and cut
 * anywhere: what comes out is the same, though it may come later. A comment, CDATA section
 * or instruction in an entry that does not end within entry_max bytes is no such thing,
 * nor is a tag of more than 40 values. No entity is ever expanded but the characters that
 * HTML names and those that the document's own internal subset declares as aliases of
 * single characters; a document that declares any other entity is refused.
 */
#ifndef EPG_PREFILTER_H
#define EPG_PREFILTER_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct prefilter;

struct prefilter_limits {
	size_t prolog_max;  /* <tv must come within so many bytes: 64 KiB; a DTD is no longer */
	size_t tag_max;     /* bytes of one tag: 64 KiB */
	size_t entry_max;   /* of one kept entry, as it is and mended: 1 MiB; else it is dropped */
	unsigned alias_max; /* entities declared as characters: 512 */
};
extern const struct prefilter_limits prefilter_limits_default;

enum prefilter_kind { PREFILTER_CHANNEL, PREFILTER_PROGRAMME };

struct prefilter_events {
	/*
	 * Of the decoded, trimmed channel attribute; not asked again about the next programmes
	 * of that channel. NULL: all programmes are wanted.
	 */
	_Bool (*wanted)(void *arg, const char *id, size_t len);
	/*
	 * A whole <channel> or wanted <programme>, from < to >, as the source has it; what was
	 * seen of it so far need not be mended. 1: it was taken, as it must not be unless it is
	 * well-formed and without comments and the like; 0: it goes to `entry`; negative stops.
	 * NULL: all go there.
	 */
	int (*plain)(void *arg, enum prefilter_kind kind, const char *text, size_t len,
	    uint32_t line, struct err *err);
	/*
	 * A whole <channel> or wanted <programme>, from < to >, mended, on line `line` of
	 * the source. Negative stops: prefilter_feed returns it.
	 */
	int (*entry)(void *arg, enum prefilter_kind kind, const char *text, size_t len,
	    uint32_t line, struct err *err);
	/* A complaint for people; at most one for each broken entry. */
	void (*note)(void *arg, uint32_t line, const char *text);
};

struct prefilter_counts {
	uint64_t bytes, channels, programmes; /* seen, wanted or not */
	uint64_t mended, broken;              /* entries mended; entries dropped */
	/* <tv; </tv>, and no entry or document behind it (known at the end). */
	_Bool root_seen, whole;
};

/* NULL: no memory. */
struct prefilter *prefilter_new(const struct prefilter_limits *limits,
    const struct prefilter_events *events, void *arg);
void prefilter_free(struct prefilter *p);
/*
 * 0, -EBADMSG (not XMLTV; a document that is refused), -ENOMEM, or what `entry` returned;
 * then the same from each further call.
 */
int prefilter_feed(struct prefilter *p, const void *data, size_t len, struct err *err);
/*
 * The end of the input: as prefilter_feed. -EBADMSG when there was no <tv; a text that is cut
 * short is whole = 0.
 */
int prefilter_finish(struct prefilter *p, struct err *err);
const struct prefilter_counts *prefilter_counts(const struct prefilter *p);

#endif
