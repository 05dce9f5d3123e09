#include "gateway/fetch_meta.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/list.h"

#define META_MAX 2048
#define PATH_LEN 4096

static _Bool
meta_path(char out[PATH_LEN], const char *path)
{
	return snprintf(out, PATH_LEN, "%s.meta", path) < PATH_LEN;
}

/* The numbers: where each is in struct fetch_meta, and how it is written. */
static const struct {
	const char *key;
	size_t offset;
	int base;
} numbers[] = {
	{ "source", offsetof(struct fetch_meta, source), 16 },
	{ "bytes", offsetof(struct fetch_meta, bytes), 10 },
	{ "hash", offsetof(struct fetch_meta, hash), 16 },
	{ "entries", offsetof(struct fetch_meta, found.entries), 10 },
	{ "channels", offsetof(struct fetch_meta, found.channels), 10 },
	{ "kept", offsetof(struct fetch_meta, found.kept), 10 },
	{ "last", offsetof(struct fetch_meta, found.last), 10 },
	{ "cut", offsetof(struct fetch_meta, found.cut), 10 },
	{ "made", offsetof(struct fetch_meta, found.made), 16 },
	{ "recipe", offsetof(struct fetch_meta, found.recipe), 16 },
};

static void
meta_line(struct fetch_meta *meta, char *line)
{
	char *value = strchr(line, ' ');

	if (value == NULL)
		return;
	*value++ = '\0';
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		uint64_t number = strtoull(value, NULL, numbers[i].base);

		if (strcmp(line, numbers[i].key) == 0)
			memcpy((char *)meta + numbers[i].offset, &number, sizeof(number));
	}
	if (strcmp(line, "etag") == 0)
		snprintf(meta->etag, sizeof(meta->etag), "%s", value);
	else if (strcmp(line, "modified") == 0)
		snprintf(meta->modified, sizeof(meta->modified), "%s", value);
}

static void
add_lines(struct buf *out, const struct fetch_meta *meta)
{
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		uint64_t number;

		memcpy(&number, (const char *)meta + numbers[i].offset, sizeof(number));
		if (numbers[i].base == 16)
			buf_printf(out, "%s %016" PRIx64 "\n", numbers[i].key, number);
		else
			buf_printf(out, "%s %" PRIu64 "\n", numbers[i].key, number);
	}
	buf_printf(out, "etag %s\nmodified %s\n", meta->etag, meta->modified);
}

void
fetch_meta_load(struct fetch_meta *meta, const char *path, const char *url)
{
	uint64_t source = hash_fnv(HASH_FNV_INIT, url, strlen(url));
	char name[PATH_LEN], *text = NULL, *rest, *line;
	struct stat st;

	memset(meta, 0, sizeof(*meta));
	if (!meta_path(name, path) || file_load(name, META_MAX, &text, NULL, NULL) < 0)
		return;
	rest = text;
	while ((line = strsep(&rest, "\n")) != NULL)
		meta_line(meta, line);
	free(text);
	meta->valid = meta->source == source && stat(path, &st) == 0 &&
	    (uint64_t)st.st_size == meta->bytes;
}

int
fetch_meta_save(const struct fetch_meta *meta, const char *path, struct err *err)
{
	struct buf text = BUF_INIT(META_MAX);
	struct file_save save;
	char name[PATH_LEN];
	int rc;

	if (!meta_path(name, path))
		return err_set(err, ENAMETOOLONG, "'%s.meta': name too long", path);
	rc = file_begin(&save, name, 0600, err);
	if (rc < 0)
		return rc;
	add_lines(&text, meta);
	rc = buf_status(&text) < 0 ? err_set(err, ENOMEM, "'%s': out of memory", name)
				   : file_write_all(save.fd, text.data, text.len, err);
	if (rc == 0)
		rc = file_replace(&save, err);
	else
		file_abort(&save);
	buf_release(&text);
	return rc;
}

void
fetch_meta_remove(const char *path)
{
	char name[PATH_LEN];

	if (meta_path(name, path))
		(void)unlink(name);
}
