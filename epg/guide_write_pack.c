#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "epg/guide_index_parts.h"
#include "epg/guide_write_parts.h"

#define PIECE (64u << 10)
#define LEVEL 6

/* RFC 1952: no name, no time, of an unknown system. */
static const unsigned char gzip_head[GUIDE_GZIP_HEAD] = { 0x1f, 0x8b, 8, [9] = 255 };

static void
put_tail(unsigned char out[GUIDE_GZIP_TAIL], uint32_t crc, uint64_t bytes)
{
	const uint32_t tail[2] = { htole32(crc), htole32((uint32_t)bytes) };

	memcpy(out, tail, sizeof(tail));
}

/* pread of all of it; -EIO: the file ends before. */
static int
read_at(int fd, void *data, size_t len, uint64_t offset)
{
	char *p = data;

	while (len > 0) {
		ssize_t n = pread(fd, p, len, (off_t)offset);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 ? -EIO : -errno;
		p += n;
		len -= (size_t)n;
		offset += (size_t)n;
	}
	return 0;
}

/*
 * A gzip file that is of another making than the index is not read: a wrong piece would be
 * copied from guide to guide for ever.
 */
static _Bool
is_of_one_making(const struct guide_index *old, int fd)
{
	unsigned char tail[GUIDE_GZIP_TAIL], is[GUIDE_GZIP_TAIL];
	const struct guide_header *h = &old->header;
	struct stat st;

	if (h->gzip_bytes == 0 || fstat(fd, &st) == -1 || (uint64_t)st.st_size != h->gzip_bytes)
		return 0;
	put_tail(tail, h->crc, h->bytes);
	return read_at(fd, is, sizeof(is), h->gzip_bytes - sizeof(is)) == 0 &&
	    memcmp(tail, is, sizeof(tail)) == 0;
}

int
guide_pack_init(struct guide_pack *p, int fd, const struct guide_index *old, int old_fd,
    struct err *err)
{
	*p = (struct guide_pack){ .old_fd = old_fd };
	if (fd == -1)
		return 0;
	/* -15: raw deflate, the wrapper is ours. */
	p->on = deflateInit2(&p->z, LEVEL, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) == Z_OK;
	p->buffer = malloc(2 * PIECE);
	if (!p->on || p->buffer == NULL || snapshot_out_init(&p->out, fd, 0) < 0)
		return err_set(err, ENOMEM, "out of memory");
	if (old != NULL && old_fd != -1 && is_of_one_making(old, old_fd))
		p->old = old;
	snapshot_add(&p->out, gzip_head, sizeof(gzip_head));
	return 0;
}

void
guide_pack_release(struct guide_pack *p)
{
	if (p->on)
		(void)deflateEnd(&p->z);
	snapshot_out_release(&p->out);
	free(p->buffer);
}

static int
write_status(const struct guide_pack *p, struct err *err)
{
	if (p->out.error < 0)
		return err_set(err, p->out.error, "write guide.xml.gz: %s",
		    strerror(-p->out.error));
	return 0;
}

/* zlib's next_in lacks the const that it keeps. */
static unsigned char *
unconst(const void *p)
{
	union {
		const void *in;
		unsigned char *out;
	} cast = { .in = p };

	return cast.out;
}

static int
deflate_some(struct guide_pack *p, const void *data, size_t len, int flush, struct err *err)
{
	int z;

	p->z.next_in = unconst(data);
	p->z.avail_in = (unsigned)len;
	do {
		p->z.next_out = p->buffer + PIECE;
		p->z.avail_out = PIECE;
		z = deflate(&p->z, flush);
		if (z == Z_STREAM_ERROR)
			return err_set(err, EIO, "cannot compress the guide");
		snapshot_add(&p->out, p->buffer + PIECE, PIECE - p->z.avail_out);
	} while (p->z.avail_out == 0);
	return write_status(p, err);
}

/* Compresses the piece, which is in the file, in the buffer, or begins in the one. */
static int
deflate_piece(struct guide_pack *p, const struct guide_text *t, struct guide_piece *piece,
    struct err *err)
{
	uint64_t at = piece->offset, end = piece->offset + piece->len;
	int rc = 0;

	if (deflateReset(&p->z) != Z_OK)
		return err_set(err, ENOMEM, "out of memory");
	while (rc == 0 && at < end) {
		const void *data = p->buffer;
		size_t len = PIECE;

		if (at >= t->written) {
			data = t->data + (at - t->written);
			len = (size_t)(end - at);
		} else {
			if (len > t->written - at)
				len = (size_t)(t->written - at);
			rc = read_at(t->fd, p->buffer, len, at);
			if (rc < 0)
				return err_set(err, rc, "read guide.xml again: %s", strerror(-rc));
		}
		piece->crc = (uint32_t)crc32(piece->crc, data, (unsigned)len);
		rc = deflate_some(p, data, len, Z_NO_FLUSH, err);
		at += len;
	}
	/* Ends on a byte, and nothing behind it refers to before it. */
	return rc < 0 ? rc : deflate_some(p, NULL, 0, Z_FULL_FLUSH, err);
}

static int
copy_piece(struct guide_pack *p, const struct guide_piece *old, struct err *err)
{
	for (uint64_t done = 0; done < old->packed_len;) {
		size_t n = PIECE;
		int rc;

		if (n > old->packed_len - done)
			n = (size_t)(old->packed_len - done);
		rc = read_at(p->old_fd, p->buffer, n, old->packed + done);
		if (rc < 0)
			return err_set(err, rc, "read the last guide.xml.gz: %s", strerror(-rc));
		snapshot_add(&p->out, p->buffer, n);
		done += n;
	}
	return write_status(p, err);
}

int
guide_pack_add(struct guide_pack *p, const struct guide_text *t, struct guide_piece *piece,
    const struct guide_piece *same, struct err *err)
{
	_Bool copied = p->old != NULL && same != NULL && same->digest == piece->digest &&
	    same->len == piece->len;
	int rc;

	if (!p->on || piece->len == 0)
		return 0;
	piece->packed = p->out.offset;
	piece->crc = copied ? same->crc : 0;
	rc = copied ? copy_piece(p, same, err) : deflate_piece(p, t, piece, err);
	piece->packed_len = p->out.offset - piece->packed;
	p->crc = (uint32_t)crc32_combine(p->crc, piece->crc, (z_off_t)piece->len);
	p->bytes += piece->len;
	return rc < 0 ? rc : copied;
}

int
guide_pack_finish(struct guide_pack *p, const char *tail, size_t len, struct err *err)
{
	unsigned char gzip_tail[GUIDE_GZIP_TAIL];
	int rc;

	if (!p->on)
		return 0;
	if (deflateReset(&p->z) != Z_OK)
		return err_set(err, ENOMEM, "out of memory");
	rc = deflate_some(p, tail, len, Z_FINISH, err);
	if (rc < 0)
		return rc;
	p->crc = (uint32_t)crc32(p->crc, (const unsigned char *)tail, (unsigned)len);
	p->bytes += len;
	put_tail(gzip_tail, p->crc, p->bytes);
	snapshot_add(&p->out, gzip_tail, sizeof(gzip_tail));
	rc = snapshot_finish(&p->out, NULL, 0, NULL);
	return rc < 0 ? err_set(err, rc, "write guide.xml.gz: %s", strerror(-rc)) : 0;
}
