#include "gateway/http/send.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/list.h"

void
http_send_init(struct http_send *s)
{
	*s = (struct http_send){ .head = BUF_INIT(SIZE_MAX / 4),
		.body = BUF_INIT(HTTP_GENERATED_MAX + 64),
		.file = -1 };
}

void
http_send_end(struct http_send *s)
{
	struct http_generator generator = s->generator;

	s->generator = (struct http_generator){ 0 };
	if (generator.free != NULL)
		generator.free(generator.arg);
}

void
http_send_release(struct http_send *s)
{
	http_send_end(s);
	if (s->file != -1)
		file_close(s->file);
	http_asset_unref(s->asset);
	buf_release(&s->head);
	buf_release(&s->body);
	http_send_init(s);
}

void
http_send_add(struct http_send *s, const void *data, size_t len)
{
	/* iovec has no const; sendmsg only reads. */
	union {
		const void *in;
		void *out;
	} cast = { .in = data };

	if (len == 0)
		return;
	assert(s->piece_count < ARRAY_LEN(s->pieces));
	s->pieces[s->piece_count++] = (struct iovec){ .iov_base = cast.out, .iov_len = len };
}

static void
pieces_drop(struct http_send *s, size_t n)
{
	unsigned gone = 0;

	while (gone < s->piece_count && n >= s->pieces[gone].iov_len)
		n -= s->pieces[gone++].iov_len;
	s->piece_count -= gone;
	memmove(s->pieces, s->pieces + gone, s->piece_count * sizeof(s->pieces[0]));
	if (s->piece_count > 0) {
		s->pieces[0].iov_base = (char *)s->pieces[0].iov_base + n;
		s->pieces[0].iov_len -= n;
	}
}

/* The senders below return the bytes taken (> 0), 0: the socket is full, or -errno. */

static ssize_t
result_of(ssize_t n)
{
	return n > 0 ? n : errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

static ssize_t
send_pieces(struct http_send *s, int sock)
{
	struct msghdr msg = { .msg_iov = s->pieces, .msg_iovlen = s->piece_count };
	/* The head waits for the file's first bytes to fill its packet. */
	int flags = MSG_NOSIGNAL | (s->left > 0 ? MSG_MORE : 0);
	ssize_t n = sendmsg(sock, &msg, flags);

	if (n > 0)
		pieces_drop(s, (size_t)n);
	return result_of(n);
}

static ssize_t
send_file(struct http_send *s, int sock)
{
	size_t want = s->left < HTTP_TURN_FILE ? (size_t)s->left : HTTP_TURN_FILE;
	ssize_t n = sendfile(sock, s->file, &s->offset, want);

	if (n == 0)
		return -ENODATA; /* the file is shorter than it was */
	if (n > 0)
		s->left -= (uint64_t)n;
	return result_of(n);
}

/* Calls the generator and queues what it made. 0, or -errno. */
static int
make_body(struct http_send *s)
{
	int rc;

	s->begun = 1;
	buf_clear(&s->body);
	rc = s->generator.next(s->generator.arg, &s->body);
	if (rc >= 0 && s->body.len > HTTP_GENERATED_MAX)
		rc = -EMSGSIZE;
	if (rc >= 0 && buf_status(&s->body) < 0)
		rc = buf_status(&s->body);
	if (rc < 0)
		return rc;
	if (rc == 0)
		http_send_end(s);
	if (s->chunked && s->body.len > 0) {
		snprintf(s->chunk_size, sizeof(s->chunk_size), "%zx\r\n", s->body.len);
		http_send_add(s, s->chunk_size, strlen(s->chunk_size));
		buf_str(&s->body, "\r\n");
	}
	if (s->chunked && rc == 0)
		buf_str(&s->body, "0\r\n\r\n");
	if (buf_status(&s->body) < 0)
		return buf_status(&s->body);
	http_send_add(s, s->body.data, s->body.len);
	return 0;
}

int
http_send_some(struct http_send *s, int sock, uint64_t *ret_sent)
{
	*ret_sent = 0;
	while (s->piece_count > 0 || s->left > 0 || s->generator.next != NULL) {
		ssize_t n = 0;
		int rc;

		/* Only a drained socket asks for more; the head takes the first bytes along. */
		if (s->generator.next != NULL && (s->piece_count == 0 || !s->begun)) {
			rc = make_body(s);
			if (rc < 0)
				return rc;
		}
		if (s->piece_count > 0)
			n = send_pieces(s, sock);
		else if (s->left > 0)
			n = send_file(s, sock);
		else if (s->generator.next != NULL)
			return 0; /* it had nothing yet: its turn comes again */
		if (n < 0)
			return (int)n;
		*ret_sent += (uint64_t)n;
		if (n == 0 && (s->piece_count > 0 || s->left > 0))
			return 0;
		if (*ret_sent >= (s->left > 0 ? HTTP_TURN_FILE : HTTP_TURN_BYTES))
			break;
	}
	return s->piece_count == 0 && s->left == 0 && s->generator.next == NULL;
}
