/* rooms: playlist base */
/*
 * A playlist, cut as the first byte says: the same result as in one piece, and
 * what comes out of it, written as M3U, reads back as what it was.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "playlist/m3u.h"
#include "playlist/m3u_write.h"

#define LIST_MAX (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Adds an entry to a text, as the writer has it. */
static int
write_entry(const struct m3u_entry *e, void *arg)
{
	const struct m3u_out out = {
		.name = e->name,
		.url = e->url,
		.tvg_id = e->tvg_id,
		.tvg_name = e->tvg_name,
		.chno = e->chno,
		.logo = e->tvg_logo,
		.group = e->group,
		.radio = e->radio,
	};

	for (size_t i = 0; i < e->attr_count; i++) {
		if (e->attrs[i].name == NULL || e->attrs[i].value == NULL)
			abort();
	}
	if (strpbrk(e->headers, "\r") != NULL || strpbrk(e->user_agent, "\r\n") != NULL)
		abort();
	m3u_write_entry(arg, &out);
	return 0;
}

static int
read_list(const struct m3u_limits *limits, const uint8_t *data, size_t size, size_t step,
    struct buf *out)
{
	struct m3u_reader *r;
	int rc = 0;

	r = m3u_reader_new(limits, write_entry, NULL, out);
	if (r == NULL)
		abort();
	for (size_t at = 0; rc == 0 && at < size; at += step)
		rc = m3u_reader_feed(r, data + at, size - at < step ? size - at : step, NULL);
	if (rc == 0)
		rc = m3u_reader_finish(r, NULL);
	m3u_reader_free(r);
	return rc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole = BUF_INIT(LIST_MAX), cut = BUF_INIT(LIST_MAX), again = BUF_INIT(LIST_MAX);
	size_t step = size > 0 ? data[0] % 64 + 1u : 1;
	struct m3u_limits low = m3u_limits_default;
	int rc;

	/* So that they are met in a small input. */
	low.line_max = 1000;
	low.attr_max = 8;
	rc = read_list(&low, data, size, size + 1, &whole);
	if (read_list(&low, data, size, step, &cut) != rc || strcmp(whole.data, cut.data) != 0)
		abort();
	/* The second time the writer finds nothing to change any more. */
	if (rc == 0 && buf_status(&whole) == 0) {
		if (read_list(&m3u_limits_default, (const uint8_t *)whole.data, whole.len,
			whole.len, &again) != 0 ||
		    strcmp(whole.data, again.data) != 0)
			abort();
	}
	buf_release(&whole);
	buf_release(&cut);
	buf_release(&again);
	return 0;
}
