#include "playlist/catalogue.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "playlist/catalogue_format.h"

struct catalogue {
	struct file_map map;
	struct catalogue_header header; /* checked; the file's own is not looked at again */
	uint32_t count;
};

static int
check_header(struct catalogue *c, struct err *err)
{
	const struct catalogue_header *h = &c->header;

	if (c->map.len < sizeof(*h))
		return err_set(err, EBADMSG, "not a whole catalogue");
	memcpy(&c->header, c->map.data, sizeof(*h));
	if (memcmp(h->magic, CATALOGUE_MAGIC, sizeof(h->magic)) != 0)
		return err_set(err, EBADMSG, "not a whole catalogue of this version");
	if (!snapshot_is_blob(&c->map, &h->blob) ||
	    !snapshot_holds(&c->map, &h->rows, sizeof(struct catalogue_row)) ||
	    h->rows.len / sizeof(struct catalogue_row) > UINT32_MAX)
		return err_set(err, EBADMSG, "a broken catalogue");
	c->count = (uint32_t)(h->rows.len / sizeof(struct catalogue_row));
	return 0;
}

int
catalogue_open(struct catalogue **ret, int fd, struct err *err)
{
	struct catalogue *c = calloc(1, sizeof(*c));
	int rc;

	*ret = NULL;
	if (c == NULL)
		return err_set(err, ENOMEM, "out of memory");
	rc = file_map_fd(&c->map, fd, err);
	if (rc == 0)
		rc = check_header(c, err);
	if (rc < 0) {
		catalogue_close(c);
		return rc;
	}
	*ret = c;
	return 0;
}

void
catalogue_close(struct catalogue *c)
{
	if (c == NULL)
		return;
	file_map_close(&c->map);
	free(c);
}

uint32_t
catalogue_count(const struct catalogue *c)
{
	return c->count;
}

static const char *
text(const struct catalogue *c, uint32_t offset)
{
	const char *found = snapshot_text(&c->map, &c->header.blob, offset);

	return strnlen(found, SNAPSHOT_TEXT_MAX + 1) <= SNAPSHOT_TEXT_MAX ? found : "";
}

const char *
catalogue_guide_url(const struct catalogue *c)
{
	return text(c, c->header.guide_url);
}

void
catalogue_get(const struct catalogue *c, uint32_t i, struct catalogue_entry *ret)
{
	struct catalogue_row row;

	assert(i < c->count);
	memcpy(&row, (const char *)c->map.data + c->header.rows.offset + i * sizeof(row),
	    sizeof(row));
	*ret = (struct catalogue_entry){
		.name = text(c, row.name),
		.url = text(c, row.url),
		.tvg_id = text(c, row.tvg_id),
		.tvg_name = text(c, row.tvg_name),
		.logo = text(c, row.logo),
		.chno = text(c, row.chno),
		.group = text(c, row.group),
		.directives = text(c, row.directives),
		.headers = text(c, row.headers),
		.user_agent = text(c, row.user_agent),
		.attrs = text(c, row.attrs),
		.line = row.line,
		.radio = (row.flags & CATALOGUE_RADIO) != 0,
	};
}
