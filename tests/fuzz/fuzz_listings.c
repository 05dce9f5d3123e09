/* rooms: epg base */
/*
 * Listings from a worker that somebody took over: their reader stays inside the file, and
 * what it gives out leaves a guide well-formed.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "epg/listings.h"
#include "epg/listings_format.h"

/* Programmes that are looked at. */
#define ROWS_MAX 256

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(_Bool holds)
{
	if (!holds)
		abort();
}

static _Bool
is_sound(const char *record)
{
	const char *end = record + strlen(record) + 1;

	return listings_check_record(record, end) == end;
}

static void
see_programme(const struct listings_programme *p, int64_t after)
{
	struct buf record = BUF_INIT(SIZE_MAX / 2);

	buf_char(&record, 'p');
	buf_add(&record, p->attrs, p->attrs_len);
	buf_add(&record, p->body, p->body_len);
	must(buf_status(&record) == 0);
	must(strlen(record.data) == record.len);
	must(is_sound(record.data));
	must(p->start >= after && p->stop > p->start);
	buf_release(&record);
}

static void
see_channel(const struct listings *l, const struct listings_channel *c)
{
	int64_t after = 0;

	must(c->id[0] != '\0' && strpbrk(c->id, "\n\r\t") == NULL);
	must(is_sound(c->xml - 1));
	for (uint32_t i = 0; i < c->count && i < ROWS_MAX; i++) {
		struct listings_programme p;

		listings_get_programme(l, c->first + i, &p);
		see_programme(&p, after);
		after = p.stop;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("listings", MFD_CLOEXEC);
	struct listings *l;

	must(fd != -1 && write(fd, data, size) == (ssize_t)size);
	if (listings_open(&l, fd, NULL) == 0) {
		for (uint32_t i = 0; i < listings_channel_count(l); i++) {
			struct listings_channel c, found;

			listings_get_channel(l, i, &c);
			see_channel(l, &c);
			must(listings_find(l, c.id, &found) && found.id == c.id);
		}
		listings_forget(l);
		listings_close(l);
	}
	(void)close(fd);
	return 0;
}
