/*
 * Files that are whole or not there: saving goes through a temporary file,
 * fsync, rename, and fsync of the folder, so that a crash or a power cut at any
 * moment leaves the old content or the new one. And mapping a file to read it.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct err;

/*
 * Replacing a file, for content that is written over time or by another process:
 * file_begin gives a descriptor for the temporary file beside `path`; file_commit
 * makes it the real one; file_abort removes it. After either the struct is as after
 * FILE_SAVE_INIT. On failure the old file is untouched and the temporary one gone; only
 * when the folder could not be synced is the new one there, and may be lost by a power cut.
 *
 * file_replace is file_commit for the event loop, which never waits for the disk: the
 * content must have been synced by who wrote it, or be worth nothing when it is torn, and
 * the folder is synced by a thread, within moments. Until then a power cut may bring the
 * old file back.
 */
struct file_save {
	int fd;     /* -1: not begun */
	char *path; /* owned */
	char *temp; /* owned */
};
#define FILE_SAVE_INIT         \
	{                      \
		-1, NULL, NULL \
	}
int file_begin(struct file_save *save, const char *path, mode_t mode, struct err *err);
int file_commit(struct file_save *save, struct err *err);
int file_replace(struct file_save *save, struct err *err);
void file_abort(struct file_save *save);
/*
 * The last close or unmapping of a file that has no name any more gives its space back, which
 * takes some file systems most of a millisecond for each MiB. After this call a thread does
 * that for large ones, whoever of the functions here leads to it: for a process with an event
 * loop. Not in a jail: there are no threads.
 */
void file_free_by_thread(void);
/* close(2), so. */
void file_close(int fd);
/* Waits until the thread has done all that it was given: before the process ends. */
void file_settle(void);
struct file_syncs {
	uint64_t done, failed; /* folders that file_replace had synced; those of them that failed */
	uint64_t freed;        /* large files that the thread has closed or unmapped */
};
void file_get_syncs(struct file_syncs *ret);
/* Removes what an earlier life left of its temporary files in `dir`. */
void file_sweep(const char *dir);

/* Reads a file of at most `max` bytes; *ret_data, with a NUL behind it, is the caller's to free. */
int file_load(const char *path, size_t max, char **ret_data, size_t *ret_len, struct err *err);
/* Writes all bytes to `fd`, whatever write(2) does. */
int file_write_all(int fd, const void *data, size_t len, struct err *err);
/* mkdir -p with mode 0700 for what is missing. */
int file_make_dir(const char *path, struct err *err);

/* A file mapped for reading. The mapping outlives a rename or an unlink of the path. */
struct file_map {
	const void *data; /* NULL: not mapped, or empty */
	size_t len;
};
#define FILE_MAP_INIT   \
	{               \
		NULL, 0 \
	}
int file_map_fd(struct file_map *map, int fd, struct err *err); /* fd stays the caller's */
void file_map_close(struct file_map *map);
/* Gives the pages of [offset, offset + len) back; they come from the file when touched again. */
void file_map_drop(const struct file_map *map, size_t offset, size_t len);

#endif
