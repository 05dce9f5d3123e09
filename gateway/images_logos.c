/*
 * The folder of local logos: a file is a channel's when its name, but for the ending, is
 * the channel's id, number, guide name or name, whatever the case; / in a name is _ there.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/list.h"
#include "gateway/images_parts.h"
#include "playlist/lineup.h"

#define LOOK_MS   5000
#define FILES_MAX 50000
#define TEXTS_MAX (32u << 20)
#define STEM_MAX  256

int
logos_init(struct logos *l, const char *folder)
{
	*l = (struct logos){ .folder = strdup(folder) };
	buf_init(&l->texts, TEXTS_MAX);
	return l->folder == NULL ? -ENOMEM : 0;
}

static void
forget(struct logos *l)
{
	buf_release(&l->texts);
	free(l->list);
	l->list = NULL;
	l->count = l->room = 0;
	l->tag = 0;
}

void
logos_release(struct logos *l)
{
	forget(l);
	free(l->folder);
	l->folder = NULL;
}

/* As names are compared; false: it is too long for a file's name. */
static _Bool
fold(char out[STEM_MAX], const char *text, size_t len)
{
	if (len == 0 || len >= STEM_MAX)
		return 0;
	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		out[i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c == '/' ? '_' : c;
	}
	out[len] = '\0';
	return 1;
}

/* Of how many bytes the name without its ending is; 0: it is no picture's. */
static size_t
stem_len(const char *file)
{
	static const char *const endings[] = { ".png", ".jpg", ".jpeg", ".webp", ".gif", ".avif" };
	const char *dot = strrchr(file, '.');

	for (size_t i = 0; dot != NULL && i < ARRAY_LEN(endings); i++) {
		if (strcasecmp(dot, endings[i]) == 0)
			return (size_t)(dot - file);
	}
	return 0;
}

static uint32_t
keep(struct logos *l, const char *text)
{
	uint32_t at = (uint32_t)l->texts.len;

	buf_add(&l->texts, text, strlen(text) + 1);
	return at;
}

static int
add_file(struct logos *l, const char *file)
{
	char stem[STEM_MAX];

	if (l->count >= FILES_MAX || !fold(stem, file, stem_len(file)))
		return 0;
	if (l->count == l->room) {
		size_t room = l->room == 0 ? 64 : 2 * l->room;
		struct logo *list = reallocarray(l->list, room, sizeof(*list));

		if (list == NULL)
			return -ENOMEM;
		l->list = list;
		l->room = room;
	}
	l->list[l->count].stem = keep(l, stem);
	l->list[l->count++].file = keep(l, file);
	return buf_status(&l->texts);
}

/* qsort_r's: by stem; of one stem by the file's name, so that it is always the same one. */
static int
compare(const void *a, const void *b, void *arg)
{
	const struct logo *x = a, *y = b;
	const char *texts = arg;
	int rc = strcmp(texts + x->stem, texts + y->stem);

	return rc != 0 ? rc : strcmp(texts + x->file, texts + y->file);
}

static void
read_folder(struct logos *l)
{
	DIR *dir = opendir(l->folder);
	struct dirent *entry;
	int rc = 0;

	forget(l);
	if (dir == NULL)
		return;
	while (rc == 0 && (entry = readdir(dir)) != NULL)
		rc = add_file(l, entry->d_name);
	(void)closedir(dir);
	if (rc < 0)
		forget(l);
	if (l->count == 0)
		return;
	qsort_r(l->list, l->count, sizeof(*l->list), compare, l->texts.data);
	l->tag = HASH_FNV_INIT;
	for (size_t i = 0; i < l->count; i++) {
		const char *file = l->texts.data + l->list[i].file;

		l->tag = hash_fnv(l->tag, file, strlen(file) + 1);
	}
}

void
logos_refresh(struct logos *l, uint64_t now_ms)
{
	struct stat st = { 0 };

	if (l->looked_ms != 0 && now_ms - l->looked_ms < LOOK_MS)
		return;
	l->looked_ms = now_ms != 0 ? now_ms : 1;
	if (stat(l->folder, &st) == -1)
		st = (struct stat){ 0 };
	if (st.st_ino == l->inode && st.st_mtim.tv_sec == l->changed.tv_sec &&
	    st.st_mtim.tv_nsec == l->changed.tv_nsec)
		return;
	l->inode = st.st_ino;
	l->changed = st.st_mtim;
	read_folder(l);
}

static const char *
find(const struct logos *l, const char *text)
{
	size_t low = 0, high = l->count;
	char stem[STEM_MAX];

	if (!fold(stem, text, strlen(text)))
		return NULL;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(l->texts.data + l->list[middle].stem, stem) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == l->count || strcmp(l->texts.data + l->list[low].stem, stem) != 0)
		return NULL;
	return l->texts.data + l->list[low].file;
}

const char *
logos_find(const struct logos *l, const struct lineup_channel *channel)
{
	char id[17], guide_id[LINEUP_GUIDE_ID_SIZE], number[24];
	const char *const names[] = { id, guide_id, number, channel->guide_id, channel->name };
	const char *file = NULL;

	if (l->count == 0)
		return NULL;
	lineup_id_text(channel->id, id);
	lineup_guide_id(channel->id, guide_id);
	lineup_number_text(channel, number);
	for (size_t i = 0; file == NULL && i < ARRAY_LEN(names); i++)
		file = find(l, names[i]);
	return file;
}
