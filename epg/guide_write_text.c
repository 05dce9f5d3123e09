#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/file.h"
#include "epg/guide_write_parts.h"

int
guide_text_init(struct guide_text *t, int fd)
{
	*t = (struct guide_text){ .fd = fd, .data = malloc(GUIDE_TEXT_SIZE) };
	hash_xx_init(&t->hash);
	return t->data == NULL ? -ENOMEM : 0;
}

void
guide_text_release(struct guide_text *t)
{
	free(t->data);
	t->data = NULL;
}

static void
hash_rest(struct guide_text *t)
{
	hash_xx_add(&t->hash, t->data + t->hashed, t->len - t->hashed);
	t->hashed = t->len;
}

static void
flush(struct guide_text *t)
{
	hash_rest(t);
	if (t->error == 0)
		t->error = file_write_all(t->fd, t->data, t->len, NULL);
	/* The disk begins now, so that the fsync at the end finds little left to wait for. */
	if (t->error == 0)
		(void)sync_file_range(t->fd, (off_t)t->written, (off_t)t->len,
		    SYNC_FILE_RANGE_WRITE);
	t->written += t->len;
	t->len = t->hashed = 0;
}

void
guide_text_add(struct guide_text *t, const void *data, size_t len)
{
	const char *p = data;

	while (len > GUIDE_TEXT_SIZE - t->len) {
		size_t n = GUIDE_TEXT_SIZE - t->len;

		memcpy(t->data + t->len, p, n);
		t->len += n;
		p += n;
		len -= n;
		flush(t);
	}
	memcpy(t->data + t->len, p, len);
	t->len += len;
}

void
guide_text_cut(struct guide_text *t, struct guide_piece *ret)
{
	hash_rest(t);
	*ret = (struct guide_piece){
		.offset = t->begin,
		.len = guide_text_offset(t) - t->begin,
		.digest = hash_xx_end(&t->hash),
	};
	t->begin = guide_text_offset(t);
	hash_xx_init(&t->hash);
}

int
guide_text_flush(struct guide_text *t, struct err *err)
{
	flush(t);
	if (t->error < 0)
		return err_set(err, t->error, "write guide.xml: %s", strerror(-t->error));
	return 0;
}
