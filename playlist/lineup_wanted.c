/*
 * What the lineup wants of the guides, for the guide's workers: a line for each channel in
 * the order of numbers, its fields between tabs; a tab, line feed or backslash of a text is
 * written as \t, \n or \\.
 *
 *	ID  NUMBER  SHIFT  GUIDE-ID  NAME  LOGO
 *
 * ID is lineup_guide_id's; SHIFT seconds; GUIDE-ID, NUMBER, NAME and LOGO may be empty.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"
#include "playlist/lineup.h"

#define PIECE     (64u << 10) /* bytes written at a time */
#define TEXT_MAX  (4u << 20)  /* more than the texts of a channel can be */
#define SHIFT_MAX (14 * 24)   /* hours */
#define ATTRS_MAX 1000        /* looked at, of one channel */

struct wanted_out {
	int fd;
	struct buf text;
	uint64_t hash; /* of all text */
	uint64_t *ids; /* hashes of the guide ids */
	uint32_t count;
};

static void
add_text(struct buf *out, const char *text)
{
	while (*text != '\0') {
		size_t plain = strcspn(text, "\t\n\\");

		buf_add(out, text, plain);
		text += plain;
		if (*text == '\0')
			return;
		buf_char(out, '\\');
		buf_char(out, *text == '\t' ? 't' : *text == '\n' ? 'n' : '\\');
		text++;
	}
}

/* Hours as M3U has them, "+1" or "-2.5", in seconds; what is none of these is 0. */
static int
shift_seconds(const char *hours)
{
	static const char chars[] = "+-.0123456789";
	char *end;
	double value;

	if (hours[0] == '\0' || hours[strspn(hours, chars)] != '\0')
		return 0;
	value = strtod(hours, &end);
	if (*end != '\0' || value < -SHIFT_MAX || value > SHIFT_MAX)
		return 0;
	return (int)(value * 3600 + (value < 0 ? -0.5 : 0.5));
}

static int
channel_shift(const struct lineup_channel *channel)
{
	const char *name = channel->attrs;

	for (unsigned n = 0; *name != '\0' && n < ATTRS_MAX; n++) {
		const char *value = name + strlen(name) + 1;

		if (strcasecmp(name, "tvg-shift") == 0)
			return shift_seconds(value);
		name = value + strlen(value) + 1;
	}
	return 0;
}

/* By which ids are the same for the guide: without regard to case and to blanks around. */
static uint64_t
id_hash(const char *id)
{
	size_t len = strlen(id);
	uint64_t hash = HASH_FNV_INIT;

	while (len > 0 && isspace((unsigned char)id[len - 1]))
		len--;
	for (size_t i = strspn(id, " \t\r\n\v\f"); i < len; i++) {
		char c = (char)tolower((unsigned char)id[i]);

		hash = hash_fnv(hash, &c, 1);
	}
	return hash;
}

static int
write_out(struct wanted_out *out, struct err *err)
{
	int rc;

	if (buf_status(&out->text) < 0)
		return err_set(err, ENOMEM, "out of memory");
	out->hash = hash_fnv(out->hash, out->text.data, out->text.len);
	rc = file_write_all(out->fd, out->text.data, out->text.len, err);
	buf_clear(&out->text);
	return rc;
}

static void
add_channel(struct wanted_out *out, const struct lineup_channel *channel)
{
	char id[LINEUP_GUIDE_ID_SIZE], number[24];

	lineup_guide_id(channel->id, id);
	lineup_number_text(channel, number);
	buf_printf(&out->text, "%s\t%s\t%d\t", id, number, channel_shift(channel));
	add_text(&out->text, channel->guide_id);
	buf_char(&out->text, '\t');
	add_text(&out->text, channel->name);
	buf_char(&out->text, '\t');
	add_text(&out->text, channel->logo);
	buf_char(&out->text, '\n');
	if (channel->guide_id[0] != '\0')
		out->ids[out->count++] = id_hash(channel->guide_id);
}

static int
compare_hashes(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The same for the same set, in whatever order and however often its ids come. Never 0. */
static uint64_t
hash_of_set(uint64_t *ids, uint32_t count)
{
	uint64_t hash = HASH_FNV_INIT;

	qsort(ids, count, sizeof(*ids), compare_hashes);
	for (uint32_t i = 0; i < count; i++) {
		if (i == 0 || ids[i] != ids[i - 1])
			hash = hash_fnv(hash, &ids[i], sizeof(ids[i]));
	}
	return hash != 0 ? hash : 1;
}

int
lineup_write_wanted(int fd, const struct lineup *l, struct lineup_wanted *ret, struct err *err)
{
	struct wanted_out out = { .fd = fd, .text = BUF_INIT(TEXT_MAX), .hash = HASH_FNV_INIT };
	uint32_t count = lineup_count(l);
	struct lineup_channel channel;
	int rc = 0;

	out.ids = calloc((size_t)count + 1, sizeof(*out.ids));
	if (out.ids == NULL)
		return err_set(err, ENOMEM, "out of memory");
	for (uint32_t i = 0; i < count && rc == 0; i++) {
		lineup_get(l, i, &channel);
		add_channel(&out, &channel);
		if (out.text.len >= PIECE)
			rc = write_out(&out, err);
	}
	if (rc == 0)
		rc = write_out(&out, err);
	if (rc == 0)
		*ret = (struct lineup_wanted){ .ids = hash_of_set(out.ids, out.count),
			.text = out.hash != 0 ? out.hash : 1 };
	buf_release(&out.text);
	free(out.ids);
	return rc;
}

void
lineup_guide_id(uint64_t id, char out[LINEUP_GUIDE_ID_SIZE])
{
	snprintf(out, LINEUP_GUIDE_ID_SIZE, "%016" PRIx64 ".masthead", id);
}

_Bool
lineup_find_guide_id(const struct lineup *l, const char *guide_id, struct lineup_channel *ret)
{
	char digits[17], whole[LINEUP_GUIDE_ID_SIZE];
	uint64_t id;

	snprintf(digits, sizeof(digits), "%s", guide_id);
	if (!lineup_id_parse(digits, &id))
		return 0;
	lineup_guide_id(id, whole);
	return strcmp(whole, guide_id) == 0 && lineup_find_id(l, id, ret);
}
