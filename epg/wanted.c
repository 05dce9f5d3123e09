#include "epg/wanted.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/utf8.h"

#define TEXTS_MAX  (UINT32_C(1) << 30) /* of all channels; their places are 32 bits */
#define PIECE      (1u << 20)          /* what is mapped of the file at once */
#define FIELDS     6
#define FOLD_PIECE 256 /* bytes of an id that are hashed at once */

struct row {
	uint32_t text; /* its texts: ID, NUMBER, GUIDE-ID, NAME, LOGO, each NUL-terminated */
	int32_t shift_s;
};

struct wanted {
	struct buf texts;
	struct row *rows;
	uint32_t count, room;
	struct hash_map ids; /* wanted_key() of the guide ids */
};

/* -- keys -------------------------------------------------------------------------- */

static _Bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The character at `p` in lower case to `out`; returns how many bytes it had, and has now. */
static size_t
fold_char(const char *p, const char *end, char out[4], size_t *ret_len)
{
	const utf8proc_uint8_t *s = (const utf8proc_uint8_t *)p;
	utf8proc_uint8_t lower[4];
	utf8proc_int32_t c;
	size_t n = 1;

	*ret_len = 1;
	out[0] = *p >= 'A' && *p <= 'Z' ? (char)(*p | 0x20) : *p;
	if ((unsigned char)*p >= 0x80)
		n = utf8_char(p, end);
	if (n <= 1)
		return 1;
	(void)utf8proc_iterate(s, (utf8proc_ssize_t)n, &c);
	*ret_len = (size_t)utf8proc_encode_char(utf8proc_tolower(c), lower);
	memcpy(out, lower, *ret_len);
	return n;
}

uint64_t
wanted_key(const char *guide_id, size_t len)
{
	const char *p = guide_id, *end = guide_id + len;
	char folded[FOLD_PIECE + 4];
	size_t n = 0, add;
	uint64_t key;

	while (p < end && is_blank(*p))
		p++;
	while (p < end && is_blank(end[-1]))
		end--;
	while (p < end) {
		p += fold_char(p, end, folded + n, &add);
		n += add;
		if (n >= FOLD_PIECE) { /* go on behind the key of what was before */
			key = hash_sip(folded, n);
			memcpy(folded, &key, sizeof(key));
			n = sizeof(key);
		}
	}
	return hash_sip(folded, n);
}

/* -- reading ------------------------------------------------------------------------- */

/* Appends the field with its escapes undone, and a NUL. False: it is no such text. */
static _Bool
add_text(struct buf *out, const char *p, const char *end)
{
	while (p < end) {
		size_t n = utf8_char(p, end);

		if (*p == '\\') {
			const char *found = p + 1 < end ? memchr("tn\\", p[1], 3) : NULL;

			if (found == NULL)
				return 0;
			buf_char(out, *found == 't' ? '\t' : *found == 'n' ? '\n' : '\\');
			p += 2;
			continue;
		}
		if (n == 0 || *p == '\0' || *p == '\t')
			return 0;
		buf_add(out, p, n);
		p += n;
	}
	buf_char(out, '\0');
	return 1;
}

static _Bool
is_id(const char *p, const char *end)
{
	if (p == end)
		return 0;
	for (; p < end; p++) {
		_Bool letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z');

		if (!letter && !(*p >= '0' && *p <= '9') && *p != '.' && *p != '-')
			return 0;
	}
	return 1;
}

static _Bool
read_shift(const char *p, const char *end, int32_t *ret)
{
	_Bool minus = p < end && *p == '-';
	int32_t n = 0;

	p += minus;
	if (p == end)
		return 0;
	for (; p < end; p++) {
		if (*p < '0' || *p > '9')
			return 0;
		n = n * 10 + (*p - '0');
		if (n > WANTED_SHIFT_MAX)
			return 0;
	}
	*ret = minus ? -n : n;
	return 1;
}

static int
add_row(struct wanted *w, const struct row *row, struct err *err)
{
	if (w->count == WANTED_CHANNELS_MAX)
		return err_set(err, E2BIG, "more than %d channels", WANTED_CHANNELS_MAX);
	if (w->count == w->room) {
		uint32_t room = w->room == 0 ? 256 : w->room * 2;
		struct row *rows = realloc(w->rows, room * sizeof(*rows));

		if (rows == NULL)
			return err_set(err, ENOMEM, "out of memory");
		w->rows = rows;
		w->room = room;
	}
	w->rows[w->count++] = *row;
	return 0;
}

/* Fields of a line: ID, NUMBER, SHIFT, GUIDE-ID, NAME, LOGO. */
enum field { F_ID, F_NUMBER, F_SHIFT, F_GUIDE_ID, F_NAME, F_LOGO };

static int
read_line(struct wanted *w, const char *line, const char *end, struct err *err)
{
	struct row row = { .text = (uint32_t)w->texts.len };
	const char *p = line;
	size_t guide_id = 0;

	for (unsigned i = 0; i < FIELDS; i++) {
		const char *stop = i + 1 < FIELDS ? memchr(p, '\t', (size_t)(end - p)) : end;
		_Bool good;

		if (stop == NULL)
			return err_set(err, EBADMSG, "fewer than %d fields", FIELDS);
		if (i == F_GUIDE_ID)
			guide_id = w->texts.len;
		if (i == F_SHIFT)
			good = read_shift(p, stop, &row.shift_s);
		else
			good = (i != F_ID || is_id(p, stop)) && add_text(&w->texts, p, stop);
		if (!good)
			return err_set(err, EBADMSG, "field %u is not what it should be", i + 1);
		p = stop + 1;
	}
	if (buf_status(&w->texts) == -EMSGSIZE)
		return err_set(err, E2BIG, "more than %u MiB of channels", TEXTS_MAX >> 20);
	if (buf_status(&w->texts) < 0)
		return err_set(err, ENOMEM, "out of memory");
	if (w->texts.data[guide_id] != '\0' &&
	    hash_map_put(&w->ids,
		wanted_key(w->texts.data + guide_id, strlen(w->texts.data + guide_id)),
		w->count) < 0)
		return err_set(err, ENOMEM, "out of memory");
	return add_row(w, &row, err);
}

static int
read_lines(struct wanted *w, const struct file_map *map, struct err *err)
{
	const char *start = map->data, *end, *p = start, *dropped = start;
	int rc;

	if (map->len == 0)
		return 0;
	for (end = start + map->len; p < end;) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));

		rc = newline == NULL ? err_set(err, EBADMSG, "it is cut short")
				     : read_line(w, p, newline, err);
		if (rc < 0) {
			err_wrap(err, "line %u of what is wanted", w->count + 1);
			return rc;
		}
		p = newline + 1;
		if (p - dropped >= PIECE) {
			file_map_drop(map, (size_t)(dropped - start), (size_t)(p - dropped));
			dropped = p;
		}
	}
	return 0;
}

int
wanted_load(struct wanted **ret, int fd, struct err *err)
{
	struct file_map map = FILE_MAP_INIT;
	struct wanted *w = calloc(1, sizeof(*w));
	int rc;

	*ret = NULL;
	if (w == NULL)
		return err_set(err, ENOMEM, "out of memory");
	buf_init(&w->texts, TEXTS_MAX);
	hash_map_init(&w->ids);
	rc = file_map_fd(&map, fd, err);
	if (rc == 0)
		rc = read_lines(w, &map, err);
	file_map_close(&map);
	if (rc < 0) {
		wanted_free(w);
		return rc;
	}
	*ret = w;
	return 0;
}

void
wanted_free(struct wanted *w)
{
	if (w == NULL)
		return;
	buf_release(&w->texts);
	hash_map_release(&w->ids);
	free(w->rows);
	free(w);
}

uint32_t
wanted_count(const struct wanted *w)
{
	return w->count;
}

static const char *
behind(const char *text)
{
	return text + strlen(text) + 1;
}

void
wanted_get(const struct wanted *w, uint32_t i, struct wanted_channel *ret)
{
	ret->id = w->texts.data + w->rows[i].text;
	ret->number = behind(ret->id);
	ret->guide_id = behind(ret->number);
	ret->name = behind(ret->guide_id);
	ret->logo = behind(ret->name);
	ret->shift_s = w->rows[i].shift_s;
}

_Bool
wanted_has(const struct wanted *w, const char *guide_id, size_t len)
{
	return hash_map_get(&w->ids, wanted_key(guide_id, len), UINT32_MAX) != UINT32_MAX;
}
