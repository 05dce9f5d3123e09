#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/http/http.h"
#include "gateway/images_parts.h"

/* ISO 14496-12 §4.3: the brands of a file, in its first box. */
static _Bool
is_avif(const unsigned char *p, size_t len)
{
	size_t box;

	if (len < 12 || memcmp(p + 4, "ftyp", 4) != 0)
		return 0;
	box = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
	for (size_t at = 8; at + 4 <= len && at + 4 <= box; at += 4) {
		if (at != 12 && (memcmp(p + at, "avif", 4) == 0 || memcmp(p + at, "avis", 4) == 0))
			return 1;
	}
	return 0;
}

const char *
image_type(const void *head, size_t len)
{
	const unsigned char *p = head;

	if (len >= 8 && memcmp(p, "\x89PNG\r\n\x1a\n", 8) == 0)
		return "image/png";
	if (len >= 3 && memcmp(p, "\xff\xd8\xff", 3) == 0)
		return "image/jpeg";
	if (len >= 6 && (memcmp(p, "GIF87a", 6) == 0 || memcmp(p, "GIF89a", 6) == 0))
		return "image/gif";
	if (len >= 12 && memcmp(p, "RIFF", 4) == 0 && memcmp(p + 8, "WEBP", 4) == 0)
		return "image/webp";
	return is_avif(p, len) ? "image/avif" : NULL;
}

int
image_open(const char *path, const char **ret_type, struct stat *ret_st)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	unsigned char head[IMAGE_HEAD];
	int rc = -EBADMSG;
	struct stat st;
	ssize_t n;

	if (fd == -1)
		return -errno;
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))
		goto bad;
	if (st.st_size > IMAGES_BYTES_MAX) {
		rc = -EFBIG;
		goto bad;
	}
	n = pread(fd, head, sizeof(head), 0);
	if (n == -1) {
		rc = -errno;
		goto bad;
	}
	*ret_type = n > 0 ? image_type(head, (size_t)n) : NULL;
	if (*ret_type == NULL)
		goto bad;
	if (ret_st != NULL)
		*ret_st = st;
	return fd;
bad:
	(void)close(fd);
	return rc;
}

void
image_send(struct http_request *req, int fd, const char *type)
{
	/* Whoever opens it as a page gets no more than the picture. */
	http_add_header(req, "Content-Security-Policy", "default-src 'none'; sandbox");
	http_add_header(req, "Cache-Control", "max-age=86400");
	http_reply_file(req, type, fd, -1);
}
