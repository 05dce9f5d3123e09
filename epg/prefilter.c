#include "epg/prefilter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "epg/prefilter_alias.h"
#include "epg/prefilter_parts.h"
#include "epg/scan.h"

const struct prefilter_limits prefilter_limits_default = {
	.prolog_max = 64 << 10,
	.tag_max = 64 << 10,
	.entry_max = 1 << 20,
	.alias_max = 512,
};

/* -- pieces -------------------------------------------------------------------- */

uint32_t
prefilter_line(struct prefilter *p, const char *at)
{
	p->line += (uint32_t)scan_lines(p->counted, at);
	p->counted = at;
	return p->line;
}

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
		case STATE_OUTSIDE: rc = prefilter_walk_outside(p, err); break;
		case STATE_CLOSING: rc = prefilter_walk_closing(p); break;
		case STATE_KEPT:
		case STATE_SKIPPED: rc = prefilter_walk_entry(p, err); break;
		}
	}
	if (rc < 0)
		return rc;
	/* What the walk waits for begins too late to be the root. */
	if (!p->counts.root_seen && prefilter_offset(p, p->at) >= p->limits.prolog_max)
		return prefilter_refuse(p, err);
	keep = p->state == STATE_KEPT ? p->entry : p->at;
	p->walked = (size_t)(p->at - keep);
	(void)prefilter_line(p, keep);
	*ret_used = (size_t)(keep - data);
	p->offset += *ret_used;
	return 0;
}

static int
window_add(struct prefilter *p, const char *data, size_t len, struct err *err)
{
	buf_add(&p->window, data, len);
	if (buf_status(&p->window) < 0)
		return err_set(err, -buf_status(&p->window), "no memory for %zu bytes of text",
		    p->window.len + len);
	return 0;
}

/*
 * The window is not looked at again before it has grown by a quarter: however the text is cut,
 * each byte is looked at a few times only.
 */
static void
window_wait(struct prefilter *p)
{
	p->ready = p->window.len + p->window.len / 4 + 512;
}

/* Puts the next bytes behind those that wait, as many as it takes. */
static int
feed_window(struct prefilter *p, const char **data, size_t *len, struct err *err)
{
	size_t held = p->window.len, more = p->ready - held, used;
	int rc;

	if (more > *len)
		more = *len;
	rc = window_add(p, *data, more, err);
	if (rc < 0)
		return rc;
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
	window_wait(p);
	return 0;
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
			rc = window_add(p, text + used, len - used, err);
		window_wait(p);
		len = 0;
	}
	p->failed = rc;
	return rc;
}

/* The place of the last </tv that waits; 0: there is none. */
static uint64_t
find_root_end(const struct prefilter *p)
{
	static const char end[] = "</tv";
	const char *text = p->window.data, *at = text + p->window.len;

	while ((at = memrchr(text, '<', (size_t)(at - text))) != NULL) {
		if (strncmp(at, end, strlen(end)) == 0)
			return p->offset + (uint64_t)(at - text);
	}
	return 0;
}

int
prefilter_finish(struct prefilter *p, struct err *err)
{
	size_t used;
	int rc = p->failed;

	p->last = 1;
	p->root_end = find_root_end(p);
	if (rc == 0)
		rc = walk(p, p->window.data, p->window.len, &used, err);
	if (rc == 0 && !p->counts.root_seen)
		rc = prefilter_refuse(p, err);
	if (rc == 0 && p->state == STATE_KEPT)
		prefilter_broken(p, p->entry_line, p->kind, "in which the text ends");
	p->counts.whole = rc == 0 && p->ended;
	p->failed = rc;
	return rc;
}

/* -- life ---------------------------------------------------------------------- */

struct prefilter *
prefilter_new(const struct prefilter_limits *limits, const struct prefilter_events *events,
    void *arg)
{
	struct prefilter *p = calloc(1, sizeof(*p));
	/* An entry and what may turn out not to belong to it, and what is read ahead. */
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
