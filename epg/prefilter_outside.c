#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "base/list.h"
#include "epg/prefilter_alias.h"
#include "epg/prefilter_parts.h"
#include "epg/prefilter_token.h"
#include "epg/scan.h"

int
prefilter_refuse(const struct prefilter *p, struct err *err)
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
	_Bool is_entry = t->name == TOKEN_CHANNEL || t->name == TOKEN_PROGRAMME;

	if (t->name == TOKEN_TV) {
		p->ended = t->kind != TOKEN_START;
		p->counts.root_seen |= t->kind != TOKEN_END;
	}
	if (!p->counts.root_seen && t->kind != TOKEN_END)
		remember_first(p);
	if (p->counts.root_seen && t->kind != TOKEN_END && is_entry) {
		p->ended = 0;
		return prefilter_entry_begin(p, t, err);
	}
	p->at = t->end;
	return 0;
}

/* A '<' that opens nothing: lost is what an entry's broken tag would have begun. */
static void
outside_stray(struct prefilter *p)
{
	static const struct {
		const char *tag;
		enum prefilter_kind kind;
	} rows[] = { { "<channel", PREFILTER_CHANNEL }, { "<programme", PREFILTER_PROGRAMME } };

	for (size_t i = 0; i < ARRAY_LEN(rows) && p->counts.root_seen; i++) {
		size_t len = strlen(rows[i].tag);

		if ((size_t)(p->end - p->at) <= len || memcmp(p->at, rows[i].tag, len) != 0 ||
		    (unsigned char)p->at[len] > ' ')
			continue;
		prefilter_broken(p, prefilter_line(p, p->at), rows[i].kind,
		    "whose tag does not end");
		p->ended = 0;
	}
	p->at++;
}

/* 1: more text is needed. */
static int
outside_doctype(struct prefilter *p, const struct token *t, struct err *err)
{
	_Bool limited = (size_t)(p->end - p->at) >= p->limits.prolog_max;
	const char *end = limited ? p->at + p->limits.prolog_max : p->end, *close = NULL;
	int rc = 0;

	/* What was looked through for one that never ended is not looked through again. */
	if (prefilter_offset(p, p->at) >= p->doctype_until) {
		rc = alias_read_doctype(&p->aliases, t->end, end, &close, err);
		if (rc < 0)
			return rc;
		if (close == NULL && !limited)
			return 1;
		if (close == NULL)
			p->doctype_until = prefilter_offset(p, end);
	}
	p->at = close != NULL ? close : t->end;
	p->ended = 0;
	return 0;
}

/* At a '<'. 1: more text is needed. */
static int
outside_step(struct prefilter *p, struct err *err)
{
	struct token t;

	if (!p->counts.root_seen && prefilter_offset(p, p->at) >= p->limits.prolog_max)
		return prefilter_refuse(p, err);
	token_read(&t, p->at, p->end, p->limits.tag_max, p->last);
	switch (t.kind) {
	case TOKEN_PART: return 1;
	case TOKEN_STRAY: outside_stray(p); return 0;
	case TOKEN_START:
	case TOKEN_EMPTY:
	case TOKEN_END: return outside_tag(p, &t, err);
	case TOKEN_DOCTYPE: return outside_doctype(p, &t, err);
	case TOKEN_COMMENT:
	case TOKEN_CDATA:
	case TOKEN_PI: break;
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

int
prefilter_walk_outside(struct prefilter *p, struct err *err)
{
	int rc = 0;

	while (rc == 0 && p->state == STATE_OUTSIDE) {
		p->at = scan_for(p->at, p->end, '<');
		if (p->at == p->end)
			return 1;
		rc = outside_step(p, err);
	}
	return rc;
}

/* It may be as long as it likes: nothing of it is kept. */
int
prefilter_walk_closing(struct prefilter *p)
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
