#include "base/file_sync.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"

#define FOLDERS_MAX 16 /* waiting; the data folder has four */

static struct {
	pthread_mutex_t lock;
	pthread_cond_t idle;
	_Bool running;
	char *folders[FOLDERS_MAX]; /* owned; each once */
	unsigned count;
	struct file_syncs syncs;
} queue = { .lock = PTHREAD_MUTEX_INITIALIZER, .idle = PTHREAD_COND_INITIALIZER };

static char *
folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? strdup(".")
	    : slash == path  ? strdup("/")
			     : strndup(path, (size_t)(slash - path));
}

static int
sync_one(const char *folder, struct err *err)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;

	if (fd == -1)
		return err_sys(err, "open folder '%s'", folder);
	/* Some network file systems have no fsync for folders: that is their promise to keep. */
	if (fsync(fd) == -1 && errno != EINVAL && errno != ENOTSUP)
		rc = err_sys(err, "sync folder '%s'", folder);
	(void)close(fd);
	return rc;
}

int
file_sync_folder(const char *path, struct err *err)
{
	char *folder = folder_of(path);
	int rc;

	if (folder == NULL)
		return err_set(err, ENOMEM, "out of memory");
	rc = sync_one(folder, err);
	free(folder);
	return rc;
}

static void
count_sync(int rc)
{
	queue.syncs.done++;
	queue.syncs.failed += rc < 0;
}

static void *
run(void *arg)
{
	(void)pthread_mutex_lock(&queue.lock);
	while (queue.count > 0) {
		char *folder = queue.folders[--queue.count];
		int rc;

		(void)pthread_mutex_unlock(&queue.lock);
		rc = sync_one(folder, NULL);
		free(folder);
		(void)pthread_mutex_lock(&queue.lock);
		count_sync(rc);
	}
	queue.running = 0;
	(void)pthread_cond_broadcast(&queue.idle);
	(void)pthread_mutex_unlock(&queue.lock);
	return arg;
}

/* A thread that takes no signals: they are the loop's. */
static _Bool
start(void)
{
	sigset_t all, before;
	pthread_attr_t attr;
	pthread_t thread;
	int rc;

	if (pthread_attr_init(&attr) != 0)
		return 0;
	(void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	(void)pthread_attr_setstacksize(&attr, 64u << 10);
	sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, &before);
	rc = pthread_create(&thread, &attr, run, NULL);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)pthread_attr_destroy(&attr);
	return rc == 0;
}

/* Takes `folder` when it is to be synced by the thread. */
static _Bool
enqueue(char *folder)
{
	for (unsigned i = 0; i < queue.count; i++) {
		if (strcmp(queue.folders[i], folder) == 0) {
			free(folder);
			return 1;
		}
	}
	if (queue.count == FOLDERS_MAX)
		return 0;
	queue.folders[queue.count++] = folder;
	if (!queue.running && !start()) {
		queue.count--;
		return 0;
	}
	queue.running = 1;
	return 1;
}

void
file_sync_later(const char *path)
{
	char *folder = folder_of(path);
	_Bool taken;

	(void)pthread_mutex_lock(&queue.lock);
	taken = folder != NULL && enqueue(folder);
	(void)pthread_mutex_unlock(&queue.lock);
	if (taken)
		return;
	(void)pthread_mutex_lock(&queue.lock);
	count_sync(folder == NULL ? -ENOMEM : sync_one(folder, NULL));
	(void)pthread_mutex_unlock(&queue.lock);
	free(folder);
}

void
file_settle(void)
{
	(void)pthread_mutex_lock(&queue.lock);
	while (queue.running)
		(void)pthread_cond_wait(&queue.idle, &queue.lock);
	(void)pthread_mutex_unlock(&queue.lock);
}

void
file_get_syncs(struct file_syncs *ret)
{
	(void)pthread_mutex_lock(&queue.lock);
	*ret = queue.syncs;
	(void)pthread_mutex_unlock(&queue.lock);
}
