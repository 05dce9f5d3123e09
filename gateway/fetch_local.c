#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/loop.h"
#include "base/url.h"
#include "gateway/fetch_parts.h"

#define COPY_SLICE (1u << 20) /* bytes of a local file in one turn of the loop */
#define DEMO_MAX   (4u << 20)

/* A local file's validators: its identity, size and times in the ETag's place. */
static void
local_etag(char *out, const struct stat *st)
{
	snprintf(out, FETCH_VALIDATOR_SIZE, "%ju-%ju-%jd-%jd.%09ld", (uintmax_t)st->st_dev,
	    (uintmax_t)st->st_ino, (intmax_t)st->st_size, (intmax_t)st->st_mtim.tv_sec,
	    st->st_mtim.tv_nsec);
}

static int
local_open(struct fetch *f, struct err *err)
{
	const char *path = url_file_path(f->url);
	struct stat st;

	f->source = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (f->source == -1)
		return err_sys(err, "'%s'", path);
	if (fstat(f->source, &st) == -1)
		return err_sys(err, "'%s'", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, EINVAL, "'%s' is not a regular file", path);
	f->total = (uint64_t)st.st_size;
	local_etag(f->new.etag, &st);
	return 0;
}

/* Whoever writes it in place may be half through: what was read is none of its contents. */
static int
local_check(const struct fetch *f, struct err *err)
{
	char etag[FETCH_VALIDATOR_SIZE];
	struct stat st;

	if (fstat(f->source, &st) == -1)
		return err_sys(err, "read");
	local_etag(etag, &st);
	if (strcmp(etag, f->new.etag) != 0)
		return err_set(err, EAGAIN, "was being written while it was read");
	return 0;
}

static void
local_copy(struct fetch *f)
{
	static char slice[1u << 16];
	size_t budget = COPY_SLICE;
	ssize_t n = 1;

	while (budget > 0) {
		n = read(f->source, slice, sizeof(slice));
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		if (fetch_take_bytes(f, slice, (size_t)n) < 0)
			break;
		budget -= budget < (size_t)n ? budget : (size_t)n;
	}
	if (n == -1)
		err_sys(&f->err, "read");
	else if (n == 0)
		(void)local_check(f, &f->err);
	if (n > 0 && f->err.code == 0)
		(void)loop_after(f->step, 0);
	else if (f->err.code < 0)
		f->done(f->arg, FETCH_FAILED, &f->err);
	else
		fetch_finish(f);
}

static void
demo_copy(struct fetch *f)
{
	struct buf text = BUF_INIT(DEMO_MAX);

	f->demo(&text);
	if (buf_status(&text) < 0)
		err_set(&f->err, buf_status(&text), "out of memory");
	else
		fetch_take_bytes(f, text.data, text.len);
	buf_release(&text);
	if (f->err.code < 0)
		f->done(f->arg, FETCH_FAILED, &f->err);
	else
		fetch_finish(f);
}

static void
on_step(evutil_socket_t fd, short what, void *arg)
{
	struct fetch *f = arg;

	(void)fd;
	(void)what;
	if (f->err.code < 0)
		f->done(f->arg, FETCH_FAILED, &f->err);
	else if (f->demo != NULL)
		demo_copy(f);
	else if (f->old.valid && strcmp(f->old.etag, f->new.etag) == 0)
		f->done(f->arg, FETCH_UNCHANGED, NULL);
	else
		local_copy(f);
}

int
fetch_local_start(struct fetch *f, struct err *err)
{
	f->step = evtimer_new(f->fetcher->base, on_step, f);
	if (f->step == NULL || loop_after(f->step, 0) < 0)
		return err_set(err, ENOMEM, "out of memory");
	/* A file that cannot be opened is told like a server that cannot be reached. */
	if (f->demo == NULL)
		(void)local_open(f, &f->err);
	return 0;
}
