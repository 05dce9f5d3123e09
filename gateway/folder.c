#include "gateway/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/list.h"

#define PATH_LEN 4096

static int
take_lock(const char *data, struct err *err)
{
	char path[PATH_LEN];
	int lock;

	snprintf(path, sizeof(path), "%s/lock", data);
	lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (lock == -1)
		return err_sys(err, "data folder '%s': cannot write there", data);
	if (flock(lock, LOCK_EX | LOCK_NB) == 0)
		return lock;
	(void)close(lock);
	return err_set(err, EBUSY,
	    "data folder '%s' is in use by another masthead; stop that one, or use --data DIR",
	    data);
}

/* Below the lock: what is swept could be another one's work. */
static int
make_folders(const char *data, struct err *err)
{
	static const char *const folders[] = { "cache", "snapshots", "guide", "images" };
	char path[PATH_LEN];
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(folders); i++) {
		snprintf(path, sizeof(path), "%s/%s", data, folders[i]);
		rc = file_make_dir(path, err);
		if (rc == 0)
			file_sweep(path);
	}
	return rc;
}

int
folder_open(const char *data, int *ret_lock, struct err *err)
{
	int lock, rc;

	rc = file_make_dir(data, err);
	if (rc < 0)
		return err_wrap(err, "data folder '%s'", data);
	lock = take_lock(data, err);
	if (lock < 0)
		return lock;
	rc = make_folders(data, err);
	if (rc < 0) {
		(void)close(lock);
		return err_wrap(err, "data folder '%s'", data);
	}
	*ret_lock = lock;
	return 0;
}
