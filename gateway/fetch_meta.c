#include "gateway/fetch_meta.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"

#define META_MAX 2048
#define PATH_LEN 4096

static _Bool
meta_path(char out[PATH_LEN], const char *path)
{
	return snprintf(out, PATH_LEN, "%s.meta", path) < PATH_LEN;
}

static void
meta_line(struct fetch_meta *meta, char *line)
{
	char *value = strchr(line, ' ');

	if (value == NULL)
		return;
	*value++ = '\0';
	if (strcmp(line, "source") == 0)
		meta->source = strtoull(value, NULL, 16);
	else if (strcmp(line, "bytes") == 0)
		meta->bytes = strtoull(value, NULL, 10);
	else if (strcmp(line, "hash") == 0)
		meta->hash = strtoull(value, NULL, 16);
	else if (strcmp(line, "entries") == 0)
		meta->entries = strtoull(value, NULL, 10);
	else if (strcmp(line, "channels") == 0)
		meta->channels = strtoull(value, NULL, 10);
	else if (strcmp(line, "made") == 0)
		meta->made = strtoull(value, NULL, 16);
	else if (strcmp(line, "etag") == 0)
		snprintf(meta->etag, sizeof(meta->etag), "%s", value);
	else if (strcmp(line, "modified") == 0)
		snprintf(meta->modified, sizeof(meta->modified), "%s", value);
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
	buf_printf(&text,
	    "source %016" PRIx64 "\nbytes %" PRIu64 "\nhash %016" PRIx64 "\nentries %" PRIu64
	    "\nchannels %" PRIu64 "\nmade %016" PRIx64 "\netag %s\nmodified %s\n",
	    meta->source, meta->bytes, meta->hash, meta->entries, meta->channels, meta->made,
	    meta->etag, meta->modified);
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
