/*
 * The folder of local logos: a file is a channel's when its name, but for the ending, is
 * the channel's id, number, guide name or name, whatever the case; / in a name is _ there.
 *
 * Whether it is a picture is looked at when a channel first wants it. One that is refused
 * is looked at again when it has changed; one that is no picture any more is found out when
 * somebody asks for it.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/list.h"
#include "base/log.h"
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
	l->count = l->room = l->refused = 0;
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
	l->list[l->count] = (struct logo){ .stem = keep(l, stem) };
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

static const char *
stem_of(const struct logos *l, const struct logo *logo)
{
	return l->texts.data + logo->stem;
}

static const char *
file_of(const struct logos *l, const struct logo *logo)
{
	return l->texts.data + logo->file;
}

/* False: it is too long. */
static _Bool
path_of(const struct logos *l, const struct logo *logo, char out[IMAGE_PATH_MAX])
{
	return (size_t)snprintf(out, IMAGE_PATH_MAX, "%s/%s", l->folder, file_of(l, logo)) <
	    IMAGE_PATH_MAX;
}

/* By its change time, too: it may have become readable. Never 0. */
static uint64_t
which_file(const struct logos *l, const struct logo *logo)
{
	char path[IMAGE_PATH_MAX];
	struct stat st;
	uint64_t which;

	if (!path_of(l, logo, path) || stat(path, &st) == -1)
		return 1;
	which = hash_number(hash_file(HASH_FNV_INIT, &st), (uint64_t)st.st_ctim.tv_sec);
	return hash_number(which, (uint64_t)st.st_ctim.tv_nsec) | 1;
}

/* What was refused stays so, without another word, as long as it is the same file. */
static void
take_refusals(struct logos *l, const struct logos *old)
{
	size_t i = 0, k = 0;

	while (old->refused > 0 && i < l->count && k < old->count) {
		int rc = strcmp(stem_of(l, &l->list[i]), stem_of(old, &old->list[k]));

		if (rc == 0)
			rc = strcmp(file_of(l, &l->list[i]), file_of(old, &old->list[k]));
		if (rc == 0 && old->list[k].refused != 0) {
			l->list[i].refused = old->list[k].refused;
			l->refused++;
		}
		i += rc <= 0;
		k += rc >= 0;
	}
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
		const char *file = file_of(l, &l->list[i]);

		l->tag = hash_fnv(l->tag, file, strlen(file) + 1);
		l->tag = hash_number(l->tag, which_file(l, &l->list[i]));
	}
}

static void
read_again(struct logos *l)
{
	struct logos old = *l;

	l->list = NULL;
	buf_init(&l->texts, TEXTS_MAX);
	read_folder(l);
	take_refusals(l, &old);
	forget(&old);
}

/* A file that was refused and is another one by now gets another chance. */
static void
look_at_refused(struct logos *l)
{
	for (size_t i = 0; l->refused > 0 && i < l->count; i++) {
		struct logo *logo = &l->list[i];
		uint64_t now;

		if (logo->refused == 0)
			continue;
		now = which_file(l, logo);
		if (now == logo->refused)
			continue;
		logo->refused = 0;
		l->refused--;
		l->tag = hash_number(l->tag, now);
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
	if (st.st_ino != l->inode || st.st_mtim.tv_sec != l->changed.tv_sec ||
	    st.st_mtim.tv_nsec != l->changed.tv_nsec) {
		l->inode = st.st_ino;
		l->changed = st.st_mtim;
		read_again(l);
	}
	look_at_refused(l);
}

/* -- the one of a channel --------------------------------------------------------------- */

static const char *
why(int rc)
{
	switch (rc) {
	case -EBADMSG: return "it is no PNG, JPEG, GIF, WebP or AVIF";
	case -EFBIG: return "it is larger than 10 MiB";
	default: return strerror(-rc);
	}
}

/* For want of something of ours, or of the disk's: another time it may be had. */
static _Bool
is_passing(int rc)
{
	return rc == -EMFILE || rc == -ENFILE || rc == -ENOMEM || rc == -EIO || rc == -EINTR;
}

/* What was handed out with it is to be told from what is handed out without. */
static void
refuse(struct logos *l, struct logo *logo, uint64_t which, int rc)
{
	if (logo->seen || is_passing(rc))
		l->tag = hash_number(l->tag, which);
	logo->seen = 0;
	if (is_passing(rc))
		return;
	logo->refused = which;
	l->refused++;
	if (rc != -ENOENT)
		log_warn(NULL, "logo '%s/%s' is passed over: %s", l->folder, file_of(l, logo),
		    why(rc));
}

/* Opens it; one that is no picture is refused, and stays so until it has changed. */
static int
open_logo(struct logos *l, struct logo *logo, const char **ret_type)
{
	uint64_t which = which_file(l, logo); /* before: what comes meanwhile is another one */
	char path[IMAGE_PATH_MAX];
	int fd = path_of(l, logo, path) ? image_open(path, ret_type, NULL) : -ENAMETOOLONG;

	if (fd < 0)
		refuse(l, logo, which, fd);
	else
		logo->seen = 1;
	return fd;
}

static _Bool
is_picture(struct logos *l, struct logo *logo)
{
	const char *type;
	int fd;

	if (logo->seen || logo->refused != 0)
		return logo->seen;
	fd = open_logo(l, logo, &type);
	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

/* The first picture of that name. */
static struct logo *
find(struct logos *l, const char *text)
{
	size_t low = 0, high = l->count;
	char stem[STEM_MAX];

	if (!fold(stem, text, strlen(text)))
		return NULL;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(stem_of(l, &l->list[middle]), stem) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < l->count && strcmp(stem_of(l, &l->list[low]), stem) == 0; low++) {
		if (is_picture(l, &l->list[low]))
			return &l->list[low];
	}
	return NULL;
}

static struct logo *
find_of(struct logos *l, const struct lineup_channel *channel)
{
	char id[17], guide_id[LINEUP_GUIDE_ID_SIZE], number[24];
	const char *const names[] = { id, guide_id, number, channel->guide_id, channel->name };
	struct logo *logo = NULL;

	if (l->count == 0)
		return NULL;
	lineup_id_text(channel->id, id);
	lineup_guide_id(channel->id, guide_id);
	lineup_number_text(channel, number);
	for (size_t i = 0; logo == NULL && i < ARRAY_LEN(names); i++)
		logo = find(l, names[i]);
	return logo;
}

_Bool
logos_has(struct logos *l, const struct lineup_channel *channel)
{
	return find_of(l, channel) != NULL;
}

int
logos_open(struct logos *l, const struct lineup_channel *channel, const char **ret_type)
{
	struct logo *logo;
	int fd = -ENOENT;

	/* What was a picture may have ceased to be one: then the next. */
	while (fd < 0 && (logo = find_of(l, channel)) != NULL)
		fd = open_logo(l, logo, ret_type);
	return fd < 0 ? -ENOENT : fd;
}
