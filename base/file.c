#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file_sync.h"

#define TEMP_SUFFIX ".tmp~"
#define LARGE       (1 << 20) /* bytes of a file whose end is left to the thread */

static _Bool by_thread;

void
file_free_by_thread(void)
{
	by_thread = 1;
}

void
file_close(int fd)
{
	struct stat st;

	if (by_thread && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 0 &&
	    st.st_size >= LARGE && file_close_later(fd))
		return;
	(void)close(fd);
}

int
file_write_all(int fd, const void *data, size_t len, struct err *err)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_sys(err, "write");
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int
file_begin(struct file_save *save, const char *path, mode_t mode, struct err *err)
{
	static unsigned serial; /* two saves of one path may overlap in time */
	int rc;

	*save = (struct file_save)FILE_SAVE_INIT;
	save->path = strdup(path);
	if (save->path == NULL ||
	    asprintf(&save->temp, "%s.%ld-%u" TEMP_SUFFIX, path, (long)getpid(), serial++) == -1) {
		save->temp = NULL;
		file_abort(save);
		return err_set(err, ENOMEM, "save '%s': out of memory", path);
	}
	save->fd = open(save->temp, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
	if (save->fd == -1) {
		rc = err_sys(err, "save '%s': create", path);
		free(save->temp);
		save->temp = NULL;
		file_abort(save);
		return rc;
	}
	return 0;
}

int
file_commit(struct file_save *save, struct err *err)
{
	int rc = 0;

	if (fsync(save->fd) == -1)
		rc = err_sys(err, "save '%s': sync", save->path);
	else if (rename(save->temp, save->path) == -1)
		rc = err_sys(err, "save '%s': rename", save->path);
	if (rc < 0) {
		file_abort(save);
		return rc;
	}
	free(save->temp);
	save->temp = NULL;
	rc = file_sync_folder(save->path, err);
	if (rc < 0)
		err_wrap(err, "save '%s'", save->path);
	file_abort(save);
	return rc;
}

int
file_replace(struct file_save *save, struct err *err)
{
	int old = by_thread ? open(save->path, O_PATH | O_CLOEXEC | O_NOFOLLOW) : -1, rc = 0;

	if (rename(save->temp, save->path) == -1) {
		rc = err_sys(err, "save '%s': rename", save->path);
	} else {
		file_sync_later(save->path);
		free(save->temp);
		save->temp = NULL;
	}
	/* Held until here, so that it was not the renaming that had to give its space back. */
	if (old != -1)
		file_close(old);
	file_abort(save);
	return rc;
}

void
file_abort(struct file_save *save)
{
	if (save->temp != NULL)
		(void)unlink(save->temp);
	if (save->fd != -1)
		file_close(save->fd);
	free(save->temp);
	free(save->path);
	*save = (struct file_save)FILE_SAVE_INIT;
}

void
file_sweep(const char *dir)
{
	size_t suffix = strlen(TEMP_SUFFIX);
	struct dirent *entry;
	DIR *d = opendir(dir);

	if (d == NULL)
		return;
	while ((entry = readdir(d)) != NULL) {
		size_t len = strlen(entry->d_name);

		if (len > suffix && strcmp(entry->d_name + len - suffix, TEMP_SUFFIX) == 0)
			(void)unlinkat(dirfd(d), entry->d_name, 0);
	}
	(void)closedir(d);
}

int
file_load(const char *path, size_t max, char **ret_data, size_t *ret_len, struct err *err)
{
	char *data = NULL, *bigger;
	size_t len = 0, cap = 0;
	ssize_t n = 1;
	int fd, rc = 0;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return err_sys(err, "'%s'", path);
	while (n > 0) {
		if (cap - len < 2) {
			cap = cap == 0 ? 4096 : cap * 2;
			bigger = realloc(data, cap);
			if (bigger == NULL) {
				rc = err_set(err, ENOMEM, "'%s': out of memory", path);
				goto out;
			}
			data = bigger;
		}
		n = read(fd, data + len, cap - len - 1);
		if (n == -1 && errno == EINTR) {
			n = 1;
			continue;
		}
		if (n == -1) {
			rc = err_sys(err, "'%s': read", path);
			goto out;
		}
		len += (size_t)n;
		if (len > max) {
			rc = err_set(err, EFBIG, "'%s': larger than %zu bytes", path, max);
			goto out;
		}
	}
	data[len] = '\0';
	*ret_data = data;
	if (ret_len != NULL)
		*ret_len = len;
	data = NULL;
out:
	free(data);
	(void)close(fd);
	return rc;
}

int
file_make_dir(const char *path, struct err *err)
{
	char *copy = strdup(path);
	struct stat st;
	int rc = 0;

	if (copy == NULL)
		return err_set(err, ENOMEM, "out of memory");
	for (char *p = copy + strspn(copy, "/"); rc == 0 && *p != '\0';) {
		char c;

		p += strcspn(p, "/");
		c = *p;
		*p = '\0';
		if (mkdir(copy, 0700) == -1 && errno != EEXIST)
			rc = err_sys(err, "make folder '%s'", copy);
		*p = c;
		p += strspn(p, "/");
	}
	if (rc == 0 && stat(path, &st) == -1)
		rc = err_sys(err, "folder '%s'", path);
	else if (rc == 0 && !S_ISDIR(st.st_mode))
		rc = err_set(err, ENOTDIR, "'%s' is not a folder", path);
	free(copy);
	return rc;
}

int
file_map_fd(struct file_map *map, int fd, struct err *err)
{
	struct stat st;
	void *data;

	*map = (struct file_map)FILE_MAP_INIT;
	if (fstat(fd, &st) == -1)
		return err_sys(err, "stat");
	if (!S_ISREG(st.st_mode))
		return err_set(err, EINVAL, "not a regular file");
	if (st.st_size == 0)
		return 0;
	data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (data == MAP_FAILED)
		return err_sys(err, "map");
	map->data = data;
	map->len = (size_t)st.st_size;
	return 0;
}

/* munmap and madvise take void *, the struct promises const. */
static void *
writable(const void *p)
{
	union {
		const void *in;
		void *out;
	} cast = { .in = p };

	return cast.out;
}

void
file_map_close(struct file_map *map)
{
	void *data = writable(map->data);

	if (data != NULL && !(by_thread && map->len >= LARGE && file_unmap_later(data, map->len)))
		(void)munmap(data, map->len);
	*map = (struct file_map)FILE_MAP_INIT;
}

void
file_map_drop(const struct file_map *map, size_t offset, size_t len)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t from = (offset + page - 1) / page * page;
	size_t to = (offset + len == map->len ? offset + len : (offset + len) / page * page);

	if (map->data != NULL && to > from)
		(void)madvise(writable((const char *)map->data + from), to - from, MADV_DONTNEED);
}
