#include "epg/guide_write.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "epg/guide_index_parts.h"
#include "epg/guide_write_parts.h"
#include "epg/listings.h"
#include "epg/xmltime.h"

#define CHANNEL_BYTES_MAX (32u << 20) /* of one <channel>; of a source's they are 16 MiB */
#define TEXTS_MAX         ((size_t)INT32_MAX)

struct guide_writer {
	struct guide_text text;
	struct guide_pack pack;
	struct guide_rows rows;
	const struct guide_index *old;
	uint64_t bytes_max; /* of guide.xml */
	_Bool old_whole;    /* all files that are wanted are there of the last guide */
	struct guide_channel_row *channels;
	size_t count, room;
	struct buf texts;   /* of the channels, as the index has them */
	struct buf scratch; /* a <channel> */
	struct buf id;      /* " channel="..."", of the one whose programmes are written */
	size_t next;        /* the channel that guide_write_begin begins */
	int64_t stop;       /* of the last programme, as text below: mostly the next one's start */
	char stop_text[XMLTIME_SIZE];
	_Bool begun;
	struct guide_piece head;
	struct hash_xx tag;
	struct guide_write_counts counts;
	int64_t first;
};

struct guide_writer *
guide_writer_new(const struct guide_write_files *files, struct err *err)
{
	struct guide_writer *w = calloc(1, sizeof(*w));

	if (w == NULL) {
		err_set(err, ENOMEM, "out of memory");
		return NULL;
	}
	buf_init(&w->texts, TEXTS_MAX);
	buf_init(&w->scratch, CHANNEL_BYTES_MAX);
	buf_init(&w->id, CHANNEL_BYTES_MAX);
	hash_xx_init(&w->tag);
	w->old = files->old_index;
	w->bytes_max = files->bytes_max > 0 ? files->bytes_max : GUIDE_BYTES_MAX;
	w->stop = -1;
	if (guide_text_init(&w->text, files->xml) < 0) {
		err_set(err, ENOMEM, "out of memory");
		guide_writer_free(w);
		return NULL;
	}
	if (guide_pack_init(&w->pack, files->gzip, w->old, files->old_gzip, err) < 0 ||
	    guide_rows_init(&w->rows, files->index, err) < 0) {
		guide_writer_free(w);
		return NULL;
	}
	w->old_whole = w->old != NULL && (!w->pack.on || w->pack.old != NULL);
	guide_text_add(&w->text, GUIDE_PROLOG, strlen(GUIDE_PROLOG));
	return w;
}

void
guide_writer_free(struct guide_writer *w)
{
	if (w == NULL)
		return;
	guide_text_release(&w->text);
	guide_pack_release(&w->pack);
	guide_rows_release(&w->rows);
	buf_release(&w->texts);
	buf_release(&w->scratch);
	buf_release(&w->id);
	free(w->channels);
	free(w);
}

/* -- channels ---------------------------------------------------------------- */

static int
grow(struct guide_writer *w)
{
	size_t room = w->room == 0 ? 256 : w->room * 2;
	struct guide_channel_row *channels;

	if (w->count < w->room)
		return 0;
	channels = realloc(w->channels, room * sizeof(*channels));
	if (channels == NULL)
		return -ENOMEM;
	w->channels = channels;
	w->room = room;
	return 0;
}

/* With its NUL; what is too long for the index is cut, between characters. */
static void
add_text(struct buf *texts, const char *text)
{
	size_t len = strlen(text);

	if (len >= GUIDE_TEXT_MAX) {
		len = GUIDE_TEXT_MAX - 1;
		while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
			len--;
	}
	buf_add(texts, text, len);
	buf_add(texts, "", 1);
}

int
guide_write_channel(struct guide_writer *w, const struct guide_write_channel *c, struct err *err)
{
	struct guide_channel_row row = { .id = (uint32_t)w->texts.len };
	struct guide_write_channel cut = *c;

	if (c->id[0] == '\0' || strlen(c->id) >= GUIDE_TEXT_MAX)
		return err_set(err, EINVAL, "a channel's id is empty or too long");
	add_text(&w->texts, c->id);
	add_text(&w->texts, c->number);
	add_text(&w->texts, c->name);
	if (grow(w) < 0 || buf_status(&w->texts) < 0)
		return err_set(err, ENOMEM, "out of memory");
	cut.number = w->texts.data + row.id + strlen(c->id) + 1;
	cut.name = cut.number + strlen(cut.number) + 1;
	buf_clear(&w->scratch);
	guide_channel_xml(&w->scratch, &cut);
	if (buf_status(&w->scratch) < 0)
		return err_set(err, buf_status(&w->scratch), "channel '%s' does not fit", c->id);
	row.xml = guide_text_offset(&w->text);
	row.xml_len = (uint32_t)w->scratch.len;
	guide_text_add(&w->text, w->scratch.data, w->scratch.len);
	w->channels[w->count++] = row;
	return 0;
}

/* -- programmes -------------------------------------------------------------- */

static void
add_to_tag(struct guide_writer *w, const struct guide_piece *piece)
{
	const uint64_t words[] = { piece->digest, piece->len };

	hash_xx_add(&w->tag, words, sizeof(words));
}

/* The piece of the last guide for the channel; false: it had none of that id. */
static _Bool
old_piece(const struct guide_writer *w, size_t channel, struct guide_piece *ret)
{
	const char *id = w->texts.data + w->channels[channel].id;
	struct guide_index_channel c;
	uint32_t i;

	if (w->old == NULL || !guide_index_find(w->old, id, &i))
		return 0;
	guide_index_get_channel(w->old, i, &c);
	*ret = guide_index_channel_row(w->old, i).programmes;
	return strcmp(c.id, id) == 0;
}

/* Ends what is being written: the head, or a channel's programmes. */
static int
end_piece(struct guide_writer *w, struct err *err)
{
	struct guide_piece *piece = w->begun ? &w->channels[w->next - 1].programmes : &w->head;
	struct guide_piece old;
	_Bool has_old;
	int rc;

	if (w->begun)
		has_old = old_piece(w, w->next - 1, &old);
	else if ((has_old = w->old != NULL))
		old = w->old->header.head;
	guide_text_cut(&w->text, piece);
	add_to_tag(w, piece);
	rc = guide_pack_add(&w->pack, &w->text, piece, has_old ? &old : NULL, err);
	if (rc > 0 && w->begun)
		w->counts.reused++;
	w->begun = 1;
	return rc < 0 ? rc : 0;
}

int
guide_write_begin(struct guide_writer *w, struct err *err)
{
	int rc = end_piece(w, err);

	if (rc < 0)
		return rc;
	if (w->next == w->count)
		return err_set(err, EINVAL, "programmes of no channel");
	buf_clear(&w->id);
	buf_str(&w->id, "\" channel=\"");
	buf_xml(&w->id, w->texts.data + w->channels[w->next].id);
	buf_char(&w->id, '"');
	if (buf_status(&w->id) < 0)
		return err_set(err, ENOMEM, "out of memory");
	w->channels[w->next++].first = (uint32_t)w->counts.programmes;
	return 0;
}

#define TIME_LEN (XMLTIME_SIZE - 4) /* "20240101120000 +0000" */
#define TAGS_MAX 256                /* of a programme, without its channel and attributes */

static void
add_tag(struct guide_writer *w, int64_t start, int64_t stop)
{
	char tag[] = "<programme start=\"20240101120000 +0000\" stop=\"20240101120000 +0000";

	if (start != w->stop)
		xmltime_format(start, w->stop_text);
	memcpy(tag + sizeof("<programme start=\"") - 1, w->stop_text, TIME_LEN);
	xmltime_format(stop, w->stop_text);
	w->stop = stop;
	memcpy(tag + sizeof(tag) - 1 - TIME_LEN, w->stop_text, TIME_LEN);
	guide_text_add(&w->text, tag, sizeof(tag) - 1);
}

static void
count_programme(struct guide_writer *w, int64_t start, int64_t stop)
{
	if (w->counts.programmes++ == 0 || start < w->first)
		w->first = start;
	if (stop > w->counts.last)
		w->counts.last = stop;
	w->channels[w->next - 1].count++;
}

int
guide_write_programme(struct guide_writer *w, const struct listings_programme *p, struct err *err)
{
	static const char close[] = "</programme>\n";
	uint64_t at = guide_text_offset(&w->text) - w->text.begin;

	if (p->start < 0 || p->stop <= p->start || p->stop > UINT32_MAX)
		return err_set(err, ERANGE, "a programme outside of 1970 to 2106");
	if (at + p->attrs_len + p->body_len + w->id.len > GUIDE_CHANNEL_BYTES_MAX - TAGS_MAX)
		return err_set(err, EFBIG, "a channel's programmes take more than 4 GiB");
	if (guide_text_offset(&w->text) + p->attrs_len + p->body_len > w->bytes_max)
		return err_set(err, EFBIG,
		    "guide.xml would be more than %u MiB: keep fewer channels in the lineup, "
		    "or fewer days in the guide",
		    (unsigned)(w->bytes_max >> 20));
	add_tag(w, p->start, p->stop);
	guide_text_add(&w->text, w->id.data, w->id.len);
	guide_text_add(&w->text, p->attrs, p->attrs_len);
	guide_text_add(&w->text, ">\n", 2);
	guide_text_add(&w->text, p->body, p->body_len);
	guide_text_add(&w->text, close, sizeof(close) - 1);
	count_programme(w, p->start, p->stop);
	if (w->text.error < 0)
		return guide_text_flush(&w->text, err);
	return guide_rows_add(&w->rows, p, at, err);
}

/* -- the end ----------------------------------------------------------------- */

static int
finish_files(struct guide_writer *w, struct guide_header *header, struct err *err)
{
	char tail[GUIDE_TAIL_SIZE];
	size_t len = guide_tail(header->tag, tail);
	int rc;

	guide_text_add(&w->text, tail, len);
	rc = guide_text_flush(&w->text, err);
	if (rc == 0)
		rc = guide_pack_finish(&w->pack, tail, len, err);
	header->bytes = w->text.written;
	if (w->pack.on) {
		header->gzip_bytes = w->pack.out.offset;
		header->crc = w->pack.crc;
	}
	if (rc == 0)
		rc = guide_rows_finish(&w->rows, header, w->channels, w->count, &w->texts, err);
	return rc;
}

int
guide_write_finish(struct guide_writer *w, struct guide_write_counts *ret, struct err *err)
{
	struct guide_header header = { .first = w->first, .last = w->counts.last };
	int rc = end_piece(w, err);

	if (rc < 0)
		return rc;
	/* Channels that were not begun have no programmes. */
	for (; w->next < w->count; w->next++)
		w->channels[w->next] = (struct guide_channel_row){
			.xml = w->channels[w->next].xml,
			.xml_len = w->channels[w->next].xml_len,
			.id = w->channels[w->next].id,
			.first = (uint32_t)w->counts.programmes,
			.programmes = { .offset = w->text.begin },
		};
	header.head = w->head;
	header.tag = hash_xx_end(&w->tag);
	rc = finish_files(w, &header, err);
	w->counts.channels = w->count;
	w->counts.bytes = header.bytes;
	w->counts.gzip_bytes = header.gzip_bytes;
	w->counts.same = w->old_whole && w->old->header.tag == header.tag &&
	    w->old->header.bytes == header.bytes;
	*ret = w->counts;
	return rc;
}
