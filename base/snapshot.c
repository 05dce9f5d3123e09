#include "base/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"

#define OUT_SIZE (1u << 20)

int
snapshot_out_init(struct snapshot_out *out, int fd, size_t header)
{
	*out = (struct snapshot_out){ .fd = fd, .data = malloc(OUT_SIZE) };
	if (out->data == NULL)
		return -ENOMEM;
	memset(out->data, 0, header);
	out->len = header;
	out->offset = header;
	return 0;
}

void
snapshot_out_release(struct snapshot_out *out)
{
	free(out->data);
	out->data = NULL;
}

static void
flush(struct snapshot_out *out)
{
	if (out->error == 0)
		out->error = file_write_all(out->fd, out->data, out->len, NULL);
	out->len = 0;
}

uint64_t
snapshot_add(struct snapshot_out *out, const void *data, size_t len)
{
	uint64_t at = out->offset;
	const char *p = data;

	out->offset += len;
	if (len >= OUT_SIZE) { /* not worth a copy */
		flush(out);
		if (out->error == 0)
			out->error = file_write_all(out->fd, data, len, NULL);
		return at;
	}
	while (len > 0) {
		size_t n = OUT_SIZE - out->len;

		if (n > len)
			n = len;
		memcpy(out->data + out->len, p, n);
		out->len += n;
		p += n;
		len -= n;
		if (out->len == OUT_SIZE)
			flush(out);
	}
	return at;
}

void
snapshot_align(struct snapshot_out *out)
{
	static const char zeros[8];

	snapshot_add(out, zeros, -out->offset & 7);
}

int
snapshot_finish(struct snapshot_out *out, const void *header, size_t len, struct err *err)
{
	ssize_t n;

	flush(out);
	if (out->error < 0)
		return err_set(err, out->error, "write the snapshot: %s", strerror(-out->error));
	do
		n = pwrite(out->fd, header, len, 0);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return err_sys(err, "write the snapshot's header");
	return (size_t)n == len ? 0 : err_set(err, ENOSPC, "write the snapshot's header: cut");
}

_Bool
snapshot_holds(const struct file_map *map, const struct snapshot_part *part, size_t row)
{
	return part->offset <= map->len && part->len <= map->len - part->offset &&
	    part->offset % 8 == 0 && part->len % row == 0;
}

_Bool
snapshot_is_blob(const struct file_map *map, const struct snapshot_part *part)
{
	return snapshot_holds(map, part, 1) && part->len >= SNAPSHOT_TAIL &&
	    part->len <= UINT32_MAX;
}

uint64_t
snapshot_check_texts(const struct file_map *map, const struct snapshot_part *blob, uint64_t from)
{
	const char *start = (const char *)map->data + blob->offset, *end;
	uint64_t left = blob->len - from;

	if (left > SNAPSHOT_TEXT_MAX + 1)
		left = SNAPSHOT_TEXT_MAX + 1;
	/* The last end there is: texts before it are shorter still. */
	end = memrchr(start + from, '\0', (size_t)left);
	return end == NULL ? 0 : (uint64_t)(end - start) + 1;
}
