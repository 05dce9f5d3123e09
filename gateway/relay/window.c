#include "gateway/relay/window.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/err.h"

_Static_assert(WINDOW_SEGMENT % 4096 == 0 && WINDOW_SEGMENT % TS_PACKET == 0,
    "a segment is whole packets and whole pages");

int
window_init(struct window *w, uint64_t max_bytes, uint64_t max_ms, struct err *err)
{
	void *map;

	*w = (struct window){ .fd = -1, .spare = -1, .max_ms = max_ms };
	w->slots = (uint32_t)(max_bytes / WINDOW_SEGMENT);
	w->free = calloc(w->slots, sizeof(*w->free));
	w->segments = calloc(w->slots, sizeof(*w->segments));
	w->stage = malloc(WINDOW_STAGE);
	if (w->free == NULL || w->segments == NULL || w->stage == NULL) {
		window_release(w);
		return err_set(err, ENOMEM, "no memory for a window");
	}
	w->fd = memfd_create("masthead-window", MFD_CLOEXEC);
	if (w->fd == -1 || ftruncate(w->fd, (off_t)w->slots * WINDOW_SEGMENT) == -1)
		goto fail;
	map = mmap(NULL, (size_t)w->slots * WINDOW_SEGMENT, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_NORESERVE, w->fd, 0);
	if (map == MAP_FAILED)
		goto fail;
	w->map = map;
	while (w->holes < w->slots) {
		w->free[w->holes] = w->slots - 1 - w->holes;
		w->holes++;
	}
	return 0;
fail:
	err_sys(err, "a window of %u segments", w->slots);
	window_release(w);
	return err != NULL ? err->code : -ENOMEM;
}

void
window_release(struct window *w)
{
	if (w->map != NULL)
		munmap(w->map, (size_t)w->slots * WINDOW_SEGMENT);
	if (w->fd != -1)
		close(w->fd);
	free(w->free);
	free(w->segments);
	free(w->stage);
	*w = (struct window){ .fd = -1, .spare = -1 };
}

static struct window_segment *
segment_at(const struct window *w, uint64_t position)
{
	return &w->segments[position / WINDOW_SEGMENT % w->slots];
}

/* Where `position` is in the memfd. */
static size_t
offset_of(const struct window *w, uint64_t position)
{
	return (size_t)segment_at(w, position)->slot * WINDOW_SEGMENT + position % WINDOW_SEGMENT;
}

/* -- segments come and go ------------------------------------------------------ */

/* The slot of a segment that has left: one is kept to be written next, others lose their pages. */
static int
window_free_slot(struct window *w, const struct window_segment *segment, struct err *err)
{
	if (!segment->exported && w->spare == -1) {
		w->spare = segment->slot;
		return 0;
	}
	if (fallocate(w->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		(off_t)segment->slot * WINDOW_SEGMENT, WINDOW_SEGMENT) == -1)
		return err_sys(err, "cannot give a segment back");
	w->free[w->holes++] = segment->slot;
	return 0;
}

/* Drops from the tail what is too much or too old, and at least what the next segment needs. */
static int
window_trim(struct window *w, uint64_t now_ms, struct err *err)
{
	uint64_t tail = w->tail;
	int rc = 0;

	while (tail < w->head) {
		/* A segment's bytes are all older than the beginning of the next. */
		uint64_t next = tail + WINDOW_SEGMENT;
		_Bool full = (w->head - tail) / WINDOW_SEGMENT >= w->slots;

		if (!full && (next >= w->head || now_ms - segment_at(w, next)->ms <= w->max_ms))
			break;
		tail = next;
	}
	if (tail == w->tail)
		return 0;
	if (w->leaving != NULL)
		w->leaving(w->arg, tail);
	for (; w->tail < tail && rc == 0; w->tail += WINDOW_SEGMENT)
		rc = window_free_slot(w, segment_at(w, w->tail), err);
	return rc;
}

static int
window_begin_segment(struct window *w, uint64_t now_ms, struct err *err)
{
	struct window_segment *segment;
	int rc = window_trim(w, now_ms, err);

	if (rc < 0)
		return rc;
	segment = segment_at(w, w->head);
	*segment = (struct window_segment){ .present = w->spare != -1, .ms = now_ms };
	if (segment->present) {
		segment->slot = (uint32_t)w->spare;
		w->spare = -1;
	} else {
		segment->slot = w->free[--w->holes];
	}
	return 0;
}

int
window_flush(struct window *w, struct err *err)
{
	size_t done = 0;

	while (done < w->staged) {
		ssize_t n = pwrite(w->fd, w->stage + done, w->staged - done,
		    (off_t)(offset_of(w, w->head) + done));

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_sys(err, "cannot fill a segment");
		done += (size_t)n;
	}
	w->head += w->staged;
	w->staged = 0;
	return 0;
}

uint64_t
window_end(const struct window *w)
{
	return w->head + w->staged;
}

int
window_append(struct window *w, const uint8_t *packets, size_t len, uint64_t now_ms,
    struct err *err)
{
	while (len > 0) {
		size_t n = WINDOW_SEGMENT - (size_t)(window_end(w) % WINDOW_SEGMENT);
		int rc;

		if (n == WINDOW_SEGMENT) {
			rc = window_flush(w, err);
			if (rc == 0)
				rc = window_begin_segment(w, now_ms, err);
			if (rc < 0)
				return rc;
		}
		if (n > len)
			n = len;
		if (segment_at(w, window_end(w))->present) {
			memcpy(w->map + offset_of(w, w->head), packets, n);
			w->head += n;
		} else {
			if (n > WINDOW_STAGE - w->staged)
				n = WINDOW_STAGE - w->staged;
			memcpy(w->stage + w->staged, packets, n);
			w->staged += n;
			if (w->staged == WINDOW_STAGE && (rc = window_flush(w, err)) < 0)
				return rc;
		}
		packets += n;
		len -= n;
	}
	return 0;
}

/* -- reading --------------------------------------------------------------------- */

void
window_copy(const struct window *w, uint64_t position, void *out, size_t len)
{
	memcpy(out, w->map + offset_of(w, position), len);
}

/* How much of [position, head) may go at once from the segment of `position`. */
static size_t
piece(const struct window *w, uint64_t position, size_t max)
{
	uint64_t len = WINDOW_SEGMENT - position % WINDOW_SEGMENT;

	if (len > w->head - position)
		len = w->head - position;
	return len < max ? (size_t)len : max;
}

ssize_t
window_send(const struct window *w, int fd, uint64_t position, size_t *ret_offered)
{
	struct iovec iov[2];
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 1 };
	size_t len = piece(w, position, WINDOW_SEND_MAX);
	ssize_t n;

	iov[0] = (struct iovec){ w->map + offset_of(w, position), len };
	if (len < WINDOW_SEND_MAX && position + len < w->head) {
		size_t more = piece(w, position + len, WINDOW_SEND_MAX - len);

		iov[1] = (struct iovec){ w->map + offset_of(w, position + len), more };
		msg.msg_iovlen = 2;
		len += more;
	}
	*ret_offered = len;
	do {
		n = sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (n == -1 && errno == EINTR);
	return n == -1 ? -errno : n;
}

ssize_t
window_sendfile(struct window *w, int fd, uint64_t position, size_t *ret_offered)
{
	off_t offset = (off_t)offset_of(w, position);
	ssize_t n;

	*ret_offered = piece(w, position, WINDOW_SEND_MAX);
	segment_at(w, position)->exported = 1;
	do {
		n = sendfile(fd, w->fd, &offset, *ret_offered);
	} while (n == -1 && errno == EINTR);
	return n == -1 ? -errno : n;
}

uint64_t
window_held(const struct window *w)
{
	return (window_end(w) - w->tail + WINDOW_SEGMENT - 1) / WINDOW_SEGMENT * WINDOW_SEGMENT;
}
