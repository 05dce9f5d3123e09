/*
 * What may wait for the disk and need not be waited for: a thread of its own, that is there
 * only while there is something to do, calls fsync(2) on the folders that were handed in,
 * and closes and unmaps the large files. base/file.c's other half; everyone else uses
 * base/file.h.
 */
#ifndef BASE_FILE_SYNC_H
#define BASE_FILE_SYNC_H

#include <stddef.h>

struct err;

/* Syncs the folder that `path` stands in, now. */
int file_sync_folder(const char *path, struct err *err);
/*
 * The same, soon, from the thread. When there is no thread to be had it is done now; how it
 * went is counted either way (file_get_syncs).
 */
void file_sync_later(const char *path);
/*
 * Closes the descriptor, or unmaps, from the thread. False: there is no thread to be had, and
 * nothing was done.
 */
_Bool file_close_later(int fd);
_Bool file_unmap_later(void *data, size_t len);

#endif
