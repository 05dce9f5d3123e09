#include "gateway/http/http.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "gateway/http/reply.h"

/* The same as long as nobody replaces or writes the file. */
static void
file_etag(char *out, size_t size, const struct stat *st)
{
	snprintf(out, size, "\"%" PRIxMAX "-%" PRIxMAX "-%" PRIxMAX ".%lx\"", (uintmax_t)st->st_ino,
	    (uintmax_t)st->st_size, (uintmax_t)st->st_mtim.tv_sec,
	    (unsigned long)st->st_mtim.tv_nsec);
}

void
http_reply_file(struct http_request *req, const char *type, int fd, int gzip_fd)
{
	char etag[80], modified[HTTP_DATE_SIZE];
	struct http_content content = { .etag = etag, .modified = modified };
	_Bool gzip = gzip_fd != -1 && http_accepts_gzip(&req->head);
	struct http_part part;
	struct stat st;

	req->send.file = gzip ? gzip_fd : fd;
	if (gzip)
		file_close(fd);
	else if (gzip_fd != -1)
		file_close(gzip_fd);
	if (fstat(req->send.file, &st) == -1 || !S_ISREG(st.st_mode)) {
		http_reply_text(req, 500, "The server could not open its file.");
		return;
	}
	if (gzip_fd != -1)
		http_add_header(req, "Vary", "Accept-Encoding");
	if (gzip)
		http_add_header(req, "Content-Encoding", "gzip");
	file_etag(etag, sizeof(etag), &st);
	http_date(modified, st.st_mtim.tv_sec);
	content.size = (uint64_t)st.st_size;
	if (http_reply_content(req, type, &content, &part) != 0)
		return;
	req->send.offset = (off_t)part.offset;
	req->send.left = part.length;
	http_conn_reply(req);
}
