#include "epg/prefilter.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "epg/prefilter_alias.h"
#include "epg/prefilter_mend.h"
#include "epg/prefilter_token.h"
#include "epg/scan.h"

const struct prefilter_limits prefilter_limits_default = {
	.prolog_max = 64 << 10,
	.tag_max = 64 << 10,
	.entry_max = 1 << 20,
	.alias_max = 512,
};

enum state {
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

	enum state state;
	enum token_kind closing;  /* STATE_CLOSING: in which */
	enum prefilter_kind kind; /* of the entry that it is in */
	uint32_t entry_line;      /* STATE_KEPT: where that begins */
	_Bool dirty;              /* STATE_KEPT: there is something to mend, or to leave out */
	_Bool ended;              /* the root's end was the last thing seen */
	char first[24];           /* the name of the first tag before the root */
	struct aliases aliases;   /* of the documents' own entities */
	uint64_t open_until[3];   /* no "-->", "]]>", "?>" begins before this place of the text */

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
};

static const char
    *const kind_names[] = { [PREFILTER_CHANNEL] = "channel", [PREFILTER_PROGRAMME] = "programme" };

/* -- what it tells ------------------------------------------------------------- */

/* The line of a place that is not before the last one asked for. */
static uint32_t
line_at(struct prefilter *p, const char *at)
{
	p->line += (uint32_t)scan_lines(p->counted, at);
	p->counted = at;
	return p->line;
}

static void __attribute__((format(printf, 3, 4)))
entry_broken(struct prefilter *p, uint32_t line, const char *fmt, ...)
{
	char text[120];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	p->counts.broken++;
	p->events.note(p->arg, line, text);
}

static void
entry_too_long(struct prefilter *p)
{
	entry_broken(p, p->entry_line, "a %s longer than %zu bytes", kind_names[p->kind],
	    p->limits.entry_max);
}

static int
entry_give(struct prefilter *p, const char *text, size_t len, struct err *err)
{
	int rc = p->events.entry(p->arg, p->kind, text, len, p->entry_line, err);

	return rc < 0 ? rc : 0;
}

/* The kept entry ends before `end`. `whole`: with its end tag. */
static int
entry_emit(struct prefilter *p, const char *end, _Bool whole, struct err *err)
{
	size_t len = (size_t)(end - p->entry);
	_Bool broken;

	if (len > p->limits.entry_max) {
		entry_too_long(p);
		return 0;
	}
	if (whole && !p->dirty && mend_is_clean(p->entry, end, p->limits.tag_max))
		return entry_give(p, p->entry, len, err);
	buf_clear(&p->text);
	broken = mend_entry(&p->text, p->entry, end, p->limits.tag_max, &p->aliases);
	if (!whole)
		buf_printf(&p->text, "</%s>", kind_names[p->kind]);
	if (buf_status(&p->text) == -ENOMEM)
		return err_set(err, ENOMEM, "no memory for a %s", kind_names[p->kind]);
	if (buf_status(&p->text) < 0) {
		entry_too_long(p);
		return 0;
	}
	p->counts.mended += broken || !whole;
	return entry_give(p, p->text.data, p->text.len, err);
}

/* -- entries ------------------------------------------------------------------- */

/* The id as it stands there, trimmed, when there is nothing in it to decode. */
static _Bool
is_plain_id(const char **id, size_t *len)
{
	const char *p = *id, *end = p + *len;

	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	while (p < end && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	*id = p;
	*len = (size_t)(end - p);
	while (p < end && (signed char)*p >= ' ' && *p != '&')
		p++;
	return p == end;
}

/* 1: the programme is wanted, 0: it is not; -EINVAL: it is of no channel; -ENOMEM. */
static int
is_wanted(struct prefilter *p, const struct token *t)
{
	size_t len = t->channel_len;
	const char *id = t->channel;

	if (id == NULL)
		return -EINVAL;
	if (!is_plain_id(&id, &len)) {
		buf_clear(&p->id);
		mend_value(&p->id, id, len, &p->aliases);
		if (buf_status(&p->id) < 0)
			return -ENOMEM;
		id = p->id.data;
		len = p->id.len;
	}
	if (len == 0)
		return -EINVAL;
	return p->events.wanted == NULL || p->events.wanted(p->arg, id, len);
}

/* At the start tag of a channel or programme. */
static int
entry_begin(struct prefilter *p, const struct token *t, struct err *err)
{
	int wanted = 1;

	p->kind = t->name == TOKEN_CHANNEL ? PREFILTER_CHANNEL : PREFILTER_PROGRAMME;
	if (p->kind == PREFILTER_CHANNEL) {
		p->counts.channels++;
	} else {
		p->counts.programmes++;
		wanted = is_wanted(p, t);
	}
	if (wanted == -ENOMEM)
		return err_set(err, ENOMEM, "no memory for a channel's id");
	if (wanted == -EINVAL)
		entry_broken(p, line_at(p, p->at), "a programme without a channel");
	p->state = t->kind == TOKEN_EMPTY ? STATE_OUTSIDE
	    : wanted == 1                 ? STATE_KEPT
					  : STATE_SKIPPED;
	if (wanted == 1) {
		p->entry = p->at;
		p->entry_line = line_at(p, p->at);
		p->dirty = 0;
	}
	p->at = t->end;
	return wanted == 1 && t->kind == TOKEN_EMPTY ? entry_emit(p, t->end, 1, err) : 0;
}

/* Does the entry end where this begins, its own end tag missing? */
static _Bool
begins_another(const struct prefilter *p, const struct token *t)
{
	if (t->kind == TOKEN_XML || t->kind == TOKEN_DOCTYPE || t->name == TOKEN_TV)
		return 1;
	if (t->kind == TOKEN_END || t->name == TOKEN_OTHER)
		return 0;
	return t->name == TOKEN_PROGRAMME || p->kind == PREFILTER_CHANNEL;
}

static _Bool
ends_entry(const struct prefilter *p, const struct token *t)
{
	return t->kind == TOKEN_END &&
	    t->name == (p->kind == PREFILTER_CHANNEL ? TOKEN_CHANNEL : TOKEN_PROGRAMME);
}

static int
entry_end(struct prefilter *p, const char *end, _Bool whole, struct err *err)
{
	_Bool kept = p->state == STATE_KEPT;

	p->state = STATE_OUTSIDE;
	p->at = end;
	return kept ? entry_emit(p, end, whole, err) : 0;
}

/* A comment and its like in an entry: finds its end, or makes it TOKEN_PART or TOKEN_STRAY. */
static void
close_token(struct prefilter *p, struct token *t)
{
	uint64_t *open_until = &p->open_until[t->kind - TOKEN_COMMENT];
	_Bool limited = (size_t)(p->end - p->at) >= p->limits.entry_max;
	const char *end = limited ? p->at + p->limits.entry_max : p->end;
	const char *from = t->end, *close;

	/* What was looked through for one that never closed is not looked through again. */
	if (p->offset + (uint64_t)(from - p->base) < *open_until)
		from = p->base + (*open_until - p->offset);
	close = from < end ? token_find(t->kind, from, end) : NULL;
	if (close != NULL) {
		t->end = close;
		return;
	}
	if (end - token_close_len(t->kind) + 1 > from)
		*open_until = p->offset + (uint64_t)(end - token_close_len(t->kind) + 1 - p->base);
	t->kind = limited ? TOKEN_STRAY : TOKEN_PART;
	t->end = p->at + 1;
}

/* At a '<' in an entry. 1: more text is needed. */
static int
entry_step(struct prefilter *p, struct err *err)
{
	struct token t;

	token_read(&t, p->at, p->end, p->limits.tag_max, p->last);
	if (t.kind == TOKEN_COMMENT || t.kind == TOKEN_CDATA || t.kind == TOKEN_PI)
		close_token(p, &t);
	if (t.kind == TOKEN_PART)
		return 1;
	if (begins_another(p, &t))
		return entry_end(p, p->at, 0, err);
	if (ends_entry(p, &t))
		return entry_end(p, t.end, 1, err);
	p->dirty |= t.kind != TOKEN_START && t.kind != TOKEN_EMPTY && t.kind != TOKEN_END;
	p->at = t.end;
	return 0;
}

static int
walk_entry(struct prefilter *p, struct err *err)
{
	int rc = 0;

	while (rc == 0 && p->state >= STATE_KEPT) {
		p->at = token_skip(p->at, p->end, p->limits.tag_max);
		if (p->state == STATE_KEPT && (size_t)(p->at - p->entry) > p->limits.entry_max) {
			entry_too_long(p);
			p->state = STATE_SKIPPED;
		}
		if (p->at == p->end)
			return 1;
		rc = entry_step(p, err);
	}
	return rc;
}

/* -- between entries ------------------------------------------------------------- */

static int
refuse(struct prefilter *p, struct err *err)
{
	if (p->first[0] != '\0')
		return err_set(err, EBADMSG, "not XMLTV: it begins with <%s>, not with <tv>",
		    p->first);
	return err_set(err, EBADMSG, "not XMLTV: there is no <tv>");
}

/* A tag before the root. */
static void
remember_first(struct prefilter *p)
{
	const char *name = p->at + 1;
	size_t len = 0;

	if (p->first[0] != '\0')
		return;
	while (len < sizeof(p->first) - 1 && name[len] > ' ' && name[len] < 0x7f &&
	    name[len] != '/' && name[len] != '>')
		len++;
	memcpy(p->first, name, len);
}

static int
outside_tag(struct prefilter *p, const struct token *t, struct err *err)
{
	p->ended = t->name == TOKEN_TV && t->kind != TOKEN_START;
	if (t->name == TOKEN_TV)
		p->counts.root_seen |= t->kind != TOKEN_END;
	if (!p->counts.root_seen && t->kind != TOKEN_END)
		remember_first(p);
	if (p->counts.root_seen && t->kind != TOKEN_END &&
	    (t->name == TOKEN_CHANNEL || t->name == TOKEN_PROGRAMME))
		return entry_begin(p, t, err);
	p->at = t->end;
	return 0;
}

/* A '<' that opens nothing: lost is what an entry's broken tag would have begun. */
static void
outside_stray(struct prefilter *p)
{
	static const char *const
	    tags[] = { [PREFILTER_CHANNEL] = "<channel", [PREFILTER_PROGRAMME] = "<programme" };

	for (size_t i = 0; i < 2 && p->counts.root_seen; i++) {
		size_t len = strlen(tags[i]);

		if ((size_t)(p->end - p->at) > len && memcmp(p->at, tags[i], len) == 0 &&
		    (unsigned char)p->at[len] <= ' ')
			entry_broken(p, line_at(p, p->at), "the tag of a %s does not end",
			    kind_names[i]);
	}
	p->ended = 0;
	p->at++;
}

/* 1: more text is needed. */
static int
outside_doctype(struct prefilter *p, const struct token *t, struct err *err)
{
	_Bool limited = (size_t)(p->end - p->at) >= p->limits.prolog_max;
	const char *end = limited ? p->at + p->limits.prolog_max : p->end, *close;
	int rc = alias_read_doctype(&p->aliases, t->end, end, &close, err);

	if (rc < 0)
		return rc;
	if (close == NULL && !limited)
		return 1;
	p->at = close != NULL ? close : t->end;
	p->ended = 0;
	return 0;
}

/* At a '<'. 1: more text is needed. */
static int
outside_step(struct prefilter *p, struct err *err)
{
	struct token t;

	if (!p->counts.root_seen && p->offset + (uint64_t)(p->at - p->base) >= p->limits.prolog_max)
		return refuse(p, err);
	token_read(&t, p->at, p->end, p->limits.tag_max, p->last);
	switch (t.kind) {
	case TOKEN_PART: return 1;
	case TOKEN_STRAY: outside_stray(p); return 0;
	case TOKEN_START:
	case TOKEN_EMPTY:
	case TOKEN_END: return outside_tag(p, &t, err);
	case TOKEN_DOCTYPE: return outside_doctype(p, &t, err);
	case TOKEN_COMMENT:
	case TOKEN_PI: break;
	case TOKEN_CDATA: p->ended = 0; break;
	case TOKEN_XML:
		p->ended = 0;
		t.kind = TOKEN_PI;
		break;
	}
	p->state = STATE_CLOSING;
	p->closing = t.kind;
	p->at = t.end;
	return 0;
}

static int
walk_outside(struct prefilter *p, struct err *err)
{
	int rc = 0;

	while (rc == 0 && p->state == STATE_OUTSIDE) {
		const char *next = scan_for(p->at, p->end, '<');

		while (p->ended && p->at < next)
			p->ended = (unsigned char)*p->at++ <= ' ';
		p->at = next;
		if (next == p->end)
			return 1;
		rc = outside_step(p, err);
	}
	return rc;
}

/* It may be as long as it likes: nothing of it is kept. */
static int
walk_closing(struct prefilter *p)
{
	const char *close = token_find(p->closing, p->at, p->end);
	size_t tail = token_close_len(p->closing) - 1;

	if (close == NULL) {
		if ((size_t)(p->end - p->at) > tail)
			p->at = p->end - tail;
		return 1;
	}
	p->at = close;
	p->state = STATE_OUTSIDE;
	return 0;
}

/* -- pieces -------------------------------------------------------------------- */

/* Walks as far as it can. *ret_used: bytes that are not needed any more. */
static int
walk(struct prefilter *p, const char *data, size_t len, size_t *ret_used, struct err *err)
{
	const char *keep;
	int rc = 0;

	p->base = p->entry = p->counted = data;
	p->at = data + p->walked;
	p->end = data + len;
	while (rc == 0) {
		switch (p->state) {
		case STATE_OUTSIDE: rc = walk_outside(p, err); break;
		case STATE_CLOSING: rc = walk_closing(p); break;
		case STATE_KEPT:
		case STATE_SKIPPED: rc = walk_entry(p, err); break;
		}
	}
	if (rc < 0)
		return rc;
	/* A place outside of what may be kept that is so far away that no <tv can come. */
	if (!p->counts.root_seen && p->offset + (uint64_t)(p->at - data) >= p->limits.prolog_max)
		return refuse(p, err);
	keep = p->state == STATE_KEPT ? p->entry : p->at;
	p->walked = (size_t)(p->at - keep);
	(void)line_at(p, keep);
	*ret_used = (size_t)(keep - data);
	p->offset += *ret_used;
	return 0;
}

/* Keeps what is not whole, and does not look again before it has grown by a quarter: however
 * the text is cut, each byte is looked at a few times only. */
static int
window_keep(struct prefilter *p, const char *data, size_t len, struct err *err)
{
	buf_add(&p->window, data, len);
	p->ready = p->window.len + p->window.len / 4 + 512;
	if (buf_status(&p->window) < 0)
		return err_set(err, -buf_status(&p->window), "no memory for %zu bytes of text",
		    p->window.len + len);
	return 0;
}

/* Puts the next bytes behind those that wait, as many as it takes. */
static int
feed_window(struct prefilter *p, const char **data, size_t *len, struct err *err)
{
	size_t held = p->window.len, more = p->ready - held, used;
	int rc;

	if (more > *len)
		more = *len;
	buf_add(&p->window, *data, more);
	if (buf_status(&p->window) < 0)
		return window_keep(p, NULL, 0, err);
	*data += more;
	*len -= more;
	if (p->window.len < p->ready)
		return 0;
	rc = walk(p, p->window.data, p->window.len, &used, err);
	if (rc < 0)
		return rc;
	if (used >= held) {
		/* What is left came with the last bytes: on with the caller's memory. */
		*data -= p->window.len - used;
		*len += p->window.len - used;
		buf_clear(&p->window);
		return 0;
	}
	buf_drop(&p->window, used);
	return window_keep(p, NULL, 0, err);
}

int
prefilter_feed(struct prefilter *p, const void *data, size_t len, struct err *err)
{
	const char *text = data;
	size_t used;
	int rc = p->failed;

	p->counts.bytes += len;
	while (rc == 0 && len > 0) {
		if (p->window.len > 0) {
			rc = feed_window(p, &text, &len, err);
			continue;
		}
		rc = walk(p, text, len, &used, err);
		if (rc == 0)
			rc = window_keep(p, text + used, len - used, err);
		len = 0;
	}
	p->failed = rc;
	return rc;
}

int
prefilter_finish(struct prefilter *p, struct err *err)
{
	size_t used;
	int rc = p->failed;

	p->last = 1;
	if (rc == 0)
		rc = walk(p, p->window.data, p->window.len, &used, err);
	if (rc == 0 && !p->counts.root_seen)
		rc = refuse(p, err);
	if (rc == 0 && p->state == STATE_KEPT)
		entry_broken(p, p->entry_line, "the text ends within a %s", kind_names[p->kind]);
	p->counts.whole = rc == 0 && p->ended && p->state == STATE_OUTSIDE;
	p->failed = rc;
	return rc;
}

/* -- life ---------------------------------------------------------------------- */

struct prefilter *
prefilter_new(const struct prefilter_limits *limits, const struct prefilter_events *events,
    void *arg)
{
	struct prefilter *p = calloc(1, sizeof(*p));
	/* An entry and, behind it, what may turn out not to belong to it; and what is read ahead. */
	size_t held = 2 * limits->entry_max + limits->tag_max + limits->prolog_max;

	if (p == NULL)
		return NULL;
	p->limits = *limits;
	p->events = *events;
	p->arg = arg;
	p->line = 1;
	p->aliases.max = limits->alias_max;
	buf_init(&p->window, held + held / 4 + 1024);
	buf_init(&p->id, 4 * limits->tag_max);
	buf_init(&p->text, limits->entry_max);
	return p;
}

void
prefilter_free(struct prefilter *p)
{
	if (p == NULL)
		return;
	alias_release(&p->aliases);
	buf_release(&p->window);
	buf_release(&p->id);
	buf_release(&p->text);
	free(p);
}

const struct prefilter_counts *
prefilter_counts(const struct prefilter *p)
{
	return &p->counts;
}
