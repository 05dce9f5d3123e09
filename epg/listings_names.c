/*
 * The channels of a source while its listings are written. Their texts are kept: the
 * <channel>s of one id may stand anywhere in it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/list.h"
#include "epg/listings.h"
#include "epg/listings_parts.h"
#include "epg/wanted.h"

/* XML of one channel: what a later <channel> adds beyond it is not kept. */
#define XML_MAX    (16u << 10)
#define TEXTS_MAX  (UINT32_C(1) << 30) /* of all channels; their places are 32 bits */
/*
 * Of one id, <channel>s that differ from what is known: each is compared with all of that, so a
 * source of nothing else would take hours.
 */
#define MERGED_MAX 64
#define DEAD_FREE  (1u << 20) /* bytes that may be left behind */

void
listings_names_init(struct listings_names *names)
{
	*names = (struct listings_names){ 0 };
	buf_init(&names->texts, TEXTS_MAX);
	hash_map_init(&names->ids);
}

void
listings_names_release(struct listings_names *names)
{
	free(names->list);
	buf_release(&names->texts);
	hash_map_release(&names->ids);
	listings_names_init(names);
}

static int
texts_status(const struct listings_names *names, struct err *err)
{
	int rc = buf_status(&names->texts);

	if (rc == -EMSGSIZE)
		return err_set(err, E2BIG, "its channels take more than %u MiB", TEXTS_MAX >> 20);
	return rc < 0 ? err_set(err, ENOMEM, "out of memory") : 0;
}

static const char *
id_of(const struct listings_names *names, const struct listings_name *name)
{
	return names->texts.data + name->text + 1;
}

static int
add_name(struct listings_names *names, const char *id, size_t len, struct err *err)
{
	struct listings_name *name;

	if (names->count == LISTINGS_CHANNELS_MAX)
		return err_set(err, E2BIG, "it has more than %d channels", LISTINGS_CHANNELS_MAX);
	if (names->count == names->room) {
		uint32_t room = names->room == 0 ? 256 : names->room * 2;
		struct listings_name *list = realloc(names->list, room * sizeof(*list));

		if (list == NULL)
			return err_set(err, ENOMEM, "out of memory");
		names->list = list;
		names->room = room;
	}
	name = &names->list[names->count];
	*name = (struct listings_name){ .text = (uint32_t)names->texts.len,
		.id_len = (uint32_t)len };
	buf_char(&names->texts, 'i');
	buf_add(&names->texts, id, len);
	buf_add(&names->texts, "\0x", 3);
	name->size = (uint32_t)names->texts.len - name->text;
	return texts_status(names, err);
}

int
listings_names_get(struct listings_names *names, const char *id, size_t len, uint32_t *ret,
    struct err *err)
{
	uint64_t key;
	int rc;

	/* Mostly a channel's programmes stand together. */
	if (names->count > 0 && names->list[names->last].id_len == len &&
	    memcmp(id_of(names, &names->list[names->last]), id, len) == 0) {
		*ret = names->last;
		return 0;
	}
	key = wanted_key(id, len);
	*ret = hash_map_get(&names->ids, key, names->count);
	if (*ret == names->count) {
		rc = add_name(names, id, len, err);
		if (rc < 0)
			return rc;
		if (hash_map_put(&names->ids, key, names->count) < 0)
			return err_set(err, ENOMEM, "out of memory");
		names->count++;
	}
	names->last = *ret;
	return 0;
}

/* -- <channel>s of one id -------------------------------------------------------- */

struct line {
	const char *p;
	size_t len; /* with its newline */
};

/* The line at *p, which moves behind it; false at the end. */
static _Bool
next_line(const char **p, const char *end, struct line *ret)
{
	const char *newline;

	if (*p == end)
		return 0;
	newline = memchr(*p, '\n', (size_t)(end - *p));
	ret->p = *p;
	ret->len = newline == NULL ? (size_t)(end - *p) : (size_t)(newline + 1 - *p);
	*p += ret->len;
	return 1;
}

/* Adds the lines that begin so and are not in `seen` yet. */
static int
add_lines(struct buf *out, struct line text, const char *begin, struct hash_map *seen)
{
	const char *p = text.p, *end = text.p + text.len;
	size_t begin_len = strlen(begin);
	struct line line;

	while (next_line(&p, end, &line)) {
		uint64_t hash;

		if (line.len < begin_len || memcmp(line.p, begin, begin_len) != 0)
			continue;
		hash = hash_sip(line.p, line.len);
		if (hash_map_get(seen, hash, 0) != 0 || line.len > XML_MAX - out->len)
			continue;
		if (hash_map_put(seen, hash, 1) < 0)
			return -ENOMEM;
		buf_add(out, line.p, line.len);
	}
	return buf_status(out);
}

/* Both texts' lines in the DTD's order, each once. */
static int
merge(struct buf *out, struct line old, struct line more)
{
	static const char *const order[] = { "<display-name", "<icon", "<url" };
	struct hash_map seen;
	int rc = 0;

	hash_map_init(&seen);
	for (size_t i = 0; i < ARRAY_LEN(order) && rc == 0; i++) {
		rc = add_lines(out, old, order[i], &seen);
		if (rc == 0)
			rc = add_lines(out, more, order[i], &seen);
	}
	hash_map_release(&seen);
	return rc;
}

/* Takes out of the texts what is nobody's any more. */
static void
compact(struct listings_names *names)
{
	struct buf kept;

	buf_init(&kept, TEXTS_MAX);
	if (!buf_reserve(&kept, names->texts.len - names->dead))
		return; /* it is only memory that is saved */
	for (uint32_t i = 0; i < names->count; i++) {
		struct listings_name *name = &names->list[i];
		size_t at = kept.len;

		buf_add(&kept, names->texts.data + name->text, name->size);
		name->text = (uint32_t)at;
	}
	buf_release(&names->texts);
	names->texts = kept;
	names->dead = 0;
}

static void
replace_xml(struct listings_names *names, struct listings_name *name, const struct buf *xml)
{
	struct buf *texts = &names->texts;
	size_t head = name->id_len + 3u;

	if (name->text + name->size == texts->len) {
		buf_truncate(texts, name->text + head);
	} else { /* what stood there is left behind */
		size_t text = texts->len;

		names->dead += name->size;

		if (buf_reserve(texts, head))
			buf_add(texts, texts->data + name->text, head);
		name->text = (uint32_t)text;
	}
	buf_add(texts, xml->data, xml->len + 1);
	name->size = (uint32_t)(texts->len - name->text);
	if (buf_status(texts) == 0 && names->dead > DEAD_FREE && names->dead > texts->len / 2)
		compact(names);
}

int
listings_names_add(struct listings_names *names, uint32_t at, const char *xml, size_t len,
    struct err *err)
{
	struct listings_name *name = &names->list[at];
	struct line old = { id_of(names, name) + name->id_len + 2, name->size - name->id_len - 4 },
		    more = { xml, len };
	struct buf merged = BUF_INIT(XML_MAX);
	int rc;

	if ((old.len == len && memcmp(old.p, xml, len) == 0) || name->merged == MERGED_MAX)
		return 0;
	name->merged++;
	rc = merge(&merged, old, more);
	if (rc < 0)
		err_set(err, -rc, "out of memory");
	if (rc == 0 && (merged.len != old.len || memcmp(merged.data, old.p, old.len) != 0)) {
		replace_xml(names, name, &merged);
		rc = texts_status(names, err);
	}
	buf_release(&merged);
	return rc;
}
