/*
 * The guide's files: those that are served, those in the making, and the note beside them
 * of what they were made of.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/list.h"
#include "epg/guide_index.h"
#include "gateway/guide_parts.h"

#define META_MAX 256

_Bool
guide_make_paths(struct guide *g, const char *data)
{
	static const char *const names[] = { "guide.xml", "guide.xml.gz", "guide.idx" };
	_Bool ok = 1;

	for (size_t i = 0; i < GUIDE_FILES; i++) {
		if (asprintf(&g->paths[i], "%s/guide/%s", data, names[i]) == -1) {
			g->paths[i] = NULL;
			ok = 0;
		}
	}
	if (asprintf(&g->meta_path, "%s/guide/guide.meta", data) == -1)
		g->meta_path = NULL;
	return ok && g->meta_path != NULL;
}

void
guide_close_files(int files[GUIDE_FILES])
{
	for (size_t i = 0; i < GUIDE_FILES; i++) {
		if (files[i] != -1)
			file_close(files[i]);
		files[i] = -1;
	}
}

void
guide_drop_output(struct guide *g)
{
	guide_index_unref(g->candidate);
	g->candidate = NULL;
	guide_close_files(g->new_files);
	for (size_t i = 0; i < GUIDE_FILES; i++)
		file_abort(&g->out[i]);
}

/* -- what was written ----------------------------------------------------------------- */

int
guide_open_output(struct guide *g)
{
	for (size_t i = 0; i < GUIDE_FILES; i++) {
		g->new_files[i] = open(g->out[i].temp, O_RDONLY | O_CLOEXEC);
		if (g->new_files[i] == -1)
			return err_sys(&g->err, "'%s'", g->out[i].temp);
	}
	return 0;
}

int
guide_check_gzip(struct guide *g, uint64_t bytes)
{
	struct stat st;

	if (fstat(g->new_files[GUIDE_GZIP], &st) == -1)
		return err_sys(&g->err, "'%s'", g->paths[GUIDE_GZIP]);
	if ((uint64_t)st.st_size != bytes)
		return err_set(&g->err, EBADMSG, "'%s' is of another making", g->paths[GUIDE_GZIP]);
	return 0;
}

/* The index last: without the one that fits, the others count for nothing after a crash. */
int
guide_keep_output(struct guide *g)
{
	static const enum guide_file order[] = { GUIDE_GZIP, GUIDE_XML, GUIDE_INDEX };
	int rc = 0;

	for (size_t i = 0; i < ARRAY_LEN(order) && rc == 0; i++)
		rc = file_replace(&g->out[order[i]], &g->err);
	return rc;
}

/* -- what it was made of --------------------------------------------------------------- */

static uint64_t
hash_served(const struct guide *g)
{
	uint64_t hash = HASH_FNV_INIT;

	for (size_t i = 0; i < GUIDE_FILES; i++) {
		struct stat st;

		hash = hash_file(hash, fstat(g->files[i], &st) == 0 ? &st : NULL);
	}
	return hash;
}

static int
save_meta(const struct guide *g, struct err *err)
{
	struct file_save save;
	char text[META_MAX];
	int len, rc;

	len = snprintf(text, sizeof(text), "inputs %016" PRIx64 "\nfiles %016" PRIx64 "\n",
	    g->inputs, hash_served(g));
	rc = file_begin(&save, g->meta_path, 0600, err);
	if (rc < 0)
		return rc;
	rc = file_write_all(save.fd, text, (size_t)len, err);
	if (rc == 0)
		rc = file_replace(&save, err);
	else
		file_abort(&save);
	return rc;
}

void
guide_save_meta(struct guide *g)
{
	struct err err = ERR_INIT;

	if (save_meta(g, &err) < 0)
		log_warn_e(&g->log, &err, "the next life will make the guide anew");
}

uint64_t
guide_load_meta(const struct guide *g)
{
	uint64_t inputs = 0, files = 0;
	char *text = NULL;

	if (file_load(g->meta_path, META_MAX, &text, NULL, NULL) < 0)
		return 0;
	if (sscanf(text, "inputs %" SCNx64 "\nfiles %" SCNx64, &inputs, &files) != 2 ||
	    files != hash_served(g))
		inputs = 0;
	free(text);
	return inputs;
}
