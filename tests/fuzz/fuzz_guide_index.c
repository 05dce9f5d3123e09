/* rooms: epg base */
/*
 * A guide's index and XML from a worker that somebody took over: what was taken for sound is
 * read inside the two files. Two bytes say how long the XML is, then it comes, then the index;
 * the XML's tail is made to fit the index, which nobody who guesses would hit.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "epg/guide_format.h"
#include "epg/guide_index.h"

#define ROWS_MAX 64 /* that are looked at: a file may have many */
#define XML_MAX  (1u << 17)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
file_of(const void *data, size_t size)
{
	int fd = memfd_create("guide", MFD_CLOEXEC);

	if (fd == -1 || write(fd, data, size) != (ssize_t)size)
		abort();
	return fd;
}

/* As long as the index says, if that is not too much, and with its tag at the end. */
static int
xml_file(const uint8_t *xml, size_t size, const uint8_t *index, size_t index_size)
{
	struct guide_header header = { .bytes = 0 };
	char tail[GUIDE_TAIL_SIZE], *text;
	size_t len = size, tail_len;
	int fd;

	if (index_size >= sizeof(header))
		memcpy(&header, index, sizeof(header));
	if (header.bytes <= XML_MAX)
		len = (size_t)header.bytes;
	text = calloc(len + 1, 1);
	if (text == NULL)
		abort();
	memcpy(text, xml, size < len ? size : len);
	tail_len = guide_tail(header.tag, tail);
	if (len >= tail_len)
		memcpy(text + len - tail_len, tail, tail_len);
	fd = file_of(text, len);
	free(text);
	return fd;
}

static void
read_texts(const struct guide_index_programme *p, struct buf *out)
{
	static const char *const elements[] = { "title", "desc", "icon", "credits/actor",
		"rating/value" };

	for (size_t i = 0; i < sizeof(elements) / sizeof(elements[0]); i++) {
		(void)guide_index_text(p, elements[i], (unsigned)i % 2, out);
		(void)guide_index_attr(p, elements[i], 0, "src", out);
		buf_clear(out);
	}
	/* All of it is there. */
	buf_add(out, p->xml, p->xml_len);
	buf_clear(out);
}

static void
read_channels(const struct guide_index *g, uint32_t channels, struct buf *out)
{
	for (uint32_t i = 0; i < channels && i < ROWS_MAX; i++) {
		struct guide_index_channel c;
		uint32_t found;

		guide_index_get_channel(g, i, &c);
		buf_str(out, c.id);
		buf_str(out, c.number);
		buf_str(out, c.name);
		buf_add(out, c.xml, c.xml_len);
		buf_clear(out);
		(void)guide_index_find(g, c.id, &found);
		(void)guide_index_find(g, c.number, &found);
		found = guide_index_at(g, &c, 1704067200);
		if (found < c.first || found > c.first + c.count)
			abort();
	}
}

static void
read_all(const struct guide_index *g)
{
	struct buf out = BUF_INIT(1u << 20);
	struct guide_index_info info;
	uint32_t found[16], next = 0;

	guide_index_get_info(g, &info);
	read_channels(g, info.channels, &out);
	for (uint32_t i = 0; i < info.programmes && i < ROWS_MAX; i++) {
		struct guide_index_programme p;

		guide_index_get_programme(g, i, &p);
		if (p.channel >= info.channels)
			abort();
		read_texts(&p, &out);
	}
	for (int i = 0; i < 4 && next < info.programmes; i++) {
		size_t n = guide_index_search(g, i % 2 == 0 ? "news e" : "a", next, found, 16,
		    &next);

		if (n > 16 || (n > 0 && found[n - 1] >= info.programmes))
			abort();
	}
	buf_release(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *index;
	struct guide_index *g;
	size_t xml_size;
	int xml, fd, rc;

	if (size < 2)
		return 0;
	xml_size = data[0] | (size_t)data[1] << 8;
	if (xml_size > size - 2)
		xml_size = size - 2;
	index = data + 2 + xml_size;
	xml = xml_file(data + 2, xml_size, index, size - 2 - xml_size);
	fd = file_of(index, size - 2 - xml_size);
	rc = guide_index_open(&g, fd, xml, NULL);
	while (rc == 0 && (rc = guide_index_check(g, 3, NULL)) == 1)
		rc = 0;
	if (rc == 0)
		read_all(g);
	guide_index_unref(g);
	(void)close(xml);
	(void)close(fd);
	return 0;
}
