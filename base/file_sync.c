#include "base/file_sync.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"

#define JOBS_MAX 64 /* waiting */

/* One of the three. */
struct job {
	char *folder; /* to sync; owned; NULL: none */
	int fd;       /* to close; -1: none */
	void *map;    /* to unmap; NULL: none */
	size_t map_len;
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t idle;
	_Bool running;
	struct job jobs[JOBS_MAX]; /* each folder once */
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

/* Without the lock; what a sync gave, else 0. */
static int
do_job(const struct job *job)
{
	int rc = 0;

	if (job->folder != NULL)
		rc = sync_one(job->folder, NULL);
	if (job->fd != -1)
		(void)close(job->fd);
	if (job->map != NULL)
		(void)munmap(job->map, job->map_len);
	return rc;
}

static void *
run(void *arg)
{
	(void)pthread_mutex_lock(&queue.lock);
	while (queue.count > 0) {
		struct job job = queue.jobs[--queue.count];
		int rc;

		(void)pthread_mutex_unlock(&queue.lock);
		rc = do_job(&job);
		(void)pthread_mutex_lock(&queue.lock);
		if (job.folder != NULL)
			count_sync(rc);
		else
			queue.syncs.freed++;
		free(job.folder);
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

/* With the lock; true: the thread does it. */
static _Bool
enqueue(const struct job *job)
{
	if (queue.count == JOBS_MAX)
		return 0;
	queue.jobs[queue.count++] = *job;
	if (!queue.running && !start()) {
		queue.count--;
		return 0;
	}
	queue.running = 1;
	return 1;
}

/* The same; takes `folder` when it is to be synced by the thread. */
static _Bool
enqueue_folder(char *folder)
{
	for (unsigned i = 0; i < queue.count; i++) {
		if (queue.jobs[i].folder != NULL && strcmp(queue.jobs[i].folder, folder) == 0) {
			free(folder);
			return 1;
		}
	}
	return enqueue(&(struct job){ .folder = folder, .fd = -1 });
}

static _Bool
hand_over(const struct job *job)
{
	_Bool taken;

	(void)pthread_mutex_lock(&queue.lock);
	taken = enqueue(job);
	(void)pthread_mutex_unlock(&queue.lock);
	return taken;
}

_Bool
file_close_later(int fd)
{
	return hand_over(&(struct job){ .fd = fd });
}

_Bool
file_unmap_later(void *data, size_t len)
{
	return hand_over(&(struct job){ .fd = -1, .map = data, .map_len = len });
}

void
file_sync_later(const char *path)
{
	char *folder = folder_of(path);
	_Bool taken;

	(void)pthread_mutex_lock(&queue.lock);
	taken = folder != NULL && enqueue_folder(folder);
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
