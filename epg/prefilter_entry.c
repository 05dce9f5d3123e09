#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "epg/prefilter_mend.h"
#include "epg/prefilter_parts.h"
#include "epg/prefilter_token.h"

static const char
    *const kind_names[] = { [PREFILTER_CHANNEL] = "channel", [PREFILTER_PROGRAMME] = "programme" };

/* -- what comes out ------------------------------------------------------------ */

void
prefilter_broken(struct prefilter *p, uint32_t line, enum prefilter_kind kind, const char *what)
{
	char text[80];

	snprintf(text, sizeof(text), "a %s %s", kind_names[kind], what);
	p->counts.broken++;
	p->events.note(p->arg, line, text);
}

static void
entry_too_long(struct prefilter *p)
{
	char what[60];

	snprintf(what, sizeof(what), "longer than %zu bytes", p->limits.entry_max);
	prefilter_broken(p, p->entry_line, p->kind, what);
}

/* The kept entry ends before `end`. `whole`: with its end tag. */
static int
entry_emit(struct prefilter *p, const char *end, _Bool whole, struct err *err)
{
	size_t len = (size_t)(end - p->entry);
	_Bool broken;
	int rc = 0;

	if (len > p->limits.entry_max) {
		entry_too_long(p);
		return 0;
	}
	if (whole && !p->dirty && p->events.plain != NULL)
		rc = p->events.plain(p->arg, p->kind, p->entry, len, p->entry_line, err);
	if (rc != 0)
		return rc < 0 ? rc : 0;
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
	rc = p->events.entry(p->arg, p->kind, p->text.data, p->text.len, p->entry_line, err);
	return rc < 0 ? rc : 0;
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

/* Of the value as it is meant: 1: it is wanted, 0: it is not; -EINVAL: it is none. */
static int
ask(const struct prefilter *p, const char *id, size_t len)
{
	if (len == 0)
		return -EINVAL;
	return p->events.wanted == NULL || p->events.wanted(p->arg, id, len);
}

static int
ask_decoded(struct prefilter *p, const struct token *t)
{
	buf_clear(&p->id);
	mend_value(&p->id, t->channel, t->channel_len, &p->aliases);
	if (buf_status(&p->id) < 0)
		return -ENOMEM;
	return ask(p, p->id.data, p->id.len);
}

/* 1: the programme is wanted, 0: it is not; -EINVAL: it is of no channel; -ENOMEM. */
static int
is_wanted(struct prefilter *p, const struct token *t)
{
	const char *id = t->channel;
	size_t len = t->channel_len;
	int rc;

	if (id == NULL)
		return -EINVAL;
	/* Most guides go channel by channel. */
	if (len > 0 && len == p->asked_len && memcmp(id, p->asked, len) == 0)
		return p->answer;
	p->asked_len = 0;
	if (!is_plain_id(&id, &len))
		return ask_decoded(p, t);
	rc = ask(p, id, len);
	if (rc >= 0 && t->channel_len <= sizeof(p->asked)) {
		memcpy(p->asked, t->channel, t->channel_len);
		p->asked_len = t->channel_len;
		p->answer = rc == 1;
	}
	return rc;
}

/* At the start tag of a channel or programme. */
int
prefilter_entry_begin(struct prefilter *p, const struct token *t, struct err *err)
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
		prefilter_broken(p, prefilter_line(p, p->at), p->kind, "without a channel");
	p->state = t->kind == TOKEN_EMPTY ? STATE_OUTSIDE
	    : wanted == 1                 ? STATE_KEPT
					  : STATE_SKIPPED;
	if (wanted == 1) {
		p->entry = p->at;
		p->entry_line = prefilter_line(p, p->at);
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
	if (prefilter_offset(p, from) < *open_until)
		from = p->base + (*open_until - p->offset);
	close = from < end ? token_find(t->kind, from, end) : NULL;
	if (close != NULL) {
		t->end = close;
		return;
	}
	if (end - token_close_len(t->kind) + 1 > from)
		*open_until = prefilter_offset(p, end - token_close_len(t->kind) + 1);
	t->kind = limited || prefilter_offset(p, p->at) < p->root_end ? TOKEN_STRAY : TOKEN_PART;
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

int
prefilter_walk_entry(struct prefilter *p, struct err *err)
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
