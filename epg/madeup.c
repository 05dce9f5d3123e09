#include "epg/madeup.h"

#include <stdio.h>

#include "base/buf.h"
#include "epg/madeup_parts.h"

#define NAME_BYTES 4096 /* of a name: what is beyond is not looked at */
#define BODY_MAX   (NAME_BYTES * 6 + 64)

struct madeup {
	const struct madeup_settings *settings;
	struct buf block; /* the body of each */
	madeup_cb *out;
	void *arg;
};

static void
make_body(struct buf *body, const char *title)
{
	buf_str(body, "<title>");
	buf_xml(body, title);
	buf_str(body, "</title>\n");
}

/* Blocks over [from, to); with `whole` the first and the last go beyond it. */
static int
add_blocks(struct madeup *m, int64_t from, int64_t to, _Bool whole_first, _Bool whole_last)
{
	int64_t block = m->settings->block_s;
	int rc = 0;

	if (block == 0)
		return 0;
	for (int64_t at = from - from % block; at < to && rc >= 0; at += block) {
		int64_t start = at < from && !whole_first ? from : at;
		int64_t stop = at + block > to && !whole_last ? to : at + block;

		rc = m->out(m->arg, start, stop, m->block.data, m->block.len);
	}
	return rc;
}

static int
add_event(struct madeup *m, int64_t from, int64_t to, int64_t start, int64_t stop,
    const char *title)
{
	struct buf body = BUF_INIT(BODY_MAX);
	int rc = 0;

	if (start > from)
		rc = add_blocks(m, from, start, 1, 0);
	make_body(&body, title);
	if (buf_status(&body) < 0)
		rc = buf_status(&body);
	if (rc >= 0)
		rc = m->out(m->arg, start, stop, body.data, body.len);
	if (rc >= 0 && stop < to)
		rc = add_blocks(m, stop, to, 0, 1);
	buf_release(&body);
	return rc;
}

int
madeup_channel(const struct madeup_settings *settings, const char *name, int64_t from, int64_t to,
    int64_t today, madeup_cb *out, void *arg)
{
	struct madeup m = { .settings = settings, .out = out, .arg = arg };
	struct buf title = BUF_INIT(NAME_BYTES);
	struct madeup_words words;
	char cut[NAME_BYTES];
	int64_t start, stop;
	int rc;

	snprintf(cut, sizeof(cut), "%s", name);
	buf_init(&m.block, BODY_MAX);
	make_body(&m.block, cut);
	rc = buf_status(&m.block);
	if (rc == 0 && settings->events && madeup_read(cut, &words, &title) &&
	    buf_status(&title) == 0 && madeup_resolve(&words, today, &start, &stop) && start < to &&
	    stop > from)
		rc = add_event(&m, from, to, start, stop, title.data);
	else if (rc == 0)
		rc = add_blocks(&m, from, to, 1, 1);
	buf_release(&m.block);
	buf_release(&title);
	return rc < 0 ? rc : 0;
}
